// SPDX-License-Identifier: GPL-2.0
/*
 * Messages in parts: begin, update, finish, abort. MACs, digests and modes of block
 * ciphers go on without bound; an AEAD message is gathered, for nothing of it may
 * leave before its tag is known; so is a message that the daemon wants whole.
 */
#include <crypto/hash.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uks.h"

/* Room that a message without bound passes through. */
#define UKS_STAGE_ROOM	16384

/**
 * struct uks_stage - a message in parts; under the session's stage_lock
 * @lease: what works on it, or NULL
 * @buffer: what was gathered, the state of the hash, or room to work in
 * @hashed: @buffer->work is the state of a hash
 * @aad_len: bytes of associated data at the start of what was gathered
 * @block: how far it has gone through a mode of a block cipher
 */
struct uks_stage {
	struct uks_lease *lease;
	struct uks_buffer *buffer;
	bool hashed;
	u32 aad_len;
	struct uks_block block;
};

static void uks_stage_drop(struct uks_session *session)
{
	struct uks_stage *stage = session->stage;

	if (!stage)
		return;
	session->stage = NULL;
	uks_buffer_free(stage->buffer);
	uks_lease_put(stage->lease);
	kfree_sensitive(stage);
}

/**
 * uks_stage_revoke() - drop the message in parts of a session that has ended
 * @session: the session
 *
 * If a call is just at work on it, that call drops it when it is done: waiting
 * for it here would let a client hold up the daemon.
 */
void uks_stage_revoke(struct uks_session *session)
{
	if (mutex_trylock(&session->stage_lock)) {
		uks_stage_drop(session);
		mutex_unlock(&session->stage_lock);
	}
}

static int uks_stage_lock(struct uks_session *session)
{
	return mutex_lock_killable(&session->stage_lock) ? -EINTR : 0;
}

static void uks_stage_unlock(struct uks_session *session)
{
	mutex_unlock(&session->stage_lock);
	/* Order: the flag is read after the lock was seen to be free. */
	smp_mb();
	if (READ_ONCE(session->ended))
		uks_stage_revoke(session);
}

static int uks_stage_begin_aead(struct uks_session *session, struct uks_stage *stage,
				const struct uks_begin *begin)
{
	struct uks_buffer *buffer;

	if (begin->aad_len > uks_cipher_max(session))
		return -EMSGSIZE;
	buffer = uks_buffer_get(session, begin->aad_len + UKS_TAG_LEN,
				uks_cipher_work_size(stage->lease));
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	stage->buffer = buffer;
	stage->aad_len = begin->aad_len;
	buffer->used = begin->aad_len;
	if (uks_copy_in(buffer->data, begin->aad, begin->aad_len))
		return -EFAULT;
	return uks_cipher_nonce(session, begin->flags, begin->nonce, begin->nonce_len,
				buffer->iv);
}

static int uks_stage_begin_block(struct uks_session *session, struct uks_stage *stage,
				 const struct uks_begin *begin)
{
	struct uks_buffer *buffer;

	if (begin->aad_len || begin->aad)
		return -EINVAL;
	buffer = uks_block_buffer(session, stage->lease,
				  stage->lease ? UKS_STAGE_ROOM : UKS_SPARE_MAX);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	stage->buffer = buffer;
	return uks_cipher_nonce(session, begin->flags, begin->nonce, begin->nonce_len,
				buffer->iv);
}

static int uks_stage_begin_other(struct uks_session *session, struct uks_stage *stage,
				 const struct uks_begin *begin)
{
	struct crypto_shash *tfm = stage->lease ? stage->lease->mac : session->hash;
	u32 work_size = tfm ? uks_hash_work_size(tfm) : 0;
	struct uks_buffer *buffer;

	if (begin->flags || begin->aad_len || begin->nonce_len || begin->aad || begin->nonce)
		return -EINVAL;
	buffer = uks_buffer_get(session, tfm ? UKS_STAGE_ROOM : 0, work_size);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	stage->buffer = buffer;
	if (!tfm)
		return 0;
	stage->hashed = true;
	return uks_hash_begin(session, tfm, buffer->work);
}

