// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that never leave the TPM: to make, to sign, to decrypt, to agree. */
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_mu.h>

#include "tpm/key-blob.h"
#include "tpm/key-use.h"
#include "tpm/policy.h"
#include "tpm/seal.h"

#define INSIDE (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | \
		TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA)

struct use;

/* The command that uses a key. */
typedef uint32_t use_command(struct uks_tpm *tpm, const struct uks_tpm_loaded *loaded,
			     ESYS_TR by, const struct use *use, void *answer);

/* One use of a key; .command has the TPM allocate what is written to .answer. */
struct use {
	const struct uks_tpm_key *key;
	const struct uks_tpm_access *access;
	UINT16 scheme, hash;
	const uint8_t *in;
	size_t in_len;
	use_command *command;
	void *answer;
};

static void set_type(TPMT_PUBLIC *public, enum uks_tpm_key_type type)
{
	TPMS_RSA_PARMS *rsa = &public->parameters.rsaDetail;
	TPMS_ECC_PARMS *ecc = &public->parameters.eccDetail;

	switch (type) {
	case UKS_TPM_RSA_2048:
	case UKS_TPM_RSA_3072:
		public->type = TPM2_ALG_RSA;
		rsa->symmetric.algorithm = TPM2_ALG_NULL;
		rsa->scheme.scheme = TPM2_ALG_NULL;
		rsa->keyBits = type == UKS_TPM_RSA_2048 ? 2048 : 3072;
		break;
	case UKS_TPM_P256:
	case UKS_TPM_P384:
		public->type = TPM2_ALG_ECC;
		ecc->symmetric.algorithm = TPM2_ALG_NULL;
		ecc->scheme.scheme = TPM2_ALG_NULL;
		ecc->kdf.scheme = TPM2_ALG_NULL;
		ecc->curveID = type == UKS_TPM_P256 ? TPM2_ECC_NIST_P256 : TPM2_ECC_NIST_P384;
		break;
	}
}

/* With a PIN each use needs both: the PIN, and the key's own value. */
static void set_access(TPMT_PUBLIC *public, const struct uks_tpm_access *access)
{
	struct uks_tpm_policy policy = { .digest = { 0 } };

	if (!access->pin) {
		public->objectAttributes |= TPMA_OBJECT_USERWITHAUTH;
		return;
	}
	uks_tpm_policy_secret(&policy, access->pin->name);
	uks_tpm_policy_extend(&policy, TPM2_CC_PolicyAuthValue, NULL, 0);
	public->authPolicy.size = UKS_TPM_HASH_LEN;
	memcpy(public->authPolicy.buffer, policy.digest, UKS_TPM_HASH_LEN);
}

struct making {
	TPM2B_PUBLIC template;
	const uint8_t *auth;
	struct uks_tpm_key key;
};

static int make(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct making *making = arg;

	return uks_tpm_key_make(tpm, &making->template, making->auth, &making->key, error);
}

int uks_tpm_key_create(struct uks_tpm *tpm, enum uks_tpm_key_type type, unsigned int usage,
		       const struct uks_tpm_access *access, struct uks_tpm_key *key,
		       struct uks_tpm_error *error)
{
	struct making making = {
		.template.publicArea = { .nameAlg = TPM2_ALG_SHA256, .objectAttributes = INSIDE },
		.auth = access->auth,
	};
	TPMT_PUBLIC *public = &making.template.publicArea;

	if (type > UKS_TPM_P384 || !usage || usage & ~(UKS_TPM_KEY_SIGN | UKS_TPM_KEY_DECRYPT))
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "a key must have a known type, and sign, decrypt or both");
	set_type(public, type);
	set_access(public, access);
	if (usage & UKS_TPM_KEY_SIGN)
		public->objectAttributes |= TPMA_OBJECT_SIGN_ENCRYPT;
	if (usage & UKS_TPM_KEY_DECRYPT)
		public->objectAttributes |= TPMA_OBJECT_DECRYPT;
	if (uks_tpm_run(tpm, make, &making, error))
		return -1;
	*key = making.key;
	return 0;
}

int uks_tpm_key_public(const struct uks_tpm_key *key, uint8_t *spki, size_t *len,
		       struct uks_tpm_error *error)
{
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;

	if (uks_tpm_key_unpack(key, &public, &private, error))
		return -1;
	return uks_tpm_public_to_spki(&public.publicArea, spki, len, error);
}

