/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A software TPM for one test, and what somebody else may do with it. */
#ifndef TPM_SWTPM_H
#define TPM_SWTPM_H

#include <stdbool.h>
#include <sys/types.h>

#include <tss2/tss2_esys.h>

/* Functions that return int return 0, or -1 after a message on stderr. */

struct swtpm {
	char dir[32];		/* of its state and sockets */
	char tcti[64];		/* how to reach it */
	pid_t pid;		/* 0 while it is off */
};

int swtpm_new(struct swtpm *swtpm);
void swtpm_delete(struct swtpm *swtpm);

/* Power; @flags as of swtpm(8). Returns when it can be reached. */
int swtpm_on(struct swtpm *swtpm, const char *flags);
void swtpm_off(struct swtpm *swtpm);

/* Takes the place away where its state is kept: its next write fails for good. */
int swtpm_break(struct swtpm *swtpm);

/* Another program that uses the same TPM, past tpm/. */
struct other {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

int other_begin(struct other *other, const char *tcti);
void other_end(struct other *other);

/* These make a connection of their own. */
int other_clear(const char *tcti);
int other_set_password(const char *tcti, ESYS_TR hierarchy, const char *password);
int other_lock_out(const char *tcti);

/* A storage key that is not the root, as @count transient objects or made persistent. */
int other_fill(const char *tcti, int count);
int other_persist(const char *tcti, TPM2_HANDLE handle);
int other_evict(const char *tcti, TPM2_HANDLE handle);

/* Sessions until there is no room for one more. */
int other_fill_sessions(const char *tcti);

/* First of the handles of a kind: tpm2-tss's macros shift into the sign of an int. */
#define SESSIONS	0x02000000u
#define TRANSIENT	0x80000000u
#define PERSISTENT	0x81000000u
#define PLATFORM	0x81800000u

/* Handles of a kind: how many; -1 on failure. */
int other_count(const char *tcti, TPM2_HANDLE first);
int other_flush_all(const char *tcti, TPM2_HANDLE first);

/* The name of the object at @handle; all zero if there is none. */
int other_name(const char *tcti, TPM2_HANDLE handle, TPM2B_NAME *name);

#endif /* TPM_SWTPM_H */
