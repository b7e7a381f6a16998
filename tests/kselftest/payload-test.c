// SPDX-License-Identifier: GPL-2.0
/*
 * What goes to the daemon is well made: of a payload that is not, the daemon never
 * hears. And what the daemon says about an error reaches the caller.
 */
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define BIT(attr)	(1ULL << UKS_A_##attr)
#define KEYREF		(BIT(KEY_NAME) | BIT(KEY_ID))
#define NEW_KEY		(BIT(PURPOSES) | BIT(POLICY) | BIT(FLAGS) | BIT(KEY_STATE) | \
			 BIT(PROVIDER) | BIT(NEW_PIN) | BIT(ADMIN_CODE))
#define ADMINISTRATION	(BIT(MESSAGE) | BIT(CURSOR) | BIT(LIMIT) | BIT(FLAGS))
#define WRAPPING	(BIT(WRAPPING_NAME) | BIT(WRAPPING_ID))

FIXTURE(payload) {
	struct daemon daemon;
	struct service service;
	int client;
	struct caller caller;
	uint8_t in[UKS_PAYLOAD_MAX + 64];
	struct uks_attrs attrs;
};

/* need, may: attributes of the operation's requests. */
FIXTURE_VARIANT(payload) {
	unsigned long cmd;
	uint64_t need;
	uint64_t may;
};

FIXTURE_VARIANT_ADD(payload, status) { .cmd = UKS_IOC_STATUS };
FIXTURE_VARIANT_ADD(payload, session_open) {
	.cmd = UKS_IOC_SESSION_OPEN, .need = BIT(PURPOSES),
	.may = KEYREF | BIT(KEY_VERSION) | BIT(ALGORITHM) | BIT(DIGEST) | BIT(PARAMETERS) |
	       BIT(FLAGS) | BIT(PIN),
};

FIXTURE_VARIANT_ADD(payload, key_generate) {
	.cmd = UKS_IOC_KEY_GENERATE, .need = BIT(KEY_NAME) | BIT(KEY_TYPE),
	.may = NEW_KEY | BIT(COUNT),
};

FIXTURE_VARIANT_ADD(payload, key_import) {
	.cmd = UKS_IOC_KEY_IMPORT,
	.need = BIT(KEY_NAME) | BIT(KEY_TYPE) | BIT(KEY_FORMAT) | BIT(KEY_MATERIAL),
	.may = NEW_KEY,
};

FIXTURE_VARIANT_ADD(payload, key_export_public) {
	.cmd = UKS_IOC_KEY_EXPORT_PUBLIC, .may = KEYREF | BIT(KEY_VERSION),
};

FIXTURE_VARIANT_ADD(payload, key_list) {
	.cmd = UKS_IOC_KEY_LIST, .may = BIT(CURSOR) | BIT(LIMIT) | BIT(FLAGS),
};

FIXTURE_VARIANT_ADD(payload, key_show) {
	.cmd = UKS_IOC_KEY_SHOW, .may = KEYREF | BIT(KEY_VERSION),
};

FIXTURE_VARIANT_ADD(payload, key_rename) {
	.cmd = UKS_IOC_KEY_RENAME, .need = BIT(NEW_NAME), .may = KEYREF,
};

FIXTURE_VARIANT_ADD(payload, key_delete) {
	.cmd = UKS_IOC_KEY_DELETE, .may = KEYREF | BIT(FLAGS),
};

FIXTURE_VARIANT_ADD(payload, key_agree) {
	.cmd = UKS_IOC_KEY_AGREE, .need = BIT(NEW_NAME) | BIT(KEY_TYPE) | BIT(PARAMETERS),
	.may = KEYREF | NEW_KEY | BIT(ALGORITHM) | BIT(DIGEST) | BIT(PIN),
};

FIXTURE_VARIANT_ADD(payload, key_derive) {
	.cmd = UKS_IOC_KEY_DERIVE, .need = BIT(NEW_NAME) | BIT(KEY_TYPE) | BIT(ALGORITHM),
	.may = KEYREF | NEW_KEY | BIT(DIGEST) | BIT(PARAMETERS) | BIT(PIN),
};

