// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a PIN closes and opens, and how the TPM is asked about it. */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "daemon/master/master.h"
#include "daemon/pin/pin.h"
#include "daemon/provider/sealed.h"
#include "daemon/tpmgate.h"

#define FORMAT		1
#define POINT_LEN	65

/* SubjectPublicKeyInfo of a point on P-256 (RFC 5480), but for the point. */
static const uint8_t spki_head[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

/* ---- with the key ---- */

struct cursor {
	uint8_t *at;
	size_t left;
	bool failed;
};

static void move(struct cursor *cursor, void *value, size_t len, bool reading)
{
	if (cursor->failed || cursor->left < len) {
		cursor->failed = true;
		return;
	}
	if (reading)
		memcpy(value, cursor->at, len);
	else
		memcpy(cursor->at, value, len);
	cursor->at += len;
	cursor->left -= len;
}

static void move_index(struct cursor *cursor, struct uks_tpm_index *index, bool reading)
{
	uint8_t number[4];
	int i;

	for (i = 0; i < 4; i++)
		number[i] = index->handle >> (24 - 8 * i);
	move(cursor, number, sizeof(number), reading);
	index->handle = (uint32_t)number[0] << 24 | number[1] << 16 | number[2] << 8 | number[3];
	move(cursor, index->name, sizeof(index->name), reading);
}

static void move_key(struct cursor *cursor, struct uks_tpm_key *key, bool reading)
{
	uint8_t number[2] = { key->len >> 8, key->len };

	move(cursor, number, sizeof(number), reading);
	key->len = number[0] << 8 | number[1];
	if (key->len > sizeof(key->data))
		cursor->failed = true;
	else
		move(cursor, key->data, key->len, reading);
}

static void move_all(struct cursor *cursor, struct pin *pin, bool reading)
{
	uint8_t head[3] = { FORMAT, pin->has_code, pin->tries };

	move(cursor, head, sizeof(head), reading);
	if (head[0] != FORMAT || head[1] > 1)
		cursor->failed = true;
	pin->has_code = head[1] == 1;
	pin->tries = head[2];
	move_index(cursor, &pin->admin, reading);
	move_index(cursor, &pin->index, reading);
	move_key(cursor, &pin->guard, reading);
	move(cursor, pin->closed, sizeof(pin->closed), reading);
	if (!pin->has_code)
		return;
	move_index(cursor, &pin->code, reading);
	move_key(cursor, &pin->code_guard, reading);
	move(cursor, pin->code_closed, sizeof(pin->code_closed), reading);
}

int pin_read(const struct key *key, struct pin *pin, struct failure *failure)
{
	struct cursor cursor = { .at = (uint8_t *)key->pin, .left = key->pin_len };

	memset(pin, 0, sizeof(*pin));
	move_all(&cursor, pin, true);
	if (!cursor.failed && !cursor.left)
		return 0;
	return failure_set(failure, UKS_E_BLOB,
			   "what is known of the PIN of key '%s' is damaged: restore the store from a backup",
			   key->name);
}

void pin_write(struct key *key, const struct pin *pin)
{
	struct cursor cursor = { .at = key->pin, .left = sizeof(key->pin) };

	move_all(&cursor, (struct pin *)pin, false);
	key->pin_len = sizeof(key->pin) - cursor.left;
}

/* ---- closing and opening ---- */

static void make_opener(const uint8_t *shared, const uint8_t *point, uint8_t *opener)
{
	static const char label[] = "uks pin v1";
	crypto_generichash_state state;

	crypto_generichash_init(&state, shared, 32, PIN_OPENER_LEN);
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label));
	crypto_generichash_update(&state, point, POINT_LEN);
	crypto_generichash_final(&state, opener, PIN_OPENER_LEN);
	sodium_memzero(&state, sizeof(state));
}

static int agree(EVP_PKEY *fresh, EVP_PKEY *guard, uint8_t *shared)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(fresh, NULL);
	size_t len = 32;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		  EVP_PKEY_derive_set_peer(ctx, guard) == 1 &&
		  EVP_PKEY_derive(ctx, shared, &len) == 1 && len == 32;

	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -1;
}

