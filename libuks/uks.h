/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libuks: use keys of the universal key store by their names.
 *
 * A client is the door to the store. A session is one key opened for one
 * purpose. Names of enums, limits and errors come from <linux/uks.h>.
 *
 * Every function that can fail returns 0 or a negative enum uks_error, and
 * tells more through its last argument, which may be NULL.
 *
 * The library keeps no global state. A client or session may be used by several
 * threads at once; one message in parts (uks_begin() to uks_finish()), one list
 * and one stream belong to one thread at a time. Freeing is the last use.
 *
 * After fork() the child may go on with the client: it is opened again under
 * the child's identity. Sessions belong to the process that opened them: in the
 * child they give UKS_E_NOT_OPENER and can only be closed.
 *
 * Where a function takes a key, it takes the key's name or "@" and the key's id
 * in 32 hexadecimal digits.
 */
#ifndef UKS_H
#define UKS_H

#include <stddef.h>
#include <stdint.h>
#include <linux/uks.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */

/**
 * struct uks_err - what went wrong
 * @code: enum uks_error, positive; 0 after success
 * @errnum: errno value of the system call that failed, 0 if none did
 * @request: number of the request, as the daemon's log has it; 0 if there was none
 * @text: one line that names the cause and, where there is one, the cure
 */
struct uks_err {
	int code;
	int errnum;
	uint64_t request;
	char text[UKS_TEXT_MAX];
};

/**
 * uks_strerror() - say in a few words what an error is
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, never NULL.
 */
const char *uks_strerror(int code);

/**
 * uks_cure() - say in a few words what to do about an error
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, "" if there is nothing to do, never NULL.
 */
const char *uks_cure(int code);

/**
 * uks_explain() - tell more about an error than its cause and cure
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string of whole lines, "" if there is nothing to tell, or
 * NULL if there is no such error.
 */
const char *uks_explain(int code);

/**
 * uks_error_name() - name of an error, as "NO_KEY" for UKS_E_NO_KEY
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, or NULL if there is no such error.
 */
const char *uks_error_name(int code);

/**
 * uks_error_at() - walk through all errors
 * @index: 0, 1, ...
 *
 * Return: enum uks_error, or -1 behind the last.
 */
int uks_error_at(size_t index);

/**
 * uks_version() - version of the library
 *
 * Return: a constant string, as "0.1.0".
 */
const char *uks_version(void);

/**
 * enum uks_word - sets of values that have names
 * @UKS_WORD_KEY_TYPE: enum uks_key_type: "aes-256", ...
 * @UKS_WORD_PURPOSE: enum uks_purpose: "encrypt", ...
 * @UKS_WORD_ALGORITHM: enum uks_algorithm: "aes-gcm", ...
 * @UKS_WORD_DIGEST: enum uks_digest: "sha256", ...
 * @UKS_WORD_FORMAT: enum uks_key_format: "raw", ...
 * @UKS_WORD_STATE: enum uks_key_state: "active", ...
 * @UKS_WORD_ORIGIN: enum uks_key_origin: "generated", ...
 * @UKS_WORD_FEATURE: enum uks_feature: "digest", ...
 * @UKS_WORD_LEASE_FLAG: enum uks_lease_flag: "caller-nonce", ...
 * @UKS_WORD_CALL_FLAG: enum uks_call_flag: "replace", ...
 * @UKS_WORD_POLICY_FLAG: enum uks_policy_flag: "exportable", ...
 * @UKS_WORD_PROVIDER: enum uks_provider: "sealed", ...
 * @UKS_WORD_PIN_MODE: enum uks_pin_mode: "per-use", ...
 */
enum uks_word {
	UKS_WORD_KEY_TYPE,
	UKS_WORD_PURPOSE,
	UKS_WORD_ALGORITHM,
	UKS_WORD_DIGEST,
	UKS_WORD_FORMAT,
	UKS_WORD_STATE,
	UKS_WORD_ORIGIN,
	UKS_WORD_FEATURE,
	UKS_WORD_LEASE_FLAG,
	UKS_WORD_CALL_FLAG,
	UKS_WORD_POLICY_FLAG,
	UKS_WORD_PROVIDER,
	UKS_WORD_PIN_MODE,
};

