// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys here have types, names, policies and true public keys, but no secret: a
 * ciphertext is the plaintext and zeros, a signature has the right form alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <linux/uks.h>

#include "include/uks/attr.h"
#include "tests/fuzz/token.h"

#define MOST_KEYS	24
#define MOST_FDS	1024

struct token_key {
	uint8_t id[UKS_KEY_ID_LEN];
	char name[UKS_NAME_MAX + 1];
	uint32_t type;
	uint32_t purposes;
	uint32_t version;
	uint32_t origin;
	uint8_t policy[UKS_POLICY_MAX];
	size_t policy_len;
};

static struct token_key keys[MOST_KEYS];
static unsigned int made;
static struct {
	uint32_t purpose;
	uint32_t algorithm;
} sessions[MOST_FDS];
static struct {
	bool wanted;
	unsigned int after;
	int error;
	uint32_t code;
} fault;

void token_reset(void)
{
	memset(keys, 0, sizeof(keys));
	memset(&fault, 0, sizeof(fault));
	made = 0;
}

void token_fail(unsigned int after, int error, uint32_t code)
{
	fault.wanted = true;
	fault.after = after;
	fault.error = error;
	fault.code = code;
}

void token_lose(unsigned int which)
{
	keys[which % MOST_KEYS].type = 0;
}

/* ---- public keys ---- */

struct spki {
	uint8_t *der;
	int len;
};

static EVP_PKEY *generate(uint32_t type)
{
	switch (type) {
	case UKS_KEY_EC_P224:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224");
	case UKS_KEY_EC_P256:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case UKS_KEY_EC_P384:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	case UKS_KEY_EC_P521:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
	case UKS_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case UKS_KEY_ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	case UKS_KEY_X25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	case UKS_KEY_X448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "X448");
	case UKS_KEY_RSA_1024:
	case UKS_KEY_RSA_2048:
	case UKS_KEY_RSA_3072:
	case UKS_KEY_RSA_4096:
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	}
	return NULL;
}

/* One for all keys of a type. */
static const struct spki *public_of(uint32_t type)
{
	static struct spki known[UKS_KEY_ML_KEM_1024 + 1];
	struct spki *spki = &known[type];
	EVP_PKEY *pkey;

	if (spki->der)
		return spki;
	pkey = generate(type);
	if (!pkey)
		return NULL;
	spki->len = i2d_PUBKEY(pkey, &spki->der);
	EVP_PKEY_free(pkey);
	return spki;
}

/* ---- calls ---- */

static void *user(uint64_t at)
{
	return (void *)(uintptr_t)at;
}

static int fail(struct uks_outcome *outcome, int error, uint32_t code)
{
	if (outcome)
		outcome->error = code;
	errno = error;
	return -1;
}

static struct token_key *find(const struct uks_attr *name, const struct uks_attr *id)
{
	char text[UKS_NAME_MAX + 1];
	unsigned int i;

	if (name->type && !uks_attr_string(name, text, sizeof(text)))
		return NULL;
	for (i = 0; i < MOST_KEYS; i++) {
		if (!keys[i].type)
			continue;
		if (id->type && !memcmp(id->value, keys[i].id, UKS_KEY_ID_LEN))
			return &keys[i];
		if (name->type && !strcmp(text, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

static void describe(struct uks_attrs *out, const struct token_key *key, bool whole)
{
	const struct spki *spki = public_of(key->type);

	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_string(out, UKS_A_KEY_NAME, key->name);
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_PURPOSES, key->purposes);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_STATE, UKS_STATE_ACTIVE);
	uks_attrs_put_u32(out, UKS_A_ORIGIN, key->origin);
	uks_attrs_put_u32(out, UKS_A_OWNER, 1000);
	uks_attrs_put_u64(out, UKS_A_CREATED, 1);
	if (key->policy_len)
		uks_attrs_put(out, UKS_A_POLICY, key->policy, key->policy_len);
	if (spki && whole)
		uks_attrs_put(out, UKS_A_PUBLIC_KEY, spki->der, spki->len);
}

static int make(const struct uks_attr *in, const struct uks_attr *name, uint32_t origin,
		struct uks_attrs *out, struct uks_outcome *outcome)
{
	static const struct uks_attr none;
	struct token_key *key = keys;

	if (find(name, &none))
		return fail(outcome, EEXIST, UKS_E_KEY_EXISTS);
	while (key < keys + MOST_KEYS && key->type)
		key++;
	if (key == keys + MOST_KEYS)
		return fail(outcome, EBUSY, UKS_E_BUSY);
	memset(key, 0, sizeof(*key));
	uks_attr_string(name, key->name, sizeof(key->name));
	made++;
	memcpy(key->id, &made, sizeof(made));
	key->id[15] = 0x5a;
	key->type = uks_attr_u32(&in[UKS_A_KEY_TYPE], UKS_KEY_SECRET);
	if (!key->type || key->type > UKS_KEY_ML_KEM_1024)
		key->type = UKS_KEY_SECRET;
	key->purposes = uks_attr_u32(&in[UKS_A_PURPOSES], UKS_PURPOSE_ENCRYPT);
	key->version = 1;
	key->origin = origin;
	if (in[UKS_A_POLICY].type && in[UKS_A_POLICY].len <= sizeof(key->policy)) {
		key->policy_len = in[UKS_A_POLICY].len;
		memcpy(key->policy, in[UKS_A_POLICY].value, key->policy_len);
	}
	describe(out, key, true);
	return 0;
}

static int list_keys(struct uks_attrs *out)
{
	unsigned int i;
	size_t at;

	for (i = 0; i < MOST_KEYS; i++) {
		if (!keys[i].type)
			continue;
		at = uks_attrs_nest(out, UKS_A_KEY);
		describe(out, &keys[i], false);
		uks_attrs_nest_end(out, at);
	}
	return 0;
}

static int status(struct uks_attrs *out)
{
	uks_attrs_put_string(out, UKS_A_DAEMON_VERSION, "0");
	uks_attrs_put_string(out, UKS_A_STORE, "/");
	uks_attrs_put_string(out, UKS_A_TPM, "TPM");
	uks_attrs_put(out, UKS_A_TPM_ROOT, "root", 4);
	return 0;
}

static int open_session(const struct uks_attr *in, struct uks_call *call)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0 || fd >= MOST_FDS)
		return fail(&call->outcome, ENOMEM, UKS_E_NO_MEMORY);
	sessions[fd].purpose = uks_attr_u32(&in[UKS_A_PURPOSES], 0);
	sessions[fd].algorithm = uks_attr_u32(&in[UKS_A_ALGORITHM], 0);
	call->fd = fd;
	return 0;
}

