// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies and parameters as attributes, and policies back. */
#include <stdlib.h>

#include "policy.h"

/* ---- writing ---- */

static void put_grant(struct uks_attrs *attrs, const struct uks_grant_box *box)
{
	const struct uks_conditions *grant = &box->grant;
	size_t nest = uks_attrs_nest(attrs, box->rule);

	if (grant->have & 1U << UKS_GRANT_PURPOSES)
		uks_attrs_put_u32(attrs, UKS_GRANT_PURPOSES, grant->purposes);
	if (grant->have & 1U << UKS_GRANT_UID)
		uks_attrs_put_u32(attrs, UKS_GRANT_UID, grant->uid);
	if (grant->have & 1U << UKS_GRANT_GID)
		uks_attrs_put_u32(attrs, UKS_GRANT_GID, grant->gid);
	if (grant->exe)
		uks_attrs_put_string(attrs, UKS_GRANT_EXE, grant->exe);
	if (grant->exe_digest)
		uks_attrs_put(attrs, UKS_GRANT_EXE_DIGEST, grant->exe_digest,
			      sizeof(box->exe_digest));
	if (grant->unit)
		uks_attrs_put_string(attrs, UKS_GRANT_UNIT, grant->unit);
	if (grant->have & 1U << UKS_GRANT_CGROUP)
		uks_attrs_put_u64(attrs, UKS_GRANT_CGROUP, grant->cgroup);
	if (grant->label)
		uks_attrs_put_string(attrs, UKS_GRANT_LABEL, grant->label);
	uks_attrs_nest_end(attrs, nest);
}

static int put_policy(struct uks_attrs *attrs, const struct uks_policy *policy)
{
	const struct uks_grant_box *box;
	uint32_t rule;

	for (rule = 1; rule <= UKS_POLICY_A_MAX; rule++) {
		if (!(policy->said & 1U << rule))
			continue;
		if (uks_policy_is_u32(rule))
			uks_attrs_put_u32(attrs, rule, policy->values[rule]);
		else
			uks_attrs_put_u64(attrs, rule, policy->values[rule]);
	}
	for (box = policy->grants; box; box = box->next)
		put_grant(attrs, box);
	return attrs->error;
}

int uks_exchange_policy(struct uks_exchange *ex, const struct uks_policy *policy,
			struct uks_err *err)
{
	uint8_t buffer[UKS_POLICY_MAX];
	struct uks_attrs attrs;

	uks_attrs_init(&attrs, buffer, sizeof(buffer));
	if (put_policy(&attrs, policy))
		return uks_fail(err, UKS_E_BAD_POLICY, 0,
				"the policy is longer than %d bytes: give fewer grants",
				UKS_POLICY_MAX);
	uks_attrs_put(&ex->request, UKS_A_POLICY, buffer, attrs.len);
	return 0;
}

static void put_bytes(struct uks_attrs *attrs, uint16_t type, const void *data, size_t len)
{
	if (data && len <= UINT16_MAX)
		uks_attrs_put(attrs, type, data, len);
	else if (data)
		attrs->error = -EMSGSIZE;
}

static void put_number(struct uks_attrs *attrs, uint16_t type, uint32_t value)
{
	if (value)
		uks_attrs_put_u32(attrs, type, value);
}

static int put_parameters(struct uks_attrs *attrs, const struct uks_parameters *parameters)
{
	put_number(attrs, UKS_PARAM_MGF_DIGEST, parameters->mgf_digest);
	if (parameters->have & UKS_HAVE_SALT_LEN)
		uks_attrs_put_u32(attrs, UKS_PARAM_SALT_LEN, parameters->salt_len);
	put_bytes(attrs, UKS_PARAM_LABEL, parameters->label, parameters->label_len);
	put_bytes(attrs, UKS_PARAM_SALT, parameters->salt, parameters->salt_bytes);
	put_bytes(attrs, UKS_PARAM_INFO, parameters->info, parameters->info_len);
	put_number(attrs, UKS_PARAM_ITERATIONS, parameters->iterations);
	put_number(attrs, UKS_PARAM_OUT_LEN, parameters->out_len);
	put_bytes(attrs, UKS_PARAM_PEER, parameters->peer, parameters->peer_len);
	put_bytes(attrs, UKS_PARAM_CONTEXT, parameters->context, parameters->context_len);
	put_number(attrs, UKS_PARAM_NONCE_LEN, parameters->nonce_len);
	put_number(attrs, UKS_PARAM_TAG_LEN, parameters->tag_len);
	put_number(attrs, UKS_PARAM_KDF, parameters->kdf);
	put_bytes(attrs, UKS_PARAM_VECTOR, parameters->vector, parameters->vector_len);
	return attrs->error;
}

