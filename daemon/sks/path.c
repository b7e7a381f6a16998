// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificates of keys, and keys that issuers bring. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "daemon/provider/sealed.h"
#include "daemon/sks/algorithm.h"
#include "daemon/sks/keep.h"
#include "daemon/sks/path.h"
#include "daemon/sks/session.h"

int sks_find_path(struct sks_call *call, uint32_t handle, struct sks_object *path)
{
	*path = (struct sks_object){ .row = { .parent = handle, .kind = SKS_PATH } };
	return sks_find(call, SKS_BY_PARENT, path);
}

struct sks_bytes sks_end_entity(const struct sks_object *path)
{
	struct sks_in in = { .at = path->plain, .left = path->len };

	sks_get_u8(&in);
	return sks_get_bytes(&in);
}

int sks_mac_certificate(struct sks_call *call, struct sks_session *session,
			const struct sks_key *key, const char *label, struct sks_mac *mac)
{
	struct sks_bytes certificate;
	struct sks_object path;
	int ret = sks_find_path(call, key->row.handle, &path);

	if (!ret)
		return sks_fail(call, SKS_E_OPTION, "key %u has no certificate yet",
				key->row.handle);
	if (ret < 0)
		return -1;
	certificate = sks_end_entity(&path);
	ret = sks_begin_mac(call, session, label, mac);
	if (!ret)
		sks_mac_bytes(mac, certificate.at, certificate.len);
	sks_free(&path);
	return ret;
}

/* As in sealed_read_public(), but an exponent may be as small as an issuer wants it. */
static EVP_PKEY *public_of(const struct sks_bytes *certificate)
{
	const uint8_t *at = certificate->at;
	X509 *x509 = d2i_X509(NULL, &at, certificate->len);
	EVP_PKEY *pkey = NULL;

	if (x509 && at == certificate->at + certificate->len)
		pkey = X509_get_pubkey(x509);
	X509_free(x509);
	ERR_clear_error();
	return pkey;
}

bool sks_certifies(const struct sks_bytes *certificate, const struct sks_key *key)
{
	const uint8_t *at = key->public_key;
	EVP_PKEY *own = d2i_PUBKEY(NULL, &at, key->public_len);
	EVP_PKEY *certified = public_of(certificate);
	bool same = own && certified && EVP_PKEY_eq(own, certified) == 1;

	EVP_PKEY_free(certified);
	EVP_PKEY_free(own);
	ERR_clear_error();
	return same;
}

/* The first must be one whose key UKS knows, the others must be certificates. */
static int check_certificate(struct sks_call *call, const struct sks_bytes *certificate,
			     bool first)
{
	EVP_PKEY *pkey;
	bool good;

	if (!certificate->len || certificate->len > SKS_CRYPTO_MAX)
		return sks_fail(call, SKS_E_OPTION, "a certificate has no or more than %d bytes",
				SKS_CRYPTO_MAX);
	pkey = public_of(certificate);
	good = pkey && (!first || sealed_type(pkey));
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	if (good)
		return 0;
	return sks_fail(call, SKS_E_OPTION,
			"a certificate is malformed, or of a key that this device does not know");
}

static int take_path(struct sks_call *call, struct sks_mac *mac, struct sks_row *key,
		     struct sks_bytes *list)
{
	struct sks_bytes certificate;
	int i, count;

	list->at = call->in.at;
	count = sks_get_u8(&call->in);
	if (!count)
		return sks_fail(call, SKS_E_OPTION, "the certificate path is empty");
	for (i = 0; i < count; i++) {
		certificate = sks_get_bytes(&call->in);
		if (check_certificate(call, &certificate, !i))
			return -1;
		if (!i)
			crypto_hash_sha256(key->digest, certificate.at, certificate.len);
		sks_mac_bytes(mac, certificate.at, certificate.len);
	}
	key->digest_len = sizeof(key->digest);
	list->len = call->in.at - list->at;
	if (list->len <= SKS_ATTRIBUTES_MAX)
		return 0;
	return sks_fail(call, SKS_E_STORAGE, "the certificate path has more than %d bytes",
			SKS_ATTRIBUTES_MAX);
}

static int set_path(struct sks_call *call, struct sks_session *session, struct sks_key *key)
{
	struct sks_row row = { .owner = call->request->uid, .kind = SKS_PATH, .open = true };
	struct sks_bytes list = { }, value;
	struct sks_mac mac;

	if (key->row.digest_len)
		return sks_fail(call, SKS_E_OPTION, "key %u has a certificate already",
				key->row.handle);
	if (sks_begin_mac(call, session, "setCertificatePath", &mac))
		return -1;
	sks_mac_bytes(&mac, key->public_key, key->public_len);
	sks_mac_bytes(&mac, key->row.name, key->row.name_len);
	if (take_path(call, &mac, &key->row, &list))
		return -1;
	value = sks_get_bytes(&call->in);
	if (sks_arguments(call) || sks_verify(call, &mac, &value) ||
	    sks_new_handle(call, &row.handle))
		return -1;
	row.parent = key->row.handle;
	return sks_seal(call, &row, list.at, list.len) || sks_write_key(call, key) ||
	       sks_write_session(call, session) ? -1 : 0;
}

int sks_set_certificate_path(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_session session;
	struct sks_key key;
	int ret;

	ret = sks_open_key(call, handle, &key, &session) || set_path(call, &session, &key) ?
	      -1 : 0;
	sodium_memzero(&session, sizeof(session));
	return ret;
}

