// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opening a session: a lease, or the promise that the daemon does the work. */
#include <sodium.h>

#include "daemon/key/use.h"
#include "daemon/parameter.h"
#include "daemon/pin/pin.h"
#include "daemon/provider/provider-tpm.h"
#include "daemon/session.h"

#define NS	1000000000ULL

/* What is known about the session that is being opened. */
struct opening {
	const struct key_type *type;
	struct key_call call;
	struct policy policy;
	struct pin_use pin;
	struct uks_attr parameters[UKS_PARAM_MAX + 1];
	bool remote;
	bool kernel_hashes;
};

/* The kernel does the work if it can and the key may leave the daemon for it. */
static bool is_remote(const struct uksd *uksd, const struct opening *opening)
{
	const struct key_use *use = &opening->call.use;

	if (opening->type->asymmetric || use->purpose & (UKS_PURPOSE_DERIVE | UKS_PURPOSE_AGREE))
		return true;
	if (!(uksd->algorithms & UKS_BIT(use->algorithm)))
		return true;
	return use->algorithm == UKS_ALG_HMAC && !(uksd->digests & UKS_BIT(use->digest));
}

/* Only what is signed has a digest that can be computed elsewhere. */
static bool kernel_hashes(const struct uksd *uksd, const struct key_use *use)
{
	return use->purpose & (UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY) &&
	       (use->digest == UKS_DIGEST_GIVEN || uksd->digests & UKS_BIT(use->digest));
}

static int read_call(const struct request *request, const struct key *key,
		     struct opening *opening, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs, *blob = &attrs[UKS_A_PARAMETERS];
	struct key_use *use = &opening->call.use;
	const struct uks_row *row;

	opening->type = key_type_find(key->type, failure);
	if (!opening->type)
		return -1;
	opening->call.flags = uks_attr_u32(&attrs[UKS_A_FLAGS], 0);
	if (opening->call.flags & ~UKS_CALL_COMPROMISED)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning when a session is opened",
				   opening->call.flags);
	use->purpose = uks_attr_u32(&attrs[UKS_A_PURPOSES], 0);
	use->algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM],
				      uks_usual_algorithm(key->type, use->purpose));
	row = uks_row_find(key->type, use->algorithm);
	use->digest = uks_attr_u32(&attrs[UKS_A_DIGEST], row ? uks_row_digest(row) : 0);
	return parameters_parse(blob->value, blob->type ? blob->len : 0, opening->parameters,
				failure);
}

/* When the key's time ends, ns of CLOCK_BOOTTIME; 0 for never. */
static uint64_t key_end(const struct policy *policy)
{
	struct timespec boot, day;
	int64_t left;

	if (!policy->not_after)
		return 0;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &day);
	left = (int64_t)(policy->not_after - day.tv_sec) * (int64_t)NS - day.tv_nsec;
	if (policy->not_after - day.tv_sec > INT64_MAX / NS / 4)
		return 0;
	return boot.tv_sec * NS + boot.tv_nsec + (left > 0 ? left : 0);
}

/*
 * The session ends with the key's time, however the clock of the day is set meanwhile, and
 * with that of the PIN.
 */
static void put_end(const struct opening *opening, struct uks_attrs *out)
{
	uint64_t end = key_end(&opening->policy), pin_end = opening->pin.expires;

	if (pin_end && (!end || pin_end < end))
		end = pin_end;
	if (end)
		uks_attrs_put_u64(out, UKS_A_LEASE_EXPIRES, end);
	if (opening->pin.needed && opening->policy.pin == UKS_PIN_PER_USE)
		uks_attrs_put_u64(out, UKS_A_LEASE_USES, 1);
}

static void put_terms(const struct uksd *uksd, const struct opening *opening,
		      struct uks_attrs *out)
{
	const struct policy *policy = &opening->policy;
	const struct key_use *use = &opening->call.use;
	uint64_t idle = policy->idle ? policy->idle : uksd->config->session_idle;
	uint32_t flags = 0;

	if (policy->flags & UKS_POLICY_CALLER_NONCE && use->purpose == UKS_PURPOSE_ENCRYPT)
		flags |= UKS_LEASE_CALLER_NONCE;
	if (policy_counted(policy) && key_counted_by_kernel(use->algorithm, opening->remote))
		flags |= UKS_LEASE_COUNTED;
	if (flags)
		uks_attrs_put_u32(out, UKS_A_LEASE_FLAGS, flags);
	if (idle)
		uks_attrs_put_u64(out, UKS_A_IDLE, idle * NS);
	put_end(opening, out);
}

/* A length that is not the usual one. */
static void put_lengths(const struct opening *opening, struct uks_attrs *out)
{
	uint32_t algorithm = opening->call.use.algorithm;
	uint32_t nonce_len = parameters_nonce_len(algorithm, opening->parameters);
	uint32_t tag_len = parameters_tag_len(algorithm, opening->parameters);

	if (tag_len && nonce_len != UKS_NONCE_LEN)
		uks_attrs_put_u32(out, UKS_A_NONCE_LEN, nonce_len);
	if (tag_len && tag_len != UKS_TAG_LEN)
		uks_attrs_put_u32(out, UKS_A_TAG_LEN, tag_len);
}

