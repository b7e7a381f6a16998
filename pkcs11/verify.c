// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_Verify, C_VerifyRecover: MACs by UKS, signatures with the public key here. */
#include <string.h>
#include <sodium.h>

#include "p11.h"
#include "work.h"

/* A MAC that is cut off is computed and compared: UKS verifies whole ones. */
static ck_rv_t prepare(struct op *op, const struct ck_mechanism *given)
{
	if (op->public) {
		op->out_len = work_signature_len(op);
		return work_check_eddsa(op, given);
	}
	op->wanted.purpose = UKS_PURPOSE_MAC_VERIFY;
	op->wanted.digest = 0;
	if (!op->out_len)
		op->out_len = work_signature_len(op);
	else if (op->out_len < work_signature_len(op))
		op->wanted.purpose = UKS_PURPOSE_MAC;
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_VerifyInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
				ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_VERIFY, CKA_VERIFY, prepare);
}

P11_EXPORT ck_rv_t C_VerifyRecoverInit(ck_session_handle_t session,
				       struct ck_mechanism *mechanism, ck_object_handle_t key)
{
	return op_init(session, mechanism, key, OP_VERIFY_RECOVER, CKA_VERIFY_RECOVER, prepare);
}

static int mac_once(struct op *op, const void *data, size_t len, const uint8_t *sig,
		    uint8_t *mac, size_t *mac_len)
{
	if (op->wanted.purpose == UKS_PURPOSE_MAC && op->begun)
		return uks_finish(op->use->session, mac, mac_len, NULL);
	if (op->wanted.purpose == UKS_PURPOSE_MAC)
		return uks_mac(op->use->session, data, len, mac, mac_len, NULL);
	if (op->begun)
		return uks_finish_verify(op->use->session, sig, op->out_len, NULL);
	return uks_mac_verify(op->use->session, data, len, sig, op->out_len, NULL);
}

static ck_rv_t verify_mac(struct op *op, const void *data, size_t len, const uint8_t *sig)
{
	uint8_t mac[UKS_MAC_MAX];
	size_t mac_len = sizeof(mac);
	int ret = 0;

	do {
		if (!op->use)
			ret = work_open(op);
		if (!ret)
			ret = mac_once(op, data, len, sig, mac, &mac_len);
	} while (ret && op->use && !op->begun && ret != -UKS_E_NOT_AUTHENTIC &&
		 work_again(op, ret));
	op->begun = false;
	if (!ret && op->wanted.purpose == UKS_PURPOSE_MAC &&
	    sodium_memcmp(mac, sig, op->out_len))
		ret = -UKS_E_NOT_AUTHENTIC;
	explicit_bzero(mac, sizeof(mac));
	return ret == -UKS_E_NOT_AUTHENTIC ? CKR_SIGNATURE_INVALID : error_rv(ret);
}

static ck_rv_t one_shot(struct op *op, const void *data, unsigned long len, const void *sig,
			unsigned long sig_len)
{
	ck_rv_t rv = op_one_shot(op);

	if (rv != CKR_OK)
		return rv;
	if ((len && !data) || (sig_len && !sig))
		return CKR_ARGUMENTS_BAD;
	if (sig_len != op->out_len)
		return CKR_SIGNATURE_LEN_RANGE;
	return op->public ? work_public_verify(op, data, len, sig, sig_len) :
		verify_mac(op, data, len, sig);
}

P11_EXPORT ck_rv_t C_Verify(ck_session_handle_t handle, unsigned char *data,
			    unsigned long data_len, unsigned char *signature,
			    unsigned long signature_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = one_shot(&session->op[OP_VERIFY], data, data_len, signature, signature_len);
	op_end(&session->op[OP_VERIFY]);
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_VerifyUpdate(ck_session_handle_t session, unsigned char *part,
				  unsigned long part_len)
{
	return work_part(session, OP_VERIFY, part, part_len);
}

static ck_rv_t final(struct op *op, const void *sig, unsigned long sig_len)
{
	if (!op->mechanism || op->mechanism->single)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (sig_len && !sig)
		return CKR_ARGUMENTS_BAD;
	if (sig_len != op->out_len)
		return CKR_SIGNATURE_LEN_RANGE;
	if (!op->public)
		return verify_mac(op, "", 0, sig);
	if (op->mechanism->type == CKM_EDDSA)
		return work_public_verify(op, op->held, op->held_len, sig, sig_len);
	return work_public_final(op, sig, sig_len);
}

P11_EXPORT ck_rv_t C_VerifyFinal(ck_session_handle_t handle, unsigned char *signature,
				 unsigned long signature_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = final(&session->op[OP_VERIFY], signature, signature_len);
	op_end(&session->op[OP_VERIFY]);
	return session_leave(session, rv);
}

static ck_rv_t recover(struct op *op, const void *sig, unsigned long sig_len, void *out,
		       unsigned long *out_len)
{
	uint8_t data[512];
	size_t len = sizeof(data);
	ck_rv_t rv;

	if (!op->mechanism)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!out_len || !sig)
		return CKR_ARGUMENTS_BAD;
	if (sig_len != op->out_len)
		return CKR_SIGNATURE_LEN_RANGE;
	rv = work_public_recover(op, sig, sig_len, data, &len);
	if (rv == CKR_OK)
		rv = op_needs_room(out, out_len, len);
	if (rv == CKR_OK && out)
		memcpy(out, data, len);
	return rv;
}

P11_EXPORT ck_rv_t C_VerifyRecover(ck_session_handle_t handle, unsigned char *signature,
				   unsigned long signature_len, unsigned char *data,
				   unsigned long *data_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	struct op *op;

	if (rv != CKR_OK)
		return rv;
	op = &session->op[OP_VERIFY_RECOVER];
	rv = recover(op, signature, signature_len, data, data_len);
	return session_leave(session, op_result(op, rv, data));
}
