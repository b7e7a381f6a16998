// SPDX-License-Identifier: LGPL-2.1-or-later
/* The properties of an attestation, for people and programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "verify/verify.h"

#include <libuks/uks.h>

#define TEXT_MAX	256

static const struct {
	uint32_t bit;
	const char *name;
} attributes[] = {
	{ 0x00000002, "fixed-tpm" },
	{ 0x00000010, "fixed-parent" },
	{ 0x00000020, "sensitive-data-origin" },
	{ 0x00000040, "user-with-auth" },
	{ 0x00000400, "no-da" },
	{ UKS_EVIDENCE_RESTRICTED, "restricted" },
	{ UKS_EVIDENCE_DECRYPT, "decrypt" },
	{ UKS_EVIDENCE_SIGN, "sign" },
};

json_t *report_hex(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *value;

	if (!text)
		return NULL;
	hex_format(data, len, text);
	value = json_string(text);
	free(text);
	return value;
}

/* From somebody else: what is no UTF-8 comes in hexadecimal digits. */
static json_t *string_of(const ASN1_STRING *string)
{
	const char *text = (const char *)ASN1_STRING_get0_data(string);
	const size_t len = ASN1_STRING_length(string);
	json_t *value = memchr(text, 0, len) ? NULL : json_stringn(text, len);

	return value ? value : report_hex((const uint8_t *)text, len);
}

static json_t *digest_of(const uint8_t *data, size_t len)
{
	uint8_t digest[32];

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	return report_hex(digest, sizeof(digest));
}

static json_t *number_of(const ASN1_INTEGER *number)
{
	return json_integer(check_number(number));
}

static json_t *word_of(enum uks_word set, const ASN1_INTEGER *number)
{
	const uint64_t value = check_number(number);
	const char *word = value <= UINT32_MAX ? uks_word(set, value) : NULL;

	return word ? json_string(word) : number_of(number);
}

/* @shift: members are 1 << value, not bits themselves. */
static json_t *set_of(enum uks_word set, uint64_t bits, bool shift)
{
	json_t *list = json_array();
	char text[32];
	const char *word;
	unsigned int i;

	for (i = 0; list && i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		word = uks_word(set, shift ? i : i < 32 ? 1u << i : 0);
		if (!word) {
			snprintf(text, sizeof(text), "%u", i);
			word = text;
		}
		json_array_append_new(list, json_string(word));
	}
	return list;
}

/* ---- policy ---- */

/* How an attribute is called, and how its number is shown. */
struct naming {
	const char *name;
	enum { PLAIN, ALGORITHMS, DIGESTS, FLAGS, PURPOSES, PIN } as;
};

static const struct naming policy_names[UKS_POLICY_A_MAX + 1] = {
	[UKS_POLICY_A_ALGORITHMS] = { "algorithms", ALGORITHMS },
	[UKS_POLICY_A_DIGESTS] = { "digests", DIGESTS },
	[UKS_POLICY_A_FLAGS] = { "flags", FLAGS },
	[UKS_POLICY_A_NOT_BEFORE] = { "not-before", PLAIN },
	[UKS_POLICY_A_NOT_AFTER] = { "not-after", PLAIN },
	[UKS_POLICY_A_MAX_USES] = { "max-uses", PLAIN },
	[UKS_POLICY_A_MAX_USES_BOOT] = { "max-uses-per-boot", PLAIN },
	[UKS_POLICY_A_RATE_USES] = { "rate-uses", PLAIN },
	[UKS_POLICY_A_RATE_SECONDS] = { "rate-seconds", PLAIN },
	[UKS_POLICY_A_ROTATE] = { "rotate-every", PLAIN },
	[UKS_POLICY_A_IDLE] = { "idle", PLAIN },
	[UKS_POLICY_A_GRANT] = { "grant", PLAIN },
	[UKS_POLICY_A_BIND] = { "bind", PLAIN },
	[UKS_POLICY_A_PIN] = { "pin", PIN },
	[UKS_POLICY_A_PIN_SECONDS] = { "pin-seconds", PLAIN },
	[UKS_POLICY_A_PIN_TRIES] = { "pin-tries", PLAIN },
};

static const struct naming grant_names[UKS_GRANT_MAX + 1] = {
	[UKS_GRANT_PURPOSES] = { "purposes", PURPOSES },
	[UKS_GRANT_UID] = { "uid", PLAIN },
	[UKS_GRANT_GID] = { "gid", PLAIN },
	[UKS_GRANT_EXE] = { "exe", PLAIN },
	[UKS_GRANT_EXE_DIGEST] = { "exe-digest", PLAIN },
	[UKS_GRANT_UNIT] = { "unit", PLAIN },
	[UKS_GRANT_CGROUP] = { "cgroup", PLAIN },
	[UKS_GRANT_LABEL] = { "label", PLAIN },
};

