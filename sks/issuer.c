// SPDX-License-Identifier: LGPL-2.1-or-later
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/issuer.h"

#define DEFAULT_LIMIT		1000
#define DEFAULT_LIFETIME	10000

void issuer_init(struct issuer *issuer, issuer_transport transport, void *context)
{
	*issuer = (struct issuer){
		.transport = transport, .context = context, .flip = -1, .curve = "P-256",
		.limit = DEFAULT_LIMIT, .lifetime = DEFAULT_LIFETIME,
		.uri = "http://issuer.example.com/provsess", .ca = EVP_EC_gen("P-256"),
	};
	if (!issuer->ca)
		errx(1, "cannot make the issuer's key");
}

void issuer_exit(struct issuer *issuer)
{
	frame_free(&issuer->args);
	frame_free(&issuer->answer);
	frame_free(&issuer->device);
	frame_free(&issuer->maker);
	EVP_PKEY_free(issuer->ca);
	explicit_bzero(issuer->key, sizeof(issuer->key));
}

void issuer_key_free(struct issuer_key *key)
{
	frame_free(&key->public_key);
	frame_free(&key->certificate);
}

static int fail(struct issuer *issuer, const char *text)
{
	issuer->status = -1;
	snprintf(issuer->text, sizeof(issuer->text), "%s", text);
	return -1;
}

int issuer_call(struct issuer *issuer, uint8_t method)
{
	int ret;

	if (issuer->flip < -1)
		issuer->flip += 8 * issuer->args.len + 1;
	if (issuer->flip >= 0 && (size_t)issuer->flip / 8 < issuer->args.len)
		issuer->args.bytes[issuer->flip / 8] ^= 1 << issuer->flip % 8;
	issuer->flip = -1;
	frame_reset(&issuer->answer);
	*issuer->text = 0;
	ret = issuer->transport(issuer->context, method, &issuer->args, &issuer->answer);
	frame_reset(&issuer->args);
	if (ret)
		return fail(issuer, "the device cannot be reached");
	issuer->out = (struct reader){ .at = issuer->answer.bytes, .left = issuer->answer.len };
	issuer->status = reader_number(&issuer->out, 1);
	if (issuer->status)
		reader_text(&issuer->out, issuer->text, sizeof(issuer->text));
	return issuer->status || issuer->out.bad ? -1 : 0;
}

int issuer_info(struct issuer *issuer)
{
	const uint8_t *certificate;
	char text[1024];
	int i, count;
	size_t len;

	if (issuer_call(issuer, SKS_GET_DEVICE_INFO))
		return -1;
	reader_number(&issuer->out, 3);
	reader_text(&issuer->out, text, sizeof(text));
	reader_text(&issuer->out, text, sizeof(text));
	reader_text(&issuer->out, text, sizeof(text));
	count = reader_number(&issuer->out, 1);
	if (!count)
		return fail(issuer, "the device has no certificate");
	frame_reset(&issuer->device);
	frame_reset(&issuer->maker);
	for (i = 0; i < count; i++) {
		certificate = reader_bytes(&issuer->out, &len);
		frame_raw(i ? &issuer->maker : &issuer->device, certificate, len);
	}
	return issuer->out.bad ? fail(issuer, "the answer is malformed") : 0;
}

static void put_parties(const struct issuer *issuer, struct frame *to)
{
	frame_text(to, issuer->client_id);
	frame_text(to, issuer->server_id);
	frame_text(to, issuer->uri);
	if (issuer->privacy)
		frame_text(to, "Anonymous");
	else
		frame_bytes(to, issuer->device.bytes, issuer->device.len);
}

/* What both sides know of a session that is being opened. */
struct opening {
	EVP_PKEY *ephemeral;
	struct frame own;
	struct frame kmk;
	uint32_t time;
};

static void put_opening(struct issuer *issuer, struct opening *opening)
{
	struct frame *args = &issuer->args;

	frame_text(args, SKS_URI_SESSION);
	frame_number(args, issuer->privacy, 1);
	frame_text(args, issuer->server_id);
	frame_bytes(args, opening->own.bytes, opening->own.len);
	frame_text(args, issuer->uri);
	frame_bytes(args, opening->kmk.bytes, opening->kmk.len);
	frame_number(args, opening->time, 4);
	frame_number(args, issuer->lifetime, 2);
	frame_number(args, issuer->limit, 2);
	frame_bytes(args, "\1\2\3", 3);
}

static void put_attested(struct issuer *issuer, struct opening *opening, const uint8_t *theirs,
			 size_t len, struct frame *to)
{
	put_parties(issuer, to);
	frame_text(to, SKS_URI_SESSION);
	frame_number(to, issuer->privacy, 1);
	frame_bytes(to, opening->own.bytes, opening->own.len);
	frame_bytes(to, theirs, len);
	frame_bytes(to, opening->kmk.bytes, opening->kmk.len);
	frame_number(to, opening->time, 4);
	frame_number(to, issuer->lifetime, 2);
	frame_number(to, issuer->limit, 2);
	frame_bytes(to, "\1\2\3", 3);
}

static bool is_attested(struct issuer *issuer, const struct frame *octets,
			const uint8_t *attestation, size_t len)
{
	uint8_t mac[32];

	if (!issuer->privacy)
		return issuer_verify(&issuer->device, octets, attestation, len);
	issuer_hmac(issuer->key, sizeof(issuer->key), octets, mac);
	return len == sizeof(mac) && !memcmp(mac, attestation, len);
}

