// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/uksd-audit.h"

static uint32_t ask_as_root(struct daemon *daemon, uint32_t command, const char *cursor)
{
	uint32_t uid = daemon->uid, code;

	daemon->uid = 0;
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
	if (*cursor)
		uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, cursor);
	code = ask(daemon, UKS_OP_AUDIT);
	daemon->uid = uid;
	return code;
}

static uint32_t ask_page(struct daemon *daemon, struct records *records, char *cursor)
{
	const struct uks_attr *result = &daemon->attrs[UKS_A_RESULT];
	uint32_t code = ask_as_root(daemon, UKS_AUDIT_READ, cursor);

	*cursor = 0;
	if (code)
		return code;
	if (result->len > sizeof(records->bytes) - records->len)
		abort();
	memcpy(records->bytes + records->len, result->value, result->len);
	records->len += result->len;
	uks_attr_string(&daemon->attrs[UKS_A_CURSOR], cursor, 64);
	return 0;
}

static uint64_t last_sequence(const struct records *records)
{
	struct uks_audit_record record = { 0 };
	size_t at, len;

	for (at = 0; at < records->len; at += len) {
		len = uks_audit_next(records->bytes + at, records->len - at, &record);
		if (!len)
			abort();
	}
	return record.sequence;
}

uint32_t records_ask(struct daemon *daemon, struct records *records)
{
	uint32_t code = ask_as_root(daemon, UKS_AUDIT_HEAD, "");
	char cursor[64] = "";

	if (code)
		return code;
	memcpy(&records->head, daemon->attrs[UKS_A_RESULT].value, sizeof(records->head));
	records->len = 0;
	/* Each page makes a record: there is always one more. */
	do {
		code = ask_page(daemon, records, cursor);
	} while (!code && *cursor && last_sequence(records) < records->head.last);
	return code;
}

static void take_damage(void *context, uint64_t sequence, const char *text)
{
	struct records *records = context;

	if (records->count == DAMAGES_MAX)
		return;
	records->damages[records->count] = sequence;
	snprintf(records->texts[records->count], sizeof(*records->texts), "%s", text);
	records->count++;
}

unsigned int records_check(struct records *records)
{
	struct audit_check check = { .found = take_damage, .context = records };

	records->count = 0;
	audit_check_head(&check, &records->head);
	audit_check_records(&check, records->bytes, records->len);
	audit_check_end(&check);
	return check.damages;
}

void records_path(const struct daemon *daemon, const char *name, char *path)
{
	snprintf(path, PATH_MAX, "%s/%s", daemon->dir, name);
}

static int is_file(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

unsigned int records_check_files(const struct daemon *daemon, struct records *records,
				 const struct uks_audit_head *head)
{
	struct audit_check check = { .found = take_damage, .context = records };
	char dir[PATH_MAX], path[PATH_MAX + 256];
	struct dirent **list;
	uint8_t *bytes;
	size_t len, at;
	int i, count;

	records->count = 0;
	audit_check_head(&check, head);
	records_path(daemon, "audit", dir);
	count = scandir(dir, &list, is_file, alphasort);
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		bytes = file_get(path, &len);
		at = audit_check_segment(&check, bytes, len);
		if (at)
			audit_check_records(&check, bytes + at, len - at);
		free(bytes);
		free(list[i]);
	}
	free(list);
	audit_check_end(&check);
	return check.damages;
}

bool records_damaged_at(const struct records *records, uint64_t sequence, const char *words)
{
	unsigned int i;

	for (i = 0; i < records->count; i++)
		if (records->damages[i] == sequence && strstr(records->texts[i], words))
			return true;
	for (i = 0; i < records->count; i++)
		fprintf(stderr, "# %llu: %s\n", (unsigned long long)records->damages[i],
			records->texts[i]);
	return false;
}

const uint8_t *records_find(const struct records *records, uint16_t event, uint16_t op,
			    struct uks_audit_record *found)
{
	struct uks_audit_record record;
	const uint8_t *last = NULL;
	size_t at, len;

	for (at = 0; at < records->len; at += len) {
		len = uks_audit_next(records->bytes + at, records->len - at, &record);
		if (!len)
			abort();
		if (record.event != event || record.op != op)
			continue;
		last = records->bytes + at;
		*found = record;
	}
	return last;
}

unsigned int records_count(const struct records *records, uint16_t event)
{
	struct uks_audit_record record;
	unsigned int count = 0;
	size_t at, len;

	for (at = 0; at < records->len; at += len) {
		len = uks_audit_next(records->bytes + at, records->len - at, &record);
		if (!len)
			abort();
		count += record.event == event;
	}
	return count;
}

static size_t locate_in(const char *path, uint64_t sequence, size_t *len)
{
	size_t size, at, found = 0;
	uint8_t *bytes = file_get(path, &size);
	struct uks_audit_record record;

	for (at = sizeof(struct uks_audit_segment); !found && at < size; at += *len) {
		*len = uks_audit_next(bytes + at, size - at, &record);
		if (!*len)
			break;
		if (record.sequence == sequence) {
			found = at;
			break;
		}
	}
	free(bytes);
	return found;
}

size_t records_locate(const struct daemon *daemon, uint64_t sequence, char *path, size_t *len)
{
	struct dirent **list;
	char dir[PATH_MAX];
	int i, count;
	size_t at = 0;

	records_path(daemon, "audit", dir);
	count = scandir(dir, &list, is_file, alphasort);
	for (i = 0; i < count; i++) {
		if (!at) {
			snprintf(path, PATH_MAX, "%.2000s/%.200s", dir, list[i]->d_name);
			at = locate_in(path, sequence, len);
		}
		free(list[i]);
	}
	free(list);
	if (!at)
		abort();
	return at;
}

uint8_t *file_get(const char *path, size_t *len)
{
	uint8_t *bytes = malloc(RECORDS_MAX);
	FILE *file = fopen(path, "r");

	if (!bytes || !file)
		abort();
	*len = fread(bytes, 1, RECORDS_MAX, file);
	fclose(file);
	return bytes;
}

void file_put(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		abort();
}

static void run(const struct daemon *daemon, const char *script, const char *name)
{
	char command[1024];

	snprintf(command, sizeof(command), "cd %s && set -- %s && %s", daemon->dir, name, script);
	if (system(command))
		abort();
}

void records_save(const struct daemon *daemon, const char *name)
{
	run(daemon, "rm -rf $1 && cp -r audit $1", name);
}

void records_bring_back(const struct daemon *daemon, const char *name)
{
	run(daemon, "rm -r audit && cp -r $1 audit", name);
}

void records_clean(const struct daemon *daemon)
{
	run(daemon, "rm -rf audit $1", "saved");
}
