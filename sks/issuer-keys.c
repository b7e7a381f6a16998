// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys and what belongs to them, as the issuer has them made. */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/issuer.h"

#define P256	SKS_URI "ec.nist.p256"

static void put_mac(struct issuer *issuer, const char *label, struct frame *data)
{
	uint8_t mac[32];

	issuer_mac(issuer, label, data, mac);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	frame_free(data);
}

/* What is said of a key's use, in the order of the MAC. */
static void put_use(const struct issuer_key *key, struct frame *to)
{
	frame_number(to, key->caching, 1);
	frame_number(to, key->biometric, 1);
	frame_number(to, key->export, 1);
	frame_number(to, key->deletion, 1);
	frame_number(to, key->usage, 1);
	frame_text(to, key->friendly ? key->friendly : "");
	frame_text(to, key->algorithm ? key->algorithm : P256);
	frame_bytes(to, key->parameters, key->parameters_len);
}

static int count_endorsed(const struct issuer_key *key)
{
	int count = 0;

	while (count < 8 && key->endorsed[count])
		count++;
	return count;
}

static void put_pin(struct issuer *issuer, const struct issuer_key *key, struct frame *to)
{
	if (!key->pin_value)
		return;
	if (key->pin && !key->pin->user_defined)
		issuer_encrypt(issuer, key->pin_value, strlen(key->pin_value), to);
	else
		frame_raw(to, key->pin_value, strlen(key->pin_value));
}

