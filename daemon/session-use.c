// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the daemon does in sessions. */
#include "daemon/key/use.h"
#include "daemon/session.h"

int handle_use(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure)
{
	(void)out;
	return key_use_ahead(worker, request, failure);
}

/* What is agreed or derived comes out only if the key's policy does not keep it inside. */
static int check_kept(const struct key *key, uint32_t purpose, struct failure *failure)
{
	struct policy policy;

	if (!(purpose & (UKS_PURPOSE_AGREE | UKS_PURPOSE_DERIVE)))
		return 0;
	if (policy_of(key, &policy, failure))
		return -1;
	if (!(policy.flags & UKS_POLICY_KEEP_INSIDE))
		return 0;
	return failure_set(failure, UKS_E_KEPT_INSIDE,
			   "what key '%s' gives stays inside: keep it as a new key instead",
			   key->name);
}

/* To verify a MAC is to compute it: the kernel compares. */
static int session_perform(struct worker *worker, const struct request *request, struct job *job,
			   struct output *output, uint32_t purposes, struct failure *failure)
{
	struct cached_key *cached;
	int ret;

	if (session_job(request, job, failure))
		return -1;
	cached = key_of_session(worker, request, purposes, failure);
	if (!cached)
		return -1;
	if (job->use.purpose == UKS_PURPOSE_MAC_VERIFY)
		job->use.purpose = UKS_PURPOSE_MAC;
	ret = check_kept(&cached->key, job->use.purpose, failure);
	if (!ret)
		ret = worker->uksd->provider->perform(cached->private_key, job, output, failure);
	keycache_put(worker->uksd->cache, cached);
	return ret;
}

/* The result is written where it goes: no copy of it is left elsewhere. */
static int session_result(struct worker *worker, const struct request *request,
			  struct uks_attrs *out, uint32_t purposes, struct failure *failure)
{
	size_t room = out->size - out->len;
	struct output output = { .bytes = out->buf + out->len + NLA_HDRLEN };
	struct job job;

	output.size = room > NLA_HDRLEN ? room - NLA_HDRLEN : 0;
	if (output.size > UKS_MESSAGE_MAX)
		output.size = UKS_MESSAGE_MAX;
	if (session_perform(worker, request, &job, &output, purposes, failure))
		return -1;
	uks_attrs_reserve(out, UKS_A_RESULT, output.len);
	if (job.nonce_len)
		uks_attrs_put(out, UKS_A_NONCE, job.nonce, job.nonce_len);
	return 0;
}

int handle_encrypt(struct worker *worker, const struct request *request,
		   struct uks_attrs *out, struct failure *failure)
{
	return session_result(worker, request, out, UKS_PURPOSE_ENCRYPT, failure);
}

int handle_decrypt(struct worker *worker, const struct request *request,
		   struct uks_attrs *out, struct failure *failure)
{
	return session_result(worker, request, out, UKS_PURPOSE_DECRYPT, failure);
}

int handle_mac(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure)
{
	return session_result(worker, request, out, UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY,
			      failure);
}

int handle_agree(struct worker *worker, const struct request *request,
		 struct uks_attrs *out, struct failure *failure)
{
	return session_result(worker, request, out, UKS_PURPOSE_AGREE, failure);
}

int handle_derive(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	return session_result(worker, request, out, UKS_PURPOSE_DERIVE, failure);
}

int handle_sign(struct worker *worker, const struct request *request,
		struct uks_attrs *out, struct failure *failure)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	struct output output = { .bytes = signature, .size = sizeof(signature) };
	struct job job;

	if (session_perform(worker, request, &job, &output, UKS_PURPOSE_SIGN, failure))
		return -1;
	uks_attrs_put(out, UKS_A_SIGNATURE, signature, output.len);
	return 0;
}

int handle_verify(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	struct job job;

	(void)out;
	return session_perform(worker, request, &job, NULL, UKS_PURPOSE_VERIFY, failure);
}
