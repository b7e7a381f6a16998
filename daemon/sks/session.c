// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/sks/device.h"
#include "daemon/sks/keep.h"
#include "daemon/sks/session.h"

#define SESSIONS_MAX	256	/* of a user, open at once */
#define CERTIFICATE_MAX	16384
#define ATTESTED_MAX	(CERTIFICATE_MAX + 8192)

static uint64_t seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec;
}

/*
 * Within one boot the time of day does not count: whoever sets it gains nothing. After
 * another boot nothing else is known; a time before the session's beginning ends it.
 */
static bool is_over(const struct sks_call *call, const struct sks_session *session)
{
	uint64_t now;

	if (!memcmp(session->boot, call->worker->uksd->boot, sizeof(session->boot)))
		return seconds(CLOCK_BOOTTIME) - session->since_boot > session->lifetime;
	now = seconds(CLOCK_REALTIME);
	return now < session->created || now - session->created > session->lifetime;
}

int sks_open_session(struct sks_call *call, uint32_t handle, struct sks_session *session)
{
	if (sks_read_session(call, handle, session))
		return -1;
	if (!session->row.open)
		return sks_fail(call, SKS_E_NO_SESSION, "provisioning session %u is closed",
				handle);
	call->session = handle;
	if (is_over(call, session))
		return sks_fail(call, SKS_E_NO_SESSION,
				"the time of provisioning session %u is over", handle);
	return 0;
}

int sks_open_key(struct sks_call *call, uint32_t handle, struct sks_key *key,
		 struct sks_session *session)
{
	if (sks_read_key(call, handle, key))
		return -1;
	if (!key->row.open)
		return sks_fail(call, SKS_E_NO_KEY, "key %u belongs to a closed session", handle);
	return sks_open_session(call, key->row.parent, session);
}

int sks_closed_key(struct sks_call *call, uint32_t handle, struct sks_key *key)
{
	if (sks_read_key(call, handle, key))
		return -1;
	if (key->row.open)
		return sks_fail(call, SKS_E_NO_KEY,
				"key %u cannot be used before its session is closed", handle);
	sks_note_key(call, key);
	return 0;
}

int sks_spend(struct sks_call *call, struct sks_session *session)
{
	if (!session->left)
		return sks_fail(call, SKS_E_OPTION,
				"the session's key was used %u times, which was its limit",
				session->limit);
	session->left--;
	return 0;
}

int sks_begin_mac(struct sks_call *call, struct sks_session *session, const char *label,
		  struct sks_mac *mac)
{
	if (sks_spend(call, session))
		return -1;
	sks_mac_begin(mac, session->key, label, session->counter++);
	return 0;
}

int sks_verify(struct sks_call *call, struct sks_mac *mac, const struct sks_bytes *value)
{
	uint8_t right[SKS_MAC_LEN];
	int ret;

	sks_mac_end(mac, right);
	ret = value->len == sizeof(right) ? sodium_memcmp(right, value->at, sizeof(right)) : -1;
	sodium_memzero(right, sizeof(right));
	return ret ? sks_fail(call, SKS_E_MAC, "the MAC is wrong") : 0;
}

int sks_open_encrypted(struct sks_call *call, struct sks_session *session,
		       const struct sks_bytes *from, uint8_t *to, size_t *len)
{
	if (sks_spend(call, session))
		return -1;
	if (sks_decrypt(session->key, from, to, len))
		return sks_fail(call, SKS_E_CRYPTO,
				"what the issuer encrypted cannot be decrypted");
	return 0;
}

