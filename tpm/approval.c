// SPDX-License-Identifier: LGPL-2.1-or-later
/* PCR values, what their policy is, and who approved them: all without a TPM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <tss2/tss2_tpm2_types.h>

#include "tpm/approval.h"
#include "tpm/policy.h"

#define MAGIC	"UKSP"
#define VERSION	1

static const struct bank {
	const char *name;
	enum uks_tpm_hash hash;
	size_t len;
} banks[] = {
	{ "sha256", UKS_TPM_SHA256, 32 },
	{ "sha384", UKS_TPM_SHA384, 48 },
	{ "sha512", UKS_TPM_SHA512, 64 },
};

static const struct bank *find_bank(unsigned int hash)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(*banks); i++)
		if (banks[i].hash == hash)
			return &banks[i];
	return NULL;
}

size_t uks_tpm_bank_len(unsigned int bank)
{
	const struct bank *found = find_bank(bank);

	return found ? found->len : 0;
}

static const struct bank *bank_of_text(const char *text, const char **numbers)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(*banks); i++) {
		size_t len = strlen(banks[i].name);

		*numbers = text + len + 1;
		if (!strncmp(text, banks[i].name, len) && text[len] == ':')
			return &banks[i];
	}
	return NULL;
}

int uks_tpm_pcrs_parse(const char *text, struct uks_tpm_pcrs *pcrs, struct uks_tpm_error *error)
{
	const char *at = NULL;
	const struct bank *bank = bank_of_text(text, &at);
	uint32_t mask = 0;

	while (bank && *at >= '0' && *at <= '9') {
		char *end;
		unsigned long pcr = strtoul(at, &end, 10);

		if (pcr >= UKS_TPM_PCRS || end - at > 2)
			break;
		mask |= 1u << pcr;
		at = end;
		if (*at != ',')
			break;
		at++;
	}
	if (!bank || !mask || *at || at[-1] == ',')
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "\"%.64s\" selects no PCRs; write a bank and numbers from 0 to %d, such as sha256:7,11",
				    text, UKS_TPM_PCRS - 1);
	*pcrs = (struct uks_tpm_pcrs){ .bank = bank->hash, .mask = mask };
	return 0;
}

void uks_tpm_pcrs_format(const struct uks_tpm_pcrs *pcrs, char text[UKS_TPM_PCRS_TEXT])
{
	const struct bank *bank = find_bank(pcrs->bank);
	char before = ':';
	size_t used;

	used = snprintf(text, UKS_TPM_PCRS_TEXT, "%s", bank ? bank->name : "unknown");
	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++) {
		if (!(pcrs->mask & 1u << pcr))
			continue;
		used += snprintf(text + used, UKS_TPM_PCRS_TEXT - used, "%c%u", before, pcr);
		before = ',';
	}
}

TPML_PCR_SELECTION uks_tpm_selection(const struct uks_tpm_pcrs *pcrs)
{
	return (TPML_PCR_SELECTION){
		.count = 1,
		.pcrSelections[0] = {
			.hash = pcrs->bank,
			.sizeofSelect = 3,
			.pcrSelect = {
				pcrs->mask & 0xff, pcrs->mask >> 8 & 0xff,
				pcrs->mask >> 16 & 0xff,
			},
		},
	};
}

/* Part 3, 23.7: selection as TPML_PCR_SELECTION, then the digest of the values. */
void uks_tpm_pcr_policy(const struct uks_tpm_pcr_values *values, struct uks_tpm_policy *policy)
{
	const struct uks_tpm_pcrs *pcrs = &values->pcrs;
	const size_t len = uks_tpm_bank_len(pcrs->bank);
	uint8_t data[10 + UKS_TPM_HASH_LEN] = {
		0, 0, 0, 1, pcrs->bank >> 8, pcrs->bank & 0xff, 3,
		pcrs->mask & 0xff, pcrs->mask >> 8 & 0xff, pcrs->mask >> 16 & 0xff,
	};
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++)
		if (pcrs->mask & 1u << pcr)
			crypto_hash_sha256_update(&state, values->value[pcr], len);
	crypto_hash_sha256_final(&state, data + 10);
	memset(policy, 0, sizeof(*policy));
	uks_tpm_policy_extend(policy, TPM2_CC_PolicyPCR, data, sizeof(data));
}

static bool fits(EVP_PKEY *key)
{
	char group[32];

	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) == 2048 || EVP_PKEY_get_bits(key) == 3072;
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       !strcmp(group, SN_X9_62_prime256v1);
}

int uks_tpm_authority_read(const char *pem, size_t len, const void *ref, size_t ref_len,
			   struct uks_tpm_authority *out, struct uks_tpm_error *error)
{
	struct uks_tpm_authority authority = { .ref_len = ref_len };
	uint8_t *at = authority.spki;
	EVP_PKEY *key = NULL;
	BIO *bio;
	int size = -1;

	bio = len <= UKS_TPM_APPROVAL_MAX ? BIO_new_mem_buf(pem, len) : NULL;
	if (bio)
		key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (key && fits(key)) {
		size = i2d_PUBKEY(key, NULL);
		if (size <= (int)sizeof(authority.spki))
			size = i2d_PUBKEY(key, &at);
		else
			size = -1;
	}
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	if (size < 0 || ref_len > UKS_TPM_REF_MAX)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "an authority needs a public key in PEM, ECC P-256 or RSA of 2048 or 3072 bits, and a reference of at most %u bytes",
				    UKS_TPM_REF_MAX);
	authority.len = size;
	if (ref_len)
		memcpy(authority.ref, ref, ref_len);
	*out = authority;
	return 0;
}

