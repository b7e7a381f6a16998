// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

/**
 * daemon_register() - become the daemon
 * @daemon: filled in, without a channel
 *
 * Return: 0 or a negative errno value.
 */
int daemon_register(struct daemon *daemon)
{
	struct control_reply reply;
	struct uks_attrs attrs;
	uint8_t buf[16];
	int ret;

	memset(daemon, 0, sizeof(*daemon));
	daemon->channel = -1;
	ret = control_open(&daemon->control);
	if (ret)
		return ret;
	uks_attrs_init(&attrs, buf, sizeof(buf));
	uks_attrs_put_u64(&attrs, UKS_NL_A_FEATURES, ~0ULL);
	ret = control_call(&daemon->control, UKS_NL_CMD_REGISTER, &attrs, &reply);
	if (ret) {
		control_close(&daemon->control);
		return ret;
	}
	daemon->features = uks_attr_u64(&reply.attr[UKS_NL_A_FEATURES], 0);
	daemon->algorithms = uks_attr_u64(&reply.attr[UKS_NL_A_ALGORITHMS], 0);
	daemon->digests = uks_attr_u64(&reply.attr[UKS_NL_A_DIGESTS], 0);
	return 0;
}

/**
 * daemon_channel() - open a channel
 * @daemon: a registered daemon
 *
 * Return: its file descriptor or a negative errno value.
 */
int daemon_channel(struct daemon *daemon)
{
	struct control_reply reply;
	int ret = control_call(&daemon->control, UKS_NL_CMD_CHANNEL, NULL, &reply);

	return ret ?: (int)uks_attr_u32(&reply.attr[UKS_NL_A_CHANNEL_FD], -ENODATA);
}

/**
 * daemon_start() - become the daemon, with one channel
 * @daemon: filled in
 *
 * Waits for the end of one that was killed just before.
 *
 * Return: 0 or a negative errno value.
 */
int daemon_start(struct daemon *daemon)
{
	time_t end = time(NULL) + CONTROL_WAIT_MS / 1000;
	int ret;

	while ((ret = daemon_register(daemon)) == -EBUSY && time(NULL) <= end)
		sched_yield();
	if (ret)
		return ret;
	daemon->channel = daemon_channel(daemon);
	return daemon->channel < 0 ? daemon->channel : 0;
}

/**
 * daemon_stop() - be the daemon no longer
 * @daemon: the daemon
 *
 * When the socket is closed, a read of the channel that waits gets EPIPE, which
 * ends the thread.
 */
void daemon_stop(struct daemon *daemon)
{
	control_close(&daemon->control);
	if (daemon->serving)
		pthread_join(daemon->thread, NULL);
	daemon->serving = false;
	if (daemon->channel >= 0)
		close(daemon->channel);
	daemon->channel = -1;
}

/**
 * daemon_read() - read a request
 * @channel: where
 * @req: the request
 *
 * Return: 0 or a negative errno value; -EBADMSG when it is not well made.
 */
int daemon_read(int channel, struct request *req)
{
	ssize_t len = read(channel, req, sizeof(req->header) + sizeof(req->body));
	const struct uks_request_header *header = &req->header;

	if (len < 0)
		return -errno;
	if ((size_t)len < sizeof(*header) || header->len != (size_t)len || header->reserved ||
	    header->len != sizeof(*header) + header->identity_len + header->payload_len)
		return -EBADMSG;
	return uks_attrs_parse(req->body, header->identity_len, req->identity) ?:
	       uks_attrs_parse(req->body + header->identity_len, header->payload_len, req->attr);
}

/**
 * answer_init() - begin an answer
 * @answer: the answer
 * @req: what it answers
 */
void answer_init(struct answer *answer, const struct request *req)
{
	answer->header = (struct uks_answer_header){ .id = req->header.id };
	uks_attrs_init(&answer->attrs, answer->buf, sizeof(answer->buf));
}

/**
 * answer_write() - write an answer
 * @channel: where
 * @answer: the answer; its length is filled in
 *
 * Return: 0 or a negative errno value.
 */
int answer_write(int channel, struct answer *answer)
{
	size_t len = sizeof(answer->header) + answer->attrs.len;
	ssize_t written;

	if (answer->attrs.error)
		return answer->attrs.error;
	answer->header.len = len;
	written = write(channel, answer, len);
	return written < 0 ? -errno : written == (ssize_t)len ? 0 : -EIO;
}

/**
 * answer_empty() - answer that it is done
 * @channel: where
 * @req: what was asked
 *
 * Return: 0 or a negative errno value.
 */
int answer_empty(int channel, const struct request *req)
{
	return answer_error(channel, req, 0, 0);
}

/**
 * answer_error() - refuse
 * @channel: where
 * @req: what was asked
 * @error: errno value
 * @code: enum uks_error
 *
 * Return: 0 or a negative errno value.
 */
