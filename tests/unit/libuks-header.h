/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <linux/uks.h> says, read at run time, so that nothing new is forgotten. */
#ifndef UNIT_LIBUKS_HEADER_H
#define UNIT_LIBUKS_HEADER_H

#include <stdint.h>

/**
 * enumerator_fn - is given each enumerator of an enum
 * @name: its name without the prefix
 * @value: its value
 * @arg: the caller's
 */
typedef void enumerator_fn(const char *name, uint32_t value, void *arg);

int read_enumerators(const char *prefix, enumerator_fn *fn, void *arg);

#endif /* UNIT_LIBUKS_HEADER_H */
