// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where secrets are in the daemon's memory: a marker key goes in, and then all
 * of the process is searched for it. The marker itself is nowhere but in what is
 * looked at: the test knows it as its complement.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/memory.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define LEN	32
#define HALF	16

FIXTURE(memory)
{
	struct daemon daemon;
	uint8_t hidden[LEN];
	uint8_t id[UKS_KEY_ID_LEN];
};

FIXTURE_SETUP(memory)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	randombytes_buf(self->hidden, LEN);
	self->hidden[0] |= 0x80;	/* so that the marker is less than the order of P-256 */
}

FIXTURE_TEARDOWN(memory)
{
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* How often a secret is in memory, and how often where it may not be. */
struct found {
	int all;
	int exposed;
};

/* Half a secret is found, too; and numbers are stored backwards. */
static int occurrences(const uint8_t *bytes, size_t len, const uint8_t *hidden)
{
	int forwards[2], backwards[2], count = 0;
	size_t at, i, half;

	for (at = 0; at + HALF <= len; at++) {
		for (half = 0; half < 2; half++) {
			forwards[half] = 1;
			backwards[half] = 1;
			for (i = 0; i < HALF && (forwards[half] || backwards[half]); i++) {
				uint8_t byte = ~bytes[at + i];

				forwards[half] &= byte == hidden[half * HALF + i];
				backwards[half] &= byte == hidden[LEN - 1 - half * HALF - i];
			}
			count += forwards[half] || backwards[half];
		}
	}
	return count;
}

static int search_range(int mem, unsigned long start, unsigned long end, const uint8_t *hidden)
{
	static uint8_t bytes[65536 + LEN];
	int count = 0;
	ssize_t len;

	/* Not where it is being looked at. */
	for (; start < end; start += 65536) {
		if (start < (unsigned long)bytes + sizeof(bytes) &&
		    start + sizeof(bytes) > (unsigned long)bytes)
			continue;
		len = end - start < sizeof(bytes) ? end - start : sizeof(bytes);
		len = pread(mem, bytes, len, start);
		if (len > 0)
			count += occurrences(bytes, len, hidden);
	}
	sodium_memzero(bytes, sizeof(bytes));
	return count;
}

static struct found search(const uint8_t *hidden)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	int mem = open("/proc/self/mem", O_RDONLY), here = 0;
	unsigned long start = 0, end = 0, from, to;
	struct found found = { 0 };
	char line[512], access[8];

	while (smaps && mem >= 0 && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, access) == 3) {
			start = from;
			end = *access == 'r' ? to : from;
		} else if (!strncmp(line, "VmFlags:", 8)) {
			here = search_range(mem, start, end, hidden);
			found.all += here;
			if (!strstr(line, " lo") || !strstr(line, " dd"))
				found.exposed += here;
			if (here && (!strstr(line, " lo") || !strstr(line, " dd")))
				fprintf(stderr, "# found at %lx-%lx, %s", start, end, line);
		}
	}
	close(mem);
	fclose(smaps);
	return found;
}

/* A request to import the marker. */
static void put_import(struct daemon *daemon, uint32_t type, const uint8_t *hidden)
{
	static const uint8_t head[] = {
		0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
		0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
	};
	size_t head_len = type == UKS_KEY_EC_P256 ? sizeof(head) : 0;
	uint8_t *at;
	int i;

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT,
			  head_len ? UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW);
	at = uks_attrs_reserve(&daemon->in, UKS_A_KEY_MATERIAL, head_len + LEN);
	memcpy(at, head, head_len);
	for (i = 0; i < LEN; i++)
		at[head_len + i] = ~hidden[i];
}

/* Import the marker, and leave no copy of ours. */
static uint32_t import(struct daemon *daemon, uint32_t type, const uint8_t *hidden)
{
	uint32_t code;

	put_import(daemon, type, hidden);
	code = ask(daemon, UKS_OP_KEY_IMPORT);
	sodium_memzero(daemon->in_buf, sizeof(daemon->in_buf));
	return code;
}

