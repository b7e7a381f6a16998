/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of libuks share and nobody else sees. */
#ifndef UKS_INTERNAL_H
#define UKS_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <libuks/uks.h>
#include <uks/attr.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

/* ---- error.c ---- */

int uks_fail(struct uks_err *err, int code, int errnum, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int uks_fail_errno(struct uks_err *err, int errnum, const char *what);
int uks_fail_outcome(struct uks_err *err, int errnum, const struct uks_outcome *outcome);
int uks_fail_protocol(struct uks_err *err, const char *what);

/* Here, so that whoever reads one file sees that it is never 0. */
static inline int uks_fail_memory(struct uks_err *err)
{
	uks_fail(err, UKS_E_NO_MEMORY, ENOMEM, NULL);
	return -UKS_E_NO_MEMORY;
}

/* ---- client.c ---- */

/**
 * struct uks_client - the door to the store
 * @door: the open file and the process that opened it, together, so that both
 *	change at once and a child never finds a lock held: pid << 32 | fd;
 *	0 before it is opened
 * @timeout: of each call, milliseconds, or 0
 */
struct uks_client {
	atomic_uint_least64_t door;
	atomic_uint_least32_t timeout;
};

int uks_client_fd(struct uks_client *client, struct uks_err *err);
uint64_t uks_deadline(uint32_t timeout);

/* ---- call.c ---- */

/**
 * struct uks_exchange - a request to the daemon and its answer
 * @request: attributes to send
 * @answer: attributes received
 * @room: bytes at @answer
 * @answer_len: bytes received
 * @fd: new session, or -1
 */
struct uks_exchange {
	struct uks_attrs request;
	uint8_t *answer;
	size_t room;
	size_t answer_len;
	int fd;
};

int uks_exchange_init(struct uks_exchange *ex, size_t material_len, struct uks_err *err);
int uks_exchange_key(struct uks_exchange *ex, const char *key, struct uks_err *err);
int uks_exchange_wrapping_key(struct uks_exchange *ex, const char *key, struct uks_err *err);
int uks_exchange_version(struct uks_exchange *ex, const char *key, uint32_t version,
			 struct uks_err *err);
int uks_exchange_method(struct uks_exchange *ex, uint32_t algorithm, uint32_t digest,
			const struct uks_parameters *parameters, struct uks_err *err);
int uks_exchange_name(struct uks_exchange *ex, uint16_t type, const char *name,
		      struct uks_err *err);
int uks_exchange_run(struct uks_exchange *ex, struct uks_client *client, unsigned long cmd,
		     struct uks_err *err);
int uks_exchange_bytes(const struct uks_exchange *ex, uint16_t type, const char *what,
		       void *out, size_t *out_len, struct uks_err *err);
void uks_exchange_free(struct uks_exchange *ex);

/* ---- policy-attr.c ---- */

int uks_exchange_policy(struct uks_exchange *ex, const struct uks_policy *policy,
			struct uks_err *err);
int uks_exchange_parameters(struct uks_exchange *ex, const struct uks_parameters *parameters,
			    struct uks_err *err);

/* ---- key.c ---- */

int uks_exchange_options(struct uks_exchange *ex, const struct uks_key_options *options,
			 struct uks_err *err);
void uks_exchange_pin(struct uks_exchange *ex, const struct uks_pin *pin);
void uks_exchange_material(struct uks_exchange *ex, const struct uks_material *material);
int uks_exchange_describe(struct uks_exchange *ex, struct uks_client *client, unsigned long cmd,
			  struct uks_key **out, struct uks_err *err);

/* ---- describe.c ---- */

struct uks_key *uks_key_alloc(size_t public_room);
int uks_key_fill(struct uks_key *key, size_t public_room, const void *payload, size_t len,
		 struct uks_err *err);

/* ---- session.c ---- */

/**
 * struct uks_session - a key opened for a purpose
 * @fd: its descriptor
 * @pid: the process that opened it
 * @nonce_len: bytes of nonce of its messages
 * @waits: its messages may have to wait for the daemon
 * @timeout: as in struct uks_client
 */
struct uks_session {
	int fd;
	pid_t pid;
	uint32_t nonce_len;
	bool waits;
	atomic_uint_least32_t timeout;
};

int uks_session_ioctl(struct uks_session *session, unsigned long cmd, void *arg,
		      const struct uks_outcome *outcome, struct uks_err *err);

#endif /* UKS_INTERNAL_H */
