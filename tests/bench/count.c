// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A plugin of QEMU: counts the instructions of each block of code between the two
 * marks of uks-bench (PROFILE_BEGIN, PROFILE_END in bench.h) and writes them to a
 * file: address, instructions run. One processor. QEMU, docs/devel/tcg-plugins.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "qemu-plugin.h"

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
			fprintf(file, "%lx %lu\n", blocks[i].address, blocks[i].count);
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

int qemu_plugin_version = 1;

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
