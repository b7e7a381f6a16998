/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of the TPM as bytes and as what OpenSSL knows. All return 0, or -1 with @error. */
#ifndef UKS_TPM_KEY_BLOB_H
#define UKS_TPM_KEY_BLOB_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>

#include "tpm/key.h"

struct uks_tpm_key;

int uks_tpm_key_pack(const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private,
		     struct uks_tpm_key *key, struct uks_tpm_error *error);
int uks_tpm_key_unpack(const struct uks_tpm_key *key, TPM2B_PUBLIC *public,
		       TPM2B_PRIVATE *private, struct uks_tpm_error *error);

/* SubjectPublicKeyInfo of an RSA or ECC key; @len as of uks_tpm_key_public(). */
int uks_tpm_public_to_spki(const TPMT_PUBLIC *public, uint8_t *spki, size_t *len,
			   struct uks_tpm_error *error);

/* The TPM's form of a signature as that of X.509; @len as of uks_tpm_key_sign(). */
int uks_tpm_signature_out(const TPMT_SIGNATURE *in, uint8_t *out, size_t *len,
			  struct uks_tpm_error *error);

/* The point of a SubjectPublicKeyInfo that must be on @curve. */
int uks_tpm_spki_to_point(const uint8_t *spki, size_t len, TPM2_ECC_CURVE curve,
			  TPMS_ECC_POINT *point, struct uks_tpm_error *error);

/* Bytes of a coordinate; 0 for a curve that we do not know. */
size_t uks_tpm_field_len(TPM2_ECC_CURVE curve);

/* Copies what was made into the caller's bytes, if there is room. */
int uks_tpm_put(const void *from, size_t from_len, uint8_t *to, size_t *len,
		struct uks_tpm_error *error);

#endif /* UKS_TPM_KEY_BLOB_H */
