// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What keys in the TPM do: the private half of each operation there, the public half
 * here, as the provider "sealed" does it.
 */
#include <stdlib.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "daemon/provider/provider-tpm.h"
#include "daemon/provider/sealed.h"
#include "daemon/provider/tpm-perform.h"
#include "daemon/tpmgate.h"

/* The PIN is there only as long as one request takes. */
struct tpm_key {
	struct private_key private_key;
	struct private_key *public;
	struct uksd *uksd;
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t version;
	char name[UKS_NAME_MAX + 1];
	struct uks_tpm_key tpm_key;
	bool has_pin;
	struct uks_tpm_index pin;
	uint8_t code[UKS_TPM_CODE_MAX];
	size_t code_len;
};

static struct tpm_key *to_tpm(struct private_key *private_key)
{
	return (struct tpm_key *)private_key;
}

/* ---- one command of the TPM ---- */

/* What goes into the TPM and what comes out. */
struct command {
	int (*run)(struct uks_tpm *tpm, const struct tpm_key *key,
		   const struct uks_tpm_access *access, struct command *command,
		   struct uks_tpm_error *error);
	enum uks_tpm_scheme scheme;
	enum uks_tpm_hash hash;
	const uint8_t *in;
	size_t len;
	struct output *output;
	enum uks_error bad_input;	/* what it is when the TPM does not take @in */
};

static int run_sign(struct uks_tpm *tpm, const struct tpm_key *key,
		    const struct uks_tpm_access *access, struct command *command,
		    struct uks_tpm_error *error)
{
	struct output *output = command->output;

	output->len = output->size;
	return uks_tpm_key_sign(tpm, &key->tpm_key, access, command->scheme, command->hash,
				command->in, command->len, output->bytes, &output->len, error);
}

static int run_decrypt(struct uks_tpm *tpm, const struct tpm_key *key,
		       const struct uks_tpm_access *access, struct command *command,
		       struct uks_tpm_error *error)
{
	struct output *output = command->output;

	output->len = output->size;
	return uks_tpm_key_decrypt(tpm, &key->tpm_key, access, command->scheme, command->hash,
				   command->in, command->len, output->bytes, &output->len,
				   error);
}

static int run_agree(struct uks_tpm *tpm, const struct tpm_key *key,
		     const struct uks_tpm_access *access, struct command *command,
		     struct uks_tpm_error *error)
{
	struct output *output = command->output;

	output->len = output->size;
	return uks_tpm_key_agree(tpm, &key->tpm_key, access, command->in, command->len,
				 output->bytes, &output->len, error);
}

static int fail(const struct tpm_key *key, const struct command *command,
		const struct uks_tpm_error *error, struct failure *failure)
{
	switch (error->cause) {
	case UKS_TPM_BAD_ARGUMENT:
		return failure_set(failure, command->bad_input, "%s", error->text);
	case UKS_TPM_UNSUPPORTED:
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "this TPM lacks that digest: choose sha256, or a key of the provider sealed");
	case UKS_TPM_WRONG_AUTH:
		if (key->has_pin)
			break;
		return failure_set(failure, UKS_E_BLOB,
				   "the TPM refuses what opens key '%s': was the store restored on another machine? %s",
				   key->name, error->text);
	default:
		break;
	}
	return tpmgate_fail(error, failure);
}

static int run(const struct tpm_key *key, struct command *command, struct failure *failure)
{
	struct uksd *uksd = key->uksd;
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_access access = { .auth = auth };
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (key->has_pin) {
		access.pin = &key->pin;
		access.code = (struct uks_tpm_code){ key->code, key->code_len };
	}
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	tpm_key_auth(uksd->master, key->id, key->version, auth);
	ret = command->run(tpm, key, &access, command, &error);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret ? fail(key, command, &error, failure) : 0;
}

/* ---- signatures ---- */

static const struct {
	uint32_t digest;
	enum uks_tpm_hash hash;
	size_t len;
	uint8_t info[19];	/* DER of DigestInfo before the digest (RFC 8017, 9.2, note 1) */
	size_t info_len;
} hashes[] = {
	{ UKS_DIGEST_SHA1, UKS_TPM_SHA1, 20,
	  { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04,
	    0x14 }, 15 },
	{ UKS_DIGEST_SHA256, UKS_TPM_SHA256, 32,
	  { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x01, 0x05, 0x00, 0x04, 0x20 }, 19 },
	{ UKS_DIGEST_SHA384, UKS_TPM_SHA384, 48,
	  { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x02, 0x05, 0x00, 0x04, 0x30 }, 19 },
	{ UKS_DIGEST_SHA512, UKS_TPM_SHA512, 64,
	  { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x03, 0x05, 0x00, 0x04, 0x40 }, 19 },
};

