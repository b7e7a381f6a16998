// SPDX-License-Identifier: LGPL-2.1-or-later
/* The counter and the anchor of tpm/nv.h, with a software TPM. */
#include <stdio.h>

#include <openssl/sha.h>
#include <tss2/tss2_tpm2_types.h>

#include "tests/unit/tpm-bus.h"
#include "tests/unit/tpm-ready.h"
#include "tpm/nv.h"

#define COUNTER	UKS_TPM_COUNTER_HANDLE
#define ANCHOR	UKS_TPM_ANCHOR_HANDLE

static const uint8_t auth[UKS_TPM_AUTH_LEN] = "ends with zeros, as TPMs like it";
static const uint8_t wrong[UKS_TPM_AUTH_LEN] = "somebody else's";

FIXTURE(nv)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_index index;
	uint64_t value;
	uint8_t head[UKS_TPM_HASH_LEN];
};

FIXTURE_SETUP(nv)
{
	READY_SETUP();
}

FIXTURE_TEARDOWN(nv)
{
	READY_TEARDOWN();
}

#define define_counter() \
	uks_tpm_counter_define(self->tpm, COUNTER, auth, &self->index, &self->value, &self->error)
#define read_counter(value) \
	uks_tpm_counter_read(self->tpm, &self->index, auth, value, &self->error)
#define advance(value) uks_tpm_counter_advance(self->tpm, &self->index, auth, value, &self->error)
#define define_anchor() \
	uks_tpm_anchor_define(self->tpm, ANCHOR, auth, &self->index, self->head, &self->error)
#define read_anchor(head) uks_tpm_anchor_read(self->tpm, &self->index, auth, head, &self->error)
#define extend(head, digest) \
	uks_tpm_anchor_extend(self->tpm, &self->index, auth, head, digest, &self->error)

/* What the owner may do to any index of the TPM. */
static int owner_does(const struct swtpm *swtpm, const char *what)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "cd %s && export TPM2TOOLS_TCTI=%s && { %s; } >/dev/null 2>&1", swtpm->dir,
		 swtpm->tcti, what);
	return system(command);
}

TEST_F(nv, counter_counts_on_over_restarts_of_tpm_and_program)
{
	uint64_t now = 0;

	ASSERT_OK(define_counter());
	for (uint64_t n = 1; n <= 5; n++) {
		ASSERT_OK(advance(self->value + n));
		ASSERT_OK(read_counter(&now));
		EXPECT_EQ(now, self->value + n);
	}
	POWER_CYCLE();
	uks_tpm_close(self->tpm);
	ASSERT_OK(uks_tpm_open(self->swtpm.tcti, &self->tpm, &self->error));
	ASSERT_OK(uks_tpm_root(self->tpm, UKS_TPM_ROOT_HANDLE, &self->id, &self->id,
			       &self->error));
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value + 5);
}

TEST_F(nv, counter_is_counted_once_when_asked_twice)
{
	uint64_t now;

	ASSERT_OK(define_counter());
	ASSERT_OK(advance(self->value + 1));
	ASSERT_OK(advance(self->value + 1));
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value + 1);
}

TEST_F(nv, older_copy_cannot_advance_the_counter)
{
	uint64_t now;

	ASSERT_OK(define_counter());
	ASSERT_OK(advance(self->value + 1));
	ASSERT_OK(advance(self->value + 2));
	EXPECT_CAUSE(advance(self->value + 1), UKS_TPM_MISMATCH);
	EXPECT_CAUSE(advance(self->value + 4), UKS_TPM_MISMATCH);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value + 2);
}

TEST_F(nv, counter_is_found_again_when_defined_again)
{
	struct uks_tpm_index first;
	uint64_t value;

	ASSERT_OK(define_counter());
	first = self->index;
	value = self->value;
	ASSERT_OK(advance(value + 1));
	ASSERT_OK(define_counter());
	EXPECT_EQ(memcmp(&first, &self->index, sizeof(first)), 0);
	EXPECT_EQ(self->value, value + 1);
}

TEST_F(nv, counter_made_anew_counts_more_than_the_old_one_did)
{
	uint64_t before;

	ASSERT_OK(define_counter());
	before = self->value + 3;
	for (uint64_t n = 1; n <= 3; n++)
		ASSERT_OK(advance(self->value + n));
	ASSERT_OK(uks_tpm_index_remove(self->tpm, &self->index, &self->error));
	EXPECT_CAUSE(read_counter(&before), UKS_TPM_INDEX);
	ASSERT_OK(uks_tpm_index_remove(self->tpm, &self->index, &self->error));
	ASSERT_OK(define_counter());
	EXPECT_TRUE(self->value > before);
}

