/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store: where keys rest. It holds sealed blobs and knows no secret, and
 * nothing that comes out of it is believed before its blob was opened.
 */
#ifndef UKSD_STORE_H
#define UKSD_STORE_H

#include <string.h>
#include <sys/types.h>

#include "daemon/key/key.h"
#include "daemon/master/seal.h"
#include "daemon/sks/store.h"

#define STORE_META_MAX	4096	/* bytes of value of a meta entry */

/**
 * struct record - a key in the store
 * @key: the key, in one version
 * @blob: its sealed secret
 */
struct record {
	struct key key;
	struct blob blob;
};

/** record_tag() - the end of a record's blob, which authenticates it; zeros if it is too short */
static inline void record_tag(const struct record *record, uint8_t tag[16])
{
	memset(tag, 0, 16);
	if (record->blob.len >= 16)
		memcpy(tag, record->blob.data + record->blob.len - 16, 16);
}

/**
 * struct uses - how often a key was used
 * @total: since it is counted
 * @boot: which boot the following are about
 * @in_boot: in that boot
 * @since: when the present time of the rate began, seconds of CLOCK_BOOTTIME
 * @in_rate: since then
 * @tag: proves the others; see usage.h
 */
struct uses {
	uint64_t total;
	uint8_t boot[16];
	uint64_t in_boot;
	uint64_t since;
	uint64_t in_rate;
	uint8_t tag[16];
};

#define STORE_NV_NAMES	68	/* bytes: two names of the TPM */

/**
 * struct nv - an NV index of the TPM that belongs to a key
 * @handle: where it is
 * @names: its name, and what it is before it was written
 * @key: the key
 */
struct nv {
	uint32_t handle;
	uint8_t names[STORE_NV_NAMES];
	uint8_t key[UKS_KEY_ID_LEN];
};

/**
 * struct tombstone - what is left of a version of an erased key
 * @key: the key; @name, @owner, @type, @purposes, @origin, @state, @version,
 *	@created and @deleted (when it was erased) are set
 * @check_value: tells which secret it was
 * @check_len: bytes of it; 0 when the blob was damaged
 */
struct tombstone {
	struct key key;
	uint8_t check_value[KEY_CHECK_LEN];
	size_t check_len;
};

/* Which rows: versions, counters, leaves, leaves with whether their rows are there. */
enum store_rows { STORE_ROWS_VERSIONS, STORE_ROWS_USES, STORE_ROWS_LEAVES, STORE_ROWS_THERE };

/**
 * struct row - what the ledger knows of a row
 * @id: the key
 * @version: its version; 0 for its counters
 * @tag: what authenticates the row: the end of its blob, or the tag of the counters
 * @leaf: what the store has in its ledger
 * @there: the row is
 */
struct row {
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t version;
	uint8_t tag[16];
	uint64_t leaf;
	bool there;
};

/* Called for each of some rows; 0 for more, or -1 with the failure filled in. */
typedef int (*store_each_row)(const struct row *row, void *context, struct failure *failure);

/**
 * struct store - a connection to the store
 * @ops: what can be done with it
 * @ledger: is told of each change; may be NULL
 *
 * For one thread at a time; each thread opens its own. Begins what the
 * implementation has.
 */
struct store {
	const struct store_ops *ops;
	struct ledger *ledger;
};

/**
 * struct rows - what rows there were
 * @keys: keys
 * @versions: their versions
 */
struct rows {
	uint64_t keys;
	uint64_t versions;
};

/* Called for each key that is in no backup. */
typedef void (*left_out_each)(uint32_t owner, const char *name, const char *reason,
			      void *context);

/**
 * struct store_place - a place in the list of keys that may have been granted
 * @owner: owner of the last key that was read
 * @id: the key; all zero before the first
 * @more: there may be more behind it
 */
struct store_place {
	uint32_t owner;
	uint8_t id[UKS_KEY_ID_LEN];
	bool more;
};

struct ledger;

/* Called for each key of a list; returns true for more. */
typedef bool (*store_each)(const struct record *record, void *context);

