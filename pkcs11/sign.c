// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_Sign and C_SignRecover: signatures and MACs of UKS. */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "p11.h"
#include "work.h"

static bool is_mac(const struct mechanism *mechanism)
{
	return mechanism->algorithm == UKS_ALG_HMAC || mechanism->algorithm == UKS_ALG_AES_CMAC;
}

/* EdDSA without prehash and context may come with parameters that say so. */
ck_rv_t work_check_eddsa(const struct op *op, const struct ck_mechanism *given)
{
	struct {
		unsigned char prehash;
		unsigned long context_len;
		unsigned char *context;
	} *params = given->parameter;

	if (op->mechanism->type != CKM_EDDSA || !given->parameter_len)
		return CKR_OK;
	if (given->parameter_len != sizeof(*params) || !params || params->prehash ||
	    params->context_len)
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

size_t work_signature_len(const struct op *op)
{
	const struct bag *bag = &op->key->bag;
	const struct key_kind *kind;

	if (op->mechanism->algorithm == UKS_ALG_HMAC)
		return mechanism_digest_len(op->mechanism->digest);
	if (op->mechanism->algorithm == UKS_ALG_AES_CMAC)
		return 16;
	if (op->public)
		kind = NULL;
	else
		kind = key_kind_of(op->key->type);
	switch (op->mechanism->key_type) {
	case CKK_RSA:
		return (op->public ? EVP_PKEY_get_bits(op->public) : (int)kind->len) / 8;
	case CKK_EC_EDWARDS:
		return work_is_448(bag, kind) ? 114 : 64;
	default:
		return ((op->public ? EVP_PKEY_get_bits(op->public) : (int)kind->len) + 7) / 8 * 2;
	}
}

bool work_is_448(const struct bag *bag, const struct key_kind *kind)
{
	const struct ck_attribute *params = bag_find(bag, CKA_EC_PARAMS);

	if (!kind && params)
		kind = key_kind_of_curve(CKK_EC_EDWARDS, params->value, params->value_len);
	return kind && kind->type == UKS_KEY_ED448;
}

/* What UKS is to be asked for. */
static ck_rv_t prepare(struct op *op, const struct ck_mechanism *given)
{
	struct wanted *wanted = &op->wanted;

	wanted->purpose = UKS_PURPOSE_SIGN;
	if (is_mac(op->mechanism)) {
		wanted->purpose = UKS_PURPOSE_MAC;
		wanted->digest = 0;
	} else if (op->mechanism->algorithm == UKS_ALG_RSA_RAW) {
		/* The same number, whatever it is called. */
		wanted->purpose = UKS_PURPOSE_DECRYPT;
		wanted->digest = 0;
	} else if (op->mechanism->type == CKM_EDDSA) {
		if (op->key->type == UKS_KEY_ED448)
			wanted->algorithm = UKS_ALG_ED448;
	}
	if (!op->out_len)
		op->out_len = work_signature_len(op);
	return work_check_eddsa(op, given);
}

P11_EXPORT ck_rv_t C_SignInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
			      ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_SIGN, CKA_SIGN, prepare);
}

P11_EXPORT ck_rv_t C_SignRecoverInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				     ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_SIGN_RECOVER, CKA_SIGN_RECOVER, prepare);
}

/* ---- the work ---- */

/* A use that was kept may have ended meanwhile: then it is opened anew, once. */
int work_open(struct op *op)
{
	struct use *use = NULL;
	int ret;

	op->wanted.label = op->wanted.algorithm == UKS_ALG_RSA_OAEP ? op->aad : NULL;
	op->wanted.label_len = op->wanted.label ? op->aad_len : 0;
	ret = use_open(&op->wanted, &use);
	op->use = use;
	return ret;
}

int work_again(struct op *op, int ret)
{
	bool ended = use_ended(op->use, ret);

	use_drop(op->use);
	op->use = NULL;
	return ended;
}

static int raw_rsa(struct op *op, const uint8_t *data, size_t len, uint8_t *out, size_t *out_len)
{
	uint8_t block[512] = { 0 };
	int ret;

	memcpy(block + op->out_len - len, data, len);
	ret = uks_decrypt(op->use->session, NULL, block, op->out_len, out, out_len, NULL);
	explicit_bzero(block, sizeof(block));
	return ret;
}

/*
 * ECDSA takes the leftmost bits of what it is given, as a number (FIPS 186-5, 6.4.1).
 * UKS wants it as long as digests are.
 */
static int raw_ecdsa(struct op *op, const uint8_t *data, size_t len, uint8_t *out,
		     size_t *out_len)
{
	uint8_t digest[64] = { 0 };
	size_t least = 20, order = op->out_len / 2;

	if (len > order)
		len = order;
	if (len >= least)
		return uks_sign(op->use->session, data, len, out, out_len, NULL);
	memcpy(digest + least - len, data, len);
	return uks_sign(op->use->session, digest, least, out, out_len, NULL);
}

static int sign_once(struct op *op, const uint8_t *data, size_t len, uint8_t *out,
		     size_t *out_len)
{
	if (op->begun)
		return uks_finish(op->use->session, out, out_len, NULL);
	if (op->wanted.purpose == UKS_PURPOSE_MAC)
		return uks_mac(op->use->session, data, len, out, out_len, NULL);
	if (op->wanted.purpose == UKS_PURPOSE_DECRYPT)
		return raw_rsa(op, data, len, out, out_len);
	if (op->mechanism->type == CKM_ECDSA)
		return raw_ecdsa(op, data, len, out, out_len);
	return uks_sign(op->use->session, data, len, out, out_len, NULL);
}

