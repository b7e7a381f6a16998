/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Derivation of secrets: HKDF and PBKDF2. */
#ifndef UKSD_DERIVE_H
#define UKSD_DERIVE_H

#include "daemon/provider/provider.h"

/**
 * struct bytes - bytes that belong to somebody else
 * @bytes: the bytes
 * @len: how many
 */
struct bytes {
	const uint8_t *bytes;
	size_t len;
};

/**
 * derive_hkdf() - extract and expand (RFC 5869)
 * @digest: enum uks_digest
 * @secret: what to derive from
 * @salt: none is taken as one of zeros
 * @info: what the result is for
 * @out: receives it
 * @len: bytes to derive, at most 255 times the digest
 * @failure: receives UKS_E_CRYPTO
 *
 * Return: 0, or -1 with @failure filled in.
 */
int derive_hkdf(uint32_t digest, struct bytes secret, struct bytes salt, struct bytes info,
		uint8_t *out, size_t len, struct failure *failure);

/**
 * derive_run() - derive as a job says
 * @job: HKDF or PBKDF2, its use and parameters checked
 * @secret: what to derive from
 * @output: receives as many bytes as UKS_PARAM_OUT_LEN says
 * @failure: receives UKS_E_BAD_PARAMETER, UKS_E_NO_ROOM, UKS_E_CRYPTO
 *
 * Return: 0, or -1 with @failure filled in.
 */
int derive_run(const struct job *job, struct bytes secret, struct output *output,
	       struct failure *failure);

#endif /* UKSD_DERIVE_H */
