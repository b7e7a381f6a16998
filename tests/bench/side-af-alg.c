// SPDX-License-Identifier: LGPL-2.1-or-later
/* AF_ALG: the kernel's crypto by sockets, as the stock kernel has it. */
#include <errno.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define TAG_LEN		16
#define NONCE_LEN	12
#define AEAD_MAX	(16 * 4096)	/* pages that a socket takes for one message */

struct state {
	const struct work *work;
	int tfm;
	int op;
	uint8_t out[];
};

static bool bind_algorithm(struct state *state)
{
	static const uint8_t key[32] = { 1 };
	struct sockaddr_alg address = { .salg_family = AF_ALG };
	bool aead = state->work->job == JOB_AEAD;

	snprintf((char *)address.salg_type, sizeof(address.salg_type), aead ? "aead" : "hash");
	snprintf((char *)address.salg_name, sizeof(address.salg_name),
		 aead ? "gcm(aes)" : "hmac(sha256)");
	state->tfm = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (state->tfm < 0 ||
	    bind(state->tfm, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(state->tfm, SOL_ALG, ALG_SET_KEY, key, sizeof(key)) ||
	    (aead && setsockopt(state->tfm, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, TAG_LEN)))
		return false;
	state->op = accept4(state->tfm, NULL, 0, SOCK_CLOEXEC);
	return state->op >= 0;
}

static void af_alg_close(void *context)
{
	struct state *state = context;

	if (state->op >= 0)
		close(state->op);
	if (state->tfm >= 0)
		close(state->tfm);
	free(state);
}

static void *af_alg_open(const struct work *work)
{
	struct state *state;

	if (work->job != JOB_AEAD && work->job != JOB_MAC) {
		cannot("it has no such operation");
		return NULL;
	}
	if (work->job == JOB_AEAD && work->len >= AEAD_MAX) {
		cannot("a socket takes no message that long");
		return NULL;
	}
	state = calloc(1, sizeof(*state) + MESSAGE_MAX + TAG_LEN);
	if (!state)
		abort();
	state->work = work;
	state->op = -1;
	if (bind_algorithm(state))
		return state;
	cannot("%s", strerror(errno));
	af_alg_close(state);
	return NULL;
}

static void put(struct cmsghdr *at, int type, const void *value, size_t len)
{
	at->cmsg_level = SOL_ALG;
	at->cmsg_type = type;
	at->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(at), value, len);
}

static bool encrypt(struct state *state)
{
	static const uint32_t op = ALG_OP_ENCRYPT, aad_len;
	/* struct af_alg_iv, whose end has no length of its own */
	static struct {
		uint32_t len;
		uint8_t nonce[NONCE_LEN];
	} iv = { .len = NONCE_LEN };
	char control[CMSG_SPACE(sizeof(op)) + CMSG_SPACE(sizeof(aad_len)) +
		     CMSG_SPACE(sizeof(iv))] = { 0 };
	struct iovec in = { message(), state->work->len };
	struct msghdr msg = {
		.msg_control = control, .msg_controllen = sizeof(control),
		.msg_iov = &in, .msg_iovlen = 1,
	};
	struct cmsghdr *at = CMSG_FIRSTHDR(&msg);

	iv.nonce[0]++;
	put(at, ALG_SET_OP, &op, sizeof(op));
	at = CMSG_NXTHDR(&msg, at);
	put(at, ALG_SET_AEAD_ASSOCLEN, &aad_len, sizeof(aad_len));
	at = CMSG_NXTHDR(&msg, at);
	put(at, ALG_SET_IV, &iv, sizeof(iv));
	return sendmsg(state->op, &msg, 0) == (ssize_t)in.iov_len &&
	       read(state->op, state->out, in.iov_len + TAG_LEN) == (ssize_t)in.iov_len + TAG_LEN;
}

static bool af_alg_once(void *context)
{
	struct state *state = context;
	ssize_t len = state->work->len;

	if (state->work->job == JOB_AEAD ? encrypt(state) :
	    send(state->op, message(), len, 0) == len && read(state->op, state->out, 32) == 32)
		return true;
	cannot("%s", strerror(errno));
	return false;
}

const struct side side_af_alg = { "af_alg", af_alg_open, af_alg_once, af_alg_close };
