// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the daemon does in sessions. */
#include <sodium.h>

#include "daemon/key-use.h"
#include "daemon/session.h"

int handle_use(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure)
{
	(void)out;
	return key_use_ahead(worker, request, failure);
}

int handle_sign(struct worker *worker, const struct request *request,
		struct uks_attrs *out, struct failure *failure)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	struct output output = { .bytes = signature, .size = sizeof(signature) };
	struct cached_key *cached;
	struct job job;
	int ret;

	if (session_job(request, &job, failure))
		return -1;
	cached = key_of_session(worker, request, UKS_PURPOSE_SIGN, failure);
	if (!cached)
		return -1;
	ret = worker->uksd->provider->perform(cached->private_key, &job, &output, failure);
	if (!ret)
		uks_attrs_put(out, UKS_A_SIGNATURE, signature, output.len);
	keycache_put(worker->uksd->cache, cached);
	return ret;
}

int handle_verify(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	struct cached_key *cached;
	struct job job;
	int ret;

	(void)out;
	if (session_job(request, &job, failure))
		return -1;
	cached = key_of_session(worker, request, UKS_PURPOSE_VERIFY, failure);
	if (!cached)
		return -1;
	ret = worker->uksd->provider->perform(cached->private_key, &job, NULL, failure);
	keycache_put(worker->uksd->cache, cached);
	return ret;
}
