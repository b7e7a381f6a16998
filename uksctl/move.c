// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl import --from-softhsm: moves what a token of SoftHSM has to the caller's token
 * of UKS, by the modules of both, so that programs find the same labels and ids.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "move.h"

/**
 * struct move - the whole of it
 * @from: SoftHSM
 * @to: UKS
 * @items: objects
 * @count: how many
 * @moved: how many are in UKS now, by this command
 * @there: how many were there before
 */
struct move {
	struct side from;
	struct side to;
	struct item *items;
	size_t count;
	size_t moved;
	size_t there;
};

static const char * const class_names[] = {
	[CKO_DATA] = "data", [CKO_CERTIFICATE] = "certificate", [CKO_PUBLIC_KEY] = "public key",
	[CKO_PRIVATE_KEY] = "private key", [CKO_SECRET_KEY] = "secret key",
};

/* Private keys first: nothing of a pair is moved whose private key stays. */
static const ck_object_class_t order[] = {
	CKO_PRIVATE_KEY, CKO_SECRET_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE, CKO_DATA
};

static bool read_one(struct move *move, ck_object_handle_t object, ck_object_class_t class)
{
	struct item *grown = realloc(move->items, (move->count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	move->items = grown;
	return item_read(&move->from, object, class, &move->items[move->count++]);
}

static bool read_class(struct move *move, ck_object_class_t class)
{
	unsigned char yes = 1;
	struct ck_attribute wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_TOKEN, &yes, 1 },
	};
	struct side *from = &move->from;
	ck_object_handle_t found[32];
	unsigned long count = 1, i;
	bool done;

	done = from->p11->C_FindObjectsInit(from->session, wanted, 2) == CKR_OK;
	while (done && count) {
		done = from->p11->C_FindObjects(from->session, found, 32, &count) == CKR_OK;
		for (i = 0; done && i < count; i++)
			done = read_one(move, found[i], class);
	}
	from->p11->C_FindObjectsFinal(from->session);
	return done;
}

static const struct ck_attribute *attribute_of(const struct item *item, ck_attribute_type_t type)
{
	unsigned int i;

	for (i = 0; i < item->count; i++)
		if (item->attributes[i].type == type)
			return &item->attributes[i];
	return NULL;
}

static bool same_id(const struct item *one, const struct item *other)
{
	const struct ck_attribute *a = attribute_of(one, CKA_ID), *b = attribute_of(other, CKA_ID);

	return a && b && a->value_len == b->value_len && !memcmp(a->value, b->value, a->value_len);
}

/* Who found the other half in UKS would take the key for a whole one. */
static void keep_halves(struct move *move)
{
	size_t i, j;

	for (i = 0; i < move->count; i++)
		for (j = 0; move->items[i].class == CKO_PUBLIC_KEY && j < move->count; j++)
			if (move->items[j].class == CKO_PRIVATE_KEY && move->items[j].reason &&
			    same_id(&move->items[i], &move->items[j]))
				move->items[i].reason = "its private key stays";
}

/* ---- into UKS ---- */

static bool is_there(struct move *move, const struct item *item)
{
	static const ck_attribute_type_t types[] = {
		CKA_CLASS, CKA_LABEL, CKA_ID, CKA_KEY_TYPE, CKA_APPLICATION
	};
	struct ck_attribute wanted[ARRAY_SIZE(types)];
	const struct ck_attribute *found;
	struct side *to = &move->to;
	unsigned long count = 0;
	ck_object_handle_t object;
	size_t i, used = 0;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		found = attribute_of(item, types[i]);
		if (found)
			wanted[used++] = *found;
	}
	if (to->p11->C_FindObjectsInit(to->session, wanted, used) != CKR_OK)
		return false;
	to->p11->C_FindObjects(to->session, &object, 1, &count);
	to->p11->C_FindObjectsFinal(to->session);
	return count;
}

/* What says something of the object, and nothing of UKS. */
static const char *refusal(ck_rv_t rv)
{
	switch (rv) {
	case CKR_ATTRIBUTE_VALUE_INVALID:
	case CKR_KEY_SIZE_RANGE:
	case CKR_TEMPLATE_INCONSISTENT:
	case CKR_TEMPLATE_INCOMPLETE:
		return "UKS does not take a key of its size or form";
	case CKR_CURVE_NOT_SUPPORTED:
		return "UKS does not have its curve";
	case CKR_MECHANISM_INVALID:
		return "its type is weak: set 'legacy = on' in uksd.conf(5) to move it";
	default:
		return NULL;
	}
}

static void undo(struct move *move)
{
	size_t i;

	for (i = 0; i < move->count; i++)
		if (move->items[i].made)
			move->to.p11->C_DestroyObject(move->to.session, move->items[i].made);
}

static int put_all(struct move *move)
{
	struct item *item;
	size_t i;
	ck_rv_t rv;

	for (i = 0; i < move->count; i++) {
		item = &move->items[i];
		if (!item->reason && is_there(move, item)) {
			item->reason = "";
			move->there++;
		}
		if (item->reason)
			continue;
		rv = move->to.p11->C_CreateObject(move->to.session, item->attributes,
						  item->count, &item->made);
		if (rv != CKR_OK) {
			item->made = 0;
			item->reason = refusal(rv);
		}
		if (rv != CKR_OK && !item->reason) {
			undo(move);
			return fail_text(EXIT_ERROR,
					 "UKS cannot take the %s '%s' (0x%lx): all that this command had moved was deleted again",
					 class_names[item->class], item->label, rv);
		}
		if (rv == CKR_OK)
			move->moved++;
		else if (item->class == CKO_PRIVATE_KEY)
			keep_halves(move);
	}
	return EXIT_OK;
}

static int report(const struct move *move)
{
	size_t i, stay = 0;

	for (i = 0; i < move->count; i++) {
		const struct item *item = &move->items[i];

		if (item->made)
			printf("moved: %s '%s'\n", class_names[item->class], item->label);
		else if (!*item->reason)
			printf("is there already: %s '%s'\n", class_names[item->class],
			       item->label);
		if (!item->made && *item->reason) {
			stay++;
			fprintf(stderr, "uksctl: the %s '%s' stays: %s\n",
				class_names[item->class], item->label, item->reason);
		}
	}
	printf("%zu moved, %zu there already, %zu stay; SoftHSM still has all of them\n",
	       move->moved, move->there, stay);
	return stay ? EXIT_ERROR : EXIT_OK;
}

static int run_move(struct run *run, struct move *move)
{
	size_t i;
	int ret = side_open_uks(&move->to);

	if (!ret)
		ret = side_open_softhsm(run, run->options[OPTION_FROM_SOFTHSM], &move->from);
	for (i = 0; !ret && i < ARRAY_SIZE(order); i++)
		if (!read_class(move, order[i]))
			ret = fail_text(EXIT_ERROR,
					"SoftHSM's objects cannot be read: nothing was moved");
	if (ret)
		return ret;
	keep_halves(move);
	ret = put_all(move);
	return ret ? ret : report(move);
}

int run_import(struct run *run)
{
	struct move move = { 0 };
	size_t i;
	int ret;

	secret_begin();
	ret = run_move(run, &move);
	for (i = 0; i < move.count; i++)
		item_clear(&move.items[i]);
	free(move.items);
	side_close(&move.from);
	side_close(&move.to);
	return ret;
}
