/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about the boot policy share. */
#ifndef UKSCTL_BOOT_POLICY_H
#define UKSCTL_BOOT_POLICY_H

#include "master.h"
#include "tpm/boot.h"

#define BOOT_APPROVAL_LABEL	"UKS BOOT APPROVAL"

int run_tpm_policy_show(struct run *run);
int run_tpm_policy_set(struct run *run);
int run_tpm_policy_sign(struct run *run);
int run_tpm_policy_approve(struct run *run);
int run_tpm_policy_clear(struct run *run);

#endif /* UKSCTL_BOOT_POLICY_H */
