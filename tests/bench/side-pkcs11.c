// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PKCS#11 modules: SoftHSM2 with keys that are session objects or token objects,
 * the latter also behind "p11-kit server", and tpm2-pkcs11.
 *
 * BENCH_SOFTHSM, BENCH_P11KIT, BENCH_TPM2 tell where the modules are.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "bench.h"

#define LABEL	"bench"
#define PIN	"123456"
#define SLOTS	16

struct state {
	const struct work *work;
	bool token;
	void *library;
	CK_FUNCTION_LIST *call;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	unsigned int done;
	uint8_t nonce[12];
	uint8_t out[];
};

static const uint8_t oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t name_ed25519[] = "\x13\x0c\x65\x64wards25519";
static CK_BBOOL yes = CK_TRUE;
static CK_BBOOL no = CK_FALSE;

#define ATTR(type, variable)	{ (type), &(variable), sizeof(variable) }

static bool ok(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return true;
	cannot("%s gave 0x%lx", what, rv);
	return false;
}

/* A token that nobody has used yet gets its label and its PIN. */
static bool init_token(struct state *state, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR label[32];

	memset(label, ' ', sizeof(label));
	memcpy(label, LABEL, strlen(LABEL));
	return ok(state->call->C_InitToken(slot, (uint8_t *)PIN, strlen(PIN), label),
		  "C_InitToken") &&
	       ok(state->call->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
					     &session), "C_OpenSession") &&
	       ok(state->call->C_Login(session, CKU_SO, (uint8_t *)PIN, strlen(PIN)), "C_Login") &&
	       ok(state->call->C_InitPIN(session, (uint8_t *)PIN, strlen(PIN)), "C_InitPIN") &&
	       ok(state->call->C_CloseSession(session), "C_CloseSession");
}

static bool find_slot(struct state *state, bool *fresh)
{
	CK_SLOT_ID slots[SLOTS];
	CK_ULONG count = SLOTS, i;
	CK_TOKEN_INFO info;

	if (!ok(state->call->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList"))
		return false;
	for (i = 0; i < count; i++) {
		if (state->call->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		state->slot = slots[i];
		*fresh = !(info.flags & CKF_TOKEN_INITIALIZED);
		if (*fresh || !strncmp((char *)info.label, LABEL " ", strlen(LABEL) + 1))
			return true;
	}
	cannot("no token '%s'", LABEL);
	return false;
}

static bool enter(struct state *state)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	bool fresh;

	if (!ok(state->call->C_Initialize(&args), "C_Initialize") || !find_slot(state, &fresh))
		return false;
	/* The label moves the token to another slot: look again. */
	if (fresh && (!init_token(state, state->slot) || !find_slot(state, &fresh)))
		return false;
	return ok(state->call->C_OpenSession(state->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
					     NULL, NULL, &state->session), "C_OpenSession") &&
	       ok(state->call->C_Login(state->session, CKU_USER, (uint8_t *)PIN, strlen(PIN)),
		  "C_Login");
}

static bool load(struct state *state, const char *variable)
{
	const char *path = getenv(variable);
	CK_C_GetFunctionList list;

	state->library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!state->library) {
		cannot("%s", path ? dlerror() : "not installed");
		return false;
	}
	*(void **)&list = dlsym(state->library, "C_GetFunctionList");
	return ok(list(&state->call), "C_GetFunctionList") && enter(state);
}

static CK_OBJECT_CLASS class_of(const struct work *work)
{
	static const char *const secret[] = { "aes-256", "hmac-sha256" };

	if (!strcmp(work->key, secret[0]) || !strcmp(work->key, secret[1]))
		return CKO_SECRET_KEY;
	return CKO_PRIVATE_KEY;
}

static bool find(struct state *state, const char *label, CK_ULONG *count)
{
	CK_OBJECT_CLASS class = class_of(state->work);
	CK_ATTRIBUTE template[] = {
		ATTR(CKA_CLASS, class), { CKA_LABEL, (void *)label, strlen(label) },
		ATTR(CKA_TOKEN, *(state->token ? &yes : &no)),
	};

	return ok(state->call->C_FindObjectsInit(state->session, template, 3),
		  "C_FindObjectsInit") &&
	       ok(state->call->C_FindObjects(state->session, &state->key, 1, count),
		  "C_FindObjects") &&
	       ok(state->call->C_FindObjectsFinal(state->session), "C_FindObjectsFinal");
}

/* Imported: SoftHSM2 takes a SHA-1 of what it generates, in which QEMU 7.2 fails. */
static bool import_secret(struct state *state, const char *label)
{
	bool aes = !strcmp(state->work->key, "aes-256");
	CK_KEY_TYPE type = aes ? CKK_AES : CKK_GENERIC_SECRET;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), { CKA_VALUE, message(), 32 },
		ATTR(CKA_TOKEN, *(state->token ? &yes : &no)),
		{ CKA_LABEL, (void *)label, strlen(label) }, ATTR(CKA_SENSITIVE, yes),
		ATTR(CKA_PRIVATE, yes), { aes ? CKA_ENCRYPT : CKA_SIGN, &yes, sizeof(yes) },
	};

	return ok(state->call->C_CreateObject(state->session, template, 8, &state->key),
		  "C_CreateObject");
}

