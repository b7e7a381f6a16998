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
 * struct uks_ioctl - a row of a table of commands
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

#define UKS_IOCTL(_cmd, _fn, _struct, _last, _flags) {			\
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
bool uks_op_changes(u32 op);
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
	struct pid *tgid;
	u64 died_ns;
};

extern struct uks_queue uks_queue;
int uks_daemon_register(u32 portid);
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
int uks_call_status(struct uks_cmd *cmd);
struct uks_request *uks_call_request(struct uks_client *client, u32 op,
				     const struct uks_call *call);
int uks_attrs_check(u32 op, const void *payload, u32 len, bool answer, struct nlattr **tb);
void uks_outcome_text(struct uks_outcome *outcome, const struct uks_request *req);

/* ---- algorithm.c ---- */

/**
 * enum uks_kind - what a message goes through
 * @UKS_KIND_AEAD: gathered, then encrypted or decrypted at once
 * @UKS_KIND_BLOCK: block by block, here or in the daemon
 * @UKS_KIND_MAC: hashed as it comes; gathered where the daemon does it
 * @UKS_KIND_MESSAGE: the daemon does it: a digest, or the message whole
 */
enum uks_kind {
	UKS_KIND_AEAD,
	UKS_KIND_BLOCK,
	UKS_KIND_MAC,
	UKS_KIND_MESSAGE,
};

/**
 * struct uks_alg - an algorithm
 * @name: what the kernel's crypto calls it; NULL if never or by digest (HMAC)
 * @kind: what its messages go through
 * @purposes: purposes that a session may have with it
 * @nonce_min: least length of a nonce (AEAD)
 * @nonce_max: greatest length of it; length of a vector or counter block
 * @tag_min: least length of a tag
 * @tag_step: lengths of a tag go up by so much
 * @block_len: a message must be a multiple of this
 * @padded: PKCS #7
 * @result_max: greatest length of a MAC, or of what the daemon makes
 */
struct uks_alg {
	const char *name;
	enum uks_kind kind;
	u32 purposes;
	u8 nonce_min;
	u8 nonce_max;
	u8 tag_min;
	u8 tag_step;
	u8 block_len;
	bool padded;
	u16 result_max;
};

const struct uks_alg *uks_alg_find(u32 algorithm);
bool uks_alg_aead_fits(const struct uks_alg *alg, u32 nonce_len, u32 tag_len);
u32 uks_alg_result_max(const struct uks_alg *alg, u32 key_type);
const char *uks_digest_name(u32 digest, bool hmac);
u64 uks_algorithms(void);
u64 uks_digests_mask(void);
u64 uks_features(void);
void uks_algorithm_init(void);

/* ---- lease.c ---- */

/**
 * struct uks_wait - how a call waits for the daemon
 * @deadline_ns: when to give up, CLOCK_MONOTONIC; 0 for the default
 * @outcome: filled in if there is a request
 */
struct uks_wait {
	u64 deadline_ns;
	struct uks_outcome *outcome;
};

/**
 * struct uks_lease - the right, and the key, to do a session's work here
 * @ref: the session, and each message under way
 * @aead: the AEAD, with its key set, or NULL
 * @cipher: the mode of a block cipher, with its key set, or NULL
 * @mac: the MAC, with its key set, or NULL
 * @expires_ns: CLOCK_BOOTTIME, or U64_MAX
 * @limited: @uses_left counts
 * @uses_left: messages that may still be begun
 *
 * The raw key is wiped as soon as it is set; freeing the transform wipes what
 * was made of it.
 */
struct uks_lease {
	refcount_t ref;
	struct crypto_aead *aead;
	struct crypto_skcipher *cipher;
	struct crypto_shash *mac;
	u64 expires_ns;
	bool limited;
	atomic64_t uses_left;
};

struct uks_lease *uks_lease_new(const struct uks_session *session, struct nlattr **tb);
void uks_lease_put(struct uks_lease *lease);
int uks_lease_use(struct uks_session *session, struct uks_lease *lease,
		  const struct uks_wait *wait);

/* ---- session.c ---- */

/**
 * struct uks_blob - bytes that a session keeps
 * @data: the bytes, or NULL
 * @len: how many
 */
struct uks_blob {
	void *data;
	u32 len;
};

