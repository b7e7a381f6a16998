/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The provider "tpm": keys that are made inside the TPM and never leave it. What
 * rests sealed in the store is the TPM's own form of the key, which no other TPM can use.
 */
#ifndef UKSD_PROVIDER_TPM_H
#define UKSD_PROVIDER_TPM_H

#include "daemon/pin/pin.h"
#include "daemon/provider/provider.h"
#include "tpm/key.h"

/**
 * key_make() - make the substance of a key, or take it in, by the key's provider
 * @worker: the worker
 * @key: the key; its type, purposes, id, version, provider and PIN are known
 * @type: its type
 * @import: its bytes, or NULL to generate it
 * @material: receives it. Of a sealed key with a PIN the secret is closed already
 * @failure: receives what struct provider says, UKS_E_UNSUPPORTED for bytes that
 *	are to go into the TPM, UKS_E_TPM and what else tpmgate_fail() gives
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_make(struct worker *worker, const struct key *key, const struct key_type *type,
	     const struct import *import, struct material *material, struct failure *failure);

/**
 * key_load() - make a key ready, by its provider
 * @worker: the worker
 * @key: the key
 * @secret: what its blob held, opened by the PIN if it has one
 * @len: bytes of it; 0 for the public part only
 * @pin: PIN for a key in the TPM that has one, or NULL; copied
 * @private_key: receives the key, for the unload() of the daemon's provider
 * @failure: receives UKS_E_BLOB, UKS_E_CRYPTO, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_load(struct worker *worker, const struct key *key, const uint8_t *secret, size_t len,
	     const struct uks_tpm_code *pin, struct private_key **private_key,
	     struct failure *failure);

/**
 * tpm_key_check() - can the TPM have a key of this type and with these purposes?
 * @type: the type
 * @purposes: bits of enum uks_purpose
 * @failure: receives UKS_E_BAD_TYPE, UKS_E_BAD_PURPOSE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int tpm_key_check(const struct key_type *type, uint32_t purposes, struct failure *failure);

/**
 * tpm_key_auth() - authorisation value of a key in the TPM
 * @master: the master key
 * @id: the key
 * @version: its version
 * @auth: receives UKS_TPM_AUTH_LEN bytes
 */
void tpm_key_auth(const struct master *master, const uint8_t *id, uint32_t version,
		  uint8_t auth[UKS_TPM_AUTH_LEN]);

/**
 * tpm_key_take() - the TPM's form of a key, as the store's blob held it
 * @key: the key, for the text
 * @secret: what seal_open() gave
 * @len: bytes of it
 * @tpm_key: receives it
 * @failure: receives UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in.
 */
int tpm_key_take(const struct key *key, const uint8_t *secret, size_t len,
		 struct uks_tpm_key *tpm_key, struct failure *failure);

#endif /* UKSD_PROVIDER_TPM_H */
