// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects of SKS as bytes, and back. */
#include <string.h>

#include <sodium.h>

#include "daemon/sks/sks.h"

#define PLAIN_MAX	4096	/* of any of these */

/* Bytes of at most @size; else @in is bad. */
static size_t get_into(struct sks_in *in, uint8_t *to, size_t size)
{
	struct sks_bytes bytes = sks_get_bytes(in);

	if (bytes.len > size) {
		in->bad = true;
		return 0;
	}
	if (bytes.len)
		memcpy(to, bytes.at, bytes.len);
	return bytes.len;
}

static void get_text(struct sks_in *in, char *to, size_t max)
{
	to[get_into(in, (uint8_t *)to, max)] = 0;
}

static int damaged(struct sks_call *call, const struct sks_object *object)
{
	failure_set(call->failure, UKS_E_BLOB,
		    "what was provisioned as %u has a form that this daemon does not know: update uksd",
		    object->row.handle);
	return sks_store_failed(call);
}

static int done(struct sks_call *call, const struct sks_object *object, const struct sks_in *in)
{
	return sks_end(in) ? 0 : damaged(call, object);
}

static struct sks_in contents(const struct sks_object *object)
{
	return (struct sks_in){ .at = object->plain, .left = object->len };
}

static int write_out(struct sks_call *call, struct sks_row *row, struct sks_out *out)
{
	int ret = 0;

	if (!row->handle)
		ret = sks_new_handle(call, &row->handle);
	row->owner = call->request->uid;
	if (!ret)
		ret = sks_seal(call, row, out->bytes, out->len);
	sodium_memzero(out->bytes, out->size);
	return ret;
}

int sks_take_session(struct sks_call *call, const struct sks_object *object,
		     struct sks_session *session)
{
	struct sks_in in = contents(object);

	session->row = object->row;
	sks_get_exactly(&in, session->key, sizeof(session->key));
	session->counter = sks_get_u16(&in);
	session->left = sks_get_u16(&in);
	session->lifetime = sks_get_u16(&in);
	session->limit = sks_get_u16(&in);
	session->privacy = sks_get_bool(&in);
	session->created = sks_get_u64(&in);
	sks_get_exactly(&in, session->boot, sizeof(session->boot));
	session->since_boot = sks_get_u64(&in);
	session->client_time = sks_get_u32(&in);
	get_text(&in, session->client_id, SKS_ID_MAX);
	get_text(&in, session->server_id, SKS_ID_MAX);
	get_text(&in, session->issuer, SKS_URI_MAX);
	session->kmk_len = get_into(&in, session->kmk, sizeof(session->kmk));
	return done(call, object, &in);
}

int sks_write_session(struct sks_call *call, struct sks_session *session)
{
	uint8_t plain[PLAIN_MAX];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_bytes(&out, session->key, sizeof(session->key));
	sks_put_u16(&out, session->counter);
	sks_put_u16(&out, session->left);
	sks_put_u16(&out, session->lifetime);
	sks_put_u16(&out, session->limit);
	sks_put_bool(&out, session->privacy);
	sks_put_number(&out, session->created, 8);
	sks_put_bytes(&out, session->boot, sizeof(session->boot));
	sks_put_number(&out, session->since_boot, 8);
	sks_put_u32(&out, session->client_time);
	sks_put_string(&out, session->client_id);
	sks_put_string(&out, session->server_id);
	sks_put_string(&out, session->issuer);
	sks_put_bytes(&out, session->kmk, session->kmk_len);
	session->row.kind = SKS_SESSION;
	return write_out(call, &session->row, &out);
}

static int take_puk(struct sks_call *call, const struct sks_object *object, struct sks_puk *puk)
{
	struct sks_in in = contents(object);

	puk->row = object->row;
	puk->format = sks_get_u8(&in);
	puk->limit = sks_get_u16(&in);
	puk->errors = sks_get_u16(&in);
	puk->len = get_into(&in, puk->value, sizeof(puk->value));
	return done(call, object, &in);
}

