// SPDX-License-Identifier: LGPL-2.1-or-later
/* The rows of the table. */
#include "bench.h"

const struct work works[] = {
	{ "ecdsa-p256-sign", JOB_SIGN, "ecdsa-p256", 32, 0 },
	{ "ed25519-sign", JOB_SIGN, "ed25519", 32, 0 },
	{ "rsa-2048-sign", JOB_SIGN, "rsa-2048", 32, 0 },
	{ "rsa-3072-sign", JOB_SIGN, "rsa-3072", 32, 0 },
	{ "aes-256-gcm-16", JOB_AEAD, "aes-256", 16, 0 },
	{ "aes-256-gcm-1k", JOB_AEAD, "aes-256", 1 << 10, 0 },
	{ "aes-256-gcm-16k", JOB_AEAD, "aes-256", 16 << 10, 0 },
	{ "aes-256-gcm-1m", JOB_AEAD, "aes-256", 1 << 20, 0 },
	{ "hmac-sha256-16", JOB_MAC, "hmac-sha256", 16, 0 },
	{ "hmac-sha256-16k", JOB_MAC, "hmac-sha256", 16 << 10, 0 },
	{ "open", JOB_OPEN, "aes-256", 0, 0 },
	{ "open-sign-key", JOB_OPEN, "ecdsa-p256", 0, 0 },
	{ "first-use", JOB_FIRST, "first", 32, FIRST_KEYS },
	{ "generate", JOB_GENERATE, "new", 0, 100 },
	{ 0 },
};
