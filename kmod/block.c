// SPDX-License-Identifier: GPL-2.0
/*
 * Modes of block ciphers: CBC, CBC with padding, CTR, ECB. A message goes through
 * part by part, without bound and with flat memory. What works on the blocks is the
 * kernel's cipher under a lease, or the daemon; all else is the same for both.
 *
 * Bytes that do not fill a block wait for the rest of it or for the end of the
 * message; so does the last block to be decrypted with padding, for what is padding
 * shows at the end only. So the result does not depend on how a message was cut.
 */
#include <crypto/skcipher.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "uks.h"

static bool uks_block_encrypts(const struct uks_session *session)
{
	return session->purpose == UKS_PURPOSE_ENCRYPT;
}

/* CTR, whose last block may be a short one. */
static bool uks_block_streams(const struct uks_session *session)
{
	return session->alg->block_len == 1 && !session->alg->padded;
}

/**
 * uks_block_buffer() - a buffer for a message
 * @session: the session
 * @lease: its lease; NULL where the daemon does the work
 * @size: bytes that may be worked on at once; more than UKS_SPARE_MAX means that
 *
 * Return: the buffer, to be given back with uks_buffer_put(), or an ERR_PTR.
 */
struct uks_buffer *uks_block_buffer(struct uks_session *session, const struct uks_lease *lease,
				    u32 size)
{
	u32 work_size = lease ? sizeof(struct skcipher_request) +
				crypto_skcipher_reqsize(lease->cipher) : 0;

	return uks_buffer_get(session, min(size, UKS_SPARE_MAX), work_size);
}

static int uks_block_here(struct uks_lease *lease, struct uks_buffer *buffer, u32 len,
			  bool encrypt)
{
	struct skcipher_request *req = buffer->work;
	DECLARE_CRYPTO_WAIT(wait);

	skcipher_request_set_tfm(req, lease->cipher);
	skcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_TFM_REQ_MAY_BACKLOG,
				      crypto_req_done, &wait);
	skcipher_request_set_crypt(req, buffer->sg, buffer->sg, len, buffer->iv);
	return crypto_wait_req(encrypt ? crypto_skcipher_encrypt(req) :
					 crypto_skcipher_decrypt(req), &wait);
}

static int uks_block_take(struct uks_session *session, struct uks_buffer *buffer, u32 len,
			  u32 whole, struct nlattr **tb)
{
	const struct nlattr *result = tb[UKS_A_RESULT], *nonce = tb[UKS_A_NONCE];

	if (nla_len(result) != whole)
		return -EPROTO;
	if (session->nonce_len) {
		if (!nonce || nla_len(nonce) != session->nonce_len)
			return -EPROTO;
		memcpy(buffer->iv, nla_data(nonce), session->nonce_len);
	}
	memcpy(buffer->data, nla_data(result), len);
	return 0;
}

