// SPDX-License-Identifier: LGPL-2.1-or-later
#include <libuks/uks-admin.h>

#include "tests/unit/libuks-calls.h"

#define CALL(name)							\
	static int name(struct uks_client *client, const char *key, struct given *given, \
			struct uks_err *err)

static const struct uks_pin pin = { .pin = "1234", .pin_len = 4, .new_pin = "5678",
				    .new_pin_len = 4, .admin_code = "87654321",
				    .admin_code_len = 8 };
static const struct uks_parameters peer = { .peer = "peer", .peer_len = 4 };
static const struct uks_method method = { .algorithm = UKS_ALG_ECDH, .parameters = &peer,
					  .digest = UKS_DIGEST_SHA256 };
static const struct uks_material material = { .format = UKS_FORMAT_RAW, .data = "0123456789abcdef",
					      .len = 16 };
static const struct uks_wrapping wrapping = { .key = "wrapper", .format = UKS_FORMAT_RAW,
					      .algorithm = UKS_ALG_AES_KWP, .pin = &pin };
static const struct uks_sks_bytes some = { .data = "some", .len = 4 };

/* ---- keys ---- */

CALL(show)
{
	return uks_key_show(client, key, (struct uks_key **)&given->object, err);
}

CALL(generate)
{
	const struct uks_key_options options = {
		.purposes = UKS_PURPOSE_SIGN, .flags = UKS_CALL_REPLACE, .count = 3, .pin = &pin,
		.provider = UKS_PROVIDER_TPM,
	};

	return uks_key_generate_with(client, key, UKS_KEY_EC_P256, &options,
				     (struct uks_key **)&given->object, err);
}

CALL(import)
{
	return uks_key_import(client, key, UKS_KEY_AES_128, 0, &material,
			      (struct uks_key **)&given->object, err);
}

CALL(public)
{
	return uks_key_public(client, key, given->bytes, &given->len, err);
}

CALL(rename_it)
{
	(void)given;
	return uks_key_rename(client, key, "new", err);
}

CALL(rotate)
{
	return uks_key_rotate(client, key, &material, (struct uks_key **)&given->object, err);
}

CALL(set_state)
{
	return uks_key_set_state(client, key, 1, UKS_STATE_SUSPENDED,
				 (struct uks_key **)&given->object, err);
}

CALL(set_policy)
{
	struct uks_policy *policy;
	int ret = uks_policy_new(&policy, err);

	if (ret)
		return ret;
	ret = uks_policy_set(policy, UKS_POLICY_A_MAX_USES, 7, err);
	if (!ret)
		ret = uks_key_set_policy(client, key, policy, (struct uks_key **)&given->object,
					 err);
	uks_policy_free(policy);
	return ret;
}

CALL(delete_it)
{
	return uks_key_delete_with(client, key, UKS_CALL_NOW, &given->erased, err);
}

CALL(restore)
{
	return uks_key_restore(client, key, "new", (struct uks_key **)&given->object, err);
}

CALL(agree)
{
	return uks_key_agree(client, key, &method, "new", UKS_KEY_SECRET, NULL,
			     (struct uks_key **)&given->object, err);
}

CALL(derive)
{
	const struct uks_method usual = { 0 };

	return uks_key_derive(client, key, &usual, "new", UKS_KEY_AES_256, NULL,
			      (struct uks_key **)&given->object, err);
}

CALL(wrap)
{
	return uks_key_wrap(client, key, 1, &wrapping, given->bytes, &given->len, err);
}

CALL(unwrap)
{
	return uks_key_unwrap(client, key, UKS_KEY_AES_256, &wrapping, "wrapped", 7, NULL,
			      (struct uks_key **)&given->object, err);
}

CALL(versions)
{
	return uks_key_versions(client, key, (struct uks_key_list **)&given->object, err);
}

