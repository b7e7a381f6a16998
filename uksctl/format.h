/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats of keys outside of UKS. They are read and written here, in the process of
 * the user whose key it is, and never in the daemon, which sees raw bytes, PKCS#8
 * and SubjectPublicKeyInfo only.
 *
 * A reader gets a whole file of any contents. It takes the file as exactly one key,
 * or fails: a file that is cut, changed or goes on behind its end is refused.
 */
#ifndef UKSCTL_FORMAT_H
#define UKSCTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <uks.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

#define FORMAT_INPUT_MAX	65535	/* bytes of a file that holds a key */
#define FORMAT_OUTPUT_MAX	32768	/* bytes of a public key in any format */
#define FORMAT_PASSPHRASE_MAX	1024	/* room for a passphrase and its NUL */
#define FORMAT_NOTICE_MAX	256

/**
 * struct format_input - what a reader may want to know beside the file
 * @type: enum uks_key_type that the key shall be, or 0: what the file says
 * @hex: the bytes of a raw key are written in hexadecimal digits
 * @passphrase: gives the passphrase: writes at most @size bytes, with a NUL, to
 *	@text and returns its length; or -1 with @err. Called only for an encrypted file
 * @arg: for @passphrase
 */
struct format_input {
	uint32_t type;
	bool hex;
	int (*passphrase)(void *arg, char *text, int size, struct uks_err *err);
	void *arg;
};

/**
 * struct format_key - a key as the daemon takes it
 * @type: enum uks_key_type, or 0 if the file does not tell (raw bytes)
 * @format: enum uks_key_format of @data
 * @data: the key, for format_free()
 * @len: bytes at @data
 * @notice: one line about what else was in the file and is not taken over, or ""
 */
struct format_key {
	uint32_t type;
	uint32_t format;
	uint8_t *data;
	size_t len;
	char notice[FORMAT_NOTICE_MAX];
};

/**
 * typedef format_reader - read a key
 * @data: the file
 * @len: bytes at @data, at most FORMAT_INPUT_MAX
 * @input: what is wanted
 * @key: [out] the key, for format_free(); untouched after an error
 * @err: [out] cause and cure of an error: UKS_E_BAD_MATERIAL, UKS_E_LIBRARY,
 *	UKS_E_NO_MEMORY, or what the passphrase's source says
 *
 * Return: 0 or -1.
 */
typedef int format_reader(const uint8_t *data, size_t len, const struct format_input *input,
			  struct format_key *key, struct uks_err *err);

/**
 * typedef format_writer - write a public key
 * @pkey: the key
 * @comment: its name, for formats that have a place for it
 * @data: where it goes, room for FORMAT_OUTPUT_MAX bytes
 * @len: [out] bytes written
 * @err: [out] cause and cure of an error
 *
 * Return: 0 or -1.
 */
typedef int format_writer(EVP_PKEY *pkey, const char *comment, uint8_t *data, size_t *len,
			  struct uks_err *err);

/**
 * struct format - a format of keys
 * @name: what --format calls it
 * @detect: does the file look like it? NULL: never taken without being named
 * @read: reads a private, public or symmetric key; NULL if it only writes
 * @write: writes a public key; NULL if it only reads
 * @binary: what @write gives is not for the eyes
 */
struct format {
	const char *name;
	bool (*detect)(const uint8_t *data, size_t len);
	format_reader *read;
	format_writer *write;
	bool binary;
};

/* ---- format.c: the table, and what all formats share ---- */

const struct format *format_at(size_t index);
const struct format *format_named(const char *name);
format_reader format_read;
void format_free(struct format_key *key);
int format_fail(struct uks_err *err, const char *text, ...)
	__attribute__((format(printf, 2, 3)));
int format_fail_crypto(struct uks_err *err, const char *what);
int format_fail_memory(struct uks_err *err);
int format_passphrase(const struct format_input *input, char *text, struct uks_err *err);

/* ---- format-key.c: from and to libcrypto's keys ---- */

int format_take_private(EVP_PKEY *pkey, struct format_key *key, struct uks_err *err);
int format_take_public(EVP_PKEY *pkey, struct format_key *key, struct uks_err *err);
int format_take_raw(uint32_t type, const uint8_t *data, size_t len, struct format_key *key,
		    struct uks_err *err);
uint32_t format_type_of(EVP_PKEY *pkey, struct uks_err *err);
EVP_PKEY *format_public_pkey(const uint8_t *spki, size_t len, struct uks_err *err);

/* ---- format-build.c: libcrypto's keys from their parts ---- */

/**
 * struct format_rsa - numbers of an RSA key (RFC 8017, 3)
 * @n: modulus
 * @e: public exponent
 * @d: private exponent, or NULL: the key is public
 * @p: first factor
 * @q: second factor
 * @dp: @d mod @p - 1; if NULL it is computed
 * @dq: @d mod @q - 1; if NULL it is computed
 * @qi: inverse of @q mod @p; if NULL it is computed
 *
 * The numbers belong to the caller.
 */
struct format_rsa {
	BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi;
};

/**
 * struct format_ec - numbers of a key on an elliptic curve
 * @group: libcrypto's name of the curve
 * @point: the public point, uncompressed (SEC 1, 2.3.3)
 * @point_len: bytes at @point
 * @number: the private number, or NULL: the key is public
 */
struct format_ec {
	const char *group;
	const uint8_t *point;
	size_t point_len;
	BIGNUM *number;
};

EVP_PKEY *format_build_rsa(const struct format_rsa *rsa, struct uks_err *err);
EVP_PKEY *format_build_ec(const struct format_ec *ec, struct uks_err *err);
EVP_PKEY *format_build_okp(int nid, const uint8_t *public, size_t public_len,
			   const uint8_t *secret, size_t secret_len, struct uks_err *err);
int format_check(EVP_PKEY *pkey, struct uks_err *err);
void format_rsa_free(struct format_rsa *rsa);

/* ---- one file for each format ---- */

bool format_pem_detect(const uint8_t *data, size_t len);
format_reader format_pem_read;
format_writer format_pem_write;

bool format_der_detect(const uint8_t *data, size_t len);
format_reader format_der_read;
format_reader format_pkcs8_read;
format_reader format_encrypted_read;
format_reader format_spki_read;
format_reader format_certificate_read;
format_writer format_der_write;
bool format_der_whole(const uint8_t *data, size_t len, struct uks_err *err);

bool format_pkcs12_detect(const uint8_t *data, size_t len);
format_reader format_pkcs12_read;

bool format_jwk_detect(const uint8_t *data, size_t len);
format_reader format_jwk_read;
format_writer format_jwk_write;

bool format_openssh_detect(const uint8_t *data, size_t len);
format_reader format_openssh_read;
bool format_openssh_line_detect(const uint8_t *data, size_t len);
format_reader format_openssh_line_read;
format_writer format_openssh_write;

format_reader format_raw_read;

#endif /* UKSCTL_FORMAT_H */