int uks_exchange_parameters(struct uks_exchange *ex, const struct uks_parameters *parameters,
			    struct uks_err *err)
{
	uint8_t buffer[UKS_PARAMETERS_MAX];
	struct uks_attrs attrs;

	if (!parameters)
		return 0;
	if (parameters->have & ~UKS_HAVE_SALT_LEN)
		return uks_fail(err, UKS_E_INVALID, 0, NULL);
	uks_attrs_init(&attrs, buffer, sizeof(buffer));
	if (put_parameters(&attrs, parameters))
		return uks_fail(err, UKS_E_BAD_PARAMETER, 0,
				"the parameters are longer than %d bytes", UKS_PARAMETERS_MAX);
	if (attrs.len)
		uks_attrs_put(&ex->request, UKS_A_PARAMETERS, buffer, attrs.len);
	return 0;
}

/* ---- reading ---- */

/* A policy that cannot be read as a whole is not read in part: it would seem weaker. */
static int malformed(struct uks_err *err)
{
	return uks_fail(err, UKS_E_BAD_POLICY, 0,
			"the policy is damaged, or of a newer version: update libuks");
}

static bool take_u32(const struct uks_attr *attr, uint32_t *value)
{
	*value = uks_attr_u32(attr, 0);
	return attr->len == sizeof(*value);
}

static bool take_text(const struct uks_attr *attr, char *room, size_t size, const char **text)
{
	*text = room;
	return uks_attr_string(attr, room, size);
}

static bool take_condition(struct uks_grant_box *box, const struct uks_attr *attr)
{
	struct uks_conditions *grant = &box->grant;

	switch (attr->type) {
	case UKS_GRANT_PURPOSES:
		return take_u32(attr, &grant->purposes);
	case UKS_GRANT_UID:
		return take_u32(attr, &grant->uid);
	case UKS_GRANT_GID:
		return take_u32(attr, &grant->gid);
	case UKS_GRANT_CGROUP:
		grant->cgroup = uks_attr_u64(attr, 0);
		return attr->len == sizeof(grant->cgroup);
	case UKS_GRANT_EXE:
		return take_text(attr, box->exe, sizeof(box->exe), &grant->exe);
	case UKS_GRANT_UNIT:
		return take_text(attr, box->unit, sizeof(box->unit), &grant->unit);
	case UKS_GRANT_LABEL:
		return take_text(attr, box->label, sizeof(box->label), &grant->label);
	case UKS_GRANT_EXE_DIGEST:
		if (attr->len != sizeof(box->exe_digest))
			return false;
		memcpy(box->exe_digest, attr->value, attr->len);
		grant->exe_digest = box->exe_digest;
		return true;
	}
	return false;
}

static int take_grant(struct uks_policy *policy, const struct uks_attr *nest, struct uks_err *err)
{
	struct uks_grant_box *box = calloc(1, sizeof(*box));
	const uint8_t *at = nest->value;
	size_t left = nest->len;
	struct uks_attr attr;
	int ret;

	if (!box)
		return uks_fail_memory(err);
	while ((ret = uks_attr_next(&at, &left, &attr)) > 0) {
		if (!take_condition(box, &attr))
			break;
		box->grant.have |= 1U << attr.type;
	}
	ret = ret ? malformed(err) : uks_policy_add(policy, nest->type, &box->grant, err);
	free(box);
	return ret;
}

static int take_rule(struct uks_policy *policy, const struct uks_attr *attr, struct uks_err *err)
{
	if (attr->type == UKS_POLICY_A_GRANT || attr->type == UKS_POLICY_A_BIND)
		return take_grant(policy, attr, err);
	if (uks_policy_is_u32(attr->type) && attr->len == sizeof(uint32_t))
		return uks_policy_set(policy, attr->type, uks_attr_u32(attr, 0), err);
	if (uks_policy_is_u64(attr->type) && attr->len == sizeof(uint64_t))
		return uks_policy_set(policy, attr->type, uks_attr_u64(attr, 0), err);
	return malformed(err);
}

int uks_policy_parse(const void *data, size_t len, struct uks_policy **policy,
		     struct uks_err *err)
{
	struct uks_policy *new;
	const uint8_t *at = data;
	struct uks_attr attr;
	int ret = uks_policy_new(&new, err), next = 0;

	while (!ret && (next = uks_attr_next(&at, &len, &attr)) > 0)
		ret = take_rule(new, &attr, err);
	if (!ret && next)
		ret = malformed(err);
	if (ret)
		uks_policy_free(new);
	else
		*policy = new;
	return ret;
}
