// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records of decisions: what is in them, when they are there, what happens if not. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-audit.h"
#include "tests/unit/uksd-sks.h"

FIXTURE(audit)
{
	struct daemon daemon;
	struct records records;
	uint8_t id[UKS_KEY_ID_LEN];
};

#define START() ASSERT_EQ(daemon_start(&self->daemon), 0)

FIXTURE_SETUP(audit)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.audit = true;
	self->daemon.config.audit_segment = 1 << 20;
	self->daemon.config.audit_segments = 4;
	START();
}

FIXTURE_TEARDOWN(audit)
{
	daemon_stop(&self->daemon);
	records_clean(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define READ() ASSERT_EQ(records_ask(&self->daemon, &self->records), 0)

/* The chain holds, and the TPM confirms it. */
#define EXPECT_SOUND() do { \
	READ(); \
	EXPECT_EQ(records_check(&self->records), 0) { \
		TH_LOG("%s", self->records.texts[0]); \
	} \
} while (0)

static uint32_t make(struct daemon *daemon, const char *name, uint8_t *id)
{
	uint32_t code = ask_generate(daemon, name, UKS_KEY_EC_P256);

	if (!code)
		memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	return code;
}

static uint32_t sign(struct daemon *daemon, const uint8_t *id)
{
	uint8_t digest[32] = { 1 };

	return ask_sign(daemon, id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, sizeof(digest));
}

TEST_F(audit, tells_who_did_what_with_which_key)
{
	struct uks_audit_record record;
	const uint8_t *at, *name;
	uint64_t request;
	size_t len;

	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	request = self->daemon.answer.id;
	READ();
	at = records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_KEY_GENERATE, &record);
	ASSERT_NE(at, NULL);
	EXPECT_EQ(record.request, request);
	EXPECT_EQ(record.uid, ALICE);
	EXPECT_EQ(record.gid, ALICE);
	EXPECT_EQ(record.pid, (uint32_t)getpid());
	EXPECT_EQ(record.code, 0);
	EXPECT_EQ(record.key_type, UKS_KEY_EC_P256);
	EXPECT_EQ(record.key_owner, ALICE);
	EXPECT_EQ(record.key_version, 1);
	EXPECT_EQ(memcmp(record.key_id, self->id, sizeof(self->id)), 0);
	EXPECT_LE(record.time_ns / 1000000000, (uint64_t)time(NULL));
	EXPECT_GE(record.time_ns / 1000000000 + 60, (uint64_t)time(NULL));
	name = uks_audit_detail_find(at, &record, UKS_AUDIT_D_NAME, &len);
	ASSERT_NE(name, NULL);
	EXPECT_EQ(len, 4);
	EXPECT_EQ(memcmp(name, "ship", 4), 0);
}

TEST_F(audit, tells_each_use_that_the_daemon_makes)
{
	struct uks_audit_record record;

	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_SIGN), 0);
	ASSERT_EQ(sign(&self->daemon, self->id), 0);
	ASSERT_EQ(sign(&self->daemon, self->id), 0);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_SESSION_OPEN, &record),
		  NULL);
	EXPECT_EQ(record.purposes, UKS_PURPOSE_SIGN);
	EXPECT_EQ(memcmp(record.key_id, self->id, sizeof(self->id)), 0);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_SIGN, &record), NULL);
	EXPECT_EQ(record.request, self->daemon.answer.id - 2) {
		TH_LOG("%llu %llu", (unsigned long long)record.request,
		       (unsigned long long)self->daemon.answer.id);
	}
	EXPECT_EQ(record.purposes, UKS_PURPOSE_SIGN);
	EXPECT_EQ(record.algorithm, UKS_ALG_ECDSA);
	EXPECT_EQ(record.digest, UKS_DIGEST_SHA256);
	EXPECT_EQ(record.key_owner, ALICE);
	EXPECT_EQ(record.key_version, 1);
	EXPECT_EQ(memcmp(record.key_id, self->id, sizeof(self->id)), 0);
}

TEST_F(audit, tells_each_refusal)
{
	struct uks_audit_record record;

	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	self->daemon.uid = BOB;
	EXPECT_EQ(sign(&self->daemon, self->id), UKS_E_ACCESS);
	EXPECT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_SIGN), UKS_E_NO_KEY);
	ask_begin(&self->daemon);
	EXPECT_EQ(ask(&self->daemon, 999), UKS_E_UNSUPPORTED);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_SIGN, &record), NULL);
	EXPECT_EQ(record.code, UKS_E_ACCESS);
	EXPECT_EQ(record.uid, BOB);
	EXPECT_EQ(record.key_owner, ALICE);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_SESSION_OPEN, &record),
		  NULL);
	EXPECT_EQ(record.code, UKS_E_NO_KEY);
	EXPECT_EQ(record.key_owner, UKS_AUDIT_NOBODY);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, 999, &record), NULL);
	EXPECT_EQ(record.code, UKS_E_UNSUPPORTED);
	EXPECT_SOUND();
}