int sks_new_id(struct sks_call *call, const struct sks_session *session, struct sks_row *row)
{
	struct sks_bytes id = sks_get_bytes(&call->in);
	struct sks_object other = { .row = { .parent = session->row.handle } };
	int found;

	if (!sks_is_id(&id))
		return sks_fail(call, SKS_E_OPTION,
				"an id has 1 to 32 characters from 0x21 to 0x7e");
	memcpy(row->name, id.at, id.len);
	row->name_len = id.len;
	row->parent = session->row.handle;
	row->open = true;
	memcpy(other.row.name, id.at, id.len);
	other.row.name_len = id.len;
	found = sks_find(call, SKS_BY_NAME, &other);
	if (found <= 0)
		return found;
	sks_free(&other);
	return sks_fail(call, SKS_E_OPTION, "the session has an object '%.*s' already",
			(int)id.len, (const char *)id.at);
}

static int remove_children(struct sks_call *call, uint32_t parent, uint32_t kind)
{
	struct sks_row row = { .parent = parent, .kind = kind };
	struct store *store = call->worker->store;

	while (!store->ops->sks_find(store, SKS_BY_PARENT, &row, call->failure)) {
		free(row.blob);
		if (kind == SKS_KEY ? sks_remove_key(call, row.handle) :
				      sks_remove(call, row.handle))
			return -1;
		row = (struct sks_row){ .parent = parent, .kind = kind };
	}
	return call->failure->code == UKS_E_NO_KEY ? 0 : sks_store_failed(call);
}

int sks_remove_key(struct sks_call *call, uint32_t handle)
{
	if (remove_children(call, handle, SKS_PATH) ||
	    remove_children(call, handle, SKS_EXTENSION) ||
	    remove_children(call, handle, SKS_SECRET))
		return -1;
	return sks_remove(call, handle);
}

int sks_destroy(struct sks_call *call, uint32_t handle)
{
	static const uint32_t kinds[] = {
		SKS_KEY, SKS_PIN, SKS_PIN_POLICY, SKS_PUK, SKS_POST,
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (remove_children(call, handle, kinds[i]))
			return -1;
	return sks_remove(call, handle);
}

int sks_expire(struct sks_call *call)
{
	struct sks_object object = { .row = { .kind = SKS_SESSION, .open = true } };
	struct sks_session session;
	uint32_t handle;
	int ret;

	while ((ret = sks_find(call, SKS_BY_OWNER, &object)) > 0) {
		handle = object.row.handle;
		ret = sks_take_session(call, &object, &session);
		sks_free(&object);
		if (!ret && is_over(call, &session))
			ret = sks_destroy(call, handle);
		if (ret)
			break;
		object.row = (struct sks_row){
			.handle = handle, .kind = SKS_SESSION, .open = true,
		};
	}
	sodium_memzero(&session, sizeof(session));
	return ret;
}

/* A key management key that signatures can be verified with. */
static int take_kmk(struct sks_call *call, const struct sks_bytes *kmk,
		    struct sks_session *session)
{
	if (kmk->len && !sks_is_public_key(kmk))
		return sks_fail(call, SKS_E_OPTION,
				"the key management key is no public key of RSA or on a NIST curve");
	if (kmk->len)
		memcpy(session->kmk, kmk->at, kmk->len);
	session->kmk_len = kmk->len;
	return 0;
}

static int check_text(struct sks_call *call, const struct sks_bytes *text, size_t max,
		      const char *what)
{
	if (text->len && text->len <= max && sks_is_utf8(text))
		return 0;
	return sks_fail(call, SKS_E_OPTION, "%s is malformed: 1 to %zu bytes of UTF-8", what, max);
}

static int read_session(struct sks_call *call, struct sks_session *session,
			struct sks_attested *attested)
{
	struct sks_in *in = &call->in;
	struct sks_bytes algorithm = sks_get_bytes(in), id, issuer;

	attested->privacy = sks_get_bool(in);
	id = sks_get_bytes(in);
	attested->server_key = sks_get_bytes(in);
	issuer = sks_get_bytes(in);
	attested->kmk = sks_get_bytes(in);
	attested->client_time = sks_get_u32(in);
	attested->lifetime = sks_get_u16(in);
	attested->limit = sks_get_u16(in);
	attested->certificate = sks_get_bytes(in);
	if (sks_arguments(call))
		return -1;
	if (!sks_is(&algorithm, SKS_URI_SESSION))
		return sks_fail(call, SKS_E_OPTION, "the session key algorithm is unknown: only "
				SKS_URI_SESSION);
	if (!sks_is_id(&id))
		return sks_fail(call, SKS_E_OPTION,
				"the server's session id is malformed: 1 to 32 characters from 0x21 to 0x7e");
	if (check_text(call, &issuer, SKS_URI_MAX, "the issuer's URI") ||
	    take_kmk(call, &attested->kmk, session))
		return -1;
	if (attested->certificate.len > CERTIFICATE_MAX)
		return sks_fail(call, SKS_E_OPTION, "the server's certificate is too long");
	sks_copy_text(session->server_id, &id);
	sks_copy_text(session->issuer, &issuer);
	return 0;
}

/* Random, of the alphabet of base64url. */
static void make_id(char *id)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	int i;

	for (i = 0; i < SKS_ID_MAX; i++)
		id[i] = letters[randombytes_uniform(64)];
	id[i] = 0;
}

