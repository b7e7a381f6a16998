// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys that attest: made in the TPM, kept in the store or forgotten. */
#include <assert.h>

#include <sodium.h>

#include "daemon/attest/attest.h"
#include "daemon/log.h"
#include "daemon/tpmgate.h"

static_assert(UKS_TPM_AUTH_LEN == 32, "a tag is as long as an authorisation value");

#define AUTH_LABEL	"uks attestation"
#define TAG_LABEL	"uks attestation tag"

/*
 * Entries of the store's metadata. None is secret: the keys serve in this TPM, with an
 * authorisation value that is not here. The tag tells that they are this store's.
 */
#define META_AK			"attest-ak"
#define META_ISSUER		"attest-issuer"
#define META_CERTIFICATE	"attest-certificate"
#define META_TAG		"attest-tag"

void attester_free(struct attester *attester)
{
	sodium_free(attester);
}

static struct attester *alloc(struct failure *failure)
{
	struct attester *attester = sodium_malloc(sizeof(*attester));

	if (attester)
		sodium_memzero(attester, sizeof(*attester));
	else
		failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	return attester;
}

static int make(struct uks_tpm *tpm, struct attester *attester, struct failure *failure)
{
	const struct uks_tpm_access access = { .auth = attester->auth };
	struct uks_tpm_error error;

	if (uks_tpm_ak_create(tpm, attester->auth, &attester->ak, &error) ||
	    uks_tpm_key_create(tpm, UKS_TPM_P256, UKS_TPM_KEY_SIGN, &access, &attester->issuer,
			       &error))
		return tpmgate_fail(&error, failure);
	return attest_issuer(tpm, attester, failure);
}

struct attester *attester_new(struct uks_tpm *tpm, struct failure *failure)
{
	struct attester *attester = alloc(failure);

	if (!attester)
		return NULL;
	randombytes_buf(attester->auth, sizeof(attester->auth));
	if (!make(tpm, attester, failure))
		return attester;
	attester_free(attester);
	return NULL;
}

/* Of this store, and of the TPM that it is in now. */
static void compute_tag(const struct master *master, const struct attester *attester,
			uint8_t tag[UKS_TPM_AUTH_LEN])
{
	crypto_generichash_state state;
	uint8_t digest[crypto_generichash_BYTES];

	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, master->identity.root, sizeof(master->identity.root));
	crypto_generichash_update(&state, (const uint8_t *)&attester->ak, sizeof(attester->ak));
	crypto_generichash_update(&state, (const uint8_t *)&attester->issuer,
				  sizeof(attester->issuer));
	crypto_generichash_update(&state, attester->certificate, sizeof(attester->certificate));
	crypto_generichash_final(&state, digest, sizeof(digest));
	master_auth(master, TAG_LABEL, digest, sizeof(digest), tag);
}

static int read_entry(struct store *store, const char *name, uint8_t *to, size_t size,
		      size_t *len, struct failure *failure)
{
	uint8_t room[STORE_META_MAX];

	if (store->ops->get_meta(store, name, room, len, failure))
		return -1;
	if (*len > size)
		*len = 0;
	memcpy(to, room, *len);
	return 0;
}

/* @found: they are there, and of this store and TPM. */
static int read_keys(struct worker *worker, struct attester *attester, bool *found,
		     struct failure *failure)
{
	uint8_t tag[UKS_TPM_AUTH_LEN], stored[UKS_TPM_AUTH_LEN];
	struct store *store = worker->store;
	size_t len;

	if (read_entry(store, META_AK, attester->ak.data, sizeof(attester->ak.data),
		       &attester->ak.len, failure) ||
	    read_entry(store, META_ISSUER, attester->issuer.data, sizeof(attester->issuer.data),
		       &attester->issuer.len, failure) ||
	    read_entry(store, META_CERTIFICATE, attester->certificate,
		       sizeof(attester->certificate), &attester->certificate_len, failure) ||
	    read_entry(store, META_TAG, stored, sizeof(stored), &len, failure))
		return -1;
	compute_tag(worker->uksd->master, attester, tag);
	*found = len == sizeof(tag) && !sodium_memcmp(tag, stored, sizeof(tag));
	return 0;
}

static int write_keys(struct worker *worker, const struct attester *attester,
		      struct failure *failure)
{
	uint8_t tag[UKS_TPM_AUTH_LEN];
	struct store *store = worker->store;

	compute_tag(worker->uksd->master, attester, tag);
	if (store->ops->put_meta(store, META_AK, attester->ak.data, attester->ak.len, failure) ||
	    store->ops->put_meta(store, META_ISSUER, attester->issuer.data,
				 attester->issuer.len, failure) ||
	    store->ops->put_meta(store, META_CERTIFICATE, attester->certificate,
				 attester->certificate_len, failure))
		return -1;
	return store->ops->put_meta(store, META_TAG, tag, sizeof(tag), failure);
}

/* Of two workers that make keys at once the first one's stay. */
static int keep(struct worker *worker, struct attester *made, struct failure *failure)
{
	struct store *store = worker->store;
	struct attester *there = alloc(failure);
	bool found = false;
	int ret = -1;

	if (!there)
		return -1;
	if (store->ops->begin(store, failure))
		goto out;
	ret = read_keys(worker, there, &found, failure);
	if (!ret && !found)
		ret = write_keys(worker, made, failure);
	if (ret || found)
		store->ops->rollback(store);
	else
		ret = store->ops->commit(store, failure);
	if (!ret && found) {
		memcpy(there->auth, made->auth, sizeof(there->auth));
		*made = *there;
	}
	if (!ret && !found)
		log_info("made an attestation key in the TPM: who knows an older one has to confirm it again");
out:
	attester_free(there);
	return ret;
}

/* The store is not waited for inside of the gate. */
static int make_alone(struct worker *worker, struct attester *attester, struct failure *failure)
{
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(worker->uksd, &tpm, failure))
		return -1;
	ret = make(tpm, attester, failure);
	tpmgate_leave(worker->uksd);
	return ret;
}

struct attester *attester_get(struct worker *worker, struct failure *failure)
{
	struct attester *attester = alloc(failure);
	bool found;

	if (!attester)
		return NULL;
	master_auth(worker->uksd->master, AUTH_LABEL, NULL, 0, attester->auth);
	if (read_keys(worker, attester, &found, failure))
		goto err;
	if (found)
		return attester;
	sodium_memzero(&attester->ak, sizeof(*attester) - offsetof(struct attester, ak));
	if (make_alone(worker, attester, failure) || keep(worker, attester, failure))
		goto err;
	return attester;
err:
	attester_free(attester);
	return NULL;
}
