// SPDX-License-Identifier: GPL-2.0
/* Sessions: file descriptors that are one key, one purpose, one set of parameters. */
#include <crypto/aead.h>
#include <crypto/hash.h>
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
	u32 id;
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
	ret = xa_alloc_cyclic(&uks_sessions, &id, session, xa_limit_31b, &uks_sessions_next,
			      GFP_KERNEL_ACCOUNT);
	if (ret < 0)
		goto err_free;
	session->id = id;
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
	if (session->lease)
		uks_lease_put(session->lease);
	if (session->hash)
		crypto_free_shash(session->hash);
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
 * @lease: the lease, to be put; NULL when the daemon does the work
 *
 * Return: 0; -EPERM when the session has another purpose; -EKEYREVOKED.
 */
int uks_session_begin(struct uks_session *session, u32 purposes, struct uks_lease **lease)
{
	if (!(session->purpose & purposes))
		return -EPERM;
	if (!lease)
		return READ_ONCE(session->revoked) ? -EKEYREVOKED : 0;
	spin_lock(&session->lock);
	*lease = session->lease;
	if (*lease)
		refcount_inc(&(*lease)->ref);
	spin_unlock(&session->lock);
	return *lease ? 0 : -EKEYREVOKED;
}

/**
 * uks_session_used() - a message was completed
 * @session: the session
 */
void uks_session_used(struct uks_session *session)
{
	atomic64_inc(&session->uses);
	atomic64_inc(&uks_messages);
}

static bool uks_session_revoke(struct uks_session *session, const u8 *key_id)
{
	struct uks_lease *lease = NULL;
	bool hit;

	spin_lock(&session->lock);
	hit = !session->revoked && (!key_id || (session->key_known &&
	      !memcmp(session->key_id, key_id, UKS_KEY_ID_LEN)));
	if (hit) {
		WRITE_ONCE(session->revoked, true);
		swap(lease, session->lease);
	}
	spin_unlock(&session->lock);
	if (!hit)
		return false;
	if (lease)
		uks_lease_put(lease);
	uks_stage_revoke(session);
	uks_buffer_free(xchg(&session->spare, NULL));
	atomic64_inc(&uks_sessions_revoked);
	trace_uks_session(session, "revoke");
	return true;
}

/* The first session from @id on, with a reference, or NULL. */
static struct uks_session *uks_session_next(unsigned long *id)
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
		count += uks_session_revoke(session, key_id);
		uks_session_put(session);
	}
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

static bool uks_algorithm_has_lease(u32 algorithm)
{
	return algorithm == UKS_ALG_AES_GCM || algorithm == UKS_ALG_CHACHA20_POLY1305 ||
	       algorithm == UKS_ALG_HMAC;
}

/* Does what the daemon answered belong together? Else it means another purpose. */
static bool uks_session_fits(u32 purpose, u32 algorithm)
{
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_CHACHA20_POLY1305:
		return purpose == UKS_PURPOSE_ENCRYPT || purpose == UKS_PURPOSE_DECRYPT;
	case UKS_ALG_HMAC:
		return purpose == UKS_PURPOSE_MAC || purpose == UKS_PURPOSE_MAC_VERIFY;
	case UKS_ALG_ECDSA:
	case UKS_ALG_ED25519:
		return purpose == UKS_PURPOSE_SIGN || purpose == UKS_PURPOSE_VERIFY;
	}
	return false;
}

/* Lay what the daemon granted into the session. */
static int uks_session_grant(struct uks_session *session, u32 purpose, struct nlattr **tb)
{
	struct uks_lease *lease = NULL;
	struct crypto_shash *hash;

	session->purpose = purpose;
	session->key_version = nla_get_u32(tb[UKS_A_KEY_VERSION]);
	session->algorithm = nla_get_u32(tb[UKS_A_ALGORITHM]);
	if (!uks_session_fits(session->purpose, session->algorithm))
		return -EPROTO;
	if (uks_algorithm_has_lease(session->algorithm)) {
		lease = uks_lease_new(session->algorithm, tb);
		if (IS_ERR(lease))
			return PTR_ERR(lease);
	} else if (session->algorithm == UKS_ALG_ECDSA) {
		session->digest = tb[UKS_A_DIGEST] ? nla_get_u32(tb[UKS_A_DIGEST]) : 0;
		hash = uks_hash_alloc(session->digest);
		if (IS_ERR(hash))
			return PTR_ERR(hash);
		session->hash = hash;
	}
	spin_lock(&session->lock);
	if (!session->revoked)
		swap(session->lease, lease);
	spin_unlock(&session->lock);
	if (lease)
		uks_lease_put(lease);
	return session->revoked ? -EKEYREVOKED : 0;
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

/**
 * uks_session_output_len() - what a message's result may need
 * @session: the session
 *
 * Return: bytes a message grows by (AEAD), or the greatest length of the MAC or
 * signature.
 */
u32 uks_session_output_len(const struct uks_session *session)
{
	switch (session->algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_CHACHA20_POLY1305:
		return UKS_TAG_LEN;
	case UKS_ALG_HMAC:
		return 32;
	case UKS_ALG_ECDSA:
		return 72;	/* Ecdsa-Sig-Value of two 256-bit numbers */
	case UKS_ALG_ED25519:
		return 64;
	}
	return 0;
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
	spin_lock(&session->lock);
	info->lease_flags = session->lease ? session->lease->flags : 0;
	spin_unlock(&session->lock);
	info->uses = atomic64_read(&session->uses);
	return 0;
}

static const struct uks_ioctl uks_session_ioctls[] = {
	UKS_IOCTL(UKS_IOC_ENCRYPT, uks_cipher_encrypt, uks_cipher, nonce_len,
		  UKS_CIPHER_CALLER_NONCE),
	UKS_IOCTL(UKS_IOC_DECRYPT, uks_cipher_decrypt, uks_cipher, nonce_len, 0),
	UKS_IOCTL(UKS_IOC_SIGN, uks_sign, uks_sign, outcome, 0),
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
