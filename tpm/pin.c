// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs with a limit of tries, and the administrators who give tries back. */
#include <endian.h>
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_esys.h>

#include "tpm/nv-index.h"
#include "tpm/pin-use.h"
#include "tpm/policy.h"

#define NV_TYPE(type) ((TPMA_NV)(type) << TPMA_NV_TPM2_NT_SHIFT)
#define ADMIN_ATTRIBUTES (TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE)
#define PIN_ATTRIBUTES (NV_TYPE(TPM2_NT_PIN_FAIL) | TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD | \
			TPMA_NV_POLICYWRITE | TPMA_NV_NO_DA)
#define LIMIT_MAX	255

/* TPMS_NV_PIN_COUNTER_PARAMETERS as it is in the index. */
struct pin_counter {
	uint32_t count;		/* big-endian */
	uint32_t limit;		/* big-endian */
};

/* One call; the authorisation values are wiped after it. */
struct call {
	struct uks_tpm_index index;	/* of the PIN, or of the administrator alone */
	struct uks_tpm_index admin;
	TPM2B_AUTH auth;		/* of .index, or its next */
	TPM2B_AUTH by;			/* of .admin, or the former of .index */
	unsigned int limit;
	unsigned int left;
	bool began;			/* this call has made .index */
};

/* A code of any length as an authorisation value that ends in no zero. */
int uks_tpm_code_to_auth(const struct uks_tpm_code *code, TPM2B_AUTH *auth,
			 struct uks_tpm_error *error)
{
	static const char context[] = "UKS code";
	crypto_hash_sha256_state state;

	if (!code->data || !code->len || code->len > UKS_TPM_CODE_MAX)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "a PIN or code must have 1 to %u bytes, not %zu",
				    UKS_TPM_CODE_MAX, code->len);
	auth->size = UKS_TPM_HASH_LEN;
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)context, sizeof(context));
	crypto_hash_sha256_update(&state, code->data, code->len);
	crypto_hash_sha256_final(&state, auth->buffer);
	sodium_memzero(&state, sizeof(state));
	while (auth->size && !auth->buffer[auth->size - 1])
		auth->size--;
	return 0;
}

static void policy_of_admin(struct uks_tpm_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	uks_tpm_policy_extend(policy, TPM2_CC_PolicyAuthValue, NULL, 0);
	uks_tpm_policy_command(policy, TPM2_CC_NV_ChangeAuth);
}

/* What the administrator may do: set the tries, and set the PIN. */
static const uint32_t rights[2] = { TPM2_CC_NV_Write, TPM2_CC_NV_ChangeAuth };

static void policy_of_pin(const struct uks_tpm_index *admin, TPML_DIGEST *branches,
			  struct uks_tpm_policy *policy)
{
	uint8_t both[2 * UKS_TPM_HASH_LEN];

	branches->count = 2;
	for (int i = 0; i < 2; i++) {
		memset(policy, 0, sizeof(*policy));
		uks_tpm_policy_secret(policy, admin->name);
		uks_tpm_policy_command(policy, rights[i]);
		branches->digests[i].size = UKS_TPM_HASH_LEN;
		memcpy(branches->digests[i].buffer, policy->digest, UKS_TPM_HASH_LEN);
		memcpy(both + i * UKS_TPM_HASH_LEN, policy->digest, UKS_TPM_HASH_LEN);
	}
	memset(policy, 0, sizeof(*policy));
	uks_tpm_policy_extend(policy, TPM2_CC_PolicyOR, both, sizeof(both));
}

static TPMS_NV_PUBLIC make_public(uint32_t handle, TPMA_NV attributes,
				  const struct uks_tpm_policy *policy)
{
	TPMS_NV_PUBLIC public = {
		.nvIndex = handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = attributes,
		.authPolicy.size = UKS_TPM_HASH_LEN,
		.dataSize = sizeof(struct pin_counter),
	};

	memcpy(public.authPolicy.buffer, policy->digest, UKS_TPM_HASH_LEN);
	return public;
}

static TSS2_RC write_counter(struct uks_tpm *tpm, ESYS_TR by, ESYS_TR cipher, ESYS_TR nv,
			     unsigned int limit)
{
	const struct pin_counter counter = { .limit = htobe32(limit) };
	TPM2B_MAX_NV_BUFFER data = { .size = sizeof(counter) };
	unsigned int tries = 0;
	TSS2_RC rc;

	memcpy(data.buffer, &counter, sizeof(counter));
	do {
		rc = Esys_NV_Write(tpm->esys, nv, nv, by, cipher, ESYS_TR_NONE, &data, 0);
	} while (uks_tpm_again(rc, &tries));
	return rc;
}

