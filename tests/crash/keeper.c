// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 *   crash-keeper work  JOURNAL NUMBER SEED
 *   crash-keeper check JOURNAL NUMBER
 *
 * "work" makes, uses, rotates, renames, deletes and restores keys, counts uses and tries
 * PINs until a call fails because the daemon or the store is gone; any other failure is
 * an error. It prints a line for each change, and on stderr what failed. "check" tells
 * whether all that the journal says was acknowledged is so, and what was begun either
 * happened or not. The journal survives what the store may not.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash/keeper.h"

/* What may be said when the power goes. */
static bool is_expected(int code)
{
	return code == UKS_E_DAEMON_DIED || code == UKS_E_NO_DAEMON || code == UKS_E_TIMEOUT ||
	       code == UKS_E_STORE || code == UKS_E_AUDIT || code == UKS_E_REVOKED;
}

static int work_until_the_end(struct keeper *keeper, unsigned int seed)
{
	work(keeper, seed);
	if (is_expected(keeper->err.code)) {
		fprintf(stderr, "%s\n", keeper->err.text);
		return 0;
	}
	fprintf(stderr, "# keeper %d: %s (%d)\n", keeper->number, keeper->err.text,
		keeper->err.code);
	return 1;
}

int main(int argc, char **argv)
{
	struct keeper keeper = {};
	int ret;

	if (argc < 4)
		return 2;
	keeper.number = atoi(argv[3]);
	setlinebuf(stdout);
	journal_open(&keeper, argv[2]);
	if (uks_client_new(&keeper.client, &keeper.err)) {
		printf("# %s\n", keeper.err.text);
		return 1;
	}
	if (!strcmp(argv[1], "work"))
		ret = work_until_the_end(&keeper, argc > 4 ? atoi(argv[4]) : 1);
	else
		ret = check(&keeper) ? 1 : 0;
	uks_client_free(keeper.client);
	fclose(keeper.journal);
	return ret;
}
