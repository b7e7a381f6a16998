// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that the device generates for an issuer. */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "daemon/provider/sealed.h"
#include "daemon/sks/algorithm.h"
#include "daemon/sks/keep.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/session.h"
#include "daemon/sks/spare.h"

#define LABEL		"createKeyEntry"
#define ATTESTATION	"DeviceAttestation"
#define EXPONENT_MAX	8	/* bytes */

/* Arguments of the method, and what is made of them. */
struct make {
	struct sks_session session;
	struct sks_key key;
	struct sks_pin pin;
	struct sks_pin_policy policy;
	struct sks_bytes entry_algorithm;
	struct sks_bytes seed;
	bool device_pin;
	uint32_t policy_handle;
	struct sks_bytes pin_value;
	struct sks_bytes algorithm_uri;
	const struct sks_algorithm *algorithm;
	struct sks_bytes parameters;
	struct sks_in endorsed;
	uint8_t endorsed_count;
	struct sks_bytes mac;
};

static void read_key(struct sks_in *in, struct make *make)
{
	struct sks_key *key = &make->key;
	struct sks_bytes friendly;
	int i;

	make->entry_algorithm = sks_get_bytes(in);
	make->seed = sks_get_bytes(in);
	make->device_pin = sks_get_bool(in);
	make->policy_handle = sks_get_u32(in);
	make->pin_value = sks_get_bytes(in);
	key->caching = sks_get_bool(in);
	key->biometric = sks_get_u8(in);
	key->export = sks_get_u8(in);
	key->deletion = sks_get_u8(in);
	key->usage = sks_get_u8(in);
	friendly = sks_get_bytes(in);
	if (friendly.len > sizeof(key->friendly) || !sks_is_utf8(&friendly) ||
	    sks_characters(&friendly) > SKS_NAME_MAX) {
		in->bad = true;
		return;
	}
	if (friendly.len)
		memcpy(key->friendly, friendly.at, friendly.len);
	key->friendly_len = friendly.len;
	make->algorithm_uri = sks_get_bytes(in);
	make->parameters = sks_get_bytes(in);
	make->endorsed_count = sks_get_u8(in);
	make->endorsed = *in;
	for (i = 0; i < make->endorsed_count; i++)
		sks_get_bytes(in);
	make->mac = sks_get_bytes(in);
}

static int check_numbers(struct sks_call *call, const struct make *make)
{
	const struct sks_key *key = &make->key;

	if (!sks_is(&make->entry_algorithm, SKS_URI_KEY))
		return sks_fail(call, SKS_E_ALGORITHM,
				"the key entry algorithm is unknown: only " SKS_URI_KEY);
	if (make->seed.len > SKS_SEED_MAX)
		return sks_fail(call, SKS_E_OPTION, "the server's seed has more than %d bytes",
				SKS_SEED_MAX);
	if (key->biometric > SKS_BIOMETRIC_EXCLUSIVE || key->export > SKS_PROTECT_NEVER ||
	    key->deletion > SKS_PROTECT_NEVER || key->usage > SKS_USAGE_UNIVERSAL)
		return sks_fail(call, SKS_E_OPTION,
				"a protection or usage of the key is out of range");
	return 0;
}

static int check_protection(struct sks_call *call, const struct make *make)
{
	const struct sks_key *key = &make->key;
	bool pin = make->policy_handle, puk = make->policy.row.link;
	bool exclusive = key->biometric == SKS_BIOMETRIC_EXCLUSIVE;

	if (make->device_pin)
		return sks_fail(call, SKS_E_OPTION, "this device has no PIN of its own");
	if ((key->export == SKS_PROTECT_PIN || key->deletion == SKS_PROTECT_PIN) && !pin)
		return sks_fail(call, SKS_E_OPTION,
				"the key's protection needs a PIN, which the key has not");
	if ((key->export == SKS_PROTECT_PUK || key->deletion == SKS_PROTECT_PUK) && !puk)
		return sks_fail(call, SKS_E_OPTION,
				"the key's protection needs a PUK, which the key has not");
	if (key->caching && (!pin || make->policy.input != SKS_INPUT_TRUSTED_GUI))
		return sks_fail(call, SKS_E_OPTION,
				"PINs are cached only where a trusted GUI reads them");
	if (!pin && make->pin_value.len)
		return sks_fail(call, SKS_E_OPTION, "the key has a PIN value but no PIN policy");
	if (key->biometric != SKS_BIOMETRIC_NONE && pin == exclusive)
		return sks_fail(call, SKS_E_OPTION,
				"the key's biometric protection does not go with %s",
				pin ? "a PIN" : "no PIN");
	return 0;
}

