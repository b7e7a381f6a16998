/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the module share, grouped by the file that implements it.
 *
 * Ownership: a session holds its client, a request holds its client and, while
 * a session is being opened, the session. Nothing points the other way, so the
 * last file descriptor or request that goes takes everything with it.
 *
 * Locks, outermost first:
 *   session->stage_lock  the message in parts of one session (may sleep)
 *   session->lock        lease and key id of one session
 *   uks_queue.lock       requests, channels, users' queues, the daemon
 * No user memory is touched and nothing sleeps under the last two.
 */
#ifndef _UKS_KMOD_H
#define _UKS_KMOD_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/uks.h>
#include <linux/wait.h>
#include <net/netlink.h>

struct crypto_aead;
struct crypto_shash;
struct crypto_skcipher;
struct shash_desc;
struct sk_buff;
struct uks_stage;

/* ---- policy.c (generated) ---- */

extern const struct nla_policy uks_control_policy[UKS_NL_A_MAX + 1];
extern const struct nla_policy uks_request_policy[UKS_A_MAX + 1];

/* ---- quota.c ---- */

/**
 * struct uks_user - what one user id holds, and its queue of requests
 * @node: in the table of users; under the table's lock
 * @uid: the user
 * @ref: clients, and requests not yet freed
 * @requests: requests not yet ended
 * @sessions: open sessions
 * @bytes: kernel memory charged
 * @queue: requests that wait for a channel; under uks_queue.lock
 * @turn: in uks_queue.turns while @queue is not empty; under uks_queue.lock
 */
struct uks_user {
	struct hlist_node node;
	kuid_t uid;
	refcount_t ref;
	atomic64_t requests;
	atomic64_t sessions;
	atomic64_t bytes;
	struct list_head queue;
	struct list_head turn;
};

enum uks_quota {
	UKS_QUOTA_REQUESTS,
	UKS_QUOTA_SESSIONS,
	UKS_QUOTA_BYTES,
};

struct uks_user *uks_user_get(kuid_t uid);
void uks_user_put(struct uks_user *user);
int uks_charge(struct uks_user *user, enum uks_quota quota, u64 amount);
void uks_uncharge(struct uks_user *user, enum uks_quota quota, u64 amount);
u64 uks_quota_used(enum uks_quota quota);
u64 uks_quota_per_user(enum uks_quota quota);

/* ---- client.c ---- */

/**
 * struct uks_client - one open file of /dev/uks
 * @ref: the file, its sessions, its requests
 * @cred: who opened it; decides
 * @tgid: the process that opened it
 * @user: whose quotas it uses
 * @identity: attributes about the opener (groups, security context)
 * @identity_len: bytes at @identity
 */
struct uks_client {
	refcount_t ref;
	const struct cred *cred;
	struct pid *tgid;
	struct uks_user *user;
	void *identity;
	u32 identity_len;
};

extern const struct file_operations uks_client_fops;
extern atomic64_t uks_clients;
void uks_client_put(struct uks_client *client);
int uks_client_check(const struct uks_client *client);

static inline struct uks_client *uks_client_get(struct uks_client *client)
{
	refcount_inc(&client->ref);
	return client;
}

/* ---- ioctl.c ---- */

/**
 * struct uks_cmd - an ioctl under way
 * @owner: private data of the file
 * @file: a new file to install in the caller, or NULL
 * @fd: the number reserved for @file
 * @size: size of the caller's struct
 * @head: how every struct begins
 * @query: UKS_IOC_QUERY
 * @call: UKS_IOC_STATUS, UKS_IOC_SESSION_OPEN, UKS_IOC_KEY_*
 * @info: UKS_IOC_SESSION_INFO
 * @cipher: UKS_IOC_ENCRYPT, UKS_IOC_DECRYPT
 * @sign: UKS_IOC_SIGN, UKS_IOC_MAC, UKS_IOC_AGREE, UKS_IOC_DERIVE
 * @verify: UKS_IOC_VERIFY, UKS_IOC_MAC_VERIFY
 * @begin: UKS_IOC_BEGIN
 * @update: UKS_IOC_UPDATE
 * @finish: UKS_IOC_FINISH
 * @abort: UKS_IOC_ABORT
 * @valid: UKS_IOC_CHANNEL_VALID
 *
 * The struct is copied back to the caller when the handler is done.
 */
