// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "daemon/memory.h"
#include "daemon/parameter.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crypto.h"

/*
 * The sanitizers do not look into OpenSSL's locked heap: what only that points to, as
 * its random generators do, would seem lost.
 */
static void start(struct crypto *crypto)
{
#ifdef UNIT_ASAN
	if (sodium_init() < 0)
		abort();
	(void)crypto;
#else
	if (memory_init(&crypto->failure)) {
		fprintf(stderr, "%s\n", crypto->failure.text);
		abort();
	}
#endif
}

void crypto_init(struct crypto *crypto)
{
	static bool started;

	memset(crypto, 0, sizeof(*crypto));
	if (!started)
		start(crypto);
	started = true;
	crypto->material.secret = crypto->secret;
}

void crypto_unload(struct crypto *crypto)
{
	if (crypto->loaded)
		provider_sealed.unload(crypto->loaded);
	crypto->loaded = NULL;
}

static uint32_t load(struct crypto *crypto, uint32_t type)
{
	struct material *material = &crypto->material;

	crypto_unload(crypto);
	memset(&crypto->key, 0, sizeof(crypto->key));
	crypto->key.name[0] = 'k';
	crypto->key.type = type;
	crypto->key.public_len = material->public_len;
	memcpy(crypto->key.public_key, material->public_key, material->public_len);
	return provider_sealed.load(&crypto->key, material->secret, material->secret_len,
				    &crypto->loaded, &crypto->failure) ? crypto->failure.code : 0;
}

uint32_t crypto_generate(struct crypto *crypto, uint32_t type)
{
	const struct key_type *found = key_type_find(type, &crypto->failure);

	if (!found || provider_sealed.generate(found, &crypto->material, &crypto->failure))
		return crypto->failure.code;
	return load(crypto, type);
}

uint32_t crypto_import(struct crypto *crypto, uint32_t type, uint32_t format, const void *bytes,
		       size_t len)
{
	struct import import = { .format = format, .bytes = bytes, .len = len };
	const struct key_type *found = key_type_find(type, &crypto->failure);

	crypto->material.secret_len = 0;
	if (!found ||
	    provider_sealed.import(found, &import, &crypto->material, &crypto->failure))
		return crypto->failure.code;
	return load(crypto, type);
}

uint32_t crypto_import_hex(struct crypto *crypto, uint32_t type, uint32_t format,
			   const char *hex)
{
	uint8_t bytes[KEY_SECRET_MAX];

	return crypto_import(crypto, type, format, bytes, unhex(hex, bytes, sizeof(bytes)));
}

void crypto_job(struct crypto *crypto, uint32_t purpose, uint32_t algorithm, uint32_t digest)
{
	crypto->job = (struct job){
		.use = { .purpose = purpose, .algorithm = algorithm, .digest = digest },
	};
	uks_attrs_init(&crypto->writer, crypto->parameters, sizeof(crypto->parameters));
}

void crypto_message(struct crypto *crypto, const void *message, size_t len)
{
	crypto->job.message = message;
	crypto->job.len = len;
}

uint32_t crypto_run(struct crypto *crypto)
{
	crypto->output = (struct output){ .bytes = crypto->out, .size = sizeof(crypto->out) };
	if (parameters_parse(crypto->parameters, crypto->writer.len, crypto->job.parameters,
			     &crypto->failure) ||
	    provider_sealed.perform(crypto->loaded, &crypto->job, &crypto->output,
				    &crypto->failure))
		return crypto->failure.code;
	return 0;
}

uint32_t crypto_do(struct crypto *crypto, uint32_t purpose, uint32_t algorithm, uint32_t digest,
		   const void *message, size_t len)
{
	crypto_job(crypto, purpose, algorithm, digest);
	crypto_message(crypto, message, len);
	return crypto_run(crypto);
}

uint32_t crypto_verify(struct crypto *crypto, uint32_t algorithm, uint32_t digest,
		       const void *message, size_t len, const void *signature,
		       size_t signature_len)
{
	crypto_job(crypto, UKS_PURPOSE_VERIFY, algorithm, digest);
	crypto_message(crypto, message, len);
	crypto->job.signature = signature;
	crypto->job.signature_len = signature_len;
	return crypto_run(crypto);
}

size_t unhex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t len;

	if (sodium_hex2bin(bytes, size, hex, strlen(hex), " ", &len, NULL))
		abort();
	return len;
}

bool crypto_result_is(struct crypto *crypto, const char *hex)
{
	uint8_t bytes[4096];
	size_t len = unhex(hex, bytes, sizeof(bytes));

	return crypto->output.len == len && !memcmp(crypto->out, bytes, len);
}