static void forget_answer(struct daemon *daemon)
{
	sodium_memzero(daemon->out, sizeof(daemon->out));
}

/* The search itself must find what is there. */
TEST_F(memory, search_finds)
{
	uint8_t *copy = malloc(LEN), *number = malloc(LEN);
	struct found found;
	int i;

	ASSERT_EQ(search(self->hidden).all, 0);
	for (i = 0; i < LEN; i++) {
		copy[i] = ~self->hidden[i];
		number[LEN - 1 - i] = ~self->hidden[i];
	}
	/* They are to be in memory, though nobody reads them. */
	asm volatile("" : : "r"(copy), "r"(number) : "memory");
	found = search(self->hidden);
	EXPECT_EQ(found.all, 4);
	EXPECT_EQ(found.exposed, 4);
	memset(number, 0, HALF);
	asm volatile("" : : "r"(number) : "memory");
	EXPECT_EQ(search(self->hidden).all, 3);
	free(copy);
	free(number);
	daemon_stop(&self->daemon);
}

/* The kernel gets a symmetric key; here nothing stays. */
TEST_F(memory, symmetric_keys_leave_nothing)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(import(daemon, UKS_KEY_HMAC_SHA256, self->hidden), 0);
	EXPECT_EQ(search(self->hidden).all, 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_MAC), 0);
	ASSERT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].len, LEN);
	EXPECT_GT(search(self->hidden).all, 0);	/* in our copy of the answer */
	forget_answer(daemon);
	EXPECT_EQ(search(self->hidden).all, 0);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"), 0);
	ask_begin(daemon);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_LIST), 0);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "new");
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_RENAME), 0);
	EXPECT_EQ(search(self->hidden).all, 0);
	daemon_stop(daemon);
}

/* A key that is ready to sign is in locked pages only, until it is deleted. */
TEST_F(memory, private_keys_are_in_locked_pages_only)
{
	struct daemon *daemon = &self->daemon;
	struct found found;
	uint32_t type;
	int i;

	for (type = UKS_KEY_EC_P256; type <= UKS_KEY_ED25519; type++) {
		ASSERT_EQ(import(daemon, type, self->hidden), 0) {
			TH_LOG("%s", daemon->text);
		}
		memcpy(self->id, daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
		EXPECT_EQ(search(self->hidden).all, 0);
		for (i = 0; i < 10; i++)
			ASSERT_EQ(ask_sign(daemon, self->id,
					   type == UKS_KEY_EC_P256 ? UKS_ALG_ECDSA :
					   UKS_ALG_ED25519,
					   type == UKS_KEY_EC_P256 ? UKS_DIGEST_SHA256 : 0,
					   "0123456789abcdef0123456789abcdef", 32), 0);
		found = search(self->hidden);
		EXPECT_GT(found.all, 0);
		EXPECT_EQ(found.exposed, 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
		EXPECT_EQ(search(self->hidden).all, 0);
	}
	daemon_stop(daemon);
}

TEST_F(memory, nothing_stays_when_the_daemon_ends)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(import(daemon, UKS_KEY_EC_P256, self->hidden), 0);
	memcpy(self->id, daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256,
			   "0123456789abcdef0123456789abcdef", 32), 0);
	daemon_stop(daemon);
	EXPECT_EQ(search(self->hidden).all, 0);
}

TEST_F(memory, master_key_is_in_one_place)
{
	struct daemon *daemon = &self->daemon;
	struct found found;
	int i;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	for (i = 0; i < LEN; i++)
		self->hidden[i] = ~daemon->master->key[i];
	found = search(self->hidden);
	EXPECT_EQ(found.all, 2);	/* its two halves */
	EXPECT_EQ(found.exposed, 0);
	daemon_stop(daemon);
	EXPECT_EQ(search(self->hidden).all, 0);
	/* opened from the TPM */
	ASSERT_EQ(daemon_start(daemon), 0);
	memory_wipe_traces();
	found = search(self->hidden);
	EXPECT_EQ(found.all, 2);
	EXPECT_EQ(found.exposed, 0);
	daemon_stop(daemon);
	EXPECT_EQ(search(self->hidden).all, 0);
}

