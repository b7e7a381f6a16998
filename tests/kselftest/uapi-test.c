// SPDX-License-Identifier: GPL-2.0
/*
 * The shape of every command: sizes, flags, reserved fields, pointers, room. The
 * tests are the same for all; a variant says how one command is called right.
 * Built a second time as a 32-bit caller.
 */
#include <assert.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define SAME(is, must)	static_assert((is) == (must), #is)

/* The interface as it is, 64-bit and 32-bit callers alike; structs only grow. */
SAME(sizeof(struct uks_query), 64);
SAME(offsetof(struct uks_query, bytes_max), 40);
SAME(sizeof(struct uks_outcome), 24);
SAME(sizeof(struct uks_call), 72);
SAME(offsetof(struct uks_call, fd), 40);
SAME(sizeof(struct uks_session_info), 72);
SAME(sizeof(struct uks_cipher), 88);
SAME(sizeof(struct uks_sign), 64);
SAME(sizeof(struct uks_verify), 64);
SAME(sizeof(struct uks_begin), 64);
SAME(sizeof(struct uks_update), 64);
SAME(sizeof(struct uks_finish), 64);
SAME(sizeof(struct uks_abort), 8);
SAME(sizeof(struct uks_request_header), 72);
SAME(sizeof(struct uks_answer_header), 24);
SAME(sizeof(struct uks_channel_valid), 16);

#define TAIL	64	/* what a newer struct might have more */
#define CANARY	0xa5

/* One argument of any command, and a newer caller's tail. */
union argument {
	uint32_t head[2];
	struct uks_query query;
	struct uks_call call;
	struct uks_session_info info;
	struct uks_cipher cipher;
	struct uks_sign sign;
	struct uks_verify verify;
	struct uks_begin begin;
	struct uks_update update;
	struct uks_finish finish;
	struct uks_abort abort;
	struct uks_channel_valid valid;
	uint8_t bytes[256];
};

enum file {
	CLIENT,
	SESSION,
	CHANNEL,
};

FIXTURE(uapi) {
	struct daemon daemon;
	struct service service;
	int channel;	/* one that nobody serves */
	int client;
	int fd;		/* what the command is for */
	uint64_t taken;	/* a request in the channel's hands */
	struct caller waiting;
	uint8_t in[64];
	uint8_t out[UKS_PAYLOAD_MAX];
	uint8_t aad[20];
	uint8_t nonce[UKS_NONCE_LEN];
	uint8_t sig[96];
	char text[UKS_TEXT_MAX];
	struct caller caller;
};

/*
 * size: of the first version. full: of this one, if it has grown. pointers: where the
 * argument has pointers that the command uses; one of which the daemon's answer is
 * needed first is in "late". room: where out_len is, and need, what it must be at least.
 */
FIXTURE_VARIANT(uapi) {
	unsigned long cmd;
	enum file file;
	uint32_t purpose;
	uint32_t size;
	uint32_t full;
	uint32_t flags;
	uint16_t reserved;
	uint16_t pointers[4];
	uint16_t late;
	uint16_t room;
	uint32_t need;
	bool asks;
};

#define OFFSET(type, field)	offsetof(struct type, field)

/* A call whose answer may be had, and one that must offer UKS_REPLY_MIN bytes. */
#define ASKING(command, input, min_room)					\
	.cmd = (command), .file = CLIENT, .size = sizeof(struct uks_call),	\
	.reserved = OFFSET(uks_call, reserved),					\
	.pointers = { (input) }, .late = OFFSET(uks_call, out),			\
	.room = OFFSET(uks_call, out_len), .need = (min_room), .asks = true

#define CHANGING_WITH(command, min_room)					\
	.cmd = (command), .file = CLIENT, .size = sizeof(struct uks_call),	\
	.reserved = OFFSET(uks_call, reserved),					\
	.pointers = { OFFSET(uks_call, in), OFFSET(uks_call, out) },		\
	.room = OFFSET(uks_call, out_len), .need = (min_room)

#define CHANGING(command)	CHANGING_WITH(command, UKS_REPLY_MIN)

FIXTURE_VARIANT_ADD(uapi, query) {
	.cmd = UKS_IOC_QUERY, .file = CLIENT, .size = 48, .full = 64,
};

FIXTURE_VARIANT_ADD(uapi, status) { ASKING(UKS_IOC_STATUS, 0, 16) };
FIXTURE_VARIANT_ADD(uapi, key_export_public) {
	ASKING(UKS_IOC_KEY_EXPORT_PUBLIC, OFFSET(uks_call, in), 36)
};

