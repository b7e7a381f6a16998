// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * CKA_CHECK_VALUE, as PKCS #11 v3.0, 4.10.2, makes it: the first 3 bytes of a block of
 * zeros encrypted with the key, or of the SHA-1 of a key that encrypts no blocks. UKS'
 * own check value is another one, which only UKS can make.
 */
#include <string.h>
#include <openssl/evp.h>

#include "key.h"
#include "p11.h"

#define BLOCK	16

bool key_check_of_value(ck_key_type_t type, const void *value, size_t len, uint8_t *check)
{
	static const uint8_t zeros[BLOCK];
	static const char * const names[] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" };
	uint8_t out[2 * BLOCK];
	unsigned int digest_len;
	EVP_CIPHER_CTX *context;
	EVP_CIPHER *cipher;
	bool done;
	int got;

	if (type != CKK_AES) {
		done = EVP_Digest(value, len, out, &digest_len, EVP_sha1(), NULL) == 1;
		memcpy(check, out, CHECK_LEN);
		return done;
	}
	if (len != 16 && len != 24 && len != 32)
		return false;
	cipher = EVP_CIPHER_fetch(NULL, names[len / 8 - 2], NULL);
	context = EVP_CIPHER_CTX_new();
	done = cipher && context && EVP_EncryptInit_ex2(context, cipher, value, NULL, NULL) == 1 &&
	       EVP_EncryptUpdate(context, out, &got, zeros, BLOCK) == 1 && got == BLOCK;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	memcpy(check, out, CHECK_LEN);
	return done;
}

/* CBC of one block with a vector of zeros is that block encrypted. */
static bool ask(const struct object *object, uint8_t *check)
{
	struct wanted wanted = {
		.purpose = UKS_PURPOSE_ENCRYPT, .algorithm = UKS_ALG_AES_CBC,
	};
	struct uks_aead aead = { .flags = UKS_CIPHER_CALLER_NONCE };
	uint8_t block[BLOCK] = { 0 }, out[BLOCK];
	size_t len = sizeof(out);
	struct use *use;
	int ret;

	memcpy(wanted.id, object->id, sizeof(wanted.id));
	if (use_open(&wanted, &use))
		return false;
	ret = uks_encrypt(use->session, &aead, block, sizeof(block), out, &len, NULL);
	use_drop(use);
	memcpy(check, out, CHECK_LEN);
	return !ret && len == BLOCK;
}

void key_learn_check(struct object *object)
{
	const struct ck_attribute *value = bag_find(&object->bag, CKA_VALUE);
	uint8_t check[CHECK_LEN];
	bool known;

	if (object->class != CKO_SECRET_KEY || object->check_known ||
	    bag_find(&object->bag, CKA_CHECK_VALUE))
		return;
	object->check_known = true;
	if (value)
		known = key_check_of_value(bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_AES),
					   value->value, value->value_len, check);
	else
		known = object->in_uks && object->may_check &&
			object->purposes & UKS_PURPOSE_ENCRYPT &&
			bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_RSA) == CKK_AES &&
			ask(object, check);
	if (known)
		bag_put(&object->bag, CKA_CHECK_VALUE, check, sizeof(check));
}
