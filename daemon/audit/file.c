// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/audit/audit.h"
#include "daemon/audit/file.h"
#include "daemon/log.h"

#define NAME_FORMAT	"%020llu" UKS_AUDIT_SUFFIX
#define NAME_DIGITS	20

static int failed(const struct audit_file *file, const char *what, struct failure *failure)
{
	return failure_set(failure, UKS_E_AUDIT, "cannot %s in %s: %s; make room or mend it", what,
			   file->dir, strerror(errno));
}

void audit_file_path(const struct audit_file *file, uint64_t first, char *path)
{
	if (snprintf(path, PATH_MAX, "%s/" NAME_FORMAT, file->dir,
		     (unsigned long long)first) >= PATH_MAX)
		*path = 0;
}

static struct audit_segment *last_segment(const struct audit_file *file)
{
	return &file->segments[file->count - 1];
}

static int add_segment(struct audit_file *file, uint64_t first, uint64_t size,
		       struct failure *failure)
{
	struct audit_segment *segments;

	segments = realloc(file->segments, (file->count + 1) * sizeof(*segments));
	if (!segments)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for records");
	file->segments = segments;
	segments[file->count++] = (struct audit_segment){ first, size };
	return 0;
}

static int write_all(int fd, const void *bytes, size_t len, uint64_t offset)
{
	ssize_t ret;

	while (len) {
		ret = pwrite(fd, bytes, len, offset);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return -1;
		bytes = (const uint8_t *)bytes + ret;
		offset += ret;
		len -= ret;
	}
	return 0;
}

static void sync_directory(const struct audit_file *file)
{
	int fd = open(file->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd))
		log_warning("cannot make the names in %s durable: %s", file->dir,
			    strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int write_beginning(const struct audit_file *file, int fd)
{
	struct uks_audit_segment segment = {
		.version = UKS_AUDIT_VERSION, .len = sizeof(segment), .first = file->last + 1,
		.anchor_sequence = file->anchor.sequence,
	};

	memcpy(segment.magic, UKS_AUDIT_MAGIC, sizeof(segment.magic));
	memcpy(segment.previous, file->head, sizeof(segment.previous));
	memcpy(segment.anchor_before, file->anchor.before, sizeof(segment.anchor_before));
	memcpy(segment.anchor_hash, file->anchor.hash, sizeof(segment.anchor_hash));
	if (file->ahead && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, file->segment_max) &&
	    errno != EOPNOTSUPP)
		return -1;
	if (write_all(fd, &segment, sizeof(segment), 0))
		return -1;
	return fdatasync(fd);
}

