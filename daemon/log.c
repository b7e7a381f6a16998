// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "daemon/log.h"

#define LINE_MAX_LEN	1024

static bool journal;
static atomic_int least = LOG_INFO;

/* systemd.exec(5): JOURNAL_STREAM names the file that stderr is. */
void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		  !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

void log_level(int level)
{
	atomic_store(&least, level);
}

static void to_journal(int level, uint64_t id, const char *line)
{
	if (id)
		sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", level,
				"SYSLOG_IDENTIFIER=uksd", "UKS_REQUEST_ID=%llu",
				(unsigned long long)id, NULL);
	else
		sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", level,
				"SYSLOG_IDENTIFIER=uksd", NULL);
}

/* One write, so that lines of several threads do not mix. */
static void to_stderr(int level, const char *line)
{
	static const char * const words[] = {
		[LOG_EMERG] = "uksd: error: ", [LOG_ALERT] = "uksd: error: ",
		[LOG_CRIT] = "uksd: error: ", [LOG_ERR] = "uksd: error: ",
		[LOG_WARNING] = "uksd: warning: ", [LOG_NOTICE] = "uksd: ",
		[LOG_INFO] = "uksd: ", [LOG_DEBUG] = "uksd: debug: ",
	};
	const char *word = words[level & LOG_PRIMASK];
	struct iovec parts[] = {
		{ (void *)word, strlen(word) },
		{ (void *)line, strlen(line) },
		{ (void *)"\n", 1 },
	};

	/* There is nobody to tell that nobody can be told. */
	if (writev(STDERR_FILENO, parts, 3) < 0)
		return;
}

void log_request(int level, uint64_t id, const char *format, ...)
{
	int saved = errno, used = 0;
	char line[LINE_MAX_LEN];
	va_list ap;

	if (level > atomic_load(&least))
		return;
	if (id)
		used = snprintf(line, sizeof(line), "request %llu: ", (unsigned long long)id);
	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
	if (journal)
		to_journal(level, id, line);
	else
		to_stderr(level, line);
	errno = saved;
}
