/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrapping keys outside UKS, by OpenSSL. */
#ifndef UKSCTL_MATRIX_WRAP_H
#define UKSCTL_MATRIX_WRAP_H

#include "matrix.h"

#define WRAPPED_LEN	24	/* also OAEP with SHA-384 under RSA-1024 has room for it */

/* With the imported key of the cell; false if OpenSSL fails. */
bool matrix_wrap_outside(struct matrix *matrix, const uint8_t *secret, uint8_t *wrapped,
			 size_t *len);
bool matrix_unwrap_outside(struct matrix *matrix, const uint8_t *wrapped, size_t len,
			   uint8_t *secret, size_t *secret_len);

/* matrix-envelope.c: UKS_ALG_ECDH_HKDF_AES_GCM, as Documentation/wrapping.rst has it. */
bool matrix_envelope_close(struct matrix *matrix, const uint8_t *secret, uint8_t *wrapped,
			   size_t *len);
bool matrix_envelope_open(struct matrix *matrix, const uint8_t *wrapped, size_t len,
			  uint8_t *secret, size_t *secret_len);

#endif /* UKSCTL_MATRIX_WRAP_H */
