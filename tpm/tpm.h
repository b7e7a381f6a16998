/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The TPM 2.0: a storage root that stays, and a secret sealed under it.
 *
 * Order of calls: uks_tpm_open(), uks_tpm_root(), then all others as often as
 * needed, uks_tpm_close(). Nothing but what is persistent stays in the TPM after
 * any of them, also when they fail.
 *
 * More on this connection: nv.h (counter, anchor), pin.h, boot.h (PCRs), key.h
 * (keys inside the TPM), attest.h; and evidence.h, which needs no TPM.
 *
 * Threads may share a connection once it has its root: calls wait for each other.
 * The calls of those headers also survive that the TPM is reset or goes away for
 * a few seconds: they connect again, find the root by its name, and begin anew.
 *
 * What somebody between the processor and the TPM gets: a tap sees neither the
 * secret nor what would give it, and a changed answer is refused, because the
 * sessions are salted to the root and the root is known by its name. Only the
 * first start has to trust the path to the TPM: it learns that name there.
 */
#ifndef UKS_TPM_H
#define UKS_TPM_H

#include <stddef.h>
#include <stdint.h>

/* Persistent handle where the TCG's provisioning guidance puts the storage root. */
#define UKS_TPM_ROOT_HANDLE	0x81000001
#define UKS_TPM_NAME_LEN	34	/* TPMT_HA of SHA-256: algorithm, digest */
#define UKS_TPM_SECRET_LEN	32	/* bytes of a sealed secret */
#define UKS_TPM_BLOB_MAX	512	/* bytes of a sealed blob */
#define UKS_TPM_TEXT_MAX	512	/* bytes of an error text with its NUL */
#define UKS_TPM_AUTH_LEN	32	/* bytes of an authorisation value: a key of its own */
#define UKS_TPM_HASH_LEN	32	/* bytes of a SHA-256 digest */

/**
 * enum uks_tpm_cause - why a call failed
 *
 * @UKS_TPM_OK: it did not
 * @UKS_TPM_BAD_CONFIG: the TCTI string names no way to a TPM, or the handle is none
 *	for a persistent object of the owner (0x81000000 to 0x817fffff)
 * @UKS_TPM_NO_DEVICE: there is no TPM, or it stopped answering
 * @UKS_TPM_NO_PERMISSION: the device may not be opened by this user
 * @UKS_TPM_BUSY: somebody else has the device open, or the TPM asked to try
 *	again later for longer than is reasonable
 * @UKS_TPM_CLEARED: this is the TPM of that identity, but it was cleared since:
 *	its storage root, and with it all that was sealed, is gone
 * @UKS_TPM_FOREIGN: this is another TPM than the one of that identity
 * @UKS_TPM_HANDLE_TAKEN: the persistent handle holds something that is not the
 *	root; it was left alone
 * @UKS_TPM_HIERARCHY: the owner or endorsement hierarchy has a password, or
 *	the firmware has disabled it
 * @UKS_TPM_NO_SPACE: no room in the TPM for one more persistent object
 * @UKS_TPM_LOCKOUT: dictionary attack protection is in force
 * @UKS_TPM_FAILURE_MODE: the TPM failed its self-test
 * @UKS_TPM_CONTEXTS_EXHAUSTED: others left no room in the TPM for an object or
 *	session
 * @UKS_TPM_SEALED_BLOB: the blob is damaged, or was not sealed under this root
 * @UKS_TPM_UNTRUSTED: the answer was changed on its way, or does not come from
 *	the TPM that has the root
 * @UKS_TPM_BAD_ARGUMENT: the caller gave something that is too long, too short or
 *	no such thing
 * @UKS_TPM_UNSUPPORTED: this TPM has no such algorithm, key length or PCR bank
 * @UKS_TPM_INDEX: the NV index is gone, or another one has its place
 * @UKS_TPM_MISMATCH: counter or anchor is not where the caller says it is
 * @UKS_TPM_KEY_BLOB: the key is damaged, or is of another root
 * @UKS_TPM_WRONG_AUTH: the authorisation value, PIN or administrator code is wrong
 * @UKS_TPM_PIN_BLOCKED: no tries are left for this PIN
 * @UKS_TPM_BOOT_CHANGED: a PCR has another value than was approved
 * @UKS_TPM_NOT_APPROVED: the approval is not signed by the authority, or damaged
 * @UKS_TPM_OTHER: something else; the text has the code
 */
enum uks_tpm_cause {
	UKS_TPM_OK,
	UKS_TPM_BAD_CONFIG,
	UKS_TPM_NO_DEVICE,
	UKS_TPM_NO_PERMISSION,
	UKS_TPM_BUSY,
	UKS_TPM_CLEARED,
	UKS_TPM_FOREIGN,
	UKS_TPM_HANDLE_TAKEN,
	UKS_TPM_HIERARCHY,
	UKS_TPM_NO_SPACE,
	UKS_TPM_LOCKOUT,
	UKS_TPM_FAILURE_MODE,
	UKS_TPM_CONTEXTS_EXHAUSTED,
	UKS_TPM_SEALED_BLOB,
	UKS_TPM_UNTRUSTED,
	UKS_TPM_BAD_ARGUMENT,
	UKS_TPM_UNSUPPORTED,
	UKS_TPM_INDEX,
	UKS_TPM_MISMATCH,
	UKS_TPM_KEY_BLOB,
	UKS_TPM_WRONG_AUTH,
	UKS_TPM_PIN_BLOCKED,
	UKS_TPM_BOOT_CHANGED,
	UKS_TPM_NOT_APPROVED,
	UKS_TPM_OTHER,
};

