// SPDX-License-Identifier: LGPL-2.1-or-later
/* A message in parts: begin, update, finish, abort. */
#include "internal.h"

static uint64_t deadline(struct uks_session *session)
{
	return uks_deadline(atomic_load_explicit(&session->timeout, memory_order_relaxed));
}

int uks_begin(struct uks_session *session, struct uks_aead *aead, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	struct uks_begin args = {
		.size = sizeof(args),
		.deadline_ns = deadline(session),
		.outcome = { .text = (uintptr_t)text, .text_len = sizeof(text) },
	};

	text[0] = 0;
	if (aead) {
		if (aead->aad_len > UINT32_MAX)
			return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
		args.flags = aead->flags;
		args.aad = (uintptr_t)aead->aad;
		args.aad_len = aead->aad_len;
		args.nonce = (uintptr_t)aead->nonce;
		args.nonce_len = session->nonce_len;
	}
	return uks_session_ioctl(session, UKS_IOC_BEGIN, &args, &args.outcome, err);
}

int uks_update_to(struct uks_session *session, const void *in, size_t in_len, void *out,
		  size_t *out_len, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	struct uks_update args = {
		.size = sizeof(args),
		.in = (uintptr_t)in,
		.out = (uintptr_t)out,
		.in_len = in_len,
		.out_len = *out_len < UINT32_MAX ? *out_len : UINT32_MAX,
		.deadline_ns = deadline(session),
		.outcome = { .text = (uintptr_t)text, .text_len = sizeof(text) },
	};
	int ret;

	text[0] = 0;
	if (in_len > UINT32_MAX)
		return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
	ret = uks_session_ioctl(session, UKS_IOC_UPDATE, &args, &args.outcome, err);
	if (!ret || ret == -UKS_E_NO_ROOM)
		*out_len = args.out_len;
	return ret;
}

int uks_update(struct uks_session *session, const void *in, size_t in_len,
	       struct uks_err *err)
{
	size_t none = 0;

	return uks_update_to(session, in, in_len, NULL, &none, err);
}

static int finish(struct uks_session *session, struct uks_finish *args, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];

	text[0] = 0;
	args->size = sizeof(*args);
	args->deadline_ns = deadline(session);
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
