// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors: one line on standard error, and the exit status. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "uksctl.h"

int exit_status_of(int code)
{
	switch (code) {
	case UKS_E_OK:
		return EXIT_OK;
	case UKS_E_NO_KEY:
	case UKS_E_NO_VERSION:
	case UKS_E_RESTORE:
		return EXIT_NO_KEY;
	case UKS_E_KEY_EXISTS:
		return EXIT_EXISTS;
	case UKS_E_NO_PERMISSION:
	case UKS_E_NOT_OPENER:
	case UKS_E_UNMAPPED:
	case UKS_E_ACCESS:
	case UKS_E_NOT_YET:
	case UKS_E_EXPIRED:
	case UKS_E_USED_UP:
	case UKS_E_USED_UP_BOOT:
	case UKS_E_PRE_ACTIVATION:
	case UKS_E_SUSPENDED:
	case UKS_E_DEACTIVATED:
	case UKS_E_COMPROMISED:
	case UKS_E_DESTROYED:
	case UKS_E_NOT_EXPORTABLE:
	case UKS_E_KEPT_INSIDE:
	case UKS_E_ROLLBACK:
	case UKS_E_BOOT:
	case UKS_E_PIN_NEEDED:
	case UKS_E_PIN_WRONG:
	case UKS_E_PIN_LOCKED:
	case UKS_E_NOT_ADMIN:
	case UKS_E_REPLAYED:
		return EXIT_ACCESS;
	case UKS_E_NOT_AUTHENTIC:
	case UKS_E_BAD_SIGNATURE:
	case UKS_E_BAD_MESSAGE:
	case UKS_E_BAD_WRAPPED:
	case UKS_E_STREAM_CORRUPT:
	case UKS_E_STREAM_TRUNCATED:
	case UKS_E_STREAM_FORMAT:
	case UKS_E_STREAM_KEY:
	case UKS_E_AUDIT_BROKEN:
	case UKS_E_BACKUP:
	case UKS_E_SHARES:
		return EXIT_NOT_AUTHENTIC;
	case UKS_E_NO_DEVICE:
	case UKS_E_NO_DAEMON:
	case UKS_E_DAEMON_DIED:
		return EXIT_UNAVAILABLE;
	case UKS_E_BUSY:
	case UKS_E_RATE:
	case UKS_E_TIMEOUT:
	case UKS_E_INTERRUPTED:
	case UKS_E_TPM_BUSY:
		return EXIT_AGAIN;
	}
	return EXIT_ERROR;
}

/* "uksctl: cannot WHAT 'NAME': cause and cure (UKS-100)" */
int fail(const struct run *run, const char *what, const char *name)
{
	const struct uks_err *err = &run->err;
	const char *quote = name ? "'" : "";

	fprintf(stderr, "uksctl: cannot %s%s%s%s%s: %s (UKS-%d)\n", what, name ? " " : "", quote,
		name ? name : "", quote, err->text, err->code);
	return exit_status_of(err->code);
}

int fail_usage(const struct run *run, const char *format, ...)
{
	const struct command *command = run->command;
	va_list args;

	fputs("uksctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": see 'uksctl %s%s--help'\n", command ? command->name : "",
		command ? " " : "");
	return EXIT_USAGE;
}

int fail_text(int status, const char *format, ...)
{
	va_list args;

	fputs("uksctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int fail_errno(const char *what, const char *name)
{
	int status = errno == EEXIST ? EXIT_EXISTS : errno == EINTR ? EXIT_AGAIN : EXIT_ERROR;

	return fail_text(status, "cannot %s '%s': %s", what, name, strerror(errno));
}