int sks_write_puk(struct sks_call *call, struct sks_puk *puk)
{
	uint8_t plain[256];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_u8(&out, puk->format);
	sks_put_u16(&out, puk->limit);
	sks_put_u16(&out, puk->errors);
	sks_put_bytes(&out, puk->value, puk->len);
	puk->row.kind = SKS_PUK;
	return write_out(call, &puk->row, &out);
}

static int take_policy(struct sks_call *call, const struct sks_object *object,
		       struct sks_pin_policy *policy)
{
	struct sks_in in = contents(object);

	policy->row = object->row;
	policy->user_defined = sks_get_bool(&in);
	policy->user_modifiable = sks_get_bool(&in);
	policy->format = sks_get_u8(&in);
	policy->limit = sks_get_u16(&in);
	policy->grouping = sks_get_u8(&in);
	policy->patterns = sks_get_u8(&in);
	policy->min = sks_get_u16(&in);
	policy->max = sks_get_u16(&in);
	policy->input = sks_get_u8(&in);
	return done(call, object, &in);
}

int sks_write_policy(struct sks_call *call, struct sks_pin_policy *policy)
{
	uint8_t plain[32];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_bool(&out, policy->user_defined);
	sks_put_bool(&out, policy->user_modifiable);
	sks_put_u8(&out, policy->format);
	sks_put_u16(&out, policy->limit);
	sks_put_u8(&out, policy->grouping);
	sks_put_u8(&out, policy->patterns);
	sks_put_u16(&out, policy->min);
	sks_put_u16(&out, policy->max);
	sks_put_u8(&out, policy->input);
	policy->row.kind = SKS_PIN_POLICY;
	return write_out(call, &policy->row, &out);
}

int sks_take_pin(struct sks_call *call, const struct sks_object *object, struct sks_pin *pin)
{
	struct sks_in in = contents(object);

	pin->row = object->row;
	pin->usage = sks_get_u8(&in);
	pin->errors = sks_get_u16(&in);
	pin->len = get_into(&in, pin->value, sizeof(pin->value));
	return done(call, object, &in);
}

int sks_write_pin(struct sks_call *call, struct sks_pin *pin)
{
	uint8_t plain[256];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_u8(&out, pin->usage);
	sks_put_u16(&out, pin->errors);
	sks_put_bytes(&out, pin->value, pin->len);
	pin->row.kind = SKS_PIN;
	return write_out(call, &pin->row, &out);
}

int sks_take_key(struct sks_call *call, const struct sks_object *object, struct sks_key *key)
{
	struct sks_in in = contents(object);

	key->row = object->row;
	key->type = sks_get_u32(&in);
	key->caching = sks_get_bool(&in);
	key->biometric = sks_get_u8(&in);
	key->export = sks_get_u8(&in);
	key->deletion = sks_get_u8(&in);
	key->usage = sks_get_u8(&in);
	key->backup = sks_get_u8(&in);
	key->symmetric = sks_get_u8(&in);
	key->exponent = sks_get_u64(&in);
	key->friendly_len = get_into(&in, key->friendly, sizeof(key->friendly));
	key->endorsed_count = get_into(&in, key->endorsed, sizeof(key->endorsed));
	key->public_len = get_into(&in, key->public_key, sizeof(key->public_key));
	return done(call, object, &in);
}

int sks_write_key(struct sks_call *call, struct sks_key *key)
{
	uint8_t plain[PLAIN_MAX];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_u32(&out, key->type);
	sks_put_bool(&out, key->caching);
	sks_put_u8(&out, key->biometric);
	sks_put_u8(&out, key->export);
	sks_put_u8(&out, key->deletion);
	sks_put_u8(&out, key->usage);
	sks_put_u8(&out, key->backup);
	sks_put_u8(&out, key->symmetric);
	sks_put_number(&out, key->exponent, 8);
	sks_put_bytes(&out, key->friendly, key->friendly_len);
	sks_put_bytes(&out, key->endorsed, key->endorsed_count);
	sks_put_bytes(&out, key->public_key, key->public_len);
	key->row.kind = SKS_KEY;
	return write_out(call, &key->row, &out);
}