/**
 * uks_word() - name of a value
 * @set: which enum
 * @value: the value; of a set of bits, one bit
 *
 * Return: a constant string, or NULL if the library does not know the value.
 */
const char *uks_word(enum uks_word set, uint32_t value);

/**
 * uks_word_value() - value of a name
 * @set: which enum
 * @word: the name
 *
 * Return: the value, or 0 if there is no such name.
 */
uint32_t uks_word_value(enum uks_word set, const char *word);

/**
 * uks_word_at() - walk through the names of a set
 * @set: which enum
 * @index: 0, 1, ...
 *
 * Return: a constant string, or NULL behind the last.
 */
const char *uks_word_at(enum uks_word set, size_t index);

/* ---- client ---- */

#define UKS_TIMEOUT_DEFAULT	30000	/* milliseconds */

struct uks_client;

/**
 * uks_client_new() - make a client
 * @client: [out] the client; uks_client_free() it
 * @err: what went wrong, or NULL
 *
 * /dev/uks is opened by the first call that needs it, so that this fails only
 * without memory. The client acts for the user and group that are effective then;
 * after a change of user make a new one (the old gives UKS_E_NOT_OPENER).
 *
 * Return: 0, -UKS_E_NO_MEMORY.
 */
int uks_client_new(struct uks_client **client, struct uks_err *err);

/**
 * uks_client_free() - free a client
 * @client: the client, or NULL
 *
 * Its sessions go on.
 */
void uks_client_free(struct uks_client *client);

/**
 * uks_client_set_timeout() - say how long calls may take
 * @client: the client
 * @milliseconds: from the beginning of each call to its deadline;
 *	UKS_TIMEOUT_DEFAULT in a new client. 0: as the module's parameter has it
 *
 * A deadline stays the same when a signal handler with SA_RESTART ran; after
 * another handler the call ends with UKS_E_INTERRUPTED. Sessions take the
 * timeout over when they are opened.
 */
void uks_client_set_timeout(struct uks_client *client, uint32_t milliseconds);

/**
 * uks_query() - ask the kernel what it can do; needs no daemon
 * @client: the client
 * @query: [out] features and limits
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_query(struct uks_client *client, struct uks_query *query, struct uks_err *err);

/**
 * struct uks_status - how the daemon is
 * @daemon_version: its version
 * @store: where it keeps its keys
 * @store_schema: version of the store's schema
 * @tpm: manufacturer, model and firmware of the TPM
 * @tpm_root: TPM name of the storage root (TPM 2.0 part 1, "Names")
 * @tpm_root_len: bytes at @tpm_root
 * @keys: number of keys the caller owns
 * @started: when the daemon became ready, seconds since 1970-01-01 UTC
 * @master_state: enum uks_master_state of the register in force; 0 from a daemon
 *	that does not tell
 * @generation: generation of the store, which the TPM counts; 0 before there is one
 * @trouble: what an administrator should look at, such as why no key can be used; ""
 *	if all is well
 *
 * Made by uks_status(), freed by uks_status_free(); a later library may add
 * members at the end. Strings are never NULL.
 */
struct uks_status {
	const char *daemon_version;
	const char *store;
	uint32_t store_schema;
	const char *tpm;
	const uint8_t *tpm_root;
	size_t tpm_root_len;
	uint64_t keys;
	uint64_t started;
	uint32_t master_state;
	uint64_t generation;
	const char *trouble;
};

/**
 * uks_status() - ask the daemon how it is
 * @client: the client
 * @status: [out] its answer; uks_status_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_DAEMON.
 */
int uks_status(struct uks_client *client, struct uks_status **status, struct uks_err *err);

/**
 * uks_status_free() - free what uks_status() gave
 * @status: the status, or NULL
 */
void uks_status_free(struct uks_status *status);

#ifdef __cplusplus
}
#endif

#include "uks-policy.h"
#include "uks-key.h"
#include "uks-session.h"
#include "uks-sks.h"
#include "uks-admin.h"
#include "uks-attest.h"
#include "uks-audit.h"

#endif /* UKS_H */