/* Each method is on record: its number, the key of UKS, and how SKS ended it. */
TEST_F(audit, tells_each_method_of_provisioning_and_its_refusal)
{
	struct issuer_pin pin = { .id = "PIN", .limit = 3, .min = 4, .max = 4 };
	struct issuer_key key = { .id = "Key", .pin = &pin, .pin_value = "1234" };
	struct uks_audit_record record;
	struct issuer issuer;

	sks_issuer(&issuer, &self->daemon);
	ASSERT_EQ(issuer_open(&issuer), 0);
	ASSERT_EQ(issuer_create_pin(&issuer, &pin), 0);
	ASSERT_EQ(sks_make(&issuer, &key), 0);
	ASSERT_EQ(issuer_close(&issuer), 0);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_PROVISION, &record),
		  NULL);
	EXPECT_EQ(record.command, SKS_CLOSE_SESSION);
	EXPECT_EQ(record.code, 0);
	EXPECT_EQ(record.value, 0);
	EXPECT_EQ(sks_sign_with(&issuer, &key, ECDSA_SHA256, "4321"), -1);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_PROVISION, &record),
		  NULL);
	EXPECT_EQ(record.command, SKS_SIGN);
	EXPECT_EQ(record.code, UKS_E_PROVISION);
	EXPECT_EQ(record.value, SKS_E_AUTHORIZATION);
	EXPECT_EQ(record.key_owner, ALICE);
	EXPECT_EQ(record.key_type, UKS_KEY_EC_P256);
	EXPECT_FALSE(sodium_is_zero(record.key_id, sizeof(record.key_id)));
	EXPECT_EQ(sks_sign_with(&issuer, &key, ECDSA_SHA256, "1234"), 0);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_PROVISION, &record),
		  NULL);
	EXPECT_EQ(record.code, 0);
	EXPECT_EQ(record.value, 0);
	EXPECT_SOUND();
	issuer_key_free(&key);
	issuer_exit(&issuer);
}

TEST_F(audit, is_for_root_of_the_machine_alone)
{
	static const uint32_t commands[] = { UKS_AUDIT_READ, UKS_AUDIT_HEAD };
	int i;

	for (i = 0; i < 2; i++) {
		ask_begin(&self->daemon);
		uks_attrs_put_u32(&self->daemon.in, UKS_A_COMMAND, commands[i]);
		EXPECT_CODE(ask(&self->daemon, UKS_OP_AUDIT), UKS_E_ACCESS);
		EXPECT_FALSE(self->daemon.attrs[UKS_A_RESULT].type);
		self->daemon.uid = 0;
		self->daemon.userns = 4026532000;
		EXPECT_CODE(ask(&self->daemon, UKS_OP_AUDIT), UKS_E_ACCESS);
		EXPECT_FALSE(self->daemon.attrs[UKS_A_RESULT].type);
		self->daemon.uid = ALICE;
		self->daemon.userns = 0xeffffffd;
	}
}

TEST_F(audit, is_read_on_only_from_where_a_page_ended)
{
	static const char * const cursors[] = { "x", "1", "1.2x", "1.2.3" };
	struct daemon *daemon = &self->daemon;
	uint32_t uid = daemon->uid;
	int i;

	daemon->uid = 0;
	for (i = 0; i < 4; i++) {
		ask_begin(daemon);
		uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_AUDIT_READ);
		uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, cursors[i]);
		EXPECT_EQ(ask(daemon, UKS_OP_AUDIT), UKS_E_INVALID) {
			TH_LOG("%s", cursors[i]);
		}
	}
	daemon->uid = uid;
	EXPECT_SOUND();
}

TEST_F(audit, is_confirmed_by_the_tpm_after_a_stop)
{
	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	daemon_stop(&self->daemon);
	START();
	EXPECT_SOUND();
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_STOPPED), 1);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_STARTED), 2);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_ANCHOR), 1);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_UNCLEAN), 0);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_BROKEN), 0);
	EXPECT_TRUE(self->records.head.flags & UKS_AUDIT_HAS_TPM);
	EXPECT_EQ(memcmp(self->records.head.anchor, self->records.head.tpm, 32), 0);
}

