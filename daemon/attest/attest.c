// SPDX-License-Identifier: LGPL-2.1-or-later
/* Requests about attestation: of a key, of the attestation key, of the TPM it is in. */
#include <openssl/err.h>
#include <sodium.h>

#include "daemon/attest/attest.h"
#include "daemon/key/find.h"
#include "daemon/provider/provider-tpm.h"
#include "daemon/tpmgate.h"

/*
 * What firmware and loader are, and whether the boot was secure. The other PCRs tell
 * disks, serial numbers and settings, and with them this machine from others (TCG PC
 * Client Platform Firmware Profile, 3.3.4).
 */
#define ANONYMOUS_PCRS	(1u << 0 | 1u << 2 | 1u << 4 | 1u << 7)

/* An attestation that is being made. */
struct making {
	bool anonymous;
	bool endless;			/* its certificate is */
	bool is_inside;
	struct attested inside;		/* the key, if the TPM has it */
	uint8_t check[KEY_CHECK_LEN];
	UKS_ATTESTATION *attestation;
	struct attester *attester;
	X509 *leaf;
};

static int fail_memory(struct failure *failure)
{
	ERR_clear_error();
	return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for an attestation");
}

static int put_digests(const X509 *leaf, UKS_ATTESTATION *attestation, struct failure *failure)
{
	ASN1_OCTET_STRING *to[4] = {
		attestation->digests->challenge, attestation->digests->key,
		attestation->digests->policy, attestation->digests->claims,
	};
	uint8_t digests[4][ATTESTATION_DIGEST], *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki), i;
	bool ok;

	ok = len > 0 && !attestation_digests(attestation, spki, len, digests);
	for (i = 0; i < 4; i++)
		ok = ok && ASN1_STRING_set(to[i], digests[i], ATTESTATION_DIGEST);
	OPENSSL_free(spki);
	return ok ? 0 : fail_memory(failure);
}

static struct uks_tpm_pcrs pcrs_of(const struct worker *worker, bool anonymous)
{
	struct uks_tpm_pcrs pcrs = worker->uksd->config->attest_pcrs;

	if (anonymous)
		pcrs.mask &= ANONYMOUS_PCRS;
	return pcrs;
}

/* All that needs the TPM. */
static int make(struct worker *worker, struct uks_tpm *tpm, struct making *making,
		struct failure *failure)
{
	const struct uks_tpm_pcrs pcrs = pcrs_of(worker, making->anonymous);

	if (making->anonymous)
		making->attester = attester_new(tpm, failure);
	if (!making->attester)
		return -1;
	making->leaf = attest_leaf(&worker->record.key, making->anonymous, making->check,
				   making->attester);
	if (!making->leaf || (making->endless && !attest_without_end(making->leaf)))
		return fail_memory(failure);
	if (put_digests(making->leaf, making->attestation, failure) ||
	    attest_evidence(making->attester, tpm, &pcrs,
			    making->is_inside ? &making->inside : NULL, making->attestation,
			    failure))
		return -1;
	return attest_sign(tpm, making->attester, making->attestation, making->leaf, failure);
}

static int put_certificates(const struct making *making, struct uks_attrs *out,
			    struct failure *failure)
{
	const struct attester *attester = making->attester;
	int len = i2d_X509(making->leaf, NULL);
	uint8_t *at;

	if (len <= 0 || len + attester->certificate_len > ATTESTATION_MAX)
		return fail_memory(failure);
	at = uks_attrs_reserve(out, UKS_A_RESULT, len + attester->certificate_len);
	if (!at)
		return 0;
	i2d_X509(making->leaf, &at);
	memcpy(at, attester->certificate, attester->certificate_len);
	return 0;
}

/* Proves the record, too. */
static int open_key(struct worker *worker, struct making *making, struct failure *failure)
{
	const struct master *master = worker->uksd->master;
	const struct key *key = &worker->record.key;
	size_t len;
	int ret = 0;

	if (key_open(worker, &len, failure))
		return -1;
	seal_check_value(master->key, key, worker->secret, len, making->check);
	if (key->provider == UKS_PROVIDER_TPM) {
		making->is_inside = true;
		tpm_key_auth(master, key->id, key->version, making->inside.auth);
		ret = tpm_key_take(key, worker->secret, len, &making->inside.key, failure);
	}
	sodium_memzero(worker->secret, len);
	return ret;
}

