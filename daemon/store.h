/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store: where keys rest. It holds sealed blobs and knows no secret, and
 * nothing that comes out of it is believed before its blob was opened.
 */
#ifndef UKSD_STORE_H
#define UKSD_STORE_H

#include <sys/types.h>

#include "daemon/key.h"
#include "daemon/seal.h"

#define STORE_META_MAX	1024	/* bytes of value of a meta entry */

/**
 * struct record - a key in the store
 * @key: the key, in its current version
 * @blob: its sealed secret
 */
struct record {
	struct key key;
	struct blob blob;
};

/**
 * struct store - a connection to the store
 * @ops: what can be done with it
 *
 * For one thread at a time; each thread opens its own. Begins what the
 * implementation has.
 */
struct store {
	const struct store_ops *ops;
};

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
 * @insert: add a key; UKS_E_KEY_EXISTS when the owner has one of that name
 * @by_name: find a key of an owner; UKS_E_NO_KEY
 * @by_id: find a key; UKS_E_NO_KEY
 * @version: find a key in the version after @after, its oldest for 0;
 *	UKS_E_NO_KEY when there is none
 * @update: replace name and blob of a key's version; only between begin and
 *	commit; UKS_E_KEY_EXISTS, UKS_E_NO_KEY
 * @remove: remove a key and all its versions; UKS_E_NO_KEY. It is durable, and
 *	overwritten, when this returns 0
 * @list: call @each for the keys of an owner, by name, byte by byte, those
 *	after @after only (all for ""), as long as it returns true
 * @count: count the keys of an owner
 * @total: count the keys of all owners
 *
 * All but @name, @close, @schema and @rollback return 0, or -1 with the failure
 * filled in: UKS_E_STORE, UKS_E_STORE_FULL or what is named above. A change
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
	int (*by_name)(struct store *store, uint32_t owner, const char *name,
		       struct record *record, struct failure *failure);
	int (*by_id)(struct store *store, const uint8_t *id, struct record *record,
		     struct failure *failure);
	int (*version)(struct store *store, const uint8_t *id, uint32_t after,
		       struct record *record, struct failure *failure);
	int (*update)(struct store *store, const struct record *record, struct failure *failure);
	int (*remove)(struct store *store, const uint8_t *id, struct failure *failure);
	int (*list)(struct store *store, uint32_t owner, const char *after, store_each each,
		    void *context, struct failure *failure);
	int (*count)(struct store *store, uint32_t owner, uint64_t *count,
		     struct failure *failure);
	int (*total)(struct store *store, uint64_t *count, struct failure *failure);
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
