/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of keys, from the command line and back to words. */
#ifndef UKSCTL_POLICY_H
#define UKSCTL_POLICY_H

#include "uksctl.h"

bool policy_given(const struct run *run);
int policy_from_options(struct run *run, struct uks_policy *policy);
int policy_clear(struct run *run, struct uks_policy *policy);
json_t *policy_json(const struct uks_policy *policy);

int grant_parse(struct run *run, struct uks_policy *policy, uint32_t rule, const char *text);
json_t *grant_json(const struct uks_conditions *conditions);

#endif /* UKSCTL_POLICY_H */