void uks_tpm_approval_message(const struct uks_tpm_pcr_values *values,
			      const struct uks_tpm_authority *authority,
			      uint8_t message[UKS_TPM_MESSAGE_MAX], size_t *len)
{
	struct uks_tpm_policy policy;

	uks_tpm_pcr_policy(values, &policy);
	memcpy(message, policy.digest, UKS_TPM_HASH_LEN);
	memcpy(message + UKS_TPM_HASH_LEN, authority->ref, authority->ref_len);
	*len = UKS_TPM_HASH_LEN + authority->ref_len;
}

static bool is_signed(const struct uks_tpm_pcr_values *values,
		      const struct uks_tpm_authority *authority, const uint8_t *signature,
		      size_t len)
{
	const uint8_t *at = authority->spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, authority->len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t message[UKS_TPM_MESSAGE_MAX];
	size_t message_len;
	bool ok;

	uks_tpm_approval_message(values, authority, message, &message_len);
	ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, signature, len, message, message_len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

/* Bytes of an approval, one after the other. */
struct cursor {
	const struct uks_tpm_approval *approval;
	size_t at;
	bool bad;
};

static const uint8_t *take(struct cursor *cursor, size_t len)
{
	const uint8_t *data = cursor->approval->data + cursor->at;

	if (cursor->bad || cursor->approval->len > UKS_TPM_APPROVAL_MAX ||
	    cursor->at > cursor->approval->len || len > cursor->approval->len - cursor->at) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += len;
	return data;
}

static unsigned int take16(struct cursor *cursor)
{
	const uint8_t *data = take(cursor, 2);

	return data ? data[0] << 8 | data[1] : 0;
}

static void put(struct uks_tpm_approval *approval, const void *data, size_t len)
{
	memcpy(approval->data + approval->len, data, len);
	approval->len += len;
}

static void put16(struct uks_tpm_approval *approval, unsigned int value)
{
	const uint8_t data[2] = { value >> 8, value & 0xff };

	put(approval, data, sizeof(data));
}

static int fail_approval(struct uks_tpm_error *error)
{
	return uks_tpm_fail_as(error, UKS_TPM_NOT_APPROVED, 0, "cannot use an approval");
}

int uks_tpm_approval_make(const struct uks_tpm_pcr_values *values,
			  const struct uks_tpm_authority *authority, const uint8_t *signature,
			  size_t signature_len, struct uks_tpm_approval *out,
			  struct uks_tpm_error *error)
{
	const size_t len = uks_tpm_bank_len(values->pcrs.bank);
	struct uks_tpm_approval approval = { .len = 0 };

	if (!len || signature_len > UKS_TPM_OUTPUT_MAX ||
	    !is_signed(values, authority, signature, signature_len))
		return fail_approval(error);
	put(&approval, MAGIC, strlen(MAGIC));
	put16(&approval, VERSION);
	put16(&approval, values->pcrs.bank);
	put16(&approval, values->pcrs.mask >> 16);
	put16(&approval, values->pcrs.mask & 0xffff);
	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++)
		if (values->pcrs.mask & 1u << pcr)
			put(&approval, values->value[pcr], len);
	put16(&approval, authority->ref_len);
	put(&approval, authority->ref, authority->ref_len);
	put16(&approval, signature_len);
	put(&approval, signature, signature_len);
	*out = approval;
	return 0;
}

int uks_tpm_approval_read(const struct uks_tpm_approval *approval,
			  const struct uks_tpm_authority *authority,
			  struct uks_tpm_pcr_values *values, const uint8_t **signature,
			  size_t *signature_len, struct uks_tpm_error *error)
{
	struct cursor cursor = { .approval = approval };
	const uint8_t *magic = take(&cursor, strlen(MAGIC)), *ref;
	const unsigned int version = take16(&cursor);
	size_t len, ref_len;

	memset(values, 0, sizeof(*values));
	values->pcrs.bank = take16(&cursor);
	values->pcrs.mask = take16(&cursor) << 16;
	values->pcrs.mask |= take16(&cursor);
	len = uks_tpm_bank_len(values->pcrs.bank);
	if (cursor.bad || memcmp(magic, MAGIC, strlen(MAGIC)) || version != VERSION || !len ||
	    !values->pcrs.mask || values->pcrs.mask >> UKS_TPM_PCRS)
		return fail_approval(error);
	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++) {
		const uint8_t *value = values->pcrs.mask & 1u << pcr ? take(&cursor, len) : NULL;

		if (value)
			memcpy(values->value[pcr], value, len);
	}
	ref_len = take16(&cursor);
	ref = take(&cursor, ref_len);
	*signature_len = take16(&cursor);
	*signature = take(&cursor, *signature_len);
	if (cursor.bad || cursor.at != approval->len || ref_len != authority->ref_len ||
	    memcmp(ref, authority->ref, ref_len) ||
	    !is_signed(values, authority, *signature, *signature_len))
		return fail_approval(error);
	return 0;
}

int uks_tpm_approval_check(const struct uks_tpm_approval *approval,
			   const struct uks_tpm_authority *authority,
			   struct uks_tpm_pcr_values *values, struct uks_tpm_error *error)
{
	const uint8_t *signature;
	size_t len;

	return uks_tpm_approval_read(approval, authority, values, &signature, &len, error);
}
