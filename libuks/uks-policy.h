/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: policies of keys and parameters of algorithms. Included by <uks.h>. */
#ifndef UKS_POLICY_H
#define UKS_POLICY_H

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- policies ---- */

struct uks_policy;

/**
 * struct uks_conditions - a set of conditions on who asks, all of which must hold
 * @have: which conditions there are, bits 1 << UKS_GRANT_UID, 1 << UKS_GRANT_EXE, ...
 * @purposes: UKS_GRANT_PURPOSES: what is allowed, bits of enum uks_purpose; all of
 *	the key's without it
 * @uid: UKS_GRANT_UID: effective user id, in the initial user namespace
 * @gid: UKS_GRANT_GID: effective or supplementary group id
 * @cgroup: UKS_GRANT_CGROUP: id of the cgroup, or of one above it
 * @exe: UKS_GRANT_EXE: path of the executable
 * @exe_digest: UKS_GRANT_EXE_DIGEST: 32 bytes, SHA-256 of the executable
 * @unit: UKS_GRANT_UNIT: systemd unit
 * @label: UKS_GRANT_LABEL: security context as the LSM writes it
 */
struct uks_conditions {
	uint32_t have;
	uint32_t purposes;
	uint32_t uid;
	uint32_t gid;
	uint64_t cgroup;
	const char *exe;
	const uint8_t *exe_digest;
	const char *unit;
	const char *label;
};

/**
 * uks_policy_new() - make an empty policy: the owner may use the key, without bounds
 * @policy: [out] the policy; uks_policy_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_NO_MEMORY.
 */
int uks_policy_new(struct uks_policy **policy, struct uks_err *err);

/**
 * uks_policy_parse() - read a policy, as struct uks_key has it
 * @data: attributes of the set "policy"
 * @len: bytes at @data
 * @policy: [out] the policy; uks_policy_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_BAD_POLICY if it is malformed or newer, -UKS_E_NO_MEMORY.
 */
int uks_policy_parse(const void *data, size_t len, struct uks_policy **policy,
		     struct uks_err *err);

/**
 * uks_policy_free() - free a policy
 * @policy: the policy, or NULL
 */
void uks_policy_free(struct uks_policy *policy);

/**
 * uks_policy_set() - say a number of a policy
 * @policy: the policy
 * @rule: which: UKS_POLICY_A_ALGORITHMS, _DIGESTS, _FLAGS, _NOT_BEFORE, _NOT_AFTER,
 *	_MAX_USES, _MAX_USES_BOOT, _RATE_USES, _RATE_SECONDS, _ROTATE or _IDLE
 * @value: algorithms and digests: bits 1 << enum uks_algorithm, uks_digest; flags:
 *	bits of enum uks_policy_flag; not-before and not-after: seconds since
 *	1970-01-01 UTC; rotate and idle: seconds
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_INVALID: there is no such rule, or the value is too great for it.
 */
int uks_policy_set(struct uks_policy *policy, uint32_t rule, uint64_t value,
		   struct uks_err *err);

/**
 * uks_policy_get() - read a number of a policy
 * @policy: the policy
 * @rule: as in uks_policy_set()
 * @value: [out] its value, 0 if it is not said
 *
 * Return: 1 if it is said, 0 if not.
 */
int uks_policy_get(const struct uks_policy *policy, uint32_t rule, uint64_t *value);

/**
 * uks_policy_clear() - take back what a policy says
 * @policy: the policy
 * @rule: as in uks_policy_set(), or UKS_POLICY_A_GRANT or UKS_POLICY_A_BIND for all
 *	of these
 */
void uks_policy_clear(struct uks_policy *policy, uint32_t rule);

/**
 * uks_policy_add() - let others use the key, or bind everyone who does
 * @policy: the policy
 * @rule: UKS_POLICY_A_GRANT: who beside the owner may use the key, one of all
 *	grants must hold; UKS_POLICY_A_BIND: what must hold for the owner, too
 * @grant: the conditions; copied
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_BAD_POLICY if there is no condition or one too long,
 * -UKS_E_NO_MEMORY.
 */
int uks_policy_add(struct uks_policy *policy, uint32_t rule, const struct uks_conditions *grant,
		   struct uks_err *err);

/**
 * uks_policy_at() - walk through grants or binds
 * @policy: the policy
 * @rule: UKS_POLICY_A_GRANT or UKS_POLICY_A_BIND
 * @index: 0, 1, ...
 *
 * Return: the conditions, valid until the policy is changed or freed; NULL behind
 * the last.
 */
const struct uks_conditions *uks_policy_at(const struct uks_policy *policy, uint32_t rule,
					   size_t index);

/* ---- parameters ---- */

#define UKS_HAVE_SALT_LEN	0x1	/* @salt_len counts, also when it is 0 */

/**
 * struct uks_parameters - what an algorithm wants to know beside key and digest
 * @have: UKS_HAVE_SALT_LEN or 0
 * @mgf_digest: RSA-PSS, RSA-OAEP: digest of MGF1, enum uks_digest; 0: the same
 * @salt_len: RSA-PSS: bytes of salt; without UKS_HAVE_SALT_LEN those of the digest
 * @iterations: PBKDF2: iterations
 * @out_len: HKDF, PBKDF2: bytes to derive
 * @nonce_len: AES-CCM: bytes of nonce; 0: the usual number
 * @tag_len: AES-CCM, AES-GCM: bytes of tag; 0: the usual number
 * @kdf: agreement: UKS_ALG_HKDF to derive the result from the secret; 0: itself
 * @label: RSA-OAEP: label
 * @label_len: bytes at @label
 * @salt: HKDF, PBKDF2: salt
 * @salt_bytes: bytes at @salt
 * @info: HKDF: info
 * @info_len: bytes at @info
 * @peer: agreement: the other side's public key, DER SubjectPublicKeyInfo
 * @peer_len: bytes at @peer
 * @context: Ed448: context; SM2: identifier of the signer
 * @context_len: bytes at @context
 * @vector: AES-CBC wrap: initial vector, 16 bytes, to wrap with; NULL: UKS draws it
 * @vector_len: bytes at @vector
 * @reserved: 0
 *
 * Begins as zeros; what is 0 or NULL is not said. Bytes stay the caller's.
 */
struct uks_parameters {
	uint32_t have;
	uint32_t mgf_digest;
	uint32_t salt_len;
	uint32_t iterations;
	uint32_t out_len;
	uint32_t nonce_len;
	uint32_t tag_len;
	uint32_t kdf;
	const void *label;
	size_t label_len;
	const void *salt;
	size_t salt_bytes;
	const void *info;
	size_t info_len;
	const void *peer;
	size_t peer_len;
	const void *context;
	size_t context_len;
	const void *vector;
	size_t vector_len;
	uint64_t reserved[2];
};

struct uks_pin;

/**
 * struct uks_method - how a key is used
 * @algorithm: enum uks_algorithm; 0 for the usual one of the key's type
 * @digest: enum uks_digest; 0 for the usual one
 * @version: version of the key; 0 for the newest
 * @flags: UKS_CALL_COMPROMISED or 0
 * @parameters: what the algorithm wants to know, or NULL
 * @pin: PIN of the key, or NULL
 * @reserved: 0
 *
 * Begins as zeros.
 */
struct uks_method {
	uint32_t algorithm;
	uint32_t digest;
	uint32_t version;
	uint32_t flags;
	const struct uks_parameters *parameters;
	const struct uks_pin *pin;
	uint64_t reserved[3];
};

#ifdef __cplusplus
}
#endif

#endif /* UKS_POLICY_H */
