/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Made by scripts/netlink-gen from Documentation/netlink/specs/uks.yaml: edit that. */
#ifndef _UAPI_LINUX_UKS_NETLINK_H
#define _UAPI_LINUX_UKS_NETLINK_H

#define UKS_GENL_NAME		"uks"
#define UKS_GENL_VERSION	1
#define UKS_GENL_GROUP_EVENTS	"events"

/**
 * enum uks_nl_a - attributes of the set "control"
 * @UKS_NL_A_FEATURES: Feature bits, enum uks_feature; offered in the question,
 *	agreed in the answer.
 * @UKS_NL_A_CHANNEL_FD: File descriptor of a new channel, installed in the daemon.
 * @UKS_NL_A_KEY_ID: Identifier of the key whose sessions are meant, or are
 *	reported.
 * @UKS_NL_A_COUNT: How many sessions were revoked or wiped.
 * @UKS_NL_A_SESSION_ID: Number of a session, unique since the module was loaded.
 * @UKS_NL_A_UID: Effective user id of the client, in the initial user namespace.
 * @UKS_NL_A_PID: Thread group id of the client, in the initial pid namespace.
 * @UKS_NL_A_PURPOSE: Purpose of the session, one bit of enum uks_purpose.
 * @UKS_NL_A_ALGORITHM: Algorithm of the session, enum uks_algorithm.
 * @UKS_NL_A_USES: Messages that the session has completed.
 * @UKS_NL_A_STAT: Counters of the module.
 * @UKS_NL_A_REASON: Why an event happened, a positive errno value.
 * @UKS_NL_A_PAD: Padding before 64-bit attributes.
 * @UKS_NL_A_ALGORITHMS: What the kernel itself runs, bits 1 << enum uks_algorithm.
 * @UKS_NL_A_DIGESTS: What the kernel itself hashes, bits 1 << enum uks_digest.
 * @__UKS_NL_A_MAX: end of the list
 * @UKS_NL_A_MAX: greatest number
 */
enum uks_nl_a {
	UKS_NL_A_FEATURES = 1,
	UKS_NL_A_CHANNEL_FD,
	UKS_NL_A_KEY_ID,
	UKS_NL_A_COUNT,
	UKS_NL_A_SESSION_ID,
	UKS_NL_A_UID,
	UKS_NL_A_PID,
	UKS_NL_A_PURPOSE,
	UKS_NL_A_ALGORITHM,
	UKS_NL_A_USES,
	UKS_NL_A_STAT,
	UKS_NL_A_REASON,
	UKS_NL_A_PAD,
	UKS_NL_A_ALGORITHMS,
	UKS_NL_A_DIGESTS,
	__UKS_NL_A_MAX,
	UKS_NL_A_MAX = __UKS_NL_A_MAX - 1
};

/**
 * enum uks_nl_stat - attributes of the set "stat"
 * @UKS_NL_STAT_PAD: Padding before 64-bit attributes.
 * @UKS_NL_STAT_CLIENTS: Open files of /dev/uks.
 * @UKS_NL_STAT_SESSIONS: Open sessions.
 * @UKS_NL_STAT_CHANNELS: Open channels.
 * @UKS_NL_STAT_QUEUED: Requests that wait for a channel.
 * @UKS_NL_STAT_TAKEN: Requests that a channel has read and not answered.
 * @UKS_NL_STAT_BYTES: Bytes of kernel memory charged to clients.
 * @UKS_NL_STAT_SUBMITTED: Requests submitted since the module was loaded.
 * @UKS_NL_STAT_COMPLETED: Requests answered.
 * @UKS_NL_STAT_FAILED: Requests that ended without an answer (signal, deadline,
 *	death of the daemon).
 * @UKS_NL_STAT_REFUSED: Calls answered EBUSY because a quota was used up.
 * @UKS_NL_STAT_LATE: Answers that came after their request had ended.
 * @UKS_NL_STAT_MALFORMED: Answers refused because they were malformed.
 * @UKS_NL_STAT_MESSAGES: Messages that sessions have completed inside the kernel.
 * @UKS_NL_STAT_REVOKED: Sessions revoked.
 * @__UKS_NL_STAT_MAX: end of the list
 * @UKS_NL_STAT_MAX: greatest number
 */