#define PAINTED	(8 * MEMORY_STACK)

struct painted {
	struct daemon *daemon;
	uint32_t op, code;
};

static void *ask_there(void *context)
{
	struct painted *painted = context;

	painted->code = ask_without_wiping(painted->daemon, painted->op);
	return NULL;
}

/* Ask on a stack of which each byte is known; how much of it was used. */
static size_t stack_of(struct daemon *daemon, uint32_t op, uint32_t *code)
{
	struct painted painted = { .daemon = daemon, .op = op };
	uint8_t *stack = aligned_alloc(4096, PAINTED);
	pthread_attr_t attr;
	pthread_t thread;
	size_t i;

	memset(stack, 0xa7, PAINTED);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, PAINTED);
	if (pthread_create(&thread, &attr, ask_there, &painted))
		abort();
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	for (i = 0; i < PAINTED && stack[i] == 0xa7; i++)
		;
	free(stack);
	*code = painted.code;
	return PAINTED - i;
}

/* What memory_wipe_traces() wipes must be all that a request uses. */
TEST_F(memory, requests_use_less_stack_than_is_wiped)
{
	struct daemon *daemon = &self->daemon;
	static const struct {
		uint32_t op;
		const char *name;
	} requests[] = {
		{ UKS_OP_KEY_IMPORT, "key import" }, { UKS_OP_KEY_SHOW, "key show" },
		{ UKS_OP_SESSION_OPEN, "session open" }, { UKS_OP_SIGN, "sign" },
		{ UKS_OP_KEY_LIST, "key list" }, { UKS_OP_KEY_RENAME, "key rename" },
		{ UKS_OP_KEY_GENERATE, "key generate" }, { UKS_OP_KEY_DELETE, "key delete" },
	};
	size_t i, used;
	uint32_t code;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		ask_begin(daemon);
		if (requests[i].op == UKS_OP_KEY_IMPORT) {
			put_import(daemon, UKS_KEY_EC_P256, self->hidden);
		} else if (requests[i].op == UKS_OP_SIGN) {
			uks_attrs_put(&daemon->in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
			uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
			uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_ECDSA);
			uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, UKS_DIGEST_SHA256);
			uks_attrs_put(&daemon->in, UKS_A_MESSAGE, self->hidden, 32);
			keycache_clear(daemon->uksd.cache);
		} else if (requests[i].op == UKS_OP_KEY_GENERATE) {
			uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "other");
			uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_EC_P256);
		} else if (requests[i].op == UKS_OP_KEY_DELETE) {
			uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "new");
		} else if (requests[i].op != UKS_OP_KEY_LIST) {
			uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
		}
		if (requests[i].op == UKS_OP_SESSION_OPEN || requests[i].op == UKS_OP_SIGN)
			uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
		if (requests[i].op == UKS_OP_KEY_RENAME)
			uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "new");
		used = stack_of(daemon, requests[i].op, &code);
		ASSERT_EQ(code, 0) {
			TH_LOG("%s: %s", requests[i].name, daemon->text);
		}
		if (requests[i].op == UKS_OP_KEY_IMPORT)
			memcpy(self->id, daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
		EXPECT_LT(used, MEMORY_STACK) {
			TH_LOG("%s: %zu bytes of stack", requests[i].name, used);
		}
	}
	daemon_stop(daemon);
}

/* What is refused is wiped, too. */
TEST_F(memory, refused_keys_leave_nothing)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_128), 0);
	EXPECT_EQ(import(daemon, UKS_KEY_AES_256, self->hidden), UKS_E_KEY_EXISTS);
	EXPECT_EQ(import(daemon, UKS_KEY_AES_128, self->hidden), UKS_E_BAD_MATERIAL);
	EXPECT_EQ(import(daemon, UKS_KEY_EC_P256, self->hidden), UKS_E_KEY_EXISTS);
	EXPECT_EQ(search(self->hidden).all, 0);
	daemon_stop(daemon);
}

TEST_HARNESS_MAIN
