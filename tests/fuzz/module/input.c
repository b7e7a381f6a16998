// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "input.h"

#define MUTATIONS	5	/* at most so many changes at once */

static uint64_t state;

/**
 * random_seed() - begin the sequence of random numbers
 * @seed: where; the same seed gives the same sequence
 */
void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
}

/**
 * random_below() - a random number (xorshift64*, Vigna 2016)
 * @bound: more than the greatest
 *
 * Return: the number; 0 if @bound is 0.
 */
uint32_t random_below(uint32_t bound)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return bound ? (state * 0x2545f4914f6cdd1d >> 32) % bound : 0;
}

/**
 * input_len() - length of a message
 * @len: what an operation says: most are short, for the long ones take their time
 *
 * Return: bytes, less than 256 KiB.
 */
uint32_t input_len(uint16_t len)
{
	switch (len >> 12) {
	case 15:
		return (len & 0xfff) * 64;
	case 14:
		return (len & 0xfff) * 4;
	case 13:
	case 12:
	case 11:
		return len & 0x3f;
	}
	return len & 0x3ff;
}

/**
 * input_parse() - read an input
 * @input: filled in
 * @line: hexadecimal digits
 *
 * Return: 0 or -EINVAL.
 */
int input_parse(struct input *input, const char *line)
{
	uint8_t *at = (uint8_t *)input->op;
	size_t len = 0;
	int used;

	memset(input, 0, sizeof(*input));
	while (len < sizeof(input->op) && sscanf(line, "%2hhx%n", &at[len], &used) == 1 &&
	       used == 2) {
		len++;
		line += 2;
	}
	input->count = len / sizeof(struct op);
	return input->count && len % sizeof(struct op) == 0 ? 0 : -EINVAL;
}

/**
 * input_print() - write an input as one line of hexadecimal digits
 * @input: the input
 * @file: where
 */
void input_print(const struct input *input, FILE *file)
{
	const uint8_t *at = (const uint8_t *)input->op;
	size_t i;

	for (i = 0; i < input->count * sizeof(struct op); i++)
		fprintf(file, "%02x", at[i]);
	fputc('\n', file);
}

/* Numbers at which something changes: none, one, limits of the interface, all ones. */
static uint32_t interesting(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 32, 63, 64, 127, 255, 256, 512, 1024, 4095,
		4096, 4097, 8192, 61440, 61441, 65535, 65536, 65537, 0x7fffffff, 0x80000000,
		0xfffffff0, 0xffffffff,
	};

	if (random_below(3))
		return values[random_below(ARRAY_SIZE(values))];
	return random_below(2) ? random_below(64) : random_below(0xffffffff);
}

static void patch_make(struct patch *patch)
{
	patch->at = random_below(2) ? random_below(24) * 4 : random_below(0x10000);
	patch->where = random_below(3);
	patch->width = random_below(4);
	patch->value = interesting();
}

static void answer_make(struct op *op)
{
	/* What is too long or too short is what a length is not checked for. */
	op->answer.kind = random_below(4) ? random_below(REACTIONS) : ANSWER_LENGTH;
	op->answer.arg = random_below(4) ? random_below(256) : random_below(40);
	op->answer.at = random_below(2) ? random_below(48) : random_below(0x10000);
	op->answer.value = interesting();
}

/* One that is valid in half of all cases, of any kind, the likeliest ones more often. */
static void op_make(struct op *op)
{
	static const uint8_t kinds[] = {
		OP_CALL, OP_CALL, OP_MESSAGE, OP_MESSAGE, OP_MESSAGE, OP_MESSAGE, OP_MESSAGE,
		OP_OPEN, OP_OPEN, OP_CLOSE, OP_NETLINK, OP_NETLINK, OP_DAEMON, OP_CHANNEL,
		OP_FILE, OP_LIMIT,
	};

	memset(op, 0, sizeof(*op));
	op->kind = kinds[random_below(sizeof(kinds))];
	op->slot = random_below(256);
	op->cmd = random_below(2) ? 0 : random_below(32);
	op->len = random_below(0x10000);
	op->room = random_below(0x10000);
	if (!random_below(3))
		op->how = 1 << random_below(8);
	if (!random_below(4))
		answer_make(op);
	if (!random_below(4))
		patch_make(&op->patch[0]);
}

static void op_change(struct op *op)
{
	uint8_t *bytes = (uint8_t *)op;

	switch (random_below(8)) {
	case 0:
		op->cmd = random_below(32);
		break;
	case 1:
		op->how ^= 1 << random_below(8);
		break;
	case 2:
		op->len = random_below(2) ? interesting() : op->len + random_below(33) - 16;
		break;
	case 3:
		op->slot = random_below(2) ? random_below(256) : op->slot ^ random_below(4);
		break;
	case 4:
		bytes[random_below(sizeof(*op))] ^= 1 << random_below(8);
		break;
	case 5:
	case 6:
		answer_make(op);
		break;
	default:
		patch_make(&op->patch[random_below(PATCHES)]);
	}
}

static void ops_insert(struct input *input, uint32_t at, const struct op *op, uint32_t count)
{
	if (count > OPS_MAX - input->count)
		count = OPS_MAX - input->count;
	memmove(&input->op[at + count], &input->op[at], (input->count - at) * sizeof(*op));
	memcpy(&input->op[at], op, count * sizeof(*op));
	input->count += count;
}

static void ops_remove(struct input *input, uint32_t at)
{
	if (input->count < 2)
		return;
	input->count--;
	memmove(&input->op[at], &input->op[at + 1], (input->count - at) * sizeof(input->op[0]));
}

static void mutate(struct input *input, const struct input *other)
{
	uint32_t at = random_below(input->count), from = random_below(other->count);
	struct op op[OPS_MAX];

	switch (random_below(8)) {
	case 0:
		op_make(op);
		ops_insert(input, at, op, 1);
		break;
	case 1:
		ops_remove(input, at);
		break;
	case 2:
		memcpy(op, &other->op[from], (other->count - from) * sizeof(*op));
		ops_insert(input, at, op, 1 + random_below(other->count - from));
		break;
	case 3:
		op[0] = input->op[at];
		op_change(op);
		ops_insert(input, at, op, 1);
		break;
	default:
		op_change(&input->op[at]);
	}
}

/**
 * input_make() - make a new input
 * @input: filled in
 * @base: what it is made of, or NULL for one that is all new
 * @other: of which parts may be taken
 */
void input_make(struct input *input, const struct input *base, const struct input *other)
{
	uint32_t i, count;

	if (!base) {
		memset(input, 0, sizeof(*input));
		input->count = 1 + random_below(OPS_MAX / 2);
		for (i = 0; i < input->count; i++)
			op_make(&input->op[i]);
		return;
	}
	*input = *base;
	count = 1 + random_below(MUTATIONS);
	for (i = 0; i < count; i++)
		mutate(input, other);
}
