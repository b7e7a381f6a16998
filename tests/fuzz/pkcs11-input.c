// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/pkcs11-input.h"

struct fuzz_input fuzz;

/* ---- what the input says ---- */

uint8_t input_byte(void)
{
	if (!fuzz.left)
		return 0;
	fuzz.left--;
	return *fuzz.at++;
}

/* Exactly so long that the sanitizer sees a read or a write behind it. */
void *input_piece(size_t len)
{
	void *mem;

	if (fuzz.piece_count == MOST_PIECES)
		abort();
	mem = malloc(len ? len : 1);
	if (!mem)
		abort();
	fuzz.pieces[fuzz.piece_count++] = mem;
	memset(mem, 0, len);
	return mem;
}

void *input_bytes(size_t len)
{
	uint8_t *mem = input_piece(len);
	size_t i;

	for (i = 0; i < len && fuzz.left; i++)
		mem[i] = input_byte();
	return mem;
}

unsigned long input_length(void)
{
	static const unsigned short lengths[] = {
		0, 1, 7, 8, 12, 13, 15, 16, 17, 20, 24, 28, 31, 32, 33, 48, 64, 66, 96, 128,
		132, 256, 257, 512, 1000, 5000
	};

	return lengths[input_byte() % (sizeof(lengths) / sizeof(*lengths))];
}

ck_session_handle_t input_session(void)
{
	uint8_t which = input_byte();

	return which < 250 ? fuzz.sessions[which % MOST_SESSIONS] : which;
}

ck_object_handle_t input_object(void)
{
	uint8_t which = input_byte();

	return which < 250 && fuzz.object_count ? fuzz.objects[which % fuzz.object_count] : which;
}

void input_remember(ck_object_handle_t handle)
{
	unsigned int i;

	for (i = 0; i < fuzz.object_count; i++)
		if (fuzz.objects[i] == handle)
			return;
	if (fuzz.object_count < MOST_OBJECTS)
		fuzz.objects[fuzz.object_count++] = handle;
}

/* ---- mechanisms ---- */

void *input_data(unsigned long *len)
{
	*len = input_length();
	return input_byte() == 255 ? NULL : input_bytes(*len);
}

static void give(struct ck_mechanism *mechanism, const void *params, size_t len)
{
	mechanism->parameter = input_piece(len);
	mechanism->parameter_len = len;
	memcpy(mechanism->parameter, params, len);
}

static void *keep(const void *value, size_t len)
{
	void *mem;

	if (fuzz.kept_count == MOST_PIECES)
		return NULL;
	mem = malloc(len ? len : 1);
	if (!mem)
		abort();
	fuzz.kept[fuzz.kept_count++] = mem;
	return memcpy(mem, value, len);
}

static void give_aead(struct ck_mechanism *mechanism)
{
	struct ck_gcm_params gcm = { 0 };
	struct ck_ccm_params ccm = { 0 };
	struct ck_salsa20_chacha20_poly1305_params chacha = { 0 };

	switch (mechanism->mechanism) {
	case CKM_AES_GCM:
		gcm.iv_ptr = input_data(&gcm.iv_len);
		/* Where the module draws it, it goes there while the operation lasts. */
		if (gcm.iv_ptr)
			gcm.iv_ptr = keep(gcm.iv_ptr, gcm.iv_len);
		gcm.aad_ptr = input_data(&gcm.aad_len);
		gcm.tag_bits = input_byte();
		give(mechanism, &gcm, sizeof(gcm));
		break;
	case CKM_AES_CCM:
		ccm.data_len = input_length();
		ccm.nonce = input_data(&ccm.nonce_len);
		ccm.aad = input_data(&ccm.aad_len);
		ccm.mac_len = input_byte();
		give(mechanism, &ccm, sizeof(ccm));
		break;
	default:
		chacha.nonce = input_data(&chacha.nonce_len);
		chacha.aad = input_data(&chacha.aad_len);
		give(mechanism, &chacha, sizeof(chacha));
	}
}

static const ck_mechanism_type_t hashes[] = {
	CKM_SHA_1, CKM_SHA224, CKM_SHA256, CKM_SHA384, CKM_SHA512, CKM_SHA3_256, 0, ~0UL
};

static struct ck_rsa_pkcs_oaep_params *oaep(void)
{
	struct ck_rsa_pkcs_oaep_params *params = input_piece(sizeof(*params));

	params->hash_alg = hashes[input_byte() % 8];
	params->mgf = input_byte() % 6;
	params->source = input_byte() % 3;
	params->source_data = input_data(&params->source_data_len);
	return params;
}

