/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A key of RSA with 2048 bits, made for these tests, which secures nothing: drawing one
 * takes long where a processor is translated.
 */
#ifndef UKS_TESTS_PKCS11_RSA_H
#define UKS_TESTS_PKCS11_RSA_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "pkcs11-test.h"

static const char rsa_pem[] =
	"-----BEGIN RSA PRIVATE KEY-----\n"
	"MIIEowIBAAKCAQEA7DMzTTutNETl08Y9WDkQi0bSRJRNN1iYdjnjjzlyInqydyQx\n"
	"VC3U4/XaHAzKxeSSiLCV/N7EpwhYAc5zZlTs27M5rcTzsY5EkKYKsq+voCf/RgUK\n"
	"4lu/0XiAyMuNgpZqd3z0yA2TQIY4RUfL60YHEn6fKSXRfEUwpnjg03lmzRGYbo3Z\n"
	"B6VXlyfMRS1gfC85z4OnnqKJouPkdzkaKMKPta1CAUMLbMFEXE0xwO5zWDPeIATc\n"
	"TidpmRzAsQ5q2xiEYGFVYcG5gJjY5Tu2FRND0DLc51CetO1Utx2HAoJHWfiKk8GK\n"
	"vyVifFfF7716kkC5BrdM2fHamObnl2/uKKZLmwIDAQABAoIBAA0ORXMq7cd6WXPL\n"
	"vN9QBCyWpQ+6XMxG3uKGD6B+jeL/AjdYrktXXzGciMpNILYwjLL2g8ve6mLLMMYk\n"
	"ybcp0Y/RR8plnQy+7uZJ70RyNpR1MYSGydO6O4+SCBhRPAiwVME3DHa0XWPPJ3QY\n"
	"5FokXEa27ghBuWMTlf1VqCO4TajfCWfla+x8/V9B5/nEfwMtrcs5YAFriLb7F6jv\n"
	"RbpXCFN1PcZGLAirmfLnVmfz84pngGc4UgzAnMK3s2O9obGDfig4yoEK6JZ4iSaj\n"
	"BrV8t7ZVZnkFUlkEAfsK1d1hDdNBB/a/dE9M3OHMl4kKMHslOGMPU+l2DwomzowU\n"
	"uNy420UCgYEA/7yEDonTPmI4/i1X88HulQ2v1+5BMDCQ+PEJWRKqd8pY/vA86lVe\n"
	"Z7TdLb9RPeBy8a5CrC45oV/PW3yEm0ZK5Xbg1UfOGGoi3XLSaT5UANNbtk24t9l2\n"
	"PJ7tr1YJC4JjlWjkGoOw+6ZTB46Sh6UgeYRGXjwhpI1xl7zrArR4hT0CgYEA7HGH\n"
	"fUGUxGvb0FedZj+7yXoM93R8Mbqz+Xq+LU7/+8IWulHwBfcmv8kFSG3auh/fiX3T\n"
	"w/7PCj24zidJS1k3OWFcaF5Chb9ICdnt9SMcUbf3ElvXwsrDGW8EbDSox6PKlJP0\n"
	"ymNw/ycK+WogfQaoo0ZkbPP2IA08X6f4tzKeEbcCgYEApzI56ENlr7CJ8Gv2x7Av\n"
	"6pVTNMpZJkdqUMdNxEV22/CYNL0eJlp/6S+PN1yQofK/U5EJmAZ0uTOpnveOvvG6\n"
	"/8C0B9z1OnMRrlRmilYsl4mXuV2g+dob+lAxt2N5cGPj9YfpMgiNSkmYmSU2Waa0\n"
	"z52SYAPSPwIWlQz3XQJelUUCgYBxqc35X9p1ZmhgSo4nBkJvA5ZSKxQ9D8TPDLt5\n"
	"qn2SeGZWoWciZwKgtbEtdWntib77KJrxoH/FK5C4wdgROc07b1tt7MpL431tBu/G\n"
	"pV9KxYYntDEPukt54Y2dut7cQhfzvwCxfoZmkk1LQ0Jk+Bt/iipi2hCareI1FdmR\n"
	"r+qfFwKBgB4/saOzBtWRcPzd/KqNdY21QBC1V3EBpcszMWOkeZEKqyrkA2i0Pnth\n"
	"WCjvbuBO3ciW/KNnU+iYO3vx9Bqstg14OwILff5NmAcpzyms9xz98/57AXUXLF1+\n"
	"yT0d6O/dztiSEOrz/7psYxJSm8E9LAtV8M47G6OXF4Qu4uDk0Bpc\n"
	"-----END RSA PRIVATE KEY-----\n";

static inline EVP_PKEY *rsa_key(void)
{
	BIO *bio = BIO_new_mem_buf(rsa_pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

static inline void put_number(struct ck_attribute *attribute, ck_attribute_type_t type,
			      const EVP_PKEY *key, const char *name, uint8_t *bytes)
{
	BIGNUM *number = NULL;

	EVP_PKEY_get_bn_param(key, name, &number);
	*attribute = (struct ck_attribute){ type, bytes, BN_bn2bin(number, bytes) };
	BN_clear_free(number);
}

/* Both halves as session objects; the private one for what @usage and @mechanism say. */
static inline ck_rv_t give_rsa(ck_session_handle_t session, ck_attribute_type_t usage,
			       const ck_mechanism_type_t *allowed, ck_object_handle_t *public,
			       ck_object_handle_t *private)
{
	ck_object_class_t class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
	ck_key_type_t type = CKK_RSA;
	uint8_t n[256], e[4], d[256], p[128], q[128];
	struct ck_attribute list[9] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(usage, yes),
	};
	struct ck_attribute public_list[] = {
		ATTR(CKA_CLASS, public_class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VERIFY, yes),
		ATTR(CKA_ENCRYPT, yes), ATTR(CKA_WRAP, yes), ATTR(CKA_VERIFY_RECOVER, yes),
		{ 0 }, { 0 },
	};
	EVP_PKEY *key = rsa_key();
	ck_rv_t rv;

	put_number(&list[3], CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N, n);
	put_number(&list[4], CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E, e);
	put_number(&list[5], CKA_PRIVATE_EXPONENT, key, OSSL_PKEY_PARAM_RSA_D, d);
	put_number(&list[6], CKA_PRIME_1, key, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
	put_number(&list[7], CKA_PRIME_2, key, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	list[8] = (struct ck_attribute){ CKA_ALLOWED_MECHANISMS, (void *)allowed,
					 sizeof(*allowed) };
	EVP_PKEY_free(key);
	public_list[6] = list[3];
	public_list[7] = list[4];
	rv = C_CreateObject(session, public_list, 8, public);
	return rv == CKR_OK ? C_CreateObject(session, list, allowed ? 9 : 8, private) : rv;
}

#endif /* UKS_TESTS_PKCS11_RSA_H */