/**
 * struct store_ops - a kind of store
 * @name: as the log has it
 * @open: connect to the store at @where; see store_open()
 * @close: disconnect
 * @schema: version of the schema
 * @begin: begin a change; nobody else changes anything until it ends
 * @commit: end a change; once this returns 0 it survives a power cut
 * @rollback: end a change and undo it
 * @get_meta: read an entry of metadata into @value, which has room for
 *	STORE_META_MAX bytes; @len receives 0 when there is none
 * @put_meta: write an entry of metadata; only between begin and commit
 * @insert: add a key, as a change of its own; UKS_E_KEY_EXISTS when the owner has
 *	one of that name
 * @add: the same within a change
 * @add_version: add a version to a key; it becomes the newest. Within a change
 * @by_name: find a key of an owner that is not deleted, in its newest version;
 *	UKS_E_NO_KEY
 * @deleted_by_name: find a deleted key of an owner; UKS_E_NO_KEY when there is
 *	none, UKS_E_RESTORE when there are several
 * @by_id: find a key, deleted or not, in its newest version; UKS_E_NO_KEY
 * @version: find a key in the version after @after, its oldest for 0;
 *	UKS_E_NO_KEY when there is none
 * @update: replace name, policy, deletion and due time of a key, and state and
 *	blob of its version. Within a change; UKS_E_KEY_EXISTS, UKS_E_NO_KEY
 * @remove: remove a key and all its versions. Within a change; UKS_E_NO_KEY
 * @scrub: overwrite what was removed, as far as readers let it. Not within a change
 * @bury: add a tombstone. Within a change
 * @tombstone: find the tombstone of the newest version of a key; UKS_E_NO_KEY
 * @get_uses: how often a key was used; UKS_E_NO_KEY when it is not counted
 * @put_uses: write that. Within a change
 * @due: find the time at which something is to be done next, and with which
 *	key; UKS_E_NO_KEY when there is nothing to be done
 * @list: call @each for the keys of an owner, by name, byte by byte, those
 *	after @after only (all for ""), as long as it returns true
 * @list_deleted: the same for deleted keys, by id, those after @after only (all
 *	for NULL)
 * @list_granted: the same for keys of other owners than @uid whose policies may have
 *	grants, by owner and id, those after @place only, which receives the last one
 *	that was read; reads no more than @limit
 * @count: how many keys that are not deleted an owner has; takes no longer for more
 * @total: how many keys that are not deleted all owners have
 * @nv_free: find the first handle from @from on that is not noted
 * @nv_add: note an NV index of a key. Within a change; UKS_E_KEY_EXISTS
 * @nv_drop: those of @key are to be removed, or for NULL those of keys that are not there.
 *	Within a change
 * @nv_dropped: find one that is to be removed; UKS_E_NO_KEY when there is none
 * @nv_settle: one was removed, or it is somebody else's and stays noted as that. Within a
 *	change
 * @freeze: whether changes by other connections are refused at once, UKS_E_BUSY; those
 *	under way end first
 * @next_version: find the version after that of @record, by key and number; all
 *	zero for the first; UKS_E_NO_KEY when there is none
 * @put_blob: replace the blob of a version. Within a change
 * @next_uses: find the counters of the key after @id, which receives it;
 *	UKS_E_NO_KEY when there is none
 * @versions: how many versions all keys have, also deleted ones
 * @drop_meta: remove an entry of metadata. Within a change
 * @empty: remove everything but metadata. Within a change
 * @dump_begin: begin to read all rows that a backup has, as they are now
 * @dump_end: end that
 * @dump_rows: read the next rows as bytes; returns 1, or 0 with the last of them
 * @load_rows: put such rows in place, within a change; only look whether they are
 *	well-formed if the store is NULL. Adds to @count. UKS_E_BACKUP
 * @load_end: make what a backup has not, from what it has. Within a change
 * @left_out: call @each for the keys that no backup has, since they or their
 *	PINs are in the TPM
 * @sks_put: write a row of SKS, new or in the place of that with its handle. Within a
 *	change
 * @sks_get: read a row of SKS; its blob is the caller's to free(); UKS_E_NO_KEY
 * @sks_find: the same for the first row after @handle that equals @row in what @by says
 * @sks_count: how many rows of a kind an owner has that are open
 * @sks_remove: remove a row of SKS. Within a change; UKS_E_NO_KEY
 * @get_leaf: find the leaf of the row of a key after version @after, -1 for the first;
 *	UKS_E_NO_KEY
 * @put_leaf: write one. Within a change
 * @remove_leaves: remove those of a key; of all for NULL. Within a change
 * @rows: call @each for rows after @after, all for NULL, not more than @limit, 0 for all;
 *	for LEAVES @leaf is set, for THERE @leaf and @there, for others @tag
 *
 * @check: see whether the store fits together, unless that takes long: UKS_E_STORE if not
 * All but @name, @close, @schema, @rollback, @scrub, @freeze and @dump_end return 0, or
 * -1 with the failure filled in: UKS_E_STORE, UKS_E_STORE_FULL or what is named above. A change
 * that failed has changed nothing.
 */
