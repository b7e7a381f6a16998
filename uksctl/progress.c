// SPDX-License-Identifier: LGPL-2.1-or-later
/* A line on the terminal that tells how far long work is. */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "uksctl.h"

#define SECOND_NS	1000000000ULL

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* @fd: what is read; a regular file tells how long the work is. */
void progress_begin(struct progress *progress, int fd)
{
	struct stat stat_now;

	*progress = (struct progress){
		.begun_ns = now_ns(),
		.visible = isatty(STDERR_FILENO),
	};
	if (!fstat(fd, &stat_now) && S_ISREG(stat_now.st_mode))
		progress->total = stat_now.st_size;
}

static void draw(const struct progress *progress, uint64_t done, uint64_t now)
{
	double mib = done / 1048576.0;
	double rate = mib * SECOND_NS / (now - progress->begun_ns);

	if (progress->total)
		fprintf(stderr, "\r%3.0f %%  %.0f of %.0f MiB  %.1f MiB/s\033[K",
			100.0 * done / progress->total, mib, progress->total / 1048576.0, rate);
	else
		fprintf(stderr, "\r%.0f MiB  %.1f MiB/s\033[K", mib, rate);
	fflush(stderr);
}

/* For uks_stream_copy(): draws after the first second, then five times a second. */
int progress_tell(void *arg, uint64_t done)
{
	struct progress *progress = arg;
	uint64_t now;

	if (stop_signal)
		return 1;
	if (!progress->visible)
		return 0;
	now = now_ns();
	if (now - progress->begun_ns < SECOND_NS || now - progress->drawn_ns < SECOND_NS / 5)
		return 0;
	draw(progress, done, now);
	progress->drawn_ns = now;
	progress->drawn = true;
	return 0;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
}
