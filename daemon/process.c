// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "daemon/process.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"
#define CACHED		64	/* executables whose digest is remembered */
#define SETTLED		2	/* seconds after which a file's times tell of each change */

/* Digests of executables, by what changes when a file does. */
static struct cached {
	struct stat st;
	uint8_t digest[EXAMINE_DIGEST_LEN];
} cache[CACHED];
static unsigned int cache_next;

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

static const struct cached *find_cached(const struct stat *st)
{
	unsigned int i;

	for (i = 0; i < CACHED; i++)
		if (cache[i].st.st_ino && same_file(&cache[i].st, st))
			return &cache[i];
	return NULL;
}

static int hash(int fd, uint8_t *digest)
{
	static uint8_t bytes[65536];
	crypto_hash_sha256_state state;
	ssize_t len;

	crypto_hash_sha256_init(&state);
	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		crypto_hash_sha256_update(&state, bytes, len);
	crypto_hash_sha256_final(&state, digest);
	return len < 0 ? -1 : 0;
}

static int find_digest(int dir, struct process *process)
{
	const struct cached *known;
	struct stat before, after;
	int fd, ret = -1;

	fd = openat(dir, "exe", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &before))
		goto out;
	known = find_cached(&before);
	if (known) {
		memcpy(process->digest, known->digest, sizeof(process->digest));
		ret = 0;
		goto out;
	}
	if (hash(fd, process->digest) || fstat(fd, &after))
		goto out;
	if (!same_file(&before, &after)) {
		errno = ETXTBSY;
		goto out;
	}
	ret = 0;
	if (after.st_ctim.tv_sec + SETTLED < time(NULL)) {
		cache[cache_next].st = after;
		memcpy(cache[cache_next].digest, process->digest, sizeof(process->digest));
		cache_next = (cache_next + 1) % CACHED;
	}
out:
	close(fd);
	return ret;
}

static int find_exe(int dir, struct process *process)
{
	ssize_t len = readlinkat(dir, "exe", process->exe, sizeof(process->exe) - 1);

	if (len < 0)
		return -1;
	process->exe[len] = 0;
	return 0;
}

/* Ids are inode numbers of directories. */
static void find_ids(const char *cgroup, struct process *process)
{
	char path[PATH_MAX + sizeof(CGROUP_ROOT) + 8];
	struct stat st;
	char *end;

	snprintf(path, sizeof(path), CGROUP_ROOT "%s", cgroup);
	while (process->cgroup_count < PROCESS_CGROUPS && !stat(path, &st)) {
		process->cgroups[process->cgroup_count++] = st.st_ino;
		end = strrchr(path, '/');
		if (end < path + strlen(CGROUP_ROOT))
			break;
		*end = 0;
	}
}

static bool is_unit(const char *name, size_t len)
{
	static const char * const suffixes[] = {
		".service", ".scope", ".socket", ".mount", ".swap",
	};
	size_t i, n;

	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		n = strlen(suffixes[i]);
		if (len > n && !memcmp(name + len - n, suffixes[i], n))
			return true;
	}
	return false;
}

void process_unit(const char *path, char *unit, size_t size)
{
	size_t len;

	*unit = 0;
	while (*path) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (is_unit(path, len)) {
			/* Such a prefix keeps names apart from the kernel's files. */
			if (*path == '_') {
				path++;
				len--;
			}
			if (len < size) {
				memcpy(unit, path, len);
				unit[len] = 0;
			}
			return;
		}
		path += len;
	}
}

/* The default hierarchy's line is "0::/path". */
static int find_cgroup(int dir, struct process *process)
{
	char line[PATH_MAX + 8];
	int fd, ret = -1;
	FILE *file;

	fd = openat(dir, "cgroup", O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	errno = ENOENT;
	while (ret && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = 0;
		process_unit(line + 3, process->unit, sizeof(process->unit));
		find_ids(line + 3, process);
		ret = 0;
	}
	fclose(file);
	return ret;
}

/* The directory stays that of the process, also when its number is given to another. */
void process_look(uint32_t pid, unsigned int wanted, struct process *process)
{
	char path[32];
	int dir;

	memset(process, 0, sizeof(*process));
	snprintf(path, sizeof(path), "/proc/%u", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		process->error = errno;
		return;
	}
	if ((wanted & EXAMINE_EXE && find_exe(dir, process)) ||
	    (wanted & EXAMINE_DIGEST && find_digest(dir, process)) ||
	    (wanted & EXAMINE_CGROUP && find_cgroup(dir, process)))
		process->error = errno;
	else
		process->known = wanted;
	close(dir);
}

bool process_in_cgroup(const struct process *process, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < process->cgroup_count; i++)
		if (process->cgroups[i] == id)
			return true;
	return false;
}
