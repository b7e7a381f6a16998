/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The master key: sealed to the TPM, kept in the store, opened once. */
#ifndef UKSD_MASTER_H
#define UKSD_MASTER_H

#include "daemon/config.h"
#include "daemon/store/store.h"
#include "tpm/tpm.h"

struct uksd;

/**
 * struct master - the master key, open
 * @key: the key; its pages are locked and read-only
 * @auth: what authorisation values for the TPM are derived from, by master_auth(). It
 *	stays the same when the master key is rotated, and is in no backup: what it opens
 *	is in this TPM
 * @state: enum uks_master_state: UKS_MASTER_VALID, or UKS_MASTER_EMPTY when @key is
 *	good for the store's own records only
 * @identity: the TPM it is sealed to
 * @tpm: which TPM that is, for people
 */
struct master {
	uint8_t key[SEAL_MASTER_LEN];
	uint8_t auth[SEAL_MASTER_LEN];
	uint32_t state;
	struct uks_tpm_identity identity;
	char tpm[128];
};

/**
 * master_open() - open the master key of a store, or make it at the first start
 * @uksd: the daemon; its @config and @gate are there
 * @store: the store
 * @master: receives the master key, for master_close()
 * @failure: receives the cause: UKS_E_TPM, UKS_E_STORE; UKS_E_BOOT when this boot is not
 *	approved: then @master is there nevertheless, and tells of the TPM, but its key
 *	and auth are zeros and its state is UKS_MASTER_EMPTY
 *
 * @uksd's boot_policy is read, too. The TPM's storage root is known from then on. A new
 * master key is durable when this returns.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_open(struct uksd *uksd, struct store *store, struct master **master,
		struct failure *failure);

/**
 * master_auth() - authorisation value of something in the TPM: an NV index, a key
 * @master: the master key
 * @label: what it is for, such as "uks counter"
 * @subject: which one of those; may be NULL
 * @len: bytes of it
 * @auth: receives UKS_TPM_AUTH_LEN bytes
 *
 * BLAKE2b-256, keyed with @master's auth, of the label with its NUL, and the subject.
 */
void master_auth(const struct master *master, const char *label, const void *subject, size_t len,
		 uint8_t auth[UKS_TPM_AUTH_LEN]);

/**
 * master_seal() - seal a master key to the TPM, as the one in force is
 * @uksd: the daemon, its master key open; its boot policy holds for this key, too
 * @key: the key, in locked memory
 * @blob: receives it
 * @failure: receives what the TPM says
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_seal(struct uksd *uksd, const uint8_t *key, struct uks_tpm_blob *blob,
		struct failure *failure);

/**
 * master_unseal() - unseal what master_seal() gave
 * @uksd: the daemon, its master key open
 * @blob: from master_seal()
 * @key: receives the key, in locked memory
 * @failure: receives what the TPM says; UKS_E_BOOT when a PCR was extended since the start
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_unseal(struct uksd *uksd, const struct uks_tpm_blob *blob, uint8_t *key,
		  struct failure *failure);

/**
 * master_write() - write another master key to the store, sealed
 * @store: with a change under way
 * @master: the one in force, which keeps its secret of authorisation values
 * @key: the other one
 * @blob: that one, from master_seal()
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_write(struct store *store, const struct master *master, const uint8_t *key,
		 const struct uks_tpm_blob *blob, struct failure *failure);

/**
 * master_close() - wipe the master key
 * @master: from master_open(), or NULL
 */
void master_close(struct master *master);

#endif /* UKSD_MASTER_H */
