// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl tpm policy sign: what an authority does, away from the machine and its daemon. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "boot-policy.h"

#define VALUES_MAX	16384
#define PEM_MAX		4096
#define SIGNATURE_MAX	512

static size_t value_len(enum uks_tpm_hash bank)
{
	switch (bank) {
	case UKS_TPM_SHA384:
		return 48;
	case UKS_TPM_SHA512:
		return 64;
	default:
		return 32;
	}
}

static int take_values(const json_t *json, struct uks_tpm_pcr_values *values)
{
	const char *pcrs = json_string_value(json_object_get(json, "pcrs")), *text;
	struct uks_tpm_error error;
	char number[12];
	unsigned int pcr;
	size_t len;

	if (uks_tpm_pcrs_parse(pcrs ? pcrs : "", &values->pcrs, &error))
		return fail_text(EXIT_ERROR, "%s", error.text);
	for (pcr = 0; pcr < UKS_TPM_PCRS; pcr++) {
		if (!(values->pcrs.mask & 1u << pcr))
			continue;
		snprintf(number, sizeof(number), "%u", pcr);
		text = json_string_value(json_object_get(json_object_get(json, "values"),
							 number));
		if (!text || !hex_decode(text, values->value[pcr], 64, &len) ||
		    len != value_len(values->pcrs.bank))
			return fail_text(EXIT_ERROR,
					 "PCR %u has no value of %zu bytes in hexadecimal digits",
					 pcr, value_len(values->pcrs.bank));
	}
	return EXIT_OK;
}

/* As 'uksctl tpm policy show --json' writes them. */
static int read_values(struct run *run, struct uks_tpm_pcr_values *values)
{
	static uint8_t text[VALUES_MAX];
	json_t *json;
	size_t len;
	int ret = input_read_all(run->args[0], text, sizeof(text), &len);

	if (ret)
		return ret;
	json = json_loadb((const char *)text, len, 0, NULL);
	if (!json)
		return fail_text(EXIT_ERROR, "'%s' is no JSON", run->args[0]);
	memset(values, 0, sizeof(*values));
	ret = take_values(json, values);
	json_decref(json);
	return ret;
}

static int read_authority(struct run *run, struct uks_tpm_authority *authority)
{
	const char *reference = run->options[OPTION_REFERENCE];
	struct uks_tpm_error error;
	uint8_t pem[PEM_MAX];
	size_t len;
	int ret = input_read_all(run->options[OPTION_AUTHORITY], pem, sizeof(pem), &len);

	if (ret)
		return ret;
	if (uks_tpm_authority_read((const char *)pem, len, reference,
				   reference ? strlen(reference) : 0, authority, &error))
		return fail_text(EXIT_ERROR, "%s", error.text);
	return EXIT_OK;
}

static int make_signature(struct run *run, const uint8_t *message, size_t message_len,
			  uint8_t *signature, size_t *len)
{
	EVP_MD_CTX *ctx;
	EVP_PKEY *key;
	int ret = master_signer(run, &key);

	if (ret)
		return ret;
	ctx = EVP_MD_CTX_new();
	*len = SIGNATURE_MAX;
	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, len, message, message_len) != 1)
		ret = fail_text(EXIT_ERROR, "this key cannot sign: it must be ECDSA P-256 or RSA");
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ret;
}

static int write_approval(struct run *run, const struct uks_tpm_pcr_values *values,
			  const struct uks_tpm_authority *authority, const uint8_t *signature,
			  size_t len)
{
	struct uks_tpm_approval approval;
	struct uks_tpm_error error;

	if (uks_tpm_approval_make(values, authority, signature, len, &approval, &error))
		return fail_text(EXIT_ERROR, "%s", error.text);
	return write_pem(run, run->options[OPTION_OUTPUT], BOOT_APPROVAL_LABEL, approval.data,
			 approval.len);
}

int run_tpm_policy_sign(struct run *run)
{
	uint8_t message[UKS_TPM_MESSAGE_MAX], signature[SIGNATURE_MAX];
	struct uks_tpm_authority authority;
	struct uks_tpm_pcr_values values;
	size_t message_len, len;
	int ret;

	if (run->options[OPTION_WITH] && run->options[OPTION_SIGNATURE])
		return fail_usage(run, "--with signs, --signature is signed already: give one");
	ret = read_values(run, &values);
	if (!ret)
		ret = read_authority(run, &authority);
	if (ret)
		return ret;
	uks_tpm_approval_message(&values, &authority, message, &message_len);
	if (run->options[OPTION_WITH])
		ret = make_signature(run, message, message_len, signature, &len);
	else if (run->options[OPTION_SIGNATURE])
		ret = input_read_all(run->options[OPTION_SIGNATURE], signature,
				     sizeof(signature), &len);
	else
		return output_all(run, message, message_len, true);
	return ret ? ret : write_approval(run, &values, &authority, signature, len);
}
