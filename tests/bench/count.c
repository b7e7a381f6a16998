// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A plugin of QEMU: counts the instructions of each block of code between the two
 * marks of uks-bench (PROFILE_BEGIN, PROFILE_END in bench.h) and writes them to a
 * file: address, instructions run. One processor. QEMU, docs/devel/tcg-plugins.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* What QEMU gives its plugins, version 1; Debian has no header for it. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
enum { CB_NO_REGS = 0, INLINE_ADD_U64 = 0 };
int qemu_plugin_version = 1;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data), int flags,
					    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define BLOCKS	(1U << 22)

struct block {
	uint64_t address;
	uint64_t count;
};

static struct block *blocks;
static unsigned int used;
static const char *path;

static void begin(unsigned int cpu, void *data)
{
	unsigned int i;

	(void)cpu;
	(void)data;
	for (i = 0; i < used; i++)
		blocks[i].count = 0;
}

static void end(unsigned int cpu, void *data)
{
	FILE *file = fopen(path, "w");
	unsigned int i;

	(void)cpu;
	(void)data;
	if (!file)
		abort();
	for (i = 0; i < used; i++)
		if (blocks[i].count)
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", blocks[i].address,
				blocks[i].count);
	fclose(file);
}

static bool is_mark(const struct qemu_plugin_insn *insn, uint32_t mark)
{
	const uint8_t *data = qemu_plugin_insn_data(insn);

	/* nopl mark(%rax) */
	return qemu_plugin_insn_size(insn) == 7 && !memcmp(data, "\x0f\x1f\x80", 3) &&
	       !memcmp(data + 3, &mark, 4);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn;

	(void)id;
	if (used == BLOCKS)
		abort();
	blocks[used].address = qemu_plugin_tb_vaddr(tb);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &blocks[used++].count, count);
	for (i = 0; i < count; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (is_mark(insn, PROFILE_BEGIN))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, CB_NO_REGS, NULL);
		else if (is_mark(insn, PROFILE_END))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, CB_NO_REGS, NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "to=", 3))
		return -1;
	path = strdup(argv[0] + 3);
	blocks = calloc(BLOCKS, sizeof(*blocks));
	if (!blocks || !path)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
