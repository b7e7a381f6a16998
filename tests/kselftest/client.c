// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

/**
 * uks() - an ioctl
 * @fd: client, session or channel
 * @cmd: UKS_IOC_*
 * @arg: its struct
 *
 * Return: 0 or a negative errno value.
 */
int uks(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

/**
 * client_open() - open the device
 *
 * Return: the client or a negative errno value.
 */
int client_open(void)
{
	int fd = open(UKS_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void put_new_key(struct uks_attrs *in, unsigned long cmd)
{
	uks_attrs_put_string(in, UKS_A_NEW_NAME, "other");
	uks_attrs_put_u32(in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	if (cmd == UKS_IOC_KEY_AGREE)
		uks_attrs_put(in, UKS_A_PARAMETERS, NULL, 0);
	else
		uks_attrs_put_u32(in, UKS_A_ALGORITHM, UKS_ALG_HKDF);
}

static void put_payload(struct uks_attrs *in, unsigned long cmd)
{
	switch (cmd) {
	case UKS_IOC_STATUS:
		return;
	case UKS_IOC_KEY_LIST:
		uks_attrs_put_u32(in, UKS_A_LIMIT, 8);
		return;
	case UKS_IOC_KEY_RENAME:
		uks_attrs_put_string(in, UKS_A_NEW_NAME, "other");
		break;
	case UKS_IOC_KEY_IMPORT:
		uks_attrs_put_u32(in, UKS_A_KEY_FORMAT, UKS_FORMAT_RAW);
		uks_attrs_put(in, UKS_A_KEY_MATERIAL, "0123456789abcdef", 16);
		uks_attrs_put_u32(in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
		break;
	case UKS_IOC_KEY_GENERATE:
		uks_attrs_put_u32(in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
		break;
	case UKS_IOC_SESSION_OPEN:
		uks_attrs_put_u32(in, UKS_A_PURPOSES, UKS_PURPOSE_ENCRYPT);
		break;
	case UKS_IOC_KEY_AGREE:
	case UKS_IOC_KEY_DERIVE:
		put_new_key(in, cmd);
		break;
	case UKS_IOC_KEY_WRAP:
		uks_attrs_put_u32(in, UKS_A_ALGORITHM, UKS_ALG_AES_KWP);
		break;
	case UKS_IOC_KEY_UNWRAP:
		uks_attrs_put_u32(in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
		uks_attrs_put_u32(in, UKS_A_KEY_FORMAT, UKS_FORMAT_RAW);
		uks_attrs_put(in, UKS_A_WRAPPED, "0123456789abcdef01234567", 24);
		uks_attrs_put_u32(in, UKS_A_ALGORITHM, UKS_ALG_AES_KWP);
		break;
	case UKS_IOC_KEY_SET_STATE:
		uks_attrs_put_u32(in, UKS_A_KEY_STATE, UKS_STATE_SUSPENDED);
		break;
	case UKS_IOC_KEY_SET_POLICY:
		uks_attrs_put(in, UKS_A_POLICY, NULL, 0);
		break;
	case UKS_IOC_KEY_ATTEST:
		uks_attrs_put_u32(in, UKS_A_COMMAND, UKS_ATTEST_KEY);
		uks_attrs_put(in, UKS_A_CHALLENGE, "0123456789abcdef", 16);
		break;
	case UKS_IOC_PIN:
		uks_attrs_put_u32(in, UKS_A_COMMAND, UKS_PIN_CHECK);
		break;
	case UKS_IOC_BOOT_POLICY:
	case UKS_IOC_MASTER:
	case UKS_IOC_BACKUP:
	case UKS_IOC_AUDIT:
	case UKS_IOC_PROVISION:
		uks_attrs_put_u32(in, UKS_A_COMMAND, 1);
		return;
	}
	uks_attrs_put_string(in, UKS_A_KEY_NAME, "key");
}

/**
 * caller_init() - prepare a call that is in order
 * @caller: filled in
 * @client: who calls
 * @cmd: a command of a client that is a struct uks_call
 */
void caller_init(struct caller *caller, int client, unsigned long cmd)
{
	struct uks_attrs in;

	memset(caller, 0, sizeof(*caller));
	uks_attrs_init(&in, caller->in, sizeof(caller->in));
	put_payload(&in, cmd);
	caller->client = client;
	caller->cmd = cmd;
	caller->call = (struct uks_call){
		.size = sizeof(caller->call),
		.in = ptr(caller->in),
		.in_len = in.len,
		.out = ptr(caller->out),
		.out_len = sizeof(caller->out),
		.fd = -1,
		.outcome.text = ptr(caller->text),
		.outcome.text_len = sizeof(caller->text),
	};
}

/**
 * caller_run() - make the call
 * @caller: from caller_init()
 *
 * Return: 0 or a negative errno value.
 */
int caller_run(struct caller *caller)
{
	caller->ret = uks(caller->client, caller->cmd, &caller->call);
	return caller->ret;
}

static void *caller_thread(void *arg)
{
	caller_run(arg);
	return NULL;
}

/**
 * caller_start() - make the call in a thread
 * @caller: from caller_init()
 *
 * Return: 0 or a negative errno value.
 */
int caller_start(struct caller *caller)
{
	return -pthread_create(&caller->thread, NULL, caller_thread, caller);
}

/**
 * caller_join() - wait until the call is done
 * @caller: a caller that was started
 *
 * Return: what the call returned.
 */
int caller_join(struct caller *caller)
{
	pthread_join(caller->thread, NULL);
	return caller->ret;
}

/**
 * session_open() - open a session
 * @client: who
 * @purpose: enum uks_purpose
 *
 * Return: the session or a negative errno value.
 */
int session_open(int client, uint32_t purpose)
{
	uint8_t payload[64];
	struct uks_attrs in;
	struct uks_call call = {
		.size = sizeof(call),
		.in = ptr(payload),
	};

	uks_attrs_init(&in, payload, sizeof(payload));
	uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&in, UKS_A_PURPOSES, purpose);
	call.in_len = in.len;
	return uks(client, UKS_IOC_SESSION_OPEN, &call) ?: call.fd;
}

static int cipher(int session, unsigned long cmd, uint32_t flags, struct cipher_text *in,
		  struct cipher_text *out)
{
	struct uks_cipher arg = {
		.size = sizeof(arg),
		.flags = flags,
		.in = ptr(in->text),
		.in_len = in->len,
		.out = ptr(out->text),
		.out_len = out->len,
		.aad = ptr(in->aad),
		.aad_len = in->aad_len,
		.nonce = ptr(in->nonce),
		.nonce_len = UKS_NONCE_LEN,
	};
	int ret = uks(session, cmd, &arg);

	out->len = arg.out_len;
	return ret;
}

/**
 * session_encrypt() - encrypt a message
 * @session: the session
 * @flags: UKS_CIPHER_CALLER_NONCE
 * @in: plaintext; gets the nonce unless it gives one
 * @out: room; gets the ciphertext
 *
 * Return: 0 or a negative errno value.
 */
int session_encrypt(int session, uint32_t flags, struct cipher_text *in, struct cipher_text *out)
{
	return cipher(session, UKS_IOC_ENCRYPT, flags, in, out);
}

/**
 * session_decrypt() - decrypt a message
 * @session: the session
 * @in: ciphertext and nonce
 * @out: room; gets the plaintext
 *
 * Return: 0 or a negative errno value.
 */
int session_decrypt(int session, struct cipher_text *in, struct cipher_text *out)
{
	return cipher(session, UKS_IOC_DECRYPT, 0, in, out);
}

/**
 * session_mac() - compute a MAC
 * @session: the session
 * @in: message
 * @in_len: bytes at @in
 * @mac: room for 32 bytes
 *
 * Return: 0 or a negative errno value.
 */
int session_mac(int session, const void *in, uint32_t in_len, uint8_t *mac)
{
	struct uks_sign arg = {
		.size = sizeof(arg),
		.in = ptr(in),
		.in_len = in_len,
		.out = ptr(mac),
		.out_len = 32,
	};

	return uks(session, UKS_IOC_MAC, &arg);
}

static int read_line(const char *path, char *value, size_t size)
{
	FILE *file = fopen(path, "re");
	char *line;

	if (!file)
		return -errno;
	line = fgets(value, size, file);
	fclose(file);
	if (!line)
		return -EIO;
	value[strcspn(value, "\n")] = 0;
	return 0;
}

/**
 * sysfs() - read a number of the module
 * @name: file in /sys/class/misc/uks
 *
 * Return: the number or a negative errno value.
 */
int64_t sysfs(const char *name)
{
	char path[64], value[32];
	int ret;

	snprintf(path, sizeof(path), "/sys/class/misc/uks/%s", name);
	ret = read_line(path, value, sizeof(value));
	return ret ?: strtoll(value, NULL, 10);
}

/**
 * sysfs_wait() - wait until a number of the module has a value
 * @name: as for sysfs()
 * @value: the value
 *
 * The daemon's channel lets go of a request just after its caller goes on.
 *
 * Return: 0, or -ETIMEDOUT.
 */
int sysfs_wait(const char *name, int64_t value)
{
	uint64_t end = now_ns() + 20000000000ULL;

	while (sysfs(name) != value) {
		if (now_ns() > end)
			return -ETIMEDOUT;
		sched_yield();
	}
	return 0;
}

/**
 * parameter_get() - read a parameter of the module
 * @name: which
 * @value: gets it
 * @size: room at @value
 *
 * Return: 0 or a negative errno value.
 */
int parameter_get(const char *name, char *value, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/uks/parameters/%s", name);
	return read_line(path, value, size);
}

/**
 * parameter_set() - set a parameter of the module
 * @name: which
 * @value: its value
 *
 * Return: 0 or a negative errno value.
 */
int parameter_set(const char *name, const char *value)
{
	char path[64];
	FILE *file;
	int ret;

	snprintf(path, sizeof(path), "/sys/module/uks/parameters/%s", name);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	ret = fputs(value, file) < 0 ? -EIO : 0;
	return fclose(file) ? -errno : ret;
}

/**
 * now_ns() - the clock of deadlines
 *
 * Return: CLOCK_MONOTONIC, ns.
 */
uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/**
 * become() - become somebody else for good
 * @uid: user id and group id; the group of the device goes along
 *
 * Return: 0 or a negative errno value.
 */
int become(uid_t uid)
{
	struct stat device;
	gid_t group;

	if (stat(UKS_DEVICE, &device))
		return -errno;
	group = device.st_gid;
	if (setgroups(1, &group) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		return -errno;
	/* A change of user takes this away. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) ? -errno : 0;
}

/**
 * fork_child() - run a function in a child that dies with its parent
 * @fn: the function; what it returns, negated, is the child's exit status
 * @arg: for @fn
 *
 * Return: the child.
 */
pid_t fork_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(-fn(arg));
}

/**
 * wait_child() - wait for a child's end
 * @pid: from fork_child()
 *
 * Return: what its function returned, or -1000 less the signal that killed it.
 */
int wait_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -1000 - WTERMSIG(status);
}

/**
 * run_child() - run a function in a child and wait for its end
 * @fn: as in fork_child()
 * @arg: for @fn
 *
 * Return: as wait_child().
 */
int run_child(int (*fn)(void *arg), void *arg)
{
	return wait_child(fork_child(fn, arg));
}
