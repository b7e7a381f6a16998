// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * OpenSSH's private keys, "openssh-key-v1" (PROTOCOL.key of OpenSSH), and its public
 * keys in one line (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4).
 */
#include <ctype.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "format.h"

#define MAGIC	"openssh-key-v1"	/* with its NUL */
#define LABEL	"OPENSSH PRIVATE KEY"
#define BEGIN	"-----BEGIN " LABEL "-----"
#define END	"-----END " LABEL "-----"

/* What is left of the bytes that are read. */
struct bytes {
	const uint8_t *at;
	size_t len;
};

static const struct curve {
	const char *name;	/* RFC 5656, 10.1 */
	const char *group;	/* libcrypto's */
} curves[] = {
	{ "nistp256", "prime256v1" }, { "nistp384", "secp384r1" }, { "nistp521", "secp521r1" },
};

static bool take_u32(struct bytes *from, uint32_t *value)
{
	if (from->len < 4)
		return false;
	*value = (uint32_t)from->at[0] << 24 | from->at[1] << 16 | from->at[2] << 8 | from->at[3];
	from->at += 4;
	from->len -= 4;
	return true;
}

/* A string of RFC 4251, 5: its length, then its bytes. */
static bool take_string(struct bytes *from, struct bytes *string)
{
	uint32_t len;

	if (!take_u32(from, &len) || len > from->len)
		return false;
	*string = (struct bytes){ from->at, len };
	from->at += len;
	from->len -= len;
	return true;
}

static bool is(const struct bytes *string, const char *word)
{
	return string->len == strlen(word) && !memcmp(string->at, word, string->len);
}

/* A positive mpint of RFC 4251, 5. */
static bool take_number(struct bytes *from, BIGNUM **number)
{
	struct bytes string;

	if (!take_string(from, &string) || !string.len || string.at[0] & 0x80)
		return false;
	*number = BN_bin2bn(string.at, string.len, NULL);
	return *number;
}

static bool take_numbers(struct bytes *from, BIGNUM **const *numbers, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!take_number(from, numbers[i]))
			return false;
	return true;
}

static const struct curve *curve_of(const struct bytes *type, const struct bytes *name)
{
	static const char prefix[] = "ecdsa-sha2-";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(curves); i++)
		if (is(name, curves[i].name) && type->len == strlen(prefix) + name->len &&
		    !memcmp(type->at, prefix, strlen(prefix)) &&
		    !memcmp(type->at + strlen(prefix), name->at, name->len))
			return &curves[i];
	return NULL;
}

static EVP_PKEY *fail_damaged(struct uks_err *err)
{
	format_fail(err, "the OpenSSH key is cut off or damaged");
	return NULL;
}

/* The rest of a key behind its type, public or private. */
static EVP_PKEY *take_rsa(struct bytes *from, bool private, struct uks_err *err)
{
	struct format_rsa rsa = { 0 };
	BIGNUM **const private_order[] = { &rsa.n, &rsa.e, &rsa.d, &rsa.qi, &rsa.p, &rsa.q };
	BIGNUM **const public_order[] = { &rsa.e, &rsa.n };
	EVP_PKEY *pkey = NULL;

	if (private ? take_numbers(from, private_order, ARRAY_SIZE(private_order)) :
		      take_numbers(from, public_order, ARRAY_SIZE(public_order)))
		pkey = format_build_rsa(&rsa, err);
	else
		fail_damaged(err);
	format_rsa_free(&rsa);
	return pkey;
}

static EVP_PKEY *take_ec(struct bytes *from, const struct bytes *type, bool private,
			 struct uks_err *err)
{
	struct bytes name, point;
	struct format_ec ec = { 0 };
	const struct curve *curve;
	EVP_PKEY *pkey = NULL;

	if (!take_string(from, &name) || !take_string(from, &point))
		return fail_damaged(err);
	curve = curve_of(type, &name);
	if (!curve || (private && !take_number(from, &ec.number)))
		return fail_damaged(err);
	ec.group = curve->group;
	ec.point = point.at;
	ec.point_len = point.len;
	pkey = format_build_ec(&ec, err);
	BN_clear_free(ec.number);
	return pkey;
}

