// SPDX-License-Identifier: GPL-2.0
/* Sessions: file descriptors that are one key, one purpose, one set of parameters. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "trace.h"
#include "uks.h"

static DEFINE_XARRAY_ALLOC1(uks_sessions);
static u32 uks_sessions_next;

atomic64_t uks_sessions_revoked = ATOMIC64_INIT(0);
atomic64_t uks_messages = ATOMIC64_INIT(0);

static const struct file_operations uks_session_fops;

static struct uks_session *uks_session_new(struct uks_client *client)
{
	struct uks_session *session;
	int ret;

	ret = uks_charge(client->user, UKS_QUOTA_SESSIONS, 1);
	if (ret)
		return ERR_PTR(ret);
	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session) {
		ret = -ENOMEM;
		goto err_charge;
	}
	refcount_set(&session->ref, 1);
	spin_lock_init(&session->lock);
	mutex_init(&session->stage_lock);
	session->client = uks_client_get(client);
	/* Who lists it sees it with its number: that is stored before the session is. */
	ret = xa_alloc_cyclic(&uks_sessions, &session->id, session, xa_limit_31b,
			      &uks_sessions_next, GFP_KERNEL_ACCOUNT);
	if (ret < 0)
		goto err_free;
	return session;

err_free:
	uks_client_put(session->client);
	kfree(session);
err_charge:
	uks_uncharge(client->user, UKS_QUOTA_SESSIONS, 1);
	return ERR_PTR(ret);
}

/**
 * uks_session_put() - drop a reference to a session
 * @session: the session
 *
 * The last one wipes what it held. May sleep.
 */
void uks_session_put(struct uks_session *session)
{
	struct uks_client *client = session->client;

	if (!refcount_dec_and_test(&session->ref))
		return;
	xa_erase(&uks_sessions, session->id);
	trace_uks_session(session, "close");
	uks_stage_revoke(session);
	uks_session_drop_grant(session);
	uks_buffer_free(session->spare);
	mutex_destroy(&session->stage_lock);
	kfree_sensitive(session);
	uks_uncharge(client->user, UKS_QUOTA_SESSIONS, 1);
	uks_client_put(client);
}

/**
 * uks_session_learn() - the daemon has told which key a session is for
 * @session: the session, which is being opened
 * @key_id: UKS_KEY_ID_LEN bytes
 *
 * Called while the daemon writes its answer: a REVOKE that it sends afterwards
 * finds the session, though the client has not seen it yet.
 */
void uks_session_learn(struct uks_session *session, const u8 *key_id)
{
	spin_lock(&session->lock);
	memcpy(session->key_id, key_id, UKS_KEY_ID_LEN);
	session->key_known = true;
	spin_unlock(&session->lock);
}

/**
 * uks_session_begin() - may a message be begun?
 * @session: the session
 * @purposes: purposes that the command serves
 * @lease: gets the lease, to be put; NULL when the daemon does the work
 *
 * Return: 0; -EPERM when the session has another purpose; -EKEYREVOKED;
 * -EKEYEXPIRED.
 */
int uks_session_begin(struct uks_session *session, u32 purposes, struct uks_lease **lease)
{
	int ret;

	if (!(session->purpose & purposes))
		return -EPERM;
	*lease = NULL;
	ret = uks_session_check(session);
	if (ret || session->remote)
		return ret;
	spin_lock(&session->lock);
	*lease = session->lease;
	if (*lease)
		refcount_inc(&(*lease)->ref);
	ret = session->ended;
	spin_unlock(&session->lock);
	return ret;
}

/**
 * uks_session_check() - may a session be used, or go on?
 * @session: the session
 *
 * Return: 0, -EKEYREVOKED, -EKEYEXPIRED.
 */
int uks_session_check(struct uks_session *session)
{
	int ended = READ_ONCE(session->ended);

	if (ended || !session->idle_ns)
		return ended;
	return uks_idle_touch(session);
}

/**
 * uks_session_used() - a message was completed
 * @session: the session
 */
void uks_session_used(struct uks_session *session)
{
	atomic64_inc(&session->uses);
	atomic64_inc(&uks_messages);
	/* What the kernel does itself ends soon after its beginning, which is noted. */
	if (session->idle_ns && session->remote)
		WRITE_ONCE(session->used_ns, ktime_get_coarse_boottime_ns());
}

