/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's key and certificates, and signatures of issuers. */
#ifndef UKSD_SKS_DEVICE_H
#define UKSD_SKS_DEVICE_H

#include "daemon/sks/sks.h"

#define SKS_DEVICE_MAX	STORE_META_MAX	/* bytes of the device's certificate */

/* What the attestation in the device's certificate answers. */
#define SKS_DEVICE_CHALLENGE	"UKS SKS device"

/**
 * struct sks_chain - the certificate of the device, and of who signed that
 * @device: DER, in @room
 * @issuer: the same
 * @room: for both
 */
struct sks_chain {
	struct sks_bytes device;
	struct sks_bytes issuer;
	uint8_t room[2][SKS_DEVICE_MAX];
};

/**
 * sks_device_ahead() - make the device's key and certificates if there are none yet
 * @call: the call; no change is under way
 *
 * The TPM is asked once in the life of a store.
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_device_ahead(struct sks_call *call);

/** sks_device_drop() - remove the certificates, in the change under way that removes the key */
int sks_device_drop(struct store *store, struct failure *failure);

/** sks_device_chain() - the device's certificates; 0, or -1 with @call failed */
int sks_device_chain(struct sks_call *call, struct sks_chain *chain);

/**
 * sks_device_id() - what a session key is bound to
 * @call: the call
 * @privacy: the device stays unknown
 * @id: receives the certificate, DER, or "Anonymous": SKS_DEVICE_MAX bytes
 * @len: receives its length
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_device_id(struct sks_call *call, bool privacy, uint8_t *id, size_t *len);

/**
 * sks_device_sign() - sign by the device's key: ECDSA, SHA-256, r and s
 * @call: the call
 * @octets: what to sign
 * @signature: receives it
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_device_sign(struct sks_call *call, const struct sks_out *octets,
		    struct sks_out *signature);

/** sks_is_public_key() - a DER SubjectPublicKeyInfo of RSA or on a NIST curve, strictly */
bool sks_is_public_key(const struct sks_bytes *spki);

/**
 * sks_is_signed() - has a key signed these octets?
 * @spki: the public key: RSA (PKCS #1 v1.5) or EC (r and s), with SHA-256
 * @octets: what
 * @signature: the signature
 *
 * Return: whether it has.
 */
bool sks_is_signed(const struct sks_bytes *spki, const struct sks_out *octets,
		   const struct sks_bytes *signature);

/**
 * sks_signature_from_der() - ECDSA-Sig-Value to r and s of equal, fixed length
 * @der: as OpenSSL makes it
 * @size: bytes of each, as long as the curve's order
 * @out: receives both
 *
 * Return: 0, or -1.
 */
int sks_signature_from_der(const struct sks_bytes *der, size_t size, struct sks_out *out);

#endif /* UKSD_SKS_DEVICE_H */
