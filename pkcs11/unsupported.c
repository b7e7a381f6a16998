// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions that the module does not have: saved states (the work is in the kernel,
 * and not to be taken out), two operations at once, and messages in parts or signed.
 */
#include "p11.h"
#include "unsupported.h"

/* Nothing is looked at but the session. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static ck_rv_t refuse(ck_session_handle_t handle)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	return rv == CKR_OK ? session_leave(session, CKR_FUNCTION_NOT_SUPPORTED) : rv;
}

P11_EXPORT ck_rv_t C_GetOperationState(ck_session_handle_t session, unsigned char *state,
				       unsigned long *state_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_SetOperationState(ck_session_handle_t session, unsigned char *state,
				       unsigned long state_len, ck_object_handle_t encryption_key,
				       ck_object_handle_t authentication_key)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_DigestEncryptUpdate(ck_session_handle_t session, unsigned char *part,
					 unsigned long part_len, unsigned char *out,
					 unsigned long *out_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_DecryptDigestUpdate(ck_session_handle_t session, unsigned char *part,
					 unsigned long part_len, unsigned char *out,
					 unsigned long *out_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_SignEncryptUpdate(ck_session_handle_t session, unsigned char *part,
				       unsigned long part_len, unsigned char *out,
				       unsigned long *out_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_DecryptVerifyUpdate(ck_session_handle_t session, unsigned char *part,
					 unsigned long part_len, unsigned char *out,
					 unsigned long *out_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_EncryptMessageBegin(ck_session_handle_t session, void *parameter,
					 unsigned long parameter_len, unsigned char *aad,
					 unsigned long aad_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_EncryptMessageNext(ck_session_handle_t session, void *parameter,
					unsigned long parameter_len, unsigned char *in,
					unsigned long in_len, unsigned char *out,
					unsigned long *out_len, ck_flags_t flags)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_DecryptMessageBegin(ck_session_handle_t session, void *parameter,
					 unsigned long parameter_len, unsigned char *aad,
					 unsigned long aad_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_DecryptMessageNext(ck_session_handle_t session, void *parameter,
					unsigned long parameter_len, unsigned char *in,
					unsigned long in_len, unsigned char *out,
					unsigned long *out_len, ck_flags_t flags)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_MessageSignInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				     ck_object_handle_t key)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_SignMessage(ck_session_handle_t session, void *parameter,
				 unsigned long parameter_len, unsigned char *data,
				 unsigned long data_len, unsigned char *sig,
				 unsigned long *sig_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_SignMessageBegin(ck_session_handle_t session, void *parameter,
				      unsigned long parameter_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_SignMessageNext(ck_session_handle_t session, void *parameter,
				     unsigned long parameter_len, unsigned char *data,
				     unsigned long data_len, unsigned char *sig,
				     unsigned long *sig_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_MessageSignFinal(ck_session_handle_t session)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_MessageVerifyInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				       ck_object_handle_t key)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_VerifyMessage(ck_session_handle_t session, void *parameter,
				   unsigned long parameter_len, unsigned char *data,
				   unsigned long data_len, unsigned char *sig,
				   unsigned long sig_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_VerifyMessageBegin(ck_session_handle_t session, void *parameter,
					unsigned long parameter_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_VerifyMessageNext(ck_session_handle_t session, void *parameter,
				       unsigned long parameter_len, unsigned char *data,
				       unsigned long data_len, unsigned char *sig,
				       unsigned long sig_len)
{
	return refuse(session);
}

P11_EXPORT ck_rv_t C_MessageVerifyFinal(ck_session_handle_t session)
{
	return refuse(session);
}

/* Of a time when calls ran in parallel. */
P11_EXPORT ck_rv_t C_GetFunctionStatus(ck_session_handle_t session)
{
	ck_rv_t rv = refuse(session);

	return rv == CKR_FUNCTION_NOT_SUPPORTED ? CKR_FUNCTION_NOT_PARALLEL : rv;
}

/* Of a time when calls ran in parallel. */
P11_EXPORT ck_rv_t C_CancelFunction(ck_session_handle_t session)
{
	ck_rv_t rv = refuse(session);

	return rv == CKR_FUNCTION_NOT_SUPPORTED ? CKR_FUNCTION_NOT_PARALLEL : rv;
}