static int check_count(struct sks_call *call)
{
	const struct store_ops *ops = call->worker->store->ops;
	uint64_t count;

	if (ops->sks_count(call->worker->store, call->request->uid, SKS_SESSION, &count,
			   call->failure))
		return sks_store_failed(call);
	if (count < SESSIONS_MAX)
		return 0;
	return sks_fail(call, SKS_E_STORAGE,
			"you have %u open provisioning sessions: close or abort some",
			SESSIONS_MAX);
}

/* By the device's key; or, if it is to stay unknown, by what both sides know. */
static int attest(struct sks_call *call, const struct sks_session *session,
		  const struct sks_parties *parties, const struct sks_attested *attested,
		  struct sks_out *to)
{
	struct sks_out out = { .bytes = malloc(ATTESTED_MAX), .size = ATTESTED_MAX };
	struct sks_mac mac;
	int ret = 0;

	if (!out.bytes)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory");
	sks_attestation(parties, attested, &out);
	if (session->privacy) {
		sks_hmac_begin(&mac, session->key, sizeof(session->key));
		sks_mac_raw(&mac, out.bytes, out.len);
		sks_mac_end(&mac, to->bytes);
		to->len = SKS_MAC_LEN;
	} else {
		ret = sks_device_sign(call, &out, to);
	}
	free(out.bytes);
	return ret;
}

static int agree(struct sks_call *call, struct sks_session *session,
		 const struct sks_parties *parties, struct sks_attested *attested, uint8_t *spki)
{
	uint8_t secret[SKS_Z_MAX];
	struct sks_bytes z = { .at = secret };
	size_t spki_len;

	if (sks_agree(&attested->server_key, spki, &spki_len, secret, &z.len))
		return sks_fail(call, SKS_E_OPTION,
				"the server's ephemeral key is no DER SubjectPublicKeyInfo on P-256, P-384 or P-521");
	attested->client_key = (struct sks_bytes){ .at = spki, .len = spki_len };
	sks_session_key(&z, parties, session->key);
	sodium_memzero(secret, sizeof(secret));
	return 0;
}

/* @spki has room for the device's ephemeral key, which is attested, too. */
static int establish(struct sks_call *call, struct sks_session *session,
		     struct sks_attested *attested, uint8_t *spki)
{
	uint8_t attestation[256], certificate[SKS_DEVICE_MAX];
	struct sks_out signature = { .bytes = attestation, .size = sizeof(attestation) };
	struct sks_parties parties = {
		.client_id = session->client_id, .server_id = session->server_id,
		.issuer = session->issuer, .device = { .at = certificate },
	};

