/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SKS (Secure Key Store 1.07): issuers provision keys. What its files share: a call,
 * and the objects that calls are about. See Documentation/sks.rst.
 */
#ifndef UKSD_SKS_H
#define UKSD_SKS_H

#include "daemon/dispatch.h"
#include "daemon/provider/provider.h"
#include "daemon/sks/mac.h"
#include "daemon/sks/store.h"
#include "daemon/sks/wire.h"

#define SKS_KMK_MAX		2048	/* bytes of a key management key */
#define SKS_ENDORSED_MAX	255	/* algorithms that a key is endorsed for */
#define SKS_FRIENDLY_MAX	(4 * SKS_NAME_MAX)	/* bytes of a friendly name */

/**
 * struct sks_call - a method that is being served
 * @worker: who serves it
 * @request: the request
 * @failure: why the store cannot serve at all, if @broken
 * @flags: bits of enum sks_call_flag
 * @in: its arguments
 * @out: its outputs
 * @status: why it failed
 * @text: the same for people
 * @broken: it failed, and not by a status
 * @keep: what was changed is to last though the method failed: a wrong PIN counts
 * @pins: PINs or PUKs were written or removed
 * @session: handle of the open session that ends when the method fails, or 0
 * @root: the key that objects are sealed under; locked memory
 * @ahead: a pair of keys that was made before the change of the store began; its secret
 *	is in locked memory
 * @stripes: locks on keys of UKS that are held alone, bits
 * @scrub: something secret was removed
 * @erased: ids of keys of UKS that went
 * @erased_count: how many
 */
struct sks_call {
	struct worker *worker;
	const struct request *request;
	struct failure *failure;
	uint32_t flags;
	struct sks_in in;
	struct sks_out out;
	enum sks_status status;
	char text[256];
	bool broken;
	bool keep;
	bool pins;
	uint32_t session;
	uint8_t *root;
	struct material *ahead;
	uint64_t stripes;
	bool scrub;
	uint8_t (*erased)[UKS_KEY_ID_LEN];
	size_t erased_count;
};

/** sks_fail() - end the method with a status; -1 */
int __attribute__((format(printf, 3, 4)))
sks_fail(struct sks_call *call, enum sks_status status, const char *format, ...);

/** sks_store_failed() - end the method as call->failure says; -1 */
int sks_store_failed(struct sks_call *call);

/** sks_arguments() - 0 when all arguments were read and no more is there, else -1 */
int sks_arguments(struct sks_call *call);

/* A method; 0, or -1 after sks_fail(). */
typedef int (*sks_handler)(struct sks_call *call);

/**
 * struct sks_object - a row with its contents
 * @row: the row
 * @plain: what is in its blob: room for SKS_OBJECT_MAX bytes
 * @len: bytes of it
 */
struct sks_object {
	struct sks_row row;
	uint8_t *plain;
	size_t len;
};

/** sks_root() - open, or make if @create, the key that objects are sealed under */
int sks_root(struct sks_call *call, bool create);

/** sks_new_handle() - a handle that was never used; within a change */
int sks_new_handle(struct sks_call *call, uint32_t *handle);

/**
 * sks_seal() - seal the contents of a row and write it, within a change
 * @call: the call
 * @row: what it says; its generation grows
 * @plain: the contents
 * @len: bytes of it
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_seal(struct sks_call *call, struct sks_row *row, const uint8_t *plain, size_t len);

/**
 * sks_get() - read an object of the caller's
 * @call: the call
 * @handle: which
 * @kind: what it must be
 * @object: receives it, for sks_free()
 *
 * Return: 1 if there is one, 0 if not, -1 with @call failed.
 */
int sks_get(struct sks_call *call, uint32_t handle, uint32_t kind, struct sks_object *object);

/**
 * sks_find() - read the first object of the caller's after a handle
 * @call: the call
 * @by: what @object->row has to say
 * @object: what to find; receives it, for sks_free()
 *
 * Return: 1 if there is one, 0 if not, -1 with @call failed.
 */
int sks_find(struct sks_call *call, enum sks_by by, struct sks_object *object);

/** sks_free() - wipe and free the contents */
void sks_free(struct sks_object *object);

/** sks_remove() - remove a row, within a change */
int sks_remove(struct sks_call *call, uint32_t handle);

/**
 * struct sks_session - a provisioning session
 * @row: its row
 * @key: its key; zero once it is closed
 * @counter: MACs that were made and verified
 * @left: how often its key may still be used
 * @lifetime: seconds
 * @limit: how often its key might be used at the start
 * @privacy: the device stays unknown
 * @created: seconds since 1970-01-01 UTC
 * @boot: which boot that was in, as struct uksd has it
 * @since_boot: seconds from that boot's beginning to then
 * @client_time: what the client said the time was
 * @client_id: the store's name for it
 * @server_id: the issuer's
 * @issuer: URI of the issuer
 * @kmk_len: bytes at @kmk, 0 for none
 * @kmk: the key management key, DER
 */
