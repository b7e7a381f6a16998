// SPDX-License-Identifier: LGPL-2.1-or-later
/* Deferred operations, when their time has come; and keys that go. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/sks/keep.h"
#include "daemon/sks/path.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/post.h"
#include "daemon/sks/session.h"

#define OWNERS_MAX	256	/* sessions that one session takes over */

/* The sessions that targets belong to. */
struct owners {
	size_t count;
	uint32_t handles[OWNERS_MAX];
};

static bool is_used(struct sks_call *call, enum sks_by by, struct sks_row row, int *ret)
{
	struct sks_object object = { .row = row };

	*ret = sks_find(call, by, &object);
	if (*ret > 0)
		sks_free(&object);
	return *ret;
}

/* Remove @handle unless something of @kind refers to it. 1 when it was removed. */
static int remove_unused(struct sks_call *call, uint32_t handle, enum sks_by by, uint32_t kind)
{
	struct sks_row row = { .kind = kind };
	int ret;

	if (by == SKS_BY_LINK)
		row.link = handle;
	else
		row.parent = handle;
	if (is_used(call, by, row, &ret))
		return ret < 0 ? -1 : 0;
	return sks_remove(call, handle) ? -1 : 1;
}

/* A PIN goes with its last key, a policy with its last PIN, a PUK with its last policy. */
static int collect(struct sks_call *call, uint32_t pin_handle)
{
	struct sks_pin_policy policy;
	struct sks_pin pin;
	int ret;

	if (sks_read_pin(call, pin_handle, &pin) || sks_read_policy(call, pin.row.link, &policy))
		return -1;
	sodium_memzero(&pin, sizeof(pin));
	ret = remove_unused(call, pin_handle, SKS_BY_LINK, SKS_KEY);
	if (ret > 0)
		ret = remove_unused(call, policy.row.handle, SKS_BY_LINK, SKS_PIN);
	if (ret > 0 && policy.row.link)
		ret = remove_unused(call, policy.row.link, SKS_BY_LINK, SKS_PIN_POLICY);
	return ret < 0 ? -1 : 0;
}

int sks_remove_all(struct sks_call *call, const struct sks_key *key)
{
	if (sks_erase(call, key->row.key) || sks_remove_key(call, key->row.handle) ||
	    (key->row.link && collect(call, key->row.link)))
		return -1;
	return remove_unused(call, key->row.parent, SKS_BY_PARENT, SKS_KEY) < 0 ? -1 : 0;
}

static int unlock_key(struct sks_call *call, const struct sks_key *target)
{
	struct sks_pin_policy policy;
	struct sks_puk puk = { };
	struct sks_pin pin;
	int ret;

	if (!target->row.link)
		return 0;
	ret = sks_read_policy_of(call, target, &pin, &policy);
	pin.errors = 0;
	if (!ret)
		ret = sks_write_pin(call, &pin);
	if (!ret && policy.row.link)
		ret = sks_read_puk(call, policy.row.link, &puk);
	puk.errors = 0;
	if (!ret && policy.row.link)
		ret = sks_write_puk(call, &puk);
	sodium_memzero(&pin, sizeof(pin));
	sodium_memzero(&puk, sizeof(puk));
	return ret;
}

/* The new key takes over the target's handle and PIN; everything else is its own. */
static int update_key(struct sks_call *call, const struct sks_key *target, struct sks_key *new)
{
	uint32_t old = new->row.handle, handle = target->row.handle;

	if (sks_erase(call, target->row.key) || sks_remove_key(call, handle) ||
	    sks_move_children(call, old, handle) || sks_remove(call, old))
		return -1;
	new->row.handle = handle;
	new->row.generation = target->row.generation;
	new->row.link = target->row.link;
	return sks_write_key(call, new);
}

static int clone_key(struct sks_call *call, const struct sks_key *target, struct sks_key *new)
{
	new->row.link = target->row.link;
	return sks_write_key(call, new);
}

static int note_owner(struct sks_call *call, struct owners *owners, uint32_t handle)
{
	size_t i;

	for (i = 0; i < owners->count; i++)
		if (owners->handles[i] == handle)
			return 0;
	if (owners->count == OWNERS_MAX)
		return sks_fail(call, SKS_E_STORAGE,
				"one session cannot take over more than %d others", OWNERS_MAX);
	owners->handles[owners->count++] = handle;
	return 0;
}

static int perform(struct sks_call *call, const struct sks_post *post, void *context)
{
	struct sks_key target, new;

	/* Updated, it is a key of this session already. */
	if (sks_read_key(call, post->row.link, &target))
		return -1;
	if (target.row.parent != post->row.parent &&
	    note_owner(call, context, target.row.parent))
		return -1;
	switch (post->method) {
	case SKS_POST_DELETE:
		return sks_remove_all(call, &target);
	case SKS_POST_UNLOCK:
		return unlock_key(call, &target);
	case SKS_POST_UPDATE:
		return sks_read_key(call, post->key, &new) || update_key(call, &target, &new) ?
		       -1 : 0;
	default:
		return sks_read_key(call, post->key, &new) || clone_key(call, &target, &new) ?
		       -1 : 0;
	}
}

static int adopt_kind(struct sks_call *call, uint32_t from, uint32_t to, uint32_t kind)
{
	struct sks_object object = { .row = { .parent = from, .kind = kind } };
	uint32_t handle;
	int ret;

	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		handle = object.row.handle;
		object.row.parent = to;
		ret = sks_seal(call, &object.row, object.plain, object.len);
		sks_free(&object);
		if (ret)
			break;
		object.row = (struct sks_row){ .handle = handle, .parent = from, .kind = kind };
	}
	return ret;
}

/* All keys of the other session, whatever was done to one of them. */
static int adopt(struct sks_call *call, uint32_t from, uint32_t to)
{
	static const uint32_t kinds[] = { SKS_KEY, SKS_PIN, SKS_PIN_POLICY, SKS_PUK };
	struct sks_object object;
	int found;
	size_t i;

	found = sks_get(call, from, SKS_SESSION, &object);
	if (found <= 0)
		return found;
	sks_free(&object);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (adopt_kind(call, from, to, kinds[i]))
			return -1;
	return sks_remove(call, from);
}

int sks_perform_posts(struct sks_call *call, const struct sks_session *session)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	uint32_t handle = session->row.handle;
	size_t i;
	int ret;

	if (!owners)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory");
	ret = sks_each_post(call, handle, perform, owners);
	for (i = 0; !ret && i < owners->count; i++)
		ret = adopt(call, owners->handles[i], handle);
	free(owners);
	return ret;
}
