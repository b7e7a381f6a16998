// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_Encrypt and C_Decrypt, whole and in parts. */
#include <stdlib.h>
#include <string.h>

#include "crypt.h"

static bool is_aead(const struct op *op)
{
	return op->mechanism->parameter == PARAMETER_GCM ||
	       op->mechanism->parameter == PARAMETER_CCM ||
	       op->mechanism->parameter == PARAMETER_CHACHA;
}

static bool is_blocks(const struct op *op)
{
	return op->mechanism->type == CKM_AES_CBC || op->mechanism->type == CKM_AES_ECB;
}

static bool encrypts(const struct op *op)
{
	return op->wanted.purpose == UKS_PURPOSE_ENCRYPT;
}

static ck_rv_t wrong_len(const struct op *op)
{
	return encrypts(op) ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

static ck_rv_t prepare(struct op *op, uint32_t purpose)
{
	op->wanted.purpose = purpose;
	if (op->mechanism->type == CKM_RSA_PKCS)
		op->wanted.algorithm = UKS_ALG_RSA_PKCS1_CRYPT;
	if (op->mechanism->type != CKM_RSA_PKCS_OAEP)
		op->wanted.digest = 0;
	if (op->mechanism->key_type == CKK_RSA)
		op->out_len = work_signature_len(op);
	return CKR_OK;
}

ck_rv_t crypt_to_encrypt(struct op *op, const struct ck_mechanism *given)
{
	(void)given;
	return prepare(op, UKS_PURPOSE_ENCRYPT);
}

/* Twelve zero bytes are a nonce as any other then, and only to be read. */
ck_rv_t crypt_to_decrypt(struct op *op, const struct ck_mechanism *given)
{
	(void)given;
	op->nonce_out = NULL;
	return prepare(op, UKS_PURPOSE_DECRYPT);
}

P11_EXPORT ck_rv_t C_EncryptInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				 ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_ENCRYPT, CKA_ENCRYPT, crypt_to_encrypt);
}

P11_EXPORT ck_rv_t C_DecryptInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				 ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_DECRYPT, CKA_DECRYPT, crypt_to_decrypt);
}

/* ---- whole messages ---- */

/* Length of the result; where padding decides, the greatest. */
static ck_rv_t result_len(const struct op *op, size_t len, size_t *need)
{
	*need = len;
	if (op->mechanism->key_type == CKK_RSA) {
		*need = op->out_len;
		if (!encrypts(op) && len != op->out_len)
			return CKR_ENCRYPTED_DATA_LEN_RANGE;
	} else if (is_aead(op)) {
		if (!encrypts(op) && len < op->out_len)
			return CKR_ENCRYPTED_DATA_LEN_RANGE;
		*need = encrypts(op) ? len + op->out_len : len - op->out_len;
	} else if (op->mechanism->type == CKM_AES_CBC_PAD) {
		if (!encrypts(op) && (!len || len % 16))
			return CKR_ENCRYPTED_DATA_LEN_RANGE;
		*need = encrypts(op) ? (len / 16 + 1) * 16 : len;
	} else if (is_blocks(op) && len % 16) {
		return wrong_len(op);
	}
	return CKR_OK;
}

void crypt_aead(const struct op *op, struct uks_aead *aead)
{
	memset(aead, 0, sizeof(*aead));
	if (op->mechanism->key_type == CKK_RSA)
		return;
	aead->aad = op->aad_len ? op->aad : NULL;
	aead->aad_len = op->aad_len;
	memcpy(aead->nonce, op->nonce, op->nonce_len);
	if (encrypts(op) && op->nonce_len && !op->nonce_out)
		aead->flags = UKS_CIPHER_CALLER_NONCE;
}

static int run_once(struct op *op, struct uks_aead *aead, const uint8_t *in, size_t in_len,
		    uint8_t *out, size_t *out_len)
{
	if (op->mechanism->key_type == CKK_RSA)
		aead = NULL;
	if (encrypts(op))
		return uks_encrypt(op->use->session, aead, in, in_len, out, out_len, NULL);
	return uks_decrypt(op->use->session, aead, in, in_len, out, out_len, NULL);
}

ck_rv_t crypt_run(struct op *op, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
	struct uks_aead aead;
	size_t room = *out_len;
	int ret = 0;

	if (op->public)
		return work_public_encrypt(op, in, in_len, out, out_len);
	do {
		crypt_aead(op, &aead);
		*out_len = room;
		if (!op->use)
			ret = work_open(op);
		if (!ret)
			ret = run_once(op, &aead, in, in_len, out, out_len);
	} while (ret && op->use && work_again(op, ret));
	if (!ret && op->nonce_out)
		memcpy(op->nonce_out, aead.nonce, op->nonce_len);
	return error_rv(ret);
}