FIXTURE_VARIANT_ADD(uapi, key_list) { ASKING(UKS_IOC_KEY_LIST, OFFSET(uks_call, in), 8) };
FIXTURE_VARIANT_ADD(uapi, key_show) { ASKING(UKS_IOC_KEY_SHOW, OFFSET(uks_call, in), 20) };
FIXTURE_VARIANT_ADD(uapi, key_generate) { CHANGING(UKS_IOC_KEY_GENERATE) };
FIXTURE_VARIANT_ADD(uapi, key_import) { CHANGING(UKS_IOC_KEY_IMPORT) };
FIXTURE_VARIANT_ADD(uapi, key_rename) { CHANGING(UKS_IOC_KEY_RENAME) };
FIXTURE_VARIANT_ADD(uapi, key_delete) { CHANGING(UKS_IOC_KEY_DELETE) };
FIXTURE_VARIANT_ADD(uapi, key_agree) { CHANGING(UKS_IOC_KEY_AGREE) };
FIXTURE_VARIANT_ADD(uapi, key_derive) { CHANGING(UKS_IOC_KEY_DERIVE) };
FIXTURE_VARIANT_ADD(uapi, key_wrap) { ASKING(UKS_IOC_KEY_WRAP, OFFSET(uks_call, in), 36) };
FIXTURE_VARIANT_ADD(uapi, key_unwrap) { CHANGING(UKS_IOC_KEY_UNWRAP) };
FIXTURE_VARIANT_ADD(uapi, key_rotate) { CHANGING(UKS_IOC_KEY_ROTATE) };
FIXTURE_VARIANT_ADD(uapi, key_set_state) { CHANGING(UKS_IOC_KEY_SET_STATE) };
FIXTURE_VARIANT_ADD(uapi, key_set_policy) { CHANGING(UKS_IOC_KEY_SET_POLICY) };
FIXTURE_VARIANT_ADD(uapi, key_restore) { CHANGING(UKS_IOC_KEY_RESTORE) };
FIXTURE_VARIANT_ADD(uapi, key_versions) {
	ASKING(UKS_IOC_KEY_VERSIONS, OFFSET(uks_call, in), 4)
};

FIXTURE_VARIANT_ADD(uapi, key_attest) { ASKING(UKS_IOC_KEY_ATTEST, OFFSET(uks_call, in), 36) };
FIXTURE_VARIANT_ADD(uapi, pin) { CHANGING(UKS_IOC_PIN) };
FIXTURE_VARIANT_ADD(uapi, boot_policy) { CHANGING(UKS_IOC_BOOT_POLICY) };
FIXTURE_VARIANT_ADD(uapi, master) { CHANGING_WITH(UKS_IOC_MASTER, UKS_PAYLOAD_MAX) };
FIXTURE_VARIANT_ADD(uapi, backup) { CHANGING_WITH(UKS_IOC_BACKUP, UKS_PAYLOAD_MAX) };
FIXTURE_VARIANT_ADD(uapi, audit) { ASKING(UKS_IOC_AUDIT, OFFSET(uks_call, in), 8) };
FIXTURE_VARIANT_ADD(uapi, provision) { CHANGING_WITH(UKS_IOC_PROVISION, UKS_PAYLOAD_MAX) };
FIXTURE_VARIANT_ADD(uapi, session_open) {
	.cmd = UKS_IOC_SESSION_OPEN, .file = CLIENT, .size = 72,
	.reserved = OFFSET(uks_call, reserved), .pointers = { OFFSET(uks_call, in) },
};

FIXTURE_VARIANT_ADD(uapi, session_info) {
	.cmd = UKS_IOC_SESSION_INFO, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 56,
	.full = 72,
};

FIXTURE_VARIANT_ADD(uapi, encrypt) {
	.cmd = UKS_IOC_ENCRYPT, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 56,
	.full = 88, .flags = UKS_CIPHER_CALLER_NONCE,
	.pointers = { OFFSET(uks_cipher, in), OFFSET(uks_cipher, out), OFFSET(uks_cipher, aad),
		      OFFSET(uks_cipher, nonce) },
	.room = OFFSET(uks_cipher, out_len), .need = 64 + UKS_TAG_LEN,
};