FIXTURE_VARIANT_ADD(payload, key_wrap) {
	.cmd = UKS_IOC_KEY_WRAP, .need = BIT(ALGORITHM),
	.may = KEYREF | BIT(KEY_VERSION) | WRAPPING | BIT(PUBLIC_KEY) | BIT(KEY_FORMAT) |
	       BIT(DIGEST) | BIT(PARAMETERS) | BIT(PIN),
};

FIXTURE_VARIANT_ADD(payload, key_unwrap) {
	.cmd = UKS_IOC_KEY_UNWRAP,
	.need = BIT(KEY_NAME) | BIT(KEY_TYPE) | BIT(KEY_FORMAT) | BIT(WRAPPED) | BIT(ALGORITHM),
	.may = WRAPPING | NEW_KEY | BIT(DIGEST) | BIT(PARAMETERS) | BIT(PIN),
};

FIXTURE_VARIANT_ADD(payload, key_rotate) {
	.cmd = UKS_IOC_KEY_ROTATE, .may = KEYREF | BIT(KEY_FORMAT) | BIT(KEY_MATERIAL),
};

FIXTURE_VARIANT_ADD(payload, key_set_state) {
	.cmd = UKS_IOC_KEY_SET_STATE, .need = BIT(KEY_STATE), .may = KEYREF | BIT(KEY_VERSION),
};

FIXTURE_VARIANT_ADD(payload, key_set_policy) {
	.cmd = UKS_IOC_KEY_SET_POLICY, .need = BIT(POLICY), .may = KEYREF,
};

FIXTURE_VARIANT_ADD(payload, key_restore) {
	.cmd = UKS_IOC_KEY_RESTORE, .may = KEYREF | BIT(NEW_NAME),
};

FIXTURE_VARIANT_ADD(payload, key_versions) {
	.cmd = UKS_IOC_KEY_VERSIONS, .may = KEYREF,
};

FIXTURE_VARIANT_ADD(payload, key_attest) {
	.cmd = UKS_IOC_KEY_ATTEST, .need = BIT(COMMAND),
	.may = KEYREF | BIT(KEY_VERSION) | BIT(FLAGS) | BIT(CHALLENGE) | BIT(MESSAGE),
};

FIXTURE_VARIANT_ADD(payload, pin) {
	.cmd = UKS_IOC_PIN, .need = BIT(COMMAND),
	.may = KEYREF | BIT(PIN) | BIT(NEW_PIN) | BIT(ADMIN_CODE),
};

FIXTURE_VARIANT_ADD(payload, boot_policy) {
	.cmd = UKS_IOC_BOOT_POLICY, .need = BIT(COMMAND), .may = ADMINISTRATION,
};

FIXTURE_VARIANT_ADD(payload, master) {
	.cmd = UKS_IOC_MASTER, .need = BIT(COMMAND), .may = ADMINISTRATION,
};

FIXTURE_VARIANT_ADD(payload, backup) {
	.cmd = UKS_IOC_BACKUP, .need = BIT(COMMAND), .may = ADMINISTRATION,
};

FIXTURE_VARIANT_ADD(payload, audit) {
	.cmd = UKS_IOC_AUDIT, .need = BIT(COMMAND), .may = ADMINISTRATION,
};

FIXTURE_VARIANT_ADD(payload, provision) {
	.cmd = UKS_IOC_PROVISION, .need = BIT(COMMAND), .may = ADMINISTRATION,
};