/* A fresh key, its point, and what it has in common with the guard. */
static int meet(const uint8_t *spki, size_t len, uint8_t *point, uint8_t *shared,
		struct failure *failure)
{
	EVP_PKEY *guard = d2i_PUBKEY(NULL, &spki, len);
	EVP_PKEY *fresh = EVP_EC_gen("P-256");
	uint8_t *encoded = NULL;
	int ret = -1;

	if (guard && fresh &&
	    EVP_PKEY_get1_encoded_public_key(fresh, &encoded) == POINT_LEN) {
		memcpy(point, encoded, POINT_LEN);
		ret = agree(fresh, guard, shared);
	}
	OPENSSL_free(encoded);
	EVP_PKEY_free(fresh);
	EVP_PKEY_free(guard);
	return ret ? sealed_openssl_failure("encrypt to the guard of a PIN", failure) : 0;
}

int pin_close_for(const struct uks_tpm_key *guard, uint8_t *secret, size_t *len,
		  struct failure *failure)
{
	static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t spki[UKS_TPM_SPKI_MAX], point[POINT_LEN], shared[32], opener[PIN_OPENER_LEN];
	struct uks_tpm_error error;
	size_t spki_len = sizeof(spki);

	if (uks_tpm_key_public(guard, spki, &spki_len, &error))
		return tpmgate_fail(&error, failure);
	if (meet(spki, spki_len, point, shared, failure))
		return -1;
	make_opener(shared, point, opener);
	memmove(secret + POINT_LEN, secret, *len);
	memcpy(secret, point, POINT_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(secret + POINT_LEN, NULL, secret + POINT_LEN,
						   *len, NULL, 0, NULL, nonce, opener);
	*len += PIN_OVERHEAD;
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(opener, sizeof(opener));
	return 0;
}

int pin_close(const struct key *key, uint8_t *secret, size_t *len, struct failure *failure)
{
	struct pin pin;

	if (*len + PIN_OVERHEAD > KEY_SECRET_MAX)
		return failure_set(failure, UKS_E_NO_ROOM, "the key is too long for a PIN");
	if (pin_read(key, &pin, failure))
		return -1;
	return pin_close_for(&pin.guard, secret, len, failure);
}

int pin_open_with(const uint8_t *opener, uint8_t *secret, size_t *len, struct failure *failure)
{
	static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	size_t closed = *len - POINT_LEN;

	if (*len < PIN_OVERHEAD ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(secret + POINT_LEN, NULL, NULL,
						       secret + POINT_LEN, closed, NULL, 0,
						       nonce, opener))
		return failure_set(failure, UKS_E_BLOB,
				   "what the PIN protects is damaged: restore the store from a backup");
	*len -= PIN_OVERHEAD;
	memmove(secret, secret + POINT_LEN, *len);
	sodium_memzero(secret + *len, PIN_OVERHEAD);
	return 0;
}

/* ---- the TPM ---- */

static int fail_wrong(const struct pin *pin, bool admin, unsigned int left,
		      struct failure *failure)
{
	const char *what = admin ? "administrator's code" : "PIN";