FIXTURE_VARIANT_ADD(uapi, decrypt) {
	.cmd = UKS_IOC_DECRYPT, .file = SESSION, .purpose = UKS_PURPOSE_DECRYPT, .size = 56,
	.full = 88,
	.pointers = { OFFSET(uks_cipher, in), OFFSET(uks_cipher, out), OFFSET(uks_cipher, aad),
		      OFFSET(uks_cipher, nonce) },
	.room = OFFSET(uks_cipher, out_len), .need = 64 - UKS_TAG_LEN,
};

FIXTURE_VARIANT_ADD(uapi, sign) {
	.cmd = UKS_IOC_SIGN, .file = SESSION, .purpose = UKS_PURPOSE_SIGN, .size = 64,
	.pointers = { OFFSET(uks_sign, in) }, .late = OFFSET(uks_sign, out),
	.room = OFFSET(uks_sign, out_len), .need = 72,
};

FIXTURE_VARIANT_ADD(uapi, verify) {
	.cmd = UKS_IOC_VERIFY, .file = SESSION, .purpose = UKS_PURPOSE_VERIFY, .size = 64,
	.pointers = { OFFSET(uks_verify, in), OFFSET(uks_verify, sig) },
};

FIXTURE_VARIANT_ADD(uapi, mac) {
	.cmd = UKS_IOC_MAC, .file = SESSION, .purpose = UKS_PURPOSE_MAC, .size = 64,
	.pointers = { OFFSET(uks_sign, in), OFFSET(uks_sign, out) },
	.room = OFFSET(uks_sign, out_len), .need = 32,
};

FIXTURE_VARIANT_ADD(uapi, mac_verify) {
	.cmd = UKS_IOC_MAC_VERIFY, .file = SESSION, .purpose = UKS_PURPOSE_MAC_VERIFY, .size = 64,
	.pointers = { OFFSET(uks_verify, in), OFFSET(uks_verify, sig) },
};

FIXTURE_VARIANT_ADD(uapi, begin) {
	.cmd = UKS_IOC_BEGIN, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 32,
	.full = 64, .flags = UKS_CIPHER_CALLER_NONCE,
	.pointers = { OFFSET(uks_begin, aad), OFFSET(uks_begin, nonce) },
};

FIXTURE_VARIANT_ADD(uapi, update) {
	.cmd = UKS_IOC_UPDATE, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 32,
	.full = 64, .pointers = { OFFSET(uks_update, in) },
};

FIXTURE_VARIANT_ADD(uapi, finish_encrypt) {
	.cmd = UKS_IOC_FINISH, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 64,
	.pointers = { OFFSET(uks_finish, out) },
	.room = OFFSET(uks_finish, out_len), .need = UKS_TAG_LEN,
};

FIXTURE_VARIANT_ADD(uapi, finish_mac) {
	.cmd = UKS_IOC_FINISH, .file = SESSION, .purpose = UKS_PURPOSE_MAC, .size = 64,
	.pointers = { OFFSET(uks_finish, out) },
	.room = OFFSET(uks_finish, out_len), .need = 32,
};

FIXTURE_VARIANT_ADD(uapi, finish_verify) {
	.cmd = UKS_IOC_FINISH, .file = SESSION, .purpose = UKS_PURPOSE_VERIFY, .size = 64,
	.pointers = { OFFSET(uks_finish, sig) },
};

FIXTURE_VARIANT_ADD(uapi, finish_sign) {
	.cmd = UKS_IOC_FINISH, .file = SESSION, .purpose = UKS_PURPOSE_SIGN, .size = 64,
	.late = OFFSET(uks_finish, out),
	.room = OFFSET(uks_finish, out_len), .need = 72,
};

FIXTURE_VARIANT_ADD(uapi, abort) {
	.cmd = UKS_IOC_ABORT, .file = SESSION, .purpose = UKS_PURPOSE_ENCRYPT, .size = 8,
};

FIXTURE_VARIANT_ADD(uapi, channel_valid) {
	.cmd = UKS_IOC_CHANNEL_VALID, .file = CHANNEL, .size = 16,
};

