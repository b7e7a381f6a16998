// SPDX-License-Identifier: LGPL-2.1-or-later
/* tpm/ with somebody at the bus, with a TPM that stutters, and its own memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <kselftest_harness.h>
#include <tss2/tss2_esys.h>

#include "tests/unit/leaks.h"
#include "tests/unit/tpm-bus.h"
#include "tests/unit/tpm-expect.h"
#include "tests/unit/tpm-swtpm.h"
#include "tpm/tpm.h"

#define ROOT	UKS_TPM_ROOT_HANDLE
#define HEADER_LEN	10	/* of a command or answer */
#define CHUNK	(64 * 1024)
#define HALF	(UKS_TPM_SECRET_LEN / 2)

/* In memory that is nobody else's, so that each copy elsewhere is one too many. */
struct vault {
	uint8_t secret[UKS_TPM_SECRET_LEN];
	uint8_t back[UKS_TPM_SECRET_LEN];
	uint8_t chunk[CHUNK + UKS_TPM_SECRET_LEN];
};

FIXTURE(bus)
{
	struct swtpm swtpm;
	struct bus bus;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_blob blob;
	struct vault *vault;
};

FIXTURE_SETUP(bus)
{
	char path[64];

	setenv("TSS2_LOG", "all+none", 1);
	self->vault = mmap(NULL, sizeof(*self->vault), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->vault, MAP_FAILED);
	ASSERT_EQ(getrandom(self->vault->secret, UKS_TPM_SECRET_LEN, 0), UKS_TPM_SECRET_LEN);
	ASSERT_EQ(swtpm_new(&self->swtpm), 0);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init,startup-clear"), 0);
	snprintf(path, sizeof(path), "%s/tpm", self->swtpm.dir);
	ASSERT_EQ(bus_start(&self->bus, path), 0);
	ASSERT_EQ(uks_tpm_open(self->bus.tcti, &self->tpm, &self->error), 0) {
		TH_LOG("%s", self->error.text);
	}
}

FIXTURE_TEARDOWN(bus)
{
	uks_tpm_close(self->tpm);
	EXPECT_EQ(bus_stop(&self->bus), 0);
	swtpm_delete(&self->swtpm);
	munmap(self->vault, sizeof(*self->vault));
	EXPECT_EQ(leaks(), 0);
}

#define find_root(expected, found) uks_tpm_root(self->tpm, ROOT, expected, found, &self->error)
#define seal() uks_tpm_seal(self->tpm, self->vault->secret, &self->blob, &self->error)
#define unseal() uks_tpm_unseal(self->tpm, &self->blob, self->vault->back, &self->error)

/* As after a restart of the program, with a bus in order. */
static int restart(struct bus *bus, struct uks_tpm **tpm, const struct uks_tpm_identity *expected,
		   struct uks_tpm_identity *found, struct uks_tpm_error *error)
{
	bus->count = 0;
	uks_tpm_close(*tpm);
	if (uks_tpm_open(bus->tcti, tpm, error))
		return -1;
	return uks_tpm_root(*tpm, ROOT, expected, found, error);
}

#define restart(expected) \
	restart(&self->bus, &self->tpm, expected, &self->id, &self->error)

static void set_fault(struct bus *bus, TPM2_CC command, enum bus_fault fault, uint32_t value)
{
	bus->command = command;
	bus->fault = fault;
	bus->rc = value;
	bus->at = value;
	bus->skip = 0;
	bus->count = 1;
}

TEST_F(bus, answer_that_gets_lost_at_the_start_is_asked_for_again)
{
	uks_tpm_close(self->tpm);
	set_fault(&self->bus, TPM2_CC_GetCapability, BUS_CUT, 0);
	self->bus.count = 2;
	ASSERT_EQ(uks_tpm_open(self->bus.tcti, &self->tpm, &self->error), 0);
	EXPECT_EQ(self->bus.count, 0);
	EXPECT_EQ(self->error.cause, UKS_TPM_OK);
}