enum uks_nl_stat {
	UKS_NL_STAT_PAD = 1,
	UKS_NL_STAT_CLIENTS,
	UKS_NL_STAT_SESSIONS,
	UKS_NL_STAT_CHANNELS,
	UKS_NL_STAT_QUEUED,
	UKS_NL_STAT_TAKEN,
	UKS_NL_STAT_BYTES,
	UKS_NL_STAT_SUBMITTED,
	UKS_NL_STAT_COMPLETED,
	UKS_NL_STAT_FAILED,
	UKS_NL_STAT_REFUSED,
	UKS_NL_STAT_LATE,
	UKS_NL_STAT_MALFORMED,
	UKS_NL_STAT_MESSAGES,
	UKS_NL_STAT_REVOKED,
	__UKS_NL_STAT_MAX,
	UKS_NL_STAT_MAX = __UKS_NL_STAT_MAX - 1
};

/**
 * enum uks_a - attributes of the set "request"
 * @UKS_A_KEY_NAME: Name of a key, UTF-8 without NUL, unique among the keys of one
 *	owner.
 * @UKS_A_KEY_ID: Identifier of a key, 16 random bytes.
 * @UKS_A_KEY_TYPE: enum uks_key_type.
 * @UKS_A_PURPOSES: Bits of enum uks_purpose.
 * @UKS_A_KEY_MATERIAL: The secret itself. In an import it comes from the client; in
 *	the answer to a session-open it goes to the kernel and no further.
 * @UKS_A_KEY_FORMAT: enum uks_key_format of key-material or public-key.
 * @UKS_A_PUBLIC_KEY: Public key as DER SubjectPublicKeyInfo (RFC 5280, RFC 8410).
 * @UKS_A_NEW_NAME: Name that a key shall get.
 * @UKS_A_ALGORITHM: enum uks_algorithm.
 * @UKS_A_DIGEST: enum uks_digest.
 * @UKS_A_MESSAGE: What is to be signed or verified: the message digest, or for
 *	Ed25519 the message.
 * @UKS_A_SIGNATURE: Signature: DER Ecdsa-Sig-Value (RFC 3279) for ECDSA, 64 bytes
 *	(RFC 8032) for Ed25519.
 * @UKS_A_KEY_VERSION: Version of a key, counted from 1.
 * @UKS_A_KEY_STATE: enum uks_key_state.
 * @UKS_A_CREATED: Time of creation, seconds since 1970-01-01 UTC.
 * @UKS_A_OWNER: User id of the key's owner, in the initial user namespace.
 * @UKS_A_ORIGIN: enum uks_key_origin.
 * @UKS_A_CURSOR: Name after which a list goes on. Given in an answer when there is
 *	more.
 * @UKS_A_LIMIT: Greatest number of entries wanted in one answer.
 * @UKS_A_KEY: One key of a list.
 * @UKS_A_LEASE_FLAGS: Bits of enum uks_lease_flag.
 * @UKS_A_LEASE_USES: How many messages the lease permits; absent means without
 *	limit.
 * @UKS_A_LEASE_EXPIRES: When the lease ends, in nanoseconds of CLOCK_BOOTTIME;
 *	absent means never.
 * @UKS_A_GROUPS: Supplementary group ids of the client, an array of u32 in the
 *	initial user namespace. Made by the kernel.
 * @UKS_A_SECCTX: Security context of the client as the LSM writes it. Made by the
 *	kernel.
 * @UKS_A_ERROR_TEXT: One line that names the cause of an error and its cure.
 * @UKS_A_DAEMON_VERSION: Version of the daemon.
 * @UKS_A_STORE: Where the daemon keeps its keys.
 * @UKS_A_STORE_SCHEMA: Version of the store's schema.
 * @UKS_A_KEYS: Number of keys the caller owns.
 * @UKS_A_TPM: Manufacturer, model and firmware of the TPM.
 * @UKS_A_TPM_ROOT: TPM name of the storage root (TPM 2.0 part 1, "Names").
 * @UKS_A_STARTED: When the daemon became ready, seconds since 1970-01-01 UTC.
 * @UKS_A_PARAMETERS: Parameters of an algorithm, attributes of the set "parameter".
 *	In the answer to a session-open they are what the kernel sends back with each
 *	request of that session; it does not look into them.
 * @UKS_A_POLICY: Policy of a key, attributes of the set "policy".
 * @UKS_A_RESULT: What an operation gives: ciphertext, plaintext, MAC or secret.
 * @UKS_A_FLAGS: Bits of enum uks_call_flag.
 * @UKS_A_WRAPPING_NAME: Name of the key that wraps or unwraps.
 * @UKS_A_WRAPPING_ID: Identifier of the key that wraps or unwraps.
 * @UKS_A_WRAPPED: A wrapped key, in the form its algorithm has.
 * @UKS_A_PREFIX: Bytes that are hashed before the message.
 * @UKS_A_NONCE: Initial vector or counter block of the blocks in a request; in the
 *	answer, that of the blocks that follow.
 * @UKS_A_NONCE_LEN: Bytes of nonce of a session.
 * @UKS_A_TAG_LEN: Bytes of authentication tag of a session.
 * @UKS_A_IDLE: After how many nanoseconds without use a session ends; absent means
 *	never.
 * @UKS_A_ERASED: When a deleted key is erased and cannot be restored any more,
 *	seconds since 1970-01-01 UTC.
 * @UKS_A_USES: How often a key was used; counted only where its policy bounds it.
 * @UKS_A_COUNT: How many: keys to generate, or uses to count.
 * @UKS_A_CHECK_VALUE: First bytes of a digest of the key, to tell keys apart.
 * @UKS_A_COMMAND: What is wanted of an operation that has several parts: enum
 *	uks_pin_command, uks_attest_command, uks_boot_command, uks_master_command,
 *	uks_backup_command or uks_audit_command, or the number of a method of SKS.
 * @UKS_A_PROVIDER: enum uks_provider; sealed if absent.
 * @UKS_A_CHALLENGE: Bytes of who asks for an attestation, so that it is fresh.
 * @UKS_A_PIN: PIN of a key.
 * @UKS_A_NEW_PIN: PIN that a key shall get.
 * @UKS_A_ADMIN_CODE: Code that unlocks a PIN and changes it (PUK).
 * @UKS_A_TRIES: How many wrong PINs are left until the key is locked.
 * @UKS_A_GENERATION: Generation of the store, as the NV counter of the TPM has it.
 * @UKS_A_MASTER_STATE: enum uks_master_state.
 * @__UKS_A_MAX: end of the list
 * @UKS_A_MAX: greatest number
 */
