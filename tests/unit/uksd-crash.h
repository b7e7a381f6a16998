/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon is killed at every step at which it writes: afterwards the store is
 * as before or as it should be, never anything between.
 */
#ifndef UKSD_CRASH_H
#define UKSD_CRASH_H

#include "tests/unit/uksd-daemon.h"
#include "tests/unit/uksd-steps.h"

/* The store as it is saved has a signing key "other" and an AES key "old". */
struct crash {
	struct daemon daemon;
	uint8_t secret[32];	/* of "old" */
	bool tpm_saved;		/* since what is tried changes that too */
};

/* What is tried, and how to know whether it has happened. */
struct change {
	uint32_t (*make)(struct daemon *daemon);
	bool (*is_made)(struct daemon *daemon, const uint8_t *secret);
	bool (*is_not_made)(struct daemon *daemon, const uint8_t *secret);
};

/* What it turned out to be. */
enum outcome { OLD, NEW, NEITHER, OUTCOMES };

struct tally {
	int steps;			/* that the change takes */
	int seen[OUTCOMES + 1];
};

int crash_begin(struct crash *crash);
int crash_end(struct crash *crash);

/* A daemon that lives, for a while: its worker and its TPM. Abort on failure. */
void crash_open(struct daemon *daemon);
void crash_close(struct daemon *daemon);

/* Copy the store's files, or what the TPM keeps; a suffix is "", ".saved" or ".kept". */
void crash_files(const struct daemon *daemon, const char *from, const char *to);
void crash_tpm(struct daemon *daemon, const char *from, const char *to);
void crash_flush_tpm(const struct daemon *daemon);

/* True if no key and no index at @handle of the TPM are there after a zeroize. */
bool crash_ends_without(struct daemon *daemon, uint32_t handle);

/*
 * Make the change again and again, in a process that ends one step later each time, in
 * each way. False, with a line on stderr, when the store was left as it must not be.
 */
bool crash_at_each_step(struct crash *crash, const struct change *change, struct tally *tally);

/* Both outcomes must have occurred, or nothing was tested. */
#define EXPECT_OLD_OR_NEW(crash_, change_) do { \
	struct tally tally_; \
	ASSERT_TRUE(crash_at_each_step(crash_, change_, &tally_)); \
	EXPECT_GT(tally_.steps, 3); \
	EXPECT_GT(tally_.seen[OLD], ENDINGS); \
	EXPECT_GE(tally_.seen[NEW], ENDINGS); \
} while (0)

/* What is to be changed is prepared by a daemon that lives, and closes the store. */
#define PREPARE(question) do { \
	crash_open(&self->crash.daemon); \
	ASSERT_EQ(question, 0); \
	crash_close(&self->crash.daemon); \
	crash_files(&self->crash.daemon, "", ".saved"); \
} while (0)

#endif /* UKSD_CRASH_H */
