/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A counter that never goes back, and an anchor that never forgets.
 *
 * Both are NV indices (TPM 2.0 Part 1, 37) that the owner defines, read and
 * written with an authorisation value that only the caller knows; it is never
 * sent, and the salted session proves each value that is read.
 */
#ifndef UKS_TPM_NV_H
#define UKS_TPM_NV_H

#include <stdbool.h>

#include "tpm/tpm.h"

#define UKS_TPM_COUNTER_HANDLE	0x01a55b00	/* where the counter is by default */
#define UKS_TPM_ANCHOR_HANDLE	0x01a55b01	/* where the anchor is by default */

/**
 * uks_tpm_counter_define() - make the counter, or find it after a crash in between
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: UKS_TPM_COUNTER_HANDLE by default
 * @auth: UKS_TPM_AUTH_LEN bytes, the same at each use; to be derived from a secret
 *	that is sealed to this TPM
 * @index: receives handle and name; untouched on failure
 * @value: receives the value to begin with: more than any counter of this TPM had
 *	ever before (TPM 2.0 Part 3, 31.8)
 * @error: receives the cause on failure: UKS_TPM_HANDLE_TAKEN when something else is
 *	there or it has another @auth; never NULL
 *
 * Attributes: TPM_NT_COUNTER, AUTHREAD, AUTHWRITE, NO_DA. The owner can remove it,
 * but not make another that counts less.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_counter_define(struct uks_tpm *tpm, uint32_t handle,
			   const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_index *index,
			   uint64_t *value, struct uks_tpm_error *error);

/**
 * uks_tpm_counter_drop() - remove a counter of ours whose name is not known
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: where it may be
 * @auth: its authorization value
 * @error: receives the cause on failure; never NULL
 *
 * None there, or one of somebody else, is no failure, and nothing is made, for which a TPM
 * may have no room.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_counter_drop(struct uks_tpm *tpm, uint32_t handle,
			 const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_error *error);

/**
 * uks_tpm_counter_index() - what a counter at a handle would be called
 * @handle: where it would be
 * @index: receives handle and name, whether or not the TPM has it
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_counter_index(uint32_t handle, struct uks_tpm_index *index,
			  struct uks_tpm_error *error);

/**
 * uks_tpm_counter_read() - read the counter
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_counter_define()
 * @auth: as given there
 * @value: receives the value
 * @error: receives the cause on failure: UKS_TPM_INDEX when it is gone or replaced;
 *	never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_counter_read(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const uint8_t auth[UKS_TPM_AUTH_LEN], uint64_t *value,
			 struct uks_tpm_error *error);

/**
 * uks_tpm_counter_advance() - count one further
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_counter_define()
 * @auth: as given there
 * @value: the value to reach
 * @error: receives the cause on failure: UKS_TPM_MISMATCH when the counter is neither
 *	there nor one before; never NULL
 *
 * Does nothing when the counter is at @value already: may be called again after a
 * crash or failure, and never counts twice. Wears the NV memory: some TPMs bear
 * no more than one increment in a few seconds, which this waits for.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_counter_advance(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			    const uint8_t auth[UKS_TPM_AUTH_LEN], uint64_t value,
			    struct uks_tpm_error *error);

/**
 * uks_tpm_anchor_define() - make the anchor, or find it after a crash in between
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: UKS_TPM_ANCHOR_HANDLE by default
 * @auth: UKS_TPM_AUTH_LEN bytes, the same at each use
 * @index: receives handle and name; untouched on failure
 * @head: receives the digest to begin with: 32 zero bytes extended by 32 zero bytes
 *	for a new one
 * @error: receives the cause on failure; never NULL
 *
 * Attributes: TPM_NT_EXTEND, AUTHREAD, AUTHWRITE, NO_DA; SHA-256.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_anchor_define(struct uks_tpm *tpm, uint32_t handle,
			  const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_index *index,
			  uint8_t head[UKS_TPM_HASH_LEN], struct uks_tpm_error *error);

/**
 * uks_tpm_anchor_read() - read the anchor
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_anchor_define()
 * @auth: as given there
 * @head: receives the digest
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_anchor_read(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			const uint8_t auth[UKS_TPM_AUTH_LEN], uint8_t head[UKS_TPM_HASH_LEN],
			struct uks_tpm_error *error);

/**
 * uks_tpm_anchor_extend() - add a digest to the anchor (TPM2_NV_Extend)
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_anchor_define()
 * @auth: as given there
 * @head: in: what the anchor is now; out: SHA-256 of that and @digest. Untouched on
 *	failure
 * @digest: what to add
 * @error: receives the cause on failure: UKS_TPM_MISMATCH when the anchor is neither
 *	at @head nor already extended; never NULL
 *
 * May be called again with the same @head after a crash or failure.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_anchor_extend(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			  const uint8_t auth[UKS_TPM_AUTH_LEN], uint8_t head[UKS_TPM_HASH_LEN],
			  const uint8_t digest[UKS_TPM_HASH_LEN], struct uks_tpm_error *error);

/**
 * uks_tpm_index_remove() - remove an NV index of ours
 * @tpm: the TPM, after uks_tpm_root()
 * @index: the index, also of pin.h
 * @error: receives the cause on failure; never NULL
 *
 * An index that is gone already is no failure; another one in its place is.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_index_remove(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 struct uks_tpm_error *error);

/**
 * uks_tpm_index_there() - is there any NV index at a handle?
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: the handle
 * @there: receives the answer; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_index_there(struct uks_tpm *tpm, uint32_t handle, bool *there,
			struct uks_tpm_error *error);

#endif /* UKS_TPM_NV_H */
