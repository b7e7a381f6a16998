/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PINs of keys. See Documentation/pin.rst.
 *
 * The TPM counts the tries: in an NV index for the PIN, and another for the
 * administrator's code if there is one. What the PIN protects is encrypted to the public
 * part of a key in the TPM, the guard, whose private part works with the PIN only: so
 * anything can be closed without the PIN and nothing opened, not even by who has the
 * master key. A key that is in the TPM itself is made to work with the PIN only.
 */
#ifndef UKSD_PIN_H
#define UKSD_PIN_H

#include "daemon/dispatch.h"
#include "daemon/key/policy.h"
#include "tpm/key.h"
#include "tpm/pin.h"

#define PIN_OVERHEAD	(65 + 16)	/* bytes by which pin_close() makes a secret longer */
#define PIN_OPENER_LEN	32		/* bytes that open one of those */
#define PIN_CODE_LEN	32		/* bytes of the random code that sets tries and PIN */
#define PIN_LEN_MIN	4
#define PIN_LEN_MAX	64
#define PIN_ADMIN_MIN	8
#define PIN_TRIES	5		/* until a key is locked, if its policy does not say */
#define PIN_ADMIN_TRIES	10		/* with the administrator's code */

/**
 * struct pin - what is known of a key's PIN
 * @has_code: there is an administrator's code
 * @tries: wrong PINs in a row until it is locked
 * @admin: index whose code sets tries and PIN; that code is random
 * @index: index of the PIN
 * @code: index of the administrator's code
 * @guard: opens what is closed, with the PIN
 * @code_guard: the same, with the administrator's code
 * @closed: the random code, for the guard
 * @code_closed: the random code, for the other one
 */
struct pin {
	bool has_code;
	unsigned int tries;
	struct uks_tpm_index admin;
	struct uks_tpm_index index;
	struct uks_tpm_index code;
	struct uks_tpm_key guard;
	struct uks_tpm_key code_guard;
	uint8_t closed[PIN_CODE_LEN + PIN_OVERHEAD];
	uint8_t code_closed[PIN_CODE_LEN + PIN_OVERHEAD];
};

/**
 * pin_read() - read what is known of a key's PIN
 * @key: the key
 * @pin: receives it
 * @failure: receives UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_read(const struct key *key, struct pin *pin, struct failure *failure);

/**
 * pin_write() - keep it with the key
 * @key: the key
 * @pin: what is known
 */
void pin_write(struct key *key, const struct pin *pin);

/**
 * pin_close_for() - encrypt for a guard
 * @guard: the guard
 * @secret: @len bytes, with room for PIN_OVERHEAD more; replaced by point, ciphertext and
 *	tag
 * @len: bytes of secret; receives those of the result
 * @failure: receives UKS_E_CRYPTO, UKS_E_BLOB
 *
 * An ECDH of a fresh key on P-256 with the guard. What opens it is BLAKE2b-256, keyed
 * with the shared x, of "uks pin v1" with its NUL and the point of the fresh key;
 * the cipher is XChaCha20-Poly1305 with a nonce of zeros, for that key encrypts once.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_close_for(const struct uks_tpm_key *guard, uint8_t *secret, size_t *len,
		  struct failure *failure);

/** pin_close() - pin_close_for() the guard of a key */
int pin_close(const struct key *key, uint8_t *secret, size_t *len, struct failure *failure);

/**
 * pin_open_with() - open what was closed, once the guard has given what opens it
 * @opener: PIN_OPENER_LEN bytes
 * @secret: what pin_close_for() gave; replaced by the secret
 * @len: bytes of it; receives those of the secret
 * @failure: receives UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_open_with(const uint8_t *opener, uint8_t *secret, size_t *len, struct failure *failure);

/**
 * pin_ask_guard() - have the TPM give what opens something
 * @worker: the worker
 * @key: the key
 * @admin: with the administrator's code, not the PIN
 * @code: the PIN or code; a wrong one costs a try
 * @closed: what is to be opened
 * @opener: receives PIN_OPENER_LEN bytes
 * @failure: receives UKS_E_PIN_WRONG, UKS_E_PIN_LOCKED, both with what to do, UKS_E_BLOB,
 *	UKS_E_PIN_NEEDED when there is no such code, what tpmgate_fail() gives
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_ask_guard(struct worker *worker, const struct key *key, bool admin,
		  const struct uks_attr *code, const uint8_t *closed, uint8_t *opener,
		  struct failure *failure);

/**
 * pin_verify() - is a PIN right? A wrong one costs a try
 * @worker: the worker
 * @key: the key
 * @code: the PIN
 * @left: receives how many wrong ones are left, also when it is wrong
 * @failure: as pin_ask_guard()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_verify(struct worker *worker, const struct key *key, const struct uks_attr *code,
	       unsigned int *left, struct failure *failure);

/**
 * pin_left() - how many wrong PINs are left?
 * @worker: the worker
 * @key: the key
 * @left: receives it
 * @failure: receives what tpmgate_fail() gives
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_left(struct worker *worker, const struct key *key, unsigned int *left,
	     struct failure *failure);

/* ---- make.c ---- */

