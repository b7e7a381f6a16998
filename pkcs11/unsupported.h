/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of v3.0 that the module does not have; Documentation/pkcs11.rst says why. */
#ifndef UKS_PKCS11_UNSUPPORTED_H
#define UKS_PKCS11_UNSUPPORTED_H

#include "pkcs11-3.h"

ck_rv_t C_EncryptMessageBegin(ck_session_handle_t session, void *parameter,
			      unsigned long parameter_len, unsigned char *aad,
			      unsigned long aad_len);
ck_rv_t C_EncryptMessageNext(ck_session_handle_t session, void *parameter,
			     unsigned long parameter_len, unsigned char *in, unsigned long in_len,
			     unsigned char *out, unsigned long *out_len, ck_flags_t flags);
ck_rv_t C_DecryptMessageBegin(ck_session_handle_t session, void *parameter,
			      unsigned long parameter_len, unsigned char *aad,
			      unsigned long aad_len);
ck_rv_t C_DecryptMessageNext(ck_session_handle_t session, void *parameter,
			     unsigned long parameter_len, unsigned char *in, unsigned long in_len,
			     unsigned char *out, unsigned long *out_len, ck_flags_t flags);
ck_rv_t C_MessageSignInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
			  ck_object_handle_t key);
ck_rv_t C_SignMessage(ck_session_handle_t session, void *parameter, unsigned long parameter_len,
		      unsigned char *data, unsigned long data_len, unsigned char *sig,
		      unsigned long *sig_len);
ck_rv_t C_SignMessageBegin(ck_session_handle_t session, void *parameter,
			   unsigned long parameter_len);
ck_rv_t C_SignMessageNext(ck_session_handle_t session, void *parameter,
			  unsigned long parameter_len, unsigned char *data, unsigned long data_len,
			  unsigned char *sig, unsigned long *sig_len);
ck_rv_t C_MessageSignFinal(ck_session_handle_t session);
ck_rv_t C_MessageVerifyInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
			    ck_object_handle_t key);
ck_rv_t C_VerifyMessage(ck_session_handle_t session, void *parameter, unsigned long parameter_len,
			unsigned char *data, unsigned long data_len, unsigned char *sig,
			unsigned long sig_len);
ck_rv_t C_VerifyMessageBegin(ck_session_handle_t session, void *parameter,
			     unsigned long parameter_len);
ck_rv_t C_VerifyMessageNext(ck_session_handle_t session, void *parameter,
			    unsigned long parameter_len, unsigned char *data,
			    unsigned long data_len, unsigned char *sig, unsigned long sig_len);
ck_rv_t C_MessageVerifyFinal(ck_session_handle_t session);

#endif /* UKS_PKCS11_UNSUPPORTED_H */
