// SPDX-License-Identifier: LGPL-2.1-or-later
/* Times and durations on the command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "uksctl.h"

static uint64_t unit_seconds(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
		{ "w", 7 * 86400 }, { "y", 365 * 86400 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].seconds;
	return 0;
}

/* "90", "90s", "30d": true if @text is such, and not longer than a thousand years. */
bool duration_parse(const char *text, uint64_t *seconds)
{
	unsigned long long number;
	uint64_t unit;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	unit = unit_seconds(end);
	if (end == text || text[0] < '0' || text[0] > '9' || errno || !unit ||
	    number > 1000ULL * 365 * 86400 / unit)
		return false;
	*seconds = number * unit;
	return true;
}

static bool offset_parse(const char *text, long *offset)
{
	int hours, minutes, used = 0;

	*offset = 0;
	if (!*text || !strcmp(text, "Z"))
		return true;
	if ((text[0] != '+' && text[0] != '-') ||
	    sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[1 + used])
		return false;
	*offset = (hours * 60L + minutes) * 60 * (text[0] == '-' ? -1 : 1);
	return hours < 24 && minutes < 60;
}

/* ISO 8601: a day, or a day and a time, of UTC if no offset is given. */
static bool date_parse(const char *text, uint64_t *seconds)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
	const char *rest = NULL;
	struct tm tm;
	long offset;
	time_t time;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms) && !rest; i++) {
		tm = (struct tm){ 0 };
		rest = strptime(text, forms[i], &tm);
	}
	if (!rest || !offset_parse(rest, &offset))
		return false;
	time = timegm(&tm);
	if (time < offset)
		return false;
	*seconds = time - offset;
	return true;
}

/* A date, or "+30d" from now. */
bool time_parse(const char *text, uint64_t *seconds)
{
	if (text[0] != '+')
		return date_parse(text, seconds);
	if (!duration_parse(text + 1, seconds))
		return false;
	*seconds += time(NULL);
	return true;
}
