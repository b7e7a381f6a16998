// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looking through the store for rows that are not the latest, and for missing ones. */
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/rollback/generation-internal.h"

#define AT_A_TIME	500	/* rows, before others get their turn */
#define LINES_MAX	20	/* that are logged */

/* One way through one kind of rows. */
struct tour {
	struct uksd *uksd;
	struct store *store;
	enum store_rows which;
	struct row last;
	uint32_t seen;		/* of the present page */
	uint64_t bad;		/* of the present page */
	uint64_t found;
	bool sure;		/* nobody changes anything now */
};

static bool is_good(const struct tour *tour, const struct row *row)
{
	return tour->which == STORE_ROWS_THERE ? row->there :
	       ledger_has(tour->uksd->ledger, row);
}

static void report(const struct tour *tour, const struct row *row)
{
	const char *what = row->version ? "rows" : "counters";
	char id[2 * UKS_KEY_ID_LEN + 1];
	static struct record record;
	struct failure failure;

	sodium_bin2hex(id, sizeof(id), row->id, UKS_KEY_ID_LEN);
	if (tour->which == STORE_ROWS_THERE)
		log_error("the %s of key %s are missing in the store, which was edited",
			  what, id);
	else if (tour->store->ops->by_id(tour->store, row->id, &record, &failure))
		log_error("the %s of key %s are not the latest: they are refused", what, id);
	else
		log_error("the %s of key '%s' of user %u (%s) are not the latest: they are refused",
			  what, record.key.name, record.key.owner, id);
}

static int look(const struct row *row, void *context, struct failure *failure)
{
	struct tour *tour = context;

	(void)failure;
	tour->last = *row;
	tour->seen++;
	if (is_good(tour, row))
		return 0;
	tour->bad++;
	if (tour->sure && tour->found + tour->bad <= LINES_MAX)
		report(tour, row);
	return 0;
}

static int look_at_page(struct tour *tour, const struct row *after, struct failure *failure)
{
	tour->seen = 0;
	tour->bad = 0;
	return tour->store->ops->rows(tour->store, tour->which, after, AT_A_TIME, look, tour,
				      failure);
}

/* What was looked at may have been changed since it was read: then once more, alone. */
static int look_again(struct tour *tour, const struct row *after, struct failure *failure)
{
	int ret;

	if (tour->store->ops->begin(tour->store, failure))
		return -1;
	tour->sure = true;
	ret = look_at_page(tour, after, failure);
	tour->sure = false;
	tour->store->ops->rollback(tour->store);
	tour->found += tour->bad;
	return ret;
}

/* Short steps, with pauses: requests come first. */
static int go_through(struct tour *tour, struct failure *failure)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };
	struct generation *generation = tour->uksd->generation;
	struct row after, *from = NULL;
	bool stop;

	do {
		if (look_at_page(tour, from, failure) ||
		    (tour->bad && look_again(tour, from, failure)))
			return -1;
		after = tour->last;
		from = &after;
		pthread_mutex_lock(&generation->lock);
		stop = generation->stop;
		pthread_mutex_unlock(&generation->lock);
		if (tour->seen == AT_A_TIME && generation->running)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	} while (tour->seen == AT_A_TIME && !stop);
	return 0;
}

int generation_examine(struct uksd *uksd, struct store *store, struct failure *failure)
{
	struct tour versions = { uksd, store, .which = STORE_ROWS_VERSIONS };
	struct tour there = { uksd, store, .which = STORE_ROWS_THERE };
	struct tour uses = { uksd, store, .which = STORE_ROWS_USES };

	if (store->ops->check(store, failure)) {
		uksd->damaged = failure->code == UKS_E_STORE;
		return -1;
	}
	if (go_through(&versions, failure) || go_through(&uses, failure) ||
	    go_through(&there, failure))
		return -1;
	ledger_found(uksd->ledger, versions.found + uses.found, there.found);
	if (versions.found + uses.found + there.found > LINES_MAX)
		log_error("%llu rows of the store are not the latest, %llu are missing",
			  (unsigned long long)(versions.found + uses.found),
			  (unsigned long long)there.found);
	return 0;
}