int sks_take_post(struct sks_call *call, const struct sks_object *object, struct sks_post *post)
{
	struct sks_in in = contents(object);

	post->row = object->row;
	post->method = sks_get_u8(&in);
	post->key = sks_get_u32(&in);
	return done(call, object, &in);
}

int sks_write_post(struct sks_call *call, struct sks_post *post)
{
	uint8_t plain[16];
	struct sks_out out = { .bytes = plain, .size = sizeof(plain) };

	sks_put_u8(&out, post->method);
	sks_put_u32(&out, post->key);
	post->row.kind = SKS_POST;
	return write_out(call, &post->row, &out);
}

/* Read an object of a kind; @status when there is none. */
static int read_object(struct sks_call *call, uint32_t handle, uint32_t kind,
		       enum sks_status status, struct sks_object *object)
{
	static const char * const names[] = {
		[SKS_SESSION] = "provisioning session", [SKS_PUK] = "PUK policy",
		[SKS_PIN_POLICY] = "PIN policy", [SKS_PIN] = "PIN", [SKS_KEY] = "key",
	};
	int found = sks_get(call, handle, kind, object);

	if (found)
		return found < 0 ? -1 : 0;
	return sks_fail(call, status, "there is no %s %u", names[kind], handle);
}

int sks_read_session(struct sks_call *call, uint32_t handle, struct sks_session *session)
{
	struct sks_object object;
	int ret;

	memset(session, 0, sizeof(*session));
	if (read_object(call, handle, SKS_SESSION, SKS_E_NO_SESSION, &object))
		return -1;
	ret = sks_take_session(call, &object, session);
	sks_free(&object);
	return ret;
}

int sks_read_puk(struct sks_call *call, uint32_t handle, struct sks_puk *puk)
{
	struct sks_object object;
	int ret;

	memset(puk, 0, sizeof(*puk));
	if (read_object(call, handle, SKS_PUK, SKS_E_OPTION, &object))
		return -1;
	ret = take_puk(call, &object, puk);
	sks_free(&object);
	return ret;
}

int sks_read_policy(struct sks_call *call, uint32_t handle, struct sks_pin_policy *policy)
{
	struct sks_object object;
	int ret;

	memset(policy, 0, sizeof(*policy));
	if (read_object(call, handle, SKS_PIN_POLICY, SKS_E_OPTION, &object))
		return -1;
	ret = take_policy(call, &object, policy);
	sks_free(&object);
	return ret;
}

int sks_read_pin(struct sks_call *call, uint32_t handle, struct sks_pin *pin)
{
	struct sks_object object;
	int ret;

	memset(pin, 0, sizeof(*pin));
	if (read_object(call, handle, SKS_PIN, SKS_E_OPTION, &object))
		return -1;
	ret = sks_take_pin(call, &object, pin);
	sks_free(&object);
	return ret;
}

int sks_read_key(struct sks_call *call, uint32_t handle, struct sks_key *key)
{
	struct sks_object object;
	int ret;

	memset(key, 0, sizeof(*key));
	if (read_object(call, handle, SKS_KEY, SKS_E_NO_KEY, &object))
		return -1;
	ret = sks_take_key(call, &object, key);
	sks_free(&object);
	return ret;
}

int sks_read_policy_of(struct sks_call *call, const struct sks_key *key, struct sks_pin *pin,
		       struct sks_pin_policy *policy)
{
	memset(pin, 0, sizeof(*pin));
	memset(policy, 0, sizeof(*policy));
	if (!key->row.link)
		return 0;
	if (sks_read_pin(call, key->row.link, pin))
		return -1;
	return sks_read_policy(call, pin->row.link, policy);
}
