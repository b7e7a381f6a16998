// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/sks/device.h"
#include "daemon/sks/path.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/post.h"
#include "daemon/sks/session.h"

static const char reference_label[] = "TargetKeyReference";

static bool needs_key(uint8_t method)
{
	return method == SKS_POST_UPDATE || method == SKS_POST_CLONE;
}

int sks_each_post(struct sks_call *call, uint32_t session,
		  int (*each)(struct sks_call *call, const struct sks_post *post, void *context),
		  void *context)
{
	struct sks_object object = { .row = { .parent = session, .kind = SKS_POST } };
	struct sks_post post;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		ret = sks_take_post(call, &object, &post);
		sks_free(&object);
		if (!ret)
			ret = each(call, &post, context);
		if (ret)
			break;
		object.row = (struct sks_row){
			.handle = post.row.handle, .parent = session, .kind = SKS_POST,
		};
	}
	return ret;
}

int sks_each_key(struct sks_call *call, uint32_t session,
		 int (*each)(struct sks_call *call, struct sks_key *key, void *context),
		 void *context)
{
	struct sks_object object = { .row = { .parent = session, .kind = SKS_KEY } };
	struct sks_key key;
	uint32_t handle;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		handle = object.row.handle;
		ret = sks_take_key(call, &object, &key);
		sks_free(&object);
		if (!ret)
			ret = each(call, &key, context);
		if (ret)
			break;
		object.row = (struct sks_row){
			.handle = handle, .parent = session, .kind = SKS_KEY,
		};
	}
	return ret;
}

/* What others there are of the same target, or with the same new key. */
static int conflicts(struct sks_call *call, const struct sks_post *post, void *context)
{
	const struct sks_post *new = context;

	if (needs_key(new->method) && post->key == new->key)
		return sks_fail(call, SKS_E_OPTION,
				"key %u updates or clones another key already", new->key);
	if (post->row.link != new->row.link)
		return 0;
	if (post->method == SKS_POST_DELETE || new->method == SKS_POST_DELETE)
		return sks_fail(call, SKS_E_OPTION,
				"key %u is to be deleted, nothing else can be done to it",
				post->row.link);
	if (post->method == new->method && post->method != SKS_POST_CLONE)
		return sks_fail(call, SKS_E_OPTION, "key %u is updated or unlocked already",
				post->row.link);
	return 0;
}

static int check_keys(struct sks_call *call, const struct sks_post *post,
		      const struct sks_key *new, const struct sks_key *target)
{
	struct sks_pin_policy policy;
	struct sks_pin pin;
	int ret;

	if (!needs_key(post->method))
		return 0;
	if (new->row.link)
		return sks_fail(call, SKS_E_OPTION,
				"a key that updates or clones another has no PIN of its own");
	if (post->method == SKS_POST_UPDATE)
		return new->usage == target->usage ? 0 :
		       sks_fail(call, SKS_E_OPTION, "an update has the usage of its target");
	ret = sks_read_policy_of(call, target, &pin, &policy);
	sodium_memzero(&pin, sizeof(pin));
	if (ret || !target->row.link || policy.grouping == SKS_GROUPING_SHARED)
		return ret;
	return sks_fail(call, SKS_E_OPTION, "only a key whose PIN is shared can be cloned");
}

/* The session that the target came from; its key management key decides. */
static int read_owner(struct sks_call *call, const struct sks_session *session,
		      const struct sks_key *target, struct sks_session *owner)
{
	if (target->row.open)
		return sks_fail(call, SKS_E_NO_KEY, "key %u belongs to an open session",
				target->row.handle);
	if (sks_read_session(call, target->row.parent, owner))
		return -1;
	if (!owner->kmk_len)
		return sks_fail(call, SKS_E_OPTION, "key %u has no key management key",
				target->row.handle);
	if (owner->privacy != session->privacy)
		return sks_fail(call, SKS_E_OPTION,
				"the session of key %u has another privacy mode",
				target->row.handle);
	return 0;
}