static EVP_PKEY *take_ed25519(struct bytes *from, bool private, struct uks_err *err)
{
	struct bytes public, secret = { NULL, 0 };

	if (!take_string(from, &public) || public.len != 32)
		return fail_damaged(err);
	/* Seed, and the public key once more. */
	if (private && (!take_string(from, &secret) || secret.len != 64 ||
			memcmp(secret.at + 32, public.at, 32)))
		return fail_damaged(err);
	return format_build_okp(EVP_PKEY_ED25519, public.at, 32, secret.at, 32, err);
}

static EVP_PKEY *take_key(struct bytes *from, bool private, struct uks_err *err)
{
	struct bytes type;

	if (!take_string(from, &type))
		return fail_damaged(err);
	if (is(&type, "ssh-rsa"))
		return take_rsa(from, private, err);
	if (is(&type, "ssh-ed25519"))
		return take_ed25519(from, private, err);
	if (type.len > 11 && !memcmp(type.at, "ecdsa-sha2-", 11))
		return take_ec(from, &type, private, err);
	if (type.len > 3 && !memcmp(type.at, "sk-", 3))
		format_fail(err, "this OpenSSH key lies in a security key and cannot leave it");
	else
		format_fail(err,
			    "UKS takes no OpenSSH key of this kind: ssh-rsa, ecdsa-sha2-nistp256 to 521 and ssh-ed25519 are known");
	return NULL;
}

/* Padding is 1, 2, 3 and so on. */
static bool is_padding(const struct bytes *rest)
{
	size_t i;

	for (i = 0; i < rest->len; i++)
		if (rest->at[i] != i + 1)
			return false;
	return rest->len < 8;
}

static EVP_PKEY *take_private_part(struct bytes part, struct uks_err *err)
{
	uint32_t check[2];
	struct bytes comment;
	EVP_PKEY *pkey;

	if (part.len % 8 || !take_u32(&part, &check[0]) || !take_u32(&part, &check[1]) ||
	    check[0] != check[1])
		return fail_damaged(err);
	pkey = take_key(&part, true, err);
	if (!pkey || (take_string(&part, &comment) && is_padding(&part)))
		return pkey;
	EVP_PKEY_free(pkey);
	return fail_damaged(err);
}

/* The public key is there twice. */
static EVP_PKEY *take_both(struct bytes public_part, const struct bytes *private_part,
			   struct uks_err *err)
{
	EVP_PKEY *public = take_key(&public_part, false, err), *private;

	if (!public)
		return NULL;
	private = take_private_part(*private_part, err);
	if (private && (public_part.len || EVP_PKEY_eq(public, private) != 1)) {
		EVP_PKEY_free(private);
		format_fail(err,
			    "private and public part do not belong together: the key is damaged");
		private = NULL;
	}
	EVP_PKEY_free(public);
	return private;
}

static EVP_PKEY *take_file(struct bytes file, struct uks_err *err)
{
	struct bytes cipher, kdf, options, public_part, private_part;
	uint32_t keys;

	if (file.len < sizeof(MAGIC) || memcmp(file.at, MAGIC, sizeof(MAGIC)))
		return fail_damaged(err);
	file.at += sizeof(MAGIC);
	file.len -= sizeof(MAGIC);
	if (!take_string(&file, &cipher) || !take_string(&file, &kdf) ||
	    !take_string(&file, &options) || !take_u32(&file, &keys))
		return fail_damaged(err);
	if (keys != 1 || !take_string(&file, &public_part) || !take_string(&file, &private_part))
		return fail_damaged(err);
	if (!is(&cipher, "none") || !is(&kdf, "none") || options.len) {
		format_fail(err,
			    "the OpenSSH key is encrypted: take the passphrase off a copy of it with `ssh-keygen -p -N '' -f COPY`, import the copy and shred it");
		return NULL;
	}
	return file.len ? fail_damaged(err) : take_both(public_part, &private_part, err);
}

bool format_openssh_detect(const uint8_t *data, size_t len)
{
	return memmem(data, len, BEGIN, strlen(BEGIN)) || format_openssh_line_detect(data, len);
}

/* One block, with nothing before or behind it. */
static bool is_alone(const uint8_t *data, size_t len)
{
	const uint8_t *begin = memmem(data, len, BEGIN, strlen(BEGIN));
	const uint8_t *end = memmem(data, len, END, strlen(END));
	const uint8_t *at = data;

	if (!begin || !end)
		return false;
	while (at < begin && isspace(*at))
		at++;
	if (at != begin)
		return false;
	for (at = end + strlen(END); at < data + len && isspace(*at);)
		at++;
	return at == data + len;
}

