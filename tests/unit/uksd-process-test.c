// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is found out about a process: its executable, its digest, its cgroups. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/evp.h>

#include "daemon/process.h"

#define ALL	(EXAMINE_EXE | EXAMINE_DIGEST | EXAMINE_CGROUP)

/* By another library than the one that is tested. */
static bool digest_of(const char *path, uint8_t *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *file = fopen(path, "re");
	uint8_t bytes[4096];
	size_t len;

	if (!ctx || !file || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		return false;
	while ((len = fread(bytes, 1, sizeof(bytes), file)))
		EVP_DigestUpdate(ctx, bytes, len);
	EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	fclose(file);
	return true;
}

static pid_t start(const char *program)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execl(program, "sleep", "1000", NULL);
	_exit(127);
}

/* Until it is the program, and not the one that starts it. */
static void wait_for(pid_t pid, const char *program, struct process *process)
{
	do {
		process_look(pid, EXAMINE_EXE, process);
	} while (!strstr(process->exe, strrchr(program, '/')) && !process->error);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(own_process_is_found_as_it_is)
{
	uint8_t digest[EXAMINE_DIGEST_LEN];
	struct process process;
	char exe[PATH_MAX];
	ssize_t len;

	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	ASSERT_GT(len, 0);
	exe[len] = 0;
	ASSERT_TRUE(digest_of(exe, digest));
	process_look(getpid(), EXAMINE_EXE | EXAMINE_DIGEST, &process);
	ASSERT_EQ(process.error, 0);
	EXPECT_EQ(process.known, EXAMINE_EXE | EXAMINE_DIGEST);
	EXPECT_STREQ(process.exe, exe);
	EXPECT_EQ(memcmp(process.digest, digest, sizeof(digest)), 0);
	EXPECT_EQ(process.cgroup_count, 0);
}

TEST(own_cgroup_is_found_with_those_above)
{
	struct process process;
	struct stat root;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK))
		SKIP(return, "this system has no default hierarchy of cgroups there");
	process_look(getpid(), EXAMINE_CGROUP, &process);
	ASSERT_EQ(process.error, 0);
	ASSERT_GT(process.cgroup_count, 0);
	ASSERT_EQ(stat("/sys/fs/cgroup", &root), 0);
	EXPECT_TRUE(process_in_cgroup(&process, root.st_ino));
	EXPECT_FALSE(process_in_cgroup(&process, root.st_ino + 1000000));
}

/* A digest is remembered for a file that did not change, and for no other one. */
TEST(program_that_was_replaced_has_another_digest)
{
	char dir[] = "/dev/shm/uksd-process-XXXXXX", path[64];
	struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	uint8_t first[EXAMINE_DIGEST_LEN], digest[EXAMINE_DIGEST_LEN];
	struct process process;
	char command[256];
	pid_t pid;
	int i;

	ASSERT_NE(mkdtemp(dir), NULL);
	snprintf(path, sizeof(path), "%s/sleep", dir);
	for (i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
			 "cp /bin/sleep %s/new && printf %d >> %s/new && mv %s/new %s", dir, i,
			 dir, dir, path);
		ASSERT_EQ(system(command), 0);
		ASSERT_EQ(utimensat(AT_FDCWD, path, long_ago, 0), 0);
		pid = start(path);
		wait_for(pid, path, &process);
		ASSERT_TRUE(digest_of(path, digest));
		process_look(pid, EXAMINE_DIGEST, &process);
		EXPECT_EQ(memcmp(process.digest, digest, sizeof(digest)), 0);
		process_look(pid, EXAMINE_DIGEST, &process);
		EXPECT_EQ(memcmp(process.digest, digest, sizeof(digest)), 0);
		if (i)
			EXPECT_NE(memcmp(first, digest, sizeof(digest)), 0);
		memcpy(first, digest, sizeof(digest));
		end(pid);
	}
	unlink(path);
	rmdir(dir);
}

/* One that is remembered: the programs of this system are older than two seconds. */
TEST(digest_is_the_same_when_it_is_asked_for_again)
{
	uint8_t digest[EXAMINE_DIGEST_LEN];
	struct process process;
	pid_t pid = start("/bin/sleep");
	int i;

	wait_for(pid, "/bin/sleep", &process);
	ASSERT_TRUE(digest_of("/bin/sleep", digest));
	for (i = 0; i < 3; i++) {
		process_look(pid, EXAMINE_DIGEST, &process);
		EXPECT_EQ(process.known, EXAMINE_DIGEST);
		EXPECT_EQ(memcmp(process.digest, digest, sizeof(digest)), 0);
	}
	end(pid);
}

TEST(of_a_process_that_is_gone_nothing_is_known)
{
	struct process process;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	process_look(pid, ALL, &process);
	EXPECT_EQ(process.known, 0);
	EXPECT_EQ(process.error, ENOENT);
	EXPECT_EQ(process.cgroup_count, 0);

	/* It has ended, and nobody has asked how. */
	pid = fork();
	if (!pid)
		_exit(0);
	ASSERT_EQ(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT), 0);
	process_look(pid, EXAMINE_EXE | EXAMINE_DIGEST, &process);
	EXPECT_EQ(process.known, 0);
	EXPECT_NE(process.error, 0);
	process_look(pid, EXAMINE_DIGEST, &process);
	EXPECT_EQ(process.known, 0);
	waitpid(pid, NULL, 0);
}

TEST_HARNESS_MAIN