TEST_F(bus, tpm_that_never_answers_is_told_to_be_gone)
{
	uks_tpm_close(self->tpm);
	set_fault(&self->bus, TPM2_CC_GetCapability, BUS_CUT, 0);
	self->bus.count = 1000;
	EXPECT_EQ(uks_tpm_open(self->bus.tcti, &self->tpm, &self->error), -1);
	EXPECT_EQ(self->tpm, NULL);
	EXPECT_EQ(self->error.cause, UKS_TPM_NO_DEVICE);
	EXPECT_NE(strstr(self->error.text, "does not answer"), NULL);
}

TEST_F(bus, tap_sees_no_secret)
{
	/* TPM2_StartAuthSession whose salt is encrypted to the root. */
	static const uint8_t salted[] = { 0, 0, 0x01, 0x76, 0x81, 0, 0, 0x01 };
	const struct bus *bus = &self->bus;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(seal());
	ASSERT_OK(unseal());
	ASSERT_EQ(memcmp(self->vault->back, self->vault->secret, UKS_TPM_SECRET_LEN), 0);

	/* It saw all the rest, in both directions. */
	EXPECT_EQ(bus->seen[TPM2_CC_Create], 1);
	EXPECT_EQ(bus->seen[TPM2_CC_Unseal], 1);
	EXPECT_NE(memmem(bus->log, bus->log_len, salted, sizeof(salted)), NULL);
	EXPECT_NE(memmem(bus->log, bus->log_len, self->id.root, UKS_TPM_NAME_LEN), NULL);
	EXPECT_NE(memmem(bus->log, bus->log_len, self->blob.data + 6, 48), NULL);
	/* Not even a part of the secret. */
	for (size_t at = 0; at + 4 <= UKS_TPM_SECRET_LEN; at += 4)
		EXPECT_EQ(memmem(bus->log, bus->log_len, self->vault->secret + at, 4), NULL);
}

TEST_F(bus, later_start_asks_for_no_new_key)
{
	ASSERT_OK(find_root(NULL, &self->id));
	EXPECT_EQ(self->bus.seen[TPM2_CC_CreatePrimary], 2);
	ASSERT_OK(restart(&self->id));
	EXPECT_EQ(self->bus.seen[TPM2_CC_CreatePrimary], 2);
	EXPECT_EQ(self->bus.seen[TPM2_CC_EvictControl], 1);
}

/* Each bit of the answer counts: it is authenticated as a whole. */
TEST_F_TIMEOUT(bus, changed_answer_is_refused, 120)
{
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(seal());
	ASSERT_OK(unseal());
	for (size_t at = HEADER_LEN; at < self->bus.answer_len[TPM2_CC_Unseal]; at++) {
		set_fault(&self->bus, TPM2_CC_Unseal, BUS_FLIP, at);
		EXPECT_CAUSE(unseal(), UKS_TPM_UNTRUSTED);
		EXPECT_EQ(self->bus.count, 0);
		EXPECT_NE(memcmp(self->vault->back, self->vault->secret, UKS_TPM_SECRET_LEN), 0);
		EXPECT_NOTHING_LEFT();
		ASSERT_OK(restart(&self->id));
	}
	EXPECT_OK(unseal());
}

TEST_F(bus, answer_without_its_session_is_refused)
{
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(seal());
	set_fault(&self->bus, TPM2_CC_Unseal, BUS_STRIP, 0);
	EXPECT_CAUSE(unseal(), UKS_TPM_UNTRUSTED);
	EXPECT_EQ(self->bus.count, 0);
	EXPECT_NOTHING_LEFT();
	ASSERT_OK(restart(&self->id));
	set_fault(&self->bus, TPM2_CC_Create, BUS_STRIP, 0);
	EXPECT_CAUSE(seal(), UKS_TPM_UNTRUSTED);
	EXPECT_NOTHING_LEFT();
}

/* Whoever could show a root of his own would get the salt, and then the secret. */
TEST_F_TIMEOUT(bus, root_with_another_public_area_is_refused, 120)
{
	/* TPM2B_PUBLIC is the first in the answer; its two bytes of length lead. */
	const size_t first = HEADER_LEN + 2, len = 90;
	struct uks_tpm_identity found;

	ASSERT_OK(find_root(NULL, &self->id));
	for (size_t at = first; at < first + len; at++) {
		set_fault(&self->bus, TPM2_CC_ReadPublic, BUS_FLIP, at);
		EXPECT_EQ(find_root(&self->id, &found), -1) {
			TH_LOG("byte %zu", at);
		}
		EXPECT_EQ(self->bus.count, 0);
		EXPECT_EQ(uks_tpm_seal(self->tpm, self->vault->secret, &self->blob, &self->error),
			  -1);
		EXPECT_NOTHING_LEFT();
		ASSERT_OK(restart(&self->id));
	}
}