/* Where the length is not known before, the result comes here first. */
static ck_rv_t run_aside(struct op *op, const uint8_t *in, size_t in_len, size_t need, void *out,
			 unsigned long *out_len)
{
	size_t len = need;
	uint8_t *aside = malloc(need ? need : 1);
	ck_rv_t rv = CKR_HOST_MEMORY;

	if (!aside)
		return rv;
	rv = crypt_run(op, in, in_len, aside, &len);
	if (rv == CKR_OK)
		rv = op_needs_room(out, out_len, len);
	if (rv == CKR_OK)
		memcpy(out, aside, len);
	explicit_bzero(aside, need);
	free(aside);
	return rv;
}

static ck_rv_t one_shot(struct op *op, const void *in, unsigned long in_len, void *out,
			unsigned long *out_len)
{
	size_t need, len;
	ck_rv_t rv = op_one_shot(op);

	if (rv != CKR_OK)
		return rv;
	if (!out_len || (in_len && !in))
		return CKR_ARGUMENTS_BAD;
	rv = result_len(op, in_len, &need);
	if (rv != CKR_OK)
		return rv;
	if (out && !encrypts(op) && (op->mechanism->type == CKM_AES_CBC_PAD ||
				     op->mechanism->key_type == CKK_RSA))
		return run_aside(op, in, in_len, need, out, out_len);
	rv = op_needs_room(out, out_len, need);
	if (rv != CKR_OK || !out)
		return rv;
	len = need;
	rv = crypt_run(op, in, in_len, out, &len);
	*out_len = len;
	return rv;
}

static ck_rv_t crypt_one_shot(ck_session_handle_t handle, enum op_kind kind, const void *in,
			      unsigned long in_len, void *out, unsigned long *out_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = one_shot(&session->op[kind], in, in_len, out, out_len);
	return session_leave(session, op_result(&session->op[kind], rv, out));
}

P11_EXPORT ck_rv_t C_Encrypt(ck_session_handle_t session, unsigned char *data,
			     unsigned long data_len, unsigned char *encrypted,
			     unsigned long *encrypted_len)
{
	return crypt_one_shot(session, OP_ENCRYPT, data, data_len, encrypted, encrypted_len);
}

P11_EXPORT ck_rv_t C_Decrypt(ck_session_handle_t session, unsigned char *encrypted,
			     unsigned long encrypted_len, unsigned char *data,
			     unsigned long *data_len)
{
	return crypt_one_shot(session, OP_DECRYPT, encrypted, encrypted_len, data, data_len);
}

/* ---- in parts ---- */

/* What can be given out after so many bytes: whole blocks; of an AEAD nothing. */
static size_t ready_after(const struct op *op, size_t fed)
{
	if (is_aead(op))
		return 0;
	if (op->mechanism->type == CKM_AES_CTR)
		return fed;
	if (op->mechanism->type == CKM_AES_CBC_PAD && !encrypts(op))
		return fed ? (fed - 1) / 16 * 16 : 0;
	return fed / 16 * 16;
}

/* Give out what is held, up to the room there is. */
static void give(struct op *op, uint8_t *out, unsigned long *out_len)
{
	size_t len = op->held_len < *out_len ? op->held_len : *out_len;

	if (len) {
		memcpy(out, op->held, len);
		memmove(op->held, op->held + len, op->held_len - len);
		explicit_bzero(op->held + op->held_len - len, len);
		op->held_len -= len;
	}
	op->given += len;
	*out_len = len;
}

static ck_rv_t feed(struct op *op, const void *in, size_t in_len)
{
	size_t len = in_len + 32;
	struct uks_aead aead;
	uint8_t *part;
	ck_rv_t rv;
	int ret;

	crypt_aead(op, &aead);
	rv = work_update(op, &aead, NULL, 0);
	if (rv != CKR_OK)
		return rv;
	if (op->nonce_out)
		memcpy(op->nonce_out, aead.nonce, op->nonce_len);
	op->nonce_out = NULL;
	part = malloc(len);
	if (!part)
		return CKR_HOST_MEMORY;
	ret = uks_update_to(op->use->session, in, in_len, part, &len, NULL);
	rv = ret ? error_rv(ret) : op_collect(op, part, len, SIZE_MAX);
	explicit_bzero(part, in_len + 32);
	free(part);
	op->fed += in_len;
	return rv;
}