static int find_policy(struct sks_call *call, struct make *make)
{
	if (!make->policy_handle)
		return 0;
	if (sks_read_policy(call, make->policy_handle, &make->policy))
		return -1;
	if (make->policy.row.parent == make->session.row.handle)
		return 0;
	return sks_fail(call, SKS_E_OPTION, "PIN policy %u belongs to another session",
			make->policy_handle);
}

static int compare(const struct sks_bytes *a, const struct sks_bytes *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len ? memcmp(a->at, b->at, len) : 0;

	return order ? order : (int)a->len - (int)b->len;
}

static int take_endorsed(struct sks_call *call, struct make *make, struct sks_mac *mac)
{
	const struct sks_algorithm *algorithm;
	struct sks_bytes uri, before = { };
	int i;

	for (i = 0; i < make->endorsed_count; i++, before = uri) {
		uri = sks_get_bytes(&make->endorsed);
		algorithm = sks_algorithm_by_uri(&uri);
		if (i && compare(&before, &uri) >= 0)
			return sks_fail(call, SKS_E_OPTION,
					"endorsed algorithms are not in ascending order");
		if (!algorithm || algorithm->does < SKS_DOES_NOTHING)
			return sks_fail(call, SKS_E_OPTION,
					"an endorsed algorithm is unknown: see 'uksctl sks info'");
		if (algorithm->does == SKS_DOES_NOTHING && make->endorsed_count > 1)
			return sks_fail(call, SKS_E_OPTION,
					"a key that is endorsed for nothing is so for nothing else");
		make->key.endorsed[make->key.endorsed_count++] = algorithm->number;
		sks_mac_bytes(mac, uri.at, uri.len);
	}
	return 0;
}

static int check_mac(struct sks_call *call, struct make *make)
{
	bool encrypted = make->policy_handle && !make->policy.user_defined;
	const struct sks_key *key = &make->key;
	struct sks_mac mac;

	if (sks_begin_mac(call, &make->session, LABEL, &mac))
		return -1;
	sks_mac_bytes(&mac, key->row.name, key->row.name_len);
	sks_mac_bytes(&mac, make->entry_algorithm.at, make->entry_algorithm.len);
	sks_mac_bytes(&mac, make->seed.at, make->seed.len);
	sks_mac_bytes(&mac, make->policy.row.name, make->policy.row.name_len);
	sks_mac_bytes(&mac, make->pin_value.at, encrypted ? make->pin_value.len : 0);
	sks_mac_number(&mac, make->device_pin, 1);
	sks_mac_number(&mac, key->caching, 1);
	sks_mac_number(&mac, key->biometric, 1);
	sks_mac_number(&mac, key->export, 1);
	sks_mac_number(&mac, key->deletion, 1);
	sks_mac_number(&mac, key->usage, 1);
	sks_mac_bytes(&mac, key->friendly, key->friendly_len);
	sks_mac_bytes(&mac, make->algorithm_uri.at, make->algorithm_uri.len);
	sks_mac_bytes(&mac, make->parameters.at, make->parameters.len);
	if (take_endorsed(call, make, &mac))
		return -1;
	return sks_verify(call, &mac, &make->mac);
}