enum uks_a {
	UKS_A_KEY_NAME = 1,
	UKS_A_KEY_ID,
	UKS_A_KEY_TYPE,
	UKS_A_PURPOSES,
	UKS_A_KEY_MATERIAL,
	UKS_A_KEY_FORMAT,
	UKS_A_PUBLIC_KEY,
	UKS_A_NEW_NAME,
	UKS_A_ALGORITHM,
	UKS_A_DIGEST,
	UKS_A_MESSAGE,
	UKS_A_SIGNATURE,
	UKS_A_KEY_VERSION,
	UKS_A_KEY_STATE,
	UKS_A_CREATED,
	UKS_A_OWNER,
	UKS_A_ORIGIN,
	UKS_A_CURSOR,
	UKS_A_LIMIT,
	UKS_A_KEY,
	UKS_A_LEASE_FLAGS,
	UKS_A_LEASE_USES,
	UKS_A_LEASE_EXPIRES,
	UKS_A_GROUPS,
	UKS_A_SECCTX,
	UKS_A_ERROR_TEXT,
	UKS_A_DAEMON_VERSION,
	UKS_A_STORE,
	UKS_A_STORE_SCHEMA,
	UKS_A_KEYS,
	UKS_A_TPM,
	UKS_A_TPM_ROOT,
	UKS_A_STARTED,
	UKS_A_PARAMETERS,
	UKS_A_POLICY,
	UKS_A_RESULT,
	UKS_A_FLAGS,
	UKS_A_WRAPPING_NAME,
	UKS_A_WRAPPING_ID,
	UKS_A_WRAPPED,
	UKS_A_PREFIX,
	UKS_A_NONCE,
	UKS_A_NONCE_LEN,
	UKS_A_TAG_LEN,
	UKS_A_IDLE,
	UKS_A_ERASED,
	UKS_A_USES,
	UKS_A_COUNT,
	UKS_A_CHECK_VALUE,
	UKS_A_COMMAND,
	UKS_A_PROVIDER,
	UKS_A_CHALLENGE,
	UKS_A_PIN,
	UKS_A_NEW_PIN,
	UKS_A_ADMIN_CODE,
	UKS_A_TRIES,
	UKS_A_GENERATION,
	UKS_A_MASTER_STATE,
	__UKS_A_MAX,
	UKS_A_MAX = __UKS_A_MAX - 1
};