CALL(list)
{
	const struct uks_list_options options = { .flags = UKS_CALL_DELETED, .page = 5,
						  .after = "a" };
	struct uks_key_list *pages;
	int ret = uks_key_list_with(client, &options, &pages, err);

	(void)key;
	if (ret)
		return ret;
	ret = uks_key_list_next(pages, (struct uks_key **)&given->object, err);
	uks_key_list_free(pages);
	return ret;
}

/* ---- PINs, sessions, proofs ---- */

CALL(pin_check)
{
	return uks_pin_check(client, key, &pin, &given->tries, err);
}

CALL(pin_change)
{
	return uks_pin_change(client, key, &pin, &given->tries, err);
}

CALL(pin_unlock)
{
	return uks_pin_unlock(client, key, &pin, &given->tries, err);
}

CALL(session_open)
{
	const struct uks_method with = { .algorithm = UKS_ALG_AES_GCM, .version = 1,
					 .flags = UKS_CALL_COMPROMISED, .pin = &pin };

	return uks_session_open_with(client, key, UKS_PURPOSE_DECRYPT, &with,
				     (struct uks_session **)&given->object, err);
}

CALL(attest)
{
	return uks_key_attest(client, key, 1, "challenge", 9, UKS_CALL_NOW, given->bytes,
			      &given->len, err);
}

CALL(attest_ak)
{
	(void)key;
	return uks_attest_ak(client, given->bytes, &given->len, err);
}

CALL(attest_activate)
{
	(void)key;
	return uks_attest_activate(client, "credential", 10, given->bytes, &given->len, err);
}

/* ---- the daemon ---- */

CALL(status)
{
	(void)key;
	return uks_status(client, (struct uks_status **)&given->object, err);
}

CALL(master)
{
	const struct uks_admin_call call = { .command = 1, .message = "message",
					     .message_len = 7, .cursor = "on", .flags = 1 };

	(void)key;
	return uks_master(client, &call, (struct uks_admin_answer **)&given->object, err);
}

CALL(backup)
{
	const struct uks_admin_call call = { .command = 1 };

	(void)key;
	return uks_backup(client, &call, (struct uks_admin_answer **)&given->object, err);
}

CALL(boot_policy)
{
	const struct uks_admin_call call = { .command = 1 };

	(void)key;
	return uks_boot_policy(client, &call, (struct uks_admin_answer **)&given->object, err);
}

CALL(audit_head)
{
	(void)key;
	return uks_audit_head(client, given->bytes, &given->len, err);
}

CALL(audit_read)
{
	(void)key;
	return uks_audit_read(client, given->cursor, given->bytes, &given->len, err);
}

/* ---- SKS ---- */

#define SKS(name, call)		\
	CALL(name)		\
	{			\
		(void)key;	\
		(void)given;	\
		return call;	\
	}

static const struct uks_sks_opening opening = { .algorithm = "a" };
static const struct uks_sks_puk_policy puk_policy = { .id = "u" };
static const struct uks_sks_pin_policy pin_policy = { .id = "p" };
static const struct uks_sks_key_entry entry = { .id = "k" };
static const struct uks_sks_extension extension = { .type = "t" };
static const struct uks_sks_use use = { .key = 9, .algorithm = "a" };
static struct uks_sks_protection protection;
static uint8_t proof[SKS_MAC_LEN];
static uint32_t handle, other;

SKS(sks_device, uks_sks_device(client, (struct uks_sks_device **)&given->object, err))
SKS(sks_session_open, uks_sks_session_open(client, &opening,
					   (struct uks_sks_opened **)&given->object, err))
SKS(sks_session_close, uks_sks_session_close(client, 7, &some, &some, proof, err))
SKS(sks_session_next, uks_sks_session_next(client, 7, true,
					   (struct uks_sks_session **)&given->object, err))
SKS(sks_session_abort, uks_sks_session_abort(client, 7, err))
SKS(sks_kmk_update, uks_sks_kmk_update(client, 7, &some, &some, err))
SKS(sks_puk_create, uks_sks_puk_create(client, 7, &puk_policy, &handle, err))
SKS(sks_pin_create, uks_sks_pin_create(client, 7, &pin_policy, &handle, err))
SKS(sks_key_create, uks_sks_key_create(client, 7, &entry,
				       (struct uks_sks_created **)&given->object, err))
