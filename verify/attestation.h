/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form of an attestation: what the daemon writes and uks-verify reads. The ASN.1
 * module is in Documentation/attestation.rst; names here are those there.
 *
 * Made by libcrypto's templates: UKS_X_new(), UKS_X_free(), d2i_UKS_X(), i2d_UKS_X().
 */
#ifndef UKS_ATTESTATION_H
#define UKS_ATTESTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/asn1t.h>
#include <openssl/safestack.h>
#include <openssl/x509.h>

/* Of numbers below 2^28 only: many readers of certificates refuse longer ones. */
#define ATTESTATION_ARC		"1.2.840.113556.1.8000.2554.61075.52511.33911.18771.38746.8820114.16037005"
#define ATTESTATION_EXTENSION	ATTESTATION_ARC ".1"	/* extension: Attestation */
#define ATTESTATION_NO_PUBLIC	ATTESTATION_ARC ".2"	/* algorithm: a check value for a key */
#define ATTESTATION_FORMAT	1	/* version of Attestation and AttestationKey */
#define ATTESTATION_DIGEST	32	/* bytes of SHA-256 */
#define ATTESTATION_MAX		61440	/* bytes of all certificates */

typedef struct UKS_ITEM_st UKS_ITEM;
DEFINE_STACK_OF(UKS_ITEM)

/**
 * struct UKS_VALUE_st - what an attribute of a policy says
 * @type: which of the following
 * @d: the value
 * @d.number: a number
 * @d.text: a string
 * @d.bytes: bytes
 * @d.items: attributes
 */
typedef struct UKS_VALUE_st {
	int type;
	union {
		ASN1_INTEGER *number;
		ASN1_UTF8STRING *text;
		ASN1_OCTET_STRING *bytes;
		struct stack_st_UKS_ITEM *items;	/* STACK_OF() */
	} d;
} UKS_VALUE;

enum uks_value_type {
	UKS_VALUE_NUMBER,
	UKS_VALUE_TEXT,
	UKS_VALUE_BYTES,
	UKS_VALUE_ITEMS,
};

/**
 * struct UKS_ITEM_st - one attribute of a policy
 * @attribute: UKS_POLICY_A_*, or UKS_GRANT_* inside of a grant
 * @value: what it says
 */
struct UKS_ITEM_st {
	ASN1_INTEGER *attribute;
	UKS_VALUE *value;
};

/**
 * struct UKS_POLICY_st - a policy in full
 * @items: in the order in which the key has them
 */
typedef struct UKS_POLICY_st {
	STACK_OF(UKS_ITEM) *items;
} UKS_POLICY;

/**
 * struct UKS_IDENTITY_st - what tells a key from others; not in anonymous attestations
 * @owner: user id
 * @name: name
 * @id: identifier
 * @created: seconds since 1970-01-01 UTC
 */
typedef struct UKS_IDENTITY_st {
	ASN1_INTEGER *owner;
	ASN1_UTF8STRING *name;
	ASN1_OCTET_STRING *id;
	ASN1_INTEGER *created;
} UKS_IDENTITY;

/**
 * struct UKS_CLAIMS_st - what the daemon says about a key
 * @type: enum uks_key_type
 * @purposes: bits of enum uks_purpose
 * @origin: enum uks_key_origin
 * @protection: enum uks_provider
 * @state: enum uks_key_state
 * @version: version of the key
 * @daemon: version of the daemon
 * @module: version of the kernel module
 * @identity: NULL in an anonymous attestation
 */
typedef struct UKS_CLAIMS_st {
	ASN1_INTEGER *type;
	ASN1_INTEGER *purposes;
	ASN1_INTEGER *origin;
	ASN1_INTEGER *protection;
	ASN1_INTEGER *state;
	ASN1_INTEGER *version;
	ASN1_UTF8STRING *daemon;
	ASN1_UTF8STRING *module;
	UKS_IDENTITY *identity;
} UKS_CLAIMS;

/**
 * struct UKS_DIGESTS_st - SHA-256 of each part; the TPM states the digest of this
 * @challenge: of the bytes of the challenge
 * @key: of the certificate's SubjectPublicKeyInfo
 * @policy: of Policy
 * @claims: of Claims
 */
typedef struct UKS_DIGESTS_st {
	ASN1_OCTET_STRING *challenge;
	ASN1_OCTET_STRING *key;
	ASN1_OCTET_STRING *policy;
	ASN1_OCTET_STRING *claims;
} UKS_DIGESTS;

/**
 * struct UKS_STATEMENT_st - what the TPM said
 * @statement: TPMS_ATTEST
 * @signature: TPMT_SIGNATURE
 */
