// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Slot 0 with the token "UKS": the user's keys; behind it one for each vault that the user
 * takes. Without the device there is no slot.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sodium.h>

#include "key.h"
#include "p11.h"
#include "vault.h"

void token_put_text(unsigned char *field, size_t room, const char *text)
{
	size_t len = strlen(text);

	memset(field, ' ', room);
	memcpy(field, text, len < room ? len : room);
}

static bool reachable(void)
{
	struct uks_query query;

	return !uks_query(module.client, &query, NULL);
}

bool token_present(ck_slot_id_t slot)
{
	return reachable() && (slot == OWN_SLOT || vault_present(slot));
}

/*
 * Which slots there are is read once. Which of them have a token is asked anew when the
 * length of the list is asked for, and stays until then.
 */
static void look_at_vaults(void)
{
	if (!module.vaults_known)
		vault_read();
	module.vaults_known = true;
	if (reachable() && view_vaults() != CKR_OK)
		vault_begin();
}

static unsigned long list_slots(bool with_token, ck_slot_id_t *list, unsigned long room)
{
	unsigned long have = 0;
	ck_slot_id_t slot;

	if (!reachable())
		return 0;
	for (slot = OWN_SLOT; slot <= vault_count(); slot++) {
		if (slot != OWN_SLOT && with_token && !vault_present(slot))
			continue;
		if (list && have < room)
			list[have] = slot;
		have++;
	}
	return have;
}

P11_EXPORT ck_rv_t C_GetSlotList(unsigned char with_token, ck_slot_id_t *list,
				 unsigned long *count)
{
	ck_rv_t rv = module_enter();
	unsigned long room;

	if (rv != CKR_OK)
		return rv;
	if (!count)
		return module_leave(CKR_ARGUMENTS_BAD);
	if (!list || !module.vaults_known)
		look_at_vaults();
	room = *count;
	*count = list_slots(with_token, list, room);
	return module_leave(list && room < *count ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

ck_rv_t slot_enter(ck_slot_id_t slot, const void *out)
{
	ck_rv_t rv = module_enter();

	if (rv != CKR_OK)
		return rv;
	/* Some remember a slot's number from another process. */
	if (slot != OWN_SLOT && !module.vaults_known)
		look_at_vaults();
	if (slot != OWN_SLOT && slot > vault_count())
		return module_leave(CKR_SLOT_ID_INVALID);
	return out ? CKR_OK : module_leave(CKR_ARGUMENTS_BAD);
}

P11_EXPORT ck_rv_t C_GetSlotInfo(ck_slot_id_t slot_id, struct ck_slot_info *info)
{
	ck_rv_t rv = slot_enter(slot_id, info);

	if (rv != CKR_OK)
		return rv;
	memset(info, 0, sizeof(*info));
	token_put_text(info->slot_description, sizeof(info->slot_description),
		       slot_id == OWN_SLOT ? "Keys of the user in the universal key store" :
		       "Keys that another user shares in the universal key store");
	token_put_text(info->manufacturer_id, sizeof(info->manufacturer_id), "UKS");
	info->flags = token_present(slot_id) ? CKF_TOKEN_PRESENT : 0;
	info->firmware_version = (struct ck_version){ 0, 1 };
	return module_leave(CKR_OK);
}

/*
 * The same for one user on one machine: of the TPM's root and the user's number; of a
 * vault, the number of its owner, too.
 */
static void put_serial(ck_slot_id_t slot, unsigned char *field)
{
	struct uks_status *status;
	crypto_generichash_state state;
	uint32_t uid = geteuid(), owner;
	unsigned char digest[32];
	char text[17];

	if (uks_status(module.client, &status, NULL)) {
		token_put_text(field, 16, "0");
		return;
	}
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, status->tpm_root, status->tpm_root_len);
	crypto_generichash_update(&state, (void *)&uid, sizeof(uid));
	if (slot != OWN_SLOT) {
		owner = vault_owner(slot);
		crypto_generichash_update(&state, (void *)&owner, sizeof(owner));
	}
	crypto_generichash_final(&state, digest, sizeof(digest));
	uks_status_free(status);
	sodium_bin2hex(text, sizeof(text), digest, sizeof(text) / 2);
	token_put_text(field, 16, text);
}

static void put_time(unsigned char *field)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	if (gmtime_r(&now, &tm) && strftime(text, sizeof(text), "%Y%m%d%H%M%S00", &tm))
		memcpy(field, text, 16);
}

