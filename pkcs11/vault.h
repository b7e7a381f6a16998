/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vaults: keys of other users that the user may use, each owner's in a slot of its
 * own. Only those that the user takes, by a line of a file: so nobody puts keys before
 * the user's programs unasked, and the slots have the order of the lines.
 */
#ifndef UKS_PKCS11_VAULT_H
#define UKS_PKCS11_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uks.h>

#include "bag.h"

/**
 * vault_read() - read which vaults the user takes, from $XDG_CONFIG_HOME/uks/vaults
 *
 * One user a line, by name or number; "#" begins a comment. Where there is no such file,
 * or others could have written it, there are none. They are not present until met.
 */
void vault_read(void);

/**
 * vault_count() - how many vaults the user takes
 *
 * Return: how many; their slots are 1 to that.
 */
size_t vault_count(void);

/**
 * vault_present() - has a vault keys?
 * @slot: its slot, of those that the user takes
 *
 * Return: whether its owner grants the user something.
 */
bool vault_present(ck_slot_id_t slot);

/**
 * vault_owner() - whose keys a vault has
 * @slot: its slot, of those that the user takes
 *
 * Return: user id of the owner, in the initial user namespace.
 */
uint32_t vault_owner(ck_slot_id_t slot);

/**
 * vault_label() - the label of a vault's token
 * @slot: its slot, of those that the user takes
 * @label: [out] 33 bytes
 */
void vault_label(ck_slot_id_t slot, char *label);

/**
 * vault_begin() - begin to read what others grant: no vault is present until it is met
 */
void vault_begin(void);

/**
 * vault_meet() - find the vault of an owner who grants something
 * @owner: user id
 * @slot: [out] its slot
 *
 * Return: whether the user takes it.
 */
bool vault_meet(uint32_t owner, ck_slot_id_t *slot);

/**
 * vault_forget() - forget all vaults
 */
void vault_forget(void);

#endif /* UKS_PKCS11_VAULT_H */