static void give_other(struct ck_mechanism *mechanism)
{
	struct ck_rsa_aes_key_wrap_params wrap = { 0 };
	struct ck_ecdh1_derive_params ecdh = { 0 };
	struct ck_hkdf_params hkdf = { 0 };
	void *bytes;

	switch (mechanism->mechanism) {
	case CKM_RSA_PKCS_OAEP:
		give(mechanism, oaep(), sizeof(struct ck_rsa_pkcs_oaep_params));
		break;
	case CKM_RSA_AES_KEY_WRAP:
		wrap.aes_key_bits = input_byte() & 1 ? 256 : input_byte();
		wrap.oaep = input_byte() == 255 ? NULL : oaep();
		give(mechanism, &wrap, sizeof(wrap));
		break;
	case CKM_ECDH1_DERIVE:
		ecdh.kdf = input_byte() % 3;
		ecdh.shared_data = input_byte() & 1 ? NULL : input_data(&ecdh.shared_data_len);
		ecdh.public_data = input_data(&ecdh.public_data_len);
		give(mechanism, &ecdh, sizeof(ecdh));
		break;
	case CKM_HKDF_DERIVE:
		hkdf.extract = input_byte();
		hkdf.expand = input_byte();
		hkdf.prf = hashes[input_byte() % 8];
		hkdf.salt_type = input_byte() % 6;
		hkdf.salt = input_data(&hkdf.salt_len);
		hkdf.info = input_data(&hkdf.info_len);
		hkdf.salt_key = input_object();
		give(mechanism, &hkdf, sizeof(hkdf));
		break;
	default:
		/* No structure with a pointer has such a length, but the one above. */
		bytes = input_bytes(32);
		give(mechanism, bytes, input_byte() & 1 ? 16 : input_byte() % 32);
	}
}

struct ck_mechanism *input_mechanism(void)
{
	static ck_mechanism_type_t known[128];
	static unsigned long count;
	struct ck_mechanism *new = input_piece(sizeof(*new));
	struct ck_rsa_pkcs_pss_params pss;
	struct ck_aes_ctr_params ctr;

	if (!count) {
		count = sizeof(known) / sizeof(*known);
		if (C_GetMechanismList(0, known, &count) != CKR_OK)
			count = 0;
	}
	new->mechanism = count ? known[input_byte() % count] : input_byte();
	switch (input_byte() & 3) {
	case 0:
		return new;
	case 1:
		give_other(new);
		return new;
	}
	switch (new->mechanism) {
	case CKM_AES_GCM:
	case CKM_AES_CCM:
	case CKM_CHACHA20_POLY1305:
		give_aead(new);
		break;
	case CKM_AES_CTR:
		memset(&ctr, 0, sizeof(ctr));
		ctr.counter_bits = input_byte();
		give(new, &ctr, sizeof(ctr));
		break;
	default:
		pss.hash_alg = hashes[input_byte() % 8];
		pss.mgf = input_byte() % 6;
		pss.s_len = input_byte();
		if (input_byte() & 1)
			give(new, &pss, sizeof(pss));
		else
			give_other(new);
	}
	return new;
}

/* ---- templates ---- */

static const ck_attribute_type_t attributes[] = {
	CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_UNIQUE_ID, CKA_APPLICATION, CKA_VALUE,
	CKA_OBJECT_ID, CKA_CERTIFICATE_TYPE, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_TRUSTED,
	CKA_CHECK_VALUE, CKA_KEY_TYPE, CKA_SUBJECT, CKA_ID, CKA_SENSITIVE, CKA_ENCRYPT,
	CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_SIGN_RECOVER, CKA_VERIFY,
	CKA_VERIFY_RECOVER, CKA_DERIVE, CKA_START_DATE, CKA_END_DATE, CKA_MODULUS,
	CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2,
	CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT, CKA_VALUE_LEN, CKA_EXTRACTABLE,
	CKA_LOCAL, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_KEY_GEN_MECHANISM,
	CKA_MODIFIABLE, CKA_EC_PARAMS, CKA_EC_POINT, CKA_ALWAYS_AUTHENTICATE,
	CKA_WRAP_WITH_TRUSTED, CKA_WRAP_TEMPLATE, CKA_ALLOWED_MECHANISMS, 0x17b, 0x17c, ~0UL,
};

static const uint8_t curves[][10] = {
	{ 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 },	/* P-256 */
	{ 6, 5, 0x2b, 0x81, 4, 0, 34 },				/* P-384 */
	{ 6, 3, 0x2b, 0x65, 0x70 },				/* Ed25519 */
	{ 6, 3, 0x2b, 0x65, 0x6e },				/* X25519 */
};

static void fill(struct ck_attribute *one)
{
	const uint8_t *curve;
	unsigned long number;

	one->type = attributes[input_byte() % (sizeof(attributes) / sizeof(*attributes))];
	switch (input_byte() & 7) {
	case 0:
		one->value_len = 1;
		one->value = memset(input_piece(1), input_byte() & 1, 1);
		return;
	case 1:
	case 2:
		number = input_byte();
		one->value_len = sizeof(number);
		one->value = memcpy(input_piece(sizeof(number)), &number, sizeof(number));
		return;
	case 3:
		curve = curves[input_byte() & 3];
		one->value_len = 2 + curve[1];
		one->value = memcpy(input_piece(one->value_len), curve, one->value_len);
		return;
	case 4:
		number = 2048;
		one->value_len = sizeof(number);
		one->value = memcpy(input_piece(sizeof(number)), &number, sizeof(number));
		return;
	case 5:
		one->value_len = input_length();
		return;
	default:
		one->value = input_data(&one->value_len);
	}
}

struct ck_attribute *input_template(unsigned long *count)
{
	struct ck_attribute *list;
	unsigned long i;

	*count = input_byte() % 12;
	list = input_piece(*count * sizeof(*list));
	for (i = 0; i < *count; i++)
		fill(&list[i]);
	return *count || input_byte() != 255 ? list : NULL;
}
