/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzzer of the module tries: a few operations, one after the other. Each
 * has the same length, so that a change of one leaves the others what they were, and
 * is valid as long as its patches are zero: what it needs is opened for it.
 */
#ifndef FUZZ_MODULE_INPUT_H
#define FUZZ_MODULE_INPUT_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define OPS_MAX		20
#define PATCHES		2

/** enum op_kind - what an operation does */
enum op_kind {
	OP_CALL,	/* a call of a client to the daemon */
	OP_MESSAGE,	/* a command of a session */
	OP_OPEN,	/* open a session of a chosen kind, or a client */
	OP_CLOSE,	/* close a session or client */
	OP_NETLINK,	/* a netlink message, from the daemon's socket or another */
	OP_DAEMON,	/* the daemon dies, comes back */
	OP_CHANNEL,	/* read, write and ask a second channel */
	OP_FILE,	/* what else can be done with a file descriptor */
	OP_LIMIT,	/* set a parameter of the module */
	OP_KINDS
};

/** enum op_how - how it is done, bits of struct op.how */
enum op_how {
	HOW_LAST = 0x01,	/* take what the last message gave */
	HOW_IN_PLACE = 0x02,	/* the result goes where the message is */
	HOW_ROOM = 0x04,	/* room for the result is struct op.room */
	HOW_NONCE = 0x08,	/* the caller's nonce */
	HOW_SHORT = 0x10,	/* with a deadline that is soon over */
	HOW_OTHER = 0x20,	/* as another user */
	HOW_ASIDE = 0x40,	/* in a second thread, while the next operations run */
	HOW_NONE = 0x80,	/* without associated data; without attributes */
};

/** enum reaction - how the daemon answers, struct op.answer.kind */
enum reaction {
	ANSWER_WELL,
	ANSWER_ERROR,		/* refuse, with errno @arg */
	ANSWER_PATCHED,		/* @value over the attributes at @at */
	ANSWER_HEADER,		/* @value over the header at @at */
	ANSWER_CUT,		/* the last @arg bytes are missing */
	ANSWER_MORE,		/* one more attribute, of type @arg with @value */
	ANSWER_LENGTH,		/* the result is longer by @arg, or shorter from 128 on */
	ANSWER_TWICE,
	ANSWER_OTHER,		/* to number @value first */
	ANSWER_HOLD,		/* when OP_CHANNEL says so */
	ANSWER_DIE,		/* never: the daemon is gone */
	REACTIONS
};

/** struct patch - a value that is written over something valid */
struct patch {
	uint16_t at;		/* offset, modulo the length */
	uint8_t where;		/* 0 nowhere, 1 the struct, 2 the payload */
	uint8_t width;		/* 1, 2, 4 bytes, or a pointer to a bad place */
	uint32_t value;
};

/** struct op - one operation; 32 bytes */
struct op {
	uint8_t kind;		/* enum op_kind */
	uint8_t slot;		/* which file; what session is opened there */
	uint8_t cmd;		/* which command; 0 of a session is the one that fits */
	uint8_t how;		/* enum op_how */
	uint16_t len;		/* of the message, see input_len() */
	uint16_t room;		/* for the result, likewise */
	struct patch patch[PATCHES];
	struct {
		uint8_t kind;	/* enum reaction */
		uint8_t arg;
		uint16_t at;
		uint32_t value;
	} answer;
};

/** struct input - operations */
struct input {
	uint32_t count;
	struct op op[OPS_MAX];
};

static_assert(sizeof(struct op) == 32, "operations have one length");

void random_seed(uint64_t seed);
uint32_t random_below(uint32_t bound);
uint32_t input_len(uint16_t len);
int input_parse(struct input *input, const char *line);
void input_print(const struct input *input, FILE *file);
void input_make(struct input *input, const struct input *base, const struct input *other);

#endif /* FUZZ_MODULE_INPUT_H */
