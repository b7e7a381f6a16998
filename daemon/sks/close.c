// SPDX-License-Identifier: LGPL-2.1-or-later
/* The end of a provisioning session: all of it, or nothing. */
#include <string.h>

#include <sodium.h>

#include "daemon/sks/algorithm.h"
#include "daemon/sks/keep.h"
#include "daemon/sks/path.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/post.h"
#include "daemon/sks/session.h"

static int check_endorsed(struct sks_call *call, const struct sks_key *key)
{
	const struct sks_algorithm *algorithm;
	size_t i;

	for (i = 0; i < key->endorsed_count; i++) {
		algorithm = sks_algorithm_by_number(key->endorsed[i]);
		if (!algorithm || !sks_algorithm_fits(algorithm, key))
			return sks_fail(call, SKS_E_OPTION,
					"key '%.*s' is endorsed for %s, which it cannot do",
					(int)key->row.name_len, (const char *)key->row.name,
					algorithm ? algorithm->uri : "something unknown");
	}
	return 0;
}

static int check_certificate(struct sks_call *call, const struct sks_key *key)
{
	struct sks_bytes certificate;
	struct sks_object path;
	int found = sks_find_path(call, key->row.handle, &path);
	bool good;

	if (found < 0)
		return -1;
	if (!found)
		return sks_fail(call, SKS_E_OPTION, "key '%.*s' has no certificate",
				(int)key->row.name_len, (const char *)key->row.name);
	certificate = sks_end_entity(&path);
	good = key->symmetric || sks_certifies(&certificate, key);
	sks_free(&path);
	if (good)
		return 0;
	return sks_fail(call, SKS_E_OPTION, "the certificate of key '%.*s' is not that key's",
			(int)key->row.name_len, (const char *)key->row.name);
}

/* Is @context the target of an operation by which its certificate goes? */
static int goes(struct sks_call *call, const struct sks_post *post, void *context)
{
	const uint32_t *handle = context;

	(void)call;
	return post->row.link == *handle &&
	       (post->method == SKS_POST_DELETE || post->method == SKS_POST_UPDATE);
}

static int check_duplicate(struct sks_call *call, const struct sks_key *key)
{
	struct sks_object other = { .row = { .digest_len = 32 } };
	struct sks_row row;
	int ret;

	memcpy(other.row.digest, key->row.digest, 32);
	while ((ret = sks_find(call, SKS_BY_DIGEST, &other)) > 0) {
		row = other.row;
		sks_free(&other);
		if (row.kind == SKS_KEY && row.handle != key->row.handle &&
		    (!row.open || row.parent == key->row.parent)) {
			ret = sks_each_post(call, key->row.parent, goes, &row.handle);
			if (ret <= 0)
				return ret < 0 ? -1 :
				       sks_fail(call, SKS_E_OPTION,
						"key %u has the same certificate as key '%.*s'",
						row.handle, (int)key->row.name_len,
						(const char *)key->row.name);
		}
		other.row = (struct sks_row){ .handle = row.handle, .digest_len = 32 };
		memcpy(other.row.digest, key->row.digest, 32);
	}
	return ret;
}

static int check_key(struct sks_call *call, struct sks_key *key, void *context)
{
	int *count = context;

	++*count;
	return check_certificate(call, key) || check_duplicate(call, key) ||
	       check_endorsed(call, key) ? -1 : 0;
}

/* Something of @kind refers to each policy of a kind in the session. */
static int check_references(struct sks_call *call, uint32_t session, uint32_t policies,
			    uint32_t kind)
{
	struct sks_object object = { .row = { .parent = session, .kind = policies } }, user;
	struct sks_row row;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		row = object.row;
		sks_free(&object);
		user = (struct sks_object){ .row = { .link = row.handle, .kind = kind } };
		ret = sks_find(call, SKS_BY_LINK, &user);
		if (!ret)
			return sks_fail(call, SKS_E_OPTION, "nothing refers to '%.*s'",
					(int)row.name_len, (const char *)row.name);
		if (ret < 0)
			return -1;
		sks_free(&user);
		object.row = (struct sks_row){
			.handle = row.handle, .parent = session, .kind = policies,
		};
	}
	return ret;
}

static int check_post(struct sks_call *call, const struct sks_post *post, void *context)
{
	struct sks_object target;
	int found = sks_get(call, post->row.link, SKS_KEY, &target);

	(void)context;
	if (found > 0)
		sks_free(&target);
	return found ? found < 0 ? -1 : 0 :
	       sks_fail(call, SKS_E_NO_KEY, "key %u, which was to be changed, is gone",
			post->row.link);
}

