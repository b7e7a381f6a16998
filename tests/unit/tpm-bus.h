/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wires between processor and TPM, with somebody at them: everything that
 * passes is recorded, and an answer can be replaced or changed.
 */
#ifndef TPM_BUS_H
#define TPM_BUS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <tss2/tss2_tpm2_types.h>

#define BUS_COMMANDS 0x200

enum bus_fault {
	BUS_ANSWER,	/* answers in place of the TPM, with .rc */
	BUS_FLIP,	/* flips a bit of byte .at of the answer */
	BUS_STRIP,	/* takes the sessions off the answer */
	BUS_CUT,	/* closes the connection in place of the answer */
};

struct bus {
	char dir[32];
	char tcti[64];			/* how to reach the TPM over the bus */
	char tpm[64];			/* path of the real one */
	pthread_t thread;
	int listen[3];			/* commands, control, stop */

	/* To be looked at and set while nobody speaks with the TPM. */
	uint8_t *log;
	size_t log_len;
	unsigned int seen[BUS_COMMANDS];	/* by TPM2_CC */
	size_t answer_len[BUS_COMMANDS];	/* of the last answer to it */

	/* The answers to @command with numbers from @skip are wrong, @count of them. */
	enum bus_fault fault;
	TPM2_CC command;
	unsigned int skip, count;
	TPM2_RC rc;
	unsigned int at;
};

/* Both return 0, or -1 after a message on stderr. @tpm is the path of the real one. */
int bus_start(struct bus *bus, const char *tpm);
int bus_stop(struct bus *bus);

#endif /* TPM_BUS_H */
