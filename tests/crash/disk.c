// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A disk with a volatile write cache, for power cuts. It speaks NBD, to the kernel
 * (/dev/nbd0, inside the VM) or to QEMU (a Unix socket, outside):
 *
 *   crash-disk /dev/nbdN IMAGE SEED PIDFILE
 *   crash-disk SOCKET    IMAGE SEED
 *
 * prints "ready", and "off KEPT LOST" after a power cut. What was written stays in memory until
 * it is flushed (or was written with FUA). At a power cut each sector of 512 bytes that
 * was not flushed reaches IMAGE or not, by chance: a cut keeps none, all, or each with
 * its own probability. So later writes may be there without earlier ones, and pages may
 * be torn; but a sector has its last content or the one that was flushed, nothing else.
 *
 * After SIGUSR1 the power is cut at one of the next writes and flushes, by chance, or in
 * half a second if there is none; after SIGUSR2, too, and the process of PIDFILE, or QEMU,
 * is killed just before. It is also cut when QEMU is gone. From then on each request of the kernel
 * ends with EIO, until SIGTERM. SIGTERM alone is an orderly end: nothing is lost.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
#define STEPS		60	/* writes and flushes within which the power is cut */
#define PATIENCE	500	/* milliseconds for them */
#define OLD_STYLE	0x00420281861253ULL	/* of NBD's first handshake */
#define FLAGS		(NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_FUA)
#define FUA		(1u << 16)		/* NBD_CMD_FLAG_FUA beside a command */

/**
 * struct disk - the disk
 * @kept: what is there for good: IMAGE
 * @now: what a reader sees
 * @dirty: one byte for each sector of @now that was not flushed
 * @size: bytes
 * @off: the power is off
 * @steps: writes and flushes until it is, 0 for never
 * @victim: a process is killed then
 * @pid_file: which one; NULL for who is connected
 * @fd: the connection
 * @random: state of the generator
 */
struct disk {
	uint8_t *kept;
	uint8_t *now;
	uint8_t *dirty;
	size_t size;
	bool off;
	unsigned int steps;
	bool victim;
	const char *pid_file;
	int fd;
	uint64_t random;
};

