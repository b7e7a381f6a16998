/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about policies, for the tests of what a policy does. */
#ifndef UKSD_POLICY_H
#define UKSD_POLICY_H

#include "tests/unit/uksd-daemon.h"

static inline void policy_begin(struct uks_attrs *policy)
{
	policy->len = 0;
	policy->error = 0;
}

/* A policy with one 64-bit number. */
static inline struct uks_attrs *policy_u64(struct uks_attrs *policy, uint16_t type, uint64_t value)
{
	policy_begin(policy);
	uks_attrs_put_u64(policy, type, value);
	return policy;
}

static inline struct uks_attrs *policy_u32(struct uks_attrs *policy, uint16_t type, uint32_t value)
{
	policy_begin(policy);
	uks_attrs_put_u32(policy, type, value);
	return policy;
}

static inline uint32_t ask_generate_with(struct daemon *daemon, const char *name, uint32_t type,
					 const struct uks_attrs *policy)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, policy->buf, policy->len);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

static inline uint32_t ask_set_policy(struct daemon *daemon, const char *name,
				      const struct uks_attrs *policy)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, policy->buf, policy->len);
	return ask(daemon, UKS_OP_KEY_SET_POLICY);
}

static inline uint32_t ask_open_with(struct daemon *daemon, const char *name, uint32_t purpose,
				     uint32_t algorithm, uint32_t digest)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	if (algorithm)
		uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, digest);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

static inline uint32_t ask_open_by_id(struct daemon *daemon, const uint8_t *id, uint32_t purpose)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

/* As the kernel asks before a message under a counted lease. */
static inline uint32_t ask_use(struct daemon *daemon, const uint8_t *id, uint32_t purpose,
			       uint32_t algorithm, uint32_t count)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	uks_attrs_put_u32(&daemon->in, UKS_A_COUNT, count);
	return ask(daemon, UKS_OP_USE);
}

#define REMEMBER() \
	memcpy(self->id, self->daemon.attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN)

#endif /* UKSD_POLICY_H */
