// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls to the PKCS #11 module in any order, with templates, lengths and handles that
 * are wrong in each way in which a caller can be wrong who owns the memory he points
 * to. The keys are those of token.c. No call may tell a secret, claim more bytes than
 * there was room for, or give an answer that the standard does not know.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uks.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pkcs11-input.h"
#include "tests/fuzz/token.h"

#define MOST_CALLS	48

/* ---- what must hold ---- */

struct room {
	unsigned char *out;
	unsigned long len, given;
};

static struct room make_room(void)
{
	struct room room = { .given = input_length() };

	room.len = room.given;
	room.out = input_byte() & 1 ? input_piece(room.given) : NULL;
	return room;
}

static ck_rv_t within(const struct room *room, ck_rv_t rv)
{
	if (rv == CKR_OK && room->out && room->len > room->given)
		abort();
	return rv;
}

/* A key may be used if the call that makes it says so, and only then. */
static ck_rv_t made(ck_rv_t rv, const ck_object_handle_t *handle)
{
	if (rv != CKR_OK)
		return rv;
	if (*handle == CK_INVALID_HANDLE)
		abort();
	input_remember(*handle);
	return rv;
}

/* PKCS #11 v3.0, 4.10.2: neither what is sensitive nor what is not extractable is told. */
static void must_not_tell(ck_object_handle_t handle)
{
	static const ck_attribute_type_t secrets[] = {
		CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1,
		CKA_EXPONENT_2, CKA_COEFFICIENT
	};
	ck_object_class_t class = ~0UL;
	unsigned char sensitive = 1, extractable = 0;
	struct ck_attribute kind[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_SENSITIVE, &sensitive, sizeof(sensitive) },
		{ CKA_EXTRACTABLE, &extractable, sizeof(extractable) },
	};
	struct ck_attribute one;
	unsigned int i;

	C_GetAttributeValue(fuzz.sessions[0], handle, kind, 3);
	if ((class != CKO_PRIVATE_KEY && class != CKO_SECRET_KEY) ||
	    (!sensitive && extractable))
		return;
	for (i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		one = (struct ck_attribute){ secrets[i], NULL, 0 };
		if (C_GetAttributeValue(fuzz.sessions[0], handle, &one, 1) == CKR_OK)
			abort();
	}
}

static void check_result(ck_rv_t rv)
{
	if (rv > CKR_FUNCTION_REJECTED && rv != CKR_OPERATION_CANCEL_FAILED)
		abort();
}

/* ---- sessions and what they say ---- */

static ck_rv_t open_session(void)
{
	ck_slot_id_t slot = input_byte() == 255;
	ck_flags_t flags = CKF_SERIAL_SESSION | (input_byte() & 3);

	return C_OpenSession(slot, flags, NULL, NULL,
			     &fuzz.sessions[input_byte() % MOST_SESSIONS]);
}

static ck_rv_t close_session(void)
{
	return C_CloseSession(input_session());
}

static ck_rv_t close_all(void)
{
	return C_CloseAllSessions(input_byte() == 255);
}

static ck_rv_t start_anew(void)
{
	C_Finalize(NULL);
	fuzz.object_count = 0;
	return C_Initialize(NULL);
}

static ck_rv_t get_infos(void)
{
	struct ck_session_info session;
	struct ck_token_info token;
	struct ck_mechanism_info info;
	struct ck_slot_info slot;

	C_GetSlotInfo(input_byte() & 1, &slot);
	C_GetTokenInfo(0, &token);
	C_GetMechanismInfo(0, input_mechanism()->mechanism, &info);
	return C_GetSessionInfo(input_session(), &session);
}

static ck_rv_t log_in(void)
{
	unsigned long len;
	unsigned char *pin = input_data(&len);

	ck_user_type_t who = input_byte() % 4;

	return C_Login(input_session(), who, pin, len);
}

static ck_rv_t log_out(void)
{
	return C_Logout(input_session());
}

static ck_rv_t change_pin(void)
{
	unsigned long old_len, new_len;
	unsigned char *old = input_data(&old_len);
	unsigned char *new = input_data(&new_len);

	return C_SetPIN(input_session(), old, old_len, new, new_len);
}