int uks_tpm_key_area(const struct uks_tpm_key *key, uint8_t *area, size_t *len,
		     struct uks_tpm_error *error)
{
	uint8_t data[sizeof(TPMT_PUBLIC)];
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	size_t used = 0;
	TSS2_RC rc;

	if (uks_tpm_key_unpack(key, &public, &private, error))
		return -1;
	rc = Tss2_MU_TPMT_PUBLIC_Marshal(&public.publicArea, data, sizeof(data), &used);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot write a public area");
	return uks_tpm_put(data, used, area, len, error);
}

static TSS2_RC decrypt(struct uks_tpm *tpm, const struct uks_tpm_loaded *loaded, ESYS_TR by,
		       const struct use *use, void *answer)
{
	TPM2B_PUBLIC_KEY_RSA in = { .size = use->in_len };
	TPMT_RSA_DECRYPT scheme = { .scheme = use->scheme };

	if (use->scheme == TPM2_ALG_OAEP)
		scheme.details.oaep.hashAlg = use->hash;
	memcpy(in.buffer, use->in, use->in_len);
	return Esys_RSA_Decrypt(tpm->esys, loaded->object, by, ESYS_TR_NONE, ESYS_TR_NONE, &in,
				&scheme, NULL, answer);
}

/* Some TPMs call wrong padding a failure, without going into failure mode. */
static bool is_wrong_padding(struct uks_tpm *tpm, const struct use *use, TSS2_RC rc)
{
	TPM2B_DIGEST *any = NULL;

	if (use->command != decrypt || uks_tpm_base_rc(rc) != TPM2_RC_FAILURE ||
	    Esys_GetRandom(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, 1, &any))
		return false;
	Esys_Free(any);
	return true;
}

static int use_loaded(struct uks_tpm *tpm, struct uks_tpm_loaded *loaded, const struct use *use,
		      struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	ESYS_TR by;
	TSS2_RC rc;

	do {
		/* A policy holds for one command. */
		uks_tpm_flush(tpm, &loaded->policy);
		if (uks_tpm_key_allow(tpm, loaded, use->access, &by, error))
			return -1;
		rc = use->command(tpm, loaded, by, use, use->answer);
	} while (uks_tpm_again(rc, &tries));
	if (is_wrong_padding(tpm, use, rc))
		rc = TPM2_RC_VALUE;
	return rc ? uks_tpm_key_fail(error, rc, "cannot use the key") : 0;
}

static int use_key(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	const struct use *use = arg;
	struct uks_tpm_loaded loaded;
	int ret;

	ret = uks_tpm_key_load(tpm, use->key, use->access->auth, &loaded, error);
	if (!ret)
		ret = use_loaded(tpm, &loaded, use, error);
	uks_tpm_key_unload(tpm, &loaded);
	return ret;
}

static TSS2_RC sign(struct uks_tpm *tpm, const struct uks_tpm_loaded *loaded, ESYS_TR by,
		    const struct use *use, void *answer)
{
	const TPMT_TK_HASHCHECK outside = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	TPMT_SIG_SCHEME scheme = { .scheme = use->scheme };
	TPM2B_DIGEST digest = { .size = use->in_len };

	scheme.details.any.hashAlg = use->hash;
	memcpy(digest.buffer, use->in, use->in_len);
	return Esys_Sign(tpm->esys, loaded->object, by, ESYS_TR_NONE, ESYS_TR_NONE, &digest,
			 &scheme, &outside, answer);
}

static size_t hash_len(enum uks_tpm_hash hash)
{
	switch (hash) {
	case UKS_TPM_SHA1:
		return TPM2_SHA1_DIGEST_SIZE;
	case UKS_TPM_SHA256:
		return TPM2_SHA256_DIGEST_SIZE;
	case UKS_TPM_SHA384:
		return TPM2_SHA384_DIGEST_SIZE;
	case UKS_TPM_SHA512:
		return TPM2_SHA512_DIGEST_SIZE;
	default:
		return 0;
	}
}

static int fail_input(struct uks_tpm_error *error)
{
	return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
			    "the input has not the length, or the scheme is not one, that this use of a key has; see what it was made with");
}

