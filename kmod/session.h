/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sessions are made of and what their messages go through. Part of uks.h, which
 * has the order of locks.
 */
#ifndef _UKS_KMOD_SESSION_H
#define _UKS_KMOD_SESSION_H

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
 *
 * The raw key is wiped as soon as it is set; freeing the transform wipes what
 * was made of it.
 */
struct uks_lease {
	refcount_t ref;
	struct crypto_aead *aead;
	struct crypto_skcipher *cipher;
	struct crypto_shash *mac;
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
 * @expires_ns: when nothing may be begun any more, CLOCK_BOOTTIME, or U64_MAX
 * @limited: @uses_left counts
 * @uses_left: messages that may still be begun
 * @uses: messages completed
 * @spare: a buffer kept for the next message, or NULL; taken by exchange
 * @stage_lock: protects @stage
 * @stage: the message in parts, or NULL
 */
struct uks_session {
	refcount_t ref;
	u32 id;
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
	u64 expires_ns;
	bool limited;
	atomic64_t uses_left;
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
int uks_message_make(struct uks_cmd *cmd);
int uks_message_verify(struct uks_cmd *cmd);
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

#endif /* _UKS_KMOD_SESSION_H */