static ck_rv_t update(struct op *op, const void *in, unsigned long in_len, void *out,
		      unsigned long *out_len)
{
	unsigned long room;
	ck_rv_t rv;

	if (!op->mechanism || op->mechanism->single)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!out_len || (in_len && !in))
		return CKR_ARGUMENTS_BAD;
	room = *out_len;
	rv = op_needs_room(out, out_len, ready_after(op, op->fed + in_len) - op->given);
	if (rv != CKR_OK || (!out && *out_len))
		return rv;
	op->parts = true;
	rv = feed(op, in, in_len);
	*out_len = out ? room : 0;
	if (rv == CKR_OK)
		give(op, out, out_len);
	return rv;
}

/* Only asking for the length does not end it, nor does work that is done. */
static ck_rv_t crypt_update(ck_session_handle_t handle, enum op_kind kind, const void *in,
			    unsigned long in_len, void *out, unsigned long *out_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = update(&session->op[kind], in, in_len, out, out_len);
	if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL)
		op_end(&session->op[kind]);
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_EncryptUpdate(ck_session_handle_t session, unsigned char *part,
				   unsigned long part_len, unsigned char *encrypted,
				   unsigned long *encrypted_len)
{
	return crypt_update(session, OP_ENCRYPT, part, part_len, encrypted, encrypted_len);
}

P11_EXPORT ck_rv_t C_DecryptUpdate(ck_session_handle_t session, unsigned char *encrypted,
				   unsigned long encrypted_len, unsigned char *part,
				   unsigned long *part_len)
{
	return crypt_update(session, OP_DECRYPT, encrypted, encrypted_len, part, part_len);
}

static ck_rv_t finish(struct op *op)
{
	size_t len = (is_aead(op) ? op->fed : 0) + 48;
	uint8_t *rest;
	ck_rv_t rv;
	int ret;

	rv = op->begun ? CKR_OK : feed(op, NULL, 0);
	if (rv != CKR_OK)
		return rv;
	rest = malloc(len);
	if (!rest)
		return CKR_HOST_MEMORY;
	ret = uks_finish(op->use->session, rest, &len, NULL);
	op->begun = ret == -UKS_E_NO_ROOM;
	rv = ret ? error_rv(ret) : op_collect(op, rest, len, SIZE_MAX);
	explicit_bzero(rest, (is_aead(op) ? op->fed : 0) + 48);
	free(rest);
	op->finished = rv == CKR_OK;
	return rv;
}

/* Length of what is left, as far as it is known before the end. */
static size_t rest_len(const struct op *op)
{
	size_t whole = op->fed;

	if (op->finished)
		return op->held_len;
	if (is_aead(op))
		whole = encrypts(op) ? op->fed + op->out_len :
			op->fed > op->out_len ? op->fed - op->out_len : 0;
	else if (op->mechanism->type == CKM_AES_CBC_PAD && encrypts(op))
		whole = (op->fed / 16 + 1) * 16;
	return whole - op->given;
}

static ck_rv_t final(struct op *op, void *out, unsigned long *out_len)
{
	ck_rv_t rv;

	if (!op->mechanism || op->mechanism->single)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!out_len)
		return CKR_ARGUMENTS_BAD;
	if (is_blocks(op) && op->fed % 16)
		return wrong_len(op);
	if (is_aead(op) && !encrypts(op) && op->fed < op->out_len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (op->mechanism->type == CKM_AES_CBC_PAD && !encrypts(op) &&
	    (!op->fed || op->fed % 16))
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (!out) {
		*out_len = rest_len(op);
		return CKR_OK;
	}
	/* Unpadding tells the length; everything else is told before. */
	if (!op->finished && (op->mechanism->type != CKM_AES_CBC_PAD || encrypts(op)) &&
	    *out_len < rest_len(op)) {
		*out_len = rest_len(op);
		return CKR_BUFFER_TOO_SMALL;
	}
	rv = op->finished ? CKR_OK : finish(op);
	if (rv != CKR_OK)
		return rv;
	if (*out_len < op->held_len) {
		*out_len = op->held_len;
		return CKR_BUFFER_TOO_SMALL;
	}
	give(op, out, out_len);
	return CKR_OK;
}

/* With nothing left to give, asking for the length and having it is the same. */
static ck_rv_t crypt_final(ck_session_handle_t handle, enum op_kind kind, void *out,
			   unsigned long *out_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = final(&session->op[kind], out, out_len);
	return session_leave(session, op_result(&session->op[kind], rv, out));
}

P11_EXPORT ck_rv_t C_EncryptFinal(ck_session_handle_t session, unsigned char *last,
				  unsigned long *last_len)
{
	return crypt_final(session, OP_ENCRYPT, last, last_len);
}

P11_EXPORT ck_rv_t C_DecryptFinal(ck_session_handle_t session, unsigned char *last,
				  unsigned long *last_len)
{
	return crypt_final(session, OP_DECRYPT, last, last_len);
}