/* Make what the commands that take something back are given: ciphertext and MAC. */
static int make_inputs(struct _test_data_uapi *self, uint32_t purpose)
{
	struct cipher_text plain = { .text = self->in, .len = 48, .aad = self->aad,
				     .aad_len = sizeof(self->aad) };
	struct cipher_text sealed = { .text = self->out, .len = sizeof(self->out) };
	int session, ret = 0;

	if (purpose == UKS_PURPOSE_DECRYPT) {
		session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		ret = session_encrypt(session, 0, &plain, &sealed);
		memcpy(self->in, self->out, sizeof(self->in));
		memcpy(self->nonce, plain.nonce, sizeof(self->nonce));
		close(session);
	} else if (purpose == UKS_PURPOSE_MAC_VERIFY) {
		session = session_open(self->client, UKS_PURPOSE_MAC);
		ret = session_mac(session, self->in, sizeof(self->in), self->sig);
		close(session);
	}
	memset(self->out, CANARY, sizeof(self->out));
	return ret;
}

/* Take a request out of the hands of the serving thread: for VALID. */
static int take_request(struct _test_data_uapi *self)
{
	static struct request req;
	int ret;

	caller_init(&self->waiting, self->client, UKS_IOC_STATUS);
	ret = caller_start(&self->waiting) ?: daemon_read(self->daemon.channel, &req);
	self->taken = req.header.id;
	return ret;
}

FIXTURE_SETUP(uapi)
{
	service_init(&self->service);
	self->service.lease_flags = UKS_LEASE_CALLER_NONCE;
	memset(self->in, 0x11, sizeof(self->in));
	memset(self->out, CANARY, sizeof(self->out));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	self->client = client_open();
	ASSERT_LE(0, self->client);
	self->fd = self->client;
	if (variant->file == CHANNEL) {
		ASSERT_EQ(0, take_request(self));
		self->fd = self->daemon.channel;
		return;
	}
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	if (variant->file == SESSION) {
		ASSERT_EQ(0, make_inputs(self, variant->purpose));
		self->fd = session_open(self->client, variant->purpose);
		ASSERT_LE(0, self->fd);
	}
}

