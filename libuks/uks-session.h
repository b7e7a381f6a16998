/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: sessions and what is done in them. Included by <uks.h>. */
#ifndef UKS_SESSION_H
#define UKS_SESSION_H

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct uks_session;

/**
 * struct uks_aead - what a message has beside its text
 * @aad: associated data (AEAD only): authenticated, not encrypted; must be the same
 *	to decrypt
 * @aad_len: bytes at @aad
 * @nonce: to encrypt, the kernel writes the nonce it chose; to decrypt, that nonce.
 *	Of CBC it is the initial vector, of CTR the first counter block. It has
 *	nonce_len bytes, as struct uks_session_info tells
 * @flags: UKS_CIPHER_CALLER_NONCE to encrypt with the nonce given, else 0. Only
 *	if the key's policy allows it; one nonce used twice breaks the key
 */
struct uks_aead {
	const void *aad;
	size_t aad_len;
	uint8_t nonce[UKS_NONCE_MAX];
	uint32_t flags;
};

/**
 * uks_session_open() - open a key for one purpose
 * @client: the client
 * @key: name, or "@" and id
 * @purpose: one bit of enum uks_purpose
 * @algorithm: enum uks_algorithm, or 0 for the usual one of the key's type
 * @digest: enum uks_digest, or 0 for the usual one; for ECDSA, RSA and SM2
 * @session: [out] the session; uks_session_close() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY, -UKS_E_BAD_PURPOSE.
 */
int uks_session_open(struct uks_client *client, const char *key, uint32_t purpose,
		     uint32_t algorithm, uint32_t digest, struct uks_session **session,
		     struct uks_err *err);

/**
 * uks_session_open_with() - open a key for one purpose, in a certain way
 * @client: the client
 * @key: name, or "@" and id
 * @purpose: one bit of enum uks_purpose
 * @method: algorithm, digest, version and parameters; or NULL for what is usual
 * @session: [out] the session; uks_session_close() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_VERSION.
 */
int uks_session_open_with(struct uks_client *client, const char *key, uint32_t purpose,
			  const struct uks_method *method, struct uks_session **session,
			  struct uks_err *err);

/**
 * uks_session_close() - close a session
 * @session: the session, or NULL
 */
void uks_session_close(struct uks_session *session);

/**
 * uks_session_set_timeout() - say how long work in the daemon may take
 * @session: the session
 * @milliseconds: as in uks_client_set_timeout()
 *
 * What happens in the kernel waits for nobody.
 */
void uks_session_set_timeout(struct uks_session *session, uint32_t milliseconds);

/**
 * uks_session_info() - tell what a session is
 * @session: the session
 * @info: [out] its key, purpose and parameters
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_session_info(struct uks_session *session, struct uks_session_info *info,
		     struct uks_err *err);

/**
 * uks_encrypt() - encrypt one message
 * @session: a session to encrypt
 * @aead: associated data; gets the nonce, which decrypting needs. NULL for RSA and SM2
 * @in: plaintext
 * @in_len: bytes at @in, less than uks_query.aead_max
 * @out: where ciphertext and tag shall go; may be @in
 * @out_len: [in] room at @out, bytes: @in_len + tag_len of an AEAD, @in_len + 16 of
 *	CBC with padding, output_len of RSA and SM2, as struct uks_session_info
 *	tells; [out] bytes written
 * @err: what went wrong, or NULL
 *
 * The kernel draws each nonce at random. By SP 800-38D, 8.3, do not encrypt more
 * than 2^32 messages with one key.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_TOO_LONG: use a stream.
 */
