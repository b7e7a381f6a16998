// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vault.h"

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p11.h"
#include "record.h"

#define FILE_NAME	"vaults"
#define FILE_MAX	4096
#define VAULTS_MAX	16
#define NOBODY		UINT32_MAX	/* no user has this number */

static struct {
	uint32_t owner;
	bool present;
} vaults[VAULTS_MAX];

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

/* ---- which ones the user takes ---- */

static uint32_t owner_of(const char *word)
{
	struct passwd entry, *found = NULL;
	unsigned long number;
	char strings[4096], *end;

	if (!getpwnam_r(word, &entry, strings, sizeof(strings), &found) && found)
		return found->pw_uid;
	number = strtoul(word, &end, 10);
	return isdigit((unsigned char)*word) && !*end && number < NOBODY ? number : NOBODY;
}

/* A line that names nobody keeps its place, so that the slots behind it keep theirs. */
static void take_line(char *line)
{
	uint32_t owner;
	size_t i;

	line[strcspn(line, "#")] = 0;
	line += strspn(line, " \t\r");
	line[strcspn(line, " \t\r")] = 0;
	if (!*line || count == VAULTS_MAX)
		return;
	owner = owner_of(line);
	for (i = 0; i < count; i++)
		if (vaults[i].owner == owner)
			owner = NOBODY;
	if (owner == geteuid())
		owner = NOBODY;
	vaults[count].owner = owner;
	vaults[count++].present = false;
}

void vault_read(void)
{
	int folder = file_settings();
	uint8_t *data = NULL;
	char *line, *rest;
	size_t len;

	vault_forget();
	if (folder < 0)
		return;
	if (!file_read(folder, FILE_NAME, FILE_MAX, &data, &len)) {
		data[len] = 0;
		rest = (char *)data;
		while ((line = strsep(&rest, "\n")))
			take_line(line);
		free(data);
	}
	close(folder);
}

/* ---- what is in them ---- */

void vault_begin(void)
{
	size_t i;

	for (i = 0; i < count; i++)
		vaults[i].present = false;
}

bool vault_meet(uint32_t owner, ck_slot_id_t *slot)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (vaults[i].owner == owner && owner != NOBODY) {
			vaults[i].present = true;
			*slot = i + 1;
			return true;
		}
	return false;
}

void vault_forget(void)
{
	count = 0;
}
