/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encrypting and decrypting. */
#ifndef UKSCTL_CRYPT_H
#define UKSCTL_CRYPT_H

#include "uksctl.h"

const char *crypt_input_name(const struct run *run);
int crypt_raw(struct run *run, const struct method *method, uint32_t purpose, int in,
	      struct output *output);

#endif /* UKSCTL_CRYPT_H */
