// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/master/master.h"
#include "daemon/master/record.h"
#include "daemon/tpmgate.h"
#include "daemon/uksd.h"

static_assert(SEAL_MASTER_LEN == UKS_TPM_SECRET_LEN, "the TPM seals a master key");
static_assert(UKS_TPM_BLOB_MAX <= STORE_META_MAX, "the store takes a sealed master key");
static_assert(crypto_generichash_BYTES == UKS_TPM_AUTH_LEN, "length of an authorisation value");

/* Entries of the store's metadata. */
#define META_BLOB	"master-key"		/* struct uks_tpm_blob, its data */
#define META_ROOT	"tpm-root"		/* struct uks_tpm_identity, its root */
#define META_EK		"tpm-endorsement"	/* and its endorsement */
#define META_AUTH	"auth-secret"		/* struct master's auth, sealed under its key */

/* What a store knows of its master key. */
struct sealed_master {
	struct uks_tpm_blob blob;
	struct uks_tpm_identity identity;
};

static int tpm_failure(const struct config *config, const struct uks_tpm_error *error,
		       struct failure *failure)
{
	switch (error->cause) {
	case UKS_TPM_FOREIGN:
	case UKS_TPM_CLEARED:
	case UKS_TPM_SEALED_BLOB:
		return failure_set(failure, UKS_E_TPM,
				   "cannot open the store %s: %s", config->store, error->text);
	default:
		return tpmgate_fail(error, failure);
	}
}

static int get(struct store *store, const char *name, void *value, size_t exact,
	       struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, name, room, &len, failure))
		return -1;
	if (len != exact)
		return failure_set(failure, UKS_E_STORE,
				   "the store is damaged: '%s' has %zu bytes, must have %zu; restore it from a backup",
				   name, len, exact);
	memcpy(value, room, len);
	return 0;
}

/* @sealed->blob.len is 0 when the store has no master key yet. */
static int read_sealed(struct store *store, struct sealed_master *sealed,
		       struct failure *failure)
{
	uint8_t room[STORE_META_MAX];

	if (store->ops->get_meta(store, META_BLOB, room, &sealed->blob.len, failure))
		return -1;
	if (!sealed->blob.len)
		return 0;
	if (sealed->blob.len > sizeof(sealed->blob.data))
		return failure_set(failure, UKS_E_STORE,
				   "the store is damaged: its sealed master key is too long; restore it from a backup");
	memcpy(sealed->blob.data, room, sealed->blob.len);
	if (get(store, META_ROOT, sealed->identity.root, sizeof(sealed->identity.root), failure))
		return -1;
	return get(store, META_EK, sealed->identity.endorsement,
		   sizeof(sealed->identity.endorsement), failure);
}

static int write_sealed(struct store *store, const struct sealed_master *sealed,
			struct failure *failure)
{
	const struct uks_tpm_identity *identity = &sealed->identity;

	if (store->ops->put_meta(store, META_BLOB, sealed->blob.data, sealed->blob.len,
				 failure) ||
	    store->ops->put_meta(store, META_ROOT, identity->root, sizeof(identity->root),
				 failure))
		return -1;
	return store->ops->put_meta(store, META_EK, identity->endorsement,
				    sizeof(identity->endorsement), failure);
}

/* Seal what authorisation values are derived from, under the master key. */
static int write_auth(struct store *store, const struct master *master, const uint8_t *key,
		      struct failure *failure)
{
	uint8_t sealed[SEAL_MASTER_LEN + SEAL_VALUE_OVERHEAD];
	size_t len;

	seal_value(key, META_AUTH, master->auth, sizeof(master->auth), sealed, &len);
	return store->ops->put_meta(store, META_AUTH, sealed, len, failure);
}

/* A store that has none yet is of an older daemon. */
static int read_auth(struct store *store, struct master *master, bool *found,
		     struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, META_AUTH, room, &len, failure))
		return -1;
	*found = len;
	if (!len || !seal_open_value(master->key, META_AUTH, room, len, master->auth,
				     sizeof(master->auth)))
		return 0;
	return failure_set(failure, UKS_E_STORE,
			   "the store is damaged: '%s' cannot be opened; restore it from a backup",
			   META_AUTH);
}

/* In one change, so that two that start at once make one. */
static int make_auth(struct store *store, struct master *master, struct failure *failure)
{
	bool found;

	if (store->ops->begin(store, failure))
		return -1;
	if (read_auth(store, master, &found, failure))
		goto rollback;
	if (found) {
		store->ops->rollback(store);
		return 0;
	}
	randombytes_buf(master->auth, sizeof(master->auth));
	if (!write_auth(store, master, master->key, failure))
		return store->ops->commit(store, failure);
rollback:
	store->ops->rollback(store);
	return -1;
}

static int open_auth(struct store *store, struct master *master, struct failure *failure)
{
	bool found;

	if (read_auth(store, master, &found, failure))
		return -1;
	return found ? 0 : make_auth(store, master, failure);
}

static int make(const struct config *config, struct uks_tpm *tpm, struct store *store,
		struct master *master, struct failure *failure)
{
	struct sealed_master sealed;
	struct uks_tpm_error error;
	uint64_t keys;