/**
 * struct uks_session - one key, one purpose, one set of parameters
 * @ref: the file, a request that opens it, a walk over all sessions
 * @id: number, unique since the module was loaded
 * @client: whose it is
 * @lock: protects @lease, @key_id, @key_known
 * @key_known: the answer has told the key
 * @key_id: the key
 * @key_version: its version
 * @purpose: enum uks_purpose, one bit
 * @algorithm: enum uks_algorithm
 * @alg: the row of @algorithm
 * @digest: enum uks_digest or 0
 * @nonce_len: bytes of nonce, vector or counter block
 * @tag_len: bytes of tag
 * @result_max: greatest length of a MAC, or of what the daemon makes of a message
 * @lease_flags: enum uks_lease_flag
 * @remote: the daemon does the work
 * @ended: nothing may be begun any more: -EKEYREVOKED or -EKEYEXPIRED; else 0
 * @parameters: what the daemon wants back with each request
 * @prefix: what is hashed before each message
 * @idle_ns: ends when it was not used for so long; 0 is never
 * @used_ns: when it was used last, CLOCK_BOOTTIME; only kept with @idle_ns
 * @lease: what works here, or NULL for a key whose work the daemon does
 * @hash: digest of messages to be signed, or NULL
 * @uses: messages completed
 * @spare: a buffer kept for the next message, or NULL; taken by exchange
 * @stage_lock: protects @stage
 * @stage: the message in parts, or NULL
 */
struct uks_session {
	refcount_t ref;
	unsigned long id;
	struct uks_client *client;
	spinlock_t lock;	/* lease, key_id, key_known */
	bool key_known;
	u8 key_id[UKS_KEY_ID_LEN];
	u32 key_version;
	u32 purpose;
	u32 algorithm;
	const struct uks_alg *alg;
	u32 digest;
	u32 nonce_len;
	u32 tag_len;
	u32 result_max;
	u32 lease_flags;
	bool remote;
	int ended;
	struct uks_blob parameters;
	struct uks_blob prefix;
	u64 idle_ns;
	u64 used_ns;
	struct uks_lease *lease;
	struct crypto_shash *hash;
	atomic64_t uses;
	struct uks_buffer *spare;
	struct mutex stage_lock;	/* stage */
	struct uks_stage *stage;
};

int uks_session_open(struct uks_cmd *cmd);
void uks_session_put(struct uks_session *session);
void uks_session_learn(struct uks_session *session, const u8 *key_id);
int uks_session_begin(struct uks_session *session, u32 purposes, struct uks_lease **lease);
int uks_session_check(struct uks_session *session);
void uks_session_used(struct uks_session *session);
bool uks_session_end(struct uks_session *session, const u8 *key_id, int error);
struct uks_session *uks_session_next(unsigned long *id);
u32 uks_sessions_revoke(const u8 *key_id);
int uks_sessions_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      int (*fill)(struct sk_buff *, struct netlink_callback *,
				  struct uks_session *));
extern atomic64_t uks_sessions_revoked;
extern atomic64_t uks_messages;

/* ---- grant.c ---- */

int uks_session_grant(struct uks_session *session, u32 purpose, struct nlattr **tb);
void uks_session_drop_grant(struct uks_session *session);

/* ---- idle.c ---- */

int uks_idle_touch(struct uks_session *session);
void uks_idle_watch(struct uks_session *session, u64 idle_ns);
void uks_idle_exit(void);

/* ---- remote.c ---- */

/**
 * struct uks_remote - a request of a session
 * @op: enum uks_op
 * @message_len: bytes of message
 * @signature_len: bytes of signature, 0 if there is none
 * @nonce_len: bytes of nonce, 0 if there is none
 * @message: where the message is to be written
 * @signature: where the signature is to be written
 * @nonce: where the nonce is to be written
 * @req: the request
 */
struct uks_remote {
	u32 op;
	u32 message_len;
	u32 signature_len;
	u32 nonce_len;
	void *message;
	void *signature;
	void *nonce;
	struct uks_request *req;
};

int uks_remote_new(struct uks_session *session, struct uks_remote *remote);
int uks_remote_run(struct uks_remote *remote, const struct uks_wait *wait, struct nlattr **tb);
int uks_remote_put_result(const struct uks_session *session, const struct nlattr *result, u64 out,
			  u32 *out_len);
int uks_remote_use(struct uks_session *session, const struct uks_wait *wait);

/* ---- buffer.c ---- */

/**
 * struct uks_buffer - kernel memory that a message passes through
 * @user: who is charged
 * @charged: bytes charged
 * @work: room for the request of the cipher or the state of the hash
 * @work_size: bytes at @work
 * @iv: nonce, where the cipher may find it
 * @data: the message
 * @size: room at @data
 * @used: bytes that have to be wiped
 * @sg: @data as the cipher wants it
 */
