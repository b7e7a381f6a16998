/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon without kernel for one test: the real dispatcher, store and provider,
 * and a software TPM. Requests are handed to it as a channel would.
 */
#ifndef UKSD_DAEMON_H
#define UKSD_DAEMON_H

#include <stdbool.h>

#include "daemon/dispatch.h"
#include "tests/unit/tpm-swtpm.h"

#define ALICE	1000
#define BOB	1001

#define CLIENT_IS_GONE	(-2)	/* as channel of the worker */

struct daemon {
	struct swtpm swtpm;
	char dir[32];			/* of the store, in memory */
	struct config config;
	struct store *store;		/* another connection, beside the worker's */
	struct master *master;
	struct examiner *examiner;	/* may be set before daemon_start() */
	struct uksd uksd;
	struct worker *worker;
	struct failure failure;		/* of the last function that failed */

	uint32_t uid;			/* who asks */
	uint32_t tgid;			/* 0 is this process */
	uint64_t userns;
	struct uks_attrs identity;	/* what the kernel says about them */
	uint8_t identity_buf[1024];
	uint8_t boot;			/* which boot it is */
	struct uks_attrs in;		/* the request that is being written */
	uint8_t in_buf[UKS_PAYLOAD_MAX];
	uint32_t out_max;

	struct uks_answer_header answer;	/* the last answer */
	struct uks_attr attrs[UKS_A_MAX + 1];
	uint8_t out[ANSWER_MAX];
	char text[UKS_TEXT_MAX];
	unsigned int delay_ms;			/* that it would be put off by */

	int revocations;
	uint8_t revoked[UKS_KEY_ID_LEN];
	bool refuse_to_revoke;
};

/* Functions that return int return 0, or -1 with @failure filled in. */

/* Make a TPM, and a store in a directory of its own. */
int daemon_new(struct daemon *daemon);
void daemon_delete(struct daemon *daemon);

/* Open the store and its master key, and be ready; and let it all go. */
int daemon_start(struct daemon *daemon);
void daemon_stop(struct daemon *daemon);

/* Run an SQL statement on the store, past the daemon; -1 with a message on stderr. */
int daemon_sql(struct daemon *daemon, const char *sql);

/* A digest of all that is in the store: to see that nothing was changed. */
void daemon_digest(struct daemon *daemon, uint8_t digest[32]);

/* Ask, which must give @code, and if that is an error, leave the store as it was. */
#define EXPECT_CODE(question, code) do { \
	uint8_t before_[32], after_[32]; \
	uint32_t expected_ = (code); \
	daemon_digest(&self->daemon, before_); \
	EXPECT_EQ(question, expected_) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	daemon_digest(&self->daemon, after_); \
	if (expected_) \
		EXPECT_EQ(memcmp(before_, after_, 32), 0); \
} while (0)

/* A new request; attributes go to @in. */
void ask_begin(struct daemon *daemon);

/* Hand it over. Returns the code of the answer, which is left in @answer. */
uint32_t ask(struct daemon *daemon, uint32_t op);

/* The same, without memory_wipe_traces() at its end. */
uint32_t ask_without_wiping(struct daemon *daemon, uint32_t op);

/* Common requests. */
uint32_t ask_generate(struct daemon *daemon, const char *name, uint32_t type);
uint32_t ask_import(struct daemon *daemon, const char *name, uint32_t type, uint32_t format,
		    const void *bytes, size_t len);
uint32_t ask_by_name(struct daemon *daemon, uint32_t op, const char *name);
uint32_t ask_open(struct daemon *daemon, const char *name, uint32_t purpose);
uint32_t ask_sign(struct daemon *daemon, const uint8_t *id, uint32_t algorithm, uint32_t digest,
		  const void *message, size_t len);
uint32_t ask_verify(struct daemon *daemon, const uint8_t *id, uint32_t algorithm,
		    uint32_t digest, const void *message, size_t len, const void *signature,
		    size_t signature_len);

#endif /* UKSD_DAEMON_H */
