/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame of the PKCS #11 module: its one state, PKCS #11 sessions, operations.
 *
 * Locks: a session's, then the module's. The module's lock guards the tables of
 * sessions and objects, the records and the login; it is not held while a key
 * works. It is held over fork(), so that the child finds whole tables.
 *
 * "Session" is a PKCS #11 session here; a session of UKS is a "use" (use.h).
 */
#ifndef UKS_PKCS11_P11_H
#define UKS_PKCS11_P11_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <uks.h>

#include "bag.h"
#include "mechanism.h"
#include "pin.h"
#include "object.h"
#include "use.h"

#define OWN_SLOT	0	/* the user's own keys; vaults have those behind it */
#define ALL_SLOTS	((ck_slot_id_t)-1)
#define PIN_MIN		4
#define PIN_MAX		255

/**
 * enum op_kind - operations of which a session can have one each at a time
 * @OP_ENCRYPT: C_Encrypt...
 * @OP_DECRYPT: C_Decrypt...
 * @OP_DIGEST: C_Digest...
 * @OP_SIGN: C_Sign...
 * @OP_VERIFY: C_Verify...
 * @OP_SIGN_RECOVER: C_SignRecover
 * @OP_VERIFY_RECOVER: C_VerifyRecover
 * @OP_MESSAGE_ENCRYPT: C_EncryptMessage
 * @OP_MESSAGE_DECRYPT: C_DecryptMessage
 * @OP_KINDS: how many
 */
enum op_kind {
	OP_ENCRYPT,
	OP_DECRYPT,
	OP_DIGEST,
	OP_SIGN,
	OP_VERIFY,
	OP_SIGN_RECOVER,
	OP_VERIFY_RECOVER,
	OP_MESSAGE_ENCRYPT,
	OP_MESSAGE_DECRYPT,
	OP_KINDS,
};

/**
 * struct op - an operation
 * @mechanism: how; NULL: there is no operation
 * @key: with which key; NULL to digest
 * @wanted: how the key is to be opened
 * @use: the key opened, or NULL
 * @md: a digest or verification in this process, or NULL
 * @public: public key for work in this process, or NULL
 * @parts: a part was given: the one-shot call is not allowed any more
 * @begun: the use has begun the message in parts
 * @held: message of a mechanism that wants it whole, or the end of one not yet given out
 * @held_len: bytes at @held
 * @aad: associated data
 * @aad_len: bytes at @aad
 * @nonce: nonce, initial vector or counter block
 * @nonce_len: bytes at @nonce; 0 if none
 * @nonce_out: where a nonce that UKS makes shall go, or NULL
 * @out_len: length of the MAC or signature, or of the tag, bytes
 * @fed: bytes of the message taken
 * @given: bytes of the result given out
 * @finished: the result is whole, at @held
 */
struct op {
	const struct mechanism *mechanism;
	struct object *key;
	struct wanted wanted;
	struct use *use;
	EVP_MD_CTX *md;
	EVP_PKEY *public;
	bool parts;
	bool begun;
	uint8_t *held;
	size_t held_len;
	uint8_t *aad;
	size_t aad_len;
	uint8_t nonce[UKS_NONCE_MAX];
	size_t nonce_len;
	uint8_t *nonce_out;
	size_t out_len;
	size_t fed;
	size_t given;
	bool finished;
};

/**
 * struct session - a PKCS #11 session
 * @lock: held while a call works in it
 * @refs: who holds it; changed under the module's lock
 * @handle: its handle
 * @slot: with which token
 * @rw: it may change token objects
 * @closed: no new call may begin
 * @op: its operations
 * @finding: a search is active
 * @found: what is found and not yet given out, at @next of @count
 * @next: see @found
 * @count: see @found
 */
struct session {
	pthread_mutex_t lock;
	unsigned int refs;
	ck_session_handle_t handle;
	ck_slot_id_t slot;
	bool rw;
	bool closed;
	struct op op[OP_KINDS];
	bool finding;
	ck_object_handle_t *found;
	size_t next;
	size_t count;
};