static void fill_info(ck_slot_id_t slot, struct ck_token_info *info)
{
	char label[33];

	if (slot == OWN_SLOT)
		pin_label(label);
	else
		vault_label(slot, label);
	token_put_text(info->label, sizeof(info->label), label);
	token_put_text(info->manufacturer_id, sizeof(info->manufacturer_id), "UKS");
	token_put_text(info->model, sizeof(info->model), "UKS TPM 2.0");
	put_serial(slot, info->serial_number);
	info->flags = CKF_RNG | CKF_TOKEN_INITIALIZED | CKF_CLOCK_ON_TOKEN |
		(slot == OWN_SLOT ? pin_flags() : CKF_WRITE_PROTECTED);
	info->max_session_count = CK_EFFECTIVELY_INFINITE;
	info->max_rw_session_count = slot == OWN_SLOT ? CK_EFFECTIVELY_INFINITE :
		CK_UNAVAILABLE_INFORMATION;
	session_counts(slot, &info->session_count, &info->rw_session_count);
	info->max_pin_len = PIN_MAX;
	info->min_pin_len = PIN_MIN;
	info->total_public_memory = CK_UNAVAILABLE_INFORMATION;
	info->free_public_memory = CK_UNAVAILABLE_INFORMATION;
	info->total_private_memory = CK_UNAVAILABLE_INFORMATION;
	info->free_private_memory = CK_UNAVAILABLE_INFORMATION;
	info->firmware_version = (struct ck_version){ 0, 1 };
	put_time(info->utc_time);
}

P11_EXPORT ck_rv_t C_GetTokenInfo(ck_slot_id_t slot_id, struct ck_token_info *info)
{
	ck_rv_t rv = slot_enter(slot_id, info);

	if (rv != CKR_OK)
		return rv;
	if (!token_present(slot_id))
		return module_leave(CKR_TOKEN_NOT_PRESENT);
	memset(info, 0, sizeof(*info));
	fill_info(slot_id, info);
	return module_leave(CKR_OK);
}

P11_EXPORT ck_rv_t C_GetMechanismList(ck_slot_id_t slot_id, ck_mechanism_type_t *list,
				      unsigned long *count)
{
	ck_rv_t rv = slot_enter(slot_id, count);
	unsigned long room, have = 0;

	if (rv != CKR_OK)
		return rv;
	room = *count;
	for (; mechanism_at(have); have++)
		if (list && have < room)
			list[have] = mechanism_at(have)->type;
	*count = have;
	return module_leave(list && room < have ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

P11_EXPORT ck_rv_t C_GetMechanismInfo(ck_slot_id_t slot_id, ck_mechanism_type_t type,
				      struct ck_mechanism_info *info)
{
	const struct mechanism *mechanism = mechanism_find(type);
	ck_rv_t rv = slot_enter(slot_id, info);

	if (rv != CKR_OK)
		return rv;
	if (!mechanism)
		return module_leave(CKR_MECHANISM_INVALID);
	*info = (struct ck_mechanism_info){
		.min_key_size = mechanism->min,
		.max_key_size = mechanism->max,
		.flags = mechanism->flags,
	};
	return module_leave(CKR_OK);
}

/* Slots do not come and go while somebody watches. */
P11_EXPORT ck_rv_t C_WaitForSlotEvent(ck_flags_t flags, ck_slot_id_t *slot, void *reserved)
{
	ck_rv_t rv;

	if (!slot || reserved)
		return CKR_ARGUMENTS_BAD;
	rv = module_enter();
	if (rv != CKR_OK)
		return rv;
	return module_leave(flags & CKF_DONT_BLOCK ? CKR_NO_EVENT : CKR_FUNCTION_NOT_SUPPORTED);
}
