// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the daemon gives up before it serves, and that it can still serve. Each
 * test confines a process of its own.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <linux/landlock.h>
#include <sodium.h>
#include <systemd/sd-daemon.h>

#include "daemon/channel.h"
#include "daemon/memory.h"
#include "daemon/privilege.h"
#include "daemon/sandbox.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(sandbox)
{
	struct daemon daemon;
	char config_file[64];
	size_t which;
};

FIXTURE_SETUP(sandbox)
{
	FILE *file;

	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	snprintf(self->config_file, sizeof(self->config_file), "%s/uksd.conf",
		 self->daemon.swtpm.dir);
	file = fopen(self->config_file, "w");
	ASSERT_NE(file, NULL);
	fputs("workers = 3\n", file);
	fclose(file);
}

FIXTURE_TEARDOWN(sandbox)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* Run a function in a process of its own; its wait status. */
static int confined(FIXTURE_DATA(sandbox) * self, int (*function)(FIXTURE_DATA(sandbox) * self))
{
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &none);
		_exit(function(self));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return status;
}

#define EXPECT_GOOD(function) do { \
	int status = confined(self, function); \
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status)) { \
		TH_LOG("status %x", status); \
	} \
} while (0)

/* Confine this process as the daemon does; where it failed, or 0. */
static int confine(FIXTURE_DATA(sandbox) * self)
{
	struct failure *failure = &self->daemon.failure;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    sandbox_files(&self->daemon.config, self->config_file, failure) ||
	    sandbox_calls(failure)) {
		fprintf(stderr, "# %s\n", failure->text);
		return 100;
	}
	return 0;
}

static int serve(FIXTURE_DATA(sandbox) * self)
{
	static const uint8_t digest[32] = { 1 };
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t type;

	if (confine(self))
		return 1;
	for (type = UKS_KEY_AES_128; type <= UKS_KEY_ED25519; type++) {
		if (ask_generate(daemon, "key", type))
			return 2;
		memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
		if (type == UKS_KEY_EC_P256 &&
		    (ask_open(daemon, "key", UKS_PURPOSE_SIGN) ||
		     ask_sign(daemon, id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32) ||
		     ask_verify(daemon, id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32, digest,
				32) != UKS_E_BAD_SIGNATURE))
			return 3;
		if (type == UKS_KEY_ED25519 &&
		    ask_sign(daemon, id, UKS_ALG_ED25519, 0, digest, 32))
			return 4;
		if (type < UKS_KEY_HMAC_SHA256 && ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT))
			return 5;
		ask_begin(daemon);
		uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
		uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "new");
		if (ask(daemon, UKS_OP_KEY_RENAME) ||
		    ask_by_name(daemon, UKS_OP_KEY_SHOW, "new") ||
		    ask_by_name(daemon, UKS_OP_KEY_DELETE, "new"))
			return 6;
	}
	if (ask_import(daemon, "key", UKS_KEY_ED25519, UKS_FORMAT_RAW, digest, 32) ||
	    ask_by_name(daemon, UKS_OP_KEY_EXPORT_PUBLIC, "key"))
		return 7;
	ask_begin(daemon);
	if (ask(daemon, UKS_OP_KEY_LIST))
		return 8;
	ask_begin(daemon);
	return ask(daemon, UKS_OP_STATUS) ? 9 : 0;
}

TEST_F(sandbox, every_operation_works_inside)
{
	EXPECT_GOOD(serve);
}

/* In the daemon's order: threads first, then the filter, which is theirs, too. */
static int serve_by_threads(FIXTURE_DATA(sandbox) * self)
{
	struct daemon *daemon = &self->daemon;
	struct uks_request_header request = {
		.len = sizeof(request), .op = UKS_OP_STATUS, .id = 1, .out_max = UKS_PAYLOAD_MAX,
	};
	struct uks_answer_header answer = { 0 };
	struct channels *channels;
	int pair[2], i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    sandbox_files(&daemon->config, self->config_file, &daemon->failure))
		return 1;
	channels = channels_new(&pair[1], 1, &daemon->failure);
	if (!channels || channels_start(channels, &daemon->uksd, &daemon->failure) ||
	    sandbox_calls(&daemon->failure))
		return 2;
	channels_go(channels);
	for (i = 0; i < 10; i++)
		if (send(pair[0], &request, sizeof(request), 0) < 0 ||
		    recv(pair[0], &answer, sizeof(answer), 0) < 0 || answer.id != 1)
			return 3;
	channels_free(channels);
	daemon_stop(daemon);
	return 0;
}