static int hash_target(struct sks_call *call, struct sks_session *session,
		       const struct sks_key *target, uint8_t *hash)
{
	uint8_t key[SKS_KEY_LEN + SKS_DEVICE_MAX];
	struct sks_bytes certificate;
	struct sks_object path;
	struct sks_mac mac;
	size_t len;

	if (sks_spend(call, session) ||
	    sks_device_id(call, session->privacy, key + SKS_KEY_LEN, &len))
		return -1;
	if (sks_find_path(call, target->row.handle, &path) <= 0)
		return sks_fail(call, SKS_E_INTERNAL, "key %u has no certificate",
				target->row.handle);
	memcpy(key, session->key, SKS_KEY_LEN);
	certificate = sks_end_entity(&path);
	sks_hmac_begin(&mac, key, SKS_KEY_LEN + len);
	sks_mac_raw(&mac, certificate.at, certificate.len);
	sks_mac_end(&mac, hash);
	sks_free(&path);
	sodium_memzero(key, sizeof(key));
	return 0;
}

static int check_reference(struct sks_call *call, struct sks_session *session,
			   const struct sks_session *owner, const struct sks_key *target,
			   const struct sks_bytes *authorization)
{
	struct sks_bytes kmk = { .at = owner->kmk, .len = owner->kmk_len };
	uint8_t octets[sizeof(reference_label) + SKS_MAC_LEN], hash[SKS_MAC_LEN];
	struct sks_out out = { .bytes = octets, .size = sizeof(octets) };

	if (hash_target(call, session, target, hash))
		return -1;
	sks_put_raw(&out, reference_label, sizeof(reference_label) - 1);
	sks_put_raw(&out, hash, sizeof(hash));
	if (sks_is_signed(&kmk, &out, authorization))
		return 0;
	return sks_fail(call, SKS_E_OPTION,
			"the key management key of key %u has not signed this", target->row.handle);
}

static int begin_mac(struct sks_call *call, struct sks_session *session,
		     const struct sks_key *new, uint8_t method, struct sks_mac *mac)
{
	switch (method) {
	case SKS_POST_DELETE:
		return sks_begin_mac(call, session, "postDeleteKey", mac);
	case SKS_POST_UNLOCK:
		return sks_begin_mac(call, session, "postUnlockKey", mac);
	case SKS_POST_UPDATE:
		return sks_mac_certificate(call, session, new, "postUpdateKey", mac);
	default:
		return sks_mac_certificate(call, session, new, "postCloneKeyProtection", mac);
	}
}

/* What a deferred operation is about. */
struct subject {
	struct sks_session session;
	struct sks_session owner;
	struct sks_key new;
	struct sks_key target;
};

static int put_off(struct sks_call *call, struct sks_post *post, struct subject *subject)
{
	struct sks_bytes authorization, value;
	struct sks_mac mac;

	post->row.link = sks_get_u32(&call->in);
	authorization = sks_get_bytes(&call->in);
	value = sks_get_bytes(&call->in);
	post->row.parent = subject->session.row.handle;
	post->row.open = true;
	post->key = subject->new.row.handle;
	if (sks_arguments(call) || sks_read_key(call, post->row.link, &subject->target) ||
	    read_owner(call, &subject->session, &subject->target, &subject->owner) ||
	    sks_each_post(call, post->row.parent, conflicts, post) ||
	    check_keys(call, post, &subject->new, &subject->target) ||
	    begin_mac(call, &subject->session, &subject->new, post->method, &mac))
		return -1;
	sks_mac_bytes(&mac, authorization.at, authorization.len);
	if (sks_verify(call, &mac, &value) ||
	    check_reference(call, &subject->session, &subject->owner, &subject->target,
			    &authorization) ||
	    sks_write_post(call, post))
		return -1;
	return sks_write_session(call, &subject->session);
}

static int post(struct sks_call *call, uint8_t method)
{
	struct sks_post post = { .method = method };
	struct subject *subject = calloc(1, sizeof(*subject));
	uint32_t handle = sks_get_u32(&call->in);
	int ret;

	if (!subject)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory");
	ret = needs_key(method) ? sks_open_key(call, handle, &subject->new, &subject->session) :
				  sks_open_session(call, handle, &subject->session);
	if (!ret)
		ret = put_off(call, &post, subject);
	sodium_memzero(subject, sizeof(*subject));
	free(subject);
	return ret;
}

int sks_post_delete(struct sks_call *call)
{
	return post(call, SKS_POST_DELETE);
}

int sks_post_unlock(struct sks_call *call)
{
	return post(call, SKS_POST_UNLOCK);
}

int sks_post_update(struct sks_call *call)
{
	return post(call, SKS_POST_UPDATE);
}

int sks_post_clone(struct sks_call *call)
{
	return post(call, SKS_POST_CLONE);
}