static int make_all(struct worker *worker, const struct uks_attr *challenge,
		    struct making *making, struct failure *failure)
{
	struct uks_tpm *tpm;
	int ret;

	making->attestation = UKS_ATTESTATION_new();
	if (!making->attestation || attest_parts(worker, challenge, making->anonymous,
						 making->attestation))
		return fail_memory(failure);
	if (!making->anonymous) {
		making->attester = attester_get(worker, failure);
		if (!making->attester)
			return -1;
	}
	if (tpmgate_enter(worker->uksd, &tpm, failure))
		return -1;
	ret = make(worker, tpm, making, failure);
	tpmgate_leave(worker->uksd);
	return ret;
}

static int attest_now(struct worker *worker, const struct request *request,
		      struct making *making, struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;

	if (make_all(worker, &request->attrs[UKS_A_CHALLENGE], making, failure) ||
	    put_certificates(making, out, failure))
		return -1;
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	return 0;
}

static void free_making(struct making *making)
{
	sodium_memzero(&making->inside, sizeof(making->inside));
	X509_free(making->leaf);
	attester_free(making->attester);
	UKS_ATTESTATION_free(making->attestation);
}

int attest_own(struct worker *worker, const struct uks_attr *challenge, struct attest_chain *chain,
	       struct failure *failure)
{
	struct making making = { .endless = true };
	uint8_t *at = chain->bytes;
	int ret, len;

	ret = open_key(worker, &making, failure);
	if (!ret)
		ret = make_all(worker, challenge, &making, failure);
	len = ret ? 0 : i2d_X509(making.leaf, NULL);
	if (!ret && (len <= 0 || (size_t)len > sizeof(chain->bytes)))
		ret = fail_memory(failure);
	if (!ret) {
		chain->len = i2d_X509(making.leaf, &at);
		chain->issuer_len = making.attester->certificate_len;
		memcpy(chain->issuer, making.attester->certificate, chain->issuer_len);
	}
	free_making(&making);
	return ret;
}

static int attest_key(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	struct making making = { .anonymous = flags & UKS_CALL_ANONYMOUS };
	int ret;

	if (flags & ~UKS_CALL_ANONYMOUS)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning in an attestation", flags);
	if (!request->attrs[UKS_A_CHALLENGE].type)
		return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
				   "an attestation needs a challenge of who asks for it");
	if (key_find_to_use(worker, request, failure))
		return -1;
	ret = open_key(worker, &making, failure);
	if (!ret)
		ret = attest_now(worker, request, &making, out, failure);
	free_making(&making);
	return ret;
}

/* ---- the attestation key ---- */

static int read_endorsement(struct uks_tpm *tpm, UKS_AK *ak, struct failure *failure)
{
	uint8_t certificate[UKS_TPM_CERTIFICATE_MAX], area[UKS_TPM_SPKI_MAX];
	size_t certificate_len = sizeof(certificate), area_len = sizeof(area);
	struct uks_tpm_error error;

	if (uks_tpm_ek_public(tpm, area, &area_len, &error) ||
	    uks_tpm_ek_certificate(tpm, certificate, &certificate_len, &error))
		return tpmgate_fail(&error, failure);
	if (ASN1_STRING_set(ak->ek, area, area_len) != 1)
		return fail_memory(failure);
	if (!certificate_len)
		return 0;
	ak->certificate = ASN1_OCTET_STRING_new();
	if (!ak->certificate || ASN1_STRING_set(ak->certificate, certificate, certificate_len) != 1)
		return fail_memory(failure);
	return 0;
}

static int read_ak(struct worker *worker, UKS_AK *ak, struct failure *failure)
{
	struct attester *attester = attester_get(worker, failure);
	struct uks_tpm_error error;
	uint8_t area[UKS_TPM_SPKI_MAX];
	size_t len = sizeof(area);
	int ret = 0;

	if (!attester)
		return -1;
	if (uks_tpm_key_area(&attester->ak, area, &len, &error))
		ret = tpmgate_fail(&error, failure);
	else if (ASN1_INTEGER_set_uint64(ak->format, ATTESTATION_FORMAT) != 1 ||
		 ASN1_STRING_set(ak->ak, area, len) != 1)
		ret = fail_memory(failure);
	attester_free(attester);
	return ret;
}