TEST_F(sandbox, threads_serve_and_stop_inside)
{
	EXPECT_GOOD(serve_by_threads);
}

static int read_config(FIXTURE_DATA(sandbox) * self)
{
	struct config config;

	if (confine(self))
		return 1;
	if (config_load(&config, self->config_file, &self->daemon.failure))
		return 2;
	return config.workers == 3 ? 0 : 3;
}

TEST_F(sandbox, configuration_can_be_read_again)
{
	EXPECT_GOOD(read_config);
}

static int notify(FIXTURE_DATA(sandbox) * self)
{
	return confine(self) || sd_notify(0, "STATUS=inside") <= 0;
}

TEST_F(sandbox, service_manager_is_told)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[32] = "";

	snprintf(address.sun_path, sizeof(address.sun_path), "%.31s/notify",
		 self->daemon.swtpm.dir);
	ASSERT_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	EXPECT_GOOD(notify);
	EXPECT_EQ(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 13);
	EXPECT_STREQ(text, "STATUS=inside");
	close(fd);
}

/* Files beside the store and the configuration are out of reach. */
static int open_files(FIXTURE_DATA(sandbox) * self)
{
	char path[PATH_MAX];

	if (confine(self))
		return 1;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return 2;
	if (open("/tmp/uksd-sandbox", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 3;
	if (open(self->config_file, O_WRONLY) >= 0 || errno != EACCES)
		return 4;
	if (open("/proc/self/mem", O_RDONLY) >= 0 || errno != EACCES)
		return 5;
	snprintf(path, sizeof(path), "%s/new", self->daemon.dir);
	if (open(path, O_WRONLY | O_CREAT, 0600) < 0 || unlink(path))
		return 6;
	return 0;
}

TEST_F(sandbox, other_files_are_out_of_reach)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		SKIP(return, "this kernel has no Landlock");
	EXPECT_GOOD(open_files);
}

static const char * const forbidden[] = {
	"run a program", "open an internet socket", "open a netlink socket", "change the user",
	"make a namespace", "mount", "load a module", "ioctl", "rename", "link",
	/* AddressSanitizer needs the rest itself, to look for leaks. */
	"map code", "make code", "signal others", "kill others", "become dumpable", "trace",
	"fork",
};

#define FORBIDDEN	(sizeof(forbidden) / sizeof(*forbidden))

static void do_forbidden(size_t which, void *somewhere)
{
	void *page = (void *)((uintptr_t)somewhere & ~4095UL);

	switch (which) {
	case 0:
		execl("/bin/true", "true", NULL);
		break;
	case 1:
		socket(AF_INET, SOCK_STREAM, 0);
		break;
	case 2:
		socket(AF_NETLINK, SOCK_RAW, 0);
		break;
	case 3:
		syscall(SYS_setuid, 0);
		break;
	case 4:
		unshare(CLONE_NEWUSER);
		break;
	case 5:
		mount("x", "/", "tmpfs", 0, NULL);
		break;
	case 6:
		syscall(SYS_finit_module, 0, "", 0);
		break;
	case 7:
		syscall(SYS_ioctl, 0, 0, 0);
		break;
	case 8:
		rename("/tmp/a", "/tmp/b");
		break;
	case 9:
		syscall(SYS_link, "/tmp/a", "/tmp/b");
		break;
	case 10:
		mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case 11:
		mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
		break;
	case 12:
		syscall(SYS_tgkill, getppid(), getppid(), 0);
		break;
	case 13:
		kill(1, 0);
		break;
	case 14:
		prctl(PR_SET_DUMPABLE, 1);
		break;
	case 15:
		ptrace(PTRACE_ATTACH, 1, NULL, NULL);
		break;
	case 16:
		fork();
		break;
	}
}

static int try_forbidden(FIXTURE_DATA(sandbox) * self)
{
	if (confine(self))
		return 1;
	do_forbidden(self->which, self);
	return 2;
}

TEST_F(sandbox, other_calls_end_the_process)
{
	int status;

#ifdef UNIT_ASAN
	size_t end = 10;
#else
	size_t end = FORBIDDEN;
#endif

	for (self->which = 0; self->which < end; self->which++) {
		status = confined(self, try_forbidden);
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
			TH_LOG("%s: status %x", forbidden[self->which], status);
		}
	}
}