struct sks_session {
	struct sks_row row;
	uint8_t key[SKS_KEY_LEN];
	uint16_t counter;
	uint16_t left;
	uint16_t lifetime;
	uint16_t limit;
	bool privacy;
	uint64_t created;
	uint8_t boot[16];
	uint64_t since_boot;
	uint32_t client_time;
	char client_id[SKS_ID_MAX + 1];
	char server_id[SKS_ID_MAX + 1];
	char issuer[SKS_URI_MAX + 1];
	size_t kmk_len;
	uint8_t kmk[SKS_KMK_MAX];
};

/**
 * struct sks_puk - a PUK policy
 * @row: its row
 * @format: enum sks_format
 * @limit: how many wrong ones lock it; 0: each takes time instead
 * @errors: wrong ones since a right one
 * @len: bytes at @value
 * @value: the PUK
 */
struct sks_puk {
	struct sks_row row;
	uint8_t format;
	uint16_t limit;
	uint16_t errors;
	size_t len;
	uint8_t value[SKS_PIN_MAX];
};

/* A PIN policy: the method's arguments; @link of its @row is the PUK policy, or 0. */
struct sks_pin_policy {
	struct sks_row row;
	bool user_defined;
	bool user_modifiable;
	uint8_t format;
	uint16_t limit;
	uint8_t grouping;
	uint8_t patterns;
	uint16_t min;
	uint16_t max;
	uint8_t input;
};

/**
 * struct sks_pin - a PIN
 * @row: its row; @link is the PIN policy
 * @usage: enum sks_usage of the key that it was made with
 * @errors: wrong ones since a right one
 * @len: bytes at @value
 * @value: the PIN
 */
struct sks_pin {
	struct sks_row row;
	uint8_t usage;
	uint16_t errors;
	size_t len;
	uint8_t value[SKS_PIN_MAX];
};

/**
 * struct sks_key - a key
 * @row: its row; @link is the PIN, or 0; @key its id in UKS once it is closed; @digest
 *	that of its certificate
 * @type: enum uks_key_type of the pair that was generated or imported
 * @caching: the PIN may be remembered
 * @biometric: enum sks_biometric
 * @export: enum sks_protection
 * @deletion: the same
 * @usage: enum sks_usage
 * @backup: bits of enum sks_backup
 * @symmetric: bytes of an imported secret; 0 for a pair of keys
 * @exponent: the RSA exponent if one was asked for, else 0
 * @friendly_len: bytes at @friendly
 * @friendly: its name for people
 * @endorsed_count: how many @endorsed
 * @endorsed: numbers of algorithms (sks-algorithm.h)
 * @public_len: bytes at @public_key
 * @public_key: the generated one, DER SubjectPublicKeyInfo
 */
struct sks_key {
	struct sks_row row;
	uint32_t type;
	bool caching;
	uint8_t biometric;
	uint8_t export;
	uint8_t deletion;
	uint8_t usage;
	uint8_t backup;
	uint8_t symmetric;
	uint64_t exponent;
	size_t friendly_len;
	uint8_t friendly[SKS_FRIENDLY_MAX];
	size_t endorsed_count;
	uint8_t endorsed[SKS_ENDORSED_MAX];
	size_t public_len;
	uint8_t public_key[SKS_SPKI_MAX];
};

/*
 * Reading: 0, or -1 with @call failed: SKS_E_NO_SESSION, SKS_E_NO_KEY. Writing: within a
 * change; a handle of 0 becomes a new one.
 */
int sks_read_session(struct sks_call *call, uint32_t handle, struct sks_session *session);
int sks_write_session(struct sks_call *call, struct sks_session *session);
int sks_read_puk(struct sks_call *call, uint32_t handle, struct sks_puk *puk);
int sks_write_puk(struct sks_call *call, struct sks_puk *puk);
int sks_read_policy(struct sks_call *call, uint32_t handle, struct sks_pin_policy *policy);
int sks_write_policy(struct sks_call *call, struct sks_pin_policy *policy);
int sks_read_pin(struct sks_call *call, uint32_t handle, struct sks_pin *pin);
int sks_write_pin(struct sks_call *call, struct sks_pin *pin);
int sks_read_key(struct sks_call *call, uint32_t handle, struct sks_key *key);
int sks_write_key(struct sks_call *call, struct sks_key *key);

/** sks_read_policy_of() - the PIN of a key and its policy; all zero for a key without */
int sks_read_policy_of(struct sks_call *call, const struct sks_key *key, struct sks_pin *pin,
		       struct sks_pin_policy *policy);

/* Contents of an object that was found. 0, or -1 with @call failed: it is damaged. */
int sks_take_session(struct sks_call *call, const struct sks_object *object,
		     struct sks_session *session);
int sks_take_pin(struct sks_call *call, const struct sks_object *object, struct sks_pin *pin);
int sks_take_key(struct sks_call *call, const struct sks_object *object, struct sks_key *key);

/**
 * struct sks_post - an operation put off until the session is closed
 * @row: its row; @parent is the session, @link the target
 * @method: SKS_POST_*
 * @key: the new key, for SKS_POST_UPDATE and SKS_POST_CLONE
 */
struct sks_post {
	struct sks_row row;
	uint8_t method;
	uint32_t key;
};

int sks_write_post(struct sks_call *call, struct sks_post *post);
int sks_take_post(struct sks_call *call, const struct sks_object *object,
		  struct sks_post *post);

#endif /* UKSD_SKS_H */
