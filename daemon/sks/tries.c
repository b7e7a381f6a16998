// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/sks/tries.h"
#include "daemon/tpmgate.h"
#include "tpm/nv.h"

/**
 * DOC: Tries
 *
 * The store's metadata have an entry "sks-tries": how far the counter of the TPM is to
 * be, which NV index it is, and a set: the exclusive or, over all PINs and PUKs, of
 * BLAKE2b-256, keyed with the secret of "sks-store", of "uks sks set v1", handle and
 * generation; all of it with a tag under the same key.
 *
 * A wrong try writes its row and the entry, one further, in one change; then the counter
 * follows; then the answer goes out. So the counter is where the entry says, or one
 * before when the daemon ended in between. A row that is older, or missing, changes the
 * set. An older store with an older entry is behind the counter, if a wrong try came
 * since; if none came, no try is gained.
 *
 * The first PIN leaves an entry without counter, which is made right afterwards.
 */

#define META		"sks-tries"
#define LABEL		"uks sks tries"
#define TAG_LEN		16

static const char set_label[] = "uks sks set v1";

/* The entry, and whether it was there. */
struct tries {
	bool there;
	uint64_t value;
	struct uks_tpm_index index;	/* @handle 0: not made yet */
	uint8_t set[32];
};

/* Where the counter was seen last, so that no TPM is asked for each try. */
static atomic_ullong seen;

static size_t encode(const struct sks_call *call, const struct tries *tries, uint8_t *bytes)
{
	struct sks_out out = { .bytes = bytes, .size = STORE_META_MAX };
	uint8_t tag[TAG_LEN];

	sks_put_number(&out, tries->value, 8);
	sks_put_u32(&out, tries->index.handle);
	sks_put_raw(&out, tries->index.name, sizeof(tries->index.name));
	sks_put_raw(&out, tries->set, sizeof(tries->set));
	crypto_generichash(tag, sizeof(tag), bytes, out.len, call->root, 32);
	sks_put_raw(&out, tag, sizeof(tag));
	return out.len;
}

static int rolled_back(struct sks_call *call)
{
	failure_set(call->failure, UKS_E_ROLLBACK,
		    "PINs of provisioned keys are older than what this machine has seen: put the newest store back");
	return sks_store_failed(call);
}

static int read_tries(struct sks_call *call, struct tries *tries)
{
	struct store *store = call->worker->store;
	uint8_t bytes[STORE_META_MAX], again[STORE_META_MAX];
	struct sks_in in = { .at = bytes };

	memset(tries, 0, sizeof(*tries));
	if (store->ops->get_meta(store, META, bytes, &in.left, call->failure))
		return sks_store_failed(call);
	if (!in.left)
		return 0;
	tries->there = true;
	tries->value = sks_get_u64(&in);
	tries->index.handle = sks_get_u32(&in);
	if (in.left != sizeof(tries->index.name) + sizeof(tries->set) + TAG_LEN)
		return rolled_back(call);
	memcpy(tries->index.name, in.at, sizeof(tries->index.name));
	memcpy(tries->set, in.at + sizeof(tries->index.name), sizeof(tries->set));
	in.left = encode(call, tries, again);
	return sodium_memcmp(bytes, again, in.left) ? rolled_back(call) : 0;
}

static int write_tries(struct sks_call *call, const struct tries *tries)
{
	struct store *store = call->worker->store;
	uint8_t bytes[STORE_META_MAX];

	if (store->ops->put_meta(store, META, bytes, encode(call, tries, bytes), call->failure))
		return sks_store_failed(call);
	return 0;
}

static void add_row(const struct sks_call *call, const struct sks_row *row, uint8_t *set)
{
	uint8_t input[sizeof(set_label) + 12], hash[32];
	struct sks_out out = { .bytes = input, .size = sizeof(input) };
	size_t i;

	sks_put_raw(&out, set_label, sizeof(set_label));
	sks_put_u32(&out, row->handle);
	sks_put_number(&out, row->generation, 8);
	crypto_generichash(hash, sizeof(hash), input, out.len, call->root, 32);
	for (i = 0; i < sizeof(hash); i++)
		set[i] ^= hash[i];
}

static int add_kind(struct sks_call *call, uint32_t kind, uint8_t *set)
{
	struct store *store = call->worker->store;
	struct sks_row row = { .kind = kind };

	while (!store->ops->sks_find(store, SKS_BY_KIND, &row, call->failure)) {
		free(row.blob);
		add_row(call, &row, set);
		row = (struct sks_row){ .handle = row.handle, .kind = kind };
	}
	return call->failure->code == UKS_E_NO_KEY ? 0 : sks_store_failed(call);
}

/* Of all users: the counter is one for all. */
static int compute_set(struct sks_call *call, uint8_t *set)
{
	memset(set, 0, 32);
	return add_kind(call, SKS_PIN, set) || add_kind(call, SKS_PUK, set) ? -1 : 0;
}

static uint32_t handle_of(unsigned int store)
{
	return store ? SKS_TRIES_FURTHER + store - 1 : SKS_TRIES_HANDLE;
}

