// SPDX-License-Identifier: GPL-2.0
/*
 * Encryption: AEAD messages in the kernel, under a lease; the rest goes to where it
 * is done (block.c, message.c).
 */
#include <crypto/aead.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>

#include "uks.h"

static uint aead_max = 1 << 20;
module_param(aead_max, uint, 0644);
MODULE_PARM_DESC(aead_max, "Greatest AEAD message with its associated data, bytes (1 MiB)");

#define UKS_AEAD_CEILING	(64U << 20)

/**
 * uks_aead_max() - greatest AEAD message
 *
 * Return: bytes, associated data included, tag not.
 */
u32 uks_aead_max(void)
{
	return min(READ_ONCE(aead_max), UKS_AEAD_CEILING);
}

/**
 * uks_cipher_max() - greatest AEAD message of a session
 * @session: the session
 *
 * AES-CCM has its length in what the nonce leaves of 15 bytes (SP 800-38C, A.1).
 *
 * Return: bytes, associated data included, tag not.
 */
u32 uks_cipher_max(const struct uks_session *session)
{
	u32 length_len = 15 - session->nonce_len;

	if (session->algorithm == UKS_ALG_AES_CCM && length_len < 4)
		return min(uks_aead_max(), (1U << 8 * length_len) - 1);
	return uks_aead_max();
}

/**
 * uks_cipher_work_size() - room that the cipher's request needs
 * @lease: the lease
 *
 * Return: bytes.
 */
u32 uks_cipher_work_size(const struct uks_lease *lease)
{
	return sizeof(struct aead_request) + crypto_aead_reqsize(lease->aead);
}

/* As good as get_random_bytes(), without a ChaCha20 block for each message. */
static void uks_cipher_draw(u8 *iv, u32 len)
{
	u64 part;
	u32 at;

	for (at = 0; at < len; at += sizeof(part)) {
		part = get_random_u64();
		memcpy(iv + at, &part, min_t(u32, len - at, sizeof(part)));
	}
}

/**
 * uks_cipher_nonce() - settle the nonce, vector or counter block of a message
 * @session: the session
 * @flags: UKS_CIPHER_CALLER_NONCE
 * @nonce: where the caller has or wants it
 * @nonce_len: bytes at @nonce
 * @iv: 16 bytes; gets it as the kernel's cipher wants it
 *
 * To encrypt, the kernel draws it at random (SP 800-38D, 8.2.2), for two messages
 * under one nonce give away the authentication key, or the plaintext; a caller may
 * choose only if the lease permits.
 *
 * Return: 0, -EINVAL, -EPERM when the lease does not permit, -EFAULT.
 */
int uks_cipher_nonce(struct uks_session *session, u32 flags, u64 nonce, u32 nonce_len, u8 *iv)
{
	bool given = flags & UKS_CIPHER_CALLER_NONCE;
	bool encrypt = session->purpose == UKS_PURPOSE_ENCRYPT;

	if (nonce_len != session->nonce_len || (given && (!encrypt || !nonce_len)))
		return -EINVAL;
	if (given && !(session->lease_flags & UKS_LEASE_CALLER_NONCE))
		return -EPERM;
	if (session->algorithm == UKS_ALG_AES_CCM) {
		memset(iv, 0, UKS_NONCE_MAX);
		*iv++ = 14 - nonce_len;	/* RFC 3610, 2.3: bytes of length, less one */
	}
	if (given || !encrypt)
		return uks_copy_in(iv, nonce, nonce_len);
	uks_cipher_draw(iv, nonce_len);
	return uks_copy_out(nonce, iv, nonce_len);
}

/**
 * uks_cipher_run() - encrypt or decrypt what is in a buffer, in place
 * @lease: the lease
 * @buffer: associated data, then text; has room for the tag
 * @aad_len: bytes of associated data
 * @len: bytes of plaintext, or of ciphertext with the tag
 * @encrypt: or decrypt
 *
 * Return: 0, -EBADMSG when the tag is wrong, another negative errno value.
 */
int uks_cipher_run(struct uks_lease *lease, struct uks_buffer *buffer, u32 aad_len, u32 len,
		   bool encrypt)
{
	struct aead_request *req = buffer->work;
	DECLARE_CRYPTO_WAIT(wait);

	aead_request_set_tfm(req, lease->aead);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, aad_len);
	aead_request_set_crypt(req, buffer->sg, buffer->sg, len, buffer->iv);
	return crypto_wait_req(encrypt ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req),
			       &wait);
}