int answer_error(int channel, const struct request *req, uint32_t error, uint32_t code)
{
	struct uks_answer_header header = {
		.len = sizeof(header),
		.id = req->header.id,
		.error = error,
		.code = code,
	};

	return write(channel, &header, sizeof(header)) < 0 ? -errno : 0;
}

/**
 * service_init() - a service with a key of 32 bytes
 * @service: filled in
 */
void service_init(struct service *service)
{
	memset(service, 0, sizeof(*service));
	memset(service->key_id, 0x1d, sizeof(service->key_id));
	memset(service->key, 0x42, sizeof(service->key));
	service->key_len = 32;
	service->key_type = UKS_KEY_EC_P256;
	service->digest = UKS_DIGEST_SHA256;
	service->signature_len = 70;
}

static uint32_t algorithm_for(uint32_t purpose)
{
	switch (purpose) {
	case UKS_PURPOSE_ENCRYPT:
	case UKS_PURPOSE_DECRYPT:
		return UKS_ALG_AES_GCM;
	case UKS_PURPOSE_MAC:
	case UKS_PURPOSE_MAC_VERIFY:
		return UKS_ALG_HMAC;
	}
	return UKS_ALG_ECDSA;
}

static void service_grant_more(const struct service *service, struct uks_attrs *out)
{
	if (service->parameters_len)
		uks_attrs_put(out, UKS_A_PARAMETERS, service->parameters,
			      service->parameters_len);
	if (service->prefix_len)
		memset(uks_attrs_reserve(out, UKS_A_PREFIX, service->prefix_len), 'p',
		       service->prefix_len);
	if (service->nonce_len)
		uks_attrs_put_u32(out, UKS_A_NONCE_LEN, service->nonce_len);
	if (service->tag_len)
		uks_attrs_put_u32(out, UKS_A_TAG_LEN, service->tag_len);
	if (service->idle_ns)
		uks_attrs_put_u64(out, UKS_A_IDLE, service->idle_ns);
	if (service->limited)
		uks_attrs_put_u64(out, UKS_A_LEASE_USES, service->uses);
	if (service->expires)
		uks_attrs_put_u64(out, UKS_A_LEASE_EXPIRES, service->expires);
}

static void service_grant(const struct service *service, const struct request *req,
			  struct uks_attrs *out)
{
	uint32_t algorithm = service->algorithm ?:
			     algorithm_for(uks_attr_u32(&req->attr[UKS_A_PURPOSES], 0));

	uks_attrs_put(out, UKS_A_KEY_ID, service->key_id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(out, UKS_A_ALGORITHM, algorithm);
	service_grant_more(service, out);
	if (algorithm == UKS_ALG_ED25519)
		return;
	if (algorithm == UKS_ALG_ECDSA)
		uks_attrs_put_u32(out, UKS_A_KEY_TYPE, service->key_type);
	if ((algorithm == UKS_ALG_ECDSA || service->mac_digest) && service->digest)
		uks_attrs_put_u32(out, UKS_A_DIGEST, service->digest);
	uks_attrs_put_u32(out, UKS_A_LEASE_FLAGS, service->lease_flags);
	if (algorithm == UKS_ALG_ECDSA || service->remote)
		return;
	uks_attrs_put(out, UKS_A_KEY_MATERIAL, service->key, service->key_len);
}

/* What came with a request of a session. */
static void service_note(struct service *service, const struct request *req)
{
	const struct uks_attr *message = &req->attr[UKS_A_MESSAGE];
	const struct uks_attr *parameters = &req->attr[UKS_A_PARAMETERS];
	const struct uks_attr *nonce = &req->attr[UKS_A_NONCE];

	service->message_len = message->len;
	if (message->len > service->longest)
		service->longest = message->len;
	memcpy(service->message, message->value, message->len);
	memcpy(service->nonce, nonce->value, nonce->len);
	service->asked.algorithm = uks_attr_u32(&req->attr[UKS_A_ALGORITHM], 0);
	service->asked.digest = uks_attr_u32(&req->attr[UKS_A_DIGEST], 0);
	service->asked.purpose = uks_attr_u32(&req->attr[UKS_A_PURPOSES], 0);
	service->asked.count = uks_attr_u32(&req->attr[UKS_A_COUNT], 0);
	service->asked.parameters_len = parameters->len;
	memcpy(service->asked.parameters, parameters->value, parameters->len);
}

static void service_work(struct service *service, const struct request *req,
			 struct uks_attrs *out)
{
	uint8_t *result;
	uint32_t i;

