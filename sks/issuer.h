/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The issuer's side of SKS 1.07, for tests and demonstration: it computes everything
 * itself, by OpenSSL, and believes nothing that the device says before it was proven.
 */
#ifndef SKS_ISSUER_H
#define SKS_ISSUER_H

#include <openssl/evp.h>

#include "include/uks/sks.h"
#include "sks/frame.h"

/*
 * Calls a method: @args are its arguments; the answer (status, outputs) is appended to
 * @answer. 0, or -1 when the device cannot be reached.
 */
typedef int (*issuer_transport)(void *context, uint8_t method, const struct frame *args,
				struct frame *answer);

#define ISSUER_FLIP_FROM_END(n)	(-2 - (long)(n))	/* 0 is the last bit */

/**
 * struct issuer - an issuer, and its session with a device
 * @transport: the way to the device
 * @context: first argument of @transport
 * @args: arguments of the next call
 * @answer: the last answer
 * @out: its outputs, from where they were read
 * @status: its status, enum sks_status; -1 when there was none
 * @text: what the device said beside
 * @flip: which bit of the next call's arguments to flip, or ISSUER_FLIP_FROM_END();
 *	or -1
 * @ca: the key that certifies others
 * @kmk: the key management key, or NULL
 * @privacy: the device stays unknown
 * @curve: of ephemeral keys, as OpenSSL calls it
 * @limit: how often the session's key may be used
 * @lifetime: of sessions, seconds
 * @uri: the issuer's
 * @device: certificate of the device, DER
 * @maker: those of who vouches for it, DER, one after the other
 * @key: the session's key
 * @counter: MACs so far
 * @handle: the session's
 * @client_id: the device's name for the session
 * @server_id: the issuer's
 */
struct issuer {
	issuer_transport transport;
	void *context;
	struct frame args;
	struct frame answer;
	struct reader out;
	int status;
	char text[SKS_TEXT_MAX + 1];
	long flip;
	EVP_PKEY *ca;
	EVP_PKEY *kmk;
	bool privacy;
	const char *curve;
	uint16_t limit;
	uint16_t lifetime;
	const char *uri;
	struct frame device;
	struct frame maker;
	uint8_t key[32];
	uint16_t counter;
	uint32_t handle;
	char client_id[SKS_ID_MAX + 1];
	char server_id[SKS_ID_MAX + 1];
};

/* Functions return 0, or -1: status and text say why. */

/** issuer_init() - an issuer with a new key of its own, and usual choices */
void issuer_init(struct issuer *issuer, issuer_transport transport, void *context);
void issuer_exit(struct issuer *issuer);

/** issuer_call() - call a method with what is in @args; they are gone afterwards */
int issuer_call(struct issuer *issuer, uint8_t method);

/** issuer_info() - ask for the device's certificate */
int issuer_info(struct issuer *issuer);

/** issuer_open() - open a session and verify its attestation */
int issuer_open(struct issuer *issuer);

/** issuer_close() - close it and verify the device's attestation */
int issuer_close(struct issuer *issuer);

/** issuer_abort() - abort it */
int issuer_abort(struct issuer *issuer);

/** struct issuer_puk - a PUK policy to be made; @handle receives its handle */
struct issuer_puk {
	const char *id;
	const void *value;
	size_t len;
	uint8_t format;
	uint16_t limit;
	uint32_t handle;
};

int issuer_create_puk(struct issuer *issuer, struct issuer_puk *puk);

/** struct issuer_pin - a PIN policy to be made; @handle receives its handle */
struct issuer_pin {
	const char *id;
	const struct issuer_puk *puk;
	bool user_defined;
	bool fixed;		/* the user cannot modify it */
	uint8_t format;
	uint16_t limit;
	uint8_t grouping;
	uint8_t patterns;
	uint16_t min;
	uint16_t max;
	uint8_t input;
	uint32_t handle;
};

int issuer_create_pin(struct issuer *issuer, struct issuer_pin *pin);

/** struct issuer_key - a key to be made; from @handle on: what came of it */
struct issuer_key {
	const char *id;
	const char *algorithm;		/* URI; NULL is P-256 */
	const void *parameters;
	size_t parameters_len;
	const struct issuer_pin *pin;
	const char *pin_value;
	const char *entry_algorithm;	/* NULL is the right one */
	bool device_pin;
	bool caching;
	uint8_t biometric;
	uint8_t export;
	uint8_t deletion;
	uint8_t usage;
	const char *friendly;
	const char *endorsed[8];	/* URIs, NULL after the last */

	uint32_t handle;
	struct frame public_key;	/* SubjectPublicKeyInfo */
	struct frame certificate;	/* once it is certified */
};

/** issuer_create_key() - have a key made and verify its attestation */
int issuer_create_key(struct issuer *issuer, struct issuer_key *key);

/** issuer_certify() - make a certificate of a public key; NULL: the key's own */
void issuer_certify(struct issuer *issuer, struct issuer_key *key, EVP_PKEY *other);

/** issuer_set_path() - give the key its certificate, and the issuer's if @chain */
int issuer_set_path(struct issuer *issuer, struct issuer_key *key, bool chain);

/** issuer_import() - bring the key's secret (@method SKS_IMPORT_SYMMETRIC_KEY) or PKCS #8 */
int issuer_import(struct issuer *issuer, uint8_t method, struct issuer_key *key,
		  const void *bytes, size_t len);

/** struct issuer_extension - an extension to be added */
struct issuer_extension {
	const char *type;
	uint8_t kind;
	const char *qualifier;
	const void *data;
	size_t len;
};

int issuer_add_extension(struct issuer *issuer, struct issuer_key *key,
			 const struct issuer_extension *extension);

/** issuer_post() - delete, unlock, update or clone @target, signed by the KMK */
int issuer_post(struct issuer *issuer, uint8_t method, struct issuer_key *new,
		const struct issuer_key *target);

/** issuer_roll_over() - replace the KMK of a closed session */
int issuer_roll_over(struct issuer *issuer, EVP_PKEY *new);

void issuer_key_free(struct issuer_key *key);

#endif /* SKS_ISSUER_H */