TEST_F(nv, counter_of_another_value_of_authorisation_is_refused)
{
	struct uks_tpm_index index = { .handle = 0 };
	uint64_t value = 77, now;

	ASSERT_OK(define_counter());
	EXPECT_CAUSE(uks_tpm_counter_read(self->tpm, &self->index, wrong, &value, &self->error),
		     UKS_TPM_WRONG_AUTH);
	EXPECT_CAUSE(uks_tpm_counter_define(self->tpm, COUNTER, wrong, &index, &value,
					    &self->error), UKS_TPM_HANDLE_TAKEN);
	EXPECT_EQ(index.handle, 0);
	EXPECT_EQ(value, 77);
	EXPECT_CAUSE(uks_tpm_counter_advance(self->tpm, &self->index, wrong, self->value + 1,
					     &self->error), UKS_TPM_WRONG_AUTH);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value);
}

TEST_F(nv, owner_cannot_count_or_replace_unnoticed)
{
	uint64_t now;

	ASSERT_OK(define_counter());
	EXPECT_NE(owner_does(&self->swtpm, "tpm2_nvincrement -C o 0x1a55b00"), 0);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value);

	ASSERT_EQ(owner_does(&self->swtpm, "tpm2_nvundefine -C o 0x1a55b00"), 0);
	ASSERT_EQ(owner_does(&self->swtpm,
			     "tpm2_nvdefine 0x1a55b00 -C o -s 8 -a 'ownerread|ownerwrite'"), 0);
	ASSERT_EQ(owner_does(&self->swtpm,
			     "head -c 8 /dev/zero | tpm2_nvwrite -C o -i - 0x1a55b00"), 0);
	EXPECT_CAUSE(read_counter(&now), UKS_TPM_INDEX);
	EXPECT_CAUSE(uks_tpm_index_remove(self->tpm, &self->index, &self->error), UKS_TPM_INDEX);
	EXPECT_CAUSE(define_counter(), UKS_TPM_HANDLE_TAKEN);
}

TEST_F(nv, handle_of_others_is_refused)
{
	EXPECT_CAUSE(uks_tpm_counter_define(self->tpm, 0x01c00002, auth, &self->index,
					    &self->value, &self->error), UKS_TPM_BAD_CONFIG);
	EXPECT_CAUSE(uks_tpm_counter_define(self->tpm, 0x81000001, auth, &self->index,
					    &self->value, &self->error), UKS_TPM_BAD_CONFIG);
}

/* All indexes that the TPM has, in words of tpm2-tools. */
#define INDEXES(name)	"tpm2_getcap handles-nv-index > " name

TEST_F(nv, counter_of_unknown_name_is_dropped)
{
	bool there;

	ASSERT_OK(define_counter());
	ASSERT_OK(uks_tpm_counter_drop(self->tpm, COUNTER, auth, &self->error));
	ASSERT_OK(uks_tpm_index_there(self->tpm, COUNTER, &there, &self->error));
	EXPECT_FALSE(there);
}

TEST_F(nv, full_tpm_drops_no_counter_and_makes_none)
{
	/* TPMs keep room for counters that nothing else may take. */
	ASSERT_EQ(owner_does(&self->swtpm,
			     "while tpm2_nvdefine -C o -s 2048; do :; done;"
			     "while tpm2_nvdefine -C o -a 'ownerwrite|ownerread|nt=1'; do :; done;"
			     INDEXES("before")), 0);
	EXPECT_CAUSE(define_counter(), UKS_TPM_NO_SPACE);
	ASSERT_OK(uks_tpm_counter_drop(self->tpm, COUNTER, auth, &self->error));
	EXPECT_EQ(owner_does(&self->swtpm, INDEXES("after") " && cmp before after"), 0);
}

TEST_F(nv, counter_of_others_is_not_dropped)
{
	bool there;

	ASSERT_EQ(owner_does(&self->swtpm, "tpm2_nvdefine -C o -s 8 0x01800c5a"), 0);
	ASSERT_OK(uks_tpm_counter_drop(self->tpm, 0x01800c5a, auth, &self->error));
	ASSERT_OK(uks_tpm_index_there(self->tpm, 0x01800c5a, &there, &self->error));
	EXPECT_TRUE(there);
}

TEST_F(nv, anchor_is_the_hash_chain_that_openssl_computes)
{
	uint8_t chain[2 * UKS_TPM_HASH_LEN] = { 0 }, now[UKS_TPM_HASH_LEN];

	ASSERT_OK(define_anchor());
	SHA256(chain, sizeof(chain), chain);
	EXPECT_EQ(memcmp(chain, self->head, UKS_TPM_HASH_LEN), 0);
	for (int i = 0; i < 3; i++) {
		memset(chain + UKS_TPM_HASH_LEN, 'a' + i, UKS_TPM_HASH_LEN);
		ASSERT_OK(extend(self->head, chain + UKS_TPM_HASH_LEN));
		SHA256(chain, sizeof(chain), chain);
		EXPECT_EQ(memcmp(chain, self->head, UKS_TPM_HASH_LEN), 0);
	}
	POWER_CYCLE();
	ASSERT_OK(read_anchor(now));
	EXPECT_EQ(memcmp(chain, now, UKS_TPM_HASH_LEN), 0);
}