static int check(struct sks_call *call, struct sks_session *session,
		 const struct sks_bytes *nonce, const struct sks_bytes *value, int *keys)
{
	uint32_t handle = session->row.handle;
	struct sks_mac mac;

	if (!nonce->len || nonce->len > SKS_NONCE_MAX)
		return sks_fail(call, SKS_E_OPTION, "the nonce has not 1 to %d bytes",
				SKS_NONCE_MAX);
	if (sks_begin_mac(call, session, "closeProvisioningSession", &mac))
		return -1;
	sks_mac_string(&mac, session->client_id);
	sks_mac_string(&mac, session->server_id);
	sks_mac_string(&mac, session->issuer);
	sks_mac_bytes(&mac, nonce->at, nonce->len);
	return sks_verify(call, &mac, value) ||
	       check_references(call, handle, SKS_PUK, SKS_PIN_POLICY) ||
	       check_references(call, handle, SKS_PIN_POLICY, SKS_PIN) ||
	       sks_each_key(call, handle, check_key, keys) ||
	       sks_each_post(call, handle, check_post, NULL) ? -1 : 0;
}

static int attest(struct sks_call *call, struct sks_session *session,
		  const struct sks_bytes *nonce)
{
	uint8_t attestation[SKS_MAC_LEN];
	struct sks_mac mac;

	if (sks_begin_mac(call, session, "DeviceAttestation", &mac))
		return -1;
	sks_mac_bytes(&mac, nonce->at, nonce->len);
	sks_mac_end(&mac, attestation);
	sks_put_bytes(&call->out, attestation, sizeof(attestation));
	return 0;
}

static int remove_secret(struct sks_call *call, uint32_t key)
{
	struct sks_object object = { .row = { .parent = key, .kind = SKS_SECRET } };
	int found = sks_find(call, SKS_BY_PARENT, &object);

	if (found <= 0)
		return found;
	sks_free(&object);
	return sks_remove(call, object.row.handle);
}

static int close_key(struct sks_call *call, struct sks_key *key, void *context)
{
	(void)context;
	if (!key->row.open)
		return 0;
	if (sks_keep(call, key) || remove_secret(call, key->row.handle) ||
	    sks_close_children(call, key->row.handle))
		return -1;
	key->row.open = false;
	return sks_write_key(call, key);
}

static int close_kind(struct sks_call *call, uint32_t session, uint32_t kind)
{
	struct sks_object object = { .row = { .parent = session, .kind = kind } };
	uint32_t handle;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		handle = object.row.handle;
		object.row.open = false;
		ret = sks_seal(call, &object.row, object.plain, object.len);
		sks_free(&object);
		if (ret)
			break;
		object.row = (struct sks_row){ .handle = handle, .parent = session, .kind = kind };
	}
	return ret;
}

static int remove_post(struct sks_call *call, const struct sks_post *post, void *context)
{
	(void)context;
	return sks_remove(call, post->row.handle);
}

static int count(struct sks_call *call, struct sks_key *key, void *context)
{
	(void)call;
	(void)key;
	++*(int *)context;
	return 1;
}

static int commit(struct sks_call *call, struct sks_session *session)
{
	uint32_t handle = session->row.handle;
	int keys = 0;

	if (sks_perform_posts(call, session) ||
	    sks_each_post(call, handle, remove_post, NULL) ||
	    sks_each_key(call, handle, close_key, NULL) ||
	    close_kind(call, handle, SKS_PIN) || close_kind(call, handle, SKS_PIN_POLICY) ||
	    close_kind(call, handle, SKS_PUK) ||
	    sks_each_key(call, handle, count, &keys) < 0)
		return -1;
	if (!keys)
		return sks_remove(call, handle);
	session->row.open = false;
	sodium_memzero(session->key, sizeof(session->key));
	return sks_write_session(call, session);
}

int sks_close_session(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes nonce = sks_get_bytes(&call->in), value = sks_get_bytes(&call->in);
	struct sks_session session;
	int ret = -1, keys = 0;

	if (!sks_open_session(call, handle, &session) && !sks_arguments(call) &&
	    !check(call, &session, &nonce, &value, &keys) && !attest(call, &session, &nonce))
		ret = commit(call, &session);
	sodium_memzero(&session, sizeof(session));
	return ret;
}

static int note_target(struct sks_call *call, const struct sks_post *post, void *context)
{
	uint64_t *stripes = context;
	struct sks_object target;
	int found = sks_get(call, post->row.link, SKS_KEY, &target);

	if (found <= 0)
		return found;
	*stripes |= keylock_stripe(target.row.key);
	sks_free(&target);
	return 0;
}

static void hold(struct sks_call *call, uint64_t stripes)
{
	keylock_change_stripes(&call->worker->uksd->locks, stripes);
	call->stripes = stripes;
}

int sks_close_ahead(struct sks_call *call)
{
	struct sks_in in = call->in;
	uint64_t stripes = 0;

	if (sks_each_post(call, sks_get_u32(&in), note_target, &stripes))
		return -1;
	hold(call, stripes);
	return 0;
}

int sks_key_ahead(struct sks_call *call)
{
	struct sks_in in = call->in;
	struct sks_object key;
	int found;

	found = sks_get(call, sks_get_u32(&in), SKS_KEY, &key);
	if (found <= 0)
		return found;
	hold(call, keylock_stripe(key.row.key));
	sks_free(&key);
	return 0;
}
