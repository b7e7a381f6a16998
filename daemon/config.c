// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <ini.h>

#include "daemon/config.h"
#include "tpm/tpm.h"

#define WORKERS_MIN	2	/* one may wait for the TPM or the disk */
#define WORKERS_AUTO	16	/* more than this serve nobody faster */
#define FIRST_HANDLE	0x81000000	/* TPM2_HT_PERSISTENT */
#define DURATION_MAX	(3650UL * 86400)
#define ATTEST_PCRS	0x3ff	/* 0 to 9: firmware, its settings, loader */
#define AUDIT_SEGMENT_MIN	(256 * 1024)
#define AUDIT_SEGMENT_MAX	(64 * 1024 * 1024)
#define AUDIT_SEGMENTS_MAX	100000
#define LAST_HANDLE	0x817fffff	/* owner hierarchy's part of them */

static const char * const levels[] = {
	[LOG_ERR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

/* State of one reading. */
struct reading {
	struct config *config;
	const char *path;
	FILE *file;
	int line;
	struct failure *failure;
	bool failed;
};

static int __attribute__((format(printf, 2, 3)))
mistake(struct reading *reading, const char *format, ...)
{
	char text[UKS_TEXT_MAX];
	va_list ap;

	if (reading->failed)
		return -1;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	reading->failed = true;
	return failure_set(reading->failure, UKS_E_INVALID, "%s:%d: %s", reading->path,
			   reading->line, text);
}

static int set_text(struct reading *reading, const char *name, char *to, size_t size,
		    const char *value)
{
	size_t len = strlen(value);

	if (!len || len >= size)
		return mistake(reading, "%s must be 1 to %zu bytes long", name, size - 1);
	/* After a blank, as in what config_print() writes, it would begin a comment. */
	if (*value == ';')
		return mistake(reading, "%s must not begin with ';'", name);
	memcpy(to, value, len + 1);
	return 0;
}

static int set_tcti(struct reading *reading, const char *value)
{
	return set_text(reading, "tcti", reading->config->tcti, sizeof(reading->config->tcti),
			value);
}

static int set_user(struct reading *reading, const char *value)
{
	return set_text(reading, "user", reading->config->user, sizeof(reading->config->user),
			value);
}

static int set_store(struct reading *reading, const char *value)
{
	size_t len = strlen(value);

	if (*value != '/' || value[len - 1] == '/')
		return mistake(reading,
			       "store is '%s', must be the absolute path of a file, such as /var/lib/uks/keys.db",
			       value);
	return set_text(reading, "store", reading->config->store, sizeof(reading->config->store),
			value);
}

static bool number(const char *value, unsigned long first, unsigned long last,
		   unsigned long *result)
{
	char *end;

	errno = 0;
	*result = strtoul(value, &end, 0);
	return *value >= '0' && *value <= '9' && !*end && !errno && *result >= first &&
	       *result <= last;
}

static int set_root_handle(struct reading *reading, const char *value)
{
	unsigned long handle;

	if (!number(value, FIRST_HANDLE, LAST_HANDLE, &handle))
		return mistake(reading,
			       "tpm-root-handle is '%s', must be a persistent handle from 0x%x to 0x%x",
			       value, FIRST_HANDLE, LAST_HANDLE);
	reading->config->root_handle = handle;
	return 0;
}

static unsigned int workers_by_cpus(void)
{
	cpu_set_t set;
	unsigned int cpus = WORKERS_MIN;

	if (!sched_getaffinity(0, sizeof(set), &set))
		cpus = CPU_COUNT(&set);
	if (cpus < WORKERS_MIN)
		return WORKERS_MIN;
	return cpus < WORKERS_AUTO ? cpus : WORKERS_AUTO;
}

static int set_workers(struct reading *reading, const char *value)
{
	unsigned long workers;

	if (!strcmp(value, "auto"))
		workers = workers_by_cpus();
	else if (!number(value, 1, CONFIG_WORKERS_MAX, &workers))
		return mistake(reading, "workers is '%s', must be 'auto' or a number from 1 to %d",
			       value, CONFIG_WORKERS_MAX);
	reading->config->workers = workers;
	return 0;
}

static int set_log_level(struct reading *reading, const char *value)
{
	int level;

	for (level = LOG_ERR; level <= LOG_DEBUG; level++) {
		if (!strcmp(value, levels[level])) {
			reading->config->log_level = level;
			return 0;
		}
	}
	return mistake(reading,
		       "log-level is '%s', must be error, warning, notice, info or debug", value);
}

static int set_switch(struct reading *reading, const char *name, bool *to, const char *value)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return mistake(reading, "%s is '%s', must be on or off", name, value);
	*to = !strcmp(value, "on");
	return 0;
}

static int set_legacy(struct reading *reading, const char *value)
{
	return set_switch(reading, "legacy", &reading->config->legacy, value);
}

/* A number with a unit: s, min, h or d. */
static bool duration(const char *value, uint32_t *seconds)
{
	static const struct {
		const char *unit;
		unsigned long seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	unsigned long number;
	char *end;
	size_t i;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	number = strtoul(value, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		*seconds = number * units[i].seconds;
		return !errno && number <= DURATION_MAX / units[i].seconds;
	}
	return false;
}

static int set_duration(struct reading *reading, const char *name, uint32_t *seconds,
			const char *value)
{
	if (duration(value, seconds))
		return 0;
	return mistake(reading,
		       "%s is '%s', must be a number with s, min, h or d, such as 7d, up to 3650d",
		       name, value);
}

static int set_delete_window(struct reading *reading, const char *value)
{
	return set_duration(reading, "delete-window", &reading->config->delete_window, value);
}

static int set_session_idle(struct reading *reading, const char *value)
{
	return set_duration(reading, "session-idle", &reading->config->session_idle, value);
}

static int set_attest_pcrs(struct reading *reading, const char *value)
{
	struct uks_tpm_error error;

	if (uks_tpm_pcrs_parse(value, &reading->config->attest_pcrs, &error))
		return mistake(reading,
			       "attest-pcrs is '%s', must be a bank and numbers, such as sha256:0,2,4,7",
			       value);
	return 0;
}

static int set_audit(struct reading *reading, const char *value)
{
	return set_switch(reading, "audit", &reading->config->audit, value);
}

static int set_audit_fail_closed(struct reading *reading, const char *value)
{
	return set_switch(reading, "audit-fail-closed", &reading->config->audit_fail_closed,
			  value);
}

static int set_audit_sync(struct reading *reading, const char *value)
{
	return set_switch(reading, "audit-sync", &reading->config->audit_sync, value);
}

static int set_audit_journal(struct reading *reading, const char *value)
{
	return set_switch(reading, "audit-journal", &reading->config->audit_journal, value);
}

static int set_audit_kernel(struct reading *reading, const char *value)
{
	return set_switch(reading, "audit-kernel", &reading->config->audit_kernel, value);
}

static int set_audit_segment(struct reading *reading, const char *value)
{
	unsigned long size;

	if (!number(value, AUDIT_SEGMENT_MIN, AUDIT_SEGMENT_MAX, &size))
		return mistake(reading, "audit-segment is '%s', must be %d to %d bytes", value,
			       AUDIT_SEGMENT_MIN, AUDIT_SEGMENT_MAX);
	reading->config->audit_segment = size;
	return 0;
}

static int set_audit_segments(struct reading *reading, const char *value)
{
	unsigned long count = 0;

	if (!number(value, 0, AUDIT_SEGMENTS_MAX, &count) || count == 1)
		return mistake(reading, "audit-segments is '%s', must be 2 to %d, or 0 for all",
			       value, AUDIT_SEGMENTS_MAX);
	reading->config->audit_segments = count;
	return 0;
}

static int set_audit_anchor(struct reading *reading, const char *value)
{
	return set_duration(reading, "audit-anchor", &reading->config->audit_anchor, value);
}

static int set_generation_interval(struct reading *reading, const char *value)
{
	return set_duration(reading, "generation-interval",
			    &reading->config->generation_interval, value);
}

/* As the refusal of the store has it. */
static int set_accept(struct reading *reading, const char *value)
{
	struct config *config = reading->config;
	unsigned long long stored, counted;
	char rest;

	if (sscanf(value, "%llu/%llu%c", &stored, &counted, &rest) != 2)
		return mistake(reading,
			       "accept-generation is '%s', must be two numbers such as 17/23: what the log says when it refuses the store",
			       value);
	config->accept = true;
	config->accept_stored = stored;
	config->accept_counted = counted;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct reading *reading, const char *value);
} keys[] = {
	{ "tcti", set_tcti },
	{ "tpm-root-handle", set_root_handle },
	{ "store", set_store },
	{ "user", set_user },
	{ "workers", set_workers },
	{ "legacy", set_legacy },
	{ "delete-window", set_delete_window },
	{ "session-idle", set_session_idle },
	{ "attest-pcrs", set_attest_pcrs },
	{ "audit", set_audit },
	{ "audit-fail-closed", set_audit_fail_closed },
	{ "audit-sync", set_audit_sync },
	{ "audit-segment", set_audit_segment },
	{ "audit-segments", set_audit_segments },
	{ "audit-anchor", set_audit_anchor },
	{ "audit-journal", set_audit_journal },
	{ "audit-kernel", set_audit_kernel },
	{ "generation-interval", set_generation_interval },
	{ "accept-generation", set_accept },
	{ "log-level", set_log_level },
};

static bool refuse_name(struct reading *reading, const char *name)
{
	char known[UKS_TEXT_MAX] = "";
	size_t i, used = 0;

	for (i = 0; i < sizeof(keys) / sizeof(*keys) && used < sizeof(known); i++)
		used += snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
				 keys[i].name);
	return mistake(reading, "unknown key '%s': known are %s", name, known);
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	size_t i;

	if (*section)
		return !mistake(reading, "there are no sections here: remove [%s]", section);
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(name, keys[i].name))
			return !keys[i].set(reading, value);
	return !refuse_name(reading, name);
}