/* What the issuer brings, decrypted into the worker's @secret. */
static int open_import(struct sks_call *call, struct sks_session *session, struct sks_key *key,
		       const char *label, size_t *len)
{
	struct sks_bytes encrypted = sks_get_bytes(&call->in), value = sks_get_bytes(&call->in);
	struct sks_mac mac;

	if (sks_arguments(call))
		return -1;
	if (key->backup & SKS_BACKUP_IMPORTED)
		return sks_fail(call, SKS_E_OPTION, "key %u was imported already",
				key->row.handle);
	if (encrypted.len > KEY_SECRET_MAX)
		return sks_fail(call, SKS_E_OPTION, "the encrypted key is too long");
	if (sks_mac_certificate(call, session, key, label, &mac))
		return -1;
	sks_mac_bytes(&mac, encrypted.at, encrypted.len);
	if (sks_verify(call, &mac, &value))
		return -1;
	return sks_open_encrypted(call, session, &encrypted, call->worker->secret, len);
}

static int import_secret(struct sks_call *call, struct sks_session *session,
			 struct sks_key *key)
{
	size_t len = 0;

	if (open_import(call, session, key, "importSymmetricKey", &len))
		return -1;
	if (!len || len > SKS_SECRET_MAX)
		return sks_fail(call, SKS_E_OPTION,
				"the symmetric key has no or more than %d bytes", SKS_SECRET_MAX);
	key->symmetric = len;
	key->backup |= SKS_BACKUP_IMPORTED;
	return sks_write_secret(call, key, call->worker->secret, len) ||
	       sks_write_key(call, key) || sks_write_session(call, session) ? -1 : 0;
}

static int import_with(struct sks_call *call, uint32_t handle,
		       int (*import)(struct sks_call *call, struct sks_session *session,
				     struct sks_key *key))
{
	struct sks_session session;
	struct sks_key key;
	int ret;

	ret = sks_open_key(call, handle, &key, &session) || import(call, &session, &key) ? -1 : 0;
	sodium_memzero(call->worker->secret, KEY_SECRET_MAX);
	sodium_memzero(&session, sizeof(session));
	return ret;
}

int sks_import_symmetric_key(struct sks_call *call)
{
	return import_with(call, sks_get_u32(&call->in), import_secret);
}

/* The type of a private key, and its secret as the provider of keys has it. */
static int convert(struct sks_call *call, struct sks_key *key, size_t len,
		   struct material *material)
{
	struct import import = {
		.format = UKS_FORMAT_PKCS8, .bytes = call->worker->secret, .len = len,
	};
	const struct provider *provider = call->worker->uksd->provider;
	const uint8_t *at = import.bytes;
	const struct key_type *type;
	EVP_PKEY *pkey;

	pkey = d2i_AutoPrivateKey(NULL, &at, len);
	type = pkey ? sealed_type(pkey) : NULL;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	if (!type || !(UKS_BIT(type->type) & (UKS_RSA | UKS_EC)))
		return sks_fail(call, SKS_E_OPTION,
				"the private key is no PKCS #8 of RSA or on a NIST curve");
	key->type = type->type;
	if (provider->import(type, &import, material, call->failure))
		return sks_fail(call, SKS_E_OPTION, "%s", call->failure->text);
	return 0;
}

static int import_private(struct sks_call *call, struct sks_session *session,
			  struct sks_key *key)
{
	struct material *material = calloc(1, sizeof(*material));
	size_t len = 0;
	int ret = -1;

	if (material)
		material->secret = sodium_malloc(KEY_SECRET_MAX);
	if (!material || !material->secret) {
		sks_fail(call, SKS_E_INTERNAL, "out of memory for a key");
	} else if (!open_import(call, session, key, "importPrivateKey", &len) &&
		   !convert(call, key, len, material)) {
		memcpy(key->public_key, material->public_key, material->public_len);
		key->public_len = material->public_len;
		key->backup |= SKS_BACKUP_IMPORTED;
		ret = sks_write_secret(call, key, material->secret, material->secret_len) ||
		      sks_write_key(call, key) || sks_write_session(call, session) ? -1 : 0;
	}
	if (material)
		sodium_free(material->secret);
	free(material);
	return ret;
}

int sks_import_private_key(struct sks_call *call)
{
	return import_with(call, sks_get_u32(&call->in), import_private);
}

static int move_kind(struct sks_call *call, uint32_t from, uint32_t to, bool open,
		     uint32_t kind)
{
	struct sks_object object = { .row = { .parent = from, .kind = kind } };
	uint32_t handle;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		handle = object.row.handle;
		object.row.parent = to;
		object.row.open = open;
		ret = sks_seal(call, &object.row, object.plain, object.len);
		sks_free(&object);
		if (ret)
			break;
		object.row = (struct sks_row){
			.handle = handle, .parent = from, .kind = kind,
		};
	}
	return ret;
}

int sks_move_children(struct sks_call *call, uint32_t from, uint32_t to)
{
	if (move_kind(call, from, to, false, SKS_PATH) ||
	    move_kind(call, from, to, false, SKS_SECRET))
		return -1;
	return move_kind(call, from, to, false, SKS_EXTENSION);
}

int sks_close_children(struct sks_call *call, uint32_t handle)
{
	return sks_move_children(call, handle, handle);
}