static int change(struct token_key *key, unsigned long cmd, const struct uks_attr *in,
		  struct uks_attrs *out)
{
	switch (cmd) {
	case UKS_IOC_KEY_DELETE:
		key->type = 0;
		return 0;
	case UKS_IOC_KEY_RENAME:
		uks_attr_string(&in[UKS_A_NEW_NAME], key->name, sizeof(key->name));
		break;
	case UKS_IOC_KEY_SET_POLICY:
		key->policy_len = in[UKS_A_POLICY].len % sizeof(key->policy);
		memcpy(key->policy, in[UKS_A_POLICY].value, key->policy_len);
		break;
	}
	describe(out, key, true);
	return 0;
}

static int answer(struct uks_call *call, unsigned long cmd, const struct uks_attr *in,
		  struct uks_attrs *out)
{
	struct token_key *key = find(&in[UKS_A_KEY_NAME], &in[UKS_A_KEY_ID]);
	const struct spki *spki;

	switch (cmd) {
	case UKS_IOC_STATUS:
		return status(out);
	case UKS_IOC_KEY_LIST:
		return list_keys(out);
	case UKS_IOC_KEY_GENERATE:
		return make(in, &in[UKS_A_KEY_NAME], UKS_ORIGIN_GENERATED, out, &call->outcome);
	case UKS_IOC_KEY_IMPORT:
	case UKS_IOC_KEY_UNWRAP:
		return make(in, &in[UKS_A_KEY_NAME], UKS_ORIGIN_IMPORTED, out, &call->outcome);
	}
	if (!key)
		return fail(&call->outcome, ENOKEY, UKS_E_NO_KEY);
	switch (cmd) {
	case UKS_IOC_KEY_AGREE:
	case UKS_IOC_KEY_DERIVE:
		return make(in, &in[UKS_A_NEW_NAME], UKS_ORIGIN_GENERATED, out, &call->outcome);
	case UKS_IOC_SESSION_OPEN:
		return open_session(in, call);
	case UKS_IOC_KEY_EXPORT_PUBLIC:
		spki = public_of(key->type);
		if (!spki)
			return fail(&call->outcome, EPERM, UKS_E_NO_SECRET);
		uks_attrs_put(out, UKS_A_PUBLIC_KEY, spki->der, spki->len);
		return 0;
	case UKS_IOC_KEY_WRAP:
		uks_attrs_put(out, UKS_A_WRAPPED, key->id, sizeof(key->id));
		return 0;
	}
	return change(key, cmd, in, out);
}

static int ask(struct uks_call *call, unsigned long cmd)
{
	struct uks_attr in[UKS_A_MAX + 1];
	struct uks_attrs out;
	int ret;

	if (uks_attrs_parse(user(call->in), call->in_len, in))
		abort();	/* libuks makes no such payloads */
	uks_attrs_init(&out, user(call->out), call->out_len);
	ret = answer(call, cmd, in, &out);
	if (ret)
		return ret;
	if (out.error) {
		call->out_len *= 2;
		return fail(&call->outcome, ENOBUFS, UKS_E_NO_ROOM);
	}
	call->out_len = out.len;
	return 0;
}

