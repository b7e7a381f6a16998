// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/dispatch.h"
#include "daemon/parameter.h"

#define P(name)		(1U << UKS_PARAM_##name)

/* Which parameters an algorithm has, and which of them it needs. */
static const struct {
	uint32_t algorithm;
	uint32_t known;
	uint32_t needed;
} known_parameters[] = {
	{ UKS_ALG_AES_GCM, P(TAG_LEN), 0 },
	{ UKS_ALG_SM4_GCM, P(TAG_LEN), 0 },
	{ UKS_ALG_AES_CCM, P(NONCE_LEN) | P(TAG_LEN), 0 },
	{ UKS_ALG_RSA_PSS, P(MGF_DIGEST) | P(SALT_LEN), 0 },
	{ UKS_ALG_RSA_OAEP, P(MGF_DIGEST) | P(LABEL), 0 },
	{ UKS_ALG_RSA_AES_KEY_WRAP, P(MGF_DIGEST) | P(LABEL), 0 },
	{ UKS_ALG_AES_CBC_WRAP, P(VECTOR), 0 },
	{ UKS_ALG_SM2_SIGN, P(CONTEXT), 0 },
	{ UKS_ALG_ED448, P(CONTEXT), 0 },
	{ UKS_ALG_ECDH, P(PEER), 0 },
	{ UKS_ALG_X25519, P(PEER), 0 },
	{ UKS_ALG_X448, P(PEER), 0 },
	{ UKS_ALG_FFDH, P(PEER), 0 },
	{ UKS_ALG_HKDF, P(SALT) | P(INFO) | P(OUT_LEN), P(OUT_LEN) },
	{ UKS_ALG_PBKDF2, P(SALT) | P(ITERATIONS) | P(OUT_LEN), P(ITERATIONS) | P(OUT_LEN) },
};

/* What the numbers among them may be. */
static const struct {
	uint32_t algorithm;
	uint32_t parameter;
	uint32_t min;
	uint32_t max;
	uint32_t step;
} bounds[] = {
	{ UKS_ALG_AES_GCM, UKS_PARAM_TAG_LEN, 12, 16, 1 },	/* SP 800-38D, 5.2.1.2 */
	{ UKS_ALG_SM4_GCM, UKS_PARAM_TAG_LEN, 12, 16, 1 },
	{ UKS_ALG_AES_CCM, UKS_PARAM_TAG_LEN, 4, 16, 2 },	/* SP 800-38C, A.1 */
	{ UKS_ALG_AES_CCM, UKS_PARAM_NONCE_LEN, 7, 13, 1 },
	{ UKS_ALG_RSA_PSS, UKS_PARAM_SALT_LEN, 0, 512, 1 },
	{ UKS_ALG_PBKDF2, UKS_PARAM_ITERATIONS, 1000, 10000000, 1 },	/* SP 800-132, 5.2 */
	{ UKS_ALG_PBKDF2, UKS_PARAM_OUT_LEN, 14, 1024, 1 },	/* SP 800-132, 5: 112 bits */
};

static const char * const names[UKS_PARAM_MAX + 1] = {
	[UKS_PARAM_MGF_DIGEST] = "mgf-digest",
	[UKS_PARAM_SALT_LEN] = "salt-len",
	[UKS_PARAM_LABEL] = "label",
	[UKS_PARAM_SALT] = "salt",
	[UKS_PARAM_INFO] = "info",
	[UKS_PARAM_ITERATIONS] = "iterations",
	[UKS_PARAM_OUT_LEN] = "out-len",
	[UKS_PARAM_PEER] = "peer",
	[UKS_PARAM_CONTEXT] = "context",
	[UKS_PARAM_NONCE_LEN] = "nonce-len",
	[UKS_PARAM_TAG_LEN] = "tag-len",
	[UKS_PARAM_KDF] = "kdf",
	[UKS_PARAM_VECTOR] = "vector",
};

static int check_shape(const struct uks_attr *attr, struct failure *failure)
{
	const struct attr_policy *policy = &parameter_policies[attr->type];

	if (attr->len < policy->min_len || attr->len > policy->max_len)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "parameter %s has %u bytes, must have %u to %u",
				   names[attr->type], attr->len, policy->min_len,
				   policy->max_len);
	if (policy->min && uks_attr_u32(attr, 0) < policy->min)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "parameter %s must be at least %u", names[attr->type],
				   policy->min);
	return 0;
}

int parameters_parse(const void *payload, size_t len, struct uks_attr *parameters,
		     struct failure *failure)
{
	const uint8_t *at = payload;
	struct uks_attr attr;
	int ret;

	memset(parameters, 0, (UKS_PARAM_MAX + 1) * sizeof(*parameters));
	while ((ret = uks_attr_next(&at, &len, &attr)) > 0) {
		if (!attr.type || attr.type > UKS_PARAM_MAX)
			return failure_set(failure, UKS_E_BAD_PARAMETER,
					   "parameter %u is unknown to this daemon: update it, or leave the parameter out",
					   attr.type);
		if (parameters[attr.type].type)
			return failure_set(failure, UKS_E_BAD_PARAMETER,
					   "parameter %s is there twice", names[attr.type]);
		if (check_shape(&attr, failure))
			return -1;
		parameters[attr.type] = attr;
	}
	if (ret)
		return failure_set(failure, UKS_E_BAD_PARAMETER, "the parameters are malformed");
	return 0;
}

