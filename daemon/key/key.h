/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys as the daemon knows them, and what the types of keys can do. */
#ifndef UKSD_KEY_H
#define UKSD_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/uks.h>

#include "daemon/failure.h"
#include "include/uks/algorithm.h"
#include "include/uks/attr.h"

#define KEY_PUBLIC_MAX	2048	/* bytes of DER SubjectPublicKeyInfo */
#define KEY_POLICY_MAX	UKS_POLICY_MAX	/* bytes of an encoded policy */
#define KEY_SECRET_MAX	4096	/* bytes of secret that a blob can hold */
#define KEY_CHECK_LEN	8	/* bytes of a check value */
#define KEY_PIN_MAX	1536	/* bytes of what is known of a PIN */

/**
 * struct key - everything about one version of a key but its secret
 * @id: identifier, random
 * @name: name, NUL-terminated; unique among the keys of one owner
 * @owner: user id, in the initial user namespace
 * @type: enum uks_key_type
 * @purposes: bits of enum uks_purpose
 * @origin: enum uks_key_origin
 * @provider: enum uks_provider
 * @state: enum uks_key_state
 * @version: this version, counted from 1
 * @newest: the newest version of the key
 * @created: time of creation of this version, seconds since 1970-01-01 UTC
 * @deleted: when the key was deleted, seconds since 1970-01-01 UTC; 0 if it was not
 * @erase: when a deleted key goes for good; 0 if it was not deleted
 * @due: when something is to be done with it (lifecycle.h); 0 for never. Not
 *	bound to the blob
 * @policy_len: bytes at @policy; 0: the owner may do everything
 * @public_len: bytes at @public_key; 0 if the type has no public part
 * @pin_len: bytes at @pin; 0 for a key without a PIN
 * @policy: attributes of the set "policy", see key-policy.h
 * @public_key: DER SubjectPublicKeyInfo (RFC 5280, RFC 8410)
 * @pin: where the TPM keeps the PIN, and what only the PIN opens; see pin.h
 */
struct key {
	uint8_t id[UKS_KEY_ID_LEN];
	char name[UKS_NAME_MAX + 1];
	uint32_t owner;
	uint32_t type;
	uint32_t purposes;
	uint32_t origin;
	uint32_t provider;
	uint32_t state;
	uint32_t version;
	uint32_t newest;
	uint64_t created;
	uint64_t deleted;
	uint64_t erase;
	uint64_t due;
	size_t policy_len;
	size_t public_len;
	size_t pin_len;
	uint8_t policy[KEY_POLICY_MAX];
	uint8_t public_key[KEY_PUBLIC_MAX];
	uint8_t pin[KEY_PIN_MAX];
};

/**
 * key_type_find() - look a type up
 * @type: enum uks_key_type
 * @failure: receives UKS_E_BAD_TYPE, or UKS_E_LIBRARY for a type that the
 *	cryptographic library at hand lacks
 *
 * Return: the type, or NULL with @failure filled in.
 */
const struct key_type *key_type_find(uint32_t type, struct failure *failure);

/**
 * key_type_purposes() - check what a key shall be used for
 * @type: its type
 * @purposes: bits of enum uks_purpose
 * @failure: receives UKS_E_BAD_PURPOSE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_type_purposes(const struct key_type *type, uint32_t purposes, struct failure *failure);

/**
 * struct key_use - how a key is used
 * @purpose: one bit of enum uks_purpose
 * @algorithm: enum uks_algorithm
 * @digest: enum uks_digest, 0 for none
 */
struct key_use {
	uint32_t purpose;
	uint32_t algorithm;
	uint32_t digest;
};

/**
 * key_type_use() - check whether keys of a type can be used so
 * @type: the type
 * @use: how
 * @failure: receives UKS_E_BAD_ALGORITHM, UKS_E_BAD_PURPOSE, UKS_E_BAD_DIGEST,
 *	UKS_E_LIBRARY
 *
 * Neither policy nor state of a key are asked, nor whether it is legacy.
 *
 * Return: the row of the table, or NULL with @failure filled in.
 */
const struct uks_row *key_type_use(const struct key_type *type, const struct key_use *use,
				   struct failure *failure);

/**
 * key_name_check() - check a name for a new or renamed key
 * @name: NUL-terminated
 * @failure: receives UKS_E_BAD_NAME
 *
 * 1 to 255 bytes of UTF-8 without control characters, without characters that
 * change the direction of text or take no room (they make one name look like
 * another), and without a space at either end. Names are compared byte by byte.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_name_check(const char *name, struct failure *failure);

/**
 * key_describe() - write the attributes that describe a key
 * @key: the key
 * @out: the answer
 * @whole: with its public part and policy, where it has them
 */
void key_describe(const struct key *key, struct uks_attrs *out, bool whole);

#endif /* UKSD_KEY_H */
