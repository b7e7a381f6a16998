// SPDX-License-Identifier: LGPL-2.1-or-later
/* Types of keys, names of session keys, usage. */
#include "key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sodium.h>

#include "p11.h"

#define CIPHER	(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)
#define SIGNING	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)
#define MACS	(UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY)
#define WRAPS	(UKS_PURPOSE_WRAP | UKS_PURPOSE_UNWRAP)

/* Object identifiers, DER, as CKA_EC_PARAMS has them: RFC 5480, RFC 8410. */
static const uint8_t p224[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x21 };
static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const uint8_t p384[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x22 };
static const uint8_t p521[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x23 };
static const uint8_t ed25519[] = { 6, 3, 0x2b, 0x65, 0x70 };
static const uint8_t ed448[] = { 6, 3, 0x2b, 0x65, 0x71 };
static const uint8_t x25519[] = { 6, 3, 0x2b, 0x65, 0x6e };
static const uint8_t x448[] = { 6, 3, 0x2b, 0x65, 0x6f };

static const struct key_kind kinds[] = {
	{ UKS_KEY_AES_128, CKK_AES, 16, CIPHER | MACS | WRAPS, NULL, 0 },
	{ UKS_KEY_AES_192, CKK_AES, 24, CIPHER | MACS | WRAPS, NULL, 0 },
	{ UKS_KEY_AES_256, CKK_AES, 32, CIPHER | MACS | WRAPS, NULL, 0 },
	{ UKS_KEY_CHACHA20, CKK_CHACHA20, 32, CIPHER, NULL, 0 },
	{ UKS_KEY_HMAC_SHA1, CKK_SHA_1_HMAC, 0, MACS, NULL, 0 },
	{ UKS_KEY_HMAC_SHA224, CKK_SHA224_HMAC, 0, MACS, NULL, 0 },
	{ UKS_KEY_HMAC_SHA256, CKK_SHA256_HMAC, 0, MACS, NULL, 0 },
	{ UKS_KEY_HMAC_SHA384, CKK_SHA384_HMAC, 0, MACS, NULL, 0 },
	{ UKS_KEY_HMAC_SHA512, CKK_SHA512_HMAC, 0, MACS, NULL, 0 },
	{ UKS_KEY_SECRET, CKK_GENERIC_SECRET, 0, UKS_PURPOSE_DERIVE, NULL, 0 },
	{ UKS_KEY_RSA_1024, CKK_RSA, 1024, SIGNING | CIPHER | WRAPS, NULL, 0 },
	{ UKS_KEY_RSA_2048, CKK_RSA, 2048, SIGNING | CIPHER | WRAPS, NULL, 0 },
	{ UKS_KEY_RSA_3072, CKK_RSA, 3072, SIGNING | CIPHER | WRAPS, NULL, 0 },
	{ UKS_KEY_RSA_4096, CKK_RSA, 4096, SIGNING | CIPHER | WRAPS, NULL, 0 },
	{ UKS_KEY_EC_P224, CKK_EC, 224, SIGNING | UKS_PURPOSE_AGREE, p224, sizeof(p224) },
	{ UKS_KEY_EC_P256, CKK_EC, 256, SIGNING | UKS_PURPOSE_AGREE, p256, sizeof(p256) },
	{ UKS_KEY_EC_P384, CKK_EC, 384, SIGNING | UKS_PURPOSE_AGREE, p384, sizeof(p384) },
	{ UKS_KEY_EC_P521, CKK_EC, 521, SIGNING | UKS_PURPOSE_AGREE, p521, sizeof(p521) },
	{ UKS_KEY_ED25519, CKK_EC_EDWARDS, 255, SIGNING, ed25519, sizeof(ed25519) },
	{ UKS_KEY_ED448, CKK_EC_EDWARDS, 448, SIGNING, ed448, sizeof(ed448) },
	{ UKS_KEY_X25519, CKK_EC_MONTGOMERY, 255, UKS_PURPOSE_AGREE, x25519, sizeof(x25519) },
	{ UKS_KEY_X448, CKK_EC_MONTGOMERY, 448, UKS_PURPOSE_AGREE, x448, sizeof(x448) },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* Other ways to name these curves: PrintableString, and the identifier of GnuPG. */
static const struct {
	uint32_t type;
	const char *der;
	size_t len;
} aliases[] = {
	{ UKS_KEY_ED25519, "\023\014\145dwards25519", 14 },
	{ UKS_KEY_ED25519, "\006\011\053\006\001\004\001\332\107\017\001", 11 },
	{ UKS_KEY_ED448, "\023\012\145dwards448", 12 },
	{ UKS_KEY_X25519, "\023\012\143urve25519", 12 },
	{ UKS_KEY_X25519, "\006\012\053\006\001\004\001\227\125\001\005\001", 12 },
	{ UKS_KEY_X448, "\023\010\143urve448", 10 },
};

const struct key_kind *key_kind_of(uint32_t type)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const struct key_kind *key_kind_find(ck_key_type_t key_type, unsigned int len)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].key_type == key_type && (!kinds[i].len || kinds[i].len == len))
			return &kinds[i];
	return NULL;
}

