// SPDX-License-Identifier: GPL-2.0
/*
 * A request says truly who asks; and nobody asks in another's name, whatever
 * descriptors he got hold of.
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

static struct request req;

FIXTURE(identity) {
	struct daemon daemon;
	struct service service;
	int client;
};

FIXTURE_SETUP(identity)
{
	service_init(&self->service);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(identity)
{
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
}

static int status(int client)
{
	static struct caller caller;

	caller_init(&caller, client, UKS_IOC_STATUS);
	return caller_run(&caller);
}

static int info(int session)
{
	struct uks_session_info arg = { .size = sizeof(arg) };

	return uks(session, UKS_IOC_SESSION_INFO, &arg);
}

/* The client may do what the service of the fixture allows everybody. */
static bool works(int client, int session)
{
	return !status(client) && (session < 0 || !info(session));
}

static bool refused(int client, int session)
{
	return status(client) == -EACCES && (session < 0 || info(session) == -EACCES);
}

static ino_t user_namespace(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* Number of the cgroup of this process: the inode of its directory. */
static uint64_t own_group(void)
{
	char line[256] = "", path[300];
	struct stat st;
	FILE *file = fopen("/proc/self/cgroup", "re");

	while (file && fgets(line, sizeof(line), file) && strncmp(line, "0::", 3))
		;
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", line + 3);
	return stat(path, &st) ? 0 : st.st_ino;
}

static int alice_with_groups(void *arg)
{
	const gid_t *groups = arg;
	struct stat device;

	if (stat(UKS_DEVICE, &device) || setgroups(3, groups) || setresgid(3001, 3001, 3001) ||
	    setresuid(ALICE, ALICE, ALICE))
		return -errno;
	return status(client_open());
}

TEST_F(identity, of_the_opener_is_in_the_request)
{
	struct stat device;
	gid_t groups[3];
	pid_t pid;

	ASSERT_EQ(0, stat(UKS_DEVICE, &device));
	/* The kernel sorts them. */
	groups[0] = device.st_gid;
	groups[1] = 4242;
	groups[2] = 70000;
	pid = fork_child(alice_with_groups, groups);
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(ALICE, req.header.uid);
	EXPECT_EQ(3001, req.header.gid);
	EXPECT_EQ(pid, req.header.tgid);
	EXPECT_EQ(0, req.header.userns_owner);
	EXPECT_EQ(user_namespace("/proc/self/ns/user"), req.header.userns);
	EXPECT_NE(0, own_group());
	EXPECT_EQ(own_group(), req.header.cgroup);
	ASSERT_EQ(UKS_A_GROUPS, req.identity[UKS_A_GROUPS].type);
	ASSERT_EQ(sizeof(groups), req.identity[UKS_A_GROUPS].len);
	EXPECT_EQ(0, memcmp(groups, req.identity[UKS_A_GROUPS].value, sizeof(groups)));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, wait_child(pid));
}

TEST_F(identity, is_of_the_process_not_of_the_thread)
{
	static struct caller caller;

	caller_init(&caller, self->client, UKS_IOC_STATUS);
	ASSERT_EQ(0, caller_start(&caller));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(getpid(), req.header.tgid);
	EXPECT_EQ(0, req.header.uid);
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&caller));
}

/* A client cannot write the kernel's lines about itself. */
TEST_F(identity, cannot_be_claimed_in_the_payload)
{
	static struct caller caller;
	struct uks_attrs in;
	uint32_t gid = 0;

	caller_init(&caller, self->client, UKS_IOC_STATUS);
	uks_attrs_init(&in, caller.in, sizeof(caller.in));
	uks_attrs_put(&in, UKS_A_GROUPS, &gid, sizeof(gid));
	caller.call.in_len = in.len;
	EXPECT_EQ(-EINVAL, caller_run(&caller));
	uks_attrs_init(&in, caller.in, sizeof(caller.in));
	uks_attrs_put_string(&in, UKS_A_SECCTX, "system");
	caller.call.in_len = in.len;
	EXPECT_EQ(-EINVAL, caller_run(&caller));
	EXPECT_EQ(0, control_stat(&self->daemon.control, UKS_NL_STAT_QUEUED));
}

struct fds {
	int client;
	int session;
};

static int change_user_after_open(void *arg)
{
	int client = client_open();
	int session = session_open(client, UKS_PURPOSE_ENCRYPT);

	if (client < 0 || session < 0 || !works(client, session))
		return -1;
	if (seteuid(ALICE))
		return -errno;
	if (!refused(client, session))
		return -2;
	if (seteuid(0))
		return -errno;
	return works(client, session) ? 0 : -3;
}

static int change_group_after_open(void *arg)
{
	int client = client_open();
	int session = session_open(client, UKS_PURPOSE_ENCRYPT);

	if (client < 0 || session < 0 || !works(client, session))
		return -1;
	if (setegid(3001))
		return -errno;
	return refused(client, session) ? 0 : -2;
}

/* Root in a namespace of his own is not the root who opened the file. */
static int change_namespace_after_open(void *arg)
{
	int client = client_open();
	int session = session_open(client, UKS_PURPOSE_ENCRYPT);

	if (client < 0 || session < 0 || !works(client, session))
		return -1;
	if (unshare(CLONE_NEWUSER))
		return -errno;
	return refused(client, session) ? 0 : -2;
}

TEST_F(identity, that_changed_after_open_is_refused)
{
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	EXPECT_EQ(0, run_child(change_user_after_open, NULL));
	EXPECT_EQ(0, run_child(change_group_after_open, NULL));
	EXPECT_EQ(0, run_child(change_namespace_after_open, NULL));
}