int uks_encrypt(struct uks_session *session, struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_decrypt() - decrypt one message
 * @session: a session to decrypt
 * @aead: associated data and nonce, as they were when it was encrypted. NULL for RSA
 *	and SM2
 * @in: ciphertext and tag
 * @in_len: bytes at @in
 * @out: where the plaintext shall go; may be @in. Untouched unless authentic
 * @out_len: [in] room at @out, bytes: @in_len is always enough; [out] bytes written
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NOT_AUTHENTIC.
 */
int uks_decrypt(struct uks_session *session, const struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_sign() - sign one message
 * @session: a session to sign
 * @in: message
 * @in_len: bytes at @in; for Ed25519, Ed448 and SM2 at most UKS_MESSAGE_MAX
 * @sig: where the signature shall go: DER of ECDSA and SM2, else bytes as RFC 8017
 *	and RFC 8032 have them
 * @sig_len: [in] room at @sig, bytes, UKS_SIGNATURE_MAX is enough; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_sign(struct uks_session *session, const void *in, size_t in_len, void *sig,
	     size_t *sig_len, struct uks_err *err);

/**
 * uks_verify() - verify the signature of one message
 * @session: a session to verify
 * @in: message
 * @in_len: bytes at @in
 * @sig: signature
 * @sig_len: bytes at @sig
 * @err: what went wrong, or NULL
 *
 * Return: 0 if it is right, -UKS_E_BAD_SIGNATURE if not, or another negative
 * enum uks_error.
 */
int uks_verify(struct uks_session *session, const void *in, size_t in_len, const void *sig,
	       size_t sig_len, struct uks_err *err);

/**
 * uks_mac() - compute the MAC of one message
 * @session: a session to compute MACs
 * @in: message
 * @in_len: bytes at @in
 * @mac: where the MAC shall go
 * @mac_len: [in] room at @mac, bytes, UKS_MAC_MAX is enough; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_mac(struct uks_session *session, const void *in, size_t in_len, void *mac,
	    size_t *mac_len, struct uks_err *err);

/**
 * uks_mac_verify() - verify the MAC of one message
 * @session: a session to verify MACs
 * @in: message
 * @in_len: bytes at @in
 * @mac: MAC, whole
 * @mac_len: bytes at @mac
 * @err: what went wrong, or NULL
 *
 * Return: 0 if it is right, -UKS_E_NOT_AUTHENTIC if not, or another negative
 * enum uks_error.
 */
int uks_mac_verify(struct uks_session *session, const void *in, size_t in_len,
		   const void *mac, size_t mac_len, struct uks_err *err);

/**
 * uks_agree() - agree on a secret and give it out
 * @session: a session to agree
 * @peer: the other side's public key, DER SubjectPublicKeyInfo
 * @peer_len: bytes at @peer
 * @out: where the secret shall go; the caller wipes it
 * @out_len: [in] room at @out, bytes; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_PEER, -UKS_E_KEPT_INSIDE.
 */
int uks_agree(struct uks_session *session, const void *peer, size_t peer_len, void *out,
	      size_t *out_len, struct uks_err *err);

/**
 * uks_derive() - derive a secret and give it out
 * @session: a session to derive, whose parameters tell how long it shall be
 * @in: info (HKDF) or salt (PBKDF2), or NULL if the parameters have it
 * @in_len: bytes at @in
 * @out: where the secret shall go; the caller wipes it
 * @out_len: [in] room at @out, bytes; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_KEPT_INSIDE.
 */
int uks_derive(struct uks_session *session, const void *in, size_t in_len, void *out,
	       size_t *out_len, struct uks_err *err);

/**
 * uks_begin() - begin a message in parts
 * @session: the session
 * @aead: as in uks_encrypt() or uks_decrypt(); NULL where there is no nonce
 * @err: what went wrong, or NULL
 *
 * A session has one message in parts at a time; one begun earlier is dropped.
 * One-shot calls are not disturbed.
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_begin(struct uks_session *session, struct uks_aead *aead, struct uks_err *err);

/**
 * uks_update() - go on with a message in parts
 * @session: the session
 * @in: next part of the message
 * @in_len: bytes at @in
 * @err: what went wrong, or NULL; an error ends the message
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_update(struct uks_session *session, const void *in, size_t in_len,
	       struct uks_err *err);

/**
 * uks_update_to() - go on with a message in parts that gives output as it goes
 * @session: a session of CBC or CTR; others give nothing before the end
 * @in: next part of the message
 * @in_len: bytes at @in
 * @out: where output shall go
 * @out_len: [in] room at @out, bytes: @in_len + 16 is enough; [out] bytes written
 * @err: what went wrong, or NULL; an error ends the message
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_update_to(struct uks_session *session, const void *in, size_t in_len, void *out,
		  size_t *out_len, struct uks_err *err);

/**
 * uks_finish() - end a message in parts, with a result
 * @session: a session to encrypt, decrypt, sign or compute MACs
 * @out: where ciphertext and tag, plaintext, signature or MAC shall go
 * @out_len: [in] room at @out, bytes; [out] length, also after -UKS_E_NO_ROOM,
 *	which leaves the message as it was
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_finish(struct uks_session *session, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_finish_verify() - end a message in parts and verify it
 * @session: a session to verify signatures or MACs
 * @sig: signature or MAC
 * @sig_len: bytes at @sig
 * @err: what went wrong, or NULL
 *
 * Return: as uks_verify() or uks_mac_verify().
 */
int uks_finish_verify(struct uks_session *session, const void *sig, size_t sig_len,
		      struct uks_err *err);

/**
 * uks_abort() - drop a message in parts, if there is one
 * @session: the session
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_abort(struct uks_session *session, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_SESSION_H */