static int check_algorithm(struct sks_call *call, struct make *make)
{
	struct sks_in in = { .at = make->parameters.at, .left = make->parameters.len };

	make->algorithm = sks_algorithm_by_uri(&make->algorithm_uri);
	if (!make->algorithm || make->algorithm->does != SKS_DOES_MAKE)
		return sks_fail(call, SKS_E_OPTION, "the key algorithm is unknown");
	make->key.type = make->algorithm->type;
	if (!make->algorithm->exponent)
		return !make->parameters.len ? 0 :
		       sks_fail(call, SKS_E_OPTION, "the key algorithm has no parameters");
	if (!make->parameters.len || make->parameters.len > EXPONENT_MAX)
		return sks_fail(call, SKS_E_OPTION, "the RSA exponent has not 1 to %d bytes",
				EXPONENT_MAX);
	while (in.left)
		make->key.exponent = make->key.exponent << 8 | sks_get_u8(&in);
	if (!(make->key.exponent & 1) || make->key.exponent < 3)
		return sks_fail(call, SKS_E_OPTION, "the RSA exponent is not odd, or too small");
	return 0;
}

/* What the PIN is, and whether a group of keys has it already. */
static int take_pin(struct sks_call *call, struct make *make)
{
	uint8_t plain[UINT8_MAX + 1];
	struct sks_bytes value = make->pin_value;
	struct sks_pin *pin = &make->pin;
	int found, ret = -1;

	if (value.len > sizeof(plain))
		return sks_fail(call, SKS_E_OPTION, "the PIN is too long");
	if (!make->policy.user_defined) {
		if (sks_open_encrypted(call, &make->session, &make->pin_value, plain,
				       &value.len))
			goto out;
		value.at = plain;
	}
	if (sks_check_pin(call, &make->policy, &value))
		goto out;
	found = sks_find_group(call, &make->policy, make->key.usage, &value, 0, pin);
	if (found > 0 && (value.len != pin->len ||
			  sodium_memcmp(value.at, pin->value, pin->len))) {
		sks_fail(call, SKS_E_OPTION,
			 "the key shares a PIN with others, and that is not theirs");
	} else if (found >= 0) {
		ret = 0;
	}
	if (!found) {
		pin->usage = make->key.usage;
		pin->len = value.len;
		memcpy(pin->value, value.at, value.len);
	}
out:
	sodium_memzero(plain, sizeof(plain));
	return ret;
}

static int check(struct sks_call *call, struct make *make)
{
	uint32_t handle = sks_get_u32(&call->in);

	if (sks_open_session(call, handle, &make->session) ||
	    sks_new_id(call, &make->session, &make->key.row))
		return -1;
	read_key(&call->in, make);
	if (sks_arguments(call) || check_numbers(call, make) || find_policy(call, make) ||
	    check_protection(call, make) || check_mac(call, make) ||
	    check_algorithm(call, make))
		return -1;
	return make->policy_handle ? take_pin(call, make) : 0;
}

/* By OpenSSL, for its exponent is the issuer's to choose. */
static EVP_PKEY *generate_rsa(const struct key_type *type, uint64_t exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	size_t bits = type->bits;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, &exponent, sizeof(exponent)),
		OSSL_PARAM_END
	};

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return pkey;
}

static int generate_exponent(struct sks_call *call, const struct make *make,
			     struct material *material)
{
	struct output output = { .bytes = material->secret, .size = KEY_SECRET_MAX };
	EVP_PKEY *pkey = generate_rsa(uks_type_find(make->key.type), make->key.exponent);
	int ret = -1;

	if (pkey && !sealed_write_pkcs8(pkey, &output, call->failure))
		ret = sealed_write_public(pkey, material, call->failure);
	material->secret_len = output.len;
	EVP_PKEY_free(pkey);
	return ret ? sks_fail(call, SKS_E_OPTION, "no RSA key can have that exponent") : 0;
}

static int generate(struct sks_call *call, const struct make *make, struct material *material)
{
	/* It adds to what there is, however little it is worth. */
	RAND_add(make->seed.at, make->seed.len, 0);
	if (make->algorithm->exponent)
		return generate_exponent(call, make, material);
	if (!spare_take(call->worker->uksd->spare, make->key.type, material) &&
	    call->worker->uksd->provider->generate(uks_type_find(make->key.type), material,
						   call->failure))
		return sks_fail(call, SKS_E_CRYPTO, "%s", call->failure->text);
	if (UKS_RSA & UKS_BIT(make->key.type))
		spare_want(call->worker->uksd->spare, make->key.type);
	return 0;
}