TEST_F(bus, stuttering_tpm_is_asked_again)
{
	static const TPM2_RC busy[] = { TPM2_RC_RETRY, TPM2_RC_TESTING, TPM2_RC_YIELDED,
					TPM2_RC_NV_RATE, TPM2_RC_NV_UNAVAILABLE };
	static const TPM2_CC commands[] = { TPM2_CC_ReadPublic, TPM2_CC_CreatePrimary,
					    TPM2_CC_EvictControl, TPM2_CC_StartAuthSession,
					    TPM2_CC_Create, TPM2_CC_Load, TPM2_CC_Unseal,
					    TPM2_CC_FlushContext };

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		set_fault(&self->bus, commands[i], BUS_ANSWER, busy[i % 5]);
		self->bus.count = 3;
		ASSERT_OK(find_root(NULL, &self->id));
		ASSERT_OK(seal());
		ASSERT_OK(unseal());
		EXPECT_EQ(memcmp(self->vault->back, self->vault->secret, UKS_TPM_SECRET_LEN), 0);
		EXPECT_EQ(self->bus.count, 0) {
			TH_LOG("command 0x%x", commands[i]);
		}
		EXPECT_NOTHING_LEFT();
		ASSERT_EQ(other_evict(self->swtpm.tcti, ROOT), 0);
	}
}

TEST_F_TIMEOUT(bus, tpm_that_never_gets_ready_is_told, 60)
{
	ASSERT_OK(find_root(NULL, &self->id));
	set_fault(&self->bus, TPM2_CC_Create, BUS_ANSWER, TPM2_RC_NV_RATE);
	self->bus.count = 1000;
	EXPECT_CAUSE(seal(), UKS_TPM_BUSY);
	self->bus.count = 0;
	EXPECT_OK(seal());
	EXPECT_NOTHING_LEFT();
}

TEST_F(bus, each_code_has_its_cause)
{
	static const struct {
		TPM2_RC rc;
		enum uks_tpm_cause cause;
	} codes[] = {
		{ TPM2_RC_LOCKOUT, UKS_TPM_LOCKOUT },
		{ TPM2_RC_FAILURE, UKS_TPM_FAILURE_MODE },
		{ TPM2_RC_OBJECT_MEMORY, UKS_TPM_CONTEXTS_EXHAUSTED },
		{ TPM2_RC_SESSION_MEMORY, UKS_TPM_CONTEXTS_EXHAUSTED },
		{ TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_OBJECT_MEMORY, UKS_TPM_CONTEXTS_EXHAUSTED },
		{ TPM2_RC_NV_SPACE, UKS_TPM_NO_SPACE },
		{ TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1, UKS_TPM_UNTRUSTED },
		{ TPM2_RC_COMMAND_CODE, UKS_TPM_OTHER },
	};

	ASSERT_OK(find_root(NULL, &self->id));
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		set_fault(&self->bus, TPM2_CC_Create, BUS_ANSWER, codes[i].rc);
		EXPECT_CAUSE(seal(), codes[i].cause);
		EXPECT_EQ(self->error.rc, codes[i].rc);
		EXPECT_NE(strstr(self->error.text, "0x"), NULL);
	}
	EXPECT_OK(seal());
	EXPECT_NOTHING_LEFT();
}

