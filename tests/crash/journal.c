// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The journal: a line "begin RECORD" before a change, "done RECORD" after it was
 * acknowledged, "seen RECORD" for what was found after a crash. Each line is durable,
 * where the crash does not reach, before the keeper goes on.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash/keeper.h"

static void put(struct keeper *keeper, const char *word, const struct record *record)
{
	fprintf(keeper->journal, "%s %d %d %u %s %u %lu %u %u %s %s\n", word, record->slot,
		record->fate, record->serial, record->id, record->version, record->uses,
		record->tries, record->proof_version, record->nonce, record->proof);
	if (fflush(keeper->journal) || fsync(fileno(keeper->journal))) {
		perror("keeper: journal");
		exit(1);
	}
}

/* A last line without end was never acted upon. */
static bool get(FILE *file, char *word, struct record *record)
{
	char line[1024], end = 0;

	if (!fgets(line, sizeof(line), file))
		return false;
	return sscanf(line, "%7s %d %d %u %32s %u %lu %u %u %64s %256s%c", word, &record->slot,
		      &record->fate, &record->serial, record->id, &record->version,
		      &record->uses, &record->tries, &record->proof_version, record->nonce,
		      record->proof, &end) == 12 && end == '\n' &&
	       record->slot >= 0 && record->slot < SLOTS;
}

static void replay(struct keeper *keeper, FILE *file)
{
	struct record record;
	char word[8];

	while (get(file, word, &record)) {
		keeper->acknowledged += !strcmp(word, "done");
		keeper->doubtful = !strcmp(word, "begin");
		if (keeper->doubtful)
			keeper->begun = record;
		else
			keeper->records[record.slot] = record;
	}
}

void journal_open(struct keeper *keeper, const char *path)
{
	FILE *old = fopen(path, "r");
	int i;

	for (i = 0; i < SLOTS; i++)
		keeper->records[i] = (struct record){
			.slot = i, .id = "-", .nonce = "-", .proof = "-" };
	if (old) {
		replay(keeper, old);
		fclose(old);
	}
	keeper->journal = fopen(path, "a");
	if (!keeper->journal) {
		perror(path);
		exit(1);
	}
}

void journal_begin(struct keeper *keeper, const struct record *record)
{
	put(keeper, "begin", record);
}

void journal_done(struct keeper *keeper, const struct record *record)
{
	put(keeper, "done", record);
	keeper->records[record->slot] = *record;
}

void journal_seen(struct keeper *keeper, const struct record *record)
{
	put(keeper, "seen", record);
	keeper->records[record->slot] = *record;
}