/* The daemon gets whole blocks: the short one of CTR is filled up with zeros. */
static int uks_block_there(struct uks_session *session, struct uks_buffer *buffer, u32 len,
			   const struct uks_wait *wait)
{
	u32 whole = round_up(len, UKS_BLOCK_LEN);
	struct uks_remote remote = {
		.op = uks_block_encrypts(session) ? UKS_OP_ENCRYPT : UKS_OP_DECRYPT,
		.message_len = whole,
		.nonce_len = session->nonce_len,
	};
	struct nlattr *tb[UKS_A_MAX + 1];
	int ret = uks_remote_new(session, &remote);

	if (ret)
		return ret;
	memcpy(remote.message, buffer->data, len);
	memset(remote.message + len, 0, whole - len);
	if (remote.nonce_len)
		memcpy(remote.nonce, buffer->iv, remote.nonce_len);
	ret = uks_remote_run(&remote, wait, tb);
	if (!ret)
		ret = uks_block_take(session, buffer, len, whole, tb);
	uks_request_put(remote.req);
	/* A restart would begin anew what is half done. */
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

/*
 * No counter block may come twice under a key (SP 800-38A, B.1): a message ends
 * where its counter would begin again at 0.
 */
static int uks_block_count(struct uks_block *block, const u8 *counter, u32 len)
{
	u64 more = DIV_ROUND_UP(len, UKS_BLOCK_LEN) - 1, left;
	__be64 half[2];

	if (block->spent)
		return -EMSGSIZE;
	memcpy(half, counter, sizeof(half));
	if (be64_to_cpu(half[0]) != U64_MAX)
		return 0;
	left = U64_MAX - be64_to_cpu(half[1]);
	block->spent = more == left;
	return more > left ? -EMSGSIZE : 0;
}

/* Work on the first @len bytes of the buffer, in place. */
static int uks_block_run(struct uks_session *session, struct uks_lease *lease,
			 struct uks_buffer *buffer, struct uks_block *block, u32 len,
			 const struct uks_wait *wait)
{
	int ret = uks_block_streams(session) ? uks_block_count(block, buffer->iv, len) : 0;

	if (ret)
		return ret;
	if (lease)
		return uks_block_here(lease, buffer, len, uks_block_encrypts(session));
	return uks_block_there(session, buffer, len, wait);
}

/* Of so many bytes, how many have to wait? */
static u32 uks_block_rest(const struct uks_session *session, u64 len)
{
	u32 rest = len % UKS_BLOCK_LEN;

	if (len && !rest && session->alg->padded && !uks_block_encrypts(session))
		return UKS_BLOCK_LEN;
	return rest;
}

/* Take in @part bytes; give out what can be given, *@done bytes. */
static int uks_block_step(struct uks_session *session, struct uks_lease *lease,
			  struct uks_buffer *buffer, struct uks_block *block, u64 in, u32 part,
			  u64 out, u32 *done, const struct uks_wait *wait)
{
	u32 len = block->held_len + part;
	u32 rest = uks_block_rest(session, len);
	int ret;

	buffer->used = max(buffer->used, len);
	memcpy(buffer->data, block->held, block->held_len);
	if (uks_copy_in(buffer->data + block->held_len, in, part))
		return -EFAULT;
	len -= rest;
	memcpy(block->held, buffer->data + len, rest);
	block->held_len = rest;
	*done = len;
	if (!len)
		return 0;
	ret = uks_block_run(session, lease, buffer, block, len, wait);
	if (!ret && uks_copy_out(out, buffer->data, len))
		ret = -EFAULT;
	return ret;
}

/*
 * All of @in but what has to wait. A step writes no further than it has read, so
 * that a message may be worked on in its place.
 */
static int uks_block_pass(struct uks_session *session, struct uks_lease *lease,
			  struct uks_buffer *buffer, struct uks_block *block, u64 in, u32 in_len,
			  u64 out, u32 *written, const struct uks_wait *wait)
{
	u32 step = buffer->size - UKS_BLOCK_LEN;
	int ret;

	*written = 0;
	if (in_len > step && out > in && out - in < in_len)
		return -EINVAL;
	while (in_len) {
		u32 part = min(in_len, step), done;

		if (fatal_signal_pending(current))
			return -EINTR;
		ret = uks_block_step(session, lease, buffer, block, in, part, out + *written,
				     &done, wait);
		if (ret)
			return ret;
		in += part;
		in_len -= part;
		*written += done;
		cond_resched();
	}
	return 0;
}

static void uks_block_pad(u8 *data, u32 len)
{
	memset(data + len, UKS_BLOCK_LEN - len, UKS_BLOCK_LEN - len);
}

/* How long is what was padded? The time it takes does not depend on the answer. */
static int uks_block_unpad(const u8 *data, u32 *len)
{
	u32 pad = data[UKS_BLOCK_LEN - 1];
	u32 bad = (pad == 0) | (pad > UKS_BLOCK_LEN);
	u32 i;

	for (i = 1; i <= UKS_BLOCK_LEN; i++)
		bad |= (data[UKS_BLOCK_LEN - i] ^ pad) & -(u32)(i <= pad);
	*len = UKS_BLOCK_LEN - pad;
	return bad ? -EBADMSG : 0;
}

static int uks_block_bad(const struct uks_wait *wait)
{
	wait->outcome->error = UKS_E_BAD_MESSAGE;
	wait->outcome->text_len = 0;
	return -EBADMSG;
}

/* Work on what has waited for the end; *@len bytes of the buffer are the result. */
static int uks_block_end(struct uks_session *session, struct uks_lease *lease,
			 struct uks_buffer *buffer, struct uks_block *block, u32 *len,
			 const struct uks_wait *wait)
{
	bool padded = session->alg->padded;
	int ret;

	*len = block->held_len;
	buffer->used = max(buffer->used, UKS_BLOCK_LEN);
	memcpy(buffer->data, block->held, block->held_len);
	if (padded && uks_block_encrypts(session)) {
		uks_block_pad(buffer->data, *len);
		*len = UKS_BLOCK_LEN;
	} else if (padded && *len != UKS_BLOCK_LEN) {
		return uks_block_bad(wait);
	} else if (!uks_block_streams(session) && !padded && *len) {
		return -EINVAL;
	}
	if (!*len)
		return 0;
	ret = uks_block_run(session, lease, buffer, block, *len, wait);
	if (ret || !padded || uks_block_encrypts(session))
		return ret;
	return uks_block_unpad(buffer->data, len) ? uks_block_bad(wait) : 0;
}

/**
 * uks_block_update() - go on with a message in parts
 * @session: the session
 * @lease: its lease; NULL where the daemon does the work
 * @buffer: to work in
 * @block: how far the message has gone
 * @update: the next part
 *
 * Return: 0; -ENOBUFS, then nothing has happened; another negative errno value.
 */
int uks_block_update(struct uks_session *session, struct uks_lease *lease,
		     struct uks_buffer *buffer, struct uks_block *block,
		     struct uks_update *update)
{
	const struct uks_wait wait = { update->deadline_ns, &update->outcome };
	u64 need = (u64)block->held_len + update->in_len;

	need -= uks_block_rest(session, need);
	if (need > update->out_len) {
		update->out_len = min_t(u64, need, U32_MAX);
		return -ENOBUFS;
	}
	return uks_block_pass(session, lease, buffer, block, update->in, update->in_len,
			      update->out, &update->out_len, &wait);
}

/**
 * uks_block_finish() - end a message in parts
 * @session: the session
 * @lease: its lease; NULL where the daemon does the work
 * @buffer: to work in
 * @block: how far the message has gone
 * @finish: where the rest of the result shall go
 *
 * Return: 0; -ENOBUFS, then nothing has happened; -EBADMSG when the padding is
 * wrong; -EINVAL when the message is not whole blocks; another negative errno value.
 */
int uks_block_finish(struct uks_session *session, struct uks_lease *lease,
		     struct uks_buffer *buffer, struct uks_block *block,
		     struct uks_finish *finish)
{
	const struct uks_wait wait = { finish->deadline_ns, &finish->outcome };
	u32 need = session->alg->padded ? UKS_BLOCK_LEN : block->held_len;
	int ret;

	if (finish->out_len < need) {
		finish->out_len = need;
		return -ENOBUFS;
	}
	ret = uks_block_end(session, lease, buffer, block, &finish->out_len, &wait);
	if (ret)
		return ret;
	return uks_copy_out(finish->out, buffer->data, finish->out_len);
}

/* Lengths first: a message that cannot be served costs neither copy nor use. */
static int uks_block_check(const struct uks_session *session, struct uks_cipher *cipher)
{
	bool padded = session->alg->padded;
	u64 need = cipher->in_len;

	if (cipher->aad || cipher->aad_len)
		return -EINVAL;
	if (cipher->in_len % session->alg->block_len)
		return -EINVAL;
	if (padded && uks_block_encrypts(session))
		need = round_down(need, UKS_BLOCK_LEN) + UKS_BLOCK_LEN;
	else if (padded && (!need || need % UKS_BLOCK_LEN))
		return uks_block_bad(&(struct uks_wait){ .outcome = &cipher->outcome });
	if (need > U32_MAX)
		return -EMSGSIZE;
	if (cipher->out_len < need) {
		cipher->out_len = need;
		return -ENOBUFS;
	}
	return 0;
}

static int uks_block_whole(struct uks_session *session, struct uks_lease *lease,
			   struct uks_buffer *buffer, struct uks_block *block,
			   struct uks_cipher *cipher)
{
	const struct uks_wait wait = { cipher->deadline_ns, &cipher->outcome };
	u32 written, rest;
	int ret;

	ret = uks_cipher_nonce(session, cipher->flags, cipher->nonce, cipher->nonce_len,
			       buffer->iv);
	if (ret)
		return ret;
	ret = uks_lease_use(session, lease, &wait);
	if (ret)
		return ret;
	ret = uks_block_pass(session, lease, buffer, block, cipher->in, cipher->in_len,
			     cipher->out, &written, &wait);
	if (ret)
		return ret;
	ret = uks_block_end(session, lease, buffer, block, &rest, &wait);
	if (ret)
		return ret;
	if (uks_copy_out(cipher->out + written, buffer->data, rest))
		return -EFAULT;
	cipher->out_len = written + rest;
	uks_session_used(session);
	return 0;
}

/**
 * uks_block_message() - encrypt or decrypt one whole message
 * @session: the session
 * @lease: its lease; NULL where the daemon does the work
 * @cipher: the message
 *
 * Return: 0 or a negative errno value.
 */
int uks_block_message(struct uks_session *session, struct uks_lease *lease,
		      struct uks_cipher *cipher)
{
	struct uks_block block = {};
	struct uks_buffer *buffer;
	int ret;

	ret = uks_block_check(session, cipher);
	if (ret)
		return ret;
	buffer = uks_block_buffer(session, lease, min(cipher->in_len, UKS_SPARE_MAX) +
						  UKS_BLOCK_LEN);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	ret = uks_block_whole(session, lease, buffer, &block, cipher);
	uks_buffer_put(session, buffer);
	memzero_explicit(&block, sizeof(block));
	return ret;
}

#ifdef UKS_KUNIT
#include "tests/kunit/block-kunit.h"
#endif