/* Whichever command fails, also without an answer, the TPM is as before. */
TEST_F(bus, nothing_is_left_in_the_tpm_by_a_failure)
{
	static const TPM2_CC commands[] = { TPM2_CC_CreatePrimary, TPM2_CC_EvictControl,
					    TPM2_CC_StartAuthSession, TPM2_CC_Create,
					    TPM2_CC_Load, TPM2_CC_Unseal };

	for (size_t i = 0; i < 2 * sizeof(commands) / sizeof(*commands); i++) {
		struct uks_tpm_blob before = self->blob;
		TPM2_CC command = commands[i / 2];
		int ret;

		set_fault(&self->bus, command, BUS_ANSWER, TPM2_RC_FAILURE);
		self->bus.skip = i % 2 && command == TPM2_CC_CreatePrimary;
		ret = find_root(NULL, &self->id);
		EXPECT_EQ(!ret, i > 3);
		if (!ret)
			ret = seal();
		EXPECT_EQ(!ret, command == TPM2_CC_Load || command == TPM2_CC_Unseal);
		if (!ret)
			ret = unseal();
		else
			EXPECT_EQ(memcmp(&before, &self->blob, sizeof(before)), 0);
		EXPECT_EQ(ret, -1);
		EXPECT_EQ(self->error.cause, UKS_TPM_FAILURE_MODE);
		EXPECT_EQ(self->bus.count, 0);
		EXPECT_NOTHING_LEFT();
		EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), i > 3);
	}
}

TEST_F(bus, connection_that_breaks_leaves_no_secret)
{
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(seal());
	memset(self->vault->back, 0xff, UKS_TPM_SECRET_LEN);
	set_fault(&self->bus, TPM2_CC_Unseal, BUS_CUT, 0);
	EXPECT_CAUSE(unseal(), UKS_TPM_NO_DEVICE);
	for (int i = 0; i < UKS_TPM_SECRET_LEN; i++)
		EXPECT_EQ(self->vault->back[i], 0);
	EXPECT_NOTHING_LEFT();
}

/* How often a half of the secret is in [start, end) of this process, outside the vault. */
static int count_copies(int mem, struct vault *vault, unsigned long start, unsigned long end)
{
	unsigned long outside = (unsigned long)vault;
	int copies = 0;
	ssize_t got;

	for (; start < end; start += CHUNK) {
		got = pread(mem, vault->chunk, sizeof(vault->chunk), start);
		for (int i = 0; got > 0 && i < UKS_TPM_SECRET_LEN; i += HALF) {
			uint8_t *at = memmem(vault->chunk, got, vault->secret + i, HALF);

			if (at && start + (at - vault->chunk) - outside >= sizeof(*vault))
				copies++;
		}
	}
	return copies;
}

static int search_memory(struct vault *vault)
{
	unsigned long start, end;
	char line[512], mode[8];
	int mem, copies = 0;
	FILE *maps;

	mem = open("/proc/self/mem", O_RDONLY);
	maps = fopen("/proc/self/maps", "r");
	if (mem < 0 || !maps)
		return -1;
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, mode) != 3 || mode[1] != 'w')
			continue;
		/* What is reserved by the sanitizer is not ours, and immense. */
		if (end - start < 1ul << 30)
			copies += count_copies(mem, vault, start, end);
	}
	fclose(maps);
	close(mem);
	memset(vault->chunk, 0, sizeof(vault->chunk));
	return copies;
}

/* Searches from further down the stack, so as not to overwrite what was left on it. */
static __attribute__((noinline)) int copies_in_memory(struct vault *vault)
{
	uint8_t left[64 * 1024];

	__asm__ volatile("" : : "r"(left) : "memory");
	return search_memory(vault);
}

TEST_F(bus, no_copy_of_the_secret_stays_in_memory)
{
	uint8_t *copy = malloc(UKS_TPM_SECRET_LEN);

	ASSERT_NE(copy, NULL);
	memcpy(copy, self->vault->secret, UKS_TPM_SECRET_LEN);
	ASSERT_EQ(copies_in_memory(self->vault), 2);
	memset(copy, 0, UKS_TPM_SECRET_LEN);
	__asm__ volatile("" : : "r"(copy) : "memory");
	free(copy);
	ASSERT_EQ(copies_in_memory(self->vault), 0);

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(seal());
	EXPECT_EQ(copies_in_memory(self->vault), 0);
	ASSERT_OK(unseal());
	EXPECT_EQ(copies_in_memory(self->vault), 0);

	/* Also when it was given to a TPM that then did not answer. */
	set_fault(&self->bus, TPM2_CC_Create, BUS_CUT, 0);
	EXPECT_CAUSE(seal(), UKS_TPM_NO_DEVICE);
	EXPECT_EQ(copies_in_memory(self->vault), 0);
	ASSERT_OK(restart(&self->id));
	EXPECT_EQ(copies_in_memory(self->vault), 0);
}

TEST_HARNESS_MAIN