FIXTURE_SETUP(payload)
{
	service_init(&self->service);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(payload)
{
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

/* An attribute of the right length. */
static void put(struct uks_attrs *attrs, uint16_t type)
{
	static const uint8_t one[16] = { 1 };
	size_t len = 4;

	switch (type) {
	case UKS_A_KEY_ID:
	case UKS_A_WRAPPING_ID:
		len = 16;
		break;
	case UKS_A_CREATED:
	case UKS_A_KEYS:
	case UKS_A_LEASE_USES:
	case UKS_A_LEASE_EXPIRES:
	case UKS_A_STARTED:
	case UKS_A_IDLE:
	case UKS_A_ERASED:
	case UKS_A_USES:
	case UKS_A_GENERATION:
		len = 8;
		break;
	case UKS_A_KEY:
		uks_attrs_nest_end(attrs, uks_attrs_nest(attrs, type));
		return;
	}
	uks_attrs_put(attrs, type, one, len);
}

static void begin(struct _test_data_payload *self, uint64_t types)
{
	uint16_t type;

	uks_attrs_init(&self->attrs, self->in, sizeof(self->in));
	for (type = 1; type <= UKS_A_MAX; type++)
		if (types & 1ULL << type)
			put(&self->attrs, type);
}

static int run(struct _test_data_payload *self, unsigned long cmd, uint32_t len)
{
	int ret;

	caller_init(&self->caller, self->client, cmd);
	self->caller.call.in = ptr(self->in);
	self->caller.call.in_len = len;
	ret = caller_run(&self->caller);
	if (!ret && cmd == UKS_IOC_SESSION_OPEN)
		close(self->caller.call.fd);
	return ret;
}

/* The payload is refused, the daemon has not seen it, and nothing was said. */
#define EXPECT_REFUSED(error, len) do {						\
	unsigned int seen = service_seen(&self->service);			\
	EXPECT_EQ(error, run(self, variant->cmd, len));				\
	EXPECT_EQ(seen, service_seen(&self->service));				\
	EXPECT_EQ(sizeof(self->caller.out), self->caller.call.out_len);		\
	EXPECT_EQ(-1, self->caller.call.fd);					\
} while (0)

TEST_F(payload, may_have_what_the_operation_takes)
{
	begin(self, variant->need);
	EXPECT_EQ(0, run(self, variant->cmd, self->attrs.len));
	begin(self, variant->need | variant->may);
	EXPECT_EQ(0, run(self, variant->cmd, self->attrs.len));
}

TEST_F(payload, must_have_what_the_operation_needs)
{
	uint64_t left;

	for (left = variant->need; left; left &= left - 1) {
		begin(self, variant->need & ~(left & -left));
		EXPECT_REFUSED(-EINVAL, self->attrs.len);
	}
}

TEST_F(payload, must_not_have_anything_else)
{
	uint16_t type;

	for (type = 0; type <= UKS_A_MAX + 2; type++) {
		if ((variant->need | variant->may) & 1ULL << type)
			continue;
		begin(self, variant->need);
		put(&self->attrs, type);
		EXPECT_REFUSED(-EINVAL, self->attrs.len);
	}
}

TEST_F(payload, must_not_say_anything_twice)
{
	uint64_t left;

	for (left = variant->need | variant->may; left; left &= left - 1) {
		begin(self, variant->need | (left & -left));
		put(&self->attrs, __builtin_ctzll(left));
		EXPECT_REFUSED(-EINVAL, self->attrs.len);
	}
}

/* Cut at every byte: only what ends with an attribute (or its padding) is whole. */
TEST_F(payload, must_be_whole)
{
	struct uks_attr attr;
	const uint8_t *at;
	size_t left, len;

	begin(self, variant->need | variant->may);
	for (len = 1; len < self->attrs.len; len++) {
		at = self->in;
		left = len;
		while (uks_attr_next(&at, &left, &attr) > 0)
			;
		if (!left)
			continue;
		EXPECT_REFUSED(-EINVAL, len);
	}
	memset(self->in + self->attrs.len, 0, 3);
	EXPECT_REFUSED(-EINVAL, self->attrs.len + 1);
	EXPECT_REFUSED(-EINVAL, self->attrs.len + 3);
}

TEST_F(payload, must_not_lie_about_lengths)
{
	const uint16_t lies[] = { 0, 1, 3, 0xfff0, 0xffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		begin(self, variant->need | variant->may);
		if (!self->attrs.len)
			put(&self->attrs, UKS_A_KEY_NAME);
		memcpy(self->in, &lies[i], sizeof(lies[i]));
		EXPECT_REFUSED(-EINVAL, self->attrs.len);
	}
}

TEST_F(payload, must_have_values_of_the_right_length)
{
	static const struct {
		uint16_t type;
		uint16_t bad[3];
		uint16_t good;
	} lengths[] = {
		{ UKS_A_KEY_NAME, { 0, 256, 1024 }, 255 },
		{ UKS_A_KEY_ID, { 0, 15, 17 }, 16 },
		{ UKS_A_KEY_TYPE, { 0, 3, 8 }, 4 },
		{ UKS_A_PURPOSES, { 0, 3, 8 }, 4 },
		{ UKS_A_KEY_MATERIAL, { 0, 16385, 30000 }, 16384 },
		{ UKS_A_KEY_FORMAT, { 0, 3, 8 }, 4 },
		{ UKS_A_NEW_NAME, { 0, 256, 1024 }, 255 },
		{ UKS_A_ALGORITHM, { 0, 3, 8 }, 4 },
		{ UKS_A_DIGEST, { 0, 3, 8 }, 4 },
		{ UKS_A_CURSOR, { 0, 256, 1024 }, 255 },
		{ UKS_A_LIMIT, { 0, 3, 8 }, 4 },
		{ UKS_A_PUBLIC_KEY, { 0, 16385, 30000 }, 16384 },
		{ UKS_A_KEY_VERSION, { 0, 3, 8 }, 4 },
		{ UKS_A_KEY_STATE, { 0, 3, 8 }, 4 },
		{ UKS_A_PARAMETERS, { 4097, 8192, 30000 }, 4096 },
		{ UKS_A_POLICY, { 4097, 8192, 30000 }, 4096 },
		{ UKS_A_FLAGS, { 0, 3, 8 }, 4 },
		{ UKS_A_WRAPPING_NAME, { 0, 256, 1024 }, 255 },
		{ UKS_A_WRAPPING_ID, { 0, 15, 17 }, 16 },
		{ UKS_A_WRAPPED, { 0, 16385, 30000 }, 16384 },
		{ UKS_A_COUNT, { 0, 3, 8 }, 4 },
		{ UKS_A_COMMAND, { 0, 3, 8 }, 4 },
		{ UKS_A_PROVIDER, { 0, 3, 8 }, 4 },
		{ UKS_A_CHALLENGE, { 0, 49, 1024 }, 48 },
		{ UKS_A_PIN, { 0, 65, 1024 }, 64 },
		{ UKS_A_NEW_PIN, { 0, 65, 1024 }, 64 },
		{ UKS_A_ADMIN_CODE, { 0, 65, 1024 }, 64 },
	};
	unsigned int i, j;
	uint8_t *value;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint64_t bit = 1ULL << lengths[i].type;

		if (!((variant->need | variant->may) & bit))
			continue;
		for (j = 0; j < 3; j++) {
			begin(self, variant->need & ~bit);
			memset(uks_attrs_reserve(&self->attrs, lengths[i].type, lengths[i].bad[j]),
			       1, lengths[i].bad[j]);
			EXPECT_REFUSED(-EINVAL, self->attrs.len);
		}
		begin(self, variant->need & ~bit);
		value = uks_attrs_reserve(&self->attrs, lengths[i].type, lengths[i].good);
		memset(value, 0, lengths[i].good);
		*value = 1;
		EXPECT_EQ(0, run(self, variant->cmd, self->attrs.len));
	}
}