static int uks_stage_begin_kind(struct uks_session *session, struct uks_stage *stage,
				const struct uks_begin *begin)
{
	switch (session->alg->kind) {
	case UKS_KIND_AEAD:
		return uks_stage_begin_aead(session, stage, begin);
	case UKS_KIND_BLOCK:
		return uks_stage_begin_block(session, stage, begin);
	case UKS_KIND_MAC:
	case UKS_KIND_MESSAGE:
		break;
	}
	return uks_stage_begin_other(session, stage, begin);
}

static int uks_stage_start(struct uks_session *session, struct uks_lease *lease,
			   struct uks_begin *begin)
{
	const struct uks_wait wait = { begin->deadline_ns, &begin->outcome };
	struct uks_stage *stage = kzalloc(sizeof(*stage), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!stage) {
		uks_lease_put(lease);
		return -ENOMEM;
	}
	stage->lease = lease;
	session->stage = stage;
	ret = uks_stage_begin_kind(session, stage, begin) ?:
	      uks_lease_use(session, lease, &wait);
	if (ret)
		uks_stage_drop(session);
	return ret;
}

/** uks_stage_begin() - UKS_IOC_BEGIN */
int uks_stage_begin(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_lease *lease;
	int ret;

	ret = uks_session_begin(session, session->purpose, &lease);
	if (ret)
		return ret;
	ret = uks_stage_lock(session);
	if (ret) {
		uks_lease_put(lease);
		return ret;
	}
	uks_stage_drop(session);
	ret = uks_stage_start(session, lease, &cmd->begin);
	uks_stage_unlock(session);
	return ret;
}

static u32 uks_stage_gather_max(const struct uks_session *session)
{
	if (session->alg->kind != UKS_KIND_AEAD)
		return uks_message_max(session);
	/* What is to be decrypted has its tag at the end. */
	return uks_cipher_max(session) +
	       (session->purpose == UKS_PURPOSE_DECRYPT ? session->tag_len : 0);
}

/* Append to what was gathered; there is always room left for a tag. */
static int uks_stage_gather(struct uks_session *session, struct uks_stage *stage, u64 in,
			    u32 in_len)
{
	u64 total = (u64)stage->buffer->used + in_len;
	int ret;

	if (total > uks_stage_gather_max(session))
		return -EMSGSIZE;
	ret = uks_buffer_grow(session, &stage->buffer, total + UKS_TAG_LEN);
	if (ret)
		return ret;
	if (uks_copy_in(stage->buffer->data + stage->buffer->used, in, in_len))
		return -EFAULT;
	stage->buffer->used = total;
	return 0;
}

/* A message may go on if it was begun and its key may still be used. */
static int uks_stage_check(struct uks_session *session)
{
	return uks_session_check(session) ?: session->stage ? 0 : -EBADFD;
}

static int uks_stage_go_on(struct uks_session *session, struct uks_stage *stage,
			   struct uks_update *update)
{
	int ret;

	if (session->alg->kind == UKS_KIND_BLOCK)
		return uks_block_update(session, stage->lease, stage->buffer, &stage->block,
					update);
	if (stage->hashed)
		ret = uks_hash_update_user(stage->buffer->work, stage->buffer, update->in,
					   update->in_len);
	else
		ret = uks_stage_gather(session, stage, update->in, update->in_len);
	if (!ret)
		update->out_len = 0;
	return ret;
}

/** uks_stage_update() - UKS_IOC_UPDATE */
int uks_stage_update(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	int ret;

	ret = uks_stage_lock(session);
	if (ret)
		return ret;
	ret = uks_stage_check(session);
	if (ret)
		goto out;
	ret = uks_stage_go_on(session, session->stage, &cmd->update);
	if (ret && ret != -ENOBUFS)
		uks_stage_drop(session);
out:
	uks_stage_unlock(session);
	return ret;
}

static int uks_stage_finish_aead(struct uks_session *session, struct uks_stage *stage,
				 struct uks_finish *finish)
{
	bool encrypt = session->purpose == UKS_PURPOSE_ENCRYPT;
	struct uks_buffer *buffer = stage->buffer;
	u32 len = buffer->used - stage->aad_len;
	u32 out_len;
	int ret;

