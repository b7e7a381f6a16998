// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which records are wanted. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static int parse_user(struct run *run, struct audit_filter *filter)
{
	const char *text = run->options[OPTION_USER];
	const struct passwd *pw;
	char *end;

	if (!text)
		return EXIT_OK;
	filter->by_user = true;
	filter->user = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end)
		return EXIT_OK;
	pw = getpwnam(text);
	if (!pw)
		return fail_usage(run, "there is no user '%s'", text);
	filter->user = pw->pw_uid;
	return EXIT_OK;
}

int audit_filter_init(struct run *run, struct audit_filter *filter)
{
	const char *since = run->options[OPTION_SINCE], *key = run->options[OPTION_KEY];
	uint64_t seconds = 0;
	size_t len;

	*filter = (struct audit_filter){ .failed = run->options[OPTION_FAILED], .key = key };
	if (since && !time_parse(since, &seconds))
		return fail_usage(run, "'%s' is no time such as 2026-12-31T10:00Z or 2026-12-31",
				  since);
	filter->since_ns = seconds * 1000000000;
	if (key && *key == '@' && hex_decode(key + 1, *filter->ids, UKS_KEY_ID_LEN, &len) &&
	    len == UKS_KEY_ID_LEN)
		filter->nr_ids = 1;
	return parse_user(run, filter);
}

static bool has_id(const struct audit_filter *filter, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < filter->nr_ids; i++)
		if (!memcmp(filter->ids[i], id, UKS_KEY_ID_LEN))
			return true;
	return false;
}

/* A name is in the records of who gave it; then its id is followed, whatever it is called. */
static bool about_key(struct audit_filter *filter, const uint8_t *at,
		      const struct uks_audit_record *record)
{
	const uint8_t none[UKS_KEY_ID_LEN] = { 0 };
	const uint8_t *name;
	size_t len;

	if (has_id(filter, record->key_id))
		return true;
	name = uks_audit_detail_find(at, record, UKS_AUDIT_D_NAME, &len);
	if (!name)
		name = uks_audit_detail_find(at, record, UKS_AUDIT_D_NEW_NAME, &len);
	if (!name || len != strlen(filter->key) || memcmp(name, filter->key, len))
		return false;
	if (memcmp(record->key_id, none, sizeof(none)) && filter->nr_ids < AUDIT_IDS)
		memcpy(filter->ids[filter->nr_ids++], record->key_id, UKS_KEY_ID_LEN);
	return true;
}

bool audit_filter_wants(struct audit_filter *filter, const uint8_t *at,
			const struct uks_audit_record *record)
{
	bool about = !filter->key || about_key(filter, at, record);

	return about && record->time_ns >= filter->since_ns &&
	       (!filter->failed || record->code) &&
	       (!filter->by_user || record->uid == filter->user);
}
