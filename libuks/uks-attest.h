/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: proof of what a key is, for others. Included by <uks.h>. */
#ifndef UKS_ATTEST_H
#define UKS_ATTEST_H

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define UKS_CHALLENGE_MAX	48	/* bytes of a challenge */

/**
 * uks_key_attest() - have the TPM and the daemon state what a key is
 * @client: who asks; may use the key
 * @key: name, or "@" and 32 hexadecimal digits of the id
 * @version: which version; 0 is the newest
 * @challenge: what the one gave who wants to be convinced
 * @challenge_len: its bytes, 1 to UKS_CHALLENGE_MAX
 * @flags: UKS_CALL_ANONYMOUS, or 0
 * @out: [out] two X.509 certificates, DER, one behind the other: of the key, with the
 *	attestation in it, and of who signed that
 * @out_len: [in] room at @out, 16 KiB are enough; [out] bytes given, or needed when there
 *	is too little room (UKS_E_NO_ROOM)
 * @err: [out] what went wrong; may be NULL
 *
 * uks-verify(1) checks it, without this machine.
 *
 * Return: 0 or a negative errno value.
 */
int uks_key_attest(struct uks_client *client, const char *key, uint32_t version,
		   const void *challenge, size_t challenge_len, uint32_t flags, void *out,
		   size_t *out_len, struct uks_err *err);

/**
 * uks_attest_ak() - get the attestation key, and that of the TPM which it says it is in
 * @client: who asks
 * @out: [out] AttestationKey, DER
 * @out_len: [in] room at @out, 8 KiB are enough; [out] as in uks_key_attest()
 * @err: [out] what went wrong; may be NULL
 *
 * Tells this machine from all others for ever.
 *
 * Return: 0 or a negative errno value.
 */
int uks_attest_ak(struct uks_client *client, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_attest_activate() - open a credential, which proves in what TPM the key is
 * @client: who asks
 * @credential: from "uks-verify credential"
 * @len: its bytes
 * @out: [out] the secret in it, for "uks-verify confirm"
 * @out_len: [in] room at @out, 32 bytes are enough; [out] as in uks_key_attest()
 * @err: [out] what went wrong: UKS_E_BAD_MESSAGE when it is for another TPM or key; may
 *	be NULL
 *
 * Return: 0 or a negative errno value.
 */
int uks_attest_activate(struct uks_client *client, const void *credential, size_t len,
			void *out, size_t *out_len, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_ATTEST_H */