/**
 * struct uks_tpm_error - a failure, for programs and for people
 * @cause: what went wrong
 * @rc: the TSS2_RC behind it, or 0 when there is none
 * @text: one line, NUL-terminated: what was tried, the cause, the cure, and the
 *	decoded @rc
 */
struct uks_tpm_error {
	enum uks_tpm_cause cause;
	uint32_t rc;
	char text[UKS_TPM_TEXT_MAX];
};

/**
 * struct uks_tpm_identity - which TPM, and which root in it
 * @root: name of the storage root; another one after TPM2_Clear
 * @endorsement: name of the ECC P-256 endorsement key; survives TPM2_Clear
 *
 * Names as in TPM 2.0 Part 1, 16 "Names". Not secret; to be kept as bytes next
 * to what was sealed.
 */
struct uks_tpm_identity {
	uint8_t root[UKS_TPM_NAME_LEN];
	uint8_t endorsement[UKS_TPM_NAME_LEN];
};

/**
 * struct uks_tpm_blob - a sealed secret
 * @len: bytes of @data in use
 * @data: "UKST", the version (1) as big-endian 16-bit number, TPM2B_PUBLIC,
 *	TPM2B_PRIVATE (TPM 2.0 Part 2). Not secret.
 */
struct uks_tpm_blob {
	size_t len;
	uint8_t data[UKS_TPM_BLOB_MAX];
};

/**
 * struct uks_tpm_index - an NV index of ours
 * @handle: where it is, 0x01800000 to 0x01bfffff (TCG "Registry of Reserved TPM 2.0
 *	Handles and Localities", owner)
 * @name: what it is: changes with its attributes, its policy and its handle
 *
 * Not secret; to be kept as bytes by who made the index. Each use checks it.
 */
struct uks_tpm_index {
	uint32_t handle;
	uint8_t name[UKS_TPM_NAME_LEN];
};

/* A connection to a TPM. */
struct uks_tpm;

/**
 * uks_tpm_open() - connect to a TPM
 * @tcti: a TCTI as in tss2-tctildr(7): "device:/dev/tpmrm0", "swtpm:path=FILE"
 * @tpm: receives the connection; NULL on failure
 * @error: receives the cause on failure; never NULL
 *
 * Changes nothing in the TPM, except that one nobody has started yet
 * (TPM2_Startup) is started. Sets TSS2_LOG=all+none in the environment, unless it
 * has TSS2_LOG already (which shows secrets from level debug on): to be called
 * before the program has threads.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_open(const char *tcti, struct uks_tpm **tpm, struct uks_tpm_error *error);

/**
 * uks_tpm_close() - disconnect
 * @tpm: from uks_tpm_open(), or NULL; gone afterwards
 */
void uks_tpm_close(struct uks_tpm *tpm);

/**
 * uks_tpm_describe() - say which TPM this is, for people
 * @tpm: the TPM
 * @text: receives one line, NUL-terminated: manufacturer, model and firmware
 *	version; cut off when it does not fit
 * @size: bytes at @text; 64 are enough
 */
void uks_tpm_describe(const struct uks_tpm *tpm, char *text, size_t size);

/**
 * uks_tpm_root() - find the storage root, or make it at the first start
 * @tpm: the TPM
 * @handle: persistent handle of the root, UKS_TPM_ROOT_HANDLE by default
 * @expected: what a former call found; NULL at the first start
 * @found: receives the identity; as @expected when that was given; may be
 *	@expected; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * The root is the ECC P-256 storage key of the "TCG TPM v2.0 Provisioning
 * Guidance", 7.5.1: other programs that follow it have the same one, and may
 * have made it persistent already.
 *
 * With @expected the root must have that name. Is it only missing at @handle it
 * is made persistent again; nothing else is changed in the TPM then, and
 * nothing is ever evicted.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_root(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_identity *expected,
		 struct uks_tpm_identity *found, struct uks_tpm_error *error);

/**
 * uks_tpm_seal() - encrypt a secret so that only this TPM can decrypt it
 * @tpm: the TPM, after uks_tpm_root()
 * @secret: the secret, UKS_TPM_SECRET_LEN bytes
 * @blob: receives the sealed secret; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * The object may not leave its root or its TPM, needs no password, and is not
 * subject to dictionary attack protection: whoever may use the TPM and has the
 * blob can unseal it. No copy of the secret stays in this process but at
 * @secret.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_seal(struct uks_tpm *tpm, const uint8_t secret[UKS_TPM_SECRET_LEN],
		 struct uks_tpm_blob *blob, struct uks_tpm_error *error);

/**
 * uks_tpm_unseal() - decrypt a sealed secret
 * @tpm: the TPM, after uks_tpm_root()
 * @blob: from uks_tpm_seal()
 * @secret: receives UKS_TPM_SECRET_LEN bytes; wiped on failure. Should be
 *	locked memory: no copy stays elsewhere in this process
 * @error: receives the cause on failure; never NULL
 *
 * Takes milliseconds with a software TPM and a second with some hardware: to be
 * called once, at the start.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_unseal(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
		   uint8_t secret[UKS_TPM_SECRET_LEN], struct uks_tpm_error *error);

#endif /* UKS_TPM_H */