static TSS2_RC policy_secret(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR policy, ESYS_TR nv)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_PolicySecret(tpm->esys, nv, policy, session, ESYS_TR_NONE, ESYS_TR_NONE,
				       NULL, NULL, NULL, 0, NULL, NULL);
	} while (uks_tpm_again(rc, &tries));
	return rc;
}

int uks_tpm_pin_prove(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR policy,
		      const struct uks_tpm_index *index, const TPM2B_AUTH *auth,
		      struct uks_tpm_error *error)
{
	ESYS_TR nv;
	TSS2_RC rc;

	if (uks_tpm_nv_open(tpm, index, auth, &nv, error))
		return -1;
	rc = policy_secret(tpm, session, policy, nv);
	uks_tpm_nv_forget(tpm, &nv);
	if (!rc)
		return 0;
	if (uks_tpm_base_rc(rc) == TPM2_RC_AUTH_UNAVAILABLE)
		return uks_tpm_fail_as(error, UKS_TPM_PIN_BLOCKED, rc, "cannot verify the PIN");
	return uks_tpm_fail_auth(error, rc, "cannot verify the PIN or code");
}

/*
 * A policy session in which the administrator has allowed one of the rights. It does
 * not encrypt, since that would take the PIN (Part 1, 21.2), which nobody tells here:
 * an HMAC session next to it does.
 */
static int admin_allows(struct uks_tpm *tpm, ESYS_TR session, const struct call *call, int right,
			ESYS_TR *policy, struct uks_tpm_error *error)
{
	struct uks_tpm_policy unused;
	TPML_DIGEST branches;
	TSS2_RC rc;

	if (uks_tpm_policy_session(tpm, policy, error))
		return -1;
	if (uks_tpm_pin_prove(tpm, session, *policy, &call->admin, &call->by, error))
		goto fail;
	rc = Esys_TRSess_SetAttributes(tpm->esys, *policy, 0,
				       TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	if (!rc)
		rc = Esys_PolicyCommandCode(tpm->esys, *policy, ESYS_TR_NONE, ESYS_TR_NONE,
					    ESYS_TR_NONE, rights[right]);
	policy_of_pin(&call->admin, &branches, &unused);
	if (!rc)
		rc = Esys_PolicyOR(tpm->esys, *policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &branches);
	if (!rc)
		return 0;
	uks_tpm_fail_session(error, rc, "cannot satisfy the policy of a PIN");
fail:
	uks_tpm_flush(tpm, policy);
	return -1;
}

static int set_tries(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv, const struct call *call,
		     struct uks_tpm_error *error)
{
	ESYS_TR policy;
	TSS2_RC rc;

	if (admin_allows(tpm, session, call, 0, &policy, error))
		return -1;
	rc = write_counter(tpm, policy, session, nv, call->limit);
	uks_tpm_flush(tpm, &policy);
	return rc ? uks_tpm_fail_auth(error, rc, "cannot set the tries of a PIN") : 0;
}

/* Any read with the code: counted by the dictionary attack protection. */
static int verify_admin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
			struct uks_tpm_error *error)
{
	struct pin_counter unused;
	struct call *call = arg;
	ESYS_TR nv;
	int ret;

	if (uks_tpm_nv_open(tpm, &call->index, &call->auth, &nv, error))
		return -1;
	ret = uks_tpm_nv_read(tpm, nv, nv, session, &unused, sizeof(unused), error);
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int define_admin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
			struct uks_tpm_error *error)
{
	struct call *call = arg;
	struct uks_tpm_policy policy;
	TPMS_NV_PUBLIC public;
	bool written;
	ESYS_TR nv;
	TSS2_RC rc = 0;

	policy_of_admin(&policy);
	public = make_public(call->index.handle, ADMIN_ATTRIBUTES, &policy);
	if (uks_tpm_nv_make(tpm, session, &public, &call->auth, &nv, &written, &call->index,
			    error))
		return -1;
	if (!written)
		rc = write_counter(tpm, session, ESYS_TR_NONE, nv, 0);
	uks_tpm_nv_forget(tpm, &nv);
	if (rc)
		return uks_tpm_fail_auth(error, rc, "cannot set up the administrator");
	if (!written || !verify_admin(tpm, session, call, error))
		return 0;
	return error->cause == UKS_TPM_WRONG_AUTH ?
		       uks_tpm_nv_fail_taken(call->index.handle, error) : -1;
}

static TSS2_RC change(struct uks_tpm *tpm, ESYS_TR by, ESYS_TR cipher, ESYS_TR nv,
		      const TPM2B_AUTH *next)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_ChangeAuth(tpm->esys, nv, by, cipher, ESYS_TR_NONE, next);
	} while (uks_tpm_again(rc, &tries));
	return rc;
}

