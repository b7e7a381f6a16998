// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vault.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "p11.h"

struct vault {
	uint32_t owner;
	bool present;
};

static struct vault *vaults;
static size_t count;

size_t vault_count(void)
{
	return count;
}

bool vault_present(ck_slot_id_t slot)
{
	return vaults[slot - 1].present;
}

uint32_t vault_owner(ck_slot_id_t slot)
{
	return vaults[slot - 1].owner;
}

void vault_label(ck_slot_id_t slot, char *label)
{
	struct passwd entry, *found = NULL;
	char strings[4096];

	if (!getpwuid_r(vault_owner(slot), &entry, strings, sizeof(strings), &found) && found)
		snprintf(label, 33, "UKS shared by %.18s", found->pw_name);
	else
		snprintf(label, 33, "UKS shared by %u", vault_owner(slot));
}

void vault_begin(void)
{
	size_t i;

	for (i = 0; i < count; i++)
		vaults[i].present = false;
}

ck_rv_t vault_meet(uint32_t owner, ck_slot_id_t *slot)
{
	struct vault *grown;
	size_t i;

	for (i = 0; i < count && vaults[i].owner != owner; i++)
		;
	if (i == count) {
		grown = realloc(vaults, (count + 1) * sizeof(*grown));
		if (!grown)
			return CKR_HOST_MEMORY;
		vaults = grown;
		vaults[count++].owner = owner;
	}
	vaults[i].present = true;
	*slot = i + 1;
	return CKR_OK;
}

bool vault_knows(uint32_t owner)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (vaults[i].owner == owner)
			return vaults[i].present;
	return false;
}

void vault_forget(void)
{
	free(vaults);
	vaults = NULL;
	count = 0;
}
