// SPDX-License-Identifier: LGPL-2.1-or-later
/* Grants and binds: who may use another's key, and who not even their own. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/examine.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-policy.h"

#define PROGRAM	"/usr/bin/cat"

FIXTURE(access)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t policy_buf[UKS_PAYLOAD_MAX];
	struct uks_attrs policy;
	struct account account;
	pid_t program;
	int input;
};

static void end_program(FIXTURE_DATA(access) * self)
{
	if (!self->program)
		return;
	close(self->input);
	waitpid(self->program, NULL, 0);
}

FIXTURE_SETUP(access)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.delete_window = 3600;
	self->account = (struct account){
		.uid = 65534, .gid = 65534, .change = !geteuid(),
	};
	ASSERT_EQ(examiner_start(&self->account, &self->daemon.examiner,
				 &self->daemon.failure), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	uks_attrs_init(&self->policy, self->policy_buf, sizeof(self->policy_buf));
}

FIXTURE_TEARDOWN(access)
{
	daemon_stop(&self->daemon);
	examiner_stop(self->daemon.examiner);
	end_program(self);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static struct uks_attrs *grant_begin(struct uks_attrs *policy, uint16_t type, size_t *nest)
{
	policy_begin(policy);
	*nest = uks_attrs_nest(policy, type);
	return policy;
}

/* A policy of one grant or bind with one condition. */
static struct uks_attrs *only(struct uks_attrs *policy, uint16_t type, uint16_t condition,
			      const void *value, size_t len)
{
	size_t nest;

	grant_begin(policy, type, &nest);
	uks_attrs_put(policy, condition, value, len);
	uks_attrs_nest_end(policy, nest);
	return policy;
}

#define GRANT(condition, value, len) do { \
	self->daemon.uid = ALICE; \
	ASSERT_EQ(ask_set_policy(&self->daemon, "key", \
				 only(&self->policy, UKS_POLICY_A_GRANT, condition, value, \
				      len)), 0); \
	self->daemon.uid = BOB; \
} while (0)

#define MAKE() do { \
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0); \
	REMEMBER(); \
} while (0)

#define OPEN()	ask_open_by_id(&self->daemon, self->id, UKS_PURPOSE_ENCRYPT)

TEST_F(access, a_grant_lets_in_whom_it_names)
{
	static const uint32_t bob = BOB, carol = BOB + 1;

	MAKE();
	self->daemon.uid = BOB;
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	GRANT(UKS_GRANT_UID, &carol, 4);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	EXPECT_EQ(self->daemon.attrs[UKS_A_KEY_MATERIAL].type, 0);
	GRANT(UKS_GRANT_UID, &bob, 4);
	EXPECT_CODE(OPEN(), 0);
	/* by id only, and to use it only */
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_NO_KEY);
	ask_begin(&self->daemon);
	uks_attrs_put(&self->daemon.in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
	EXPECT_CODE(ask(&self->daemon, UKS_OP_KEY_DELETE), UKS_E_ACCESS);
	EXPECT_CODE(ask(&self->daemon, UKS_OP_KEY_SHOW), 0);
}

TEST_F(access, a_grant_is_for_its_purposes)
{
	size_t nest;

	MAKE();
	grant_begin(&self->policy, UKS_POLICY_A_GRANT, &nest);
	uks_attrs_put_u32(&self->policy, UKS_GRANT_UID, BOB);
	uks_attrs_put_u32(&self->policy, UKS_GRANT_PURPOSES, UKS_PURPOSE_DECRYPT);
	uks_attrs_nest_end(&self->policy, nest);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key", &self->policy), 0);
	self->daemon.uid = BOB;
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	EXPECT_CODE(ask_open_by_id(&self->daemon, self->id, UKS_PURPOSE_DECRYPT), 0);
}

TEST_F(access, groups_are_the_effective_and_the_supplementary)
{
	uint32_t group = BOB, groups[3] = { 5, 77, 9 };

	MAKE();
	GRANT(UKS_GRANT_GID, &group, 4);
	EXPECT_CODE(OPEN(), 0);
	group = 77;
	GRANT(UKS_GRANT_GID, &group, 4);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	uks_attrs_put(&self->daemon.identity, UKS_A_GROUPS, groups, sizeof(groups));
	EXPECT_CODE(OPEN(), 0);
}