static int change_admin(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	ESYS_TR nv, policy;
	TSS2_RC rc;

	if (uks_tpm_nv_open(tpm, &call->index, &call->by, &nv, error))
		return -1;
	if (uks_tpm_policy_session(tpm, &policy, error)) {
		uks_tpm_nv_forget(tpm, &nv);
		return -1;
	}
	rc = Esys_PolicyAuthValue(tpm->esys, policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE);
	if (!rc)
		rc = Esys_PolicyCommandCode(tpm->esys, policy, ESYS_TR_NONE, ESYS_TR_NONE,
					    ESYS_TR_NONE, TPM2_CC_NV_ChangeAuth);
	if (!rc)
		rc = change(tpm, policy, ESYS_TR_NONE, nv, &call->auth);
	uks_tpm_flush(tpm, &policy);
	uks_tpm_nv_forget(tpm, &nv);
	return rc ? uks_tpm_fail_auth(error, rc, "cannot change the administrator's code") : 0;
}

static int set_pin(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR nv, const struct call *call,
		   struct uks_tpm_error *error)
{
	ESYS_TR policy;
	TSS2_RC rc;

	if (admin_allows(tpm, session, call, 1, &policy, error))
		return -1;
	rc = change(tpm, policy, session, nv, &call->auth);
	uks_tpm_flush(tpm, &policy);
	return rc ? uks_tpm_fail_auth(error, rc, "cannot set the PIN") : 0;
}

static int change_pin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		      struct uks_tpm_error *error)
{
	struct call *call = arg;
	ESYS_TR nv;
	int ret;

	if (uks_tpm_nv_open(tpm, &call->index, NULL, &nv, error))
		return -1;
	ret = set_pin(tpm, session, nv, call, error);
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int define_pin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		      struct uks_tpm_error *error)
{
	struct call *call = arg;
	struct uks_tpm_policy policy;
	TPMS_NV_PUBLIC public;
	TPML_DIGEST branches;
	bool written;
	ESYS_TR nv;
	int ret;

	policy_of_pin(&call->admin, &branches, &policy);
	public = make_public(call->index.handle, PIN_ATTRIBUTES, &policy);
	if (uks_tpm_nv_make(tpm, session, &public, &call->auth, &nv, &written, &call->index,
			    error))
		return -1;
	if (written) {
		/* Somebody's PIN may not be taken over by who names its index again. */
		ret = call->began ? 0 : uks_tpm_nv_fail_taken(call->index.handle, error);
		goto out;
	}
	/* An index that a crash left unwritten may have another PIN. */
	call->began = true;
	ret = set_pin(tpm, session, nv, call, error);
	if (!ret)
		ret = set_tries(tpm, session, nv, call, error);
out:
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int reset_pin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		     struct uks_tpm_error *error)
{
	struct call *call = arg;
	ESYS_TR nv;
	int ret;

	if (uks_tpm_nv_open(tpm, &call->index, NULL, &nv, error))
		return -1;
	ret = set_tries(tpm, session, nv, call, error);
	uks_tpm_nv_forget(tpm, &nv);
	return ret;
}

static int read_left(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		     struct uks_tpm_error *error)
{
	struct pin_counter counter;
	struct call *call = arg;
	ESYS_TR nv;
	int ret;

	if (uks_tpm_nv_open(tpm, &call->index, NULL, &nv, error))
		return -1;
	ret = uks_tpm_nv_read(tpm, ESYS_TR_RH_OWNER, nv, session, &counter, sizeof(counter),
			      error);
	uks_tpm_nv_forget(tpm, &nv);
	if (ret)
		return ret;
	call->left = be32toh(counter.count) < be32toh(counter.limit) ?
			     be32toh(counter.limit) - be32toh(counter.count) : 0;
	return 0;
}

static int verify_pin(struct uks_tpm *tpm, ESYS_TR session, void *arg,
		      struct uks_tpm_error *error)
{
	struct call *call = arg;
	struct uks_tpm_error unused;
	ESYS_TR policy;
	int ret;

	if (uks_tpm_policy_session(tpm, &policy, error))
		return -1;
	ret = uks_tpm_pin_prove(tpm, session, policy, &call->index, &call->auth, error);
	uks_tpm_flush(tpm, &policy);
	if (read_left(tpm, session, call, ret ? &unused : error))
		return -1;
	return ret;
}

static int run(struct uks_tpm *tpm, uks_tpm_session_task *task, struct call *call,
	       struct uks_tpm_error *error)
{
	int ret = uks_tpm_run_in_session(tpm, task, call, error);

	sodium_memzero(&call->auth, sizeof(call->auth));
	sodium_memzero(&call->by, sizeof(call->by));
	return ret;
}

static int check_limit(unsigned int limit, struct uks_tpm_error *error)
{
	if (limit && limit <= LIMIT_MAX)
		return 0;
	return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
			    "the limit of tries for a PIN must be 1 to %u, not %u", LIMIT_MAX,
			    limit);
}