/**
 * enum login - who is logged in to the own token, in all sessions of the process
 * @LOGIN_NOBODY: nobody
 * @LOGIN_USER: the user
 * @LOGIN_SO: the security officer
 */
enum login {
	LOGIN_NOBODY,
	LOGIN_USER,
	LOGIN_SO,
};

/**
 * struct module - all state of the module
 * @lock: guards all of it
 * @ready: C_Initialize was called, in this process
 * @client: how UKS is reached
 * @vaults_known: which vaults the user takes was read
 * @sessions: table of sessions, NULL where one is free
 * @session_room: length of @sessions
 * @session_turn: made part of handles, so that these are not used again soon
 * @login: who is logged in to the user's own token
 * @pin_set: the user has a PIN: private objects are for who is logged in
 */
struct module {
	pthread_mutex_t lock;
	bool ready;
	struct uks_client *client;
	bool vaults_known;
	struct session **sessions;
	size_t session_room;
	unsigned long session_turn;
	enum login login;
	bool pin_set;
};

extern struct module module;

/**
 * module_enter() - begin a call that is not in a session
 *
 * Return: CKR_OK, the module's lock held; CKR_CRYPTOKI_NOT_INITIALIZED, not held.
 */
ck_rv_t module_enter(void);

/**
 * module_leave() - end a call that module_enter() began
 * @rv: what it gives
 *
 * Return: @rv.
 */
ck_rv_t module_leave(ck_rv_t rv);

/**
 * session_enter() - begin a call in a session
 * @handle: the session
 * @session: [out] the session, its lock held; session_leave() it
 *
 * Return: CKR_OK, CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID.
 */
ck_rv_t session_enter(ck_session_handle_t handle, struct session **session);

/**
 * session_leave() - end a call in a session
 * @session: from session_enter()
 * @rv: what it gives
 *
 * Return: @rv.
 */
ck_rv_t session_leave(struct session *session, ck_rv_t rv);

/**
 * session_close_all() - close all sessions; the module's lock is held, and let
 * go of meanwhile
 * @slot: with that token; ALL_SLOTS for all
 */
void session_close_all(ck_slot_id_t slot);

/**
 * session_counts() - count the sessions with a token
 * @slot: its slot
 * @all: [out] how many
 * @rw: [out] how many of them may change token objects
 */
void session_counts(ck_slot_id_t slot, unsigned long *all, unsigned long *rw);

/**
 * session_forget_all() - free all sessions of another process, after fork()
 */
void session_forget_all(void);

/**
 * session_needs_rw() - may a session change a token object?
 * @session: the session
 * @token: the object is one
 *
 * Return: CKR_OK, CKR_SESSION_READ_ONLY.
 */
ck_rv_t session_needs_rw(const struct session *session, bool token);

/**
 * session_may_hide() - may a session make an object as private as a template says?
 * @session: the session
 * @class: class of the object
 * @bag: its template. Where it says nothing, and the user has a PIN and is not logged in,
 *	a key of a session becomes a public object, for otherwise nobody could use it
 *
 * The module's lock is held.
 *
 * Return: CKR_OK, CKR_USER_NOT_LOGGED_IN, CKR_HOST_MEMORY.
 */
ck_rv_t session_may_hide(const struct session *session, ck_object_class_t class,
			 struct bag *bag);

/**
 * op_end() - end an operation, if it is there, and wipe it
 * @op: the operation
 */
void op_end(struct op *op);

/**
 * op_result() - end an operation unless the call only asked for a length
 * @op: the operation
 * @rv: how the call ends
 * @out: where the caller wants its result
 *
 * Return: @rv.
 */
ck_rv_t op_result(struct op *op, ck_rv_t rv, const void *out);