/**
 * pin_check_request() - does a request for a new key say what its policy needs?
 * @request: the request
 * @policy: of the new key
 * @failure: receives UKS_E_PIN_BAD, UKS_E_BAD_POLICY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_check_request(const struct request *request, const struct policy *policy,
		      struct failure *failure);

/**
 * pin_check_new() - is this good as a PIN?
 * @pin: the PIN
 * @failure: receives UKS_E_PIN_BAD
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_check_new(const struct uks_attr *pin, struct failure *failure);

/**
 * pin_make() - make the PIN of the key that is being made
 * @worker: its @record is the key; no change of the store is under way
 * @request: the PIN, perhaps the administrator's code
 * @policy: the key's
 * @failure: receives UKS_E_TPM_BUSY when the TPM has no room, what tpmgate_fail()
 *	gives, UKS_E_STORE
 *
 * What it makes in the TPM goes when the request ends, unless pin_made() was called.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_make(struct worker *worker, const struct request *request, const struct policy *policy,
	     struct failure *failure);

/** pin_made() - the key is durable, and so is its PIN */
void pin_made(struct worker *worker);

/** pin_abandon() - remove what pin_make() has made, unless pin_made() was called */
void pin_abandon(struct worker *worker);

/**
 * pin_sweep() - remove from the TPM what no key needs any more
 * @uksd: the daemon
 * @store: no change of it is under way
 *
 * What cannot be removed now is noted, and tried again by housekeeping.
 */
void pin_sweep(struct uksd *uksd, struct store *store);

/**
 * pin_sweep_all() - the same, and first find what a crash has left
 * @uksd: the daemon, before it has workers
 * @store: no change of it is under way
 */
void pin_sweep_all(struct uksd *uksd, struct store *store);

/* ---- session.c ---- */

#define PIN_TICKET_LEN	(24 + 80 + 16)	/* nonce, what it says, tag */

/**
 * struct pin_use - a key with a PIN that is being used
 * @needed: the use needs the PIN
 * @code: the PIN, for a key in the TPM; points into the request
 * @ticket: what says in later requests that the PIN was given
 * @expires: until when it counts, ns of CLOCK_BOOTTIME; 0: as long as the session
 */
struct pin_use {
	bool needed;
	struct uks_tpm_code code;
	uint8_t ticket[PIN_TICKET_LEN];
	uint64_t expires;
};

/** pin_needed() - does a key need its PIN for a purpose? Its public part does not. */
bool pin_needed(const struct key *key, uint32_t purpose);

/**
 * pin_give() - a request uses a key: have its PIN, if it needs one
 * @worker: its @secret is what the blob of @key held, and is opened
 * @request: has UKS_A_PIN, or it fails with UKS_E_PIN_NEEDED
 * @key: the key
 * @policy: its policy
 * @purpose: what for
 * @len: bytes at @secret; receives those of the opened secret, 0 when only the public
 *	part is needed
 * @use: receives how it is used
 * @failure: as pin_ask_guard()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int pin_give(struct worker *worker, const struct request *request, const struct key *key,
	     const struct policy *policy, uint32_t purpose, size_t *len, struct pin_use *use,
	     struct failure *failure);

/**
 * pin_ready() - a key with a PIN, ready for one request of a session
 * @worker: @record is the key; holds its lock
 * @request: made by the kernel in a session
 * @failure: receives UKS_E_PIN_NEEDED, UKS_E_BLOB, UKS_E_CRYPTO
 *
 * Return: the key, for keycache_put(), or NULL with @failure filled in.
 */
struct cached_key *pin_ready(struct worker *worker, const struct request *request,
			     struct failure *failure);

#endif /* UKSD_PIN_H */