/* See session_job(). */
static int put_parameters(const struct opening *opening, const struct uks_attr *blob,
			  struct uks_attrs *out, struct failure *failure)
{
	const struct key_use *use = &opening->call.use;
	uint32_t digest = opening->kernel_hashes ? 0 : use->digest;
	size_t len = blob->type ? blob->len : 0, head = sizeof(digest);
	uint8_t *at;

	if (opening->pin.needed) {
		digest |= SESSION_TICKET;
		head += PIN_TICKET_LEN;
	}
	if (!opening->remote || (!len && !digest))
		return 0;
	if (len > UKS_PARAMETERS_MAX - head)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "the parameters are longer than %zu bytes",
				   UKS_PARAMETERS_MAX - head);
	at = uks_attrs_reserve(out, UKS_A_PARAMETERS, head + len);
	if (at) {
		memcpy(at, &digest, sizeof(digest));
		memcpy(at + sizeof(digest), opening->pin.ticket, head - sizeof(digest));
		if (len)
			memcpy(at + head, blob->value, len);
	}
	return 0;
}

/* What the kernel is to hash before the message. */
static int put_prefix(struct worker *worker, struct cached_key *cached,
		      const struct opening *opening, struct uks_attrs *out,
		      struct failure *failure)
{
	struct job job = { .use = opening->call.use, .hashed = true };
	uint8_t prefix[UKS_PREFIX_MAX];
	struct output output = { .bytes = prefix, .size = sizeof(prefix) };

	if (!opening->kernel_hashes || opening->call.use.digest == UKS_DIGEST_GIVEN)
		return 0;
	memcpy(job.parameters, opening->parameters, sizeof(job.parameters));
	if (worker->uksd->provider->prefix(cached->private_key, &job, &output, failure))
		return -1;
	if (output.len)
		uks_attrs_put(out, UKS_A_PREFIX, prefix, output.len);
	return 0;
}

/* A key with a PIN is in no cache: others need its PIN, too. */
static struct cached_key *ready_alone(struct worker *worker, const struct opening *opening,
				      size_t len, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct private_key *private_key;
	struct cached_key *alone;

	if (key_load(worker, key, worker->secret, len, &opening->pin.code, &private_key, failure))
		return NULL;
	alone = keycache_alone(worker->uksd->cache, key, private_key);
	if (!alone)
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	return alone;
}

/* The key stays here: make it ready, so that a damaged one is noticed now. */
static int get_ready(struct worker *worker, const struct opening *opening, size_t len,
		     struct uks_attrs *out, struct failure *failure)
{
	struct keycache *cache = worker->uksd->cache;
	const struct key *key = &worker->record.key;
	struct cached_key *cached;
	int ret;

	cached = keycache_get(cache, key->id, key->version);
	if (!cached && key->pin_len)
		cached = ready_alone(worker, opening, len, failure);
	else if (!cached)
		cached = key_ready(worker, failure);
	if (!cached)
		return -1;
	ret = put_prefix(worker, cached, opening, out, failure);
	keycache_put(cache, cached);
	return ret;
}

static int describe(struct worker *worker, const struct request *request,
		    const struct opening *opening, struct uks_attrs *out, struct failure *failure)
{
	const struct key_use *use = &opening->call.use;
	const struct key *key = &worker->record.key;

	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_ALGORITHM, use->algorithm);
	if (use->digest && (!opening->remote || opening->kernel_hashes))
		uks_attrs_put_u32(out, UKS_A_DIGEST, use->digest);
	put_terms(worker->uksd, opening, out);
	put_lengths(opening, out);
	return put_parameters(opening, &request->attrs[UKS_A_PARAMETERS], out, failure);
}

/* With the secret open, which proves all that is decided upon. */
static int open_session(struct worker *worker, const struct request *request, size_t len,
			struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct opening opening = { 0 };
	const struct key_use *use = &opening.call.use;

	if (read_call(request, key, &opening, failure) ||
	    key_permit(worker, request, key, &opening.call, &opening.policy, failure) ||
	    parameters_check(use, opening.parameters, failure))
		return -1;
	if (use->purpose & (UKS_PURPOSE_WRAP | UKS_PURPOSE_UNWRAP))
		return failure_set(failure, UKS_E_BAD_PURPOSE,
				   "keys are wrapped and unwrapped one by one, not in a session");
	opening.remote = is_remote(worker->uksd, &opening);
	opening.kernel_hashes = kernel_hashes(worker->uksd, use);
	if (pin_give(worker, request, key, &opening.policy, use->purpose, &len, &opening.pin,
		     failure) ||
	    describe(worker, request, &opening, out, failure))
		return -1;
	if (opening.remote)
		return get_ready(worker, &opening, len, out, failure);
	uks_attrs_put(out, UKS_A_KEY_MATERIAL, worker->secret, len);
	return 0;
}

int handle_session_open(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	size_t len;
	int ret;

	if (key_find_to_use(worker, request, failure) || key_open(worker, &len, failure))
		return -1;
	ret = open_session(worker, request, len, out, failure);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}
