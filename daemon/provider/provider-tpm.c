// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making keys inside the TPM, and having them ready. What they do: tpm-perform.c. */
#include <stdlib.h>

#include <sodium.h>

#include "daemon/provider/provider-tpm.h"
#include "daemon/provider/tpm-perform.h"
#include "daemon/tpmgate.h"

#define RSA_PURPOSES	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY | UKS_PURPOSE_ENCRYPT | \
			 UKS_PURPOSE_DECRYPT)
#define EC_PURPOSES	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY | UKS_PURPOSE_AGREE)
#define SIGNING		(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)

static const struct {
	uint32_t type;
	enum uks_tpm_key_type tpm;
	uint32_t purposes;
} types[] = {
	{ UKS_KEY_RSA_2048, UKS_TPM_RSA_2048, RSA_PURPOSES },
	{ UKS_KEY_RSA_3072, UKS_TPM_RSA_3072, RSA_PURPOSES },
	{ UKS_KEY_EC_P256, UKS_TPM_P256, EC_PURPOSES },
	{ UKS_KEY_EC_P384, UKS_TPM_P384, EC_PURPOSES },
};

#define TYPES	(sizeof(types) / sizeof(*types))

static size_t find_type(uint32_t type)
{
	size_t i;

	for (i = 0; i < TYPES && types[i].type != type; i++)
		;
	return i;
}

int tpm_key_check(const struct key_type *type, uint32_t purposes, struct failure *failure)
{
	size_t i = find_type(type->type);

	if (i == TYPES)
		return failure_set(failure, UKS_E_BAD_TYPE,
				   "the TPM has no keys of type %s: choose rsa-2048, rsa-3072, ec-p256 or ec-p384, or the provider sealed",
				   type->name);
	if (!(purposes & ~types[i].purposes))
		return 0;
	return failure_set(failure, UKS_E_BAD_PURPOSE,
			   "a key of type %s in the TPM has no purposes 0x%x: leave them out, or choose the provider sealed",
			   type->name, purposes & ~types[i].purposes);
}

void tpm_key_auth(const struct master *master, const uint8_t *id, uint32_t version,
		  uint8_t auth[UKS_TPM_AUTH_LEN])
{
	uint8_t subject[UKS_KEY_ID_LEN + 4], *at = subject + UKS_KEY_ID_LEN;
	int i;

	memcpy(subject, id, UKS_KEY_ID_LEN);
	for (i = 0; i < 4; i++)
		at[i] = version >> (24 - 8 * i);
	master_auth(master, "uks tpm key", subject, sizeof(subject), auth);
}

static int create(struct uksd *uksd, const struct key *key, const struct uks_tpm_access *access,
		  struct uks_tpm_key *tpm_key, struct failure *failure)
{
	struct uks_tpm_error error;
	unsigned int usage = 0;
	struct uks_tpm *tpm;
	int ret;

	if (key->purposes & SIGNING)
		usage |= UKS_TPM_KEY_SIGN;
	if (key->purposes & ~SIGNING)
		usage |= UKS_TPM_KEY_DECRYPT;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = uks_tpm_key_create(tpm, types[find_type(key->type)].tpm, usage, access, tpm_key,
				 &error);
	tpmgate_leave(uksd);
	if (ret && error.cause == UKS_TPM_UNSUPPORTED)
		return failure_set(failure, UKS_E_BAD_TYPE,
				   "this TPM lacks keys of that type: choose another type, or the provider sealed (%s)",
				   error.text);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

static int generate(struct worker *worker, const struct key *key, const struct key_type *type,
		    struct material *material, struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_access access = { .auth = auth };
	struct uks_tpm_error error;
	struct uks_tpm_key tpm_key;
	struct pin pin;
	int ret;

	if (tpm_key_check(type, key->purposes, failure))
		return -1;
	if (key->pin_len) {
		if (pin_read(key, &pin, failure))
			return -1;
		access.pin = &pin.index;
	}
	tpm_key_auth(uksd->master, key->id, key->version, auth);
	ret = create(uksd, key, &access, &tpm_key, failure);
	sodium_memzero(auth, sizeof(auth));
	if (ret)
		return -1;
	material->public_len = sizeof(material->public_key);
	if (uks_tpm_key_public(&tpm_key, material->public_key, &material->public_len, &error))
		return tpmgate_fail(&error, failure);
	memcpy(material->secret, tpm_key.data, tpm_key.len);
	material->secret_len = tpm_key.len;
	return 0;
}

static int make_sealed(struct worker *worker, const struct key *key,
		       const struct key_type *type, const struct import *import,
		       struct material *material, struct failure *failure)
{
	const struct provider *provider = worker->uksd->provider;
	int ret;

	ret = import ? provider->import(type, import, material, failure) :
		       provider->generate(type, material, failure);
	if (ret || !key->pin_len)
		return ret;
	if (!material->secret_len)
		return failure_set(failure, UKS_E_NO_SECRET,
				   "a public key alone needs no PIN: leave the PIN out");
	return pin_close(key, material->secret, &material->secret_len, failure);
}

int key_make(struct worker *worker, const struct key *key, const struct key_type *type,
	     const struct import *import, struct material *material, struct failure *failure)
{
	if (key->provider != UKS_PROVIDER_TPM)
		return make_sealed(worker, key, type, import, material, failure);
	if (import)
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "a key in the TPM is made there, nothing is taken in: generate it, or choose the provider sealed");
	return generate(worker, key, type, material, failure);
}

int tpm_key_take(const struct key *key, const uint8_t *secret, size_t len,
		 struct uks_tpm_key *tpm_key, struct failure *failure)
{
	if (!len || len > sizeof(tpm_key->data))
		return failure_set(failure, UKS_E_BLOB,
				   "key '%s' is not as the TPM made it: restore the store from a backup",
				   key->name);
	memcpy(tpm_key->data, secret, len);
	tpm_key->len = len;
	return 0;
}

/* Which public key belongs to it, the TPM's own form says; the record must agree. */
static int check_public(const struct key *key, const struct uks_tpm_key *tpm_key,
			struct failure *failure)
{
	uint8_t spki[UKS_TPM_SPKI_MAX];
	struct uks_tpm_error error;
	size_t len = sizeof(spki);

	if (!uks_tpm_key_public(tpm_key, spki, &len, &error) && len == key->public_len &&
	    !memcmp(spki, key->public_key, len))
		return 0;
	return failure_set(failure, UKS_E_BLOB,
			   "secret and public part of key '%s' do not belong together",
			   key->name);
}

static int load_tpm(struct worker *worker, const struct key *key, const uint8_t *secret,
		    size_t len, const struct uks_tpm_code *code,
		    struct private_key **private_key, struct failure *failure)
{
	struct uks_tpm_key tpm_key;
	struct private_key *public;
	struct pin pin = { 0 };

	if (tpm_key_take(key, secret, len, &tpm_key, failure) ||
	    check_public(key, &tpm_key, failure) ||
	    (key->pin_len && pin_read(key, &pin, failure)) ||
	    worker->uksd->provider->load(key, NULL, 0, &public, failure))
		return -1;
	return tpm_key_new(worker->uksd, key, &tpm_key, key->pin_len ? &pin.index : NULL, code,
			   public, private_key, failure);
}

int key_load(struct worker *worker, const struct key *key, const uint8_t *secret, size_t len,
	     const struct uks_tpm_code *pin, struct private_key **private_key,
	     struct failure *failure)
{
	if (key->provider == UKS_PROVIDER_TPM && len)
		return load_tpm(worker, key, secret, len, pin, private_key, failure);
	return worker->uksd->provider->load(key, secret, len, private_key, failure);
}