struct uks_buffer {
	struct uks_user *user;
	u64 charged;
	void *work;
	u32 work_size;
	u8 iv[16];
	u8 *data;
	u32 size;
	u32 used;
	struct scatterlist *sg;
};

#define UKS_SPARE_MAX	32768U	/* a longer buffer is not kept */

struct uks_buffer *uks_buffer_get(struct uks_session *session, u32 size, u32 work_size);
void uks_buffer_put(struct uks_session *session, struct uks_buffer *buffer);
void uks_buffer_free(struct uks_buffer *buffer);
int uks_buffer_grow(struct uks_session *session, struct uks_buffer **buffer, u32 size);

/* ---- cipher.c ---- */

int uks_cipher_encrypt(struct uks_cmd *cmd);
int uks_cipher_decrypt(struct uks_cmd *cmd);
u32 uks_cipher_work_size(const struct uks_lease *lease);
int uks_cipher_nonce(struct uks_session *session, u32 flags, u64 nonce, u32 nonce_len, u8 *iv);
int uks_cipher_run(struct uks_lease *lease, struct uks_buffer *buffer, u32 aad_len, u32 len,
		   bool encrypt);
u32 uks_aead_max(void);
u32 uks_cipher_max(const struct uks_session *session);

/* ---- block.c ---- */

#define UKS_BLOCK_LEN	16U	/* AES, SM4 */

/**
 * struct uks_block - how far a message has gone through a mode of a block cipher
 * @held: bytes that wait for the rest of their block, or for the end of the message
 * @held_len: bytes at @held
 * @spent: the counter has come to its end
 *
 * The vector or counter block of the next block is in the buffer.
 */
struct uks_block {
	u8 held[UKS_BLOCK_LEN];
	u32 held_len;
	bool spent;
};

struct uks_buffer *uks_block_buffer(struct uks_session *session, const struct uks_lease *lease,
				    u32 size);
int uks_block_update(struct uks_session *session, struct uks_lease *lease,
		     struct uks_buffer *buffer, struct uks_block *block,
		     struct uks_update *update);
int uks_block_finish(struct uks_session *session, struct uks_lease *lease,
		     struct uks_buffer *buffer, struct uks_block *block,
		     struct uks_finish *finish);
int uks_block_message(struct uks_session *session, struct uks_lease *lease,
		      struct uks_cipher *cipher);

/* ---- hash.c ---- */

int uks_hash_user(struct uks_session *session, struct crypto_shash *tfm, u64 in, u32 in_len,
		  u8 *out);
int uks_hash_begin(const struct uks_session *session, struct crypto_shash *tfm,
		   struct shash_desc *desc);
int uks_hash_update_user(struct shash_desc *desc, struct uks_buffer *buffer, u64 in, u32 in_len);
u32 uks_hash_work_size(struct crypto_shash *tfm);

/* ---- mac.c ---- */

int uks_mac(struct uks_cmd *cmd);
int uks_mac_verify(struct uks_cmd *cmd);
int uks_mac_compare(const u8 *mac, u32 mac_len, u64 sig, u32 sig_len);

/* ---- message.c ---- */

/**
 * struct uks_message - a message that the daemon works on, and its result
 * @in: user address of the message
 * @gathered: the message, where it was gathered or hashed; else NULL
 * @in_len: bytes of message
 * @sig: user address of a signature or MAC to verify
 * @sig_len: bytes at @sig
 * @out: user address for the result
 * @out_len: room there; then the length of the result
 * @wait: how to wait
 */
struct uks_message {
	u64 in;
	const u8 *gathered;
	u32 in_len;
	u64 sig;
	u32 sig_len;
	u64 out;
	u32 out_len;
	struct uks_wait wait;
};

int uks_message_check(const struct uks_session *session, struct uks_message *message);
int uks_message_run(struct uks_session *session, struct uks_message *message);
u32 uks_message_max(const struct uks_session *session);
int uks_sign(struct uks_cmd *cmd);
int uks_verify(struct uks_cmd *cmd);
int uks_agree(struct uks_cmd *cmd);
int uks_derive(struct uks_cmd *cmd);

/* ---- stage.c ---- */

int uks_stage_begin(struct uks_cmd *cmd);
int uks_stage_update(struct uks_cmd *cmd);
int uks_stage_finish(struct uks_cmd *cmd);
int uks_stage_abort(struct uks_cmd *cmd);
void uks_stage_revoke(struct uks_session *session);

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