/*
 * To make a key takes long, and would keep everybody else from changing the store. So
 * it is made before, once the arguments have proven right, and they are read again
 * with the store in hand.
 */
int sks_create_key_ahead(struct sks_call *call)
{
	struct make *make = calloc(1, sizeof(*make));
	struct sks_in arguments = call->in;
	int ret = -1;

	call->ahead = calloc(1, sizeof(*call->ahead));
	if (call->ahead)
		call->ahead->secret = sodium_malloc(KEY_SECRET_MAX);
	if (!make || !call->ahead || !call->ahead->secret)
		sks_fail(call, SKS_E_INTERNAL, "out of memory for a key");
	else if (!check(call, make))
		ret = generate(call, make, call->ahead);
	call->in = arguments;
	if (make)
		sodium_memzero(make, sizeof(*make));
	free(make);
	return ret;
}

static int attest(struct sks_call *call, struct make *make)
{
	const struct sks_key *key = &make->key;
	uint8_t attestation[SKS_MAC_LEN];
	struct sks_mac mac;

	if (sks_begin_mac(call, &make->session, ATTESTATION, &mac))
		return -1;
	sks_mac_bytes(&mac, key->public_key, key->public_len);
	sks_mac_bytes(&mac, make->mac.at, make->mac.len);
	sks_mac_end(&mac, attestation);
	sks_put_u32(&call->out, key->row.handle);
	sks_put_bytes(&call->out, key->public_key, key->public_len);
	sks_put_bytes(&call->out, attestation, sizeof(attestation));
	return 0;
}

static int write_pin(struct sks_call *call, struct make *make)
{
	struct sks_pin *pin = &make->pin;

	if (!make->policy_handle)
		return 0;
	if (!pin->row.handle) {
		pin->row.open = true;
		pin->row.parent = make->session.row.handle;
		pin->row.link = make->policy_handle;
		if (sks_write_pin(call, pin))
			return -1;
	}
	make->key.row.link = pin->row.handle;
	return 0;
}

static int keep(struct sks_call *call, struct make *make)
{
	const struct material *material = call->ahead;
	struct sks_key *key = &make->key;

	memcpy(key->public_key, material->public_key, material->public_len);
	key->public_len = material->public_len;
	if (write_pin(call, make) || sks_write_key(call, key) ||
	    sks_write_secret(call, key, material->secret, material->secret_len) ||
	    attest(call, make))
		return -1;
	return sks_write_session(call, &make->session);
}

int sks_create_key(struct sks_call *call)
{
	struct make *make = calloc(1, sizeof(*make));
	int ret;

	if (!make)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory for a key");
	ret = check(call, make) || keep(call, make) ? -1 : 0;
	sodium_memzero(make, sizeof(*make));
	free(make);
	return ret;
}

int sks_get_key_handle(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in), found;
	struct sks_bytes id = sks_get_bytes(&call->in);
	struct sks_object object = { .row = { .parent = handle } };
	struct sks_session session;
	int ret;

	ret = sks_arguments(call) || sks_open_session(call, handle, &session) ? -1 : 0;
	sodium_memzero(&session, sizeof(session));
	if (ret)
		return -1;
	/* To ask for what is not there ends no session, whatever else does. */
	call->session = 0;
	if (!sks_is_id(&id))
		return sks_fail(call, SKS_E_OPTION, "the id is malformed");
	memcpy(object.row.name, id.at, id.len);
	object.row.name_len = id.len;
	ret = sks_find(call, SKS_BY_NAME, &object);
	if (ret < 0)
		return -1;
	found = ret && object.row.kind == SKS_KEY ? object.row.handle : 0;
	if (ret)
		sks_free(&object);
	if (!found)
		return sks_fail(call, SKS_E_NO_KEY, "the session has no key '%.*s'", (int)id.len,
				(const char *)id.at);
	sks_put_u32(&call->out, found);
	return 0;
}
