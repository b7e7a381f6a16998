/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands share that read and write keys. */
#ifndef UKSCTL_IMPORT_H
#define UKSCTL_IMPORT_H

#include "format.h"
#include "uksctl.h"

int read_key(struct run *run, const char *path, struct format_key *key);
int public_of(struct run *run, EVP_PKEY **pkey);

#endif /* UKSCTL_IMPORT_H */