struct uks_cmd {
	void *owner;
	struct file *file;
	int fd;
	u32 size;
	union {
		struct {
			u32 size;
			u32 flags;
		} head;
		struct uks_query query;
		struct uks_call call;
		struct uks_session_info info;
		struct uks_cipher cipher;
		struct uks_sign sign;
		struct uks_verify verify;
		struct uks_begin begin;
		struct uks_update update;
		struct uks_finish finish;
		struct uks_abort abort;
		struct uks_channel_valid valid;
	};
};

/**
 * struct uks_ioctl - a row of a table of commands; where a number is not used, zeros
 * @cmd: UKS_IOC_*
 * @flags: flags the command knows
 * @min: least size of the struct: that of the first version
 * @size: size of the struct as this kernel knows it
 * @fn: does it; returns 0 or a negative errno value
 */
struct uks_ioctl {
	unsigned int cmd;
	u32 flags;
	u32 min;
	u32 size;
	int (*fn)(struct uks_cmd *cmd);
};

/* Client, session and channel have 64 numbers each. */
#define UKS_IOCTL_ROW(cmd)	(_IOC_NR(cmd) & 0x3f)

#define UKS_IOCTL(_cmd, _fn, _struct, _last, _flags)				\
[UKS_IOCTL_ROW(_cmd)] = {							\
	.cmd = (_cmd),							\
	.flags = (_flags),						\
	.min = offsetofend(struct _struct, _last),			\
	.size = sizeof(struct _struct) +				\
		BUILD_BUG_ON_ZERO(sizeof(struct _struct) % 8) +		\
		BUILD_BUG_ON_ZERO(offsetof(struct _struct, size) != 0),	\
	.fn = (_fn),							\
}

long uks_ioctl(const struct uks_ioctl *table, unsigned int rows, void *owner,
	       unsigned int cmd, unsigned long arg);

/* ---- copy.c ---- */

int uks_copy_in(void *to, u64 from, u32 len);
int uks_copy_out(u64 to, const void *from, u32 len);

/* ---- request.c ---- */

enum uks_request_state {
	UKS_REQUEST_QUEUED,
	UKS_REQUEST_TAKEN,
	UKS_REQUEST_ENDED,
};

/**
 * struct uks_request - one upcall, from the ioctl that waits to the answer
 * @node: in its user's queue, or in the list of the channel that took it
 * @ref: one for the waiter, one for the queue or channel
 * @state: under uks_queue.lock; whoever sets UKS_REQUEST_ENDED completes it
 * @channel: the channel that took it; under uks_queue.lock
 * @client: who asks
 * @session: the session to be opened, or NULL
 * @done: completed with the answer, or with the death of the daemon
 * @ended: a negative errno value if it ended without an answer
 * @error: positive errno value of the answer
 * @code: enum uks_error of the answer
 * @out: attributes of the answer; wiped when the request is freed
 * @out_len: bytes at @out
 * @charged: bytes charged to the user
 * @in_len: bytes at @header with all that follows
 * @header: what the channel is read for: header, identity, payload
 * @tail: identity and payload
 */
struct uks_request {
	struct list_head node;
	refcount_t ref;
	enum uks_request_state state;
	struct uks_channel *channel;
	struct uks_client *client;
	struct uks_session *session;
	struct completion done;
	int ended;
	u32 error;
	u32 code;
	void *out;
	u32 out_len;
	u32 charged;
	u32 in_len;
	struct uks_request_header header;
	u8 tail[];
};

struct uks_request *uks_request_new(struct uks_client *client, u32 op, u32 payload_len);
void *uks_request_payload(struct uks_request *req);
int uks_request_run(struct uks_request *req, u64 deadline_ns, struct uks_outcome *outcome);
void uks_request_put(struct uks_request *req);
u32 uks_op_room(u32 op);
struct uks_request *uks_request_take(struct uks_channel *channel, size_t room, int *error);
void uks_request_untake(struct uks_request *req);
struct uks_request *uks_request_find(struct uks_channel *channel, u64 id);
bool uks_request_answer(struct uks_request *req, struct uks_channel *channel,
			const struct uks_answer_header *answer, void *out, u32 out_len);
void uks_request_fail_taken(struct uks_channel *channel);

/* ---- channel.c ---- */

/**
 * struct uks_channel - one worker's way to requests
 * @node: in uks_queue.channels
 * @taken: requests this channel has read; under uks_queue.lock
 * @registration: of which daemon it is
 */