	if (left)
		return failure_set(failure, UKS_E_PIN_WRONG,
				   "the %s is wrong: %u more wrong ones are allowed", what, left);
	if (admin)
		return failure_set(failure, UKS_E_PIN_LOCKED,
				   "too many wrong administrator's codes: nobody can unlock the key any more");
	if (pin->has_code)
		return failure_set(failure, UKS_E_PIN_LOCKED,
				   "too many wrong PINs: unlock the key with its administrator's code by 'uksctl pin unlock'");
	return failure_set(failure, UKS_E_PIN_LOCKED,
			   "too many wrong PINs: the key has no administrator's code, nobody can unlock it");
}

static int fail(const struct pin *pin, bool admin, unsigned int left,
		const struct uks_tpm_error *error, struct failure *failure)
{
	switch (error->cause) {
	case UKS_TPM_WRONG_AUTH:
	case UKS_TPM_PIN_BLOCKED:
		return fail_wrong(pin, admin, error->cause == UKS_TPM_PIN_BLOCKED ? 0 : left,
				  failure);
	case UKS_TPM_BAD_ARGUMENT:
		return failure_set(failure, UKS_E_BLOB,
				   "what the PIN protects is damaged: restore the store from a backup");
	default:
		return tpmgate_fail(error, failure);
	}
}

/* The PIN first, so that what the guard refuses afterwards is not taken for the PIN's fault. */
static int try_pin(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		   const struct uks_attr *code, unsigned int *left, struct uks_tpm_error *error)
{
	const struct uks_tpm_code given = { code->value, code->len };

	*left = 0;
	return uks_tpm_pin_verify(tpm, index, &given, left, error);
}

static const char *guard_label(bool admin)
{
	return admin ? "uks pin code guard" : "uks pin guard";
}

static int use_guard(struct uks_tpm *tpm, const struct master *master, const struct key *key,
		     const struct pin *pin, bool admin, const struct uks_attr *code,
		     const uint8_t *closed, uint8_t *shared, struct uks_tpm_error *error)
{
	uint8_t spki[sizeof(spki_head) + POINT_LEN], auth[UKS_TPM_AUTH_LEN];
	const struct uks_tpm_access access = {
		.auth = auth,
		.pin = admin ? &pin->code : &pin->index,
		.code = { code->value, code->len },
	};
	size_t len = 32;
	int ret;

	master_auth(master, guard_label(admin), key->id, sizeof(key->id), auth);
	memcpy(spki, spki_head, sizeof(spki_head));
	memcpy(spki + sizeof(spki_head), closed, POINT_LEN);
	ret = uks_tpm_key_agree(tpm, admin ? &pin->code_guard : &pin->guard, &access, spki,
				sizeof(spki), shared, &len, error);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}

static int check_there(const struct pin *pin, bool admin, const struct uks_attr *code,
		       struct failure *failure)
{
	if (admin && !pin->has_code)
		return failure_set(failure, UKS_E_PIN_BAD,
				   "the key was made without an administrator's code");
	if (code->type)
		return 0;
	return failure_set(failure, UKS_E_PIN_NEEDED, "the key needs its %s: give it",
			   admin ? "administrator's code" : "PIN");
}

int pin_ask_guard(struct worker *worker, const struct key *key, bool admin,
		  const struct uks_attr *code, const uint8_t *closed, uint8_t *opener,
		  struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct uks_tpm_error error;
	unsigned int left = 0;
	uint8_t shared[32];
	struct uks_tpm *tpm;
	struct pin pin;
	int ret;

	if (pin_read(key, &pin, failure) || check_there(&pin, admin, code, failure) ||
	    tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = try_pin(tpm, admin ? &pin.code : &pin.index, code, &left, &error);
	if (!ret)
		ret = use_guard(tpm, uksd->master, key, &pin, admin, code, closed, shared, &error);
	tpmgate_leave(uksd);
	if (ret)
		return fail(&pin, admin, left, &error, failure);
	make_opener(shared, closed, opener);
	sodium_memzero(shared, sizeof(shared));
	return 0;
}

int pin_verify(struct worker *worker, const struct key *key, const struct uks_attr *code,
	       unsigned int *left, struct failure *failure)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	struct pin pin;
	int ret;

	*left = 0;
	if (pin_read(key, &pin, failure) || check_there(&pin, false, code, failure) ||
	    tpmgate_enter(worker->uksd, &tpm, failure))
		return -1;
	ret = try_pin(tpm, &pin.index, code, left, &error);
	tpmgate_leave(worker->uksd);
	return ret ? fail(&pin, false, *left, &error, failure) : 0;
}

int pin_left(struct worker *worker, const struct key *key, unsigned int *left,
	     struct failure *failure)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	struct pin pin;
	int ret;

	if (pin_read(key, &pin, failure) || tpmgate_enter(worker->uksd, &tpm, failure))
		return -1;
	ret = uks_tpm_pin_left(tpm, &pin.index, left, &error);
	tpmgate_leave(worker->uksd);
	return ret ? tpmgate_fail(&error, failure) : 0;
}