static ck_rv_t init_pin(void)
{
	unsigned long len;
	unsigned char *pin = input_data(&len);

	return C_InitPIN(input_session(), pin, len);
}

static ck_rv_t init_token(void)
{
	unsigned char label[32];
	unsigned long len;
	unsigned char *pin = input_data(&len);

	memset(label, ' ', sizeof(label));
	return C_InitToken(0, pin, len, label);
}

static ck_rv_t state(void)
{
	struct room room = make_room();

	C_SetOperationState(fuzz.sessions[0], input_bytes(16), 16, 0, 0);
	return within(&room, C_GetOperationState(input_session(), room.out, &room.len));
}

static ck_rv_t random_bytes_of_it(void)
{
	struct room room = make_room();

	C_SeedRandom(input_session(), room.out, room.len);
	return C_GenerateRandom(input_session(), room.out, room.len);
}

static ck_rv_t cancel(void)
{
	ck_flags_t flags = input_byte();

	flags <<= input_byte() % 16;
	return C_SessionCancel(input_session(), flags);
}

/* ---- objects ---- */

static ck_rv_t generate(void)
{
	ck_object_handle_t key = CK_INVALID_HANDLE;
	unsigned long count;
	struct ck_attribute *list = input_template(&count);
	struct ck_mechanism *mechanism = input_mechanism();

	return made(C_GenerateKey(input_session(), mechanism, list, count, &key), &key);
}

static ck_rv_t generate_pair(void)
{
	ck_object_handle_t public = CK_INVALID_HANDLE, private = CK_INVALID_HANDLE;
	unsigned long count, other_count;
	struct ck_attribute *list = input_template(&count);
	struct ck_attribute *other = input_template(&other_count);
	struct ck_mechanism *mechanism = input_mechanism();
	ck_rv_t rv = C_GenerateKeyPair(input_session(), mechanism, list, count, other,
				       other_count, &public, &private);

	made(rv, &private);
	return made(rv, &public);
}

static ck_rv_t create(void)
{
	ck_object_handle_t object = CK_INVALID_HANDLE;
	unsigned long count;
	struct ck_attribute *list = input_template(&count);

	return made(C_CreateObject(input_session(), list, count, &object), &object);
}

static ck_rv_t copy(void)
{
	ck_object_handle_t object = CK_INVALID_HANDLE;
	unsigned long count;
	struct ck_attribute *list = input_template(&count);
	ck_object_handle_t from = input_object();

	return made(C_CopyObject(input_session(), from, list, count, &object), &object);
}

static ck_rv_t destroy(void)
{
	ck_object_handle_t object = input_object();

	return C_DestroyObject(input_session(), object);
}

static ck_rv_t get_size(void)
{
	ck_object_handle_t object = input_object();
	unsigned long size;

	return C_GetObjectSize(input_session(), object, &size);
}

static ck_rv_t get(void)
{
	unsigned long count;
	struct ck_attribute *list = input_template(&count);
	ck_object_handle_t object = input_object();

	return C_GetAttributeValue(input_session(), object, list, count);
}

static ck_rv_t set(void)
{
	unsigned long count;
	struct ck_attribute *list = input_template(&count);
	ck_object_handle_t object = input_object();

	return C_SetAttributeValue(input_session(), object, list, count);
}

static ck_rv_t find_init(void)
{
	unsigned long count;
	struct ck_attribute *list = input_template(&count);

	return C_FindObjectsInit(input_session(), list, count);
}

static ck_rv_t find(void)
{
	unsigned long i, most = input_byte() % 8, count = 0;
	ck_object_handle_t *found = input_piece(most * sizeof(*found));
	ck_rv_t rv = C_FindObjects(input_session(), found, most, &count);

	if (rv == CKR_OK && count > most)
		abort();
	for (i = 0; rv == CKR_OK && i < count; i++)
		input_remember(found[i]);
	return rv;
}

static ck_rv_t find_final(void)
{
	return C_FindObjectsFinal(input_session());
}

static ck_rv_t wrap(void)
{
	struct room room = make_room();
	struct ck_mechanism *mechanism = input_mechanism();
	ck_object_handle_t under = input_object();
	ck_object_handle_t key = input_object();

	return within(&room, C_WrapKey(input_session(), mechanism, under, key, room.out,
				       &room.len));
}