struct uks_channel {
	struct list_head node;
	struct list_head taken;
	u64 registration;
};

struct file *uks_channel_open(void);

/* ---- daemon.c ---- */

/**
 * struct uks_queue - requests on their way, and the daemon
 * @lock: protects everything here, and the state of requests
 * @wait: channels that wait for a request
 * @turns: users with queued requests, in the order of their turns
 * @channels: open channels
 * @nr_queued: requests that wait for a channel
 * @nr_taken: requests that a channel has
 * @nr_channels: length of @channels
 * @registered: there is a daemon
 * @registration: number of the last registration, counted from 1
 * @portid: its netlink port
 * @sock: its netlink socket
 * @tgid: its process
 * @died_ns: when the last one died (CLOCK_MONOTONIC), 0 if there was none
 */
struct uks_queue {
	spinlock_t lock;	/* everything here, and the state of requests */
	wait_queue_head_t wait;
	struct list_head turns;
	struct list_head channels;
	u32 nr_queued;
	u32 nr_taken;
	u32 nr_channels;
	bool registered;
	u64 registration;
	u32 portid;
	struct sock *sock;
	struct pid *tgid;
	u64 died_ns;
};

extern struct uks_queue uks_queue;
int uks_daemon_register(struct sock *sock, u32 portid);
void uks_daemon_unregister(u32 portid);
void uks_daemon_lost(u64 registration);
bool uks_daemon_is(u32 portid);
u64 uks_daemon_grace_end(void);
int uks_daemon_init(void);
void uks_daemon_exit(void);

/* ---- netlink.c ---- */

int uks_netlink_init(void);
void uks_netlink_exit(void);
void uks_event_daemon(bool up, u32 pid, u32 sessions);
void uks_event_revoked(const u8 *key_id, u32 count);
void uks_event_zeroized(u32 count);

/* ---- call.c ---- */

int uks_call_key_generate(struct uks_cmd *cmd);
int uks_call_key_import(struct uks_cmd *cmd);
int uks_call_key_export_public(struct uks_cmd *cmd);
int uks_call_key_list(struct uks_cmd *cmd);
int uks_call_key_show(struct uks_cmd *cmd);
int uks_call_key_rename(struct uks_cmd *cmd);
int uks_call_key_delete(struct uks_cmd *cmd);
int uks_call_key_agree(struct uks_cmd *cmd);
int uks_call_key_derive(struct uks_cmd *cmd);
int uks_call_key_wrap(struct uks_cmd *cmd);
int uks_call_key_unwrap(struct uks_cmd *cmd);
int uks_call_key_rotate(struct uks_cmd *cmd);
int uks_call_key_set_state(struct uks_cmd *cmd);
int uks_call_key_set_policy(struct uks_cmd *cmd);
int uks_call_key_restore(struct uks_cmd *cmd);
int uks_call_key_versions(struct uks_cmd *cmd);
int uks_call_key_attest(struct uks_cmd *cmd);
int uks_call_pin(struct uks_cmd *cmd);
int uks_call_boot_policy(struct uks_cmd *cmd);
int uks_call_master(struct uks_cmd *cmd);
int uks_call_backup(struct uks_cmd *cmd);
int uks_call_audit(struct uks_cmd *cmd);
int uks_call_provision(struct uks_cmd *cmd);
int uks_call_status(struct uks_cmd *cmd);
struct uks_request *uks_call_request(struct uks_client *client, u32 op,
				     const struct uks_call *call);
int uks_attrs_check(u32 op, const void *payload, u32 len, bool answer, struct nlattr **tb);
void uks_outcome_text(struct uks_outcome *outcome, const struct uks_request *req);

#include "session.h"

/* ---- sysfs.c ---- */

extern const struct attribute_group *uks_sysfs_groups[];

/**
 * struct uks_counters - what has happened since the module was loaded
 * @submitted: requests submitted
 * @completed: requests answered
 * @failed: requests that ended without an answer
 * @refused: calls answered EBUSY
 * @late: answers to requests that had ended
 * @malformed: answers refused
 */
struct uks_counters {
	atomic64_t submitted;
	atomic64_t completed;
	atomic64_t failed;
	atomic64_t refused;
	atomic64_t late;
	atomic64_t malformed;
};

extern struct uks_counters uks_counters;

#endif /* _UKS_KMOD_H */
