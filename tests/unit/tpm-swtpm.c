// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "tests/unit/tpm-swtpm.h"

#define PID_FILE "pid"

static int complain(const char *what, TSS2_RC rc)
{
	fprintf(stderr, "# %s: %s\n", what, rc ? Tss2_RC_Decode(rc) : strerror(errno));
	return -1;
}

int swtpm_new(struct swtpm *swtpm)
{
	char state[64];

	*swtpm = (struct swtpm){ .dir = "/tmp/uks-tpm-XXXXXX" };
	if (!mkdtemp(swtpm->dir))
		return complain("mkdtemp", 0);
	snprintf(swtpm->tcti, sizeof(swtpm->tcti), "swtpm:path=%s/tpm", swtpm->dir);
	snprintf(state, sizeof(state), "%s/state", swtpm->dir);
	return mkdir(state, 0700) ? complain(state, 0) : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int remove_tree(const char *path)
{
	return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void swtpm_delete(struct swtpm *swtpm)
{
	swtpm_off(swtpm);
	if (remove_tree(swtpm->dir))
		complain(swtpm->dir, 0);
}

int swtpm_break(struct swtpm *swtpm)
{
	char state[64];

	snprintf(state, sizeof(state), "%s/state", swtpm->dir);
	return remove_tree(state) ? complain(state, 0) : 0;
}

static void run_swtpm(const struct swtpm *swtpm, const char *flags)
{
	char state[64], server[96], ctrl[96], pid[64], log[64];

	snprintf(state, sizeof(state), "dir=%s/state", swtpm->dir);
	snprintf(server, sizeof(server), "type=unixio,path=%s/tpm", swtpm->dir);
	snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/tpm.ctrl", swtpm->dir);
	snprintf(pid, sizeof(pid), "file=%s/" PID_FILE, swtpm->dir);
	snprintf(log, sizeof(log), "file=%s/log", swtpm->dir);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server,
	       "--ctrl", ctrl, "--flags", flags, "--pid", pid, "--log", log, NULL);
	complain("swtpm", 0);
	_exit(127);
}

/* Whether one of the events that wait in @watch is that the pid file was written. */
static bool pid_file_written(int watch)
{
	char buf[4096] __attribute__((aligned(8)));
	struct inotify_event *event;
	ssize_t len, at;

	len = read(watch, buf, sizeof(buf));
	for (at = 0; at < len; at += sizeof(*event) + event->len) {
		event = (struct inotify_event *)(buf + at);
		if (!strcmp(event->name, PID_FILE))
			return true;
	}
	return false;
}

/* It writes its process id after it has begun to listen. */
static int wait_until_ready(int watch, int process)
{
	struct pollfd fds[2] = {
		{ .fd = watch, .events = POLLIN },
		{ .fd = process, .events = POLLIN },
	};

	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		if (pid_file_written(watch))
			return 0;
	return complain("swtpm did not start", 0);
}

int swtpm_on(struct swtpm *swtpm, const char *flags)
{
	int watch, process = -1, ret = -1;

	watch = inotify_init1(IN_CLOEXEC);
	if (inotify_add_watch(watch, swtpm->dir, IN_CLOSE_WRITE) < 0)
		return complain("inotify", 0);
	swtpm->pid = fork();
	if (!swtpm->pid)
		run_swtpm(swtpm, flags);
	if (swtpm->pid > 0)
		process = syscall(SYS_pidfd_open, swtpm->pid, 0);
	if (process >= 0)
		ret = wait_until_ready(watch, process);
	close(process);
	close(watch);
	return ret;
}

void swtpm_off(struct swtpm *swtpm)
{
	if (swtpm->pid <= 0)
		return;
	kill(swtpm->pid, SIGTERM);
	waitpid(swtpm->pid, NULL, 0);
	swtpm->pid = 0;
}

int other_begin(struct other *other, const char *tcti)
{
	TSS2_RC rc;

	*other = (struct other){ .tcti = NULL };
	rc = Tss2_TctiLdr_Initialize(tcti, &other->tcti);
	if (!rc)
		rc = Esys_Initialize(&other->esys, other->tcti, NULL);
	if (!rc)
		return 0;
	other_end(other);
	return complain(tcti, rc);
}

void other_end(struct other *other)
{
	if (other->esys)
		Esys_Finalize(&other->esys);
	if (other->tcti)
		Tss2_TctiLdr_Finalize(&other->tcti);
}

static TSS2_RC find(struct other *other, TPM2_HANDLE handle, ESYS_TR *object)
{
	return Esys_TR_FromTPMPublic(other->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
				     ESYS_TR_NONE, object);
}

int other_clear(const char *tcti)
{
	struct other other;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	rc = Esys_Clear(other.esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE);
	other_end(&other);
	return rc ? complain("TPM2_Clear", rc) : 0;
}

int other_set_password(const char *tcti, ESYS_TR hierarchy, const char *password)
{
	TPM2B_AUTH auth = { .size = strlen(password) };
	struct other other;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	memcpy(auth.buffer, password, auth.size);
	rc = Esys_HierarchyChangeAuth(other.esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				      ESYS_TR_NONE, &auth);
	other_end(&other);
	return rc ? complain("TPM2_HierarchyChangeAuth", rc) : 0;
}

static UINT32 permanent_state(struct other *other)
{
	TPMS_CAPABILITY_DATA *data;
	TPMI_YES_NO more;
	UINT32 value;

	if (Esys_GetCapability(other->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			       TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT, 1, &more, &data))
		return 0;
	value = data->data.tpmProperties.tpmProperty[0].value;
	Esys_Free(data);
	return value;
}

/* No wrong password is allowed: none needs to be tried. */
int other_lock_out(const char *tcti)
{
	struct other other;
	UINT32 state;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	rc = Esys_DictionaryAttackParameters(other.esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, 0, 1000, 1000);
	state = permanent_state(&other);
	other_end(&other);
	if (!rc && !(state & TPMA_PERMANENT_INLOCKOUT))
		rc = TPM2_RC_FAILURE;
	return rc ? complain("lockout", rc) : 0;
}

static TSS2_RC create_key(struct other *other, ESYS_TR *key)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	const TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					    TPMA_OBJECT_SENSITIVEDATAORIGIN |
					    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
					    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
			.parameters.eccDetail = {
				.symmetric = {
					.algorithm = TPM2_ALG_AES,
					.keyBits.aes = 128,
					.mode.aes = TPM2_ALG_CFB,
				},
				.scheme.scheme = TPM2_ALG_NULL,
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL,
			},
			/* What makes it another key than the root. */
			.unique.ecc = { .x = { .size = 5, .buffer = "other" } },
		},
	};

	return Esys_CreatePrimary(other->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				  ESYS_TR_NONE, &sensitive, &template, &outside, &pcrs, key, NULL,
				  NULL, NULL, NULL);
}