static void put_key(struct issuer *issuer, const struct issuer_key *key, struct frame *data)
{
	const char *entry = key->entry_algorithm ? key->entry_algorithm : SKS_URI_KEY;
	static const uint8_t seed[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	bool maced = key->pin && !key->pin->user_defined;
	struct frame *args = &issuer->args, pin = { };
	int i, endorsed = count_endorsed(key);

	put_pin(issuer, key, &pin);
	frame_number(args, issuer->handle, 4);
	frame_text(args, key->id);
	frame_text(args, entry);
	frame_bytes(args, seed, sizeof(seed));
	frame_number(args, key->device_pin, 1);
	frame_number(args, key->pin ? key->pin->handle : 0, 4);
	frame_bytes(args, pin.bytes, pin.len);
	put_use(key, args);
	frame_number(args, endorsed, 1);
	frame_text(data, key->id);
	frame_text(data, entry);
	frame_bytes(data, seed, sizeof(seed));
	frame_text(data, key->pin ? key->pin->id : "");
	frame_bytes(data, pin.bytes, maced ? pin.len : 0);
	frame_number(data, key->device_pin, 1);
	put_use(key, data);
	for (i = 0; i < endorsed; i++) {
		frame_text(args, key->endorsed[i]);
		frame_text(data, key->endorsed[i]);
	}
	frame_free(&pin);
}

int issuer_create_key(struct issuer *issuer, struct issuer_key *key)
{
	struct frame data = { };
	const uint8_t *bytes;
	uint8_t mac[32], right[32];
	size_t len;

	put_key(issuer, key, &data);
	issuer_mac(issuer, "createKeyEntry", &data, mac);
	frame_free(&data);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	if (issuer_call(issuer, SKS_CREATE_KEY))
		return -1;
	key->handle = reader_number(&issuer->out, 4);
	bytes = reader_bytes(&issuer->out, &len);
	frame_reset(&key->public_key);
	frame_raw(&key->public_key, bytes, len);
	frame_bytes(&data, bytes, len);
	frame_bytes(&data, mac, sizeof(mac));
	issuer_mac(issuer, "DeviceAttestation", &data, right);
	frame_free(&data);
	bytes = reader_bytes(&issuer->out, &len);
	if (len == sizeof(right) && !memcmp(bytes, right, len) && !issuer->out.left)
		return 0;
	issuer->status = -1;
	snprintf(issuer->text, sizeof(issuer->text), "the attestation of the key is wrong");
	return -1;
}

void issuer_certify(struct issuer *issuer, struct issuer_key *key, EVP_PKEY *other)
{
	const uint8_t *at = key->public_key.bytes;
	EVP_PKEY *own = d2i_PUBKEY(NULL, &at, key->public_key.len);

	if (!own)
		errx(1, "the public key of '%s' is malformed", key->id);
	frame_reset(&key->certificate);
	issuer_certificate(issuer->ca, other ? other : own, key->id, &key->certificate);
	EVP_PKEY_free(own);
}

int issuer_set_path(struct issuer *issuer, struct issuer_key *key, bool chain)
{
	struct frame data = { }, issuers = { };

	if (chain)
		issuer_certificate(issuer->ca, issuer->ca, "Issuer", &issuers);
	frame_number(&issuer->args, key->handle, 4);
	frame_number(&issuer->args, chain ? 2 : 1, 1);
	frame_bytes(&data, key->public_key.bytes, key->public_key.len);
	frame_text(&data, key->id);
	frame_bytes(&data, key->certificate.bytes, key->certificate.len);
	frame_bytes(&issuer->args, key->certificate.bytes, key->certificate.len);
	if (chain) {
		frame_bytes(&data, issuers.bytes, issuers.len);
		frame_bytes(&issuer->args, issuers.bytes, issuers.len);
	}
	frame_free(&issuers);
	put_mac(issuer, "setCertificatePath", &data);
	return issuer_call(issuer, SKS_SET_CERTIFICATE_PATH);
}

int issuer_import(struct issuer *issuer, uint8_t method, struct issuer_key *key,
		  const void *bytes, size_t len)
{
	bool symmetric = method == SKS_IMPORT_SYMMETRIC_KEY;
	struct frame data = { }, encrypted = { };

	issuer_encrypt(issuer, bytes, len, &encrypted);
	frame_number(&issuer->args, key->handle, 4);
	frame_bytes(&issuer->args, encrypted.bytes, encrypted.len);
	frame_bytes(&data, key->certificate.bytes, key->certificate.len);
	frame_bytes(&data, encrypted.bytes, encrypted.len);
	put_mac(issuer, symmetric ? "importSymmetricKey" : "importPrivateKey", &data);
	frame_free(&encrypted);
	return issuer_call(issuer, method);
}

int issuer_add_extension(struct issuer *issuer, struct issuer_key *key,
			 const struct issuer_extension *extension)
{
	struct frame data = { }, body = { }, rest = { };

	if (extension->kind == SKS_EXTENSION_ENCRYPTED)
		issuer_encrypt(issuer, extension->data, extension->len, &body);
	else
		frame_raw(&body, extension->data, extension->len);
	frame_text(&rest, extension->type);
	frame_number(&rest, extension->kind, 1);
	frame_text(&rest, extension->qualifier ? extension->qualifier : "");
	frame_blob(&rest, body.bytes, body.len);
	frame_number(&issuer->args, key->handle, 4);
	frame_raw(&issuer->args, rest.bytes, rest.len);
	frame_bytes(&data, key->certificate.bytes, key->certificate.len);
	frame_raw(&data, rest.bytes, rest.len);
	frame_free(&body);
	frame_free(&rest);
	put_mac(issuer, "addExtension", &data);
	return issuer_call(issuer, SKS_ADD_EXTENSION);
}

/* "TargetKeyReference" and the hash of the target's certificate, signed. */
static void authorize(struct issuer *issuer, const struct issuer_key *target,
		      struct frame *signature)
{
	struct frame key = { }, octets = { };

	frame_raw(&key, issuer->key, sizeof(issuer->key));
	if (issuer->privacy)
		frame_raw(&key, "Anonymous", 9);
	else
		frame_raw(&key, issuer->device.bytes, issuer->device.len);
	frame_raw(&octets, "TargetKeyReference", 18);
	issuer_hmac(key.bytes, key.len, &target->certificate, frame_reserve(&octets, 32));
	issuer_sign(issuer->kmk, &octets, signature);
	frame_free(&key);
	frame_free(&octets);
}

int issuer_post(struct issuer *issuer, uint8_t method, struct issuer_key *new,
		const struct issuer_key *target)
{
	static const char * const labels[] = {
		"postDeleteKey", "postUnlockKey", "postUpdateKey", "postCloneKeyProtection",
	};
	struct frame data = { }, authorization = { };

	authorize(issuer, target, &authorization);
	frame_number(&issuer->args, new ? new->handle : issuer->handle, 4);
	frame_number(&issuer->args, target->handle, 4);
	frame_bytes(&issuer->args, authorization.bytes, authorization.len);
	if (new)
		frame_bytes(&data, new->certificate.bytes, new->certificate.len);
	frame_bytes(&data, authorization.bytes, authorization.len);
	frame_free(&authorization);
	put_mac(issuer, labels[method - SKS_POST_DELETE], &data);
	return issuer_call(issuer, method);
}

int issuer_roll_over(struct issuer *issuer, EVP_PKEY *new)
{
	struct frame octets = { }, spki = { }, signature = { };

	issuer_spki(new, &spki);
	frame_raw(&octets, "RollOverAuthorization", 21);
	frame_raw(&octets, spki.bytes, spki.len);
	issuer_sign(issuer->kmk, &octets, &signature);
	frame_number(&issuer->args, issuer->handle, 4);
	frame_bytes(&issuer->args, spki.bytes, spki.len);
	frame_bytes(&issuer->args, signature.bytes, signature.len);
	frame_free(&octets);
	frame_free(&spki);
	frame_free(&signature);
	return issuer_call(issuer, SKS_UPDATE_KMK);
}