int uks_tpm_admin_define(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_code *code,
			 struct uks_tpm_index *index, struct uks_tpm_error *error)
{
	struct call call = { .index.handle = handle };

	if (uks_tpm_code_to_auth(code, &call.auth, error) || run(tpm, define_admin, &call, error))
		return -1;
	*index = call.index;
	return 0;
}

int uks_tpm_admin_verify(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const struct uks_tpm_code *code, struct uks_tpm_error *error)
{
	struct call call = { .index = *index };

	if (uks_tpm_code_to_auth(code, &call.auth, error))
		return -1;
	return run(tpm, verify_admin, &call, error);
}

int uks_tpm_admin_change(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const struct uks_tpm_code *code, const struct uks_tpm_code *next,
			 struct uks_tpm_error *error)
{
	struct call call = { .index = *index };
	int ret = -1;

	if (!uks_tpm_code_to_auth(code, &call.by, error) &&
	    !uks_tpm_code_to_auth(next, &call.auth, error))
		ret = uks_tpm_run(tpm, change_admin, &call, error);
	sodium_memzero(&call, sizeof(call));
	return ret;
}

int uks_tpm_pin_define(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_index *admin,
		       const struct uks_tpm_code *code, const struct uks_tpm_code *pin,
		       unsigned int limit, struct uks_tpm_index *index,
		       struct uks_tpm_error *error)
{
	struct call call = { .index.handle = handle, .admin = *admin, .limit = limit };
	int ret = -1;

	if (!check_limit(limit, error) && !uks_tpm_code_to_auth(pin, &call.auth, error) &&
	    !uks_tpm_code_to_auth(code, &call.by, error))
		ret = run(tpm, define_pin, &call, error);
	if (!ret)
		*index = call.index;
	sodium_memzero(&call, sizeof(call));
	return ret;
}

int uks_tpm_pin_verify(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		       const struct uks_tpm_code *pin, unsigned int *left,
		       struct uks_tpm_error *error)
{
	struct call call = { .index = *index };
	int ret;

	if (uks_tpm_code_to_auth(pin, &call.auth, error))
		return -1;
	ret = run(tpm, verify_pin, &call, error);
	*left = call.left;
	return ret;
}

int uks_tpm_pin_left(struct uks_tpm *tpm, const struct uks_tpm_index *index, unsigned int *left,
		     struct uks_tpm_error *error)
{
	struct call call = { .index = *index };

	if (run(tpm, read_left, &call, error))
		return -1;
	*left = call.left;
	return 0;
}

int uks_tpm_pin_reset(struct uks_tpm *tpm, const struct uks_tpm_index *index, unsigned int limit,
		      const struct uks_tpm_index *admin, const struct uks_tpm_code *code,
		      struct uks_tpm_error *error)
{
	struct call call = { .index = *index, .admin = *admin, .limit = limit };

	if (check_limit(limit, error) || uks_tpm_code_to_auth(code, &call.by, error))
		return -1;
	return run(tpm, reset_pin, &call, error);
}

int uks_tpm_pin_change(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		       const struct uks_tpm_code *pin, const struct uks_tpm_index *admin,
		       const struct uks_tpm_code *code, struct uks_tpm_error *error)
{
	struct call call = { .index = *index, .admin = *admin };
	int ret = -1;

	if (!uks_tpm_code_to_auth(pin, &call.auth, error) &&
	    !uks_tpm_code_to_auth(code, &call.by, error))
		ret = run(tpm, change_pin, &call, error);
	sodium_memzero(&call, sizeof(call));
	return ret;
}

int uks_tpm_pin_forecast(uint32_t handle, const struct uks_tpm_index *admin,
			 struct uks_tpm_pin_names *names, struct uks_tpm_error *error)
{
	struct uks_tpm_policy policy;
	TPMS_NV_PUBLIC public;
	TPML_DIGEST branches;

	if (admin) {
		policy_of_pin(admin, &branches, &policy);
		public = make_public(handle, PIN_ATTRIBUTES, &policy);
	} else {
		policy_of_admin(&policy);
		public = make_public(handle, ADMIN_ATTRIBUTES, &policy);
	}
	names->index.handle = handle;
	names->unwritten.handle = handle;
	if (uks_tpm_nv_name(&public, names->unwritten.name, error))
		return -1;
	public.attributes |= TPMA_NV_WRITTEN;
	return uks_tpm_nv_name(&public, names->index.name, error);
}

int uks_tpm_pin_remove(struct uks_tpm *tpm, const struct uks_tpm_pin_names *names,
		       struct uks_tpm_error *error)
{
	if (!uks_tpm_index_remove(tpm, &names->index, error))
		return 0;
	if (error->cause != UKS_TPM_INDEX)
		return -1;
	if (!uks_tpm_index_remove(tpm, &names->unwritten, error))
		return 0;
	return error->cause == UKS_TPM_INDEX ? 0 : -1;
}