/* A result of UKS as PKCS #11 has it: (r, s) instead of DER, MACs cut off. */
static ck_rv_t convert(struct op *op, const uint8_t *result, size_t len, uint8_t *out)
{
	if (op->mechanism->key_type == CKK_EC)
		return work_raw_signature(result, len, out, op->out_len);
	if (len < op->out_len)
		return CKR_DEVICE_ERROR;
	memcpy(out, result, op->out_len);
	return CKR_OK;
}

static ck_rv_t check_len(const struct op *op, size_t len)
{
	switch (op->mechanism->type) {
	case CKM_RSA_PKCS:
		return len + 11 > op->out_len ? CKR_DATA_LEN_RANGE : CKR_OK;
	case CKM_RSA_X_509:
		return len > op->out_len ? CKR_DATA_LEN_RANGE : CKR_OK;
	case CKM_RSA_PKCS_PSS:
		return len != mechanism_digest_len(op->wanted.pss_digest) ? CKR_DATA_LEN_RANGE :
			CKR_OK;
	case CKM_ECDSA:
		/* Longer than every digest: only P-521 would look at it. */
		return !len || (len > 64 && op->out_len > 128) ? CKR_DATA_LEN_RANGE : CKR_OK;
	default:
		return CKR_OK;
	}
}

static ck_rv_t sign(struct op *op, const uint8_t *data, size_t len, uint8_t *out)
{
	uint8_t result[UKS_SIGNATURE_MAX];
	size_t result_len;
	ck_rv_t rv = check_len(op, len);
	int ret = 0;

	if (rv != CKR_OK)
		return rv;
	do {
		result_len = sizeof(result);
		if (!op->use)
			ret = work_open(op);
		if (!ret)
			ret = sign_once(op, data, len, result, &result_len);
	} while (ret && op->use && !op->begun && work_again(op, ret));
	op->begun = false;
	rv = ret ? error_rv(ret) : convert(op, result, result_len, out);
	if (rv == CKR_ENCRYPTED_DATA_INVALID)
		rv = CKR_DATA_INVALID;
	explicit_bzero(result, sizeof(result));
	return rv;
}

static ck_rv_t one_shot(struct op *op, const void *data, unsigned long len, void *out,
			unsigned long *out_len)
{
	ck_rv_t rv = op_one_shot(op);

	if (rv != CKR_OK)
		return rv;
	if (!out_len || (len && !data))
		return CKR_ARGUMENTS_BAD;
	rv = op_needs_room(out, out_len, op->out_len);
	return rv == CKR_OK && out ? sign(op, data, len, out) : rv;
}

static ck_rv_t sign_whole(ck_session_handle_t handle, enum op_kind kind, const void *data,
			  unsigned long len, void *signature, unsigned long *signature_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	struct op *op;

	if (rv != CKR_OK)
		return rv;
	op = &session->op[kind];
	rv = one_shot(op, data, len, signature, signature_len);
	return session_leave(session, op_result(op, rv, signature));
}

P11_EXPORT ck_rv_t C_Sign(ck_session_handle_t session, unsigned char *data, unsigned long data_len,
			  unsigned char *signature, unsigned long *signature_len)
{
	return sign_whole(session, OP_SIGN, data, data_len, signature, signature_len);
}

P11_EXPORT ck_rv_t C_SignRecover(ck_session_handle_t session, unsigned char *data,
				 unsigned long data_len, unsigned char *signature,
				 unsigned long *signature_len)
{
	return sign_whole(session, OP_SIGN_RECOVER, data, data_len, signature, signature_len);
}

/* ---- in parts ---- */

ck_rv_t work_update(struct op *op, struct uks_aead *aead, const void *part, size_t len)
{
	int ret = 0;

	if (!op->begun) {
		do {
			ret = work_open(op);
			if (!ret)
				ret = uks_begin(op->use->session, aead, NULL);
		} while (ret && op->use && work_again(op, ret));
		op->begun = !ret;
	}
	if (!ret && len)
		ret = uks_update(op->use->session, part, len, NULL);
	return error_rv(ret);
}

static ck_rv_t take_part(struct op *op, const void *part, unsigned long len)
{
	if (!op->mechanism || op->mechanism->single)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (len && !part)
		return CKR_ARGUMENTS_BAD;
	op->parts = true;
	if (op->mechanism->type == CKM_EDDSA)
		return op_collect(op, part, len, UKS_MESSAGE_MAX);
	return op->public ? work_public_update(op, part, len) :
		work_update(op, NULL, part, len);
}

ck_rv_t work_part(ck_session_handle_t handle, enum op_kind kind, const void *part,
		  unsigned long len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = take_part(&session->op[kind], part, len);
	if (rv != CKR_OK)
		op_end(&session->op[kind]);
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_SignUpdate(ck_session_handle_t session, unsigned char *part,
				unsigned long part_len)
{
	return work_part(session, OP_SIGN, part, part_len);
}

static ck_rv_t final(struct op *op, void *out, unsigned long *out_len)
{
	ck_rv_t rv;

	if (!op->mechanism || op->mechanism->single)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!out_len)
		return CKR_ARGUMENTS_BAD;
	rv = op_needs_room(out, out_len, op->out_len);
	return rv == CKR_OK && out ? sign(op, op->held, op->held_len, out) : rv;
}

P11_EXPORT ck_rv_t C_SignFinal(ck_session_handle_t handle, unsigned char *signature,
			       unsigned long *signature_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	struct op *op;

	if (rv != CKR_OK)
		return rv;
	op = &session->op[OP_SIGN];
	rv = final(op, signature, signature_len);
	return session_leave(session, op_result(op, rv, signature));
}
