// SPDX-License-Identifier: LGPL-2.1-or-later
/* A message in parts: begin, update, finish, abort. */
#include "internal.h"

int uks_begin(struct uks_session *session, struct uks_aead *aead, struct uks_err *err)
{
	struct uks_begin args = { .size = sizeof(args) };

	if (aead) {
		if (aead->aad_len > UINT32_MAX)
			return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
		args.flags = aead->flags;
		args.aad = (uintptr_t)aead->aad;
		args.aad_len = aead->aad_len;
		args.nonce = (uintptr_t)aead->nonce;
		args.nonce_len = sizeof(aead->nonce);
	}
	return uks_session_ioctl(session, UKS_IOC_BEGIN, &args, NULL, err);
}

/* No session of today gives output before the end, so none is asked for. */
int uks_update(struct uks_session *session, const void *in, size_t in_len,
	       struct uks_err *err)
{
	struct uks_update args = {
		.size = sizeof(args),
		.in = (uintptr_t)in,
		.in_len = in_len,
	};

	if (in_len > UINT32_MAX)
		return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
	return uks_session_ioctl(session, UKS_IOC_UPDATE, &args, NULL, err);
}

static int finish(struct uks_session *session, struct uks_finish *args, struct uks_err *err)
{
	char text[UKS_TEXT_MAX] = "";

	args->size = sizeof(*args);
	args->deadline_ns = uks_deadline(atomic_load_explicit(&session->timeout,
							      memory_order_relaxed));
	args->outcome.text = (uintptr_t)text;
	args->outcome.text_len = sizeof(text);
	return uks_session_ioctl(session, UKS_IOC_FINISH, args, &args->outcome, err);
}

int uks_finish(struct uks_session *session, void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_finish args = {
		.out = (uintptr_t)out,
		.out_len = *out_len < UINT32_MAX ? *out_len : UINT32_MAX,
	};
	int ret = finish(session, &args, err);

	if (!ret || ret == -UKS_E_NO_ROOM)
		*out_len = args.out_len;
	return ret;
}

int uks_finish_verify(struct uks_session *session, const void *sig, size_t sig_len,
		      struct uks_err *err)
{
	struct uks_finish args = { .sig = (uintptr_t)sig, .sig_len = sig_len };

	if (sig_len > UINT32_MAX)
		return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
	return finish(session, &args, err);
}

int uks_abort(struct uks_session *session, struct uks_err *err)
{
	struct uks_abort args = { .size = sizeof(args) };

	return uks_session_ioctl(session, UKS_IOC_ABORT, &args, NULL, err);
}