TEST_F(payload, must_not_have_zero_for_a_number)
{
	const uint64_t numbers = BIT(KEY_TYPE) | BIT(PURPOSES) | BIT(KEY_FORMAT) |
				 BIT(ALGORITHM) | BIT(DIGEST) | BIT(LIMIT) |
				 BIT(KEY_VERSION) | BIT(KEY_STATE) | BIT(COUNT) |
				 BIT(COMMAND) | BIT(PROVIDER);
	uint64_t left;

	for (left = numbers & (variant->need | variant->may); left; left &= left - 1) {
		begin(self, variant->need & ~(left & -left));
		uks_attrs_put_u32(&self->attrs, __builtin_ctzll(left), 0);
		EXPECT_REFUSED(-EINVAL, self->attrs.len);
	}
}

TEST_F(payload, must_not_be_too_long)
{
	begin(self, variant->need);
	EXPECT_REFUSED(-EMSGSIZE, UKS_PAYLOAD_MAX + 1);
	EXPECT_REFUSED(-EMSGSIZE, 0xffffffffU);
	/* As long as allowed, but not attributes. */
	memset(self->in, 0, UKS_PAYLOAD_MAX);
	EXPECT_REFUSED(-EINVAL, UKS_PAYLOAD_MAX);
}

TEST_F(payload, tells_the_words_of_the_daemon)
{
	struct uks_outcome *outcome = &self->caller.call.outcome;

	self->service.error = ENOKEY;
	self->service.code = UKS_E_NO_KEY;
	self->service.text = "no such key: make one";
	begin(self, variant->need);
	EXPECT_EQ(-ENOKEY, run(self, variant->cmd, self->attrs.len));
	EXPECT_EQ(UKS_E_NO_KEY, outcome->error);
	EXPECT_EQ(strlen(self->service.text) + 1, outcome->text_len);
	EXPECT_STREQ(self->service.text, self->caller.text);
	EXPECT_NE(0, outcome->request_id);
	EXPECT_EQ(-1, self->caller.call.fd);
}

