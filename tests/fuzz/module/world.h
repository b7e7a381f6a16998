/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzzer's operations work on: clients, sessions, a daemon, threads. */
#ifndef FUZZ_MODULE_WORLD_H
#define FUZZ_MODULE_WORLD_H

#include <pthread.h>

#include "input.h"
#include "tests/kselftest/client.h"
#include "tests/kselftest/daemon.h"
#include "trace.h"

#define SLOTS		4
#define THREADS		3	/* who operates, who does so aside, the daemon */
#define PATIENCE_NS	50000000ULL	/* no call takes longer than that */
#define SHORT_NS	2000000ULL

/**
 * struct arena - memory of one thread; after each part comes none
 * @arg: struct of an ioctl
 * @in: message, attributes
 * @out: result
 * @aad: associated data
 * @nonce: nonce
 * @text: words of an error
 * @last: what the last message gave
 * @last_len: bytes at @last
 * @last_nonce: nonce of it
 */
struct arena {
	uint8_t *arg;
	uint8_t *in;
	uint8_t *out;
	uint8_t *aad;
	uint8_t *nonce;
	uint8_t *text;
	uint8_t *last;
	uint32_t last_len;
	uint8_t last_nonce[UKS_NONCE_MAX];
};

#define ARG_SIZE	4096
#define IN_SIZE		(1 << 18)
#define OUT_SIZE	(1 << 19)
#define SMALL_SIZE	4096
#define GUARD_SIZE	(1 << 20)

/**
 * struct profile - a kind of session
 * @cmd: the command that fits it
 * @purpose: enum uks_purpose
 * @algorithm: enum uks_algorithm
 * @key_len: bytes of key
 * @nonce_len: bytes of nonce
 * @digest: enum uks_digest that the kernel hashes with
 * @remote: the daemon does the work
 */
struct profile {
	unsigned long cmd;
	uint32_t purpose;
	uint32_t algorithm;
	uint32_t key_len;
	uint32_t nonce_len;
	uint32_t digest;
	bool remote;
};

/**
 * struct run - an ioctl that is ready to be made
 * @op: what it comes from
 * @fd: of which file
 * @cmd: command
 * @arena: memory
 * @profile: kind of the session, or NULL
 */
struct run {
	const struct op *op;
	int fd;
	unsigned long cmd;
	struct arena *arena;
	const struct profile *profile;
};

extern const struct profile profiles[];
extern const unsigned int profile_count;

int arena_init(struct arena *arena);
void form_call(struct run *run);
void form_message(struct run *run);
void patch_bytes(const struct op *op, uint8_t where, void *at, size_t len);

/**
 * struct peer - the daemon
 * @lock: over all of it
 * @changed: something of it did
 * @daemon: its sockets
 * @service: how it answers
 * @serving: the thread has a channel
 * @op: the operation that asks
 * @aside: a call is being made aside
 * @held: @request waits for an answer
 * @request: a request
 * @trace: of the thread
 */
struct peer {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct daemon daemon;
	struct service service;
	bool serving;
	const struct op *op;
	bool aside;
	bool held;
	struct request request;
	struct trace trace;
};

int peer_start(struct peer *peer);
int peer_up(struct peer *peer, bool patiently);
void peer_down(struct peer *peer);
int peer_write(struct peer *peer, int channel, const struct request *req, const struct op *op);
void peer_release(struct peer *peer);
void peer_service(struct peer *peer);

/**
 * struct world - everything
 * @peer: the daemon
 * @watch: a socket that is no daemon's and looks at the counters
 * @other: a second socket, opened when it is used
 * @client: files of the device
 * @session: sessions
 * @profile: what each was meant to be
 * @extra: a second channel
 * @taken: @request was read from it
 * @request: a request
 * @limits: parameters of the module were changed
 * @arena: memory of who operates, and who does so aside
 * @trace: of both
 */
struct world {
	struct peer peer;
	struct control watch;
	struct control other;
	int client[SLOTS];
	int session[SLOTS];
	const struct profile *profile[SLOTS];
	int extra;
	bool taken;
	struct request request;
	bool limits;
	struct arena arena[2];
	struct trace trace[2];
};

int aside_start(struct world *world);
void aside_run(struct world *world, const struct run *run);
void aside_join(struct world *world);
int run_make(const struct run *run);

int world_start(struct world *world);
int world_play(struct world *world, const struct input *input);

#endif /* FUZZ_MODULE_WORLD_H */