/**
 * uks_session_end() - nothing may be begun in a session any more
 * @session: the session
 * @key_id: only if it is for this key; NULL for any
 * @error: what its calls return from now on: -EKEYREVOKED or -EKEYEXPIRED
 *
 * Return: false if the key is another one, or the session has ended already.
 */
bool uks_session_end(struct uks_session *session, const u8 *key_id, int error)
{
	struct uks_lease *lease = NULL;
	bool hit;

	spin_lock(&session->lock);
	hit = !session->ended && (!key_id || (session->key_known &&
	      !memcmp(session->key_id, key_id, UKS_KEY_ID_LEN)));
	if (hit) {
		WRITE_ONCE(session->ended, error);
		swap(lease, session->lease);
	}
	spin_unlock(&session->lock);
	if (!hit)
		return false;
	uks_lease_put(lease);
	uks_stage_revoke(session);
	uks_buffer_free(xchg(&session->spare, NULL));
	trace_uks_session(session, error == -EKEYREVOKED ? "revoke" : "expire");
	return true;
}

/**
 * uks_session_next() - walk over all sessions
 * @id: the number to begin at; changed to the session's
 *
 * Return: the first from there on, with a reference, or NULL.
 */
struct uks_session *uks_session_next(unsigned long *id)
{
	struct uks_session *session;

	xa_lock(&uks_sessions);
	session = xa_find(&uks_sessions, id, ULONG_MAX, XA_PRESENT);
	while (session && !refcount_inc_not_zero(&session->ref))
		session = xa_find_after(&uks_sessions, id, ULONG_MAX, XA_PRESENT);
	xa_unlock(&uks_sessions);
	return session;
}

/**
 * uks_sessions_revoke() - end the sessions of a key, or all
 * @key_id: the key, or NULL for all
 *
 * Messages that are under way are completed; nothing new begins.
 *
 * Return: how many there were.
 */
u32 uks_sessions_revoke(const u8 *key_id)
{
	struct uks_session *session;
	unsigned long id = 0;
	u32 count = 0;

	for (; (session = uks_session_next(&id)); id++) {
		count += uks_session_end(session, key_id, -EKEYREVOKED);
		uks_session_put(session);
	}
	atomic64_add(count, &uks_sessions_revoked);
	return count;
}

/**
 * uks_sessions_dump() - list the sessions in a netlink dump
 * @skb: where to
 * @cb: state of the dump
 * @fill: writes one session; less than 0 when there is no room
 *
 * Return: length of @skb.
 */
int uks_sessions_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      int (*fill)(struct sk_buff *, struct netlink_callback *,
				  struct uks_session *))
{
	unsigned long id = cb->args[0];
	struct uks_session *session;
	int ret = 0;

	for (; (session = uks_session_next(&id)); id++) {
		ret = fill(skb, cb, session);
		uks_session_put(session);
		if (ret < 0)
			break;
	}
	cb->args[0] = id;
	return skb->len;
}

/* Ask the daemon; on success the session is complete. */
static int uks_session_ask(struct uks_session *session, struct uks_call *call)
{
	struct nlattr *tb[UKS_A_MAX + 1];
	struct uks_request *req;
	u32 purpose;
	int ret;

	req = uks_call_request(session->client, UKS_OP_SESSION_OPEN, call);
	if (IS_ERR(req))
		return PTR_ERR(req);
	refcount_inc(&session->ref);
	req->session = session;
	ret = uks_attrs_check(UKS_OP_SESSION_OPEN, uks_request_payload(req),
			      req->header.payload_len, false, tb);
	if (ret)
		goto out;
	purpose = nla_get_u32(tb[UKS_A_PURPOSES]);
	ret = uks_request_run(req, call->deadline_ns, &call->outcome);
	if (ret)
		goto out;
	ret = uks_attrs_check(UKS_OP_SESSION_OPEN, req->out, req->out_len, true, tb);
	if (!ret)
		ret = uks_session_grant(session, purpose, tb);
out:
	uks_request_put(req);
	return ret;
}

