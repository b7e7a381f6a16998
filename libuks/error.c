// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a failed call to a code and a line of text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "error.h"
#include "internal.h"

#define STRING_OF(token)	#token
#define STRING(macro)		STRING_OF(macro)

const char *uks_version(void)
{
	return STRING(UKS_VERSION);
}

const char *uks_strerror(int code)
{
	const struct uks_error_text *error = uks_error_find(code);

	return error ? error->cause : "an error that this library does not know";
}

const char *uks_cure(int code)
{
	const struct uks_error_text *error = uks_error_find(code);

	return error ? error->cure : "";
}

const char *uks_explain(int code)
{
	const struct uks_error_text *error = uks_error_find(code);

	return error ? error->more : NULL;
}

const char *uks_error_name(int code)
{
	const struct uks_error_text *error = uks_error_find(code);

	return error ? error->name : NULL;
}

static void fill(struct uks_err *err, int code, int errnum)
{
	const struct uks_error_text *error = uks_error_find(code);

	*err = (struct uks_err){ .code = code, .errnum = errnum };
	if (error)
		snprintf(err->text, sizeof(err->text), "%s%s%s", error->cause,
			 error->cure[0] ? ": " : "", error->cure);
	else
		snprintf(err->text, sizeof(err->text), "%s", uks_strerror(code));
}

/* Without @format the text is that of the code. Returns -@code. */
int uks_fail(struct uks_err *err, int code, int errnum, const char *format, ...)
{
	va_list args;

	if (!err)
		return -code;
	fill(err, code, errnum);
	if (format) {
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return -code;
}

int uks_fail_protocol(struct uks_err *err, const char *what)
{
	return uks_fail(err, UKS_E_PROTOCOL, 0,
			"%s: libuks %s, uks.ko and uksd must be of versions that fit", what,
			uks_version());
}

/* What an errno value means when the kernel says no more. */
static int code_of(int errnum)
{
	static const struct {
		int errnum;
		int code;
	} codes[] = {
		{ EINVAL, UKS_E_INVALID },
		{ EACCES, UKS_E_NOT_OPENER },
		{ ENOTCONN, UKS_E_NO_DAEMON },
		{ EPIPE, UKS_E_DAEMON_DIED },
		{ ETIMEDOUT, UKS_E_TIMEOUT },
		{ EINTR, UKS_E_INTERRUPTED },
		{ EBUSY, UKS_E_BUSY },
		{ EMFILE, UKS_E_BUSY },
		{ ENFILE, UKS_E_BUSY },
		{ EOVERFLOW, UKS_E_UNMAPPED },
		{ ENOBUFS, UKS_E_NO_ROOM },
		{ EMSGSIZE, UKS_E_TOO_LONG },
		{ EPERM, UKS_E_WRONG_PURPOSE },
		{ EBADFD, UKS_E_STATE },
		{ EPROTO, UKS_E_PROTOCOL },
		{ EKEYREVOKED, UKS_E_REVOKED },
		{ EKEYEXPIRED, UKS_E_LEASE_EXPIRED },
		{ EDQUOT, UKS_E_LEASE_USED_UP },
		{ EBADMSG, UKS_E_NOT_AUTHENTIC },
		{ ENOMEM, UKS_E_NO_MEMORY },
		{ EOPNOTSUPP, UKS_E_UNSUPPORTED },
		{ ENOTTY, UKS_E_UNSUPPORTED },
		{ EFAULT, UKS_E_FAULT },
		{ E2BIG, UKS_E_PROTOCOL },
		{ ENOKEY, UKS_E_NO_KEY },
		{ EEXIST, UKS_E_KEY_EXISTS },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].errnum == errnum)
			return codes[i].code;
	return UKS_E_IO;
}

/* A system call on something else than a client or session failed. */
int uks_fail_errno(struct uks_err *err, int errnum, const char *what)
{
	int code = errnum == ENOMEM ? UKS_E_NO_MEMORY : UKS_E_IO;
	char text[128];

	if (errnum == EMFILE || errnum == ENFILE)
		code = UKS_E_BUSY;
	return uks_fail(err, code, errnum, "%s: %s", what,
			strerror_r(errnum, text, sizeof(text)));
}

static int fail_plain(struct uks_err *err, int errnum)
{
	int code = code_of(errnum);
	char text[128];

	/* These have another cause than the text of their code tells. */
	if (errnum == EMFILE || errnum == ENFILE || code == UKS_E_IO)
		return uks_fail(err, code, errnum, "the kernel refused: %s",
				strerror_r(errnum, text, sizeof(text)));
	return uks_fail(err, code, errnum, NULL);
}

/* A call of /dev/uks failed; @outcome is what it filled in, or NULL. */
int uks_fail_outcome(struct uks_err *err, int errnum, const struct uks_outcome *outcome)
{
	const char *text;
	size_t len;

	if (!outcome || !outcome->error)
		return fail_plain(err, errnum);
	if (!err)
		return -(int)outcome->error;
	fill(err, outcome->error, errnum);
	err->request = outcome->request_id;
	text = (const char *)(uintptr_t)outcome->text;
	len = outcome->text_len < sizeof(err->text) ? outcome->text_len : sizeof(err->text);
	len = strnlen(text, len);
	if (len && len < sizeof(err->text)) {
		memcpy(err->text, text, len);
		err->text[len] = 0;
	}
	return -err->code;
}