/* The daemon's way from root to nobody. */
static int drop(FIXTURE_DATA(sandbox) * self)
{
	struct failure *failure = &self->daemon.failure;
	struct config *config = &self->daemon.config;
	struct account account;
	bool may_raise = cap_get_bound(CAP_SYS_RESOURCE) > 0;
	struct rlimit limit;
	cap_t caps;
	int cap;

	memcpy(config->user, "nobody", 7);
	if (privilege_account(config, &account, failure) || !account.change ||
	    memory_lock(failure) || privilege_drop(&account, failure)) {
		fprintf(stderr, "# %s\n", failure->text);
		return 1;
	}
	if (getuid() != account.uid || geteuid() != account.uid || getgid() != account.gid ||
	    getgroups(0, NULL))
		return 2;
	caps = cap_get_proc();
	if (cap_compare(caps, cap_init()))
		return 3;
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_READ, cap) > 0)
			return 4;
	if (!setuid(0) || !seteuid(0) || !setgid(0))
		return 5;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE))
		return 6;
	if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_max)
		return 7;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) || (may_raise && limit.rlim_cur != RLIM_INFINITY))
		return 8;
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 9;
	return 0;
}

TEST_F(sandbox, privilege_is_dropped_for_good)
{
	if (geteuid())
		SKIP(return, "needs root");
	EXPECT_GOOD(drop);
}

static int suspend(FIXTURE_DATA(sandbox) * self)
{
	struct failure *failure = &self->daemon.failure;
	struct config *config = &self->daemon.config;
	struct account account;

	memcpy(config->user, "nobody", 7);
	if (privilege_account(config, &account, failure) ||
	    privilege_suspend(&account, failure))
		return 1;
	if (geteuid() != account.uid || getegid() != account.gid)
		return 2;
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 3;
	if (privilege_resume(&account, failure) || geteuid() || getegid())
		return 4;
	return open("/etc/shadow", O_RDONLY) < 0 ? 5 : 0;
}

TEST_F(sandbox, privilege_is_suspended_for_a_while)
{
	if (geteuid())
		SKIP(return, "needs root");
	EXPECT_GOOD(suspend);
}

TEST_F(sandbox, accounts_that_will_not_do)
{
	struct config *config = &self->daemon.config;
	struct account account;

	if (geteuid())
		SKIP(return, "needs root");
	memcpy(config->user, "root", 5);
	EXPECT_EQ(privilege_account(config, &account, &self->daemon.failure), -1);
	EXPECT_NE(strstr(self->daemon.failure.text, "is root"), NULL);
	memcpy(config->user, "no-such-user", 13);
	EXPECT_EQ(privilege_account(config, &account, &self->daemon.failure), -1);
	EXPECT_NE(strstr(self->daemon.failure.text, "systemd-sysusers"), NULL);
}

TEST_F(sandbox, directory_must_be_private)
{
	struct account account = { .uid = geteuid(), .gid = getegid() };
	struct config *config = &self->daemon.config;
	char path[64];
	struct stat st;

	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), 0);
	ASSERT_EQ(chmod(self->daemon.dir, 0750), 0);
	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), -1);
	EXPECT_NE(strstr(self->daemon.failure.text, "chmod 700"), NULL);
	ASSERT_EQ(chmod(self->daemon.dir, 0700), 0);
	account.uid++;
	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), -1);
	account.uid--;

	snprintf(path, sizeof(path), "%.31s/new", self->daemon.swtpm.dir);
	snprintf(config->store, sizeof(config->store), "%s/keys.db", path);
	umask(0);
	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), 0);
	ASSERT_EQ(stat(path, &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0700);
	ASSERT_EQ(rmdir(path), 0);
	ASSERT_EQ(symlink(self->daemon.dir, path), 0);
	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), -1);
	snprintf(config->store, sizeof(config->store), "/nonexistent/dir/keys.db");
	EXPECT_EQ(privilege_directory(config, &account, &self->daemon.failure), -1);
	snprintf(config->store, sizeof(config->store), "%.31s/keys.db", self->daemon.dir);
}

#ifndef UNIT_ASAN	/* under which memory is not locked */
static int lock(FIXTURE_DATA(sandbox) * self)
{
	char line[128];
	FILE *status;
	long locked = 0;

	if (memory_lock(&self->daemon.failure)) {
		fprintf(stderr, "# %s\n", self->daemon.failure.text);
		return 1;
	}
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %ld", &locked);
	return locked > 1000 ? 0 : 2;
}

TEST_F(sandbox, memory_is_locked)
{
	EXPECT_GOOD(lock);
}
#endif

TEST_HARNESS_MAIN