static int establish(struct issuer *issuer, struct opening *opening)
{
	struct frame z = { }, parties = { }, octets = { };
	const uint8_t *theirs, *attestation;
	size_t len, attestation_len;
	int ret = -1;

	reader_text(&issuer->out, issuer->client_id, sizeof(issuer->client_id));
	theirs = reader_bytes(&issuer->out, &len);
	attestation = reader_bytes(&issuer->out, &attestation_len);
	issuer->handle = reader_number(&issuer->out, 4);
	issuer->counter = 0;
	if (issuer->out.bad || !issuer->handle ||
	    issuer_agree(opening->ephemeral, theirs, len, &z))
		return fail(issuer, "the answer is malformed");
	put_parties(issuer, &parties);
	issuer_hmac(z.bytes, z.len, &parties, issuer->key);
	put_attested(issuer, opening, theirs, len, &octets);
	if (is_attested(issuer, &octets, attestation, attestation_len))
		ret = 0;
	else
		fail(issuer, "the attestation of the session is wrong");
	frame_free(&z);
	frame_free(&parties);
	frame_free(&octets);
	return ret;
}

int issuer_open(struct issuer *issuer)
{
	struct opening opening = { .time = time(NULL) };
	uint8_t random[8];
	int ret = -1;

	if (!issuer->privacy && !issuer->device.len && issuer_info(issuer))
		return -1;
	if (RAND_bytes(random, sizeof(random)) != 1)
		errx(1, "no random bytes");
	snprintf(issuer->server_id, sizeof(issuer->server_id), "S-%02x%02x%02x%02x%02x%02x",
		 random[0], random[1], random[2], random[3], random[4], random[5]);
	opening.ephemeral = EVP_EC_gen(issuer->curve);
	if (!opening.ephemeral)
		errx(1, "cannot make a key on %s", issuer->curve);
	issuer_spki(opening.ephemeral, &opening.own);
	if (issuer->kmk)
		issuer_spki(issuer->kmk, &opening.kmk);
	put_opening(issuer, &opening);
	if (!issuer_call(issuer, SKS_CREATE_SESSION))
		ret = establish(issuer, &opening);
	EVP_PKEY_free(opening.ephemeral);
	frame_free(&opening.own);
	frame_free(&opening.kmk);
	return ret;
}

/* The next MAC of what is in @data, as the last argument. */
static void put_mac(struct issuer *issuer, const char *label, struct frame *data)
{
	uint8_t mac[32];

	issuer_mac(issuer, label, data, mac);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	frame_free(data);
}

static int check_attestation(struct issuer *issuer, struct frame *data)
{
	const uint8_t *attestation;
	uint8_t mac[32];
	size_t len;

	attestation = reader_bytes(&issuer->out, &len);
	issuer_mac(issuer, "DeviceAttestation", data, mac);
	frame_free(data);
	if (len == sizeof(mac) && !memcmp(mac, attestation, len))
		return 0;
	return fail(issuer, "the attestation of the device is wrong");
}

int issuer_close(struct issuer *issuer)
{
	struct frame data = { };
	uint8_t nonce[32];

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		errx(1, "no random bytes");
	frame_number(&issuer->args, issuer->handle, 4);
	frame_bytes(&issuer->args, nonce, sizeof(nonce));
	frame_text(&data, issuer->client_id);
	frame_text(&data, issuer->server_id);
	frame_text(&data, issuer->uri);
	frame_bytes(&data, nonce, sizeof(nonce));
	put_mac(issuer, "closeProvisioningSession", &data);
	if (issuer_call(issuer, SKS_CLOSE_SESSION))
		return -1;
	frame_bytes(&data, nonce, sizeof(nonce));
	return check_attestation(issuer, &data);
}

int issuer_abort(struct issuer *issuer)
{
	frame_number(&issuer->args, issuer->handle, 4);
	return issuer_call(issuer, SKS_ABORT_SESSION);
}

int issuer_create_puk(struct issuer *issuer, struct issuer_puk *puk)
{
	struct frame encrypted = { }, data = { };

	issuer_encrypt(issuer, puk->value, puk->len, &encrypted);
	frame_text(&data, puk->id);
	frame_bytes(&data, encrypted.bytes, encrypted.len);
	frame_number(&data, puk->format, 1);
	frame_number(&data, puk->limit, 2);
	frame_number(&issuer->args, issuer->handle, 4);
	frame_raw(&issuer->args, data.bytes, data.len);
	put_mac(issuer, "createPUKPolicy", &data);
	frame_free(&encrypted);
	if (issuer_call(issuer, SKS_CREATE_PUK_POLICY))
		return -1;
	puk->handle = reader_number(&issuer->out, 4);
	return 0;
}

int issuer_create_pin(struct issuer *issuer, struct issuer_pin *pin)
{
	struct frame rest = { }, data = { };

	frame_number(&rest, pin->user_defined, 1);
	frame_number(&rest, !pin->fixed, 1);
	frame_number(&rest, pin->format, 1);
	frame_number(&rest, pin->limit, 2);
	frame_number(&rest, pin->grouping, 1);
	frame_number(&rest, pin->patterns, 1);
	frame_number(&rest, pin->min, 2);
	frame_number(&rest, pin->max, 2);
	frame_number(&rest, pin->input, 1);
	frame_number(&issuer->args, issuer->handle, 4);
	frame_text(&issuer->args, pin->id);
	frame_number(&issuer->args, pin->puk ? pin->puk->handle : 0, 4);
	frame_raw(&issuer->args, rest.bytes, rest.len);
	frame_text(&data, pin->id);
	frame_text(&data, pin->puk ? pin->puk->id : "");
	frame_raw(&data, rest.bytes, rest.len);
	frame_free(&rest);
	put_mac(issuer, "createPINPolicy", &data);
	if (issuer_call(issuer, SKS_CREATE_PIN_POLICY))
		return -1;
	pin->handle = reader_number(&issuer->out, 4);
	return 0;
}
