// SPDX-License-Identifier: LGPL-2.1-or-later
/* The one way to the TPM: in order, and again after the TPM was lost. */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "daemon/sandbox.h"
#include "daemon/tpmgate.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"
#include "tpm/nv.h"

#define ON	"not-need-init,startup-clear"
#define WAITERS	8

FIXTURE(tpmgate)
{
	struct daemon daemon;
	struct uks_tpm_index index;
	int order[WAITERS];
	int entered;
};

static const uint8_t auth[UKS_TPM_AUTH_LEN] = { 1 };

/* A question that only the TPM can answer. */
static int count(struct _test_data_tpmgate *self, struct failure *failure)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	uint64_t value;
	int ret;

	if (tpmgate_enter(&self->daemon.uksd, &tpm, failure))
		return -1;
	if (self->index.handle)
		ret = uks_tpm_counter_read(tpm, &self->index, auth, &value, &error);
	else
		ret = uks_tpm_counter_define(tpm, UKS_TPM_COUNTER_HANDLE + 8, auth, &self->index,
					     &value, &error);
	tpmgate_leave(&self->daemon.uksd);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

FIXTURE_SETUP(tpmgate)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	ASSERT_EQ(count(self, &self->daemon.failure), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(tpmgate)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

TEST_F(tpmgate, works_again_after_the_tpm_was_restarted)
{
	int i;

	for (i = 0; i < 3; i++) {
		swtpm_off(&self->daemon.swtpm);
		ASSERT_EQ(swtpm_on(&self->daemon.swtpm, ON), 0);
		EXPECT_EQ(count(self, &self->daemon.failure), 0) {
			TH_LOG("%s", self->daemon.failure.text);
		}
	}
}

/* It ends with an error, not with SIGPIPE, and then works again. */
TEST_F(tpmgate, says_that_the_tpm_is_away)
{
	swtpm_off(&self->daemon.swtpm);
	EXPECT_EQ(count(self, &self->daemon.failure), -1);
	EXPECT_EQ(self->daemon.failure.code, UKS_E_TPM);
	EXPECT_NE(strstr(self->daemon.failure.text, "TPM"), NULL);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, ON), 0);
	EXPECT_EQ(count(self, &self->daemon.failure), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

/* What the daemon may do when it serves, and then its TPM is restarted; 0 if all is well. */
static int count_confined(struct _test_data_tpmgate *self, int restarted, int ready)
{
	struct failure failure;
	char byte = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    sandbox_files(&self->daemon.config, "none", &failure) || sandbox_calls(&failure))
		return 1;
	if (count(self, &failure) || write(ready, &byte, 1) != 1 ||
	    read(restarted, &byte, 1) != 1)
		return 2;
	if (!count(self, &failure))
		return 0;
	fprintf(stderr, "# %s\n", failure.text);
	return 3;
}

TEST_F(tpmgate, works_again_inside_the_sandbox)
{
	int restarted[2], ready[2], status;
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(pipe(restarted), 0);
	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	if (!pid)
		_exit(count_confined(self, restarted[0], ready[1]));
	close(ready[1]);
	EXPECT_EQ(read(ready[0], &byte, 1), 1);
	swtpm_off(&self->daemon.swtpm);
	EXPECT_EQ(swtpm_on(&self->daemon.swtpm, ON), 0);
	EXPECT_EQ(write(restarted[1], &byte, 1), 1);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(restarted[0]);
	close(restarted[1]);
	close(ready[0]);
}

struct comer {
	void *self;
	int number;
	pthread_t thread;
	pid_t tid;
};

static void *come(void *context)
{
	struct comer *comer = context;
	struct _test_data_tpmgate *self = comer->self;
	struct failure failure;
	struct uks_tpm *tpm;

	__atomic_store_n(&comer->tid, gettid(), __ATOMIC_RELEASE);
	if (tpmgate_enter(&self->daemon.uksd, &tpm, &failure))
		return NULL;
	/* No lock but the gate's. */
	self->order[self->entered++] = comer->number;
	tpmgate_leave(&self->daemon.uksd);
	return NULL;
}

/* Until the thread sleeps: in the gate, since it does nothing else that takes time. */
static void wait_until_asleep(const struct comer *comer)
{
	char path[64], state = 0;
	FILE *file;
	pid_t tid;

	while (state != 'S') {
		tid = __atomic_load_n(&comer->tid, __ATOMIC_ACQUIRE);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		file = tid ? fopen(path, "r") : NULL;
		if (file) {
			if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
				state = 0;
			fclose(file);
		}
	}
}

TEST_F(tpmgate, lets_in_one_after_the_other_in_the_order_they_came)
{
	struct comer comers[WAITERS];
	struct uks_tpm *tpm;
	int i;

	ASSERT_EQ(tpmgate_enter(&self->daemon.uksd, &tpm, &self->daemon.failure), 0);
	for (i = 0; i < WAITERS; i++) {
		comers[i] = (struct comer){ .self = self, .number = i };
		ASSERT_EQ(pthread_create(&comers[i].thread, NULL, come, &comers[i]), 0);
		wait_until_asleep(&comers[i]);
	}
	EXPECT_EQ(self->entered, 0);
	tpmgate_leave(&self->daemon.uksd);
	for (i = 0; i < WAITERS; i++)
		pthread_join(comers[i].thread, NULL);
	EXPECT_EQ(self->entered, WAITERS);
	for (i = 0; i < WAITERS; i++)
		EXPECT_EQ(self->order[i], i);
	EXPECT_EQ(count(self, &self->daemon.failure), 0);
}

TEST_F(tpmgate, tells_the_cause)
{
	static const struct {
		enum uks_tpm_cause cause;
		enum uks_error code;
	} rows[] = {
		{ UKS_TPM_NO_DEVICE, UKS_E_TPM }, { UKS_TPM_LOCKOUT, UKS_E_TPM_LOCKOUT },
		{ UKS_TPM_BUSY, UKS_E_TPM_BUSY },
		{ UKS_TPM_CONTEXTS_EXHAUSTED, UKS_E_TPM_BUSY },
		{ UKS_TPM_BOOT_CHANGED, UKS_E_BOOT }, { UKS_TPM_NOT_APPROVED, UKS_E_BOOT },
		{ UKS_TPM_WRONG_AUTH, UKS_E_PIN_WRONG },
		{ UKS_TPM_PIN_BLOCKED, UKS_E_PIN_LOCKED }, { UKS_TPM_KEY_BLOB, UKS_E_BLOB },
	};
	struct uks_tpm_error error = { .text = "the text" };
	struct failure failure;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		error.cause = rows[i].cause;
		EXPECT_EQ(tpmgate_fail(&error, &failure), -1);
		EXPECT_EQ(failure.code, rows[i].code);
		EXPECT_STREQ(failure.text, "the text");
	}
}

TEST_HARNESS_MAIN