static json_t *policy_number(const ASN1_INTEGER *number, const struct naming *naming)
{
	static const char * const pins[] = { NULL, "per-use", "session", "timed" };
	const uint64_t value = check_number(number);

	switch (naming->as) {
	case ALGORITHMS:
		return set_of(UKS_WORD_ALGORITHM, value, true);
	case DIGESTS:
		return set_of(UKS_WORD_DIGEST, value, true);
	case FLAGS:
		return set_of(UKS_WORD_POLICY_FLAG, value, false);
	case PURPOSES:
		return set_of(UKS_WORD_PURPOSE, value, false);
	case PIN:
		if (value > 0 && value < sizeof(pins) / sizeof(*pins))
			return json_string(pins[value]);
		break;
	default:
		break;
	}
	return number_of(number);
}

static json_t *items_of(const STACK_OF(UKS_ITEM) *items, bool grant);

static json_t *policy_value(const UKS_VALUE *value, const struct naming *naming, bool grant)
{
	switch (value->type) {
	case UKS_VALUE_NUMBER:
		return policy_number(value->d.number, naming);
	case UKS_VALUE_TEXT:
		return string_of(value->d.text);
	case UKS_VALUE_BYTES:
		return report_hex(ASN1_STRING_get0_data(value->d.bytes),
				  ASN1_STRING_length(value->d.bytes));
	case UKS_VALUE_ITEMS:
		return grant ? json_null() : items_of(value->d.items, true);
	default:
		return json_null();
	}
}

/* Grants and binds can be there several times: they are lists. */
static void put_item(json_t *object, const char *name, json_t *value, bool listed)
{
	json_t *list = json_object_get(object, name);

	if (!listed) {
		json_object_set_new(object, name, value);
		return;
	}
	if (!list) {
		list = json_array();
		json_object_set_new(object, name, list);
	}
	json_array_append_new(list, value);
}

static json_t *items_of(const STACK_OF(UKS_ITEM) *items, bool grant)
{
	static const struct naming unknown = { NULL, PLAIN };
	const uint64_t max = grant ? UKS_GRANT_MAX : UKS_POLICY_A_MAX;
	const struct naming *naming;
	json_t *object = json_object();
	const UKS_ITEM *item;
	char text[32];
	uint64_t type;
	int i;

	for (i = 0; object && i < sk_UKS_ITEM_num(items); i++) {
		item = sk_UKS_ITEM_value(items, i);
		type = check_number(item->attribute);
		naming = type > max ? &unknown : grant ? &grant_names[type] : &policy_names[type];
		snprintf(text, sizeof(text), "attribute-%llu", (unsigned long long)type);
		put_item(object, naming->name ? naming->name : text,
			 policy_value(item->value, naming, grant),
			 item->value->type == UKS_VALUE_ITEMS);
	}
	return object;
}

json_t *report_policy(const UKS_POLICY *policy)
{
	return items_of(policy->items, false);
}

/* ---- the rest ---- */

static json_t *key_of(const struct checked *checked)
{
	const UKS_CLAIMS *claims = checked->attestation->claims;
	const bool inside = check_number(claims->protection) == UKS_PROVIDER_TPM;
	X509_PUBKEY *public = X509_get_X509_PUBKEY(checked->leaf);
	json_t *key = json_object();
	ASN1_OBJECT *type;
	const uint8_t *bits;
	char text[TEXT_MAX];
	int len;

	json_object_set_new(key, "type", word_of(UKS_WORD_KEY_TYPE, claims->type));
	json_object_set_new(key, "purposes",
			    set_of(UKS_WORD_PURPOSE, check_number(claims->purposes), false));
	json_object_set_new(key, "origin", word_of(UKS_WORD_ORIGIN, claims->origin));
	json_object_set_new(key, "protection", json_string(inside ? "tpm" : "sealed"));
	json_object_set_new(key, "state", word_of(UKS_WORD_STATE, claims->state));
	json_object_set_new(key, "version", number_of(claims->version));
	if (X509_PUBKEY_get0_param(&type, &bits, &len, NULL, public) == 1 &&
	    OBJ_obj2txt(text, sizeof(text), type, 1) > 0 && !strcmp(text, ATTESTATION_NO_PUBLIC))
		json_object_set_new(key, "check-value", report_hex(bits, len));
	else
		json_object_set_new(key, "public-key-sha256",
				    digest_of(checked->spki, checked->spki_len));
	return key;
}

static void put_identity(json_t *key, const UKS_IDENTITY *identity)
{
	if (!identity)
		return;
	json_object_set_new(key, "name", string_of(identity->name));
	json_object_set_new(key, "id", report_hex(ASN1_STRING_get0_data(identity->id),
						  ASN1_STRING_length(identity->id)));
	json_object_set_new(key, "owner", number_of(identity->owner));
	json_object_set_new(key, "created", number_of(identity->created));
}

static json_t *pcrs_of(const UKS_PCRS *pcrs)
{
	const uint64_t bank = check_number(pcrs->bank);
	json_t *object = json_object();
	const uint8_t *value;
	char name[8];
	unsigned int i;
	size_t len;

	json_object_set_new(object, "bank", json_string(bank == 0x000b ? "sha256" :
							 bank == 0x000c ? "sha384" : "sha512"));
	for (i = 0; i < CHECK_PCRS; i++) {
		value = check_pcr_value(pcrs, i, &len);
		snprintf(name, sizeof(name), "%u", i);
		if (value)
			json_object_set_new(object, name, report_hex(value, len));
	}
	return object;
}