static int read_file(const uint8_t *data, size_t len, struct format_key *key,
		     struct uks_err *err)
{
	struct bytes file = { data, len };
	EVP_PKEY *pkey = take_file(file, err);
	int ret = pkey ? format_take_private(pkey, key, err) : -1;

	EVP_PKEY_free(pkey);
	return ret;
}

int format_openssh_read(const uint8_t *data, size_t len, const struct format_input *input,
			struct format_key *key, struct uks_err *err)
{
	char *name = NULL, *header = NULL;
	uint8_t *file = NULL;
	long file_len = 0;
	BIO *bio;
	int ret = -1;

	if (format_openssh_line_detect(data, len))
		return format_openssh_line_read(data, len, input, key, err);
	if (!is_alone(data, len))
		return format_fail(err,
				   "this is not one whole OpenSSH private key and nothing else: its BEGIN or END line is missing or damaged, or something stands before or behind");
	bio = BIO_new_mem_buf(data, len);
	if (bio && PEM_read_bio(bio, &name, &header, &file, &file_len) == 1)
		ret = read_file(file, file_len, key, err);
	else
		format_fail_crypto(err, "the OpenSSH private key is cut off or damaged");
	BIO_free(bio);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(file, file_len);
	return ret;
}

/* ---- public keys ---- */

bool format_openssh_line_detect(const uint8_t *data, size_t len)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (len > strlen(types[i]) && !memcmp(data, types[i], strlen(types[i])))
			return true;
	return false;
}

/* Where the word at @at ends. */
static const uint8_t *word_end(const uint8_t *at, const uint8_t *end)
{
	while (at < end && !isspace(*at))
		at++;
	return at;
}

/* Strict: no line breaks, padded, nothing else. Returns bytes at @out, or -1. */
static int decode_base64(const uint8_t *text, size_t len, uint8_t *out)
{
	size_t padding = 0, i;

	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (!len || len % 4)
		return -1;
	for (i = 0; i < len - padding; i++)
		if (!isalnum(text[i]) && text[i] != '+' && text[i] != '/')
			return -1;
	return EVP_DecodeBlock(out, text, len) - padding;
}

static int read_blob(const uint8_t *blob, size_t len, const struct bytes *word,
		     struct format_key *key, struct uks_err *err)
{
	struct bytes from = { blob, len }, type = from, inner;
	EVP_PKEY *pkey;
	int ret = -1;

	/* The type is there in words and inside. */
	if (!take_string(&type, &inner) || inner.len != word->len ||
	    memcmp(inner.at, word->at, word->len))
		return format_fail(err, "the OpenSSH public key is cut off or damaged");
	pkey = take_key(&from, false, err);
	if (pkey && from.len)
		format_fail(err,
			    "the OpenSSH public key is damaged: %zu bytes follow it", from.len);
	else if (pkey)
		ret = format_take_public(pkey, key, err);
	EVP_PKEY_free(pkey);
	return ret;
}

/* TYPE BASE64 [COMMENT], one line. */
int format_openssh_line_read(const uint8_t *data, size_t len, const struct format_input *input,
			     struct format_key *key, struct uks_err *err)
{
	const uint8_t *end = data + len, *text, *at;
	struct bytes word = { data, 0 };
	uint8_t *blob;
	int n, ret = -1;

	(void)input;
	while (end > data && isspace(end[-1]))
		end--;
	if (memchr(data, '\n', end - data))
		return format_fail(err,
				   "the file has more than one line: give one OpenSSH public key and nothing else");
	at = word_end(data, end);
	word.len = at - data;
	text = at < end ? at + 1 : at;
	blob = OPENSSL_malloc(end - text + 1);
	if (!blob)
		return format_fail_memory(err);
	n = decode_base64(text, word_end(text, end) - text, blob);
	if (n < 0)
		format_fail(err,
			    "the OpenSSH public key is cut off or damaged: its second word is no base64");
	else
		ret = read_blob(blob, n, &word, key, err);
	OPENSSL_free(blob);
	return ret;
}
