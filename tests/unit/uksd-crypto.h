/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The provider of keys alone: a key is generated or imported, loaded as from the store,
 * and does jobs. No daemon, no TPM.
 */
#ifndef UKSD_CRYPTO_H
#define UKSD_CRYPTO_H

#include "daemon/provider/provider.h"

struct crypto {
	struct key key;
	struct material material;
	uint8_t secret[KEY_SECRET_MAX];
	struct private_key *loaded;
	struct job job;
	uint8_t parameters[UKS_PARAMETERS_MAX];
	struct uks_attrs writer;
	struct failure failure;		/* of what failed last */
	uint8_t out[UKS_MESSAGE_MAX];
	struct output output;
};

/* Functions that return uint32_t return 0 or the code of the failure. */
void crypto_init(struct crypto *crypto);
void crypto_unload(struct crypto *crypto);
uint32_t crypto_generate(struct crypto *crypto, uint32_t type);
uint32_t crypto_import(struct crypto *crypto, uint32_t type, uint32_t format, const void *bytes,
		       size_t len);
uint32_t crypto_import_hex(struct crypto *crypto, uint32_t type, uint32_t format,
			   const char *hex);

/* A new job; parameters are then added to @writer. */
void crypto_job(struct crypto *crypto, uint32_t purpose, uint32_t algorithm, uint32_t digest);
void crypto_message(struct crypto *crypto, const void *message, size_t len);

/* Do the job; the result is at @out. */
uint32_t crypto_run(struct crypto *crypto);

/* The same in one. */
uint32_t crypto_do(struct crypto *crypto, uint32_t purpose, uint32_t algorithm, uint32_t digest,
		   const void *message, size_t len);

/* Verify @signature of the message. */
uint32_t crypto_verify(struct crypto *crypto, uint32_t algorithm, uint32_t digest,
		       const void *message, size_t len, const void *signature,
		       size_t signature_len);

size_t unhex(const char *hex, uint8_t *bytes, size_t size);

/* Is the result what @hex says? */
bool crypto_result_is(struct crypto *crypto, const char *hex);

#endif /* UKSD_CRYPTO_H */