struct store_ops {
	const char *name;
	int (*open)(const char *where, bool create, struct store **store,
		    struct failure *failure);
	void (*close)(struct store *store);
	uint32_t (*schema)(struct store *store);
	int (*begin)(struct store *store, struct failure *failure);
	int (*commit)(struct store *store, struct failure *failure);
	void (*rollback)(struct store *store);
	int (*get_meta)(struct store *store, const char *name, uint8_t *value, size_t *len,
			struct failure *failure);
	int (*put_meta)(struct store *store, const char *name, const uint8_t *value, size_t len,
			struct failure *failure);
	int (*insert)(struct store *store, const struct record *record, struct failure *failure);
	int (*add)(struct store *store, const struct record *record, struct failure *failure);
	int (*add_version)(struct store *store, const struct record *record,
			   struct failure *failure);
	int (*by_name)(struct store *store, uint32_t owner, const char *name,
		       struct record *record, struct failure *failure);
	int (*deleted_by_name)(struct store *store, uint32_t owner, const char *name,
			       struct record *record, struct failure *failure);
	int (*by_id)(struct store *store, const uint8_t *id, struct record *record,
		     struct failure *failure);
	int (*version)(struct store *store, const uint8_t *id, uint32_t after,
		       struct record *record, struct failure *failure);
	int (*update)(struct store *store, const struct record *record, struct failure *failure);
	int (*remove)(struct store *store, const uint8_t *id, struct failure *failure);
	void (*scrub)(struct store *store);
	int (*bury)(struct store *store, const struct tombstone *tombstone,
		    struct failure *failure);
	int (*tombstone)(struct store *store, const uint8_t *id, struct tombstone *tombstone,
			 struct failure *failure);
	int (*get_uses)(struct store *store, const uint8_t *id, struct uses *uses,
			struct failure *failure);
	int (*put_uses)(struct store *store, const uint8_t *id, const struct uses *uses,
			struct failure *failure);
	int (*due)(struct store *store, uint8_t *id, uint64_t *when, struct failure *failure);
	int (*list)(struct store *store, uint32_t owner, const char *after, store_each each,
		    void *context, struct failure *failure);
	int (*list_deleted)(struct store *store, uint32_t owner, const uint8_t *after,
			    store_each each, void *context, struct failure *failure);
	int (*list_granted)(struct store *store, uint32_t uid, struct store_place *place,
			    uint32_t limit, store_each each, void *context,
			    struct failure *failure);
	int (*count)(struct store *store, uint32_t owner, uint64_t *count,
		     struct failure *failure);
	int (*total)(struct store *store, uint64_t *count, struct failure *failure);
	int (*nv_free)(struct store *store, uint32_t from, uint32_t *handle,
		       struct failure *failure);
	int (*nv_add)(struct store *store, const struct nv *nv, struct failure *failure);
	int (*nv_drop)(struct store *store, const uint8_t *key, struct failure *failure);
	int (*nv_dropped)(struct store *store, struct nv *nv, struct failure *failure);
	int (*nv_settle)(struct store *store, uint32_t handle, bool removed,
			 struct failure *failure);
	void (*freeze)(struct store *store, bool freeze);
	int (*next_version)(struct store *store, struct record *record, struct failure *failure);
	int (*put_blob)(struct store *store, const struct record *record,
			struct failure *failure);
	int (*next_uses)(struct store *store, uint8_t *id, struct uses *uses,
			 struct failure *failure);
	int (*versions)(struct store *store, uint64_t *count, struct failure *failure);
	int (*drop_meta)(struct store *store, const char *name, struct failure *failure);
	int (*empty)(struct store *store, struct failure *failure);
	int (*dump_begin)(struct store *store, struct failure *failure);
	void (*dump_end)(struct store *store);
	int (*dump_rows)(struct store *store, uint8_t *rows, size_t room, size_t *len,
			 struct failure *failure);
	int (*load_rows)(struct store *store, const uint8_t *rows, size_t len,
			 struct rows *count, struct failure *failure);
	int (*load_end)(struct store *store, struct failure *failure);
	int (*left_out)(struct store *store, left_out_each each, void *context,
			struct failure *failure);
	int (*sks_put)(struct store *store, const struct sks_row *row, struct failure *failure);
	int (*sks_get)(struct store *store, uint32_t handle, struct sks_row *row,
		       struct failure *failure);
	int (*sks_find)(struct store *store, enum sks_by by, struct sks_row *row,
			struct failure *failure);
	int (*sks_count)(struct store *store, uint32_t owner, uint32_t kind, uint64_t *count,
			 struct failure *failure);
	int (*sks_remove)(struct store *store, uint32_t handle, struct failure *failure);
	int (*get_leaf)(struct store *store, const uint8_t *id, int64_t after, uint32_t *version,
			uint64_t *leaf, struct failure *failure);
	int (*put_leaf)(struct store *store, const uint8_t *id, uint32_t version, uint64_t leaf,
			struct failure *failure);
	int (*remove_leaves)(struct store *store, const uint8_t *id, struct failure *failure);
	int (*rows)(struct store *store, enum store_rows which, const struct row *after,
		    uint32_t limit, store_each_row each, void *context,
		    struct failure *failure);
	int (*check)(struct store *store, struct failure *failure);
};

extern const struct store_ops store_sqlite;

/**
 * store_open() - connect to a store
 * @where: path of an SQLite database
 * @create: make the store if there is none, and bring an older one up to date
 * @store: receives the connection
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int store_open(const char *where, bool create, struct store **store, struct failure *failure);

/**
 * store_close() - disconnect
 * @store: from store_open(), or NULL
 */
void store_close(struct store *store);

#endif /* UKSD_STORE_H */