static bool make_pair(struct state *state, const char *label)
{
	bool ed25519 = !strcmp(state->work->key, "ed25519");
	CK_MECHANISM mechanism = {
		ed25519 ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, NULL, 0
	};
	CK_ATTRIBUTE public[] = {
		{ CKA_EC_PARAMS, (void *)(ed25519 ? name_ed25519 : oid_p256),
		  ed25519 ? sizeof(name_ed25519) - 1 : sizeof(oid_p256) },
		ATTR(CKA_TOKEN, *(state->token ? &yes : &no)),
		ATTR(CKA_VERIFY, yes), { CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_ID, (void *)label, strlen(label) },
	};
	CK_ATTRIBUTE private[] = {
		ATTR(CKA_TOKEN, *(state->token ? &yes : &no)), ATTR(CKA_SIGN, yes),
		ATTR(CKA_SENSITIVE, yes), ATTR(CKA_PRIVATE, yes),
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_ID, (void *)label, strlen(label) },
	};
	CK_OBJECT_HANDLE half;

	return ok(state->call->C_GenerateKeyPair(state->session, &mechanism, public, 5, private, 6,
						 &half, &state->key), "C_GenerateKeyPair");
}

/* RSA keys are the same for all sides: making one takes long where all is emulated. */
static bool import_rsa(struct state *state, const char *label)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} parts[] = {
		{ CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N },
		{ CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E },
		{ CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D },
		{ CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1 },
		{ CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2 },
		{ CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1 },
		{ CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2 },
		{ CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
	};
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE template[7 + 8] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type),
		ATTR(CKA_TOKEN, *(state->token ? &yes : &no)), ATTR(CKA_SIGN, yes),
		ATTR(CKA_PRIVATE, yes), ATTR(CKA_SENSITIVE, yes),
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	uint8_t numbers[8][512];
	FILE *file = fopen(key_pem(state->work->key), "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	BIGNUM *number = NULL;
	int i;

	for (i = 0; key && i < 8; i++) {
		EVP_PKEY_get_bn_param(key, parts[i].name, &number);
		template[7 + i].type = parts[i].type;
		template[7 + i].pValue = numbers[i];
		template[7 + i].ulValueLen = BN_bn2bin(number, numbers[i]);
		BN_clear_free(number);
		number = NULL;
	}
	if (file)
		fclose(file);
	if (!key) {
		cannot("no key %s", key_pem(state->work->key));
		return false;
	}
	EVP_PKEY_free(key);
	return ok(state->call->C_CreateObject(state->session, template, 15, &state->key),
		  "C_CreateObject");
}

static bool make(struct state *state, const char *label)
{
	if (!strncmp(state->work->key, "rsa", 3))
		return import_rsa(state, label);
	if (class_of(state->work) == CKO_SECRET_KEY)
		return import_secret(state, label);
	return make_pair(state, label);
}

static bool prepare(struct state *state)
{
	CK_ULONG count = 0;

	if (state->work->job == JOB_GENERATE)
		return true;
	return find(state, state->work->key, &count) && (count || make(state, state->work->key));
}