/* Obfuscated by the TPM for each attestation key, but for the clock. */
static json_t *tpm_of(const struct uks_evidence_facts *quote)
{
	json_t *object = json_object();
	uint8_t firmware[8];
	int i;

	for (i = 0; i < 8; i++)
		firmware[i] = quote->firmware >> (56 - 8 * i);
	json_object_set_new(object, "firmware", report_hex(firmware, sizeof(firmware)));
	json_object_set_new(object, "resets", json_integer(quote->resets));
	json_object_set_new(object, "restarts", json_integer(quote->restarts));
	json_object_set_new(object, "clock-ms", json_integer(quote->clock));
	json_object_set_new(object, "clock-safe", json_boolean(quote->safe));
	return object;
}

static json_t *public_of(const struct uks_evidence_public *public)
{
	json_t *object = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (public->attributes & attributes[i].bit)
			json_array_append_new(list, json_string(attributes[i].name));
	json_object_set_new(object, "name", report_hex(public->name, sizeof(public->name)));
	json_object_set_new(object, "attributes", list);
	if (public->has_policy)
		json_object_set_new(object, "policy",
				    report_hex(public->policy, sizeof(public->policy)));
	return object;
}

static json_t *time_of(const ASN1_TIME *when)
{
	char text[32] = "";
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) == 1)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *report(const struct checked *checked, bool known_ak)
{
	const UKS_ATTESTATION *attestation = checked->attestation;
	const UKS_CLAIMS *claims = attestation->claims;
	const bool anonymous = !claims->identity;
	json_t *all = json_object(), *key = key_of(checked), *ak = public_of(&checked->ak);

	put_identity(key, claims->identity);
	if (checked->key.spki_len)
		json_object_set_new(key, "in-tpm", public_of(&checked->key));
	json_object_set_new(ak, "known", json_boolean(known_ak));
	json_object_set_new(all, "valid", json_true());
	json_object_set_new(all, "anonymous", json_boolean(anonymous));
	json_object_set_new(all, "challenge",
			    report_hex(ASN1_STRING_get0_data(attestation->challenge),
				       ASN1_STRING_length(attestation->challenge)));
	json_object_set_new(all, "key", key);
	json_object_set_new(all, "policy", report_policy(attestation->policy));
	json_object_set_new(all, "daemon", string_of(claims->daemon));
	json_object_set_new(all, "module", string_of(claims->module));
	json_object_set_new(all, "attestation-key", ak);
	json_object_set_new(all, "issuer", public_of(&checked->signer));
	json_object_set_new(all, "pcrs", pcrs_of(attestation->evidence->pcrs));
	if (!anonymous)
		json_object_set_new(all, "tpm", tpm_of(&checked->quote));
	json_object_set_new(all, "valid-from", time_of(X509_get0_notBefore(checked->leaf)));
	json_object_set_new(all, "valid-until", time_of(X509_get0_notAfter(checked->leaf)));
	return all;
}

/* ---- as text ---- */

static bool is_flat(const json_t *list)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (!json_is_string(value))
			return false;
	return true;
}

/* One line for what has no name inside; NULL for what has. For free(). */
static char *text_of(const json_t *value)
{
	const json_t *each;
	char *text = NULL;
	size_t size, i;
	FILE *out;

	if (json_is_object(value) || (json_is_array(value) && !is_flat(value)))
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (json_is_string(value))
		fputs(json_string_value(value), out);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	json_array_foreach(value, i, each)
		fprintf(out, "%s%s", i ? "," : "", json_string_value(each));
	fclose(out);
	return text;
}

char *report_find(const json_t *object, const char *name)
{
	const size_t len = strcspn(name, ".");
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(object)) {
		i = strtoul(name, NULL, 10);
		value = json_array_get(object, i);
		return !value ? NULL : name[len] ? report_find(value, name + len + 1) :
						   text_of(value);
	}
	json_object_foreach((json_t *)object, key, value)
		if (strlen(key) == len && !memcmp(key, name, len))
			return name[len] ? report_find(value, name + len + 1) : text_of(value);
	return NULL;
}

/* What others have written goes to a terminal: no control character does. */
static void print_line(const char *name, const char *text, FILE *out)
{
	fprintf(out, "%-32s ", name);
	for (; *text; text++)
		fputc((uint8_t)*text < ' ' || *text == 0x7f ? '?' : *text, out);
	fputc('\n', out);
}

static void print_under(const char *prefix, const json_t *value, FILE *out)
{
	char name[TEXT_MAX], *text = text_of(value);
	const json_t *each;
	const char *key;
	json_t *member;
	size_t i;

	if (text)
		print_line(prefix, text, out);
	free(text);
	json_object_foreach((json_t *)value, key, member) {
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		print_under(name, member, out);
	}
	if (json_is_array(value) && !is_flat(value))
		json_array_foreach(value, i, each) {
			snprintf(name, sizeof(name), "%s.%zu", prefix, i);
			print_under(name, each, out);
		}
}

void report_print(const json_t *object, FILE *out)
{
	print_under("", object, out);
}
