// SPDX-License-Identifier: LGPL-2.1-or-later
/* The daemon of the fuzzer: a thread that answers as the operation says which asks. */
#include <signal.h>
#include <unistd.h>

#include "world.h"

#define SIGNATURE_LEN	130	/* fits ECDSA with any curve but the smallest */

static __thread int more;	/* bytes that a result is too long by, or too short */

/* Where a request has a vector or counter block, an answer has the next one. */
static void give_result(struct service *service, const struct request *req, struct uks_attrs *out)
{
	int len = service->message_len + more;

	uks_attrs_put(out, UKS_A_RESULT, service->message,
		      len < 0 ? 0 : len < UKS_MESSAGE_MAX ? len : UKS_MESSAGE_MAX);
	if (req->attr[UKS_A_NONCE].len)
		uks_attrs_put(out, UKS_A_NONCE, req->attr[UKS_A_NONCE].value,
			      req->attr[UKS_A_NONCE].len);
}

static void spoil(struct answer *answer, const struct op *op)
{
	struct uks_attrs *attrs = &answer->attrs;

	switch (op->answer.kind % REACTIONS) {
	case ANSWER_ERROR:
		attrs->len = 0;
		answer->header.error = op->answer.arg;
		answer->header.code = op->answer.value;
		if (op->answer.at % 2)
			uks_attrs_put_string(attrs, UKS_A_ERROR_TEXT, "refused");
		break;
	case ANSWER_PATCHED:
		if (attrs->len >= sizeof(op->answer.value))
			memcpy(answer->buf + op->answer.at % (attrs->len - 3),
			       &op->answer.value, 1 + op->answer.arg % 4);
		break;
	case ANSWER_MORE:
		uks_attrs_put(attrs, op->answer.arg, answer->buf, op->answer.value & 0x1ff);
		break;
	}
}

static size_t finish(struct answer *answer, const struct op *op)
{
	size_t len = sizeof(answer->header) + answer->attrs.len;

	answer->header.len = len;
	switch (op->answer.kind % REACTIONS) {
	case ANSWER_HEADER:
		memcpy((uint8_t *)answer + op->answer.at % (sizeof(answer->header) - 3),
		       &op->answer.value, 1 + op->answer.arg % 4);
		break;
	case ANSWER_CUT:
		len -= op->answer.arg < len ? op->answer.arg : 0;
		if (op->answer.at % 2)
			answer->header.len = len;
		break;
	}
	return len;
}

/**
 * peer_write() - answer as an operation says
 * @peer: the daemon
 * @channel: where
 * @req: what is answered
 * @op: the operation
 *
 * What the kernel finds malformed still waits: it is refused, so that it ends.
 *
 * Return: 0 or a negative errno value of the first try.
 */
int peer_write(struct peer *peer, int channel, const struct request *req, const struct op *op)
{
	static __thread struct answer answer;
	struct uks_answer_header other = { .len = sizeof(other), .id = op->answer.value };
	unsigned int times = op->answer.kind % REACTIONS == ANSWER_TWICE ? 2 : 1;
	size_t len;
	int ret = 0;

	more = op->answer.kind % REACTIONS == ANSWER_LENGTH ? (int8_t)op->answer.arg : 0;
	peer->service.signature_len = SIGNATURE_LEN + more;
	service_answer(&peer->service, req, &answer);
	spoil(&answer, op);
	len = finish(&answer, op);
	if (op->answer.kind % REACTIONS == ANSWER_OTHER &&
	    write(channel, &other, sizeof(other)) < 0)
		ret = -errno;
	while (times--)
		if (write(channel, &answer, len) < 0)
			ret = -errno;
	answer_error(channel, req, EIO, UKS_E_INTERNAL);
	return ret;
}

/* To be answered later, if the caller does not wait for long. */
static bool may_hold(const struct peer *peer, const struct request *req)
{
	return !peer->held &&
	       (peer->aside || req->header.deadline_ns < now_ns() + 2 * SHORT_NS);
}

/* Return: false when the daemon is to die with the request in hand. */
static bool react(struct peer *peer, struct request *req)
{
	static const struct op well;
	const struct op *op;
	bool hold;

	pthread_mutex_lock(&peer->lock);
	op = peer->op ?: &well;
	hold = op->answer.kind % REACTIONS == ANSWER_HOLD && may_hold(peer, req);
	if (hold) {
		peer->request = *req;
		peer->held = true;
		pthread_cond_broadcast(&peer->changed);
	}
	pthread_mutex_unlock(&peer->lock);
	if (op->answer.kind % REACTIONS == ANSWER_DIE)
		return false;
	if (!hold)
		peer_write(peer, peer->daemon.channel, req, op);
	return true;
}

static void serve_channel(struct peer *peer)
{
	static struct request req;

	while (!daemon_read(peer->daemon.channel, &req))
		if (!react(peer, &req))
			break;
}

static void *serve(void *arg)
{
	struct peer *peer = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (trace_start(&peer->trace))
		abort();
	pthread_mutex_lock(&peer->lock);
	for (;;) {
		while (!peer->serving)
			pthread_cond_wait(&peer->changed, &peer->lock);
		pthread_mutex_unlock(&peer->lock);
		serve_channel(peer);
		pthread_mutex_lock(&peer->lock);
		control_close(&peer->daemon.control);
		close(peer->daemon.channel);
		peer->daemon.channel = -1;
		peer->serving = false;
		peer->held = false;
		pthread_cond_broadcast(&peer->changed);
	}
	return NULL;
}

/**
 * peer_start() - start the thread, which has no channel yet
 * @peer: filled in
 *
 * Return: 0 or a negative errno value.
 */
int peer_start(struct peer *peer)
{
	pthread_t thread;

	pthread_mutex_init(&peer->lock, NULL);
	pthread_cond_init(&peer->changed, NULL);
	peer->daemon.channel = -1;
	peer->daemon.control.fd = -1;
	return -pthread_create(&thread, NULL, serve, peer);
}

/**
 * peer_up() - become the daemon, if it is not
 * @peer: the daemon
 * @patiently: wait until the one before is gone
 *
 * Return: 0 or a negative errno value.
 */
int peer_up(struct peer *peer, bool patiently)
{
	int ret = 0;

	pthread_mutex_lock(&peer->lock);
	if (!peer->serving) {
		if (patiently) {
			ret = daemon_start(&peer->daemon);
		} else {
			ret = daemon_register(&peer->daemon);
			if (!ret)
				peer->daemon.channel = daemon_channel(&peer->daemon);
		}
		if (!ret && peer->daemon.channel >= 0) {
			peer->serving = true;
			pthread_cond_broadcast(&peer->changed);
		} else {
			control_close(&peer->daemon.control);
		}
	}
	pthread_mutex_unlock(&peer->lock);
	return ret;
}

/**
 * peer_down() - be the daemon no longer
 * @peer: the daemon
 */
void peer_down(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	control_close(&peer->daemon.control);
	while (peer->serving)
		pthread_cond_wait(&peer->changed, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
}

/**
 * peer_release() - refuse the request that is held
 * @peer: the daemon
 */
void peer_release(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	if (peer->held)
		answer_error(peer->daemon.channel, &peer->request, EIO, UKS_E_INTERNAL);
	peer->held = false;
	pthread_mutex_unlock(&peer->lock);
}

/**
 * peer_service() - forget how the last input wanted to be answered
 * @peer: the daemon
 */
void peer_service(struct peer *peer)
{
	service_init(&peer->service);
	peer->service.result = give_result;
}