/* libinih would take what does not fit for a line of its own. */
static char *read_line(char *line, int size, void *user)
{
	struct reading *reading = user;
	size_t len;

	reading->line++;
	if (reading->failed || !fgets(line, size, reading->file))
		return NULL;
	len = strlen(line);
	if (len == (size_t)size - 1 && line[len - 1] != '\n' && !feof(reading->file)) {
		mistake(reading, "the line is longer than %d bytes", size - 2);
		return NULL;
	}
	return line;
}

static int parse(struct reading *reading)
{
	int ret;

	ini_allow_multiline = false;
	ret = ini_parse_stream(read_line, reading, on_value, reading);
	if (reading->failed)
		return -1;
	if (ferror(reading->file))
		return failure_set(reading->failure, UKS_E_IO, "cannot read %s: %s", reading->path,
				   strerror(errno));
	if (ret) {
		reading->line = ret;
		return mistake(reading, "not a line like 'key = value' or '# comment'");
	}
	return 0;
}

static void set_defaults(struct config *config)
{
	*config = (struct config){
		.tcti = "device:/dev/tpmrm0",
		.root_handle = UKS_TPM_ROOT_HANDLE,
		.store = "/var/lib/uks/keys.db",
		.user = "uks",
		.workers = workers_by_cpus(),
		.delete_window = 7 * 86400,
		.session_idle = 3600,
		.attest_pcrs = { UKS_TPM_SHA256, ATTEST_PCRS },
		.audit = true,
		.audit_segment = 16 * 1024 * 1024,
		.audit_segments = 64,
		.audit_anchor = 3600,
		.generation_interval = 600,
		.log_level = LOG_INFO,
	};
}

