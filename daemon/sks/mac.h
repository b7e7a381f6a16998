/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cryptography of a provisioning session (SKS 1.07, "Provisioning session key"):
 * its key, the MACs that roll with it, and what is encrypted under it.
 */
#ifndef UKSD_SKS_MAC_H
#define UKSD_SKS_MAC_H

#include <sodium.h>

#include "daemon/sks/wire.h"
#include "include/uks/sks.h"

#define SKS_KEY_LEN	32	/* of a session key */
#define SKS_Z_MAX	66	/* x coordinate on P-521 */
#define SKS_SPKI_MAX	1024	/* of keys of sessions, and of generated keys */

/* What is being MACed; everything as the byte strings of SKS have it. */
struct sks_mac {
	crypto_auth_hmacsha256_state state;
};

/**
 * sks_hmac_begin() - begin HMAC-SHA256 under a key of any length
 * @mac: what is begun
 * @key: the key
 * @len: bytes of it
 */
void sks_hmac_begin(struct sks_mac *mac, const void *key, size_t len);

/**
 * sks_mac_begin() - begin a MAC of a session
 * @mac: what is begun
 * @key: the session's key
 * @label: which MAC it is: the method's name, or "DeviceAttestation"
 * @counter: how many were before
 *
 * HMAC-SHA256 under key, label and counter, one after another.
 */
void sks_mac_begin(struct sks_mac *mac, const uint8_t *key, const char *label,
		   uint16_t counter);

void sks_mac_raw(struct sks_mac *mac, const void *bytes, size_t len);
void sks_mac_number(struct sks_mac *mac, uint32_t number, int bytes);
void sks_mac_bytes(struct sks_mac *mac, const void *bytes, size_t len);
void sks_mac_blob(struct sks_mac *mac, const void *bytes, size_t len);
void sks_mac_string(struct sks_mac *mac, const char *text);

/** sks_mac_end() - the MAC, SKS_MAC_LEN bytes; @mac is wiped */
void sks_mac_end(struct sks_mac *mac, uint8_t *value);

/**
 * struct sks_parties - what a session key is bound to
 * @client_id: the store's name for the session
 * @server_id: the issuer's
 * @issuer: URI of the issuer
 * @device: certificate of the device, or "Anonymous"
 */
struct sks_parties {
	const char *client_id;
	const char *server_id;
	const char *issuer;
	struct sks_bytes device;
};

/**
 * sks_session_key() - the key of a session
 * @z: what was agreed upon, the x coordinate
 * @parties: who
 * @key: receives SKS_KEY_LEN bytes
 *
 * HMAC-SHA256 under Z of the four, each with its length.
 */
void sks_session_key(const struct sks_bytes *z, const struct sks_parties *parties,
		     uint8_t *key);

/**
 * struct sks_attested - what a session's attestation is about, beside its parties
 * @privacy: the device stays unknown
 * @server_key: ephemeral key of the issuer
 * @client_key: of the store
 * @kmk: the key management key, or nothing
 * @client_time: seconds since 1970-01-01 UTC
 * @lifetime: seconds
 * @limit: how often the session's key may be used
 * @certificate: the issuer's
 */
struct sks_attested {
	bool privacy;
	struct sks_bytes server_key;
	struct sks_bytes client_key;
	struct sks_bytes kmk;
	uint32_t client_time;
	uint16_t lifetime;
	uint16_t limit;
	struct sks_bytes certificate;
};

/** sks_attestation() - write the octets that a session's attestation signs */
void sks_attestation(const struct sks_parties *parties, const struct sks_attested *attested,
		     struct sks_out *out);

/**
 * sks_decrypt() - decrypt what the issuer encrypted under a session's key
 * @key: the session's key
 * @from: initial vector and ciphertext: AES-256-CBC, PKCS #7, under
 *	HMAC-SHA256(session key, "EncryptionKey")
 * @to: receives the plaintext: room for as many bytes as there are at @from
 * @len: receives its length
 *
 * Return: 0, or -1 when it cannot be decrypted.
 */
int sks_decrypt(const uint8_t *key, const struct sks_bytes *from, uint8_t *to, size_t *len);

/**
 * sks_agree() - agree on a session's secret
 * @peer: SubjectPublicKeyInfo of the issuer's ephemeral key
 * @spki: receives that of an ephemeral key on the same curve, SKS_SPKI_MAX bytes
 * @spki_len: receives its length
 * @z: receives what was agreed upon, SKS_Z_MAX bytes
 * @z_len: receives its length
 *
 * Return: 0, or -1 when the issuer's is no strictly encoded key on P-256, P-384 or
 * P-521.
 */
int sks_agree(const struct sks_bytes *peer, uint8_t *spki, size_t *spki_len, uint8_t *z,
	      size_t *z_len);

#endif /* UKSD_SKS_MAC_H */