#define HASHES	(sizeof(hashes) / sizeof(*hashes))

static size_t find_hash(uint32_t digest)
{
	size_t i;

	for (i = 0; i < HASHES && hashes[i].digest != digest; i++)
		;
	return i;
}

static int bad_digest(uint32_t digest, struct failure *failure)
{
	const struct uks_digest_info *info = uks_digest_find(digest);

	return failure_set(failure, UKS_E_BAD_DIGEST,
			   "the TPM has no digest %s for RSA: choose sha256, sha384 or sha512, or a key of the provider sealed",
			   info ? info->name : "like that");
}

/* The digest of the message, if the message is not that already. */
static int digest_message(const struct job *job, uint8_t *digest, size_t *len,
			  struct failure *failure)
{
	const struct uks_digest_info *info = uks_digest_find(job->use.digest);

	if (job->hashed || job->use.digest == UKS_DIGEST_GIVEN) {
		if (!job->len || job->len > EVP_MAX_MD_SIZE)
			return failure_set(failure, UKS_E_BAD_MESSAGE,
					   "%zu bytes are no digest", job->len);
		memcpy(digest, job->message, job->len);
		*len = job->len;
		return 0;
	}
	if (!info || EVP_Q_digest(NULL, info->library, NULL, job->message, job->len, digest,
				  len) != 1)
		return sealed_openssl_failure("hash a message", failure);
	return 0;
}

/*
 * ECDSA takes the leftmost bits of a digest as a number (FIPS 186-5, 6.4.1) and knows not
 * which digest it was: cut or filled up to the curve's length it is that number, and
 * no TPM lacks a digest.
 */
static int sign_ecdsa(struct tpm_key *key, struct job *job, struct output *output,
		      struct failure *failure)
{
	size_t size = key->private_key.type->type == UKS_KEY_EC_P384 ? 48 : 32, len = 0;
	uint8_t digest[EVP_MAX_MD_SIZE], number[48] = { 0 };
	struct command command = {
		.run = run_sign, .scheme = UKS_TPM_ECDSA,
		.hash = size == 48 ? UKS_TPM_SHA384 : UKS_TPM_SHA256,
		.in = number, .len = size, .output = output, .bad_input = UKS_E_BAD_MESSAGE,
	};

	if (digest_message(job, digest, &len, failure))
		return -1;
	if (len >= size)
		memcpy(number, digest, size);
	else
		memcpy(number + size - len, digest, len);
	return run(key, &command, failure);
}

/* A DigestInfo that the caller made tells which digest is in it. */
static int take_info(const struct job *job, struct command *command, struct failure *failure)
{
	size_t i;

	for (i = 0; i < HASHES; i++)
		if (job->len == hashes[i].info_len + hashes[i].len &&
		    !memcmp(job->message, hashes[i].info, hashes[i].info_len)) {
			command->hash = hashes[i].hash;
			command->in = job->message + hashes[i].info_len;
			command->len = hashes[i].len;
			return 0;
		}
	return bad_digest(0, failure);
}

/* The TPM chooses the salt's length; another one than was asked for is no such signature. */
static int check_salt(struct tpm_key *key, const struct job *job, const struct command *command,
		      struct failure *failure)
{
	struct job verify = *job;

	verify.use.purpose = UKS_PURPOSE_VERIFY;
	verify.hashed = true;
	verify.message = command->in;
	verify.len = command->len;
	verify.signature = command->output->bytes;
	verify.signature_len = command->output->len;
	if (!provider_sealed.perform(key->public, &verify, NULL, failure))
		return 0;
	return failure_set(failure, UKS_E_BAD_PARAMETER,
			   "this TPM salts RSA-PSS with %zu bytes: ask for a salt of that length, or choose a key of the provider sealed",
			   command->output->len - command->len - 2);
}

static int sign_rsa(struct tpm_key *key, struct job *job, struct output *output,
		    struct failure *failure)
{
	bool pss = job->use.algorithm == UKS_ALG_RSA_PSS;
	uint32_t wanted = job->use.digest;
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct command command = {
		.run = run_sign, .scheme = pss ? UKS_TPM_RSAPSS : UKS_TPM_RSASSA, .in = digest,
		.output = output, .bad_input = UKS_E_BAD_MESSAGE,
	};
	size_t i;