/**
 * op_collect() - keep a part of a message that is wanted whole
 * @op: the operation
 * @part: the part
 * @len: bytes at @part
 * @most: greatest length of the message
 *
 * Return: CKR_OK, CKR_DATA_LEN_RANGE, CKR_HOST_MEMORY.
 */
ck_rv_t op_collect(struct op *op, const void *part, size_t len, size_t most);

/**
 * op_init() - begin an operation with a key: all of C_SignInit() and its kind
 * @handle: the session
 * @mechanism: how, as the caller says; NULL cancels an operation, as v3.0 has it
 * @key: the key
 * @kind: which
 * @usage: attribute that the key must have, as CKA_SIGN
 * @prepare: called with the operation, which has mechanism, key, and what
 *	mechanism_parameters() makes of the parameters, to say what UKS is to be asked for
 *
 * Return: CKR_OK or what C_SignInit() and its kind give.
 */
ck_rv_t op_init(ck_session_handle_t handle, struct ck_mechanism *mechanism,
		ck_object_handle_t key, enum op_kind kind, ck_attribute_type_t usage,
		ck_rv_t (*prepare)(struct op *op, const struct ck_mechanism *given));

/**
 * op_allows() - may a key be used by a mechanism, and now?
 * @key: the key
 * @mechanism: the mechanism
 *
 * Return: CKR_OK; CKR_MECHANISM_INVALID: CKA_ALLOWED_MECHANISMS does not have it, or it
 * is weak and the policy does not name it; CKR_KEY_FUNCTION_NOT_PERMITTED: it is not
 * between CKA_START_DATE and CKA_END_DATE.
 */
ck_rv_t op_allows(const struct object *key, const struct mechanism *mechanism);

/**
 * op_one_shot() - may the one-shot call of an operation be made now?
 * @op: the operation
 *
 * Return: CKR_OK, CKR_OPERATION_NOT_INITIALIZED, CKR_OPERATION_ACTIVE.
 */
ck_rv_t op_one_shot(const struct op *op);

/**
 * op_needs_room() - is there room for a result of known length?
 * @out: where it shall go, or NULL to ask for the length
 * @out_len: [in] room; [out] @need
 * @need: its length
 *
 * Return: CKR_OK, CKR_BUFFER_TOO_SMALL.
 */
ck_rv_t op_needs_room(const void *out, unsigned long *out_len, size_t need);

/**
 * session_key_ready() - see to it that a key is one of UKS
 * @op: the operation; gets the key's id
 *
 * A secret key whose value a client gave for a session becomes a key of UKS when it
 * is first used, for then it is known what for.
 *
 * Return: CKR_OK or another; the module's lock is held.
 */
ck_rv_t session_key_ready(struct op *op);

/**
 * error_rv() - what PKCS #11 says for an error of UKS
 * @ret: 0 or a negative enum uks_error
 *
 * Return: CKR_...
 */
ck_rv_t error_rv(int ret);

/**
 * token_put_text() - fill a field with text, padded with blanks
 * @field: where
 * @room: bytes of it
 * @text: the text
 */
void token_put_text(unsigned char *field, size_t room, const char *text);

/**
 * token_present() - is there a token in a slot?
 * @slot: the slot
 *
 * Return: whether: the device may be used, and in a vault there are keys for the user.
 */
bool token_present(ck_slot_id_t slot);

/**
 * slot_enter() - begin a call about a slot
 * @slot: the slot
 * @out: what must not be NULL
 *
 * Return: CKR_OK, the module's lock held; CKR_CRYPTOKI_NOT_INITIALIZED,
 * CKR_SLOT_ID_INVALID, CKR_ARGUMENTS_BAD, not held.
 */
ck_rv_t slot_enter(ck_slot_id_t slot, const void *out);

/**
 * random_bytes() - draw random bytes
 * @out: where they shall go
 * @len: how many
 */
void random_bytes(void *out, size_t len);

#define P11_EXPORT __attribute__((visibility("default")))

#endif /* UKS_PKCS11_P11_H */