typedef struct UKS_STATEMENT_st {
	ASN1_OCTET_STRING *statement;
	ASN1_OCTET_STRING *signature;
} UKS_STATEMENT;

/**
 * struct UKS_PCRS_st - values of PCRs
 * @bank: TPM_ALG_ID
 * @mask: bit n is PCR n
 * @values: the values in ascending order
 */
typedef struct UKS_PCRS_st {
	ASN1_INTEGER *bank;
	ASN1_INTEGER *mask;
	ASN1_OCTET_STRING *values;
} UKS_PCRS;

/**
 * struct UKS_CERTIFIED_st - a key that is in the TPM
 * @area: TPMT_PUBLIC
 * @certify: by TPM2_Certify
 */
typedef struct UKS_CERTIFIED_st {
	ASN1_OCTET_STRING *area;
	UKS_STATEMENT *certify;
} UKS_CERTIFIED;

/**
 * struct UKS_EVIDENCE_st - what the TPM says
 * @ak: TPMT_PUBLIC of the attestation key, which signed all of it
 * @pcrs: what the quoted PCRs hold
 * @quote: by TPM2_Quote
 * @issuer: the key that signed the certificate
 * @key: the attested key, if the TPM has it; else NULL
 */
typedef struct UKS_EVIDENCE_st {
	ASN1_OCTET_STRING *ak;
	UKS_PCRS *pcrs;
	UKS_STATEMENT *quote;
	UKS_CERTIFIED *issuer;
	UKS_CERTIFIED *key;
} UKS_EVIDENCE;

/**
 * struct UKS_ATTESTATION_st - the extension of the certificate
 * @format: ATTESTATION_FORMAT
 * @challenge: what was asked with
 * @policy: the key's policy in full
 * @claims: what the daemon says
 * @digests: of the above and the key
 * @evidence: what the TPM says about @digests
 */
typedef struct UKS_ATTESTATION_st {
	ASN1_INTEGER *format;
	ASN1_OCTET_STRING *challenge;
	UKS_POLICY *policy;
	UKS_CLAIMS *claims;
	UKS_DIGESTS *digests;
	UKS_EVIDENCE *evidence;
} UKS_ATTESTATION;

/**
 * struct UKS_AK_st - an attestation key and the TPM that it says it is in
 * @format: ATTESTATION_FORMAT
 * @ek: TPMT_PUBLIC of the endorsement key
 * @certificate: DER X.509 of that key by the TPM's maker; NULL when there is none
 * @ak: TPMT_PUBLIC of the attestation key
 */
typedef struct UKS_AK_st {
	ASN1_INTEGER *format;
	ASN1_OCTET_STRING *ek;
	ASN1_OCTET_STRING *certificate;
	ASN1_OCTET_STRING *ak;
} UKS_AK;

DECLARE_ASN1_ITEM(UKS_ITEM)
DECLARE_ASN1_FUNCTIONS(UKS_ITEM)
DECLARE_ASN1_FUNCTIONS(UKS_VALUE)
DECLARE_ASN1_FUNCTIONS(UKS_POLICY)
DECLARE_ASN1_FUNCTIONS(UKS_IDENTITY)
DECLARE_ASN1_FUNCTIONS(UKS_CLAIMS)
DECLARE_ASN1_FUNCTIONS(UKS_DIGESTS)
DECLARE_ASN1_FUNCTIONS(UKS_STATEMENT)
DECLARE_ASN1_FUNCTIONS(UKS_PCRS)
DECLARE_ASN1_FUNCTIONS(UKS_CERTIFIED)
DECLARE_ASN1_FUNCTIONS(UKS_EVIDENCE)
DECLARE_ASN1_FUNCTIONS(UKS_ATTESTATION)
DECLARE_ASN1_FUNCTIONS(UKS_AK)

/**
 * attestation_digests() - compute what binds the parts of an attestation
 * @attestation: challenge, policy and claims are filled in
 * @spki: SubjectPublicKeyInfo of the certificate, DER
 * @spki_len: its bytes
 * @digests: receives four digests, in the order of struct UKS_DIGESTS_st
 *
 * Return: 0, or -1 when libcrypto failed.
 */
int attestation_digests(const UKS_ATTESTATION *attestation, const uint8_t *spki,
			size_t spki_len, uint8_t digests[4][ATTESTATION_DIGEST]);

/**
 * attestation_binding() - compute what the TPM is given to state (qualifyingData)
 * @digests: of all parts
 * @binding: receives SHA-256 of "uks attestation v1" and the DER of @digests
 *
 * Return: 0, or -1 when libcrypto failed.
 */
int attestation_binding(const UKS_DIGESTS *digests, uint8_t binding[ATTESTATION_DIGEST]);

#endif /* UKS_ATTESTATION_H */