/* The daemon is killed in a process of its own, after @work. */
static int crash(struct daemon *daemon, uint32_t (*work)(struct daemon *daemon))
{
	int status;
	pid_t pid;

	daemon_stop(daemon);
	pid = fork();
	if (!pid) {
		if (!daemon_start(daemon) && !work(daemon))
			raise(SIGKILL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? 0 : -1;
}

static uint32_t make_ship(struct daemon *daemon)
{
	return ask_generate(daemon, "ship", UKS_KEY_EC_P256);
}

static uint32_t make_and_open_ship(struct daemon *daemon)
{
	uint32_t code = ask_generate(daemon, "ship", UKS_KEY_EC_P256);

	return code ? code : ask_open(daemon, "ship", UKS_PURPOSE_SIGN);
}

TEST_F(audit, says_after_a_crash_that_there_was_one)
{
	struct uks_audit_record record;

	ASSERT_EQ(crash(&self->daemon, make_and_open_ship), 0);
	START();
	EXPECT_SOUND();
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_UNCLEAN), 1);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_STARTED), 3);
	EXPECT_EQ(records_count(&self->records, UKS_AUDIT_STOPPED), 1);
	/* What was answered after its record was written is there. */
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_KEY_GENERATE, &record),
		  NULL);
	EXPECT_EQ(record.code, 0);
	EXPECT_EQ(record.key_owner, ALICE);
	/* What could wait was lost: no more than that. */
	EXPECT_EQ(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_SESSION_OPEN, &record),
		  NULL);
}

static int chop(struct daemon *daemon, const char *file, size_t bytes)
{
	char path[PATH_MAX];
	struct stat st;

	records_path(daemon, file, path);
	return stat(path, &st) || truncate(path, st.st_size - bytes);
}

TEST_F(audit, cuts_off_what_a_crash_left_half_written)
{
	struct uks_audit_record record;
	size_t bytes;

	for (bytes = 1; bytes < 128; bytes += 21) {
		ASSERT_EQ(crash(&self->daemon, make_ship), 0);
		ASSERT_EQ(chop(&self->daemon, "audit/00000000000000000001" UKS_AUDIT_SUFFIX,
			       bytes), 0);
		START();
		EXPECT_SOUND();
		ASSERT_NE(records_find(&self->records, UKS_AUDIT_UNCLEAN, 0, &record), NULL);
		EXPECT_GT(record.value, 0);
		EXPECT_EQ(records_count(&self->records, UKS_AUDIT_BROKEN), 0);
		ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "ship"), 0);
	}
}

static int limit_files(rlim_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit))
		return -1;
	limit.rlim_cur = size;
	return setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(audit, that_fails_closed_lets_nothing_be_done_unrecorded)
{
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	daemon_stop(&self->daemon);
	self->daemon.config.audit_fail_closed = true;
	START();
	ASSERT_EQ(make(&self->daemon, "boat", self->id), 0);
	ASSERT_EQ(limit_files(100), 0);
	EXPECT_CODE(ask_generate(&self->daemon, "raft", UKS_KEY_AES_256), UKS_E_AUDIT);
	EXPECT_NE(strstr(self->daemon.text, "File too large"), NULL) {
		TH_LOG("%s", self->daemon.text);
	}
	EXPECT_CODE(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "ship"), UKS_E_AUDIT);
	EXPECT_CODE(ask_open(&self->daemon, "ship", UKS_PURPOSE_SIGN), UKS_E_AUDIT);
	EXPECT_CODE(sign(&self->daemon, self->id), UKS_E_AUDIT);
	EXPECT_FALSE(self->daemon.attrs[UKS_A_SIGNATURE].type);
	ASSERT_EQ(limit_files(RLIM_INFINITY), 0);
	EXPECT_EQ(sign(&self->daemon, self->id), 0);
	EXPECT_EQ(ask_generate(&self->daemon, "raft", UKS_KEY_AES_256), 0);
	EXPECT_SOUND();
	EXPECT_EQ(self->records.head.lost, 0);
}

TEST_F(audit, that_fails_closed_says_beforehand_what_will_be_changed)
{
	struct uks_audit_record intent, outcome;

	daemon_stop(&self->daemon);
	self->daemon.config.audit_fail_closed = true;
	START();
	ASSERT_EQ(make(&self->daemon, "boat", self->id), 0);
	READ();
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_INTENT, UKS_OP_KEY_GENERATE, &intent),
		  NULL);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REQUEST, UKS_OP_KEY_GENERATE, &outcome),
		  NULL);
	EXPECT_EQ(intent.sequence + 1, outcome.sequence);
	EXPECT_EQ(intent.request, outcome.request);
}

