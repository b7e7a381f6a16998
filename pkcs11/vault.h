/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vaults: keys of other users that the user may use, each owner's in a slot of its
 * own. A slot keeps its number until C_Finalize, also when its owner grants nothing
 * any more; at first numbers follow the owners' user ids.
 */
#ifndef UKS_PKCS11_VAULT_H
#define UKS_PKCS11_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uks.h>

#include "bag.h"

/**
 * vault_count() - how many vaults were seen
 *
 * Return: how many; their slots are 1 to that.
 */
size_t vault_count(void);

/**
 * vault_present() - has a vault keys?
 * @slot: its slot, of those that were seen
 *
 * Return: whether its owner grants the user something.
 */
bool vault_present(ck_slot_id_t slot);

/**
 * vault_owner() - whose keys a vault has
 * @slot: its slot, of those that were seen
 *
 * Return: user id of the owner, in the initial user namespace.
 */
uint32_t vault_owner(ck_slot_id_t slot);

/**
 * vault_label() - the label of a vault's token
 * @slot: its slot, of those that were seen
 * @label: [out] 33 bytes
 */
void vault_label(ck_slot_id_t slot, char *label);

/**
 * vault_begin() - begin to read what others grant: no vault is present until it is met
 */
void vault_begin(void);

/**
 * vault_meet() - find the vault of an owner, and make one if there is none
 * @owner: user id
 * @slot: [out] its slot
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t vault_meet(uint32_t owner, ck_slot_id_t *slot);

/**
 * vault_knows() - is there a vault of an owner, and present?
 * @owner: user id
 *
 * Return: whether.
 */
bool vault_knows(uint32_t owner);

/**
 * vault_forget() - forget all vaults
 */
void vault_forget(void);

#endif /* UKS_PKCS11_VAULT_H */