static int tell_ak(struct worker *worker, struct uks_attrs *out, struct failure *failure)
{
	UKS_AK *ak = UKS_AK_new();
	uint8_t *at = NULL;
	struct uks_tpm *tpm;
	int len, ret;

	if (!ak)
		return fail_memory(failure);
	ret = read_ak(worker, ak, failure);
	if (!ret)
		ret = tpmgate_enter(worker->uksd, &tpm, failure);
	if (!ret) {
		ret = read_endorsement(tpm, ak, failure);
		tpmgate_leave(worker->uksd);
	}
	if (!ret) {
		len = i2d_UKS_AK(ak, &at);
		if (len > 0)
			uks_attrs_put(out, UKS_A_RESULT, at, len);
		else
			ret = fail_memory(failure);
		OPENSSL_free(at);
	}
	UKS_AK_free(ak);
	return ret;
}

/* ---- activation ---- */

/* A TPM2B, with its size of 16 bits; returns what is behind it, or NULL. */
static const uint8_t *take_sized(const uint8_t *at, const uint8_t *end, uint8_t *to, size_t *len)
{
	if (end - at < 2)
		return NULL;
	*len = 2 + (at[0] << 8 | at[1]);
	if (*len > (size_t)(end - at) || *len > UKS_EVIDENCE_CRED_MAX)
		return NULL;
	memcpy(to, at, *len);
	return at + *len;
}

static int read_credential(const struct uks_attr *message,
			   struct uks_evidence_credential *credential, struct failure *failure)
{
	const uint8_t *at = message->value, *end = at + message->len;

	if (message->type)
		at = take_sized(at, end, credential->blob, &credential->blob_len);
	if (at && message->type)
		at = take_sized(at, end, credential->secret, &credential->secret_len);
	if (message->type && at == end)
		return 0;
	return failure_set(failure, UKS_E_BAD_MESSAGE,
			   "this is no credential: make one with 'uks-verify credential'");
}

static int fail_activate(const struct uks_tpm_error *error, struct failure *failure)
{
	if (error->cause == UKS_TPM_BAD_ARGUMENT)
		return failure_set(failure, UKS_E_BAD_MESSAGE, "%s", error->text);
	return tpmgate_fail(error, failure);
}

static int activate(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	struct uks_evidence_credential credential = { 0 };
	struct attester *attester;
	uint8_t secret[UKS_TPM_HASH_LEN];
	size_t len = sizeof(secret);
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret = 0;

	if (read_credential(&request->attrs[UKS_A_MESSAGE], &credential, failure))
		return -1;
	attester = attester_get(worker, failure);
	if (!attester)
		return -1;
	if (tpmgate_enter(worker->uksd, &tpm, failure)) {
		attester_free(attester);
		return -1;
	}
	if (uks_tpm_ak_activate(tpm, &attester->ak, attester->auth, &credential, secret,
				&len, &error))
		ret = fail_activate(&error, failure);
	tpmgate_leave(worker->uksd);
	if (!ret)
		uks_attrs_put(out, UKS_A_RESULT, secret, len);
	sodium_memzero(secret, sizeof(secret));
	attester_free(attester);
	return ret;
}

int handle_key_attest(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	const uint32_t command = uks_attr_u32(&attrs[UKS_A_COMMAND], 0);
	const bool keyed = attrs[UKS_A_KEY_NAME].type || attrs[UKS_A_KEY_ID].type;

	switch (command) {
	case UKS_ATTEST_KEY:
		if (keyed)
			return attest_key(worker, request, out, failure);
		return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
				   "an attestation needs the name or the id of a key");
	case UKS_ATTEST_AK:
		return tell_ak(worker, out, failure);
	case UKS_ATTEST_ACTIVATE:
		return activate(worker, request, out, failure);
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon does not know command %u of an attestation: update uksd",
				   command);
	}
}