static void die(const char *what)
{
	fprintf(stderr, "crash-disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* SplitMix64: small, and the same everywhere. */
static uint64_t draw(struct disk *disk)
{
	uint64_t z = disk->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static void keep(struct disk *disk, size_t first, size_t end)
{
	size_t i;

	for (i = first; i < end; i++) {
		if (!disk->dirty[i])
			continue;
		memcpy(disk->kept + i * SECTOR, disk->now + i * SECTOR, SECTOR);
		disk->dirty[i] = 0;
	}
}

static void kill_victim(const struct disk *disk)
{
	struct ucred peer = {};
	socklen_t len = sizeof(peer);
	FILE *file;

	if (disk->pid_file) {
		file = fopen(disk->pid_file, "r");
		if (!file || fscanf(file, "%d", &peer.pid) != 1)
			die(disk->pid_file);
		fclose(file);
	} else if (getsockopt(disk->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		die("getsockopt");
	}
	if (peer.pid <= 1 || kill(peer.pid, SIGKILL))
		die("kill");
}

static void cut(struct disk *disk)
{
	size_t i, kept = 0, lost = 0;
	uint64_t percent;

	if (disk->off)
		return;
	disk->off = true;
	disk->steps = 0;
	if (disk->victim)
		kill_victim(disk);
	/* A third of the cuts keeps nothing, a sixth everything. */
	percent = draw(disk) % 6;
	percent = percent < 2 ? 0 : percent == 2 ? 100 : draw(disk) % 100;
	for (i = 0; i < disk->size / SECTOR; i++) {
		if (!disk->dirty[i])
			continue;
		if (draw(disk) % 100 < percent) {
			keep(disk, i, i + 1);
			kept++;
		} else {
			lost++;
		}
	}
	printf("off %zu %zu\n", kept, lost);
	fflush(stdout);
}

static bool transfer(int fd, void *bytes, size_t len, bool in)
{
	ssize_t ret;

	while (len) {
		ret = in ? recv(fd, bytes, len, 0) : send(fd, bytes, len, MSG_NOSIGNAL);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return false;
		bytes = (uint8_t *)bytes + ret;
		len -= ret;
	}
	return true;
}

/* A write or flush comes: it may be the one that does not happen. */
static void step(struct disk *disk)
{
	if (disk->steps && !--disk->steps)
		cut(disk);
}

static bool do_write(struct disk *disk, int fd, uint64_t from, uint32_t len, bool fua)
{
	static uint8_t nowhere[4096];
	size_t part;

	for (; disk->off && len; len -= part) {
		part = len < sizeof(nowhere) ? len : sizeof(nowhere);
		if (!transfer(fd, nowhere, part, true))
			return false;
	}
	if (disk->off)
		return true;
	if (!transfer(fd, disk->now + from, len, true))
		return false;
	memset(disk->dirty + from / SECTOR, 1, len / SECTOR);
	if (fua)
		keep(disk, from / SECTOR, (from + len) / SECTOR);
	return true;
}

static bool is_inside(const struct disk *disk, uint64_t from, uint32_t len)
{
	return from % SECTOR == 0 && len % SECTOR == 0 && from <= disk->size &&
	       len <= disk->size - from;
}

/* One request. False when there will be no more. */
static bool serve_one(struct disk *disk, int fd)
{
	struct nbd_reply reply = { .magic = htobe32(NBD_REPLY_MAGIC) };
	struct nbd_request request;
	uint32_t type, len;
	uint64_t from;

	if (!transfer(fd, &request, sizeof(request), true) ||
	    be32toh(request.magic) != NBD_REQUEST_MAGIC)
		return false;
	type = be32toh(request.type);
	if ((type & 0xffff) == NBD_CMD_WRITE || (type & 0xffff) == NBD_CMD_FLUSH)
		step(disk);
	from = be64toh(request.from);
	len = be32toh(request.len);
	memcpy(reply.handle, request.handle, sizeof(reply.handle));
	if ((type & 0xffff) == NBD_CMD_DISC)
		return false;
	if (!is_inside(disk, from, len))
		return false;
	if ((type & 0xffff) == NBD_CMD_WRITE &&
	    !do_write(disk, fd, from, len, type & FUA))
		return false;
	if ((type & 0xffff) == NBD_CMD_FLUSH && !disk->off)
		keep(disk, 0, disk->size / SECTOR);
	if (disk->off)
		reply.error = htobe32(EIO);
	if (!transfer(fd, &reply, sizeof(reply), false))
		return false;
	return (type & 0xffff) != NBD_CMD_READ || disk->off ||
	       transfer(fd, disk->now + from, len, false);
}

/* Returns true after an orderly end. */
static bool serve(struct disk *disk, int signals)
{
	struct pollfd polls[2] = { { .fd = signals, .events = POLLIN },
				   { .fd = disk->fd, .events = POLLIN } };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(polls, 2, disk->steps ? PATIENCE : -1) < 0)
			die("poll");
		if (!polls[0].revents && !polls[1].revents) {
			cut(disk);
		} else if (polls[0].revents) {
			if (read(signals, &info, sizeof(info)) != sizeof(info))
				die("signalfd");
			if (info.ssi_signo == SIGTERM)
				return true;
			disk->victim = info.ssi_signo == SIGUSR2;
			disk->steps = 1 + draw(disk) % STEPS;
		} else if (polls[1].revents && !serve_one(disk, disk->fd)) {
			return false;
		}
	}
}

static void open_image(struct disk *disk, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die(path);
	disk->size = st.st_size;
	disk->kept = mmap(NULL, disk->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	disk->now = mmap(NULL, disk->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	disk->dirty = calloc(disk->size / SECTOR, 1);
	if (disk->kept == MAP_FAILED || disk->now == MAP_FAILED || !disk->dirty)
		die(path);
	close(fd);
}

/* The kernel's side: a process of its own waits in NBD_DO_IT until the device goes. */
static int attach(const struct disk *disk, const char *device, pid_t *waiter)
{
	int pair[2], fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die(device);
	if (ioctl(fd, NBD_SET_BLKSIZE, SECTOR) ||
	    ioctl(fd, NBD_SET_SIZE_BLOCKS, disk->size / SECTOR) ||
	    ioctl(fd, NBD_SET_FLAGS, FLAGS) || ioctl(fd, NBD_SET_SOCK, pair[1]))
		die("set up NBD");
	*waiter = fork();
	if (!*waiter) {
		close(pair[0]);
		ioctl(fd, NBD_DO_IT);
		ioctl(fd, NBD_CLEAR_QUE);
		ioctl(fd, NBD_CLEAR_SOCK);
		_exit(0);
	}
	close(pair[1]);
	close(fd);
	return pair[0];
}

/* QEMU's side: one connection, with NBD's first handshake. */
static int attend(const struct disk *disk, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct __attribute__((packed)) {
		char word[8];
		uint64_t magic;
		uint64_t size;
		uint32_t flags;
		char zero[124];
	} hello = { "NBDMAGIC", htobe64(OLD_STYLE), htobe64(disk->size), htobe32(FLAGS), "" };
	int fd, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 1))
		die(path);
	puts("ready");
	fflush(stdout);
	fd = accept(listener, NULL, NULL);
	if (fd < 0 || !transfer(fd, &hello, sizeof(hello), false))
		die("accept");
	unlink(path);
	close(listener);
	return fd;
}

int main(int argc, char **argv)
{
	struct disk disk = {};
	pid_t waiter = 0;
	sigset_t set;
	int signals;

	if (argc < 4 || (!strncmp(argv[1], "/dev/", 5) && argc < 5))
		return 2;
	disk.random = strtoull(argv[3], NULL, 0);
	open_image(&disk, argv[2]);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (strncmp(argv[1], "/dev/", 5)) {
		disk.fd = attend(&disk, argv[1]);
	} else {
		disk.fd = attach(&disk, argv[1], &waiter);
		disk.pid_file = argv[4];
		puts("ready");
		fflush(stdout);
	}
	if (!serve(&disk, signals))
		cut(&disk);
	if (!disk.off)
		keep(&disk, 0, disk.size / SECTOR);
	close(disk.fd);
	if (waiter)
		waitpid(waiter, NULL, 0);
	msync(disk.kept, disk.size, MS_SYNC);
	return 0;
}
