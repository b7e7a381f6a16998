// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "trace.h"

#define ENTRIES		(1 << 16)

/**
 * trace_start() - trace the current thread to its end
 * @trace: filled in
 *
 * The module is the only code of the kernel that is built for it.
 *
 * Return: 0 or a negative errno value.
 */
int trace_start(struct trace *trace)
{
	trace->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (trace->fd < 0)
		return -errno;
	if (ioctl(trace->fd, KCOV_INIT_TRACE, (unsigned long)ENTRIES))
		return -errno;
	trace->area = mmap(NULL, ENTRIES * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
			   trace->fd, 0);
	if (trace->area == MAP_FAILED)
		return -errno;
	return ioctl(trace->fd, KCOV_ENABLE, (unsigned long)KCOV_TRACE_PC) ? -errno : 0;
}

/**
 * trace_clear() - begin again
 * @trace: a trace, also of another thread
 */
void trace_clear(struct trace *trace)
{
	__atomic_store_n(&trace->area[0], 0, __ATOMIC_RELAXED);
}

static uint64_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15;
	return value ^ value >> 29;
}

static bool add_place(struct seen *seen, uint64_t pc)
{
	uint32_t at = mix(pc) % PLACES_MAX;

	while (seen->place[at] && seen->place[at] != pc)
		at = (at + 1) % PLACES_MAX;
	if (seen->place[at])
		return false;
	seen->place[at] = pc;
	seen->places++;
	return true;
}

static bool add_way(struct seen *seen, uint64_t from, uint64_t to)
{
	uint32_t bit = mix(from * 31 + to) % (sizeof(seen->way) * 8);

	if (seen->way[bit / 8] & 1 << bit % 8)
		return false;
	seen->way[bit / 8] |= 1 << bit % 8;
	seen->ways++;
	return true;
}

/**
 * trace_merge() - note what was run
 * @trace: a trace
 * @seen: what was run before
 * @places_only: a new way to an old place is nothing new
 *
 * Return: true if there was something new.
 */
bool trace_merge(const struct trace *trace, struct seen *seen, bool places_only)
{
	uint64_t count = __atomic_load_n(&trace->area[0], __ATOMIC_RELAXED);
	bool new_place = false, new_way = false;
	uint64_t i, from = 0;

	for (i = 1; i <= count && i < ENTRIES; i++) {
		new_place |= add_place(seen, trace->area[i]);
		new_way |= add_way(seen, from, trace->area[i]);
		from = trace->area[i];
	}
	return new_place || (new_way && !places_only);
}
