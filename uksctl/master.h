/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about the master key share. */
#ifndef UKSCTL_MASTER_H
#define UKSCTL_MASTER_H

#include <openssl/types.h>

#include "uksctl.h"

#define MASTER_MINUTES	60	/* sealing all keys anew may take long */

int master_ask(struct run *run, uint32_t command, const void *message, size_t len,
	       struct uks_admin_answer **answer, const char *what);
int master_show(struct run *run, json_t **status);
json_t *master_json(const struct uks_admin_answer *answer);
int master_command_json(struct run *run, const char *name, json_t **command);
int master_order(struct run *run, uint32_t number, const char *text,
		 struct uks_admin_answer **answer);
int master_signer(struct run *run, EVP_PKEY **key);
int option_shares(struct run *run, uint8_t *bytes, size_t size, size_t *len);
int write_pem(struct run *run, const char *path, const char *label, const uint8_t *bytes,
	      size_t len);
int read_pem(const char *path, const char *label, uint8_t *bytes, size_t size, size_t *len);
int write_shares(struct run *run, const struct uks_admin_answer *answer);

int run_master_status(struct run *run);
int run_master_part(struct run *run);
int run_master_load(struct run *run);
int run_master_clear(struct run *run);
int run_master_init(struct run *run);
int run_master_command(struct run *run);
int run_master_sign(struct run *run);
int run_master_submit(struct run *run);
int run_master_rotate(struct run *run);
int run_master_shares(struct run *run);
int run_master_recover(struct run *run);
int run_master_zeroize(struct run *run);
int run_backup_create(struct run *run);
int run_backup_verify(struct run *run);
int run_restore(struct run *run);

#endif /* UKSCTL_MASTER_H */