/**
 * enum uks_param - attributes of the set "parameter"
 * @UKS_PARAM_MGF_DIGEST: Digest of MGF1 (RFC 8017, B.2.1), enum uks_digest; that of
 *	the operation if absent.
 * @UKS_PARAM_SALT_LEN: Bytes of salt of RSASSA-PSS; those of the digest if absent.
 * @UKS_PARAM_LABEL: Label of RSAES-OAEP.
 * @UKS_PARAM_SALT: Salt of HKDF or PBKDF2.
 * @UKS_PARAM_INFO: Info of HKDF (RFC 5869, 2.3).
 * @UKS_PARAM_ITERATIONS: Iterations of PBKDF2.
 * @UKS_PARAM_OUT_LEN: Bytes to derive.
 * @UKS_PARAM_PEER: The other side's public key, DER SubjectPublicKeyInfo.
 * @UKS_PARAM_CONTEXT: Context of Ed448 (RFC 8032, 5.2), or identifier of the signer
 *	for SM2.
 * @UKS_PARAM_NONCE_LEN: Bytes of nonce wanted (AES-CCM).
 * @UKS_PARAM_TAG_LEN: Bytes of authentication tag wanted (AES-CCM, AES-GCM).
 * @UKS_PARAM_KDF: How an agreed secret becomes a key, enum uks_algorithm: HKDF; the
 *	secret itself if absent.
 * @UKS_PARAM_VECTOR: Initial vector to wrap with by AES-CBC; drawn if absent.
 * @__UKS_PARAM_MAX: end of the list
 * @UKS_PARAM_MAX: greatest number
 */
enum uks_param {
	UKS_PARAM_MGF_DIGEST = 1,
	UKS_PARAM_SALT_LEN,
	UKS_PARAM_LABEL,
	UKS_PARAM_SALT,
	UKS_PARAM_INFO,
	UKS_PARAM_ITERATIONS,
	UKS_PARAM_OUT_LEN,
	UKS_PARAM_PEER,
	UKS_PARAM_CONTEXT,
	UKS_PARAM_NONCE_LEN,
	UKS_PARAM_TAG_LEN,
	UKS_PARAM_KDF,
	UKS_PARAM_VECTOR,
	__UKS_PARAM_MAX,
	UKS_PARAM_MAX = __UKS_PARAM_MAX - 1
};

/**
 * enum uks_policy_a - attributes of the set "policy"
 * @UKS_POLICY_A_ALGORITHMS: What the key may do it by, bits 1 << enum
 *	uks_algorithm; all that fit the type and are not legacy if absent.
 * @UKS_POLICY_A_DIGESTS: Digests allowed, bits 1 << enum uks_digest; all that fit
 *	and are not legacy if absent.
 * @UKS_POLICY_A_FLAGS: Bits of enum uks_policy_flag.
 * @UKS_POLICY_A_NOT_BEFORE: Not to be used before, seconds since 1970-01-01 UTC.
 * @UKS_POLICY_A_NOT_AFTER: Not to be used after, seconds since 1970-01-01 UTC.
 * @UKS_POLICY_A_MAX_USES: How often the key may be used at all.
 * @UKS_POLICY_A_MAX_USES_BOOT: How often the key may be used until the next boot.
 * @UKS_POLICY_A_RATE_USES: How often the key may be used within rate-seconds.
 * @UKS_POLICY_A_RATE_SECONDS: Length of the time that rate-uses is counted in,
 *	seconds.
 * @UKS_POLICY_A_ROTATE: After how many seconds a new version is made.
 * @UKS_POLICY_A_IDLE: After how many seconds without use a session ends.
 * @UKS_POLICY_A_GRANT: Who beside the owner may use the key, and for what; may be
 *	there several times.
 * @UKS_POLICY_A_BIND: What must hold for everyone, the owner too; may be there
 *	several times, and one of them must hold.
 * @UKS_POLICY_A_PIN: The key needs a PIN, enum uks_pin_mode.
 * @UKS_POLICY_A_PIN_SECONDS: How long a session that was opened with the PIN serves
 *	(UKS_PIN_TIMED).
 * @UKS_POLICY_A_PIN_TRIES: How many wrong PINs lock the key.
 * @__UKS_POLICY_A_MAX: end of the list
 * @UKS_POLICY_A_MAX: greatest number
 */