/* A file that could not be begun whole is taken away again. */
static int begin_file(struct audit_file *file, struct failure *failure)
{
	char path[PATH_MAX];
	int fd;

	audit_file_path(file, file->last + 1, path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(file, "begin a file of records", failure);
	if (write_beginning(file, fd)) {
		failed(file, "begin a file of records", failure);
		goto err;
	}
	if (add_segment(file, file->last + 1, sizeof(struct uks_audit_segment), failure))
		goto err;
	/* What is anchored later must not be lost in a file before. */
	if (file->fd >= 0 && fdatasync(file->fd))
		log_warning("cannot make records durable: %s", strerror(errno));
	sync_directory(file);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = fd;
	return 0;
err:
	unlink(path);
	close(fd);
	return -1;
}

uint64_t audit_file_excess(const struct audit_file *file)
{
	if (!file->keep || file->count <= file->keep)
		return 0;
	return file->segments[file->count - file->keep].first;
}

void audit_file_remove(struct audit_file *file, uint64_t first)
{
	char path[PATH_MAX];

	while (file->segments->first < first) {
		audit_file_path(file, file->segments->first, path);
		if (unlink(path) && errno != ENOENT)
			log_warning("cannot remove %s: %s", path, strerror(errno));
		file->count--;
		memmove(file->segments, file->segments + 1,
			file->count * sizeof(*file->segments));
	}
}

int audit_file_rotate(struct audit_file *file, struct failure *failure)
{
	if (file->fd >= 0 && last_segment(file)->size + AUDIT_IN_MEMORY_MAX < file->segment_max)
		return 0;
	return begin_file(file, failure);
}

int audit_file_write(struct audit_file *file, const uint8_t *records, size_t len,
		     struct failure *failure)
{
	struct audit_segment *segment;

	if (file->fd < 0)
		return failure_set(failure, UKS_E_AUDIT, "there is no file of records in %s",
				   file->dir);
	segment = last_segment(file);
	if (!write_all(file->fd, records, len, segment->size)) {
		segment->size += len;
		return 0;
	}
	failed(file, "write a record", failure);
	/* Half of them would look like damage. */
	if (ftruncate(file->fd, segment->size))
		log_error("cannot cut off a record that was half written: %s", strerror(errno));
	return -1;
}

static int by_first(const void *a, const void *b)
{
	const struct audit_segment *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static bool name_of_segment(const char *name, uint64_t *first)
{
	char *end;

	if (strspn(name, "0123456789") != NAME_DIGITS)
		return false;
	errno = 0;
	*first = strtoull(name, &end, 10);
	return !errno && *first && !strcmp(end, UKS_AUDIT_SUFFIX);
}

static int list_segments(struct audit_file *file, struct failure *failure)
{
	struct dirent *entry;
	uint64_t first;
	struct stat st;
	DIR *dir;
	int ret = 0;

	dir = opendir(file->dir);
	if (!dir)
		return failed(file, "list the files of records", failure);
	while (!ret && (entry = readdir(dir))) {
		if (!name_of_segment(entry->d_name, &first))
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			ret = failed(file, "look at a file of records", failure);
		else
			ret = add_segment(file, first, st.st_size, failure);
	}
	closedir(dir);
	if (file->count)
		qsort(file->segments, file->count, sizeof(*file->segments), by_first);
	return ret;
}

static uint8_t *read_whole(struct audit_file *file, struct failure *failure)
{
	uint64_t size = last_segment(file)->size;
	uint8_t *bytes = malloc(size + 1);

	if (!bytes) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for records");
		return NULL;
	}
	if (pread(file->fd, bytes, size, 0) == (ssize_t)size)
		return bytes;
	failed(file, "read the last file of records", failure);
	free(bytes);
	return NULL;
}

/* What a crash leaves: a record that is not whole, or room that was never written. */
static bool is_torn(const uint8_t *at, uint64_t left)
{
	struct uks_audit_record record;

	if (left < UKS_AUDIT_RECORD_MIN)
		return true;
	memcpy(&record, at, sizeof(record));
	if (record.len > left && record.len <= UKS_AUDIT_RECORD_MAX)
		return true;
	return !*at && !memcmp(at, at + 1, left - 1);
}

static int cut_off(struct audit_file *file, const uint8_t *bytes, uint64_t good,
		   struct audit_found *found, struct failure *failure)
{
	struct audit_segment *segment = last_segment(file);
	uint64_t left = segment->size - good;

	if (!left)
		return 0;
	if (!good || !is_torn(bytes + good, left)) {
		found->broken = true;
		return 0;
	}
	found->cut = left;
	segment->size = good;
	return ftruncate(file->fd, good) ? failed(file, "cut off a record", failure) : 0;
}

/* After the damage there may be more records: their numbers are not given again. */
static void skip_damaged(struct audit_file *file, const uint8_t *bytes, uint64_t good)
{
	uint64_t size = last_segment(file)->size, most = file->last;
	struct uks_audit_record record;
	size_t len;

	if (!good) {
		most = last_segment(file)->first + size / UKS_AUDIT_RECORD_MIN;
		good = size;
	}
	for (; good < size; good += len) {
		len = uks_audit_next(bytes + good, size - good, &record);
		if (!len)
			break;
		if (record.sequence > most && record.sequence - most < UINT32_MAX)
			most = record.sequence;
		memcpy(file->head, bytes + good + len - sizeof(file->head), sizeof(file->head));
	}
	if (most < last_segment(file)->first)
		most = last_segment(file)->first;
	file->last = most;
}

static int open_last(struct audit_file *file, struct audit_found *found, struct failure *failure)
{
	char path[PATH_MAX];
	uint8_t *bytes;
	uint64_t good;
	int ret;

	audit_file_path(file, last_segment(file)->first, path);
	file->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (file->fd < 0)
		return failed(file, "open the last file of records", failure);
	if (file->ahead && fallocate(file->fd, FALLOC_FL_KEEP_SIZE, 0, file->segment_max) &&
	    errno != EOPNOTSUPP)
		return failed(file, "take room for records", failure);
	bytes = read_whole(file, failure);
	if (!bytes)
		return -1;
	audit_scan(file, bytes, last_segment(file)->size, &good, &found->clean);
	ret = cut_off(file, bytes, good, found, failure);
	if (!ret && found->broken) {
		skip_damaged(file, bytes, good);
		/* A new file follows; this one is evidence. */
		close(file->fd);
		file->fd = -1;
	}
	found->clean = found->clean && !found->cut;
	free(bytes);
	return ret;
}

static int make_directory(struct audit_file *file, const struct config *config,
			  struct failure *failure)
{
	size_t len = strrchr(config->store, '/') - config->store;

	if (len + sizeof("/audit/") + NAME_DIGITS + sizeof(UKS_AUDIT_SUFFIX) > sizeof(file->dir))
		return failure_set(failure, UKS_E_INVALID, "the path of the store is too long");
	memcpy(file->dir, config->store, len);
	memcpy(file->dir + len, "/audit", sizeof("/audit"));
	if (mkdir(file->dir, 0700) && errno != EEXIST)
		return failed(file, "make a directory", failure);
	return 0;
}

int audit_file_open(struct audit_file *file, const struct config *config,
		    struct audit_found *found, struct failure *failure)
{
	*file = (struct audit_file){
		.segment_max = config->audit_segment, .keep = config->audit_segments,
		.ahead = config->audit_fail_closed, .fd = -1,
	};
	*found = (struct audit_found){ .clean = true };
	if (make_directory(file, config, failure) || list_segments(file, failure) ||
	    (file->count && open_last(file, found, failure))) {
		audit_file_close(file);
		return -1;
	}
	if (audit_file_rotate(file, failure))
		log_error("%s", failure->text);
	return 0;
}

void audit_file_close(struct audit_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->segments);
	file->segments = NULL;
	file->count = 0;
	file->fd = -1;
}
