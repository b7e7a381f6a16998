// SPDX-License-Identifier: LGPL-2.1-or-later
/* The counter and the anchor. */
#include <endian.h>
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_esys.h>

#include "tpm/nv-index.h"

#define ATTRIBUTES (TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA)
#define NV_TYPE(type) ((TPMA_NV)(type) << TPMA_NV_TPM2_NT_SHIFT)

/* One call on one index. */
struct call {
	struct uks_tpm_index index;
	TPMA_NV type;
	UINT16 size;
	TPM2B_AUTH auth;
	uint64_t target;
	const uint8_t *before;
	const uint8_t *digest;
	uint64_t value;			/* of a counter, in the end */
	uint8_t head[UKS_TPM_HASH_LEN];	/* of an anchor, in the end */
};

static void begin(struct call *call, const uint8_t *auth)
{
	call->auth.size = UKS_TPM_AUTH_LEN;
	memcpy(call->auth.buffer, auth, UKS_TPM_AUTH_LEN);
	/* The TPM takes zeros off the end (Part 1, 19.6.4.3), tpm2-tss does not. */
	while (call->auth.size && !call->auth.buffer[call->auth.size - 1])
		call->auth.size--;
}

static void end(struct call *call)
{
	sodium_memzero(&call->auth, sizeof(call->auth));
}

static int count_up(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv,
		    struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_Increment(tpm->esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE);
	} while (uks_tpm_again(rc, &tries));
	return rc ? uks_tpm_fail_auth(error, rc, "cannot increment the counter") : 0;
}

static int add_digest(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv, const uint8_t *digest,
		      struct uks_tpm_error *error)
{
	TPM2B_MAX_NV_BUFFER data = { .size = UKS_TPM_HASH_LEN };
	unsigned int tries = 0;
	TSS2_RC rc;

	memcpy(data.buffer, digest, UKS_TPM_HASH_LEN);
	do {
		rc = Esys_NV_Extend(tpm->esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	} while (uks_tpm_again(rc, &tries));
	return rc ? uks_tpm_fail_auth(error, rc, "cannot extend the anchor") : 0;
}

static int read_value(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv, struct call *call,
		      struct uks_tpm_error *error)
{
	uint64_t value;

	if (call->type == NV_TYPE(TPM2_NT_EXTEND))
		return uks_tpm_nv_read(tpm, nv, nv, session, call->head, sizeof(call->head),
				       error);
	if (uks_tpm_nv_read(tpm, nv, nv, session, &value, sizeof(value), error))
		return -1;
	call->value = be64toh(value);
	return 0;
}

/* What makes an index exist for reading: its first write. */
static int write_first(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv, const struct call *call,
		       struct uks_tpm_error *error)
{
	static const uint8_t zero[UKS_TPM_HASH_LEN];

