// SPDX-License-Identifier: LGPL-2.1-or-later
/* Messages of v3.0: AES-GCM with a nonce of its own for each, which UKS may draw. */
#include <stdlib.h>
#include <string.h>

#include "crypt.h"

P11_EXPORT ck_rv_t C_MessageEncryptInit(ck_session_handle_t session,
					struct ck_mechanism *mechanism, ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_MESSAGE_ENCRYPT, CKA_ENCRYPT, crypt_to_encrypt);
}

P11_EXPORT ck_rv_t C_MessageDecryptInit(ck_session_handle_t session,
					struct ck_mechanism *mechanism, ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_MESSAGE_DECRYPT, CKA_DECRYPT, crypt_to_decrypt);
}

static ck_rv_t final(ck_session_handle_t handle, enum op_kind kind)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = session->op[kind].mechanism ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
	op_end(&session->op[kind]);
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_MessageEncryptFinal(ck_session_handle_t session)
{
	return final(session, OP_MESSAGE_ENCRYPT);
}

P11_EXPORT ck_rv_t C_MessageDecryptFinal(ck_session_handle_t session)
{
	return final(session, OP_MESSAGE_DECRYPT);
}

static ck_rv_t take_params(struct op *op, const struct ck_gcm_message_params *params,
			   size_t params_len, const void *aad, size_t aad_len)
{
	if (!params || params_len != sizeof(*params) || params->iv_len != UKS_NONCE_LEN ||
	    !params->iv || params->tag_bits != 8 * UKS_TAG_LEN || !params->tag)
		return CKR_MECHANISM_PARAM_INVALID;
	/* A nonce that is drawn is drawn whole. */
	if (params->iv_generator != CKG_NO_GENERATE &&
	    (params->iv_generator == CKG_GENERATE_COUNTER || params->iv_fixed_bits))
		return CKR_MECHANISM_PARAM_INVALID;
	if (aad_len && !aad)
		return CKR_ARGUMENTS_BAD;
	free(op->aad);
	op->aad = malloc(aad_len ? aad_len : 1);
	if (!op->aad)
		return CKR_HOST_MEMORY;
	if (aad_len)
		memcpy(op->aad, aad, aad_len);
	op->aad_len = aad_len;
	memcpy(op->nonce, params->iv, UKS_NONCE_LEN);
	op->nonce_len = UKS_NONCE_LEN;
	op->nonce_out = params->iv_generator == CKG_NO_GENERATE ? NULL : params->iv;
	return CKR_OK;
}

static ck_rv_t run(struct op *op, bool encrypt, const struct ck_gcm_message_params *params,
		   const void *in, size_t in_len, uint8_t *out, unsigned long *out_len)
{
	size_t len = in_len + UKS_TAG_LEN, text_len = in_len;
	uint8_t *text = malloc(len);
	ck_rv_t rv = CKR_HOST_MEMORY;

	if (!text)
		return rv;
	if (in_len)
		memcpy(text, in, in_len);
	if (!encrypt) {
		memcpy(text + in_len, params->tag, UKS_TAG_LEN);
		text_len += UKS_TAG_LEN;
	}
	rv = crypt_run(op, text, text_len, text, &len);
	if (rv == CKR_OK) {
		memcpy(out, text, in_len);
		if (encrypt)
			memcpy(params->tag, text + in_len, UKS_TAG_LEN);
		*out_len = in_len;
	}
	explicit_bzero(text, in_len + UKS_TAG_LEN);
	free(text);
	return rv;
}

/* One message that fails is no reason to end the operation. */
static ck_rv_t message(ck_session_handle_t handle, enum op_kind kind, void *parameter,
		       unsigned long parameter_len, const void *aad, unsigned long aad_len,
		       const void *in, unsigned long in_len, void *out, unsigned long *out_len)
{
	struct session *session;
	struct op *op;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	op = &session->op[kind];
	if (!op->mechanism)
		return session_leave(session, CKR_OPERATION_NOT_INITIALIZED);
	if (!out_len || (in_len && !in))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	rv = op_needs_room(out, out_len, in_len);
	if (rv == CKR_OK && out) {
		rv = take_params(op, parameter, parameter_len, aad, aad_len);
		if (rv == CKR_OK)
			rv = run(op, kind == OP_MESSAGE_ENCRYPT, parameter, in, in_len, out,
				 out_len);
	}
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_EncryptMessage(ck_session_handle_t session, void *parameter,
				    unsigned long parameter_len, unsigned char *aad,
				    unsigned long aad_len, unsigned char *in,
				    unsigned long in_len, unsigned char *out,
				    unsigned long *out_len)
{
	return message(session, OP_MESSAGE_ENCRYPT, parameter, parameter_len, aad, aad_len, in,
		       in_len, out, out_len);
}

P11_EXPORT ck_rv_t C_DecryptMessage(ck_session_handle_t session, void *parameter,
				    unsigned long parameter_len, unsigned char *aad,
				    unsigned long aad_len, unsigned char *in,
				    unsigned long in_len, unsigned char *out,
				    unsigned long *out_len)
{
	return message(session, OP_MESSAGE_DECRYPT, parameter, parameter_len, aad, aad_len, in,
		       in_len, out, out_len);
}