static ck_rv_t unwrap(void)
{
	ck_object_handle_t key = CK_INVALID_HANDLE;
	unsigned long count, len;
	struct ck_attribute *list = input_template(&count);
	unsigned char *wrapped = input_data(&len);
	struct ck_mechanism *mechanism = input_mechanism();
	ck_object_handle_t under = input_object();

	return made(C_UnwrapKey(input_session(), mechanism, under, wrapped, len, list, count,
				&key), &key);
}

static ck_rv_t derive(void)
{
	ck_object_handle_t key = CK_INVALID_HANDLE;
	unsigned long count;
	struct ck_attribute *list = input_template(&count);
	struct ck_mechanism *mechanism = input_mechanism();
	ck_object_handle_t base = input_object();

	return made(C_DeriveKey(input_session(), mechanism, base, list, count, &key), &key);
}

/* ---- operations ---- */

typedef ck_rv_t begin_fn(ck_session_handle_t session, struct ck_mechanism *mechanism,
			 ck_object_handle_t key);
typedef ck_rv_t through_fn(ck_session_handle_t session, unsigned char *in, unsigned long in_len,
			   unsigned char *out, unsigned long *out_len);
typedef ck_rv_t in_fn(ck_session_handle_t session, unsigned char *in, unsigned long in_len);
typedef ck_rv_t out_fn(ck_session_handle_t session, unsigned char *out, unsigned long *out_len);

static ck_rv_t begin(void)
{
	static begin_fn * const begins[] = {
		C_EncryptInit, C_DecryptInit, C_SignInit, C_VerifyInit, C_SignRecoverInit,
		C_VerifyRecoverInit, C_MessageEncryptInit, C_MessageDecryptInit,
	};

	struct ck_mechanism *mechanism = input_byte() == 255 ? NULL : input_mechanism();
	ck_object_handle_t key = input_object();
	begin_fn *call = begins[input_byte() % 8];

	return call(input_session(), mechanism, key);
}

static ck_rv_t begin_digest(void)
{
	struct ck_mechanism *mechanism = input_mechanism();

	return C_DigestInit(input_session(), mechanism);
}

static ck_rv_t through(void)
{
	static through_fn * const throughs[] = {
		C_Encrypt, C_Decrypt, C_Sign, C_Digest, C_EncryptUpdate, C_DecryptUpdate,
		C_SignRecover, C_VerifyRecover, C_DigestEncryptUpdate, C_DecryptDigestUpdate,
		C_SignEncryptUpdate, C_DecryptVerifyUpdate,
	};
	struct room room = make_room();
	unsigned long len;
	unsigned char *in = input_data(&len);
	through_fn *call = throughs[input_byte() % 12];
	unsigned long *out_len = input_byte() == 255 ? NULL : &room.len;

	return within(&room, call(input_session(), in, len, room.out, out_len));
}

static ck_rv_t in(void)
{
	static in_fn * const ins[] = {
		C_SignUpdate, C_VerifyUpdate, C_DigestUpdate, C_VerifyFinal
	};
	unsigned long len;
	unsigned char *bytes = input_data(&len);
	in_fn *call = ins[input_byte() % 4];

	return call(input_session(), bytes, len);
}

static ck_rv_t out(void)
{
	static out_fn * const outs[] = {
		C_EncryptFinal, C_DecryptFinal, C_SignFinal, C_DigestFinal
	};
	struct room room = make_room();
	out_fn *call = outs[input_byte() % 4];

	return within(&room, call(input_session(), room.out, &room.len));
}

static ck_rv_t verify(void)
{
	unsigned long len, sig_len;
	unsigned char *bytes = input_data(&len);
	unsigned char *sig = input_data(&sig_len);

	return C_Verify(input_session(), bytes, len, sig, sig_len);
}

static ck_rv_t digest_key(void)
{
	ck_object_handle_t key = input_object();

	return C_DigestKey(input_session(), key);
}

typedef ck_rv_t message_fn(ck_session_handle_t session, void *parameter,
			   unsigned long parameter_len, unsigned char *aad, unsigned long aad_len,
			   unsigned char *in, unsigned long in_len, unsigned char *out,
			   unsigned long *out_len);