/* A file system of its own: room for records is taken before they are promised. */
TEST_F(audit, that_fails_closed_survives_a_full_disk)
{
	char path[PATH_MAX], fill[PATH_MAX + 8];
	int fd, signed_before = 0;

	daemon_stop(&self->daemon);
	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS))
		SKIP(return, "no mount namespace: %s", strerror(errno));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		ASSERT_EQ(errno, EINVAL);
	records_path(&self->daemon, "audit", path);
	ASSERT_EQ(mount("small", path, "tmpfs", 0, "size=600k,mode=700"), 0);
	self->daemon.config.audit_fail_closed = true;
	self->daemon.config.audit_segment = 256 * 1024;
	START();
	ASSERT_EQ(make(&self->daemon, "boat", self->id), 0);
	snprintf(fill, sizeof(fill), "%s/fill", path);
	fd = open(fill, O_WRONLY | O_CREAT, 0600);
	ASSERT_GE(fd, 0);
	while (write(fd, path, 4096) > 0)
		;
	close(fd);
	/* There is room in the file that was begun; then there is no more. */
	while (!sign(&self->daemon, self->id))
		signed_before++;
	EXPECT_EQ(self->daemon.answer.code, UKS_E_AUDIT);
	EXPECT_GT(signed_before, 100);
	EXPECT_CODE(ask_generate(&self->daemon, "raft", UKS_KEY_AES_256), UKS_E_AUDIT);
	ASSERT_EQ(unlink(fill), 0);
	EXPECT_EQ(sign(&self->daemon, self->id), 0);
	READ();
	EXPECT_EQ(self->records.head.lost, 0);
	/* The TPM remembers those that the new file system hides. */
	self->records.head.flags &= ~UKS_AUDIT_HAS_TPM;
	EXPECT_EQ(records_check(&self->records), 1);
	EXPECT_TRUE(records_damaged_at(&self->records, 1, "the daemon found the chain damaged"));
	daemon_stop(&self->daemon);
	ASSERT_EQ(umount(path), 0);
	self->daemon.config.audit = false;
	START();
}

TEST_F(audit, that_fails_open_counts_what_it_lost)
{
	struct uks_audit_record record;
	int i;

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	ASSERT_EQ(limit_files(100), 0);
	for (i = 0; i < 1500; i++)
		ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, "none"), UKS_E_NO_KEY);
	ASSERT_EQ(limit_files(RLIM_INFINITY), 0);
	ASSERT_EQ(sign(&self->daemon, self->id), 0);
	READ();
	EXPECT_GT(self->records.head.lost, 0);
	EXPECT_LT(self->records.head.lost, 1500);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_LOST, 0, &record), NULL);
	EXPECT_EQ(record.value, self->records.head.lost);
	EXPECT_SOUND();
}

static unsigned int files(const struct daemon *daemon)
{
	char command[PATH_MAX];
	unsigned int count = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "ls %s/audit | wc -l", daemon->dir);
	pipe = popen(command, "r");
	if (!pipe || fscanf(pipe, "%u", &count) != 1 || pclose(pipe))
		abort();
	return count;
}

TEST_F(audit, begins_new_files_and_removes_the_oldest)
{
	struct uks_audit_record record;
	int i;

	daemon_stop(&self->daemon);
	self->daemon.config.audit_segment = 110000;
	self->daemon.config.audit_segments = 3;
	START();
	for (i = 0; i < 1200; i++)
		ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, "none"), UKS_E_NO_KEY);
	EXPECT_EQ(files(&self->daemon), 3);
	EXPECT_SOUND();
	EXPECT_GT(self->records.head.first, 1);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_REMOVED, 0, &record), NULL);
	EXPECT_EQ(record.value, self->records.head.first);
	daemon_stop(&self->daemon);
	START();
	EXPECT_EQ(files(&self->daemon), 3);
	EXPECT_SOUND();
}

TEST_F(audit, is_written_soon_without_anybody_asking)
{
	char path[PATH_MAX], event[1024];
	struct pollfd poll_fd;
	size_t before, after;
	int fd;

	ASSERT_EQ(make(&self->daemon, "ship", self->id), 0);
	records_path(&self->daemon, "audit/00000000000000000001" UKS_AUDIT_SUFFIX, path);
	free(file_get(path, &before));
	fd = inotify_init1(0);
	ASSERT_GE(inotify_add_watch(fd, path, IN_MODIFY), 0);
	poll_fd = (struct pollfd){ .fd = fd, .events = POLLIN };
	ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_SIGN), 0);
	ASSERT_EQ(poll(&poll_fd, 1, 60000), 1);
	EXPECT_GT(read(fd, event, sizeof(event)), 0);
	close(fd);
	free(file_get(path, &after));
	EXPECT_GE(after, before + UKS_AUDIT_RECORD_MIN);
}

TEST_HARNESS_MAIN