/* Lengths first: a message that cannot be served costs neither copy nor use. */
static int uks_cipher_check(const struct uks_session *session, struct uks_cipher *cipher,
			    bool encrypt, u32 *out_len)
{
	u32 text_len = cipher->in_len;

	if (!encrypt) {
		if (text_len < session->tag_len)
			return -EBADMSG;
		text_len -= session->tag_len;
	}
	if ((u64)text_len + cipher->aad_len > uks_cipher_max(session))
		return -EMSGSIZE;
	*out_len = encrypt ? text_len + session->tag_len : text_len;
	if (cipher->out_len < *out_len) {
		cipher->out_len = *out_len;
		return -ENOBUFS;
	}
	return 0;
}

static int uks_cipher_message(struct uks_session *session, struct uks_lease *lease,
			      struct uks_cipher *cipher, struct uks_buffer *buffer, u32 out_len)
{
	const struct uks_wait wait = { cipher->deadline_ns, &cipher->outcome };
	bool encrypt = session->purpose == UKS_PURPOSE_ENCRYPT;
	u8 *text = buffer->data + cipher->aad_len;
	int ret;

	buffer->used = cipher->aad_len + cipher->in_len + UKS_TAG_LEN;
	if (uks_copy_in(buffer->data, cipher->aad, cipher->aad_len) ||
	    uks_copy_in(text, cipher->in, cipher->in_len))
		return -EFAULT;
	ret = uks_cipher_nonce(session, cipher->flags, cipher->nonce, cipher->nonce_len,
			       buffer->iv);
	if (ret)
		return ret;
	ret = uks_lease_use(session, lease, &wait);
	if (ret)
		return ret;
	ret = uks_cipher_run(lease, buffer, cipher->aad_len, cipher->in_len, encrypt);
	if (ret)
		return ret;
	if (uks_copy_out(cipher->out, text, out_len))
		return -EFAULT;
	cipher->out_len = out_len;
	uks_session_used(session);
	return 0;
}

static int uks_cipher_aead(struct uks_session *session, struct uks_lease *lease,
			   struct uks_cipher *cipher)
{
	struct uks_buffer *buffer;
	u32 out_len;
	int ret;

	ret = uks_cipher_check(session, cipher, session->purpose == UKS_PURPOSE_ENCRYPT, &out_len);
	if (ret)
		return ret;
	buffer = uks_buffer_get(session, cipher->aad_len + cipher->in_len + UKS_TAG_LEN,
				uks_cipher_work_size(lease));
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	ret = uks_cipher_message(session, lease, cipher, buffer, out_len);
	uks_buffer_put(session, buffer);
	return ret;
}

/* RSA and SM2: the daemon does it, and there is neither nonce nor associated data. */
static int uks_cipher_public(struct uks_session *session, struct uks_cipher *cipher)
{
	struct uks_message message = {
		.in = cipher->in, .in_len = cipher->in_len, .out = cipher->out,
		.out_len = cipher->out_len, .wait = { cipher->deadline_ns, &cipher->outcome },
	};
	int ret;

	if (cipher->flags || cipher->aad || cipher->aad_len || cipher->nonce || cipher->nonce_len)
		return -EINVAL;
	ret = uks_message_check(session, &message) ?: uks_message_run(session, &message);
	cipher->out_len = message.out_len;
	return ret;
}

static int uks_cipher(struct uks_cmd *cmd, u32 purpose)
{
	struct uks_session *session = cmd->owner;
	struct uks_cipher *cipher = &cmd->cipher;
	struct uks_lease *lease;
	int ret;

	ret = uks_session_begin(session, purpose, &lease);
	if (ret)
		return ret;
	if (session->alg->kind == UKS_KIND_AEAD)
		ret = uks_cipher_aead(session, lease, cipher);
	else if (session->alg->kind == UKS_KIND_BLOCK)
		ret = uks_block_message(session, lease, cipher);
	else
		ret = uks_cipher_public(session, cipher);
	uks_lease_put(lease);
	return ret;
}

/** uks_cipher_encrypt() - UKS_IOC_ENCRYPT */
int uks_cipher_encrypt(struct uks_cmd *cmd)
{
	return uks_cipher(cmd, UKS_PURPOSE_ENCRYPT);
}

/** uks_cipher_decrypt() - UKS_IOC_DECRYPT */
int uks_cipher_decrypt(struct uks_cmd *cmd)
{
	return uks_cipher(cmd, UKS_PURPOSE_DECRYPT);
}