const char *config_path(const char *path)
{
	return path ? path : UKSD_CONFIG;
}

int config_load(struct config *config, const char *path, struct failure *failure)
{
	struct reading reading = {
		.config = config, .path = config_path(path), .failure = failure,
	};
	int ret;

	set_defaults(config);
	reading.file = fopen(reading.path, "re");
	if (!reading.file) {
		if (!path && errno == ENOENT)
			return 0;
		return failure_set(failure, UKS_E_IO, "cannot open %s: %s", reading.path,
				   strerror(errno));
	}
	ret = parse(&reading);
	fclose(reading.file);
	return ret;
}

const char *config_tpm_device(const struct config *config)
{
	static const char device[] = "device:";

	if (strncmp(config->tcti, device, strlen(device)))
		return NULL;
	return config->tcti[strlen(device)] ? config->tcti + strlen(device) : NULL;
}

void config_print(const struct config *config, FILE *out)
{
	char pcrs[UKS_TPM_PCRS_TEXT];

	uks_tpm_pcrs_format(&config->attest_pcrs, pcrs);
	fprintf(out, "tcti = %s\n", config->tcti);
	fprintf(out, "tpm-root-handle = 0x%08x\n", config->root_handle);
	fprintf(out, "store = %s\n", config->store);
	fprintf(out, "user = %s\n", config->user);
	fprintf(out, "workers = %u\n", config->workers);
	fprintf(out, "legacy = %s\n", config->legacy ? "on" : "off");
	fprintf(out, "delete-window = %us\n", config->delete_window);
	fprintf(out, "session-idle = %us\n", config->session_idle);
	fprintf(out, "attest-pcrs = %s\n", pcrs);
	fprintf(out, "audit = %s\n", config->audit ? "on" : "off");
	fprintf(out, "audit-fail-closed = %s\n", config->audit_fail_closed ? "on" : "off");
	fprintf(out, "audit-sync = %s\n", config->audit_sync ? "on" : "off");
	fprintf(out, "audit-segment = %u\n", config->audit_segment);
	fprintf(out, "audit-segments = %u\n", config->audit_segments);
	fprintf(out, "audit-anchor = %us\n", config->audit_anchor);
	fprintf(out, "audit-journal = %s\n", config->audit_journal ? "on" : "off");
	fprintf(out, "audit-kernel = %s\n", config->audit_kernel ? "on" : "off");
	fprintf(out, "generation-interval = %us\n", config->generation_interval);
	if (config->accept)
		fprintf(out, "accept-generation = %llu/%llu\n",
			(unsigned long long)config->accept_stored,
			(unsigned long long)config->accept_counted);
	fprintf(out, "log-level = %s\n", levels[config->log_level]);
}
