/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What PKCS #11 v3.0 (OASIS, 2020) adds to v2.40 and p11-kit's header of Debian 12
 * lacks: interfaces, messages, mechanisms. Names follow that header.
 */
#ifndef UKS_PKCS11_3_H
#define UKS_PKCS11_3_H

#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

#define CKR_OPERATION_CANCEL_FAILED	0x202UL
#define CKF_END_OF_MESSAGE		0x01UL
#define CKF_INTERFACE_FORK_SAFE		0x01UL
#define CKF_MESSAGE_ENCRYPT		0x02UL
#define CKF_MESSAGE_DECRYPT		0x04UL
#define CKF_FIND_OBJECTS		0x40UL

#define CKK_EC_MONTGOMERY		0x41UL
#define CKK_CHACHA20			0x33UL
#define CKK_HKDF			0x42UL
#define CKA_UNIQUE_ID			0x04UL

#define CKM_SHA3_256			0x2b0UL
#define CKM_SHA3_384			0x2c0UL
#define CKM_SHA3_512			0x2d0UL
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN	0x1056UL
#define CKM_AES_KEY_WRAP_KWP		0x210bUL
#define CKM_CHACHA20_KEY_GEN		0x1225UL
#define CKM_CHACHA20_POLY1305		0x4021UL
#define CKM_HKDF_DERIVE			0x402aUL
#define CKM_HKDF_DATA			0x402bUL
#define CKM_HKDF_KEY_GEN		0x402cUL

#define CKF_HKDF_SALT_NULL		1UL
#define CKF_HKDF_SALT_DATA		2UL
#define CKF_HKDF_SALT_KEY		4UL

#define CKG_NO_GENERATE			0UL
#define CKG_GENERATE			1UL
#define CKG_GENERATE_COUNTER		2UL
#define CKG_GENERATE_RANDOM		3UL

/**
 * struct ck_interface - one interface of a module
 * @name: "PKCS 11"
 * @function_list: begins with struct ck_version
 * @flags: CKF_INTERFACE_FORK_SAFE
 */
struct ck_interface {
	const char *name;
	void *function_list;
	ck_flags_t flags;
};

/**
 * struct ck_ccm_params - parameters of CKM_AES_CCM
 * @data_len: length of the message, bytes
 * @nonce: nonce
 * @nonce_len: 7 to 13 bytes
 * @aad: associated data
 * @aad_len: bytes at @aad
 * @mac_len: 4, 6, ... 16 bytes
 */
struct ck_ccm_params {
	unsigned long data_len;
	unsigned char *nonce;
	unsigned long nonce_len;
	unsigned char *aad;
	unsigned long aad_len;
	unsigned long mac_len;
};

/**
 * struct ck_salsa20_chacha20_poly1305_params - parameters of CKM_CHACHA20_POLY1305
 * @nonce: nonce
 * @nonce_len: 12 bytes
 * @aad: associated data
 * @aad_len: bytes at @aad
 */
struct ck_salsa20_chacha20_poly1305_params {
	unsigned char *nonce;
	unsigned long nonce_len;
	unsigned char *aad;
	unsigned long aad_len;
};

/**
 * struct ck_gcm_message_params - parameters of one message of CKM_AES_GCM
 * @iv: initial vector; out where the module makes it
 * @iv_len: bytes at @iv
 * @iv_fixed_bits: leading bits that the caller chose
 * @iv_generator: CKG_NO_GENERATE or who makes the rest
 * @tag: authentication tag; out when encrypting
 * @tag_bits: bits at @tag
 */
struct ck_gcm_message_params {
	unsigned char *iv;
	unsigned long iv_len;
	unsigned long iv_fixed_bits;
	unsigned long iv_generator;
	unsigned char *tag;
	unsigned long tag_bits;
};

/**
 * struct ck_hkdf_params - parameters of CKM_HKDF_DERIVE
 * @extract: do the extract step
 * @expand: do the expand step
 * @prf: hash mechanism
 * @salt_type: CKF_HKDF_SALT_NULL, _DATA or _KEY
 * @salt: salt, if it is data
 * @salt_len: bytes at @salt
 * @salt_key: salt, if it is a key
 * @info: info
 * @info_len: bytes at @info
 */
struct ck_hkdf_params {
	unsigned char extract;
	unsigned char expand;
	ck_mechanism_type_t prf;
	unsigned long salt_type;
	unsigned char *salt;
	unsigned long salt_len;
	ck_object_handle_t salt_key;
	unsigned char *info;
	unsigned long info_len;
};

/**
 * struct ck_rsa_aes_key_wrap_params - parameters of CKM_RSA_AES_KEY_WRAP
 * @aes_key_bits: length of the key between, bits
 * @oaep: parameters of OAEP
 */
struct ck_rsa_aes_key_wrap_params {
	unsigned long aes_key_bits;
	struct ck_rsa_pkcs_oaep_params *oaep;
};

ck_rv_t C_GetInterfaceList(struct ck_interface *list, unsigned long *count);
ck_rv_t C_GetInterface(unsigned char *name, struct ck_version *version,
		       struct ck_interface **interface, ck_flags_t flags);
ck_rv_t C_LoginUser(ck_session_handle_t session, ck_user_type_t user, unsigned char *pin,
		    unsigned long pin_len, unsigned char *name, unsigned long name_len);
ck_rv_t C_SessionCancel(ck_session_handle_t session, ck_flags_t flags);
ck_rv_t C_MessageEncryptInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
			     ck_object_handle_t key);
ck_rv_t C_EncryptMessage(ck_session_handle_t session, void *parameter,
			 unsigned long parameter_len, unsigned char *aad, unsigned long aad_len,
			 unsigned char *in, unsigned long in_len, unsigned char *out,
			 unsigned long *out_len);
ck_rv_t C_MessageEncryptFinal(ck_session_handle_t session);
ck_rv_t C_MessageDecryptInit(ck_session_handle_t session, struct ck_mechanism *mechanism,
			     ck_object_handle_t key);
ck_rv_t C_DecryptMessage(ck_session_handle_t session, void *parameter,
			 unsigned long parameter_len, unsigned char *aad, unsigned long aad_len,
			 unsigned char *in, unsigned long in_len, unsigned char *out,
			 unsigned long *out_len);
ck_rv_t C_MessageDecryptFinal(ck_session_handle_t session);

#endif /* UKS_PKCS11_3_H */