	if (wanted == UKS_DIGEST_GIVEN && !pss) {
		if (take_info(job, &command, failure))
			return -1;
		return run(key, &command, failure);
	}
	if (wanted == UKS_DIGEST_GIVEN)
		wanted = uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], 0);
	if (pss && uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], wanted) != wanted)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "the TPM makes MGF1 of the same digest: leave the parameter out");
	i = find_hash(wanted);
	if (i == HASHES)
		return bad_digest(wanted, failure);
	command.hash = hashes[i].hash;
	if (digest_message(job, digest, &command.len, failure))
		return -1;
	if (command.len != hashes[i].len)
		return failure_set(failure, UKS_E_BAD_MESSAGE,
				   "the digest has %zu bytes, must have %zu", command.len,
				   hashes[i].len);
	if (run(key, &command, failure))
		return -1;
	return pss ? check_salt(key, job, &command, failure) : 0;
}

/* ---- decryption and agreement ---- */

static int decrypt(struct tpm_key *key, struct job *job, struct output *output,
		   struct failure *failure)
{
	struct command command = {
		.run = run_decrypt, .scheme = UKS_TPM_RSAES, .hash = UKS_TPM_SHA256,
		.in = job->message, .len = job->len, .output = output,
		.bad_input = UKS_E_BAD_MESSAGE,
	};
	uint32_t digest = job->use.digest;
	size_t i = find_hash(digest);

	if (job->use.algorithm == UKS_ALG_RSA_OAEP) {
		if (i == HASHES)
			return bad_digest(digest, failure);
		if (job->parameters[UKS_PARAM_LABEL].len ||
		    uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], digest) != digest)
			return failure_set(failure, UKS_E_BAD_PARAMETER,
					   "the TPM takes OAEP without a label and with MGF1 of the same digest only: leave the parameters out");
		command.scheme = UKS_TPM_OAEP;
		command.hash = hashes[i].hash;
	}
	return run(key, &command, failure);
}

static int agree(struct tpm_key *key, struct job *job, struct output *output,
		 struct failure *failure)
{
	const struct uks_attr *peer = &job->parameters[UKS_PARAM_PEER];
	struct command command = {
		.run = run_agree, .output = output, .bad_input = UKS_E_BAD_PEER,
		.in = peer->type ? peer->value : job->message,
		.len = peer->type ? peer->len : job->len,
	};

	return run(key, &command, failure);
}

static int perform(struct private_key *private_key, struct job *job, struct output *output,
		   struct failure *failure)
{
	struct tpm_key *key = to_tpm(private_key);

	if (job->use.purpose & (UKS_PURPOSE_VERIFY | UKS_PURPOSE_ENCRYPT))
		return provider_sealed.perform(key->public, job, output, failure);
	switch (job->use.algorithm) {
	case UKS_ALG_ECDSA:
		return sign_ecdsa(key, job, output, failure);
	case UKS_ALG_RSA_PKCS1:
	case UKS_ALG_RSA_PSS:
		return sign_rsa(key, job, output, failure);
	case UKS_ALG_RSA_OAEP:
	case UKS_ALG_RSA_PKCS1_CRYPT:
		return decrypt(key, job, output, failure);
	case UKS_ALG_ECDH:
		return agree(key, job, output, failure);
	default:
		return failure_set(failure, UKS_E_BAD_ALGORITHM,
				   "the TPM does not do algorithm %s: choose another one, or a key of the provider sealed",
				   uks_algorithm_find(job->use.algorithm)->name);
	}
}

/* ---- the key itself ---- */

static void unload(struct private_key *private_key)
{
	struct tpm_key *key = to_tpm(private_key);

	provider_sealed.unload(key->public);
	sodium_memzero(key, sizeof(*key));
	free(key);
}

static int export(struct private_key *private_key, struct output *output,
		  struct failure *failure)
{
	(void)output;
	return failure_set(failure, UKS_E_NOT_EXPORTABLE,
			   "key '%s' is in the TPM, which gives no key away",
			   to_tpm(private_key)->name);
}

static const struct family tpm_family = {
	.unload = unload, .export = export, .perform = perform,
};

int tpm_key_new(struct uksd *uksd, const struct key *key, const struct uks_tpm_key *tpm_key,
		const struct uks_tpm_index *pin, const struct uks_tpm_code *code,
		struct private_key *public, struct private_key **result,
		struct failure *failure)
{
	struct tpm_key *new = calloc(1, sizeof(*new));

	if (!new) {
		provider_sealed.unload(public);
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	}
	new->private_key.family = &tpm_family;
	new->private_key.type = public->type;
	new->private_key.secret = true;
	new->public = public;
	new->uksd = uksd;
	memcpy(new->id, key->id, sizeof(new->id));
	memcpy(new->name, key->name, sizeof(new->name));
	new->version = key->version;
	new->tpm_key = *tpm_key;
	if (pin) {
		new->has_pin = true;
		new->pin = *pin;
	}
	if (code) {
		memcpy(new->code, code->data, code->len);
		new->code_len = code->len;
	}
	*result = &new->private_key;
	return 0;
}