SKS(sks_key_find, uks_sks_key_find(client, 7, "k", &handle, err))
SKS(sks_key_certify, uks_sks_key_certify(client, 9, &some, 1, &some, err))
SKS(sks_import_secret, uks_sks_key_import_secret(client, 9, &some, &some, err))
SKS(sks_import_private, uks_sks_key_import_private(client, 9, &some, &some, err))
SKS(sks_key_extend, uks_sks_key_extend(client, 9, &extension, &some, err))
SKS(sks_post_delete, uks_sks_post_delete(client, 7, 9, &some, &some, err))
SKS(sks_post_clone, uks_sks_post_clone(client, 8, 9, &some, &some, err))
SKS(sks_key_next, uks_sks_key_next(client, 0, &handle, &other, err))
SKS(sks_attributes, uks_sks_key_attributes(client, 9,
					   (struct uks_sks_attributes **)&given->object, err))
SKS(sks_protection, uks_sks_key_protection(client, 9, &protection, err))
SKS(sks_extension, uks_sks_key_extension(client, 9, "t",
					 (struct uks_sks_extension **)&given->object, err))
SKS(sks_set_property, uks_sks_key_set_property(client, 9, "t", "n", "v", err))
SKS(sks_key_delete, uks_sks_key_delete(client, 9, &some, err))
SKS(sks_key_export, uks_sks_key_export(client, 9, &some, given->bytes, &given->len, err))
SKS(sks_pin_change, uks_sks_pin_change(client, 9, &some, &some, err))
SKS(sks_firmware, uks_sks_update_firmware(client, "new", 3, (char *)given->bytes, given->len,
					  err))
SKS(sks_hmac, uks_sks_hmac(client, &use, &some, given->bytes, &given->len, err))

/* ---- all ---- */

static void free_key(void *key)
{
	uks_key_free(key);
}

static void free_list(void *list)
{
	uks_key_list_free(list);
}

static void close_session(void *session)
{
	uks_session_close(session);
}

static void free_status(void *status)
{
	uks_status_free(status);
}

static void free_answer(void *answer)
{
	uks_admin_answer_free(answer);
}

#define KEY		.free = free_key, .needs = UKS_A_KEY_ID
#define RESULT		.keyless = 1, .needs = UKS_A_RESULT
#define ANSWER		.keyless = 1, .free = free_answer, .reads = 1
#define OUTPUTS(text)	RESULT, .outputs = text, .outputs_len = sizeof(text) - 1
#define PIECE(text)	.free = uks_sks_free, OUTPUTS(text)
#define STATUS		OUTPUTS("\0")
#define HANDLE		OUTPUTS("\0" "\0\0\1\2")
#define BYTES		OUTPUTS("\0" "\0\4four")

