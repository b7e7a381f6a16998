// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: a key opened for a purpose. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

int uks_session_open(struct uks_client *client, const char *key, uint32_t purpose,
		     uint32_t algorithm, uint32_t digest, struct uks_session **session,
		     struct uks_err *err)
{
	struct uks_session *new = calloc(1, sizeof(*new));
	struct uks_exchange ex;
	int ret;

	if (!new)
		return uks_fail_memory(err);
	ret = uks_exchange_init(&ex, 0, err);
	if (ret)
		goto out_free;
	ret = uks_exchange_key(&ex, key, err);
	if (ret)
		goto out;
	uks_attrs_put_u32(&ex.request, UKS_A_PURPOSES, purpose);
	if (algorithm)
		uks_attrs_put_u32(&ex.request, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&ex.request, UKS_A_DIGEST, digest);
	ret = uks_exchange_run(&ex, client, UKS_IOC_SESSION_OPEN, err);
	if (ret)
		goto out;
	new->fd = ex.fd;
	new->pid = getpid();
	atomic_init(&new->timeout, atomic_load_explicit(&client->timeout, memory_order_relaxed));
	*session = new;
out:
	uks_exchange_free(&ex);
out_free:
	if (ret)
		free(new);
	return ret;
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
	*info = (struct uks_session_info){ .size = sizeof(*info) };
	return uks_session_ioctl(session, UKS_IOC_SESSION_INFO, info, NULL, err);
}
