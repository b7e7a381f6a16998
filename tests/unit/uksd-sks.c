// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sqlite3.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/uksd-sks.h"

#define PART	60000

static uint32_t ask_part(struct daemon *daemon, uint8_t method, const struct frame *args,
			 size_t from, const struct uks_attr *cursor)
{
	size_t left = args->len - from;
	uint8_t token[16];
	size_t len = cursor->len;

	if (len)
		memcpy(token, cursor->value, len);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, method);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, args->bytes + from, left < PART ? left : PART);
	if (len)
		uks_attrs_put(&daemon->in, UKS_A_CURSOR, token, len);
	if (left > PART)
		uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, SKS_CALL_MORE);
	return ask(daemon, UKS_OP_PROVISION);
}

int sks_transport(void *context, uint8_t method, const struct frame *args, struct frame *answer)
{
	struct daemon *daemon = context;
	struct uks_attr none = { };
	size_t from = 0;

	if (ask_part(daemon, method, args, 0, &none))
		return -1;
	for (from = PART; from < args->len; from += PART)
		if (ask_part(daemon, method, args, from, &daemon->attrs[UKS_A_CURSOR]))
			return -1;
	frame_raw(answer, daemon->attrs[UKS_A_RESULT].value, daemon->attrs[UKS_A_RESULT].len);
	while (daemon->attrs[UKS_A_CURSOR].len) {
		if (ask_part(daemon, method, args, 0, &daemon->attrs[UKS_A_CURSOR]))
			return -1;
		frame_raw(answer, daemon->attrs[UKS_A_RESULT].value,
			  daemon->attrs[UKS_A_RESULT].len);
	}
	return answer->len ? 0 : -1;
}

int sks_told(const struct issuer *issuer)
{
	fprintf(stderr, "# status %d: %s\n", issuer->status, issuer->text);
	return issuer->status;
}

void sks_issuer(struct issuer *issuer, struct daemon *daemon)
{
	issuer_init(issuer, sks_transport, daemon);
}

int sks_count_keys(struct issuer *issuer)
{
	uint32_t handle = 0;
	int count = -1;

	do {
		frame_number(&issuer->args, handle, 4);
		if (issuer_call(issuer, SKS_ENUMERATE_KEYS))
			return -1;
		handle = reader_number(&issuer->out, 4);
		count++;
	} while (handle);
	return count;
}

int sks_count_sessions(struct issuer *issuer, bool open)
{
	uint32_t handle = 0;
	int count = -1;

	do {
		frame_number(&issuer->args, handle, 4);
		frame_number(&issuer->args, open, 1);
		if (issuer_call(issuer, SKS_ENUMERATE_SESSIONS))
			return -1;
		handle = reader_number(&issuer->out, 4);
		count++;
	} while (handle);
	return count;
}

int sks_count_rows(struct daemon *daemon)
{
	sqlite3_stmt *stmt;
	int count = -1;
	sqlite3 *db;

	if (sqlite3_open(daemon->config.store, &db) ||
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM sks", -1, &stmt, NULL))
		abort();
	if (sqlite3_step(stmt) == SQLITE_ROW)
		count = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

void sks_begin(struct issuer *issuer, const struct issuer_key *key)
{
	frame_reset(&issuer->args);
	frame_number(&issuer->args, key->handle, 4);
}

int sks_open_with_pin(struct issuer *issuer, struct issuer_puk *puk, struct issuer_pin *pin)
{
	return issuer_open(issuer) || issuer_create_puk(issuer, puk) ||
	       issuer_create_pin(issuer, pin) ? -1 : 0;
}

int sks_make(struct issuer *issuer, struct issuer_key *key)
{
	if (issuer_create_key(issuer, key))
		return -1;
	issuer_certify(issuer, key, NULL);
	return issuer_set_path(issuer, key, false);
}

int sks_enrol(struct issuer *issuer, struct issuer_key *key)
{
	if (issuer_open(issuer) || sks_make(issuer, key))
		return -1;
	return issuer_close(issuer);
}

int sks_sign_with(struct issuer *issuer, const struct issuer_key *key, const char *algorithm,
		  const char *pin)
{
	uint8_t hash[32];

	SHA256((const uint8_t *)"message", 7, hash);
	sks_begin(issuer, key);
	frame_text(&issuer->args, algorithm);
	frame_bytes(&issuer->args, NULL, 0);
	frame_number(&issuer->args, 0, 1);
	frame_text(&issuer->args, pin);
	frame_bytes(&issuer->args, hash, sizeof(hash));
	return issuer_call(issuer, SKS_SIGN);
}

bool sks_is_signature(struct issuer *issuer, const struct issuer_key *key)
{
	struct frame message = { };
	const uint8_t *signature;
	bool right;
	size_t len;

	signature = reader_bytes(&issuer->out, &len);
	frame_raw(&message, "message", 7);
	right = !issuer->out.left &&
		issuer_verify(&key->certificate, &message, signature, len);
	frame_free(&message);
	return right;
}

int sks_protection(struct issuer *issuer, const struct issuer_key *key, unsigned int *fields)
{
	static const int sizes[] = {
		1, 1, 2, 2, 1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 1, 1, 1, 1,
	};
	int i;

	sks_begin(issuer, key);
	if (issuer_call(issuer, SKS_GET_KEY_PROTECTION))
		return -1;
	for (i = 0; i < 19; i++)
		fields[i] = reader_number(&issuer->out, sizes[i]);
	return issuer->out.bad || issuer->out.left ? -1 : 0;
}

int sks_authorized(struct issuer *issuer, uint8_t method, const struct issuer_key *key,
		   const char *authorization, const char *new_pin)
{
	sks_begin(issuer, key);
	frame_text(&issuer->args, authorization);
	if (new_pin)
		frame_text(&issuer->args, new_pin);
	return issuer_call(issuer, method);
}
