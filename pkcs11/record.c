// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file: 8 bytes "UKSP11\0\1", then records: id (16 bytes), class (u64), number of
 * attributes (u32), then for each: type (u64), length (u32), value. Numbers are
 * little-endian. CKA_CLASS and such numbers inside values are as long as the
 * machine's unsigned long: the file belongs to one machine.
 */
#include "record.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_NAME	"objects"
#define FILE_MAX	(64U << 20)

static const uint8_t magic[8] = "UKSP11\0\1";

static struct record *records;
static size_t record_count;
static struct stat read_status;
static bool was_read;
static unsigned long turns;

static void clear(void)
{
	while (record_count)
		bag_clear(&records[--record_count].bag);
	free(records);
	records = NULL;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *at;
	size_t left;
};

static bool take(struct reader *reader, void *to, size_t len)
{
	if (reader->left < len)
		return false;
	memcpy(to, reader->at, len);
	reader->at += len;
	reader->left -= len;
	return true;
}

static ck_rv_t read_attribute(struct reader *reader, struct bag *bag)
{
	uint64_t type;
	uint32_t len;
	ck_rv_t rv;

	if (!take(reader, &type, sizeof(type)) || !take(reader, &len, sizeof(len)))
		return CKR_DEVICE_ERROR;
	len = le32toh(len);
	if (len > reader->left)
		return CKR_DEVICE_ERROR;
	rv = bag_put(bag, le64toh(type), reader->at, len);
	reader->at += len;
	reader->left -= len;
	return rv;
}

static ck_rv_t read_record(struct reader *reader, struct record *record)
{
	ck_rv_t rv = CKR_OK;
	uint64_t class;
	uint32_t count;

	if (!take(reader, record->id, sizeof(record->id)) ||
	    !take(reader, &class, sizeof(class)) || !take(reader, &count, sizeof(count)))
		return CKR_DEVICE_ERROR;
	record->class = le64toh(class);
	for (count = le32toh(count); count && rv == CKR_OK; count--)
		rv = read_attribute(reader, &record->bag);
	return rv;
}

static ck_rv_t parse(const uint8_t *data, size_t len)
{
	struct reader reader = { data, len };
	struct record *grown;
	ck_rv_t rv = CKR_OK;
	uint8_t head[8];

	if (!take(&reader, head, sizeof(head)) || memcmp(head, magic, sizeof(magic)))
		return CKR_DEVICE_ERROR;
	while (reader.left && rv == CKR_OK) {
		grown = realloc(records, (record_count + 1) * sizeof(*records));
		if (!grown)
			return CKR_HOST_MEMORY;
		records = grown;
		memset(&records[record_count], 0, sizeof(*records));
		rv = read_record(&reader, &records[record_count++]);
	}
	return rv;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static ck_rv_t load(int folder)
{
	struct stat status = { 0 };
	uint8_t *data;
	size_t len;
	ck_rv_t rv;

	if (folder >= 0)
		fstatat(folder, FILE_NAME, &status, AT_SYMLINK_NOFOLLOW);
	if (was_read && same(&status, &read_status))
		return CKR_OK;
	clear();
	turns++;
	was_read = false;
	if (status.st_ino) {
		if (file_read(folder, FILE_NAME, FILE_MAX, &data, &len))
			return CKR_DEVICE_ERROR;
		rv = parse(data, len);
		free(data);
		if (rv != CKR_OK) {
			clear();
			return rv;
		}
	}
	read_status = status;
	was_read = true;
	return CKR_OK;
}

ck_rv_t record_refresh(unsigned long *turn)
{
	int folder = file_folder(false);
	ck_rv_t rv = load(folder);

	*turn = turns;
	if (folder >= 0)
		close(folder);
	return rv;
}

const struct record *record_find(ck_object_class_t class, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < record_count; i++)
		if (records[i].class == class && !memcmp(records[i].id, id, sizeof(records[i].id)))
			return &records[i];
	return NULL;
}

const struct record *record_at(size_t index)
{
	return index < record_count ? &records[index] : NULL;
}

/* ---- writing ---- */

static size_t record_len(const struct record *record)
{
	size_t len = 16 + 8 + 4, i;

	for (i = 0; i < record->bag.count; i++)
		len += 8 + 4 + record->bag.list[i].value_len;
	return len;
}

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_record(uint8_t *at, const struct record *record)
{
	uint64_t class = htole64(record->class), type;
	uint32_t count = htole32(record->bag.count), len;
	size_t i;

	at = put(at, record->id, sizeof(record->id));
	at = put(at, &class, sizeof(class));
	at = put(at, &count, sizeof(count));
	for (i = 0; i < record->bag.count; i++) {
		type = htole64(record->bag.list[i].type);
		len = htole32(record->bag.list[i].value_len);
		at = put(at, &type, sizeof(type));
		at = put(at, &len, sizeof(len));
		at = put(at, record->bag.list[i].value, record->bag.list[i].value_len);
	}
	return at;
}

/* All records but that one, and in its place the other, if there is one. */
static ck_rv_t save(int folder, const struct record *without, const struct record *with)
{
	size_t len = sizeof(magic), i;
	uint8_t *data, *at;
	ck_rv_t rv = CKR_OK;

	for (i = 0; i < record_count; i++)
		len += record_len(&records[i]);
	if (with)
		len += record_len(with);
	if (len > FILE_MAX)
		return CKR_DEVICE_MEMORY;
	data = malloc(len);
	if (!data)
		return CKR_HOST_MEMORY;
	at = put(data, magic, sizeof(magic));
	for (i = 0; i < record_count; i++)
		if (&records[i] != without)
			at = put_record(at, &records[i]);
	if (with)
		at = put_record(at, with);
	if (file_write(folder, FILE_NAME, data, at - data))
		rv = errno == ENOSPC || errno == EDQUOT ? CKR_DEVICE_MEMORY :
			CKR_TOKEN_WRITE_PROTECTED;
	free(data);
	return rv;
}

/* What others wrote meanwhile is read first, under the lock. */
static ck_rv_t change(ck_object_class_t class, const uint8_t *id, const struct record *with)
{
	int folder = file_folder(with), lock = -1;
	ck_rv_t rv = CKR_TOKEN_WRITE_PROTECTED;
	const struct record *old;

	if (folder < 0)
		return with ? CKR_TOKEN_WRITE_PROTECTED : CKR_OK;
	lock = file_lock(folder);
	if (lock < 0)
		goto out;
	rv = load(folder);
	if (rv != CKR_OK)
		goto out;
	old = record_find(class, id);
	if (old || with)
		rv = save(folder, old, with);
	if (rv == CKR_OK)
		rv = load(folder);
out:
	if (lock >= 0)
		close(lock);
	close(folder);
	return rv;
}

ck_rv_t record_write(ck_object_class_t class, const uint8_t *id, const struct bag *bag)
{
	struct record with = { .class = class, .bag = *bag };

	memcpy(with.id, id, sizeof(with.id));
	return change(class, id, &with);
}

ck_rv_t record_remove(ck_object_class_t class, const uint8_t *id)
{
	return change(class, id, NULL);
}

void record_forget(void)
{
	clear();
	was_read = false;
}