const struct call libuks_calls[] = {
	{ "uks_key_show", show, KEY },
	{ "uks_key_generate_with", generate, KEY },
	{ "uks_key_import", import, KEY },
	{ "uks_key_public", public, .needs = UKS_A_PUBLIC_KEY },
	{ "uks_key_rename", rename_it, .needs = 0 },
	{ "uks_key_rotate", rotate, KEY },
	{ "uks_key_set_state", set_state, KEY },
	{ "uks_key_set_policy", set_policy, KEY },
	{ "uks_key_delete_with", delete_it, .reads = 1 },
	{ "uks_key_restore", restore, KEY },
	{ "uks_key_agree", agree, KEY },
	{ "uks_key_derive", derive, KEY },
	{ "uks_key_wrap", wrap, .needs = UKS_A_WRAPPED },
	{ "uks_key_unwrap", unwrap, KEY },
	{ "uks_key_versions", versions, .free = free_list, .reads = 1 },
	{ "uks_key_list_next", list, .free = free_key, .keyless = 1, .reads = 1 },
	{ "uks_pin_check", pin_check, .reads = 1 },
	{ "uks_pin_change", pin_change, .reads = 1 },
	{ "uks_pin_unlock", pin_unlock, .reads = 1 },
	{ "uks_session_open_with", session_open, .free = close_session },
	{ "uks_key_attest", attest, .needs = UKS_A_RESULT },
	{ "uks_attest_ak", attest_ak, RESULT },
	{ "uks_attest_activate", attest_activate, RESULT },
	{ "uks_status", status, .keyless = 1, .free = free_status, .needs = UKS_A_TPM_ROOT },
	{ "uks_master", master, ANSWER },
	{ "uks_backup", backup, ANSWER },
	{ "uks_boot_policy", boot_policy, ANSWER },
	{ "uks_audit_head", audit_head, RESULT },
	{ "uks_audit_read", audit_read, RESULT },
	{ "uks_sks_device", sks_device, PIECE("\0" "\0\152" "\1" "\0\0" "\0\1v" "\0\1d"
		"\1" "\0\4cert" "\2" "\0\1x" "\0\2yy" "\0\0\100\0" "\0\1\0\0" "\0\1") },
	{ "uks_sks_session_open", sks_session_open, PIECE("\0" "\0\2id" "\0\3key" "\0\1a"
		"\0\0\0\7") },
	{ "uks_sks_session_close", sks_session_close,
		OUTPUTS("\0" "\0\40" "0123456789abcdef0123456789abcdef") },
	{ "uks_sks_session_next", sks_session_next, PIECE("\0" "\0\0\0\11" "\0\1a" "\1"
		"\0\0" "\0\0\0\1" "\0\0\0\2" "\0\1s" "\0\1c" "\0\1i") },
	{ "uks_sks_session_abort", sks_session_abort, STATUS },
	{ "uks_sks_kmk_update", sks_kmk_update, STATUS },
	{ "uks_sks_puk_create", sks_puk_create, HANDLE },
	{ "uks_sks_pin_create", sks_pin_create, HANDLE },
	{ "uks_sks_key_create", sks_key_create, PIECE("\0" "\0\0\0\11" "\0\1s" "\0\1a") },
	{ "uks_sks_key_find", sks_key_find, HANDLE },
	{ "uks_sks_key_certify", sks_key_certify, STATUS },
	{ "uks_sks_key_import_secret", sks_import_secret, STATUS },
	{ "uks_sks_key_import_private", sks_import_private, STATUS },
	{ "uks_sks_key_extend", sks_key_extend, STATUS },
	{ "uks_sks_post_delete", sks_post_delete, STATUS },
	{ "uks_sks_post_clone", sks_post_clone, STATUS },
	{ "uks_sks_key_next", sks_key_next, OUTPUTS("\0" "\0\0\0\11" "\0\0\0\7") },
	{ "uks_sks_key_attributes", sks_attributes, PIECE("\0" "\0\0" "\1" "\0\1c" "\1" "\0\1n"
		"\1" "\0\1e" "\1" "\0\1x") },
	{ "uks_sks_key_protection", sks_protection, OUTPUTS("\0" "\3" "\1" "\0\2" "\0\3"
		"\1\0" "\2" "\0\4" "\3" "\5" "\0\6" "\0\7" "\2" "\0\10" "\1" "\1\2\3" "\3") },
	{ "uks_sks_key_extension", sks_extension, PIECE("\0" "\3" "\0\1q" "\0\0\0\4data") },
	{ "uks_sks_key_set_property", sks_set_property, STATUS },
	{ "uks_sks_key_delete", sks_key_delete, STATUS },
	{ "uks_sks_key_export", sks_key_export, BYTES },
	{ "uks_sks_pin_change", sks_pin_change, STATUS },
	{ "uks_sks_update_firmware", sks_firmware, BYTES },
	{ "uks_sks_hmac", sks_hmac, BYTES },
	{ .name = NULL },
};
