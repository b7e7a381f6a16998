/* SPDX-License-Identifier: GPL-2.0 */
/* Callers of /dev/uks: ioctls, threads that wait in one, people of other user ids. */
#ifndef KSELFTEST_CLIENT_H
#define KSELFTEST_CLIENT_H

#include <pthread.h>
#include <stdlib.h>
#include <sys/types.h>

#include <uks/attr.h>

#define ALICE	3001
#define BOB	3002

/**
 * struct caller - a thread that waits in a call to the daemon
 * @thread: the thread
 * @client: its client
 * @cmd: UKS_IOC_*
 * @call: its argument
 * @in: payload
 * @out: room for the answer
 * @text: room for the error's text
 * @ret: what the call returned: 0 or a negative errno value
 */
struct caller {
	pthread_t thread;
	int client;
	unsigned long cmd;
	struct uks_call call;
	uint8_t in[1024];
	uint8_t out[UKS_PAYLOAD_MAX];
	char text[UKS_TEXT_MAX];
	int ret;
};

/**
 * struct cipher_text - an AEAD message
 * @text: plaintext, or ciphertext with its tag
 * @len: bytes at @text
 * @aad: associated data
 * @aad_len: bytes at @aad
 * @nonce: nonce
 */
struct cipher_text {
	uint8_t *text;
	uint32_t len;
	uint8_t *aad;
	uint32_t aad_len;
	uint8_t nonce[UKS_NONCE_LEN];
};

static inline uint64_t ptr(const void *at)
{
	return (uintptr_t)at;
}

int uks(int fd, unsigned long cmd, void *arg);
int client_open(void);
void caller_init(struct caller *caller, int client, unsigned long cmd);
int caller_run(struct caller *caller);
int caller_start(struct caller *caller);
int caller_join(struct caller *caller);
int session_open(int client, uint32_t purpose);
int session_encrypt(int session, uint32_t flags, struct cipher_text *in, struct cipher_text *out);
int session_decrypt(int session, struct cipher_text *in, struct cipher_text *out);
int session_mac(int session, const void *in, uint32_t in_len, uint8_t *mac);
int64_t sysfs(const char *name);
int sysfs_wait(const char *name, int64_t value);
int parameter_get(const char *name, char *value, size_t size);
int parameter_set(const char *name, const char *value);
uint64_t now_ns(void);
int become(uid_t uid);
pid_t fork_child(int (*fn)(void *arg), void *arg);
int wait_child(pid_t pid);
int run_child(int (*fn)(void *arg), void *arg);

#endif /* KSELFTEST_CLIENT_H */