/* The process ends: C_Finalize() would only measure who crashes in it. */
static void pkcs11_close(void *state)
{
	free(state);
}

static void *pkcs11_open(const struct work *work, const char *module, bool token)
{
	struct state *state;

	if (work->job == JOB_FIRST) {
		cannot("it knows no first use");
		return NULL;
	}
	state = calloc(1, sizeof(*state) + MESSAGE_MAX + 1024);
	if (!state)
		abort();
	state->work = work;
	state->token = token;
	if (load(state, module) && prepare(state))
		return state;
	pkcs11_close(state);
	return NULL;
}

static bool sign(struct state *state, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_ULONG len = 1024;

	return ok(state->call->C_SignInit(state->session, &mechanism, state->key), "C_SignInit") &&
	       ok(state->call->C_Sign(state->session, message(), state->work->len, state->out,
				      &len), "C_Sign");
}

static bool encrypt(struct state *state)
{
	CK_GCM_PARAMS gcm = { state->nonce, sizeof(state->nonce), 96, NULL, 0, 128 };
	CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	CK_ULONG len = MESSAGE_MAX + 1024;

	state->nonce[0]++;
	return ok(state->call->C_EncryptInit(state->session, &mechanism, state->key),
		  "C_EncryptInit") &&
	       ok(state->call->C_Encrypt(state->session, message(), state->work->len, state->out,
					 &len), "C_Encrypt");
}

/* The key by its label, and what makes it ready. */
static bool open_key(struct state *state)
{
	CK_GCM_PARAMS gcm = { state->nonce, sizeof(state->nonce), 96, NULL, 0, 128 };
	CK_MECHANISM aead = { CKM_AES_GCM, &gcm, sizeof(gcm) }, ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_SESSION_HANDLE keep = state->session;
	CK_ULONG count;
	bool done;

	if (!ok(state->call->C_OpenSession(state->slot, CKF_SERIAL_SESSION, NULL, NULL,
					   &state->session), "C_OpenSession"))
		return false;
	done = find(state, state->work->key, &count);
	if (done && class_of(state->work) == CKO_SECRET_KEY)
		done = ok(state->call->C_EncryptInit(state->session, &aead, state->key),
			  "C_EncryptInit");
	else if (done)
		done = ok(state->call->C_SignInit(state->session, &ecdsa, state->key),
			  "C_SignInit");
	state->call->C_CloseSession(state->session);
	state->session = keep;
	return done;
}

static bool pkcs11_once(void *context)
{
	struct state *state = context;
	char label[64];

	switch (state->work->job) {
	case JOB_AEAD:
		return encrypt(state);
	case JOB_MAC:
		return sign(state, CKM_SHA256_HMAC);
	case JOB_OPEN:
		return open_key(state);
	case JOB_GENERATE:
		snprintf(label, sizeof(label), "new-%d-%u", getpid(), state->done++);
		return make(state, label);
	default:
		if (!strcmp(state->work->key, "ed25519"))
			return sign(state, CKM_EDDSA);
		return sign(state, strncmp(state->work->key, "rsa", 3) ? CKM_ECDSA :
			    CKM_SHA256_RSA_PKCS);
	}
}

static void *session_open(const struct work *work)
{
	return pkcs11_open(work, "BENCH_SOFTHSM", false);
}

static void *token_open(const struct work *work)
{
	return pkcs11_open(work, "BENCH_SOFTHSM", true);
}

static void *p11kit_open(const struct work *work)
{
	return pkcs11_open(work, "BENCH_P11KIT", true);
}

static void *tpm2_open(const struct work *work)
{
	return pkcs11_open(work, "BENCH_TPM2", true);
}

const struct side side_softhsm_session = {
	"softhsm-session", session_open, pkcs11_once, pkcs11_close
};

const struct side side_softhsm_token = { "softhsm-token", token_open, pkcs11_once, pkcs11_close };

const struct side side_p11kit = { "p11-kit", p11kit_open, pkcs11_once, pkcs11_close };
const struct side side_tpm2 = { "tpm2-pkcs11", tpm2_open, pkcs11_once, pkcs11_close };
