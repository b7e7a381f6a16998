/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes to all versions of a key at once, and keeping new keys. */
#ifndef UKSD_KEY_CHANGE_H
#define UKSD_KEY_CHANGE_H

#include "daemon/key/find.h"
#include "daemon/provider/provider.h"

/**
 * struct change - what is to become of a key
 * @apply: changes one version. What all versions share must be changed in all
 * @also: what is to be done beside, in the same change of the store, or NULL
 * @context: the caller's, for both
 */
struct change {
	void (*apply)(struct key *key, const struct change *change);
	int (*also)(struct worker *worker, const struct change *change,
		    struct failure *failure);
	void *context;
};

/**
 * key_change_versions() - change all versions of a key and seal them anew
 * @worker: its @secret is used meanwhile; a change of its store is under way
 * @record: the key; becomes its newest version, changed
 * @change: what to do with each
 * @failure: receives UKS_E_BLOB, UKS_E_KEY_EXISTS, UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in: then the store's change is to be undone.
 */
int key_change_versions(struct worker *worker, struct record *record,
			const struct change *change, struct failure *failure);

/**
 * key_change() - change the key that the worker holds alone
 * @worker: @lock held by key_find_to_change(), @record is the key
 * @change: what to do
 * @revoke: end its sessions first
 * @failure: receives the cause
 *
 * All or nothing. @record is the newest version afterwards.
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int key_change(struct worker *worker, const struct change *change, bool revoke,
	       struct failure *failure);

/**
 * key_end_sessions() - end all sessions of a key, and forget what is cached of it
 * @worker: holds the key alone
 * @id: the key
 * @failure: receives UKS_E_INTERNAL
 *
 * Before a change is made durable: so there is no moment in which a session has
 * what its key no longer permits, not even when the daemon is killed between the two.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_end_sessions(struct worker *worker, const uint8_t *id, struct failure *failure);

/**
 * key_changed() - tell those who must know that a key was changed, before its lock
 *	is released
 * @worker: the worker
 * @id: the key
 */
void key_changed(struct worker *worker, const uint8_t *id);

/**
 * key_new() - describe a new key from what a request says
 * @worker: its @record receives the key, all but what its material tells
 * @request: has UKS_A_KEY_TYPE, perhaps UKS_A_PURPOSES, UKS_A_POLICY, UKS_A_KEY_STATE
 * @name: UKS_A_KEY_NAME or UKS_A_NEW_NAME, whichever holds the new key's name
 * @origin: enum uks_key_origin
 * @failure: receives UKS_E_BAD_NAME, UKS_E_BAD_TYPE, UKS_E_LIBRARY, UKS_E_LEGACY,
 *	UKS_E_BAD_PURPOSE, UKS_E_BAD_POLICY, UKS_E_TRANSITION
 *
 * Return: the key's type, or NULL with @failure filled in.
 */
const struct key_type *key_new(struct worker *worker, const struct request *request,
			       uint32_t name, uint32_t origin, struct failure *failure);

/**
 * key_make_new() - make the substance of the key that key_new() has begun, and its PIN
 * @worker: as from key_new()
 * @request: has the PIN, if the policy wants one
 * @type: its type
 * @import: its bytes, or NULL to generate it
 * @material: receives it
 * @failure: as key_make() and pin_make()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_make_new(struct worker *worker, const struct request *request,
		 const struct key_type *type, const struct import *import,
		 struct material *material, struct failure *failure);

/**
 * key_keep() - seal a new key, store it, and describe it in the answer
 * @worker: its @record is from key_new(); gives up locks on other keys
 * @request: its UKS_A_FLAGS may say UKS_CALL_REPLACE
 * @material: the key's substance; its secret may be in the worker's @secret and is
 *	wiped there
 * @out: the answer
 * @failure: receives UKS_E_KEY_EXISTS, UKS_E_STORE, UKS_E_STORE_FULL, UKS_E_BLOB,
 *	UKS_E_NO_SECRET when purposes need a secret that is not there
 *
 * With UKS_CALL_REPLACE a key that has the name already is deleted in the same change:
 * nothing is lost before the new key is durable.
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int key_keep(struct worker *worker, const struct request *request,
	     const struct material *material, struct uks_attrs *out, struct failure *failure);

/**
 * struct deletion - when
 * @now: seconds since 1970-01-01 UTC
 * @erase: when it goes for good
 */
struct deletion {
	uint64_t now;
	uint64_t erase;
};

/**
 * key_delete_apply() - mark a version as deleted; see struct change
 * @key: the version
 * @change: its @context is a const struct deletion
 */
void key_delete_apply(struct key *key, const struct change *change);

/**
 * key_erase() - erase a key for good, but for its trace
 * @worker: its @secret is used meanwhile; a change of its store is under way
 * @record: the key
 * @now: seconds since 1970-01-01 UTC
 * @failure: receives UKS_E_STORE
 *
 * The blobs of a damaged key are erased all the same.
 *
 * Return: 0, or -1 with @failure filled in: then the store's change is to be undone.
 */
int key_erase(struct worker *worker, struct record *record, uint64_t now,
	      struct failure *failure);

/**
 * key_erase_alone() - end the sessions of @record's key, erase it, overwrite it
 * @worker: holds the key's lock alone
 * @now: seconds since 1970-01-01 UTC
 * @failure: receives UKS_E_STORE, or why the sessions cannot be ended
 *
 * Return: 0, or -1 with @failure filled in and nothing erased.
 */
int key_erase_alone(struct worker *worker, uint64_t now, struct failure *failure);

/**
 * key_rotate() - give the key that the worker holds alone a new version
 * @worker: @record is the key; becomes the new version
 * @import: the new version's bytes, or NULL to generate it
 * @out: receives the description, or NULL
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int key_rotate(struct worker *worker, const struct import *import, struct uks_attrs *out,
	       struct failure *failure);

#endif /* UKSD_KEY_CHANGE_H */
