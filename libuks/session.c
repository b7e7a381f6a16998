// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: a key opened for a purpose. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

static int put_open(struct uks_exchange *ex, const char *key, uint32_t purpose,
		    const struct uks_method *method, struct uks_err *err)
{
	int ret = uks_exchange_version(ex, key, method->version, err);

	if (ret)
		return ret;
	uks_attrs_put_u32(&ex->request, UKS_A_PURPOSES, purpose);
	if (method->flags)
		uks_attrs_put_u32(&ex->request, UKS_A_FLAGS, method->flags);
	if (method->pin && method->pin->pin)
		uks_attrs_put(&ex->request, UKS_A_PIN, method->pin->pin, method->pin->pin_len);
	return uks_exchange_method(ex, method->algorithm, method->digest, method->parameters,
				   err);
}

/* Asked for once, since each message wants to know. */
static int learn_info(struct uks_session *session, struct uks_err *err)
{
	struct uks_session_info info;
	int ret = uks_session_info(session, &info, err);

	if (ret)
		return ret;
	session->nonce_len = info.nonce_len;
	session->waits = info.remote || info.lease_flags & UKS_LEASE_COUNTED;
	return 0;
}

static int open_session(struct uks_client *client, const char *key, uint32_t purpose,
			const struct uks_method *method, struct uks_session *session,
			struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = put_open(&ex, key, purpose, method, err);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_SESSION_OPEN, err);
	uks_exchange_free(&ex);
	if (ret)
		return ret;
	session->fd = ex.fd;
	session->pid = getpid();
	atomic_init(&session->timeout,
		    atomic_load_explicit(&client->timeout, memory_order_relaxed));
	ret = learn_info(session, err);
	if (ret)
		close(session->fd);
	return ret;
}

int uks_session_open_with(struct uks_client *client, const char *key, uint32_t purpose,
			  const struct uks_method *method, struct uks_session **session,
			  struct uks_err *err)
{
	static const struct uks_method usual;
	struct uks_session *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return uks_fail_memory(err);
	ret = open_session(client, key, purpose, method ? method : &usual, new, err);
	if (ret)
		free(new);
	else
		*session = new;
	return ret;
}

int uks_session_open(struct uks_client *client, const char *key, uint32_t purpose,
		     uint32_t algorithm, uint32_t digest, struct uks_session **session,
		     struct uks_err *err)
{
	const struct uks_method method = { .algorithm = algorithm, .digest = digest };

	return uks_session_open_with(client, key, purpose, &method, session, err);
}

void uks_session_close(struct uks_session *session)
{
	if (!session)
		return;
	close(session->fd);
	free(session);
}

void uks_session_set_timeout(struct uks_session *session, uint32_t milliseconds)
{
	atomic_store_explicit(&session->timeout, milliseconds, memory_order_relaxed);
}

/*
 * The process is looked at only after the kernel refused: it knows, and asking
 * who we are would cost as much as a short message.
 */
int uks_session_ioctl(struct uks_session *session, unsigned long cmd, void *arg,
		      const struct uks_outcome *outcome, struct uks_err *err)
{
	if (!ioctl(session->fd, cmd, arg))
		return 0;
	if (errno == EACCES && session->pid != getpid())
		return uks_fail(err, UKS_E_NOT_OPENER, EACCES,
				"the session belongs to process %d, which opened it",
				session->pid);
	return uks_fail_outcome(err, errno, outcome);
}

int uks_session_info(struct uks_session *session, struct uks_session_info *info,
		     struct uks_err *err)
{
	int ret;

	*info = (struct uks_session_info){ .size = sizeof(*info) };
	ret = uks_session_ioctl(session, UKS_IOC_SESSION_INFO, info, NULL, err);
	/* The first module told no lengths: its two AEADs have the usual ones. */
	if (!ret && !info->nonce_len && (info->algorithm == UKS_ALG_AES_GCM ||
					 info->algorithm == UKS_ALG_CHACHA20_POLY1305)) {
		info->nonce_len = UKS_NONCE_LEN;
		info->tag_len = UKS_TAG_LEN;
	}
	return ret;
}