static int check_set(uint32_t algorithm, uint32_t present, struct failure *failure)
{
	const char *name = uks_algorithm_find(algorithm)->name;
	uint32_t type, known = 0, needed = 0;
	size_t i;

	for (i = 0; i < sizeof(known_parameters) / sizeof(*known_parameters); i++) {
		if (known_parameters[i].algorithm == algorithm) {
			known = known_parameters[i].known;
			needed = known_parameters[i].needed;
		}
	}
	for (type = 1; type <= UKS_PARAM_MAX; type++) {
		if (present & ~known & 1U << type)
			return failure_set(failure, UKS_E_BAD_PARAMETER,
					   "%s has no parameter %s: leave it out", name,
					   names[type]);
		if (needed & ~present & 1U << type)
			return failure_set(failure, UKS_E_BAD_PARAMETER, "%s needs parameter %s",
					   name, names[type]);
	}
	return 0;
}

static int check_bounds(uint32_t algorithm, const struct uks_attr *parameters,
			struct failure *failure)
{
	uint32_t value;
	size_t i;

	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		if (bounds[i].algorithm != algorithm || !parameters[bounds[i].parameter].type)
			continue;
		value = uks_attr_u32(&parameters[bounds[i].parameter], 0);
		if (value < bounds[i].min || value > bounds[i].max || value % bounds[i].step)
			return failure_set(failure, UKS_E_BAD_PARAMETER,
					   "parameter %s is %u, must be from %u to %u in steps of %u",
					   names[bounds[i].parameter], value, bounds[i].min,
					   bounds[i].max, bounds[i].step);
	}
	return 0;
}

/* HKDF gives up to 255 blocks (RFC 5869, 2.3). */
static int check_hkdf(const struct key_use *use, const struct uks_attr *parameters,
		      struct failure *failure)
{
	const struct uks_digest_info *digest = uks_digest_find(use->digest);
	uint32_t len = uks_attr_u32(&parameters[UKS_PARAM_OUT_LEN], 0);

	if (digest && len <= 255 * digest->len)
		return 0;
	return failure_set(failure, UKS_E_BAD_PARAMETER,
			   "parameter out-len is %u, HKDF gives at most 255 times the digest", len);
}

static int check_mgf(const struct key_use *use, const struct uks_attr *parameters,
		     struct failure *failure)
{
	uint32_t digest = uks_attr_u32(&parameters[UKS_PARAM_MGF_DIGEST], 0);

	if (parameters[UKS_PARAM_MGF_DIGEST].type &&
	    (digest >= 64 || !((UKS_SHA | UKS_SHA3) & UKS_BIT(digest))))
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "parameter mgf-digest is %u, must be one of SHA-1, SHA-2 or SHA-3",
				   digest);
	if (use->algorithm == UKS_ALG_RSA_PSS && use->digest == UKS_DIGEST_GIVEN && !digest)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "RSASSA-PSS of a given digest needs parameter mgf-digest: it tells which one that is");
	return 0;
}

int parameters_check(const struct key_use *use, const struct uks_attr *parameters,
		     struct failure *failure)
{
	uint32_t type, present = 0;

	for (type = 1; type <= UKS_PARAM_MAX; type++)
		if (parameters[type].type)
			present |= 1U << type;
	if (check_set(use->algorithm, present, failure) ||
	    check_bounds(use->algorithm, parameters, failure) ||
	    check_mgf(use, parameters, failure))
		return -1;
	return use->algorithm == UKS_ALG_HKDF ? check_hkdf(use, parameters, failure) : 0;
}

size_t parameters_nonce_len(uint32_t algorithm, const struct uks_attr *parameters)
{
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_SM4_GCM:
	case UKS_ALG_CHACHA20_POLY1305:
		return UKS_NONCE_LEN;
	case UKS_ALG_AES_CCM:
		return uks_attr_u32(&parameters[UKS_PARAM_NONCE_LEN], UKS_NONCE_LEN);
	case UKS_ALG_AES_CBC:
	case UKS_ALG_AES_CBC_PKCS7:
	case UKS_ALG_AES_CTR:
	case UKS_ALG_SM4_CBC:
	case UKS_ALG_SM4_CBC_PKCS7:
	case UKS_ALG_SM4_CTR:
		return 16;
	default:
		return 0;
	}
}

size_t parameters_tag_len(uint32_t algorithm, const struct uks_attr *parameters)
{
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_SM4_GCM:
	case UKS_ALG_AES_CCM:
		return uks_attr_u32(&parameters[UKS_PARAM_TAG_LEN], UKS_TAG_LEN);
	case UKS_ALG_CHACHA20_POLY1305:
		return UKS_TAG_LEN;
	default:
		return 0;
	}
}