int other_fill(const char *tcti, int count)
{
	struct other other;
	TSS2_RC rc = 0;
	ESYS_TR key;

	if (other_begin(&other, tcti))
		return -1;
	while (!rc && count-- > 0)
		rc = create_key(&other, &key);
	other_end(&other);
	return rc ? complain("TPM2_CreatePrimary", rc) : 0;
}

int other_fill_sessions(const char *tcti)
{
	const TPMT_SYM_DEF symmetric = { .algorithm = TPM2_ALG_NULL };
	struct other other;
	ESYS_TR session;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	do {
		rc = Esys_StartAuthSession(other.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC,
					   &symmetric, TPM2_ALG_SHA256, &session);
	} while (!rc);
	other_end(&other);
	return rc == TPM2_RC_SESSION_MEMORY || rc == TPM2_RC_SESSION_HANDLES ?
		       0 : complain("TPM2_StartAuthSession", rc);
}

int other_persist(const char *tcti, TPM2_HANDLE handle)
{
	ESYS_TR key, persistent;
	struct other other;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	rc = create_key(&other, &key);
	if (!rc)
		rc = Esys_EvictControl(other.esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, handle, &persistent);
	if (!rc)
		rc = Esys_FlushContext(other.esys, key);
	other_end(&other);
	return rc ? complain("TPM2_EvictControl", rc) : 0;
}

int other_evict(const char *tcti, TPM2_HANDLE handle)
{
	ESYS_TR key, none;
	struct other other;
	TSS2_RC rc;

	if (other_begin(&other, tcti))
		return -1;
	rc = find(&other, handle, &key);
	if (!rc)
		rc = Esys_EvictControl(other.esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, handle, &none);
	other_end(&other);
	return rc ? complain("TPM2_EvictControl", rc) : 0;
}

static TPMS_CAPABILITY_DATA *handles(struct other *other, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc;

	rc = Esys_GetCapability(other->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				TPM2_CAP_HANDLES, first, TPM2_MAX_CAP_HANDLES, &more, &data);
	if (rc)
		complain("TPM2_GetCapability", rc);
	return data;
}

int other_count(const char *tcti, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *data;
	struct other other;
	int count = -1;

	if (other_begin(&other, tcti))
		return -1;
	data = handles(&other, first);
	if (data)
		count = data->data.handles.count;
	Esys_Free(data);
	other_end(&other);
	return count;
}

int other_flush_all(const char *tcti, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *data;
	struct other other;
	TSS2_RC rc = 0;
	ESYS_TR object;

	if (other_begin(&other, tcti))
		return -1;
	data = handles(&other, first);
	for (UINT32 i = 0; !rc && data && i < data->data.handles.count; i++) {
		rc = find(&other, data->data.handles.handle[i], &object);
		if (!rc)
			rc = Esys_FlushContext(other.esys, object);
	}
	other_end(&other);
	if (!data)
		return -1;
	Esys_Free(data);
	return rc ? complain("TPM2_FlushContext", rc) : 0;
}

int other_name(const char *tcti, TPM2_HANDLE handle, TPM2B_NAME *name)
{
	TPM2B_NAME *got = NULL;
	struct other other;
	ESYS_TR object;
	TSS2_RC rc;

	memset(name, 0, sizeof(*name));
	if (other_begin(&other, tcti))
		return -1;
	rc = find(&other, handle, &object);
	if (!rc)
		rc = Esys_TR_GetName(other.esys, object, &got);
	if (!rc)
		*name = *got;
	Esys_Free(got);
	other_end(&other);
	if (rc == (TPM2_RC_HANDLE | TPM2_RC_1))
		return 0;
	return rc ? complain("TPM2_ReadPublic", rc) : 0;
}