TEST_F(payload, bounds_the_words_of_the_daemon)
{
	struct caller *caller = &self->caller;
	uint32_t room;

	self->service.error = ENOKEY;
	self->service.code = UKS_E_NO_KEY;
	self->service.text = "no such key";
	for (room = 0; room < 14; room++) {
		uint32_t fit = room < 12 ? room : 12;

		begin(self, variant->need);
		caller_init(caller, self->client, variant->cmd);
		caller->call.in = ptr(self->in);
		caller->call.in_len = self->attrs.len;
		caller->call.outcome.text_len = room;
		memset(caller->text, 0xa5, sizeof(caller->text));
		EXPECT_EQ(-ENOKEY, caller_run(caller));
		EXPECT_EQ(fit, caller->call.outcome.text_len);
		EXPECT_EQ(0xa5, (uint8_t)caller->text[fit]);
		if (!fit)
			continue;
		EXPECT_EQ(fit - 1, strlen(caller->text));
		EXPECT_EQ(0, strncmp(caller->text, self->service.text, fit - 1));
	}
}

/* Words explain an error; that they cannot be given does not change it. */
TEST_F(payload, keeps_the_error_when_its_words_cannot_be_given)
{
	struct caller *caller = &self->caller;

	self->service.error = ENOKEY;
	self->service.code = UKS_E_NO_KEY;
	self->service.text = "no such key";
	begin(self, variant->need);
	caller_init(caller, self->client, variant->cmd);
	caller->call.in = ptr(self->in);
	caller->call.in_len = self->attrs.len;
	caller->call.outcome.text = 8;
	EXPECT_EQ(-ENOKEY, caller_run(caller));
	EXPECT_EQ(UKS_E_NO_KEY, caller->call.outcome.error);
	EXPECT_EQ(0, caller->call.outcome.text_len);
}

TEST_F(payload, success_has_no_words)
{
	begin(self, variant->need);
	EXPECT_EQ(0, run(self, variant->cmd, self->attrs.len));
	EXPECT_EQ(UKS_E_OK, self->caller.call.outcome.error);
	EXPECT_EQ(0, self->caller.call.outcome.text_len);
	EXPECT_NE(0, self->caller.call.outcome.request_id);
}

TEST_HARNESS_MAIN