	if (sks_device_id(call, session->privacy, certificate, &parties.device.len) ||
	    agree(call, session, &parties, attested, spki) ||
	    attest(call, session, &parties, attested, &signature) ||
	    sks_write_session(call, session))
		return -1;
	sks_put_string(&call->out, session->client_id);
	sks_put_bytes(&call->out, attested->client_key.at, attested->client_key.len);
	sks_put_bytes(&call->out, attestation, signature.len);
	sks_put_u32(&call->out, session->row.handle);
	return 0;
}

int sks_create_session(struct sks_call *call)
{
	struct sks_attested attested = { };
	struct sks_session session = { };
	uint8_t spki[SKS_SPKI_MAX];
	int ret;

	if (read_session(call, &session, &attested) || sks_expire(call) || check_count(call))
		return -1;
	make_id(session.client_id);
	session.row.open = true;
	session.privacy = attested.privacy;
	session.created = seconds(CLOCK_REALTIME);
	memcpy(session.boot, call->worker->uksd->boot, sizeof(session.boot));
	session.since_boot = seconds(CLOCK_BOOTTIME);
	session.client_time = attested.client_time;
	session.lifetime = attested.lifetime;
	session.limit = attested.limit;
	session.left = attested.limit;
	ret = establish(call, &session, &attested, spki);
	sodium_memzero(&session, sizeof(session));
	return ret;
}

int sks_enumerate_sessions(struct sks_call *call)
{
	struct sks_object object = { .row = { .kind = SKS_SESSION } };
	struct sks_session session;
	int found;

	object.row.handle = sks_get_u32(&call->in);
	object.row.open = sks_get_bool(&call->in);
	if (sks_arguments(call) || (object.row.open && sks_expire(call)))
		return -1;
	found = sks_find(call, SKS_BY_OWNER, &object);
	if (!found)
		sks_put_u32(&call->out, 0);
	if (found <= 0)
		return found;
	found = sks_take_session(call, &object, &session);
	sks_free(&object);
	if (found)
		return -1;
	sks_put_u32(&call->out, session.row.handle);
	sks_put_string(&call->out, SKS_URI_SESSION);
	sks_put_bool(&call->out, session.privacy);
	sks_put_bytes(&call->out, session.kmk, session.kmk_len);
	sks_put_u32(&call->out, session.client_time);
	sks_put_u32(&call->out, session.lifetime);
	sks_put_string(&call->out, session.server_id);
	sks_put_string(&call->out, session.client_id);
	sks_put_string(&call->out, session.issuer);
	sodium_memzero(&session, sizeof(session));
	return 0;
}

int sks_abort_session(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_session session;
	int ret = -1;

	if (!sks_arguments(call) && !sks_open_session(call, handle, &session))
		ret = sks_destroy(call, handle);
	sodium_memzero(&session, sizeof(session));
	return ret;
}

int sks_update_kmk(struct sks_call *call)
{
	static const char label[] = "RollOverAuthorization";
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes kmk = sks_get_bytes(&call->in), proof = sks_get_bytes(&call->in), old;
	uint8_t octets[sizeof(label) + SKS_KMK_MAX];
	struct sks_out out = { .bytes = octets, .size = sizeof(octets) };
	struct sks_session session;

	if (sks_arguments(call) || sks_read_session(call, handle, &session))
		return -1;
	if (session.row.open)
		return sks_fail(call, SKS_E_NO_SESSION, "provisioning session %u is open", handle);
	if (!session.kmk_len)
		return sks_fail(call, SKS_E_NOT_ALLOWED,
				"provisioning session %u has no key management key", handle);
	old = (struct sks_bytes){ .at = session.kmk, .len = session.kmk_len };
	sks_put_raw(&out, label, sizeof(label) - 1);
	sks_put_raw(&out, kmk.at, kmk.len);
	if (!kmk.len || out.full || !sks_is_signed(&old, &out, &proof))
		return sks_fail(call, SKS_E_OPTION,
				"the former key management key has not signed the new one");
	return take_kmk(call, &kmk, &session) || sks_write_session(call, &session) ? -1 : 0;
}