TEST_F(nv, anchor_is_extended_once_when_asked_twice)
{
	uint8_t before[UKS_TPM_HASH_LEN], now[UKS_TPM_HASH_LEN];
	static const uint8_t digest[UKS_TPM_HASH_LEN] = "record";

	ASSERT_OK(define_anchor());
	memcpy(before, self->head, sizeof(before));
	ASSERT_OK(extend(self->head, digest));
	ASSERT_OK(extend(before, digest));
	EXPECT_EQ(memcmp(before, self->head, sizeof(before)), 0);
	ASSERT_OK(read_anchor(now));
	EXPECT_EQ(memcmp(now, self->head, sizeof(now)), 0);
}

TEST_F(nv, anchor_is_not_extended_from_another_chain)
{
	uint8_t other[UKS_TPM_HASH_LEN] = "other", kept[UKS_TPM_HASH_LEN];
	uint8_t now[UKS_TPM_HASH_LEN];

	ASSERT_OK(define_anchor());
	memcpy(kept, other, sizeof(kept));
	EXPECT_CAUSE(extend(other, other), UKS_TPM_MISMATCH);
	EXPECT_EQ(memcmp(kept, other, sizeof(kept)), 0);
	ASSERT_OK(read_anchor(now));
	EXPECT_EQ(memcmp(now, self->head, sizeof(now)), 0);
}

FIXTURE(nv_bus)
{
	struct swtpm swtpm;
	struct bus bus;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_index index;
	uint64_t value;
};

FIXTURE_SETUP(nv_bus)
{
	char path[64];

	setenv("TSS2_LOG", "all+none", 1);
	ASSERT_EQ(swtpm_new(&self->swtpm), 0);
	ASSERT_EQ(swtpm_on(&self->swtpm, ON), 0);
	snprintf(path, sizeof(path), "%s/tpm", self->swtpm.dir);
	ASSERT_EQ(bus_start(&self->bus, path), 0);
	ASSERT_OK(uks_tpm_open(self->bus.tcti, &self->tpm, &self->error));
	ASSERT_OK(uks_tpm_root(self->tpm, UKS_TPM_ROOT_HANDLE, NULL, &self->id, &self->error));
	ASSERT_OK(define_counter());
}

FIXTURE_TEARDOWN(nv_bus)
{
	uks_tpm_close(self->tpm);
	EXPECT_EQ(bus_stop(&self->bus), 0);
	swtpm_delete(&self->swtpm);
	EXPECT_EQ(leaks(), 0);
}

static void set_fault(struct bus *bus, TPM2_CC command, enum bus_fault fault, uint32_t value)
{
	bus->command = command;
	bus->fault = fault;
	bus->rc = value;
	bus->at = value;
	bus->skip = 0;
	bus->count = fault == BUS_ANSWER ? 3 : 1;
}

TEST_F(nv_bus, changed_count_is_refused)
{
	size_t len;
	uint64_t now = 77;

	ASSERT_OK(read_counter(&now));
	ASSERT_EQ(now, self->value);
	len = self->bus.answer_len[TPM2_CC_NV_Read % BUS_COMMANDS];
	/* The value itself: after the header, the size of the parameters and its own. */
	for (unsigned int at = 16; at < 24; at++) {
		ASSERT_TRUE(at < len);
		now = 77;
		set_fault(&self->bus, TPM2_CC_NV_Read, BUS_FLIP, at);
		EXPECT_CAUSE(read_counter(&now), UKS_TPM_UNTRUSTED);
		EXPECT_EQ(now, 77);
	}
}

TEST_F(nv_bus, slow_nv_memory_is_waited_for)
{
	uint64_t now;

	set_fault(&self->bus, TPM2_CC_NV_Increment, BUS_ANSWER, TPM2_RC_NV_RATE);
	ASSERT_OK(advance(self->value + 1));
	EXPECT_EQ(self->bus.seen[TPM2_CC_NV_Increment % BUS_COMMANDS], 1 + 4);
	set_fault(&self->bus, TPM2_CC_NV_Read, BUS_ANSWER, TPM2_RC_RETRY);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value + 1);
}

TEST_F(nv_bus, lost_answer_does_not_count_twice)
{
	uint64_t now;

	set_fault(&self->bus, TPM2_CC_NV_Increment, BUS_CUT, 0);
	ASSERT_OK(advance(self->value + 1));
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value + 1);
	EXPECT_EQ(self->bus.seen[TPM2_CC_NV_Increment % BUS_COMMANDS], 1 + 1);
}

TEST_F(nv_bus, sessions_that_others_hold_are_waited_for)
{
	uint64_t now;

	set_fault(&self->bus, TPM2_CC_StartAuthSession, BUS_ANSWER, TPM2_RC_SESSION_MEMORY);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value);
	set_fault(&self->bus, TPM2_CC_StartAuthSession, BUS_ANSWER, TPM2_RC_CONTEXT_GAP);
	ASSERT_OK(read_counter(&now));
	EXPECT_EQ(now, self->value);
}

TEST_HARNESS_MAIN