FIXTURE_TEARDOWN(uapi)
{
	struct request req = { .header.id = self->taken };

	if (variant->file == CHANNEL) {
		EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
		EXPECT_EQ(0, caller_join(&self->waiting));
	} else if (variant->file == SESSION) {
		close(self->fd);
	}
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static void fill_session(struct _test_data_uapi *self, unsigned long cmd, uint32_t purpose,
			 union argument *arg)
{
	switch (cmd) {
	case UKS_IOC_ENCRYPT:
	case UKS_IOC_DECRYPT:
		arg->cipher = (struct uks_cipher){
			.in = ptr(self->in), .in_len = sizeof(self->in),
			.out = ptr(self->out), .out_len = sizeof(self->out),
			.aad = ptr(self->aad), .aad_len = sizeof(self->aad),
			.nonce = ptr(self->nonce), .nonce_len = sizeof(self->nonce),
		};
		break;
	case UKS_IOC_SIGN:
	case UKS_IOC_MAC:
		arg->sign = (struct uks_sign){
			.in = ptr(self->in), .in_len = sizeof(self->in),
			.out = ptr(self->out), .out_len = sizeof(self->out),
		};
		break;
	case UKS_IOC_VERIFY:
	case UKS_IOC_MAC_VERIFY:
		arg->verify = (struct uks_verify){
			.in = ptr(self->in), .in_len = sizeof(self->in),
			.sig = ptr(self->sig), .sig_len = 32,
		};
		break;
	case UKS_IOC_BEGIN:
		arg->begin = (struct uks_begin){
			.aad = ptr(self->aad), .aad_len = sizeof(self->aad),
			.nonce = ptr(self->nonce), .nonce_len = sizeof(self->nonce),
		};
		break;
	case UKS_IOC_UPDATE:
		arg->update = (struct uks_update){
			.in = ptr(self->in), .in_len = sizeof(self->in),
			.out = ptr(self->out), .out_len = sizeof(self->out),
		};
		break;
	case UKS_IOC_FINISH:
		arg->finish = (struct uks_finish){
			.out = ptr(self->out), .out_len = sizeof(self->out),
		};
		if (purpose & (UKS_PURPOSE_VERIFY | UKS_PURPOSE_MAC_VERIFY)) {
			arg->finish.sig = ptr(self->sig);
			arg->finish.sig_len = 32;
		}
		break;
	}
}

/* An argument that the command succeeds with. */
static void fill(struct _test_data_uapi *self, const struct _fixture_variant_uapi *variant,
		 union argument *arg)
{
	memset(arg, 0, sizeof(*arg));
	if (variant->file == SESSION) {
		fill_session(self, variant->cmd, variant->purpose, arg);
	} else if (variant->file == CHANNEL) {
		arg->valid.id = self->taken;
	} else if (variant->cmd != UKS_IOC_QUERY) {
		caller_init(&self->caller, self->client, variant->cmd);
		arg->call = self->caller.call;
		arg->call.out = ptr(self->out);
		arg->call.out_len = sizeof(self->out);
	}
	arg->head[0] = variant->size;
}

/* UPDATE and FINISH want a message to be under way. */
static int begin(struct _test_data_uapi *self, const struct _fixture_variant_uapi *variant)
{
	union argument arg = {};

	if (variant->cmd != UKS_IOC_UPDATE && variant->cmd != UKS_IOC_FINISH)
		return 0;
	arg.begin.size = sizeof(arg.begin);
	if (variant->purpose == UKS_PURPOSE_ENCRYPT) {
		fill_session(self, UKS_IOC_BEGIN, variant->purpose, &arg);
		arg.begin.size = sizeof(arg.begin);
	}
	return uks(self->fd, UKS_IOC_BEGIN, &arg);
}

/* Size of the struct as the kernel knows it. */
static uint32_t full(const struct _fixture_variant_uapi *variant)
{
	return variant->full ?: variant->size;
}

static int run(struct _test_data_uapi *self, const struct _fixture_variant_uapi *variant, void *arg)
{
	int ret = begin(self, variant) ?: uks(self->fd, variant->cmd, arg);

	if (!ret && variant->cmd == UKS_IOC_SESSION_OPEN)
		close(((struct uks_call *)arg)->fd);
	return ret;
}

static bool all_canary(const uint8_t *at, size_t len)
{
	while (len--)
		if (*at++ != CANARY)
			return false;
	return true;
}

TEST_F(uapi, serves_the_first_size_and_writes_no_further)
{
	union argument arg;

	fill(self, variant, &arg);
	memset(arg.bytes + variant->size, CANARY, sizeof(arg) - variant->size);
	EXPECT_EQ(0, run(self, variant, &arg));
	EXPECT_EQ(variant->size, arg.head[0]);
	EXPECT_TRUE(all_canary(arg.bytes + variant->size, sizeof(arg) - variant->size));
}

TEST_F(uapi, serves_a_newer_size_with_zero_tail)
{
	union argument arg;

	fill(self, variant, &arg);
	arg.head[0] = full(variant) + TAIL;
	EXPECT_EQ(0, run(self, variant, &arg));
	EXPECT_EQ(full(variant) + TAIL, arg.head[0]);
}

TEST_F(uapi, refuses_a_dirty_tail)
{
	unsigned int seen = service_seen(&self->service);
	union argument arg, before;
	unsigned int at;

	for (at = 0; at < TAIL; at++) {
		fill(self, variant, &arg);
		arg.head[0] = full(variant) + TAIL;
		arg.bytes[full(variant) + at] = 1;
		before = arg;
		ASSERT_EQ(-E2BIG, run(self, variant, &arg));
		ASSERT_EQ(0, memcmp(&before, &arg, sizeof(arg)));
	}
	EXPECT_EQ(seen, service_seen(&self->service));
	EXPECT_TRUE(all_canary(self->out, sizeof(self->out)));
}

TEST_F(uapi, refuses_a_size_that_is_too_small)
{
	unsigned int seen = service_seen(&self->service);
	union argument arg, before;
	unsigned int size;

	for (size = 0; size < variant->size; size++) {
		fill(self, variant, &arg);
		arg.head[0] = size;
		before = arg;
		ASSERT_EQ(-EINVAL, run(self, variant, &arg));
		ASSERT_EQ(0, memcmp(&before, &arg, sizeof(arg)));
	}
	EXPECT_EQ(seen, service_seen(&self->service));
}

TEST_F(uapi, refuses_unknown_flags)
{
	unsigned int seen = service_seen(&self->service);
	union argument arg, before;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (variant->flags & 1U << bit)
			continue;
		fill(self, variant, &arg);
		arg.head[1] = variant->flags | 1U << bit;
		before = arg;
		ASSERT_EQ(-EINVAL, run(self, variant, &arg));
		ASSERT_EQ(0, memcmp(&before, &arg, sizeof(arg)));
	}
	EXPECT_EQ(seen, service_seen(&self->service));
	fill(self, variant, &arg);
	arg.head[1] = variant->flags;
	EXPECT_EQ(0, run(self, variant, &arg));
}

