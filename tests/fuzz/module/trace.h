/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which places of the module's code a thread ran: KCOV. */
#ifndef FUZZ_MODULE_TRACE_H
#define FUZZ_MODULE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define PLACES_MAX	(1 << 15)

/**
 * struct trace - of one thread
 * @fd: KCOV's file
 * @area: number of entries, and the entries
 */
struct trace {
	int fd;
	uint64_t *area;
};

/**
 * struct seen - what was run so far
 * @places: how many places
 * @ways: how many ways from one place to the next
 * @place: set of places
 * @way: set of ways, by hash
 */
struct seen {
	uint32_t places;
	uint32_t ways;
	uint64_t place[PLACES_MAX];
	uint8_t way[1 << 21];
};

int trace_start(struct trace *trace);
void trace_clear(struct trace *trace);
bool trace_merge(const struct trace *trace, struct seen *seen, bool places_only);

#endif /* FUZZ_MODULE_TRACE_H */