enum uks_policy_a {
	UKS_POLICY_A_ALGORITHMS = 1,
	UKS_POLICY_A_DIGESTS,
	UKS_POLICY_A_FLAGS,
	UKS_POLICY_A_NOT_BEFORE,
	UKS_POLICY_A_NOT_AFTER,
	UKS_POLICY_A_MAX_USES,
	UKS_POLICY_A_MAX_USES_BOOT,
	UKS_POLICY_A_RATE_USES,
	UKS_POLICY_A_RATE_SECONDS,
	UKS_POLICY_A_ROTATE,
	UKS_POLICY_A_IDLE,
	UKS_POLICY_A_GRANT,
	UKS_POLICY_A_BIND,
	UKS_POLICY_A_PIN,
	UKS_POLICY_A_PIN_SECONDS,
	UKS_POLICY_A_PIN_TRIES,
	__UKS_POLICY_A_MAX,
	UKS_POLICY_A_MAX = __UKS_POLICY_A_MAX - 1
};

/**
 * enum uks_grant - attributes of the set "grant"
 * @UKS_GRANT_PURPOSES: Bits of enum uks_purpose; all of the key's if absent.
 * @UKS_GRANT_UID: Effective user id, in the initial user namespace.
 * @UKS_GRANT_GID: Effective or supplementary group id, in the initial user
 *	namespace.
 * @UKS_GRANT_EXE: Path of the executable.
 * @UKS_GRANT_EXE_DIGEST: SHA-256 of the executable.
 * @UKS_GRANT_UNIT: systemd unit.
 * @UKS_GRANT_CGROUP: Id of the cgroup, or of one above it.
 * @UKS_GRANT_LABEL: Security context as the LSM writes it.
 * @__UKS_GRANT_MAX: end of the list
 * @UKS_GRANT_MAX: greatest number
 */
enum uks_grant {
	UKS_GRANT_PURPOSES = 1,
	UKS_GRANT_UID,
	UKS_GRANT_GID,
	UKS_GRANT_EXE,
	UKS_GRANT_EXE_DIGEST,
	UKS_GRANT_UNIT,
	UKS_GRANT_CGROUP,
	UKS_GRANT_LABEL,
	__UKS_GRANT_MAX,
	UKS_GRANT_MAX = __UKS_GRANT_MAX - 1
};

/**
 * enum uks_nl_cmd - commands and events of the family
 * @UKS_NL_CMD_REGISTER: Make the sender the daemon. Needs CAP_SYS_ADMIN in the
 *	initial user namespace; EBUSY while another daemon lives.
 * @UKS_NL_CMD_CHANNEL: Open a channel in the registered daemon.
 * @UKS_NL_CMD_REVOKE: End all sessions and leases of one key at once; later use
 *	gives EKEYREVOKED. Only the registered daemon may.
 * @UKS_NL_CMD_ZEROIZE: End all sessions and leases of all keys at once. The
 *	registered daemon, or a caller with CAP_SYS_ADMIN.
 * @UKS_NL_CMD_STATS: Counters of the module. Needs CAP_SYS_ADMIN.
 * @UKS_NL_CMD_SESSION: List the open sessions. Needs CAP_SYS_ADMIN.
 * @UKS_NL_CMD_EVENT_DAEMON_UP: A daemon has registered.
 * @UKS_NL_CMD_EVENT_DAEMON_DOWN: The daemon has gone.
 * @UKS_NL_CMD_EVENT_REVOKED: The sessions of a key were revoked.
 * @UKS_NL_CMD_EVENT_ZEROIZED: All sessions were wiped, by the process of that user.
 * @__UKS_NL_CMD_MAX: end of the list
 * @UKS_NL_CMD_MAX: greatest number
 */
enum uks_nl_cmd {
	UKS_NL_CMD_REGISTER = 1,
	UKS_NL_CMD_CHANNEL,
	UKS_NL_CMD_REVOKE,
	UKS_NL_CMD_ZEROIZE,
	UKS_NL_CMD_STATS,
	UKS_NL_CMD_SESSION,
	UKS_NL_CMD_EVENT_DAEMON_UP,
	UKS_NL_CMD_EVENT_DAEMON_DOWN,
	UKS_NL_CMD_EVENT_REVOKED,
	UKS_NL_CMD_EVENT_ZEROIZED,
	__UKS_NL_CMD_MAX,
	UKS_NL_CMD_MAX = __UKS_NL_CMD_MAX - 1
};

#endif /* _UAPI_LINUX_UKS_NETLINK_H */
