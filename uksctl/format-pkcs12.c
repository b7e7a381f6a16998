// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PKCS#12 (RFC 7292): the one private key of a file. Certificates in it are counted,
 * not read, so that those under old ciphers are no obstacle.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "format.h"

/**
 * struct contents - what is found
 * @info: the key, or NULL
 * @keys: how many there are
 * @certificates: those in bags that could be opened
 * @others: other bags
 * @closed: parts that could not be decrypted
 * @passphrase: of the file
 * @passphrase_len: its bytes, or -1: there is none, which is not the same as ""
 */
struct contents {
	PKCS8_PRIV_KEY_INFO *info;
	int keys, certificates, others, closed;
	char passphrase[FORMAT_PASSPHRASE_MAX];
	int passphrase_len;
};

/* SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER ... */
bool format_pkcs12_detect(const uint8_t *data, size_t len)
{
	static const uint8_t version[] = { 2, 1, 3, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED };
	size_t header;

	if (len < 2 || data[0] != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return false;
	header = 2 + (data[1] & 0x80 ? data[1] & 0x7f : 0);
	return header + sizeof(version) <= len &&
	       !memcmp(data + header, version, sizeof(version));
}

static const char *text_of(const struct contents *contents)
{
	return contents->passphrase_len < 0 ? NULL : contents->passphrase;
}

static int len_of(const struct contents *contents)
{
	return contents->passphrase_len < 0 ? 0 : contents->passphrase_len;
}

/* No passphrase, an empty one, or the one that the user knows. */
static int find_passphrase(PKCS12 *p12, const struct format_input *input,
			   struct contents *contents, struct uks_err *err)
{
	contents->passphrase_len = -1;
	if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, NULL, 0))
		return 0;
	contents->passphrase_len = 0;
	if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, "", 0))
		return 0;
	contents->passphrase_len = format_passphrase(input, contents->passphrase, err);
	if (contents->passphrase_len < 0)
		return -1;
	if (!PKCS12_mac_present(p12) ||
	    PKCS12_verify_mac(p12, contents->passphrase, contents->passphrase_len))
		return 0;
	return format_fail_crypto(err, "the passphrase is wrong, or the PKCS#12 file is damaged");
}

static void take_key(struct contents *contents, PKCS8_PRIV_KEY_INFO *info)
{
	contents->keys++;
	if (contents->info)
		PKCS8_PRIV_KEY_INFO_free(info);
	else
		contents->info = info;
}

static int look_at_bags(const STACK_OF(PKCS12_SAFEBAG) *bags, struct contents *contents,
			struct uks_err *err);

static int look_at(const PKCS12_SAFEBAG *bag, struct contents *contents, struct uks_err *err)
{
	PKCS8_PRIV_KEY_INFO *info;

	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
		info = ASN1_item_dup(ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO),
				     PKCS12_SAFEBAG_get0_p8inf(bag));
		break;
	case NID_pkcs8ShroudedKeyBag:
		info = PKCS12_decrypt_skey(bag, text_of(contents), len_of(contents));
		break;
	case NID_certBag:
		contents->certificates++;
		return 0;
	case NID_safeContentsBag:
		return look_at_bags(PKCS12_SAFEBAG_get0_safes(bag), contents, err);
	default:
		contents->others++;
		return 0;
	}
	if (!info)
		return format_fail_crypto(err,
					  "the key in the PKCS#12 file cannot be decrypted: the passphrase is wrong, it is damaged, or of a cipher that libcrypto has not");
	take_key(contents, info);
	return 0;
}

static int look_at_bags(const STACK_OF(PKCS12_SAFEBAG) *bags, struct contents *contents,
			struct uks_err *err)
{
	int i;

	for (i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
		if (look_at(sk_PKCS12_SAFEBAG_value(bags, i), contents, err))
			return -1;
	return 0;
}

static int look_at_safe(PKCS7 *safe, struct contents *contents, struct uks_err *err)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	int ret = 0;

	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (PKCS7_type_is_encrypted(safe))
		bags = PKCS12_unpack_p7encdata(safe, text_of(contents), len_of(contents));
	ERR_clear_error();
	if (bags)
		ret = look_at_bags(bags, contents, err);
	else
		contents->closed++;
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return ret;
}

static int look_at_safes(PKCS12 *p12, struct contents *contents, struct uks_err *err)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	int i, ret = 0;

	if (!safes)
		return format_fail_crypto(err, "the PKCS#12 file is damaged");
	for (i = 0; !ret && i < sk_PKCS7_num(safes); i++)
		ret = look_at_safe(sk_PKCS7_value(safes, i), contents, err);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return ret;
}

static int take(const struct contents *contents, struct format_key *key, struct uks_err *err)
{
	const char *closed = contents->closed ? ", or in a part that cannot be decrypted" : "";
	EVP_PKEY *pkey;
	int ret;

	if (contents->keys > 1)
		return format_fail(err,
				   "the PKCS#12 file holds %d private keys: import each from a file of its own",
				   contents->keys);
	if (!contents->info)
		return format_fail(err, "there is no private key in the PKCS#12 file%s", closed);
	pkey = EVP_PKCS82PKEY(contents->info);
	if (!pkey)
		return format_fail_crypto(err,
					  "the key in the PKCS#12 file is damaged, or of a kind unknown to libcrypto");
	ret = format_take_private(pkey, key, err);
	EVP_PKEY_free(pkey);
	if (!ret && (contents->certificates || contents->others || contents->closed))
		snprintf(key->notice, sizeof(key->notice),
			 "not taken over: %d certificate(s), %d other object(s), %d part(s) that cannot be read, of the same file",
			 contents->certificates, contents->others, contents->closed);
	return ret;
}

int format_pkcs12_read(const uint8_t *data, size_t len, const struct format_input *input,
		       struct format_key *key, struct uks_err *err)
{
	struct contents contents = { 0 };
	const uint8_t *at = data;
	PKCS12 *p12;
	int ret = -1;

	if (!format_der_whole(data, len, err))
		return -1;
	p12 = d2i_PKCS12(NULL, &at, len);
	if (!p12 || at != data + len)
		format_fail_crypto(err, "the PKCS#12 file is damaged");
	else if (!find_passphrase(p12, input, &contents, err) &&
		 !look_at_safes(p12, &contents, err))
		ret = take(&contents, key, err);
	PKCS12_free(p12);
	PKCS8_PRIV_KEY_INFO_free(contents.info);
	OPENSSL_cleanse(&contents, sizeof(contents));
	ERR_clear_error();
	return ret;
}