int uks_tpm_key_sign(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		     const struct uks_tpm_access *access, enum uks_tpm_scheme scheme,
		     enum uks_tpm_hash hash, const uint8_t *digest, size_t digest_len,
		     uint8_t *signature, size_t *len, struct uks_tpm_error *error)
{
	TPMT_SIGNATURE *answer = NULL;
	struct use use = {
		.key = key, .access = access, .scheme = scheme, .hash = hash,
		.in = digest, .in_len = digest_len, .command = sign, .answer = &answer,
	};
	int ret;

	if (!digest_len || digest_len != hash_len(hash) ||
	    (scheme != UKS_TPM_ECDSA && scheme != UKS_TPM_RSASSA && scheme != UKS_TPM_RSAPSS))
		return fail_input(error);
	if (uks_tpm_run(tpm, use_key, &use, error))
		return -1;
	ret = uks_tpm_signature_out(answer, signature, len, error);
	Esys_Free(answer);
	return ret;
}

/* Gives the secret out, and no copy of it stays. */
static int give(struct uks_tpm *tpm, const uint8_t *secret, size_t secret_len, uint8_t *out,
		size_t *len, struct uks_tpm_error *error)
{
	int ret = uks_tpm_put(secret, secret_len, out, len, error);

	pthread_mutex_lock(&tpm->lock);
	if (!ret && tpm->esys)
		uks_tpm_forget(tpm, out, *len);
	pthread_mutex_unlock(&tpm->lock);
	return ret;
}

int uks_tpm_key_decrypt(struct uks_tpm *tpm, const struct uks_tpm_key *key,
			const struct uks_tpm_access *access, enum uks_tpm_scheme scheme,
			enum uks_tpm_hash hash, const uint8_t *in, size_t in_len, uint8_t *out,
			size_t *out_len, struct uks_tpm_error *error)
{
	TPM2B_PUBLIC_KEY_RSA *answer = NULL;
	struct use use = {
		.key = key, .access = access, .scheme = scheme, .hash = hash,
		.in = in, .in_len = in_len, .command = decrypt, .answer = &answer,
	};
	int ret;

	sodium_memzero(out, *out_len);
	if (in_len > sizeof(answer->buffer) || (scheme != UKS_TPM_OAEP && scheme != UKS_TPM_RSAES))
		return fail_input(error);
	if (uks_tpm_run(tpm, use_key, &use, error))
		return -1;
	ret = give(tpm, answer->buffer, answer->size, out, out_len, error);
	sodium_memzero(answer, sizeof(*answer));
	Esys_Free(answer);
	return ret;
}

static TSS2_RC agree(struct uks_tpm *tpm, const struct uks_tpm_loaded *loaded, ESYS_TR by,
		     const struct use *use, void *answer)
{
	TPM2B_ECC_POINT point = { .size = 0 };

	memcpy(&point.point, use->in, sizeof(point.point));
	return Esys_ECDH_ZGen(tpm->esys, loaded->object, by, ESYS_TR_NONE, ESYS_TR_NONE, &point,
			      answer);
}

int uks_tpm_key_agree(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		      const struct uks_tpm_access *access, const uint8_t *peer, size_t peer_len,
		      uint8_t *secret, size_t *len, struct uks_tpm_error *error)
{
	uint8_t padded[TPM2_MAX_ECC_KEY_BYTES] = { 0 };
	TPM2B_ECC_POINT *answer = NULL;
	TPMS_ECC_POINT point;
	struct use use = {
		.key = key, .access = access, .in = (const uint8_t *)&point,
		.in_len = sizeof(point), .command = agree, .answer = &answer,
	};
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	TPM2_ECC_CURVE curve;
	size_t field;
	int ret;

	sodium_memzero(secret, *len);
	if (uks_tpm_key_unpack(key, &public, &private, error))
		return -1;
	if (public.publicArea.type != TPM2_ALG_ECC)
		return fail_input(error);
	curve = public.publicArea.parameters.eccDetail.curveID;
	field = uks_tpm_field_len(curve);
	if (uks_tpm_spki_to_point(peer, peer_len, curve, &point, error) ||
	    uks_tpm_run(tpm, use_key, &use, error))
		return -1;
	/* A TPM may leave zeros away at the front (Part 1, C.8). */
	if (answer->point.x.size <= field) {
		memcpy(padded + field - answer->point.x.size, answer->point.x.buffer,
		       answer->point.x.size);
		ret = give(tpm, padded, field, secret, len, error);
	} else {
		ret = uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, 0, "cannot read a shared secret");
	}
	sodium_memzero(padded, sizeof(padded));
	sodium_memzero(answer, sizeof(*answer));
	Esys_Free(answer);
	return ret;
}
