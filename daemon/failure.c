// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "daemon/failure.h"

static const struct {
	enum uks_error code;
	int number;
} codes[] = {
	{ UKS_E_INVALID, EINVAL },
	{ UKS_E_BUSY, EBUSY },
	{ UKS_E_NO_ROOM, ENOBUFS },
	{ UKS_E_TOO_LONG, EMSGSIZE },
	{ UKS_E_NO_MEMORY, ENOMEM },
	{ UKS_E_UNSUPPORTED, EOPNOTSUPP },
	{ UKS_E_WRONG_PURPOSE, EINVAL },
	{ UKS_E_PROTOCOL, EINVAL },
	{ UKS_E_NO_KEY, ENOKEY },
	{ UKS_E_KEY_EXISTS, EEXIST },
	{ UKS_E_BAD_NAME, EINVAL },
	{ UKS_E_BAD_TYPE, EINVAL },
	{ UKS_E_BAD_PURPOSE, EINVAL },
	{ UKS_E_BAD_ALGORITHM, EINVAL },
	{ UKS_E_BAD_DIGEST, EINVAL },
	{ UKS_E_BAD_MATERIAL, EINVAL },
	{ UKS_E_BAD_SIGNATURE, EBADMSG },
	{ UKS_E_NO_PUBLIC, EINVAL },
	{ UKS_E_ACCESS, EACCES },
	{ UKS_E_BLOB, EUCLEAN },
	{ UKS_E_STORE, EIO },
	{ UKS_E_STORE_FULL, ENOSPC },
	{ UKS_E_CRYPTO, EIO },
	{ UKS_E_TPM, EIO },
	{ UKS_E_MISSING_ATTRIBUTE, EINVAL },
	{ UKS_E_INTERNAL, EIO },
	{ UKS_E_LEGACY, EOPNOTSUPP },
	{ UKS_E_LIBRARY, EOPNOTSUPP },
	{ UKS_E_BAD_PARAMETER, EINVAL },
	{ UKS_E_BAD_POLICY, EINVAL },
	{ UKS_E_NOT_YET, EPERM },
	{ UKS_E_EXPIRED, EKEYEXPIRED },
	{ UKS_E_USED_UP, EDQUOT },
	{ UKS_E_USED_UP_BOOT, EDQUOT },
	{ UKS_E_RATE, EAGAIN },
	{ UKS_E_PRE_ACTIVATION, EPERM },
	{ UKS_E_SUSPENDED, EPERM },
	{ UKS_E_DEACTIVATED, EPERM },
	{ UKS_E_COMPROMISED, EPERM },
	{ UKS_E_DESTROYED, EKEYREVOKED },
	{ UKS_E_TRANSITION, EINVAL },
	{ UKS_E_NO_VERSION, ENOKEY },
	{ UKS_E_NOT_EXPORTABLE, EPERM },
	{ UKS_E_KEPT_INSIDE, EPERM },
	{ UKS_E_BAD_WRAPPED, EBADMSG },
	{ UKS_E_BAD_PEER, EINVAL },
	{ UKS_E_BAD_MESSAGE, EBADMSG },
	{ UKS_E_NO_SECRET, EPERM },
	{ UKS_E_RESTORE, ENOENT },
	{ UKS_E_ROLLBACK, ESTALE },
	{ UKS_E_BOOT, EPERM },
	{ UKS_E_PIN_NEEDED, EACCES },
	{ UKS_E_PIN_WRONG, EACCES },
	{ UKS_E_PIN_LOCKED, EACCES },
	{ UKS_E_PIN_BAD, EINVAL },
	{ UKS_E_TPM_LOCKOUT, EBUSY },
	{ UKS_E_TPM_BUSY, EAGAIN },
	{ UKS_E_MASTER_STATE, EINVAL },
	{ UKS_E_NOT_ADMIN, EACCES },
	{ UKS_E_REPLAYED, EALREADY },
	{ UKS_E_AUDIT, EIO },
	{ UKS_E_AUDIT_BROKEN, EBADMSG },
	{ UKS_E_BACKUP, EBADMSG },
	{ UKS_E_SHARES, EINVAL },
	{ UKS_E_PROVISION, EPROTO },
	{ UKS_E_NOT_AUTHENTIC, EBADMSG },
};

/* What comes from a damaged store must not speak to the reader's terminal. */
static void make_printable(char *text)
{
	unsigned char *at;

	for (at = (unsigned char *)text; *at; at++) {
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
		/* 0x80 to 0x9f, as UTF-8 */
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
			at[0] = '?';
			at[1] = '?';
		}
	}
}

void failure_fill(struct failure *failure, enum uks_error code, const char *format, ...)
{
	va_list ap;

	failure->code = code;
	va_start(ap, format);
	vsnprintf(failure->text, sizeof(failure->text), format, ap);
	va_end(ap);
	make_printable(failure->text);
}

int failure_errno(enum uks_error code)
{
	int number = EIO;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == code)
			number = codes[i].number;
	return number;
}
