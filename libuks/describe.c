// SPDX-License-Identifier: LGPL-2.1-or-later
/* Descriptions of keys, made of the attributes in answers. */
#include <stdlib.h>

#include "internal.h"

/* A description and what it points to, in one piece. */
struct box {
	struct uks_key key;
	char name[UKS_NAME_MAX + 1];
	uint8_t policy[UKS_POLICY_MAX];
	uint8_t public_key[];
};

/* Made before the call, so that a key that was made can always be described. */
struct uks_key *uks_key_alloc(size_t public_room)
{
	struct box *box = calloc(1, sizeof(*box) + public_room);

	if (!box)
		return NULL;
	box->key.name = box->name;
	return &box->key;
}

void uks_key_free(struct uks_key *key)
{
	free(key);
}

static bool has_numbers(const struct uks_attr *table)
{
	static const uint16_t u32s[] = {
		UKS_A_KEY_TYPE, UKS_A_PURPOSES, UKS_A_KEY_VERSION,
		UKS_A_KEY_STATE, UKS_A_ORIGIN, UKS_A_OWNER,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(u32s); i++)
		if (!table[u32s[i]].type || table[u32s[i]].len != sizeof(uint32_t))
			return false;
	return table[UKS_A_CREATED].type && table[UKS_A_CREATED].len == sizeof(uint64_t);
}

static void fill_bytes(struct box *box, const struct uks_attr *table)
{
	const struct uks_attr *policy = &table[UKS_A_POLICY], *check = &table[UKS_A_CHECK_VALUE];
	struct uks_key *key = &box->key;

	if (policy->type && policy->len <= sizeof(box->policy)) {
		memcpy(box->policy, policy->value, policy->len);
		key->policy = box->policy;
		key->policy_len = policy->len;
	}
	if (check->type && check->len <= sizeof(key->check_value)) {
		memcpy(key->check_value, check->value, check->len);
		key->check_value_len = check->len;
	}
}

int uks_key_fill(struct uks_key *key, size_t public_room, const void *payload, size_t len,
		 struct uks_err *err)
{
	struct box *box = (struct box *)key;
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *id = &table[UKS_A_KEY_ID], *public = &table[UKS_A_PUBLIC_KEY];

	if (uks_attrs_parse(payload, len, table) || !id->type || id->len != sizeof(key->id) ||
	    !uks_attr_string(&table[UKS_A_KEY_NAME], box->name, sizeof(box->name)) ||
	    !has_numbers(table))
		return uks_fail_protocol(err, "the daemon described a key incompletely");
	memcpy(key->id, id->value, sizeof(key->id));
	key->type = uks_attr_u32(&table[UKS_A_KEY_TYPE], 0);
	key->purposes = uks_attr_u32(&table[UKS_A_PURPOSES], 0);
	key->version = uks_attr_u32(&table[UKS_A_KEY_VERSION], 0);
	key->state = uks_attr_u32(&table[UKS_A_KEY_STATE], 0);
	key->origin = uks_attr_u32(&table[UKS_A_ORIGIN], 0);
	key->owner = uks_attr_u32(&table[UKS_A_OWNER], 0);
	key->created = uks_attr_u64(&table[UKS_A_CREATED], 0);
	key->uses = uks_attr_u64(&table[UKS_A_USES], 0);
	key->erased = uks_attr_u64(&table[UKS_A_ERASED], 0);
	key->provider = uks_attr_u32(&table[UKS_A_PROVIDER], UKS_PROVIDER_SEALED);
	key->tries = uks_attr_u32(&table[UKS_A_TRIES], 0);
	key->tries_known = table[UKS_A_TRIES].type ? 1 : 0;
	fill_bytes(box, table);
	if (public->type && public->len <= public_room) {
		memcpy(box->public_key, public->value, public->len);
		key->public_key = box->public_key;
		key->public_key_len = public->len;
	}
	return 0;
}
