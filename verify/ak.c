// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether an attestation key is in the TPM of an endorsement key: a secret is encrypted
 * so that only that TPM, and only if it has that attestation key, can tell it (TPM 2.0
 * Part 1, 24).
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "verify/verify.h"

#define SECRET_LEN	32
#define AK_MAX		8192	/* bytes of AttestationKey */

static int read_ak(const struct arguments *arguments, X509_STORE *roots, UKS_AK **ak,
		   struct uks_evidence_public *public)
{
	char why[CHECK_WHY_MAX];
	uint8_t der[AK_MAX];
	size_t len;
	int status = file_read(arguments->files[1], der, sizeof(der), &len);

	*ak = NULL;
	if (status)
		return status;
	status = check_ak(der, len, roots, arguments->wanted.at, ak, public, why);
	return status ? complain(status, "%s", why) : CHECK_GOOD;
}

static int write_credential(const struct arguments *arguments, const UKS_AK *ak,
			    const struct uks_evidence_public *public)
{
	uint8_t secret[SECRET_LEN], both[2 * UKS_EVIDENCE_CRED_MAX];
	struct uks_evidence_credential credential;
	const char *bad = "no random numbers";
	int status;

	if (RAND_bytes(secret, sizeof(secret)) == 1)
		bad = uks_evidence_credential(ASN1_STRING_get0_data(ak->ek),
					      ASN1_STRING_length(ak->ek), public->name, secret,
					      sizeof(secret), &credential);
	if (bad)
		return complain(CHECK_EK, "cannot make a credential: %s", bad);
	memcpy(both, credential.blob, credential.blob_len);
	memcpy(both + credential.blob_len, credential.secret, credential.secret_len);
	status = file_write(arguments->secret, secret, sizeof(secret), true);
	if (!status)
		status = file_write(arguments->output, both,
				    credential.blob_len + credential.secret_len, false);
	OPENSSL_cleanse(secret, sizeof(secret));
	return status;
}

int run_credential(const struct arguments *arguments)
{
	struct uks_evidence_public public;
	X509_STORE *roots = NULL;
	int status = CHECK_GOOD;
	UKS_AK *ak = NULL;

	if (arguments->nr_files != 2 || !arguments->secret || !arguments->output)
		return complain(CHECK_USAGE,
				"'credential' needs a file of 'uksctl tpm ak', --secret and --output");
	if (arguments->roots)
		status = file_roots(arguments->roots, &roots);
	if (!status)
		status = read_ak(arguments, roots, &ak, &public);
	if (!status)
		status = write_credential(arguments, ak, &public);
	if (!status && !roots)
		complain(status, "without --roots nothing says that the endorsement key is one");
	X509_STORE_free(roots);
	UKS_AK_free(ak);
	return status;
}

static int same_secret(const struct arguments *arguments)
{
	uint8_t secret[SECRET_LEN + 1], answer[SECRET_LEN + 1];
	size_t secret_len = 0, answer_len = 0;
	int status;

	status = file_read(arguments->secret, secret, sizeof(secret), &secret_len);
	if (!status)
		status = file_read(arguments->files[2], answer, sizeof(answer), &answer_len);
	if (!status && (secret_len != SECRET_LEN || answer_len != SECRET_LEN ||
			CRYPTO_memcmp(secret, answer, SECRET_LEN)))
		status = complain(CHECK_ANSWER,
				  "the answer is wrong: the attestation key is not in the TPM of that endorsement key");
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(answer, sizeof(answer));
	return status;
}

int run_confirm(const struct arguments *arguments)
{
	struct uks_evidence_public public;
	UKS_AK *ak = NULL;
	int status;

	if (arguments->nr_files != 3 || !arguments->secret || !arguments->output)
		return complain(CHECK_USAGE,
				"'confirm' needs a file of 'uksctl tpm ak', the answer, --secret and --output");
	status = read_ak(arguments, NULL, &ak, &public);
	if (!status)
		status = same_secret(arguments);
	if (!status)
		status = file_write_public(arguments->output, public.spki, public.spki_len);
	UKS_AK_free(ak);
	return status;
}