TEST_F(uapi, refuses_a_dirty_reserved_field)
{
	unsigned int seen = service_seen(&self->service);
	union argument arg;
	unsigned int bit;

	if (!variant->reserved)
		return;
	for (bit = 0; bit < 32; bit++) {
		uint32_t dirt = 1U << bit;

		fill(self, variant, &arg);
		memcpy(arg.bytes + variant->reserved, &dirt, sizeof(dirt));
		ASSERT_EQ(-EINVAL, run(self, variant, &arg));
	}
	EXPECT_EQ(seen, service_seen(&self->service));
}

TEST_F(uapi, refuses_bad_pointers)
{
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint64_t kernel = 0xffffffff81000000ULL;
	unsigned int seen, i, before = service_seen(&self->service);
	union argument arg;
	uint64_t at;

	ASSERT_NE(MAP_FAILED, bad);
	EXPECT_EQ(-EFAULT, run(self, variant, bad));
	EXPECT_EQ(-EFAULT, run(self, variant, NULL));
	for (i = 0; i < 4 && variant->pointers[i]; i++) {
		fill(self, variant, &arg);
		at = ptr(bad);
		memcpy(arg.bytes + variant->pointers[i], &at, sizeof(at));
		EXPECT_EQ(-EFAULT, run(self, variant, &arg));
		fill(self, variant, &arg);
		memcpy(arg.bytes + variant->pointers[i], &kernel, sizeof(kernel));
		EXPECT_EQ(-EFAULT, run(self, variant, &arg));
	}
	seen = service_seen(&self->service);
	EXPECT_EQ(before, seen);
	if (!variant->late)
		return;
	fill(self, variant, &arg);
	at = ptr(bad);
	memcpy(arg.bytes + variant->late, &at, sizeof(at));
	EXPECT_EQ(-EFAULT, run(self, variant, &arg));
	EXPECT_EQ(seen + 1, service_seen(&self->service));
}

/* The struct's last byte is on a page that is not there. */
TEST_F(uapi, refuses_a_struct_that_ends_in_nowhere)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	unsigned int seen = service_seen(&self->service);
	union argument arg;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	fill(self, variant, &arg);
	memcpy(page + 4096 - variant->size + 1, &arg, variant->size - 1);
	EXPECT_EQ(-EFAULT, run(self, variant, page + 4096 - variant->size + 1));
	EXPECT_EQ(seen, service_seen(&self->service));
}

TEST_F(uapi, tells_the_room_that_is_needed_and_changes_nothing)
{
	unsigned int seen = service_seen(&self->service);
	const uint32_t rooms[] = { 0, variant->need - 1 };
	union argument arg;
	uint32_t told;
	unsigned int i;

	if (!variant->room)
		return;
	for (i = 0; i < 2; i++) {
		fill(self, variant, &arg);
		memcpy(arg.bytes + variant->room, &rooms[i], sizeof(rooms[i]));
		EXPECT_EQ(-ENOBUFS, run(self, variant, &arg));
		memcpy(&told, arg.bytes + variant->room, sizeof(told));
		EXPECT_EQ(variant->need, told);
	}
	EXPECT_TRUE(all_canary(self->out, sizeof(self->out)));
	EXPECT_EQ(seen + (variant->asks ? 2 : 0), service_seen(&self->service));
	EXPECT_EQ(0, run(self, variant, &arg));
}

static bool known(enum file file, unsigned int nr)
{
	switch (file) {
	case CLIENT:
		return nr <= 0x19;
	case SESSION:
		return nr >= 0x40 && nr <= 0x4d && nr != 0x47;
	case CHANNEL:
		return nr == 0x80;
	}
	return false;
}

TEST_F(uapi, knows_no_other_command)
{
	union argument arg;
	unsigned int nr;

	for (nr = 0; nr < 0x100; nr++) {
		if (known(variant->file, nr))
			continue;
		memset(&arg, 0, sizeof(arg));
		arg.head[0] = sizeof(arg);
		ASSERT_EQ(-ENOTTY, uks(self->fd, _IO(UKS_IOC_MAGIC, nr), &arg));
	}
	/* Numbers carry no size and no direction, and another magic is not ours. */
	fill(self, variant, &arg);
	EXPECT_EQ(-ENOTTY, uks(self->fd, variant->cmd | _IOC(_IOC_READ, 0, 0, 8), &arg));
	EXPECT_EQ(-ENOTTY, uks(self->fd, variant->cmd ^ _IO(1, 0), &arg));
}

TEST_HARNESS_MAIN