static int use_as_child(void *arg)
{
	struct fds *fds = arg;

	return refused(fds->client, fds->session) ? 0 : -1;
}

TEST_F(identity, is_not_inherited_by_a_child)
{
	struct fds fds = { .client = self->client };
	unsigned int seen;

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	fds.session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_LE(0, fds.session);
	seen = service_seen(&self->service);
	EXPECT_EQ(0, run_child(use_as_child, &fds));
	EXPECT_EQ(seen, service_seen(&self->service));
	EXPECT_TRUE(works(self->client, fds.session));
	close(fds.session);
}

static int send_fds(int sock, struct fds *fds)
{
	char byte = 0, buf[CMSG_SPACE(sizeof(*fds))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(*fds));
	memcpy(CMSG_DATA(cmsg), fds, sizeof(*fds));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_fds(int sock, struct fds *fds)
{
	char byte, buf[CMSG_SPACE(sizeof(*fds))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -EIO;
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*fds));
	return 0;
}

/* Gets descriptors from somebody, as the same user and the same group. */
static int use_what_was_sent(void *arg)
{
	int *sock = arg;
	struct fds fds;
	int ret = receive_fds(*sock, &fds);

	return ret ?: refused(fds.client, fds.session) ? 0 : -1;
}

static int send_what_was_opened(void *arg)
{
	int *sock = arg;
	struct fds fds = { .client = client_open() };

	fds.session = session_open(fds.client, UKS_PURPOSE_ENCRYPT);
	return fds.session < 0 ? fds.session : send_fds(*sock, &fds);
}

TEST_F(identity, does_not_travel_over_a_socket)
{
	int socks[2];
	struct fds fds = { .client = self->client };
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	fds.session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_LE(0, fds.session);
	pid = fork_child(use_what_was_sent, &socks[1]);
	ASSERT_EQ(0, send_fds(socks[0], &fds));
	EXPECT_EQ(0, wait_child(pid));
	EXPECT_TRUE(works(self->client, fds.session));
	close(fds.session);
	/* Also when the sender has gone, and his number may be taken by another. */
	ASSERT_EQ(0, run_child(send_what_was_opened, &socks[1]));
	ASSERT_EQ(0, receive_fds(socks[0], &fds));
	EXPECT_TRUE(refused(fds.client, fds.session));
	close(fds.client);
	close(fds.session);
}

static int open_unmapped(void *arg)
{
	if (become(ALICE) || unshare(CLONE_NEWUSER))
		return -1;
	return client_open();
}

static int write_map(const char *name, const char *map)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 || write(fd, map, strlen(map)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

static int open_mapped(void *arg)
{
	/* Dumpable again, or the maps belong to root. */
	if (become(ALICE) || prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER))
		return -1;
	if (write_map("/proc/self/setgroups", "deny") ||
	    write_map("/proc/self/uid_map", "0 3001 1") ||
	    write_map("/proc/self/gid_map", "0 3001 1"))
		return -2;
	if (geteuid())
		return -3;
	return status(client_open());
}

TEST_F(identity, that_is_unmapped_cannot_open)
{
	int64_t clients = sysfs("clients");

	EXPECT_EQ(-EOVERFLOW, run_child(open_unmapped, NULL));
	EXPECT_EQ(clients, sysfs("clients"));
}

/* Who calls himself root in his own namespace is alice to the daemon. */
TEST_F(identity, is_told_in_the_initial_namespace)
{
	pid_t pid = fork_child(open_mapped, NULL);

	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(ALICE, req.header.uid);
	EXPECT_EQ(3001, req.header.gid);
	EXPECT_EQ(ALICE, req.header.userns_owner);
	EXPECT_NE(user_namespace("/proc/self/ns/user"), req.header.userns);
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, wait_child(pid));
}

static int exec_with_session(void *arg)
{
	int client = client_open();
	int session = session_open(client, UKS_PURPOSE_ENCRYPT);
	char number[16];

	if (session < 0)
		return session;
	/* Only the session: the device was opened as the caller chose. */
	snprintf(number, sizeof(number), "%d", session);
	execl("/bin/sh", "sh", "-c", "test ! -e /proc/self/fd/$0", number, NULL);
	return -errno;
}

TEST_F(identity, sessions_end_with_exec)
{
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	EXPECT_EQ(0, run_child(exec_with_session, NULL));
	EXPECT_EQ(1, atomic_load(&self->service.seen[UKS_OP_SESSION_OPEN]));
	EXPECT_EQ(0, sysfs("sessions"));
}

/* A session lives as long as its last descriptor, also without its client. */
TEST_F(identity, session_outlives_its_client_and_dies_with_its_last_descriptor)
{
	int session, copy, client = client_open();

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	session = session_open(client, UKS_PURPOSE_ENCRYPT);
	ASSERT_LE(0, session);
	EXPECT_EQ(FD_CLOEXEC, fcntl(session, F_GETFD));
	copy = dup(session);
	close(client);
	close(session);
	EXPECT_EQ(0, info(copy));
	EXPECT_EQ(1, sysfs("sessions"));
	close(copy);
	EXPECT_EQ(0, sysfs("sessions"));
}

static int open_as_mallory(void *arg)
{
	if (setgroups(0, NULL) || setresgid(3003, 3003, 3003) || setresuid(3003, 3003, 3003))
		return -EIO;
	return client_open();
}

TEST_F(identity, outside_the_group_opens_nothing)
{
	EXPECT_EQ(-EACCES, run_child(open_as_mallory, NULL));
}

TEST_HARNESS_MAIN
