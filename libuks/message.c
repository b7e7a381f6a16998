// SPDX-License-Identifier: LGPL-2.1-or-later
/* One whole message each: encrypt, decrypt, sign, verify, MAC, agree, derive. */
#include "internal.h"

static int check_len(size_t a, size_t b, struct uks_err *err)
{
	if (a <= UINT32_MAX && b <= UINT32_MAX)
		return 0;
	return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
}

static uint32_t room(size_t len)
{
	return len < UINT32_MAX ? len : UINT32_MAX;
}

/* What the kernel does itself ends without one, so nobody looks at the clock. */
static uint64_t session_deadline(struct uks_session *session)
{
	if (!session->waits)
		return 0;
	return uks_deadline(atomic_load_explicit(&session->timeout, memory_order_relaxed));
}

/* Without @aead the session's algorithm has neither nonce nor associated data. */
static int cipher(struct uks_session *session, unsigned long cmd, struct uks_cipher *args,
		  const struct uks_aead *aead, size_t *out_len, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	int ret;

	text[0] = 0;
	args->size = sizeof(*args);
	args->out_len = room(*out_len);
	args->deadline_ns = session_deadline(session);
	args->outcome.text = (uintptr_t)text;
	args->outcome.text_len = sizeof(text);
	if (aead) {
		args->aad = (uintptr_t)aead->aad;
		args->aad_len = aead->aad_len;
		args->nonce = (uintptr_t)aead->nonce;
		args->nonce_len = session->nonce_len;
	}
	ret = uks_session_ioctl(session, cmd, args, &args->outcome, err);
	if (!ret || ret == -UKS_E_NO_ROOM)
		*out_len = args->out_len;
	return ret;
}

int uks_encrypt(struct uks_session *session, struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_cipher args = {
		.flags = aead ? aead->flags : 0,
		.in = (uintptr_t)in,
		.out = (uintptr_t)out,
		.in_len = in_len,
	};
	int ret = check_len(in_len, aead ? aead->aad_len : 0, err);

	return ret ? ret : cipher(session, UKS_IOC_ENCRYPT, &args, aead, out_len, err);
}

int uks_decrypt(struct uks_session *session, const struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_cipher args = {
		.in = (uintptr_t)in,
		.out = (uintptr_t)out,
		.in_len = in_len,
	};
	int ret = check_len(in_len, aead ? aead->aad_len : 0, err);

	return ret ? ret : cipher(session, UKS_IOC_DECRYPT, &args, aead, out_len, err);
}

static int sign(struct uks_session *session, unsigned long cmd, const void *in, size_t in_len,
		void *out, size_t *out_len, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	struct uks_sign args = {
		.size = sizeof(args),
		.in = (uintptr_t)in,
		.out = (uintptr_t)out,
		.in_len = in_len,
		.out_len = room(*out_len),
		.deadline_ns = session_deadline(session),
		.outcome = { .text = (uintptr_t)text, .text_len = sizeof(text) },
	};
	int ret = check_len(in_len, 0, err);

	text[0] = 0;
	if (ret)
		return ret;
	ret = uks_session_ioctl(session, cmd, &args, &args.outcome, err);
	if (!ret || ret == -UKS_E_NO_ROOM)
		*out_len = args.out_len;
	return ret;
}

int uks_sign(struct uks_session *session, const void *in, size_t in_len, void *sig,
	     size_t *sig_len, struct uks_err *err)
{
	return sign(session, UKS_IOC_SIGN, in, in_len, sig, sig_len, err);
}

int uks_mac(struct uks_session *session, const void *in, size_t in_len, void *mac,
	    size_t *mac_len, struct uks_err *err)
{
	return sign(session, UKS_IOC_MAC, in, in_len, mac, mac_len, err);
}

int uks_agree(struct uks_session *session, const void *peer, size_t peer_len, void *out,
	      size_t *out_len, struct uks_err *err)
{
	return sign(session, UKS_IOC_AGREE, peer, peer_len, out, out_len, err);
}

int uks_derive(struct uks_session *session, const void *in, size_t in_len, void *out,
	       size_t *out_len, struct uks_err *err)
{
	return sign(session, UKS_IOC_DERIVE, in, in_len, out, out_len, err);
}

static int verify(struct uks_session *session, unsigned long cmd, const void *in, size_t in_len,
		  const void *sig, size_t sig_len, struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	struct uks_verify args = {
		.size = sizeof(args),
		.in = (uintptr_t)in,
		.sig = (uintptr_t)sig,
		.in_len = in_len,
		.sig_len = sig_len,
		.deadline_ns = session_deadline(session),
		.outcome = { .text = (uintptr_t)text, .text_len = sizeof(text) },
	};
	int ret = check_len(in_len, sig_len, err);

	text[0] = 0;
	return ret ? ret : uks_session_ioctl(session, cmd, &args, &args.outcome, err);
}

int uks_verify(struct uks_session *session, const void *in, size_t in_len, const void *sig,
	       size_t sig_len, struct uks_err *err)
{
	return verify(session, UKS_IOC_VERIFY, in, in_len, sig, sig_len, err);
}

int uks_mac_verify(struct uks_session *session, const void *in, size_t in_len,
		   const void *mac, size_t mac_len, struct uks_err *err)
{
	return verify(session, UKS_IOC_MAC_VERIFY, in, in_len, mac, mac_len, err);
}
