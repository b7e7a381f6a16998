// SPDX-License-Identifier: LGPL-2.1-or-later
/* After a crash: is everything there that was acknowledged, and nothing else? */
#include <string.h>

#include <sodium.h>

#include "tests/crash/keeper.h"

/* How often an id is in a list of the user's keys; -1 if there is no list. */
static int count_listed(struct keeper *keeper, uint32_t flags, const char *id, int *all)
{
	struct uks_list_options options = { .flags = flags };
	char prefix[16], hex[2 * UKS_KEY_ID_LEN + 1];
	struct uks_key_list *list;
	struct uks_key *key;
	int found = 0;

	snprintf(prefix, sizeof(prefix), "w%d-", keeper->number);
	if (uks_key_list_with(keeper->client, &options, &list, &keeper->err))
		return -1;
	*all = 0;
	while (!uks_key_list_next(list, &key, &keeper->err) && key) {
		if (!strncmp(key->name, prefix, strlen(prefix))) {
			sodium_bin2hex(hex, sizeof(hex), key->id, sizeof(key->id));
			found += !strcmp(hex, id);
			++*all;
		}
		uks_key_free(key);
	}
	uks_key_list_free(list);
	return found;
}

static bool is_there(struct keeper *keeper, const struct record *record)
{
	struct record found = *record;

	if (key_read(keeper, &found))
		return false;
	if ((strcmp(record->id, "-") && strcmp(record->id, found.id)) ||
	    record->version != found.version || record->uses != found.uses ||
	    record->tries != found.tries) {
		snprintf(keeper->err.text, sizeof(keeper->err.text),
			 "it is %s version %u uses %lu tries %u", found.id, found.version,
			 found.uses, found.tries);
		return false;
	}
	return !key_verify(keeper, record);
}

/* True when the key is as the record says. */
static bool holds(struct keeper *keeper, const struct record *record)
{
	struct uks_key *key;
	char name[32];
	int all;

	if (record->fate == THERE)
		return is_there(keeper, record);
	key_name(keeper, record, name);
	if (!uks_key_show(keeper->client, name, &key, &keeper->err)) {
		uks_key_free(key);
		snprintf(keeper->err.text, sizeof(keeper->err.text), "it is there");
		return false;
	}
	if (keeper->err.code != UKS_E_NO_KEY)
		return false;
	return count_listed(keeper, UKS_CALL_DELETED, record->id, &all) ==
	       (record->fate == DELETED) &&
	       !count_listed(keeper, 0, record->id, &all);
}

static int complain(struct keeper *keeper, const struct record *record)
{
	char name[32];

	key_name(keeper, record, name);
	printf("# %s (%s, fate %d, version %u, uses %lu, tries %u): %s\n", name, record->id,
	       record->fate, record->version, record->uses, record->tries, keeper->err.text);
	return -1;
}

/* To look at a key may count as a use, or give tries back: that is read again. */
static int note(struct keeper *keeper, struct record record)
{
	if (record.fate == THERE && key_read(keeper, &record))
		return complain(keeper, &record);
	journal_seen(keeper, &record);
	return 0;
}

/* What was begun has happened or not, nothing between. */
static int settle(struct keeper *keeper, const char **outcome)
{
	const struct record *old = &keeper->records[keeper->begun.slot];

	*outcome = "none";
	if (!keeper->doubtful)
		return 0;
	*outcome = "new";
	if (holds(keeper, &keeper->begun))
		return note(keeper, keeper->begun);
	*outcome = "old";
	if (holds(keeper, old))
		return note(keeper, *old);
	printf("# what was begun has neither happened nor not:\n");
	complain(keeper, &keeper->begun);
	return complain(keeper, old);
}

static int check_one(struct keeper *keeper, const struct record *record)
{
	if (!holds(keeper, record))
		return complain(keeper, record);
	return note(keeper, *record);
}

static int check_numbers(struct keeper *keeper)
{
	int i, there = 0, deleted = 0, listed, listed_deleted;

	for (i = 0; i < SLOTS; i++) {
		there += keeper->records[i].fate == THERE;
		deleted += keeper->records[i].fate == DELETED;
	}
	if (count_listed(keeper, 0, "", &listed) < 0 ||
	    count_listed(keeper, UKS_CALL_DELETED, "", &listed_deleted) < 0) {
		printf("# cannot list keys: %s\n", keeper->err.text);
		return -1;
	}
	if (listed == there && listed_deleted == deleted)
		return 0;
	printf("# of keeper %d are %d keys there, not %d, and %d deleted ones, not %d\n",
	       keeper->number, listed, there, listed_deleted, deleted);
	return -1;
}

int check(struct keeper *keeper)
{
	const char *outcome;
	int i, ret = settle(keeper, &outcome);

	for (i = 0; !ret && i < SLOTS; i++)
		ret = check_one(keeper, &keeper->records[i]);
	if (!ret)
		ret = check_numbers(keeper);
	printf("keeper %d acknowledged %lu doubtful %s\n", keeper->number,
	       keeper->acknowledged, outcome);
	return ret;
}