	service_note(service, req);
	if (service->result) {
		service->result(service, req, out);
		return;
	}
	result = uks_attrs_reserve(out, UKS_A_RESULT, service->message_len);
	for (i = 0; result && i < service->message_len; i++)
		result[i] = service->message[service->message_len - 1 - i];
}

static void service_sign(struct service *service, const struct request *req,
			 struct uks_attrs *out)
{
	void *signature;

	service_note(service, req);
	if (req->header.op == UKS_OP_VERIFY) {
		const struct uks_attr *given = &req->attr[UKS_A_SIGNATURE];

		service->signature_given = given->len;
		memcpy(service->signature, given->value, given->len);
		return;
	}
	signature = uks_attrs_reserve(out, UKS_A_SIGNATURE, service->signature_len);
	if (signature)
		memset(signature, 0x5a, service->signature_len);
}

/**
 * service_answer() - compose the answer of a service
 * @service: the service
 * @req: what is asked
 * @answer: the answer
 */
void service_answer(struct service *service, const struct request *req, struct answer *answer)
{
	struct uks_attrs *out = &answer->attrs;

	answer_init(answer, req);
	atomic_fetch_add(&service->seen[req->header.op], 1);
	if (service->error && (!service->error_op || service->error_op == req->header.op)) {
		answer->header.error = service->error;
		answer->header.code = service->code;
		if (service->text)
			uks_attrs_put_string(out, UKS_A_ERROR_TEXT, service->text);
		return;
	}
	switch (req->header.op) {
	case UKS_OP_STATUS:
		uks_attrs_put_string(out, UKS_A_DAEMON_VERSION, "kselftest");
		break;
	case UKS_OP_SESSION_OPEN:
		service_grant(service, req, out);
		break;
	case UKS_OP_KEY_EXPORT_PUBLIC:
		uks_attrs_put(out, UKS_A_PUBLIC_KEY, service->key, 32);
		break;
	case UKS_OP_KEY_WRAP:
		uks_attrs_put(out, UKS_A_WRAPPED, service->key, 32);
		break;
	case UKS_OP_KEY_VERSIONS:
		uks_attrs_nest_end(out, uks_attrs_nest(out, UKS_A_KEY));
		break;
	case UKS_OP_KEY_GENERATE:
	case UKS_OP_KEY_IMPORT:
	case UKS_OP_KEY_SHOW:
	case UKS_OP_KEY_AGREE:
	case UKS_OP_KEY_DERIVE:
	case UKS_OP_KEY_UNWRAP:
	case UKS_OP_KEY_ROTATE:
	case UKS_OP_KEY_SET_STATE:
	case UKS_OP_KEY_SET_POLICY:
	case UKS_OP_KEY_RESTORE:
		uks_attrs_put(out, UKS_A_KEY_ID, service->key_id, UKS_KEY_ID_LEN);
		break;
	case UKS_OP_KEY_LIST:
		uks_attrs_put_string(out, UKS_A_CURSOR, "last");
		break;
	case UKS_OP_KEY_ATTEST:
		uks_attrs_put(out, UKS_A_RESULT, service->key, 32);
		break;
	case UKS_OP_AUDIT:
		uks_attrs_put_string(out, UKS_A_CURSOR, "last");
		break;
	case UKS_OP_SIGN:
	case UKS_OP_VERIFY:
		service_sign(service, req, out);
		break;
	case UKS_OP_USE:
		service_note(service, req);
		break;
	case UKS_OP_ENCRYPT:
	case UKS_OP_DECRYPT:
	case UKS_OP_MAC:
	case UKS_OP_AGREE:
	case UKS_OP_DERIVE:
		service_work(service, req, out);
		break;
	}
}

static void *serve(void *arg)
{
	struct daemon *daemon = arg;
	struct answer *answer = malloc(sizeof(*answer));
	struct request *req = malloc(sizeof(*req));

	if (!answer || !req)
		abort();
	while (!daemon_read(daemon->channel, req)) {
		service_answer(daemon->arg, req, answer);
		/* Refused answers show as clients that wait in vain. */
		answer_write(daemon->channel, answer);
	}
	free(req);
	free(answer);
	return NULL;
}

/**
 * daemon_serve() - answer all requests in a thread of its own
 * @daemon: a daemon with a channel
 * @service: how to answer
 *
 * Return: 0 or a negative errno value.
 */
int daemon_serve(struct daemon *daemon, struct service *service)
{
	daemon->arg = service;
	daemon->serving = !pthread_create(&daemon->thread, NULL, serve, daemon);
	return daemon->serving ? 0 : -EAGAIN;
}

/**
 * service_seen() - how many requests has a service had?
 * @service: the service
 *
 * Return: the number.
 */
unsigned int service_seen(struct service *service)
{
	unsigned int op, sum = 0;

	for (op = 0; op <= SERVICE_OP_MAX; op++)
		sum += atomic_load(&service->seen[op]);
	return sum;
}
