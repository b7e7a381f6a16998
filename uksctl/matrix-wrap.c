// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cells of uksctl matrix that wrap keys. An HMAC key that is known outside is wrapped
 * by UKS and unwrapped by OpenSSL, and the other way round; it is the same key if it
 * computes the same MAC.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "matrix-wrap.h"

static const uint8_t text[] = "computed by the key inside";

static struct uks_wrapping wrapping_of(const struct matrix *matrix, const char *key)
{
	return (struct uks_wrapping){
		.key = key,
		.format = UKS_FORMAT_RAW,
		.algorithm = matrix->row->algorithm,
		.digest = matrix->digest,
	};
}

static bool import_inner(struct matrix *matrix, const char *name, const uint8_t *secret)
{
	const struct uks_material material = {
		.format = UKS_FORMAT_RAW,
		.data = secret,
		.len = WRAPPED_LEN,
	};
	struct uks_key_options options = { .flags = UKS_CALL_REPLACE };
	struct uks_err *err = &matrix->run->err;
	struct uks_policy *policy;
	int ret;

	if (uks_policy_new(&policy, err))
		return matrix_fail_uks(matrix, "policy");
	options.policy = policy;
	ret = uks_policy_set(policy, UKS_POLICY_A_FLAGS, UKS_POLICY_EXPORTABLE, err);
	if (!ret)
		ret = uks_key_import_with(matrix->run->client, name, UKS_KEY_HMAC_SHA256, &options,
					  &material, NULL, err);
	uks_policy_free(policy);
	return ret ? matrix_fail_uks(matrix, "import of the key to wrap") : true;
}

/* Does the key @name compute what @secret computes? */
static bool check_inner(struct matrix *matrix, const char *name, const uint8_t *secret)
{
	uint8_t ours[UKS_MAC_MAX], theirs[EVP_MAX_MD_SIZE];
	struct uks_err *err = &matrix->run->err;
	struct uks_session *session = NULL;
	size_t len = sizeof(ours);
	unsigned int their_len = 0;
	bool ok;

	if (uks_session_open(matrix->run->client, name, UKS_PURPOSE_MAC, 0, 0, &session, err) ||
	    uks_mac(session, text, sizeof(text), ours, &len, err))
		ok = matrix_fail_uks(matrix, "MAC by the unwrapped key");
	else
		ok = HMAC(EVP_sha256(), secret, WRAPPED_LEN, text, sizeof(text), theirs,
			  &their_len) &&
		     matrix_equal(matrix, "MAC by the unwrapped key", ours, len, theirs,
				  their_len);
	uks_session_close(session);
	return ok;
}

static bool wrap_inside(struct matrix *matrix, const char *inner, const char *key,
			uint8_t *wrapped, size_t *len)
{
	const struct uks_wrapping wrapping = wrapping_of(matrix, key);

	*len = MATRIX_RESULT_MAX;
	if (!uks_key_wrap(matrix->run->client, inner, 0, &wrapping, wrapped, len,
			  &matrix->run->err))
		return true;
	return matrix_fail_uks(matrix, "wrap");
}

/*
 * A changed byte is refused; unchanged it is the key. In the last block but one of CBC it
 * changes the last byte of the padding, which is wrong then; elsewhere any byte will do.
 */
static bool unwrap_inside(struct matrix *matrix, const char *key, uint8_t *wrapped, size_t len,
			  const uint8_t *secret)
{
	const struct uks_wrapping wrapping = wrapping_of(matrix, key);
	struct uks_client *client = matrix->run->client;
	size_t at = len - 1 - (matrix->row->algorithm == UKS_ALG_AES_CBC_WRAP ? 16 : 0);
	char name[64];
	bool ok;

	snprintf(name, sizeof(name), "matrix-%d-unwrapped", getpid());
	wrapped[at] ^= 0x80;
	if (uks_key_unwrap(client, name, UKS_KEY_HMAC_SHA256, &wrapping, wrapped, len, NULL, NULL,
			   NULL) != -UKS_E_BAD_WRAPPED)
		return matrix_fail(matrix, "a changed wrapped key is not refused");
	wrapped[at] ^= 0x80;
	if (uks_key_unwrap(client, name, UKS_KEY_HMAC_SHA256, &wrapping, wrapped, len, NULL, NULL,
			   &matrix->run->err))
		return matrix_fail_uks(matrix, "unwrap");
	ok = check_inner(matrix, name, secret);
	uks_key_delete_with(client, name, UKS_CALL_NOW, NULL, NULL);
	return ok;
}

static bool check_wrap(struct matrix *matrix, const char *inner, const uint8_t *secret)
{
	const struct matrix_pair *pair = matrix->pair;
	uint8_t wrapped[MATRIX_RESULT_MAX], back[MATRIX_RESULT_MAX];
	size_t len, back_len;

	/* Inside, with the key that nobody knows. */
	if (!wrap_inside(matrix, inner, pair->generated, wrapped, &len) ||
	    !unwrap_inside(matrix, pair->generated, wrapped, len, secret))
		return false;
	if (!wrap_inside(matrix, inner, pair->imported, wrapped, &len))
		return false;
	if (!matrix_unwrap_outside(matrix, wrapped, len, back, &back_len))
		return matrix_fail(matrix, "OpenSSL cannot unwrap");
	if (!matrix_equal(matrix, "the key inside", back, back_len, secret, WRAPPED_LEN))
		return false;
	if (!matrix_wrap_outside(matrix, secret, wrapped, &len))
		return matrix_fail(matrix, "OpenSSL cannot wrap");
	return unwrap_inside(matrix, pair->imported, wrapped, len, secret);
}

bool matrix_wrap(struct matrix *matrix)
{
	uint8_t secret[WRAPPED_LEN];
	char inner[64];
	bool ok;

	snprintf(inner, sizeof(inner), "matrix-%d-wrapped", getpid());
	ok = RAND_priv_bytes(secret, sizeof(secret)) == 1 && import_inner(matrix, inner, secret) &&
	     check_wrap(matrix, inner, secret);
	uks_key_delete_with(matrix->run->client, inner, UKS_CALL_NOW, NULL, NULL);
	explicit_bzero(secret, sizeof(secret));
	return ok;
}
