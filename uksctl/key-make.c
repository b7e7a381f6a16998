// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key agree, derive, wrap, unwrap: keys made of keys */
#include <string.h>

#include <uks/algorithm.h>

#include "uksctl.h"

#define WRAPPED_MAX	16384

typedef int make_fn(struct uks_client *client, const char *key, const struct uks_method *method,
		    const char *new_name, uint32_t type, const struct uks_key_options *options,
		    struct uks_key **out, struct uks_err *err);

/* Algorithm and digest say how the key is made, and nothing of its policy. */
static int new_options(struct run *run, struct uks_key_options *options,
		       struct uks_policy **policy)
{
	run->options[OPTION_ALGORITHM] = NULL;
	run->options[OPTION_DIGEST] = NULL;
	return key_options(run, options, policy);
}

static int make(struct run *run, make_fn *fn, const struct uks_method *method, const char *what)
{
	struct uks_key_options options = { 0 };
	struct uks_policy *policy = NULL;
	struct uks_key *key = NULL;
	uint32_t type;
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);

	if (!ret)
		ret = new_options(run, &options, &policy);
	if (!ret && fn(run->client, run->args[0], method, run->args[1], type, &options, &key,
		       &run->err))
		ret = fail(run, what, run->args[0]);
	else if (!ret)
		ret = print_key(run, key);
	uks_key_free(key);
	uks_policy_free(policy);
	return ret;
}

/* Without any parameter of HKDF the agreed secret itself becomes the key. */
int run_key_agree(struct run *run)
{
	struct method method;
	int ret = method_from_options(run, &method);

	if (ret)
		return ret;
	if (run->options[OPTION_SALT] || run->options[OPTION_INFO] ||
	    run->options[OPTION_LENGTH] || run->options[OPTION_DIGEST])
		method.parameters.kdf = UKS_ALG_HKDF;
	return make(run, uks_key_agree, &method.method, "agree with");
}

int run_key_derive(struct run *run)
{
	struct method method;
	int ret = method_from_options(run, &method);

	return ret ? ret : make(run, uks_key_derive, &method.method, "derive from");
}

/* ---- wrapping ---- */

static int take_format(struct run *run, uint32_t *format)
{
	return option_word(run, OPTION_FORMAT, UKS_WORD_FORMAT, format);
}

static int wrapping_from_options(struct run *run, struct method *method,
				 struct uks_wrapping *wrapping)
{
	int ret = method_from_options(run, method);

	*wrapping = (struct uks_wrapping){
		.key = run->options[OPTION_WITH],
		.algorithm = method->method.algorithm,
		.digest = method->method.digest,
		.parameters = &method->parameters,
		.pin = &run->pin,
	};
	return ret ? ret : take_format(run, &wrapping->format);
}

int run_key_wrap(struct run *run)
{
	uint8_t wrapped[WRAPPED_MAX], public_key[PARAMETER_MAX];
	size_t len = sizeof(wrapped);
	struct uks_wrapping wrapping;
	struct method method;
	int ret = wrapping_from_options(run, &method, &wrapping);

	if (!ret && !run->options[OPTION_WITH] == !run->options[OPTION_FOR])
		ret = fail_usage(run, "either --with or --for is needed");
	if (!ret)
		ret = pin_from_options(run);
	if (!ret)
		ret = option_public_key(run, OPTION_FOR, public_key, sizeof(public_key),
					&wrapping.public_key_len);
	if (ret)
		return ret;
	if (wrapping.public_key_len)
		wrapping.public_key = public_key;
	if (uks_key_wrap(run->client, run->args[0], method.method.version, &wrapping, wrapped,
			 &len, &run->err))
		return fail(run, "wrap", run->args[0]);
	return output_all(run, wrapped, len, true);
}

/* Symmetric keys are bytes, all others PKCS #8. */
static uint32_t usual_format(uint32_t type)
{
	const struct key_type *found = uks_type_find(type);

	return found && found->asymmetric ? UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW;
}

int run_key_unwrap(struct run *run)
{
	struct uks_key_options options = { 0 };
	struct uks_policy *policy = NULL;
	struct uks_wrapping wrapping;
	struct uks_key *key = NULL;
	uint8_t wrapped[WRAPPED_MAX];
	struct method method;
	uint32_t type;
	size_t len = 0;
	int ret = wrapping_from_options(run, &method, &wrapping);

	if (!ret)
		ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);
	if (!ret)
		ret = new_options(run, &options, &policy);
	if (!ret)
		ret = input_read_all(run->options[OPTION_INPUT], wrapped, sizeof(wrapped), &len);
	if (ret)
		goto out;
	if (!wrapping.format)
		wrapping.format = usual_format(type);
	if (uks_key_unwrap(run->client, run->args[0], type, &wrapping, wrapped, len, &options,
			   &key, &run->err))
		ret = fail(run, "unwrap", run->args[0]);
	else
		ret = print_key(run, key);
	uks_key_free(key);
out:
	uks_policy_free(policy);
	return ret;
}
