// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/sks/algorithm.h"

#define D	"http://www.w3.org/2001/04/xmldsig-more#"
#define X	"http://www.w3.org/2001/04/xmlenc#"
#define OLD	"http://www.w3.org/2000/09/xmldsig#"
#define W	SKS_URI

#define SIGN(n, u, r, d, a) \
	{ .number = n, .does = SKS_DOES_SIGN, .uri = u, .rsa = r, .digest = d, .algorithm = a }
#define HMAC(n, u, d) \
	{ .number = n, .does = SKS_DOES_HMAC, .uri = u, .digest = d, .algorithm = UKS_ALG_HMAC }
#define AES(n, u, l, m, a) \
	{ .number = n, .does = SKS_DOES_AES, .uri = u, .key_len = l, .aes = m, .algorithm = a }
#define MAKE(n, u, t, e) \
	{ .number = n, .does = SKS_DOES_MAKE, .uri = u, .type = t, .exponent = e }
#define DECRYPT(n, u, d, a) \
	{ .number = n, .does = SKS_DOES_DECRYPT, .uri = u, .digest = d, .algorithm = a }

static const struct sks_algorithm table[] = {
	AES(1, X "aes128-cbc", 16, SKS_AES_CBC_INSIDE, UKS_ALG_AES_CBC_PKCS7),
	AES(2, X "aes192-cbc", 24, SKS_AES_CBC_INSIDE, UKS_ALG_AES_CBC_PKCS7),
	AES(3, X "aes256-cbc", 32, SKS_AES_CBC_INSIDE, UKS_ALG_AES_CBC_PKCS7),
	AES(4, W "aes.ecb.nopad", 0, SKS_AES_ECB, UKS_ALG_AES_ECB),
	AES(5, W "aes.cbc", 0, SKS_AES_CBC, UKS_ALG_AES_CBC_PKCS7),
	HMAC(6, OLD "hmac-sha1", UKS_DIGEST_SHA1),
	HMAC(7, D "hmac-sha256", UKS_DIGEST_SHA256),
	HMAC(8, D "hmac-sha384", UKS_DIGEST_SHA384),
	HMAC(9, D "hmac-sha512", UKS_DIGEST_SHA512),
	DECRYPT(10, W "rsa.es.pkcs1_5", 0, UKS_ALG_RSA_PKCS1_CRYPT),
	DECRYPT(11, W "rsa.oaep.sha1", UKS_DIGEST_SHA1, UKS_ALG_RSA_OAEP),
	DECRYPT(12, W "rsa.oaep.sha256", UKS_DIGEST_SHA256, UKS_ALG_RSA_OAEP),
	{ .number = 13, .does = SKS_DOES_AGREE, .uri = W "ecdh.raw", .algorithm = UKS_ALG_ECDH },
	SIGN(14, D "rsa-sha256", true, UKS_DIGEST_SHA256, UKS_ALG_RSA_PKCS1),
	SIGN(15, D "rsa-sha384", true, UKS_DIGEST_SHA384, UKS_ALG_RSA_PKCS1),
	SIGN(16, D "rsa-sha512", true, UKS_DIGEST_SHA512, UKS_ALG_RSA_PKCS1),
	SIGN(17, D "ecdsa-sha256", false, UKS_DIGEST_SHA256, UKS_ALG_ECDSA),
	SIGN(18, D "ecdsa-sha384", false, UKS_DIGEST_SHA384, UKS_ALG_ECDSA),
	SIGN(19, D "ecdsa-sha512", false, UKS_DIGEST_SHA512, UKS_ALG_ECDSA),
	SIGN(20, W "rsa.pkcs1.none", true, UKS_DIGEST_GIVEN, UKS_ALG_RSA_PKCS1),
	SIGN(21, W "ecdsa.none", false, UKS_DIGEST_GIVEN, UKS_ALG_ECDSA),
	MAKE(22, W "rsa1024", UKS_KEY_RSA_1024, false),
	MAKE(23, W "rsa2048", UKS_KEY_RSA_2048, false),
	MAKE(24, W "rsa3072", UKS_KEY_RSA_3072, false),
	MAKE(25, W "rsa4096", UKS_KEY_RSA_4096, false),
	MAKE(26, W "rsa1024.exp", UKS_KEY_RSA_1024, true),
	MAKE(27, W "rsa2048.exp", UKS_KEY_RSA_2048, true),
	MAKE(28, W "rsa3072.exp", UKS_KEY_RSA_3072, true),
	MAKE(29, W "rsa4096.exp", UKS_KEY_RSA_4096, true),
	MAKE(30, W "ec.nist.p256", UKS_KEY_EC_P256, false),
	MAKE(31, W "ec.nist.p384", UKS_KEY_EC_P384, false),
	MAKE(32, W "ec.nist.p521", UKS_KEY_EC_P521, false),
	{ .number = 33, .does = SKS_DOES_OTHER, .uri = SKS_URI_SESSION },
	{ .number = 34, .does = SKS_DOES_OTHER, .uri = SKS_URI_KEY },
	{ .number = 35, .does = SKS_DOES_NOTHING, .uri = SKS_URI_NONE },
};

#define COUNT	(sizeof(table) / sizeof(*table))

const struct sks_algorithm *sks_algorithms(size_t *count)
{
	*count = COUNT;
	return table;
}

const struct sks_algorithm *sks_algorithm_by_uri(const struct sks_bytes *uri)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (sks_is(uri, table[i].uri))
			return &table[i];
	return NULL;
}

const struct sks_algorithm *sks_algorithm_by_number(uint8_t number)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (table[i].number == number)
			return &table[i];
	return NULL;
}

bool sks_is_rsa(const struct sks_key *key)
{
	return !key->symmetric && UKS_RSA & UKS_BIT(key->type);
}

bool sks_algorithm_fits(const struct sks_algorithm *algorithm, const struct sks_key *key)
{
	bool secret = key->symmetric, rsa = sks_is_rsa(key);

	switch (algorithm->does) {
	case SKS_DOES_NOTHING:
		return true;
	case SKS_DOES_SIGN:
		return !secret && algorithm->rsa == rsa;
	case SKS_DOES_DECRYPT:
		return rsa;
	case SKS_DOES_AGREE:
		return !secret && !rsa;
	case SKS_DOES_HMAC:
		return secret;
	case SKS_DOES_AES:
		if (algorithm->key_len)
			return key->symmetric == algorithm->key_len;
		return key->symmetric == 16 || key->symmetric == 24 || key->symmetric == 32;
	default:
		return false;
	}
}

bool sks_is_locked(const struct sks_key *key)
{
	const struct sks_algorithm *algorithm;

	if (key->endorsed_count != 1)
		return false;
	algorithm = sks_algorithm_by_number(key->endorsed[0]);
	return !algorithm || algorithm->does == SKS_DOES_NOTHING;
}