	if (call->type == NV_TYPE(TPM2_NT_EXTEND))
		return add_digest(tpm, session, nv, zero, error);
	return count_up(tpm, session, nv, error);
}

static int define(struct uks_tpm *tpm, ESYS_TR session, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	const TPMS_NV_PUBLIC public = {
		.nvIndex = call->index.handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = call->type | ATTRIBUTES,
		.dataSize = call->size,
	};
	bool written;
	ESYS_TR nv;
	int ret;

	ret = uks_tpm_nv_make(tpm, session, &public, &call->auth, &nv, &written, &call->index,
			      error);
	if (ret)
		return ret;
	if (!written) {
		ret = write_first(tpm, session, nv, call, error);
		uks_tpm_nv_forget(tpm, &nv);
		if (!ret)
			ret = uks_tpm_nv_open(tpm, &call->index, &call->auth, &nv, error);
	}
	if (!ret)
		ret = read_value(tpm, session, nv, call, error);
	uks_tpm_nv_forget(tpm, &nv);
	if (ret && error->cause == UKS_TPM_WRONG_AUTH)
		return uks_tpm_nv_fail_taken(call->index.handle, error);
	return ret;
}

static int open_and_read(struct uks_tpm *tpm, ESYS_TR session, struct call *call, ESYS_TR *nv,
			 struct uks_tpm_error *error)
{
	if (uks_tpm_nv_open(tpm, &call->index, &call->auth, nv, error))
		return -1;
	if (!read_value(tpm, session, *nv, call, error))
		return 0;
	uks_tpm_nv_forget(tpm, nv);
	return -1;
}

static int just_read(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		     struct uks_tpm_error *error)
{
	ESYS_TR nv;

	if (open_and_read(tpm, session, arg, &nv, error))
		return -1;
	uks_tpm_nv_forget(tpm, &nv);
	return 0;
}

static int advance(struct uks_tpm *tpm, ESYS_TR session, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	ESYS_TR nv;
	int ret = 0;

	if (open_and_read(tpm, session, call, &nv, error))
		return -1;
	if (call->value != call->target && call->value + 1 != call->target)
		ret = uks_tpm_fail(error, UKS_TPM_MISMATCH, 0,
				   "the counter of the TPM is at %llu and cannot be counted one further to %llu; this copy of what it counts is not the latest",
				   (unsigned long long)call->value,
				   (unsigned long long)call->target);
	else if (call->value != call->target)
		ret = count_up(tpm, session, nv, error);
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int advance_anchor(struct uks_tpm *tpm, ESYS_TR session, void *arg,
			  struct uks_tpm_error *error)
{
	struct call *call = arg;
	uint8_t both[2 * UKS_TPM_HASH_LEN], next[UKS_TPM_HASH_LEN];
	ESYS_TR nv;
	int ret = 0;

	if (open_and_read(tpm, session, call, &nv, error))
		return -1;
	memcpy(both, call->before, UKS_TPM_HASH_LEN);
	memcpy(both + UKS_TPM_HASH_LEN, call->digest, UKS_TPM_HASH_LEN);
	crypto_hash_sha256(next, both, sizeof(both));
	if (!memcmp(call->head, call->before, sizeof(call->head)))
		ret = add_digest(tpm, session, nv, call->digest, error);
	else if (memcmp(call->head, next, sizeof(next)))
		ret = uks_tpm_fail(error, UKS_TPM_MISMATCH, 0,
				   "the anchor in the TPM is not where the chain is; records were removed or altered, or another program extended it");
	memcpy(call->head, next, sizeof(next));
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int run(struct uks_tpm *tpm, uks_tpm_session_task *task, struct call *call,
	       const uint8_t *auth, struct uks_tpm_error *error)
{
	int ret;

	begin(call, auth);
	ret = uks_tpm_run_in_session(tpm, task, call, error);
	end(call);
	return ret;
}

int uks_tpm_counter_define(struct uks_tpm *tpm, uint32_t handle,
			   const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_index *index,
			   uint64_t *value, struct uks_tpm_error *error)
{
	struct call call = {
		.index.handle = handle, .type = NV_TYPE(TPM2_NT_COUNTER), .size = 8,
	};

	if (run(tpm, define, &call, auth, error))
		return -1;
	*index = call.index;
	*value = call.value;
	return 0;
}

int uks_tpm_counter_drop(struct uks_tpm *tpm, uint32_t handle,
			 const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_error *error)
{
	struct uks_tpm_index index;
	uint64_t value;
	bool there;

	if (uks_tpm_index_there(tpm, handle, &there, error))
		return -1;
	if (!there)
		return 0;
	/* One that was made but not written to has another name until it is. */
	if (uks_tpm_counter_define(tpm, handle, auth, &index, &value, error))
		return error->cause == UKS_TPM_HANDLE_TAKEN ? 0 : -1;
	return uks_tpm_index_remove(tpm, &index, error);
}

int uks_tpm_counter_index(uint32_t handle, struct uks_tpm_index *index,
			  struct uks_tpm_error *error)
{
	const TPMS_NV_PUBLIC public = {
		.nvIndex = handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = NV_TYPE(TPM2_NT_COUNTER) | ATTRIBUTES | TPMA_NV_WRITTEN,
		.dataSize = 8,
	};

	index->handle = handle;
	return uks_tpm_nv_name(&public, index->name, error);
}

int uks_tpm_counter_read(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const uint8_t auth[UKS_TPM_AUTH_LEN], uint64_t *value,
			 struct uks_tpm_error *error)
{
	struct call call = { .index = *index, .type = NV_TYPE(TPM2_NT_COUNTER) };

	if (run(tpm, just_read, &call, auth, error))
		return -1;
	*value = call.value;
	return 0;
}

int uks_tpm_counter_advance(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			    const uint8_t auth[UKS_TPM_AUTH_LEN], uint64_t value,
			    struct uks_tpm_error *error)
{
	struct call call = {
		.index = *index, .type = NV_TYPE(TPM2_NT_COUNTER), .target = value,
	};

	return run(tpm, advance, &call, auth, error);
}

int uks_tpm_anchor_define(struct uks_tpm *tpm, uint32_t handle,
			  const uint8_t auth[UKS_TPM_AUTH_LEN], struct uks_tpm_index *index,
			  uint8_t head[UKS_TPM_HASH_LEN], struct uks_tpm_error *error)
{
	struct call call = {
		.index.handle = handle, .type = NV_TYPE(TPM2_NT_EXTEND), .size = UKS_TPM_HASH_LEN,
	};

	if (run(tpm, define, &call, auth, error))
		return -1;
	*index = call.index;
	memcpy(head, call.head, UKS_TPM_HASH_LEN);
	return 0;
}

int uks_tpm_anchor_read(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			const uint8_t auth[UKS_TPM_AUTH_LEN], uint8_t head[UKS_TPM_HASH_LEN],
			struct uks_tpm_error *error)
{
	struct call call = { .index = *index, .type = NV_TYPE(TPM2_NT_EXTEND) };

	if (run(tpm, just_read, &call, auth, error))
		return -1;
	memcpy(head, call.head, UKS_TPM_HASH_LEN);
	return 0;
}

int uks_tpm_anchor_extend(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			  const uint8_t auth[UKS_TPM_AUTH_LEN], uint8_t head[UKS_TPM_HASH_LEN],
			  const uint8_t digest[UKS_TPM_HASH_LEN], struct uks_tpm_error *error)
{
	struct call call = {
		.index = *index, .type = NV_TYPE(TPM2_NT_EXTEND),
		.before = head, .digest = digest,
	};

	if (run(tpm, advance_anchor, &call, auth, error))
		return -1;
	memcpy(head, call.head, UKS_TPM_HASH_LEN);
	return 0;
}