/** uks_session_open() - UKS_IOC_SESSION_OPEN */
int uks_session_open(struct uks_cmd *cmd)
{
	struct uks_call *call = &cmd->call;
	struct uks_session *session;
	struct file *file;
	int fd, ret;

	if (call->reserved)
		return -EINVAL;
	session = uks_session_new(cmd->owner);
	if (IS_ERR(session))
		return PTR_ERR(session);
	ret = uks_session_ask(session, call);
	if (ret)
		goto err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err;
	}
	file = anon_inode_getfile("[uks-session]", &uks_session_fops, session,
				  O_RDWR | O_CLOEXEC);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		ret = PTR_ERR(file);
		goto err;
	}
	trace_uks_session(session, "open");
	call->fd = fd;
	call->out_len = 0;
	cmd->fd = fd;
	cmd->file = file;
	return 0;
err:
	uks_session_put(session);
	return ret;
}

static u32 uks_session_output_len(const struct uks_session *session)
{
	switch (session->alg->kind) {
	case UKS_KIND_AEAD:
		return session->tag_len;
	case UKS_KIND_BLOCK:
		return session->alg->padded && session->purpose == UKS_PURPOSE_ENCRYPT ?
		       UKS_BLOCK_LEN : 0;
	case UKS_KIND_MAC:
	case UKS_KIND_MESSAGE:
		break;
	}
	return session->result_max;
}

/* What must be decrypted with padding is whole blocks, though its plaintext is not. */
static u32 uks_session_block_len(const struct uks_session *session)
{
	if (session->alg->padded && session->purpose == UKS_PURPOSE_DECRYPT)
		return UKS_BLOCK_LEN;
	return session->alg->block_len;
}

static int uks_session_info(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_session_info *info = &cmd->info;

	memcpy(info->key_id, session->key_id, UKS_KEY_ID_LEN);
	info->key_version = session->key_version;
	info->purpose = session->purpose;
	info->algorithm = session->algorithm;
	info->digest = session->digest;
	info->output_len = uks_session_output_len(session);
	info->lease_flags = session->lease_flags;
	info->uses = atomic64_read(&session->uses);
	info->nonce_len = session->nonce_len;
	info->tag_len = session->tag_len;
	info->block_len = uks_session_block_len(session);
	info->remote = session->remote;
	return 0;
}

static const struct uks_ioctl uks_session_ioctls[] = {
	UKS_IOCTL(UKS_IOC_ENCRYPT, uks_cipher_encrypt, uks_cipher, nonce_len,
		  UKS_CIPHER_CALLER_NONCE),
	UKS_IOCTL(UKS_IOC_DECRYPT, uks_cipher_decrypt, uks_cipher, nonce_len, 0),
	UKS_IOCTL(UKS_IOC_SIGN, uks_sign, uks_sign, outcome, 0),
	UKS_IOCTL(UKS_IOC_AGREE, uks_agree, uks_sign, outcome, 0),
	UKS_IOCTL(UKS_IOC_DERIVE, uks_derive, uks_sign, outcome, 0),
	UKS_IOCTL(UKS_IOC_VERIFY, uks_verify, uks_verify, outcome, 0),
	UKS_IOCTL(UKS_IOC_MAC, uks_mac, uks_sign, outcome, 0),
	UKS_IOCTL(UKS_IOC_MAC_VERIFY, uks_mac_verify, uks_verify, outcome, 0),
	UKS_IOCTL(UKS_IOC_BEGIN, uks_stage_begin, uks_begin, nonce_len, UKS_CIPHER_CALLER_NONCE),
	UKS_IOCTL(UKS_IOC_UPDATE, uks_stage_update, uks_update, out_len, 0),
	UKS_IOCTL(UKS_IOC_FINISH, uks_stage_finish, uks_finish, outcome, 0),
	UKS_IOCTL(UKS_IOC_ABORT, uks_stage_abort, uks_abort, flags, 0),
	UKS_IOCTL(UKS_IOC_SESSION_INFO, uks_session_info, uks_session_info, uses, 0),
};

static long uks_session_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct uks_session *session = file->private_data;
	int ret = uks_client_check(session->client);

	if (ret)
		return ret;
	return uks_ioctl(uks_session_ioctls, ARRAY_SIZE(uks_session_ioctls), session, cmd, arg);
}

static int uks_session_release(struct inode *inode, struct file *file)
{
	uks_session_put(file->private_data);
	return 0;
}

static const struct file_operations uks_session_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = uks_session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = uks_session_release,
};
