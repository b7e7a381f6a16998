/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The master key: sealed to the TPM, kept in the store, opened once. */
#ifndef UKSD_MASTER_H
#define UKSD_MASTER_H

#include "daemon/config.h"
#include "daemon/store.h"
#include "tpm/tpm.h"

/**
 * struct master - the master key, open
 * @key: the key; its pages are locked and read-only
 * @identity: the TPM it is sealed to
 * @tpm: which TPM that is, for people
 */
struct master {
	uint8_t key[SEAL_MASTER_LEN];
	struct uks_tpm_identity identity;
	char tpm[128];
};

/**
 * master_open() - open the master key of a store, or make it at the first start
 * @config: where the TPM is
 * @store: the store
 * @master: receives the master key, for master_close()
 * @failure: receives the cause: UKS_E_TPM, UKS_E_STORE
 *
 * Connects to the TPM and lets it go again. A new master key is durable when
 * this returns.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_open(const struct config *config, struct store *store, struct master **master,
		struct failure *failure);

/**
 * master_close() - wipe the master key
 * @master: from master_open(), or NULL
 */
void master_close(struct master *master);

#endif /* UKSD_MASTER_H */
