// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bag.h"

#include <stdlib.h>
#include <string.h>

static struct ck_attribute *find(const struct bag *bag, ck_attribute_type_t type)
{
	size_t i;

	for (i = 0; i < bag->count; i++)
		if (bag->list[i].type == type)
			return &bag->list[i];
	return NULL;
}

static void wipe(struct ck_attribute *attribute)
{
	explicit_bzero(attribute->value, attribute->value_len);
	free(attribute->value);
}

ck_rv_t bag_put(struct bag *bag, ck_attribute_type_t type, const void *value, size_t len)
{
	struct ck_attribute *slot = find(bag, type), *list;
	void *copy = malloc(len ? len : 1);

	if (!copy)
		return CKR_HOST_MEMORY;
	if (len)
		memcpy(copy, value, len);
	if (slot) {
		wipe(slot);
	} else {
		list = realloc(bag->list, (bag->count + 1) * sizeof(*list));
		if (!list) {
			explicit_bzero(copy, len);
			free(copy);
			return CKR_HOST_MEMORY;
		}
		bag->list = list;
		slot = &list[bag->count++];
	}
	*slot = (struct ck_attribute){ .type = type, .value = copy, .value_len = len };
	return CKR_OK;
}

ck_rv_t bag_put_bool(struct bag *bag, ck_attribute_type_t type, bool value)
{
	unsigned char byte = value;

	return bag_put(bag, type, &byte, sizeof(byte));
}

ck_rv_t bag_put_ulong(struct bag *bag, ck_attribute_type_t type, unsigned long value)
{
	return bag_put(bag, type, &value, sizeof(value));
}

ck_rv_t bag_merge(struct bag *bag, const struct ck_attribute *list, size_t count)
{
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < count && rv == CKR_OK; i++)
		rv = bag_put(bag, list[i].type, list[i].value, list[i].value_len);
	return rv;
}

void bag_remove(struct bag *bag, ck_attribute_type_t type)
{
	struct ck_attribute *slot = find(bag, type);

	if (!slot)
		return;
	wipe(slot);
	*slot = bag->list[--bag->count];
}

const struct ck_attribute *bag_find(const struct bag *bag, ck_attribute_type_t type)
{
	return find(bag, type);
}

/* Also of a caller's template that nobody has looked at yet: without a value it is none. */
bool bag_bool(const struct bag *bag, ck_attribute_type_t type, bool otherwise)
{
	const struct ck_attribute *found = find(bag, type);

	if (!found || found->value_len != 1 || !found->value)
		return otherwise;
	return *(unsigned char *)found->value;
}

unsigned long bag_ulong(const struct bag *bag, ck_attribute_type_t type,
			unsigned long otherwise)
{
	const struct ck_attribute *found = find(bag, type);
	unsigned long value;

	if (!found || found->value_len != sizeof(value) || !found->value)
		return otherwise;
	memcpy(&value, found->value, sizeof(value));
	return value;
}

bool bag_matches(const struct bag *bag, const struct ck_attribute *list, size_t count)
{
	const struct ck_attribute *mine;
	size_t i;

	for (i = 0; i < count; i++) {
		mine = find(bag, list[i].type);
		if (!mine || mine->value_len != list[i].value_len ||
		    (mine->value_len && memcmp(mine->value, list[i].value, mine->value_len)))
			return false;
	}
	return true;
}

void bag_clear(struct bag *bag)
{
	while (bag->count)
		wipe(&bag->list[--bag->count]);
	free(bag->list);
	bag->list = NULL;
}
