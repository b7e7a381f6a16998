// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an attestation says about a key: its policy in full, and claims. */
#include <fcntl.h>
#include <unistd.h>

#include "daemon/attest/attest.h"
#include "daemon/key/lifecycle.h"

static bool put_number(ASN1_INTEGER *to, uint64_t number)
{
	return ASN1_INTEGER_set_uint64(to, number) == 1;
}

static bool put_bytes(ASN1_STRING *to, const void *bytes, size_t len)
{
	return ASN1_STRING_set(to, bytes, len) == 1;
}

/* ---- policy ---- */

static bool is_text(const struct uks_attr *attr)
{
	size_t i;

	for (i = 0; i < attr->len; i++)
		if (attr->value[i] < ' ' || attr->value[i] > '~')
			return false;
	return true;
}

static bool set_number(UKS_VALUE *value, const struct uks_attr *attr)
{
	uint64_t number = attr->len == sizeof(uint32_t) ? uks_attr_u32(attr, 0) :
							  uks_attr_u64(attr, 0);

	value->type = UKS_VALUE_NUMBER;
	value->d.number = ASN1_INTEGER_new();
	return value->d.number && put_number(value->d.number, number);
}

static bool set_string(UKS_VALUE *value, const struct uks_attr *attr, bool fixed)
{
	if (!fixed && is_text(attr)) {
		value->type = UKS_VALUE_TEXT;
		value->d.text = ASN1_UTF8STRING_new();
		return value->d.text && put_bytes(value->d.text, attr->value, attr->len);
	}
	value->type = UKS_VALUE_BYTES;
	value->d.bytes = ASN1_OCTET_STRING_new();
	return value->d.bytes && put_bytes(value->d.bytes, attr->value, attr->len);
}

static bool put_items(const uint8_t *at, size_t len, bool grant, STACK_OF(UKS_ITEM) *items);

static bool set_nested(UKS_VALUE *value, const struct uks_attr *attr)
{
	value->type = UKS_VALUE_ITEMS;
	value->d.items = sk_UKS_ITEM_new_null();
	return value->d.items && put_items(attr->value, attr->len, true, value->d.items);
}

/* Whatever else comes to policies goes in as the bytes that it is. */
static bool set_value(UKS_VALUE *value, const struct uks_attr *attr, bool grant)
{
	static const struct attr_policy unknown = { 0, 0, 0 };
	const struct attr_policy *policy = &unknown;

	if (grant && attr->type <= UKS_GRANT_MAX)
		policy = &grant_policies[attr->type];
	else if (!grant && attr->type <= UKS_POLICY_A_MAX)
		policy = &policy_policies[attr->type];
	if (!grant && (attr->type == UKS_POLICY_A_GRANT || attr->type == UKS_POLICY_A_BIND))
		return set_nested(value, attr);
	if (policy->min_len == attr->len && policy->max_len == attr->len &&
	    (attr->len == sizeof(uint32_t) || attr->len == sizeof(uint64_t)))
		return set_number(value, attr);
	return set_string(value, attr, policy->min_len == policy->max_len);
}

static bool put_items(const uint8_t *at, size_t len, bool grant, STACK_OF(UKS_ITEM) *items)
{
	struct uks_attr attr;
	UKS_ITEM *item;
	int ret;

	while ((ret = uks_attr_next(&at, &len, &attr)) > 0) {
		item = UKS_ITEM_new();
		if (!item || !put_number(item->attribute, attr.type) ||
		    !set_value(item->value, &attr, grant) || !sk_UKS_ITEM_push(items, item)) {
			UKS_ITEM_free(item);
			return false;
		}
	}
	return !ret;
}

int attest_policy(const uint8_t *bytes, size_t len, UKS_POLICY *policy)
{
	return put_items(bytes, len, false, policy->items) ? 0 : -1;
}

/* ---- claims ---- */

static bool put_identity(const struct key *key, UKS_CLAIMS *claims)
{
	UKS_IDENTITY *identity = UKS_IDENTITY_new();

	claims->identity = identity;
	return identity && put_number(identity->owner, key->owner) &&
	       put_bytes(identity->name, key->name, strlen(key->name)) &&
	       put_bytes(identity->id, key->id, sizeof(key->id)) &&
	       put_number(identity->created, key->created);
}

static bool put_claims(const struct worker *worker, bool anonymous, UKS_CLAIMS *claims)
{
	const char *module = worker->uksd->module;
	const struct key *key = &worker->record.key;

	return put_number(claims->type, key->type) &&
	       put_number(claims->purposes, key->purposes) &&
	       put_number(claims->origin, key->origin) &&
	       put_number(claims->protection, key->provider) &&
	       put_number(claims->state, lifecycle_state(key)) &&
	       put_number(claims->version, key->version) &&
	       put_bytes(claims->daemon, UKS_VERSION, strlen(UKS_VERSION)) &&
	       put_bytes(claims->module, module, strlen(module)) &&
	       (anonymous || put_identity(key, claims));
}

int attest_parts(const struct worker *worker, const struct uks_attr *challenge, bool anonymous,
		 UKS_ATTESTATION *attestation)
{
	const struct key *key = &worker->record.key;

	if (put_number(attestation->format, ATTESTATION_FORMAT) &&
	    put_bytes(attestation->challenge, challenge->value, challenge->len) &&
	    !attest_policy(key->policy, key->policy_len, attestation->policy) &&
	    put_claims(worker, anonymous, attestation->claims))
		return 0;
	return -1;
}

void attest_module(char *version, size_t size)
{
	int fd = open("/sys/module/uks/version", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, version, size - 1);

	if (fd >= 0)
		close(fd);
	version[len < 0 ? 0 : len] = 0;
	version[strcspn(version, "\n")] = 0;
}