/* Where no other store, nor one that is gone, has its own. */
static int define(struct uks_tpm *tpm, const uint8_t *auth, struct tries *tries,
		  struct uks_tpm_error *error)
{
	unsigned int i;

	for (i = 0; i < SKS_TRIES_STORES; i++) {
		if (!uks_tpm_counter_define(tpm, handle_of(i), auth, &tries->index, &tries->value,
					    error))
			return 0;
		if (error->cause != UKS_TPM_HANDLE_TAKEN)
			break;
	}
	return -1;
}

/* Make or find the counter if @index has none, else bring it to @value, if it may be. */
static int count(struct sks_call *call, struct tries *tries, bool make)
{
	struct uksd *uksd = call->worker->uksd;
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(uksd, &tpm, call->failure))
		return sks_store_failed(call);
	master_auth(uksd->master, LABEL, NULL, 0, auth);
	if (make)
		ret = define(tpm, auth, tries, &error);
	else
		ret = uks_tpm_counter_advance(tpm, &tries->index, auth, tries->value, &error);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	if (!ret) {
		atomic_store(&seen, tries->value);
		return 0;
	}
	if (error.cause == UKS_TPM_MISMATCH || error.cause == UKS_TPM_INDEX)
		return rolled_back(call);
	tpmgate_fail(&error, call->failure);
	return sks_store_failed(call);
}

int sks_tries_check(struct sks_call *call)
{
	uint8_t set[32];
	struct tries tries;

	if (read_tries(call, &tries) || compute_set(call, set))
		return -1;
	if (!tries.there || sodium_memcmp(set, tries.set, sizeof(set)))
		return rolled_back(call);
	if (!tries.index.handle)
		return count(call, &tries, true) || write_tries(call, &tries) ? -1 : 0;
	if (tries.value == atomic_load(&seen))
		return 0;
	return count(call, &tries, false);
}

int sks_tries_write(struct sks_call *call)
{
	struct tries tries;
	uint8_t set[32];

	if (!call->pins)
		return 0;
	if (sks_root(call, true) < 0 || read_tries(call, &tries) || compute_set(call, set))
		return -1;
	if (!tries.there && sodium_is_zero(set, sizeof(set)))
		return 0;
	memcpy(tries.set, set, sizeof(set));
	if (call->keep)
		tries.value++;
	return write_tries(call, &tries);
}

/* The first counter is made in a change of its own. */
static int make_counter(struct sks_call *call, struct tries *tries)
{
	struct store *store = call->worker->store;

	if (store->ops->begin(store, call->failure))
		return sks_store_failed(call);
	if (read_tries(call, tries) ||
	    (tries->there && !tries->index.handle &&
	     (count(call, tries, true) || write_tries(call, tries)))) {
		store->ops->rollback(store);
		return -1;
	}
	return store->ops->commit(store, call->failure) ? sks_store_failed(call) : 0;
}

int sks_tries_settle(struct sks_call *call)
{
	struct tries tries;

	if (!call->pins)
		return 0;
	call->pins = false;
	if (read_tries(call, &tries))
		return -1;
	if (tries.there && !tries.index.handle)
		return make_counter(call, &tries);
	return call->keep ? count(call, &tries, false) : 0;
}

/*
 * Without a look at the tag: what is removed must be ours by handle and name. False where
 * there is nothing to remove; @handle 0: the counter may have been made all the same.
 */
static bool find_index(const uint8_t *bytes, size_t len, struct uks_tpm_index *index)
{
	struct sks_in in = { .at = bytes, .left = len };
	unsigned int i;

	if (len < 12 + sizeof(index->name))
		return false;
	sks_get_u64(&in);
	index->handle = sks_get_u32(&in);
	memcpy(index->name, in.at, sizeof(index->name));
	for (i = 0; i < SKS_TRIES_STORES; i++)
		if (index->handle == handle_of(i))
			return true;
	return !index->handle;
}

static int forget(struct uks_tpm *tpm, const uint8_t *auth, const struct uks_tpm_index *index,
		  struct failure *failure)
{
	struct uks_tpm_error error;
	unsigned int i;
	int ret = 0;

	if (index->handle)
		ret = uks_tpm_index_remove(tpm, index, &error);
	for (i = 0; !ret && !index->handle && i < SKS_TRIES_STORES; i++)
		ret = uks_tpm_counter_drop(tpm, handle_of(i), auth, &error);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

int sks_tries_forget(struct uksd *uksd, struct store *store, struct failure *failure)
{
	uint8_t bytes[STORE_META_MAX], auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_index index;
	struct uks_tpm *tpm;
	size_t len;
	int ret;

	if (store->ops->get_meta(store, META, bytes, &len, failure))
		return -1;
	if (!find_index(bytes, len, &index))
		return 0;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	master_auth(uksd->master, LABEL, NULL, 0, auth);
	ret = forget(tpm, auth, &index, failure);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}

int sks_tries_drop(struct store *store, struct failure *failure)
{
	return store->ops->drop_meta(store, META, failure);
}