TEST_F(access, labels_are_compared_whole)
{
	MAKE();
	GRANT(UKS_GRANT_LABEL, "system_u:web", 12);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	uks_attrs_put_string(&self->daemon.identity, UKS_A_SECCTX, "system_u:webs");
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	self->daemon.identity.len = 0;
	uks_attrs_put(&self->daemon.identity, UKS_A_SECCTX, "system_u:web", 13);
	EXPECT_CODE(OPEN(), 0);
}

TEST_F(access, a_bind_holds_for_the_owner_too)
{
	uint32_t alice = ALICE, bob = BOB;
	struct daemon *daemon = &self->daemon;

	MAKE();
	ASSERT_EQ(ask_set_policy(daemon, "key", only(&self->policy, UKS_POLICY_A_BIND,
						     UKS_GRANT_UID, &bob, 4)), 0);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	/* but the owner goes on managing it */
	ASSERT_EQ(ask_set_policy(daemon, "key", only(&self->policy, UKS_POLICY_A_BIND,
						     UKS_GRANT_UID, &alice, 4)), 0);
	EXPECT_CODE(OPEN(), 0);
	daemon->uid = BOB;
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
}

static int start_program(struct daemon *daemon, pid_t *program, int *input)
{
	char * const argv[] = { "cat", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], out[2], ret;
	char byte = 0;

	if (pipe2(fds, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	ret = posix_spawn(program, PROGRAM, &actions, NULL, argv, NULL);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[0]);
	close(out[1]);
	*input = fds[1];
	daemon->tgid = *program;
	/* It runs once it has echoed something. */
	if (ret || write(fds[1], "x", 1) != 1 || read(out[0], &byte, 1) != 1)
		ret = -1;
	close(out[0]);
	return ret;
}

static int digest_of(const char *path, uint8_t digest[32])
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return -1;
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return crypto_hash_sha256(digest, bytes, len);
}

TEST_F(access, programs_are_known_by_path_and_digest)
{
	uint8_t digest[32];

	ASSERT_EQ(start_program(&self->daemon, &self->program, &self->input), 0);
	ASSERT_EQ(digest_of(PROGRAM, digest), 0);
	MAKE();
	GRANT(UKS_GRANT_EXE, "/usr/bin/dog", 12);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	GRANT(UKS_GRANT_EXE, PROGRAM, strlen(PROGRAM));
	EXPECT_CODE(OPEN(), 0);
	GRANT(UKS_GRANT_EXE_DIGEST, digest, 32);
	EXPECT_CODE(OPEN(), 0);
	/* a client that has gone, or that mounts what it likes, is nobody */
	self->daemon.worker->channel = CLIENT_IS_GONE;
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	self->daemon.worker->channel = -1;
	self->daemon.userns = 1;
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
	self->daemon.userns = 0xeffffffd;
	digest[0] ^= 1;
	GRANT(UKS_GRANT_EXE_DIGEST, digest, 32);
	EXPECT_CODE(OPEN(), UKS_E_ACCESS);
}

TEST_F(access, units_are_the_systems)
{
	static const struct {
		const char *path, *unit;
	} paths[] = {
		{ "/", "" }, { "/init.scope", "init.scope" },
		{ "/system.slice/web.service", "web.service" },
		{ "/system.slice/web.service/a.service", "web.service" },
		{ "/system.slice/system-x.slice/x@1.service/sub", "x@1.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
		  "user@1000.service" },
		{ "/user.slice/user-1000.slice/session-2.scope", "session-2.scope" },
		{ "/system.slice/_cpu.service", "cpu.service" },
		{ "/web.services/.service", "" },
	};
	char unit[256];
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		process_unit(paths[i].path, unit, sizeof(unit));
		EXPECT_STREQ(unit, paths[i].unit);
	}
}

TEST_HARNESS_MAIN