/* ---- messages ---- */

static uint32_t nonce_len(uint32_t algorithm)
{
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_CHACHA20_POLY1305:
	case UKS_ALG_AES_CCM:
		return 12;
	case UKS_ALG_AES_CBC:
	case UKS_ALG_AES_CBC_PKCS7:
	case UKS_ALG_AES_CTR:
		return 16;
	}
	return 0;
}

static int session_info(int fd, struct uks_session_info *info)
{
	info->purpose = sessions[fd].purpose;
	info->algorithm = sessions[fd].algorithm;
	info->nonce_len = nonce_len(info->algorithm);
	info->tag_len = info->nonce_len == 12 ? UKS_TAG_LEN : 0;
	info->key_version = 1;
	return 0;
}

static uint32_t put(uint64_t to, uint32_t room, const void *bytes, uint32_t len)
{
	if (room < len) {
		errno = ENOBUFS;
		return UINT32_MAX;
	}
	if (len)
		memmove(user(to), bytes, len);
	return len;
}

static int give(uint64_t to, uint32_t *room, const void *bytes, uint32_t len)
{
	uint32_t put_len = put(to, *room, bytes, len);

	*room = len;
	return put_len == UINT32_MAX ? -1 : 0;
}

/* DER of the signature (1, 1), or so many ones. */
static int sign(int fd, uint64_t to, uint32_t *room)
{
	static const uint8_t der[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	uint8_t ones[256];

	memset(ones, 1, sizeof(ones));
	switch (sessions[fd].algorithm) {
	case UKS_ALG_ECDSA:
		return give(to, room, der, sizeof(der));
	case UKS_ALG_ED25519:
		return give(to, room, ones, 64);
	case UKS_ALG_ED448:
		return give(to, room, ones, 114);
	case UKS_ALG_HMAC:
		return give(to, room, ones, 32);
	case UKS_ALG_AES_CMAC:
		return give(to, room, ones, 16);
	}
	return give(to, room, ones, sizeof(ones));
}

static int encrypt(int fd, struct uks_cipher *cipher)
{
	uint32_t grows = nonce_len(sessions[fd].algorithm) == 12 ? UKS_TAG_LEN : 0;
	uint32_t len = cipher->in_len + grows;

	if (cipher->out_len < len) {
		cipher->out_len = len;
		return fail(&cipher->outcome, ENOBUFS, UKS_E_NO_ROOM);
	}
	if (cipher->in_len)
		memmove(user(cipher->out), user(cipher->in), cipher->in_len);
	memset((uint8_t *)user(cipher->out) + cipher->in_len, 0, grows);
	cipher->out_len = len;
	return 0;
}

static int decrypt(int fd, struct uks_cipher *cipher)
{
	uint32_t shrinks = nonce_len(sessions[fd].algorithm) == 12 ? UKS_TAG_LEN : 0;

	if (cipher->in_len < shrinks)
		return fail(&cipher->outcome, EBADMSG, UKS_E_NOT_AUTHENTIC);
	return give(cipher->out, &cipher->out_len, user(cipher->in), cipher->in_len - shrinks);
}

static int use(int fd, unsigned long cmd, void *arg)
{
	struct uks_update *update = arg;
	struct uks_finish *finish = arg;
	struct uks_sign *signing = arg;

	switch (cmd) {
	case UKS_IOC_SESSION_INFO:
		return session_info(fd, arg);
	case UKS_IOC_ENCRYPT:
		return encrypt(fd, arg);
	case UKS_IOC_DECRYPT:
		return decrypt(fd, arg);
	case UKS_IOC_UPDATE:
		if (sessions[fd].purpose & (UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT))
			return give(update->out, &update->out_len, user(update->in),
				    update->in_len);
		update->out_len = 0;
		return 0;
	case UKS_IOC_FINISH:
		return finish->sig ? 0 : sign(fd, finish->out, &finish->out_len);
	case UKS_IOC_SIGN:
	case UKS_IOC_MAC:
	case UKS_IOC_AGREE:
	case UKS_IOC_DERIVE:
		return sign(fd, signing->out, &signing->out_len);
	}
	return 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if (!strcmp(path, UKS_DEVICE))
		return eventfd(0, EFD_CLOEXEC);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (fault.wanted && !fault.after--) {
		fault.wanted = false;
		return fail(_IOC_NR(cmd) < 0x40 && cmd != UKS_IOC_QUERY ?
			    &((struct uks_call *)arg)->outcome : NULL, fault.error, fault.code);
	}
	if (cmd == UKS_IOC_QUERY) {
		((struct uks_query *)arg)->daemon = 1;
		return 0;
	}
	return _IOC_NR(cmd) < 0x40 ? ask(arg, cmd) : use(fd, cmd, arg);
}