const struct key_kind *key_kind_of_curve(ck_key_type_t key_type, const void *params, size_t len)
{
	const struct key_kind *kind;
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].key_type == key_type && kinds[i].curve_len == len &&
		    !memcmp(kinds[i].curve, params, len))
			return &kinds[i];
	for (i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		kind = key_kind_of(aliases[i].type);
		if (kind->key_type == key_type && aliases[i].len == len &&
		    !memcmp(aliases[i].der, params, len))
			return kind;
	}
	return NULL;
}

bool key_is_pair(const struct key_kind *kind)
{
	return kind->key_type == CKK_RSA || kind->curve;
}

void key_ref(char *ref, const uint8_t *id)
{
	*ref = '@';
	sodium_bin2hex(ref + 1, KEY_REF_LEN - 1, id, UKS_KEY_ID_LEN);
}

/* ---- names of session keys: "pkcs11 session BOOT NAMESPACE PID START NUMBER" ---- */

#define SESSION_PREFIX	"pkcs11 session "

static void read_boot(char *boot)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, boot, 8) != 8)
		memcpy(boot, "-", 2);
	else
		boot[8] = 0;
	if (fd >= 0)
		close(fd);
}

static unsigned long long pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) ? 0 : status.st_ino;
}

/* Field 22 of /proc/PID/stat, behind the name, which may hold anything; 0: no such process. */
static unsigned long long start_of(int pid)
{
	char path[64], text[1024], *at;
	unsigned long long start = 0;
	ssize_t got = -1;
	int fd, field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (got <= 0)
		return 0;
	text[got] = 0;
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at, NULL, 10);
	return start;
}

void key_session_name(char *name)
{
	static atomic_ulong number;
	char boot[16];

	read_boot(boot);
	snprintf(name, UKS_NAME_MAX + 1, SESSION_PREFIX "%s %llu %d %llu %lu", boot,
		 pid_namespace(), getpid(), start_of(getpid()), ++number);
}

bool key_is_session_name(const char *name, bool *stale)
{
	unsigned long long space, start;
	char boot[16], here[16];
	int pid;

	*stale = false;
	if (strncmp(name, SESSION_PREFIX, strlen(SESSION_PREFIX)))
		return false;
	if (sscanf(name + strlen(SESSION_PREFIX), "%15s %llu %d %llu", boot, &space, &pid,
		   &start) != 4)
		return false;
	read_boot(here);
	if (strcmp(here, boot))
		*stale = true;
	else if (space == pid_namespace())
		*stale = kill(pid, 0) && errno == ESRCH ? true : start_of(pid) != start;
	return true;
}