static ck_rv_t message(void)
{
	struct ck_gcm_message_params *params = input_piece(sizeof(*params));
	unsigned long aad_len, len, params_len = input_byte() == 255 ? 8 : sizeof(*params);
	unsigned char *aad = input_data(&aad_len);
	unsigned char *text = input_data(&len);
	struct room room = make_room();
	message_fn *call = input_byte() & 1 ? C_EncryptMessage : C_DecryptMessage;

	params->iv = input_data(&params->iv_len);
	params->iv_fixed_bits = input_byte();
	params->iv_generator = input_byte() % 5;
	params->tag_bits = input_byte();
	params->tag = input_byte() == 255 ? NULL : input_piece(32);
	return within(&room, call(input_session(), params, params_len, aad, aad_len, text, len,
				  room.out, &room.len));
}

static ck_rv_t end_messages(void)
{
	if (input_byte() & 1)
		return C_MessageEncryptFinal(input_session());
	return C_MessageDecryptFinal(input_session());
}

/* ---- what others do meanwhile ---- */

static ck_rv_t fail(void)
{
	static const struct {
		int error;
		uint32_t code;
	} errors[] = {
		{ 12, UKS_E_NO_MEMORY }, { 13, UKS_E_ACCESS }, { 16, UKS_E_BUSY },
		{ 126, UKS_E_NO_KEY }, { 128, UKS_E_REVOKED }, { 107, UKS_E_NO_DAEMON },
		{ 105, UKS_E_NO_ROOM }, { 74, UKS_E_NOT_AUTHENTIC }, { 5, 0 }, { 110, 0 },
	};
	unsigned int which = input_byte() % (sizeof(errors) / sizeof(*errors));

	token_fail(input_byte() % 4, errors[which].error, errors[which].code);
	return CKR_OK;
}

static ck_rv_t lose(void)
{
	token_lose(input_byte());
	return CKR_OK;
}

typedef ck_rv_t call_fn(void);

/* Appended only: saved inputs name them by number. */
static call_fn * const calls[] = {
	open_session, close_session, close_all, start_anew, get_infos, log_in, log_out,
	change_pin, init_pin, init_token, state, random_bytes_of_it, cancel, generate,
	generate_pair, create, copy, destroy, get_size, get, set, find_init, find, find_final,
	wrap, unwrap, derive, begin, begin_digest, through, in, out, verify, digest_key,
	message, end_messages, fail, lose, generate_pair, begin, through, begin, through,
};

/* ---- one input ---- */

static void clear_folder(const char *folder)
{
	static const char * const names[] = { "objects", "objects.new", "pin", "pin.new" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/uks/pkcs11/%s", folder, names[i]);
		unlink(path);
	}
}

static char folder[32];

static void remove_folder(void)
{
	char path[128];

	clear_folder(folder);
	snprintf(path, sizeof(path), "%s/uks/pkcs11/lock", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/uks/pkcs11", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/uks", folder);
	rmdir(path);
	rmdir(folder);
}

static void prepare(const uint8_t *data, size_t len)
{
	static bool ready;

	if (!ready) {
		snprintf(folder, sizeof(folder), "/dev/shm/uks-fuzz-XXXXXX");
		if (!mkdtemp(folder) || setenv("XDG_DATA_HOME", folder, 1))
			abort();
		atexit(remove_folder);
		ready = true;
	}
	clear_folder(folder);
	token_reset();
	memset(&fuzz, 0, sizeof(fuzz));
	fuzz.at = data;
	fuzz.left = len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned int i;

	prepare(data, len);
	if (C_Initialize(NULL) != CKR_OK ||
	    C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
			  &fuzz.sessions[0]) != CKR_OK)
		abort();
	for (i = 0; fuzz.left && i < MOST_CALLS; i++) {
		check_result(calls[input_byte() % (sizeof(calls) / sizeof(*calls))]());
		while (fuzz.piece_count)
			free(fuzz.pieces[--fuzz.piece_count]);
	}
	for (i = 0; i < fuzz.object_count; i++)
		must_not_tell(fuzz.objects[i]);
	C_Finalize(NULL);
	while (fuzz.kept_count)
		free(fuzz.kept[--fuzz.kept_count]);
	return 0;
}