	if (store->ops->total(store, &keys, failure))
		return -1;
	if (keys)
		return failure_set(failure, UKS_E_STORE,
				   "the store %s is damaged: it has %llu keys, but no master key; restore it from a backup",
				   config->store, (unsigned long long)keys);
	if (uks_tpm_root(tpm, config->root_handle, NULL, &sealed.identity, &error))
		return tpm_failure(config, &error, failure);
	randombytes_buf(master->key, sizeof(master->key));
	randombytes_buf(master->auth, sizeof(master->auth));
	if (uks_tpm_seal(tpm, master->key, &sealed.blob, &error))
		return tpm_failure(config, &error, failure);
	if (write_sealed(store, &sealed, failure) ||
	    write_auth(store, master, master->key, failure))
		return -1;
	master->identity = sealed.identity;
	log_info("made a master key for the store %s and sealed it to the TPM", config->store);
	return 0;
}

static int unseal(struct uksd *uksd, struct uks_tpm *tpm, struct store *store,
		  const struct sealed_master *sealed, struct master *master,
		  struct failure *failure)
{
	const struct config *config = uksd->config;
	struct uks_tpm_error error;

	if (boot_policy_read(store, &uksd->boot_policy, failure))
		return -1;
	if (uks_tpm_root(tpm, config->root_handle, &sealed->identity, &master->identity,
			 &error) ||
	    boot_policy_unseal(&uksd->boot_policy, tpm, &sealed->blob, master->key, &error))
		return tpm_failure(config, &error, failure);
	return 0;
}

/* In one change of the store, so that two that start at once make one key. */
static int make_or_unseal(struct uksd *uksd, struct uks_tpm *tpm, struct store *store,
			  struct master *master, struct failure *failure)
{
	struct sealed_master sealed;

	if (read_sealed(store, &sealed, failure))
		return -1;
	if (sealed.blob.len)
		return unseal(uksd, tpm, store, &sealed, master, failure);
	if (store->ops->begin(store, failure))
		return -1;
	if (read_sealed(store, &sealed, failure))
		goto rollback;
	if (sealed.blob.len) {
		store->ops->rollback(store);
		return unseal(uksd, tpm, store, &sealed, master, failure);
	}
	if (!make(uksd->config, tpm, store, master, failure))
		return store->ops->commit(store, failure);
rollback:
	store->ops->rollback(store);
	return -1;
}

static int read_state(struct store *store, struct master *master, struct failure *failure)
{
	struct master_record record;

	if (record_read(store, master->key, &record, failure))
		return -1;
	master->state = record.current;
	if (master->state == UKS_MASTER_EMPTY)
		log_warning("the register of the master key is empty: no key can be used or made before one is set; see 'uksctl master status'");
	return 0;
}

/* What is left when the boot is not approved: an administrator can mend that. */
static void shut(struct master *master)
{
	sodium_memzero(master->key, sizeof(master->key));
	sodium_memzero(master->auth, sizeof(master->auth));
	master->state = UKS_MASTER_EMPTY;
}

int master_open(struct uksd *uksd, struct store *store, struct master **result,
		struct failure *failure)
{
	struct master *master = sodium_malloc(sizeof(*master));
	struct uks_tpm *tpm;
	int ret = -1;

	if (!master)
		return failure_set(failure, UKS_E_NO_MEMORY,
				   "out of locked memory for the master key");
	if (!tpmgate_enter(uksd, &tpm, failure)) {
		uks_tpm_describe(tpm, master->tpm, sizeof(master->tpm));
		ret = make_or_unseal(uksd, tpm, store, master, failure);
		tpmgate_leave(uksd);
	}
	if (ret && failure->code == UKS_E_BOOT) {
		shut(master);
	} else if (ret || open_auth(store, master, failure) ||
		   read_state(store, master, failure)) {
		sodium_free(master);
		return -1;
	}
	sodium_mprotect_readonly(master);
	*result = master;
	return ret;
}

int master_seal(struct uksd *uksd, const uint8_t *key, struct uks_tpm_blob *blob,
		struct failure *failure)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = boot_policy_seal(&uksd->boot_policy, tpm, key, blob, &error);
	tpmgate_leave(uksd);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

int master_unseal(struct uksd *uksd, const struct uks_tpm_blob *blob, uint8_t *key,
		  struct failure *failure)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = boot_policy_unseal(&uksd->boot_policy, tpm, blob, key, &error);
	tpmgate_leave(uksd);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

int master_write(struct store *store, const struct master *master, const uint8_t *key,
		 const struct uks_tpm_blob *blob, struct failure *failure)
{
	struct sealed_master sealed = { .blob = *blob, .identity = master->identity };

	if (write_sealed(store, &sealed, failure))
		return -1;
	return write_auth(store, master, key, failure);
}

void master_auth(const struct master *master, const char *label, const void *subject, size_t len,
		 uint8_t auth[UKS_TPM_AUTH_LEN])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, master->auth, sizeof(master->auth), UKS_TPM_AUTH_LEN);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1);
	crypto_generichash_update(&state, subject, len);
	crypto_generichash_final(&state, auth, UKS_TPM_AUTH_LEN);
	sodium_memzero(&state, sizeof(state));
}

void master_close(struct master *master)
{
	sodium_free(master);
}