void key_delete_session_key(const uint8_t *id)
{
	char ref[KEY_REF_LEN];

	key_ref(ref, id);
	uks_key_delete_with(module.client, ref, UKS_CALL_NOW, NULL, NULL);
}

/* ---- usage ---- */

/* What a purpose is called in each class; a public key has the other half. */
static const struct {
	ck_object_class_t class;
	ck_attribute_type_t attribute;
	uint32_t purposes;
} usages[] = {
	{ CKO_SECRET_KEY, CKA_ENCRYPT, UKS_PURPOSE_ENCRYPT },
	{ CKO_SECRET_KEY, CKA_DECRYPT, UKS_PURPOSE_DECRYPT },
	{ CKO_SECRET_KEY, CKA_SIGN, UKS_PURPOSE_MAC },
	{ CKO_SECRET_KEY, CKA_VERIFY, UKS_PURPOSE_MAC_VERIFY },
	{ CKO_SECRET_KEY, CKA_WRAP, UKS_PURPOSE_WRAP },
	{ CKO_SECRET_KEY, CKA_UNWRAP, UKS_PURPOSE_UNWRAP },
	{ CKO_SECRET_KEY, CKA_DERIVE, UKS_PURPOSE_DERIVE },
	{ CKO_PRIVATE_KEY, CKA_SIGN, UKS_PURPOSE_SIGN },
	{ CKO_PRIVATE_KEY, CKA_DECRYPT, UKS_PURPOSE_DECRYPT },
	{ CKO_PRIVATE_KEY, CKA_UNWRAP, UKS_PURPOSE_UNWRAP },
	{ CKO_PRIVATE_KEY, CKA_DERIVE, UKS_PURPOSE_AGREE },
	{ CKO_PUBLIC_KEY, CKA_VERIFY, UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY },
	{ CKO_PUBLIC_KEY, CKA_ENCRYPT, UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT },
	{ CKO_PUBLIC_KEY, CKA_WRAP, UKS_PURPOSE_WRAP | UKS_PURPOSE_UNWRAP },
	{ CKO_PUBLIC_KEY, CKA_DERIVE, 0 },
};

ck_rv_t key_usage(struct object *object)
{
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < sizeof(usages) / sizeof(*usages) && rv == CKR_OK; i++)
		if (usages[i].class == object->class)
			rv = bag_put_bool(&object->bag, usages[i].attribute,
					  object->purposes & usages[i].purposes);
	/* With recovery is a way to sign and verify of RSA. */
	if (rv == CKR_OK && object->class == CKO_PRIVATE_KEY)
		rv = bag_put_bool(&object->bag, CKA_SIGN_RECOVER,
				  object->purposes & UKS_PURPOSE_SIGN &&
				  bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_EC) == CKK_RSA);
	if (rv == CKR_OK && object->class == CKO_PUBLIC_KEY)
		rv = bag_put_bool(&object->bag, CKA_VERIFY_RECOVER,
				  object->purposes & UKS_PURPOSE_SIGN &&
				  bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_EC) == CKK_RSA);
	return rv;
}

uint32_t key_purposes(const struct key_kind *kind, const struct bag *bag)
{
	ck_object_class_t class = key_is_pair(kind) ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
	uint32_t purposes = 0;
	size_t i;

	for (i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if (usages[i].class == class && bag_bool(bag, usages[i].attribute, false))
			purposes |= usages[i].purposes;
	/* Whoever has the private key has the public one, too. */
	if (class == CKO_PRIVATE_KEY) {
		if (purposes & UKS_PURPOSE_SIGN)
			purposes |= UKS_PURPOSE_VERIFY;
		if (purposes & UKS_PURPOSE_DECRYPT)
			purposes |= UKS_PURPOSE_ENCRYPT;
		if (purposes & UKS_PURPOSE_UNWRAP)
			purposes |= UKS_PURPOSE_WRAP;
	}
	return purposes & kind->purposes;
}