	if (!encrypt && len < session->tag_len)
		return -EBADMSG;
	out_len = encrypt ? len + session->tag_len : len - session->tag_len;
	if (finish->out_len < out_len) {
		finish->out_len = out_len;
		return -ENOBUFS;
	}
	if (encrypt)
		buffer->used += session->tag_len;
	ret = uks_cipher_run(stage->lease, buffer, stage->aad_len, len, encrypt);
	if (ret)
		return ret;
	finish->out_len = out_len;
	return uks_copy_out(finish->out, buffer->data + stage->aad_len, out_len);
}

static int uks_stage_finish_mac(struct uks_session *session, struct uks_stage *stage,
				struct uks_finish *finish)
{
	u32 mac_len = session->result_max;
	u8 mac[UKS_MAC_MAX];
	int ret;

	if (session->purpose == UKS_PURPOSE_MAC && finish->out_len < mac_len) {
		finish->out_len = mac_len;
		return -ENOBUFS;
	}
	ret = crypto_shash_final(stage->buffer->work, mac);
	if (ret)
		return ret;
	if (session->purpose == UKS_PURPOSE_MAC_VERIFY) {
		ret = uks_mac_compare(mac, mac_len, finish->sig, finish->sig_len);
	} else {
		finish->out_len = mac_len;
		ret = uks_copy_out(finish->out, mac, mac_len);
	}
	memzero_explicit(mac, sizeof(mac));
	return ret;
}

/* What was gathered can be sent again with more room; a digest is spent. */
static int uks_stage_finish_message(struct uks_session *session, struct uks_stage *stage,
				    struct uks_finish *finish)
{
	struct uks_buffer *buffer = stage->buffer;
	struct uks_message message = {
		.gathered = buffer->data, .in_len = buffer->used, .sig = finish->sig,
		.sig_len = finish->sig_len, .out = finish->out, .out_len = finish->out_len,
		.wait = { finish->deadline_ns, &finish->outcome },
	};
	int ret = uks_message_check(session, &message);

	if (!ret && stage->hashed) {
		message.in_len = crypto_shash_digestsize(session->hash);
		buffer->used = max(buffer->used, message.in_len);
		ret = crypto_shash_final(buffer->work, buffer->data);
	}
	if (!ret)
		ret = uks_message_run(session, &message);
	finish->out_len = message.out_len;
	return ret;
}

static int uks_stage_end(struct uks_session *session, struct uks_stage *stage,
			 struct uks_finish *finish)
{
	enum uks_kind kind = session->alg->kind;
	int ret;

	if (kind == UKS_KIND_MESSAGE || !(stage->lease || kind == UKS_KIND_BLOCK))
		return uks_stage_finish_message(session, stage, finish);
	if (kind != UKS_KIND_MAC && (finish->sig || finish->sig_len))
		return -EINVAL;
	if (kind == UKS_KIND_AEAD)
		ret = uks_stage_finish_aead(session, stage, finish);
	else if (kind == UKS_KIND_BLOCK)
		ret = uks_block_finish(session, stage->lease, stage->buffer, &stage->block,
				       finish);
	else
		ret = uks_stage_finish_mac(session, stage, finish);
	if (!ret)
		uks_session_used(session);
	return ret;
}

/** uks_stage_finish() - UKS_IOC_FINISH */
int uks_stage_finish(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	int ret;

	ret = uks_stage_lock(session);
	if (ret)
		return ret;
	ret = uks_stage_check(session);
	if (ret)
		goto out;
	ret = uks_stage_end(session, session->stage, &cmd->finish);
	if (ret != -ENOBUFS)
		uks_stage_drop(session);
	/* The digest is spent: a restart would find no message. */
	if (ret == -ERESTARTSYS)
		ret = -EINTR;
out:
	uks_stage_unlock(session);
	return ret;
}

/** uks_stage_abort() - UKS_IOC_ABORT */
int uks_stage_abort(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	int ret = uks_stage_lock(session);

	if (ret)
		return ret;
	uks_stage_drop(session);
	uks_stage_unlock(session);
	return 0;
}
