// SPDX-License-Identifier: LGPL-2.1-or-later
/* Random bytes are the kernel's. */
#include <sodium.h>

#include "p11.h"

void random_bytes(void *out, size_t len)
{
	/* The address of nothing may be NULL, which libsodium does not take. */
	if (len)
		randombytes_buf(out, len);
}

/* What a caller brings adds nothing to the kernel's. */
P11_EXPORT ck_rv_t C_SeedRandom(ck_session_handle_t handle, unsigned char *seed,
				unsigned long seed_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = seed_len && !seed ? CKR_ARGUMENTS_BAD : CKR_RANDOM_SEED_NOT_SUPPORTED;
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_GenerateRandom(ck_session_handle_t handle, unsigned char *data,
				    unsigned long len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (len && !data)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	random_bytes(data, len);
	return session_leave(session, CKR_OK);
}
