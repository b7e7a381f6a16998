/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The far side of the kernel's protocol, under the command of a test: registers,
 * opens channels, reads requests, and answers them well or as badly as it is told.
 */
#ifndef KSELFTEST_DAEMON_H
#define KSELFTEST_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>

#include "control.h"

#define SERVICE_OP_MAX	UKS_OP_PROVISION

/**
 * struct daemon - a registered daemon
 * @control: its socket, whose end is the daemon's
 * @channel: its first channel
 * @features: what was agreed when it registered
 * @algorithms: what the kernel says it runs
 * @digests: what the kernel says it hashes
 * @thread: serves @channel, after daemon_serve()
 * @serving: there is a @thread
 * @arg: the service
 */
struct daemon {
	struct control control;
	int channel;
	uint64_t features;
	uint64_t algorithms;
	uint64_t digests;
	pthread_t thread;
	bool serving;
	void *arg;
};

/**
 * struct request - a request that was read
 * @header: its header
 * @body: identity and payload
 * @identity: attributes of the identity, by type
 * @attr: attributes of the payload, by type
 */
struct request {
	struct uks_request_header header;
	uint8_t body[2 * UKS_PAYLOAD_MAX];
	struct uks_attr identity[UKS_A_MAX + 1];
	struct uks_attr attr[UKS_A_MAX + 1];
};

/**
 * struct answer - an answer to be written
 * @header: its header
 * @buf: attributes
 * @attrs: the writer of @buf
 */
struct answer {
	struct uks_answer_header header;
	uint8_t buf[UKS_PAYLOAD_MAX + 4096];
	struct uks_attrs attrs;
};

/**
 * struct service - a daemon that grants what it is told to
 * @key_id: the key of every session
 * @key: its bytes
 * @key_len: bytes at @key
 * @algorithm: what a session may do; 0 lets its purpose decide
 * @key_type: type of the key, which bounds the results of a private one
 * @digest: for signatures, and of a MAC if @mac_digest
 * @mac_digest: HMAC has @digest
 * @remote: keep the key and do the work here
 * @parameters: what comes with each request of a session
 * @parameters_len: bytes at @parameters
 * @prefix_len: bytes of 'p' to be hashed before each message
 * @nonce_len: lengths of an AEAD, 0 for the usual
 * @tag_len: likewise
 * @idle_ns: idle time of sessions, 0 for none
 * @lease_flags: enum uks_lease_flag
 * @limited: @uses is given
 * @uses: how many messages a lease permits
 * @expires: when it ends, CLOCK_BOOTTIME; 0 is never
 * @error: refuse everything with this errno value, or 0
 * @error_op: refuse only this operation; 0 for all
 * @code: enum uks_error of the refusal
 * @text: words of the refusal, or NULL
 * @seen: requests of each operation so far
 * @message: what was last to be signed or verified
 * @message_len: bytes at @message
 * @asked: algorithm and digest of it, the purpose, and what else came with it
 * @nonce: vector or counter block of the last blocks
 * @longest: greatest message so far
 * @result: how to work on messages that are neither signed nor verified; NULL
 *	gives back the message turned around
 * @signature: what was last to be verified
 * @signature_given: bytes at @signature
 * @signature_len: bytes of signatures it makes
 */
struct service {
	uint8_t key_id[UKS_KEY_ID_LEN];
	uint8_t key[UKS_LEASE_MATERIAL_MAX];
	uint32_t key_len;
	uint32_t algorithm;
	uint32_t key_type;
	uint32_t digest;
	bool mac_digest;
	bool remote;
	uint8_t parameters[UKS_PARAMETERS_MAX];
	uint32_t parameters_len;
	uint32_t prefix_len;
	uint32_t nonce_len;
	uint32_t tag_len;
	uint64_t idle_ns;
	uint32_t lease_flags;
	bool limited;
	uint64_t uses;
	uint64_t expires;
	uint32_t error;
	uint32_t error_op;
	uint32_t code;
	const char *text;
	atomic_uint seen[SERVICE_OP_MAX + 1];
	uint8_t message[UKS_MESSAGE_MAX];
	uint32_t message_len;
	struct {
		uint32_t algorithm, digest, purpose, count;
		uint32_t parameters_len;
		uint8_t parameters[UKS_PARAMETERS_MAX];
	} asked;
	uint8_t nonce[UKS_NONCE_MAX];
	uint32_t longest;
	void (*result)(struct service *service, const struct request *req, struct uks_attrs *out);
	uint8_t signature[UKS_SIGNATURE_MAX];
	uint32_t signature_given;
	uint32_t signature_len;
};

int daemon_register(struct daemon *daemon);
int daemon_channel(struct daemon *daemon);
int daemon_start(struct daemon *daemon);
void daemon_stop(struct daemon *daemon);
int daemon_read(int channel, struct request *req);
void answer_init(struct answer *answer, const struct request *req);
int answer_write(int channel, struct answer *answer);
int answer_empty(int channel, const struct request *req);
int answer_error(int channel, const struct request *req, uint32_t error, uint32_t code);
int daemon_serve(struct daemon *daemon, struct service *service);
void service_init(struct service *service);
void service_answer(struct service *service, const struct request *req, struct answer *answer);
unsigned int service_seen(struct service *service);

#endif /* KSELFTEST_DAEMON_H */
