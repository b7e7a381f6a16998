/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A software TPM with its root, for tests of what tpm/ does with them. */
#ifndef TPM_READY_H
#define TPM_READY_H

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/tpm-expect.h"
#include "tests/unit/tpm-swtpm.h"
#include "tpm/tpm.h"

#define ON "not-need-init,startup-clear"

static inline int ready_begin(struct swtpm *swtpm, struct uks_tpm **tpm,
			      struct uks_tpm_identity *id, struct uks_tpm_error *error)
{
	setenv("TSS2_LOG", "all+none", 1);
	*tpm = NULL;
	if (swtpm_new(swtpm) || swtpm_on(swtpm, ON) || uks_tpm_open(swtpm->tcti, tpm, error))
		return -1;
	return uks_tpm_root(*tpm, UKS_TPM_ROOT_HANDLE, NULL, id, error);
}

#define READY_SETUP() \
	ASSERT_OK(ready_begin(&self->swtpm, &self->tpm, &self->id, &self->error))

#define READY_TEARDOWN() do { \
	EXPECT_NOTHING_LEFT(); \
	uks_tpm_close(self->tpm); \
	swtpm_delete(&self->swtpm); \
	EXPECT_EQ(leaks(), 0); \
} while (0)

/* The TPM loses power, and gets it back. */
#define POWER_CYCLE() do { \
	swtpm_off(&self->swtpm); \
	ASSERT_EQ(swtpm_on(&self->swtpm, ON), 0); \
} while (0)

#endif /* TPM_READY_H */
