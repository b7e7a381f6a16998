// SPDX-License-Identifier: LGPL-2.1-or-later
/* UKS_OP_BOOT_POLICY: show or change which boots open the master key. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "daemon/key/access.h"
#include "daemon/log.h"
#include "daemon/master/boot-policy.h"
#include "daemon/master/record.h"
#include "daemon/rollback/generation.h"
#include "daemon/tpmgate.h"

#define USUAL_PCRS	"sha256:7,11"	/* Secure Boot's state; what systemd-stub has booted */
#define VALUE_MAX	64

static size_t value_len(const struct uks_tpm_pcrs *pcrs)
{
	switch (pcrs->bank) {
	case UKS_TPM_SHA384:
		return 48;
	case UKS_TPM_SHA512:
		return 64;
	default:
		return 32;
	}
}

static json_t *hex(const uint8_t *bytes, size_t len)
{
	char text[2 * VALUE_MAX + 1];

	return json_string(sodium_bin2hex(text, sizeof(text), bytes, len));
}

/* Adds the selection and the values. */
static void describe_values(json_t *to, const struct uks_tpm_pcr_values *values)
{
	char text[UKS_TPM_PCRS_TEXT], number[12];
	json_t *list = json_object();
	unsigned int pcr;

	for (pcr = 0; pcr < UKS_TPM_PCRS; pcr++) {
		if (!(values->pcrs.mask & 1u << pcr))
			continue;
		snprintf(number, sizeof(number), "%u", pcr);
		json_object_set_new(list, number,
				    hex(values->value[pcr], value_len(&values->pcrs)));
	}
	uks_tpm_pcrs_format(&values->pcrs, text);
	json_object_set_new(to, "pcrs", json_string(text));
	json_object_set_new(to, "values", list);
}

/* Are these the values that the PCRs have now? */
static int holds(struct uks_tpm *tpm, const struct uks_tpm_pcr_values *values, bool *same,
		 struct uks_tpm_error *error)
{
	struct uks_tpm_pcr_values now;
	unsigned int pcr;

	if (uks_tpm_pcrs_read(tpm, &values->pcrs, &now, error))
		return -1;
	*same = true;
	for (pcr = 0; pcr < UKS_TPM_PCRS; pcr++)
		if (values->pcrs.mask & 1u << pcr &&
		    memcmp(values->value[pcr], now.value[pcr], value_len(&values->pcrs)))
			*same = false;
	return 0;
}

/* ---- show ---- */

static int describe_approvals(const struct boot_policy *policy, struct uks_tpm *tpm, json_t *list,
			      struct uks_tpm_error *error)
{
	struct uks_tpm_pcr_values values;
	json_t *entry;
	bool same;
	size_t i;

	for (i = 0; i < policy->count; i++) {
		if (uks_tpm_approval_check(&policy->approvals[i], &policy->authority, &values,
					   error)) {
			json_array_append_new(list, json_pack("{s:s}", "invalid", error->text));
			continue;
		}
		if (holds(tpm, &values, &same, error))
			return -1;
		entry = json_object();
		describe_values(entry, &values);
		json_object_set_new(entry, "now", json_boolean(same));
		json_array_append_new(list, entry);
	}
	return 0;
}

/* Those that are asked for, or those of the newest approval. */
static int select_pcrs(const struct boot_policy *policy, const struct uks_attr *message,
		       struct uks_tpm_pcrs *pcrs, struct uks_tpm_error *error)
{
	char text[UKS_TPM_PCRS_TEXT] = USUAL_PCRS;
	struct uks_tpm_pcr_values values;

	if (message->len)
		snprintf(text, sizeof(text), "%.*s", (int)message->len,
			 (const char *)message->value);
	else if (policy->count &&
		 !uks_tpm_approval_check(&policy->approvals[policy->count - 1],
					 &policy->authority, &values, error))
		uks_tpm_pcrs_format(&values.pcrs, text);
	return uks_tpm_pcrs_parse(text, pcrs, error);
}

static int describe_all(const struct boot_policy *policy, struct uks_tpm *tpm,
			const struct uks_tpm_pcrs *pcrs, json_t *out,
			struct uks_tpm_error *error)
{
	struct uks_tpm_pcr_values now;
	json_t *list = json_array();

	json_object_set_new(out, "approvals", list);
	if (uks_tpm_pcrs_read(tpm, pcrs, &now, error))
		return -1;
	describe_values(out, &now);
	return describe_approvals(policy, tpm, list, error);
}

static json_t *describe_authority(const struct uksd *uksd)
{
	const struct uks_tpm_authority *authority = &uksd->boot_policy.authority;
	uint8_t digest[crypto_hash_sha256_BYTES];
	json_t *out;

	out = json_pack("{s:b, s:b}", "policy", (int)uksd->boot_policy.set, "approved",
			uksd->locked.code != UKS_E_BOOT);
	if (!uksd->boot_policy.set)
		return out;
	crypto_hash_sha256(digest, authority->spki, authority->len);
	json_object_set_new(out, "authority", hex(digest, sizeof(digest)));
	json_object_set_new(out, "reference",
			    json_stringn((const char *)authority->ref, authority->ref_len));
	return out;
}

static int reply(struct uks_attrs *out, const json_t *json, struct failure *failure)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (!text)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for an answer");
	uks_attrs_put(out, UKS_A_RESULT, text, strlen(text));
	free(text);
	return 0;
}

static int show(struct worker *worker, const struct uks_attr *message, struct uks_attrs *out,
		struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct uks_tpm_error error;
	struct uks_tpm_pcrs pcrs;
	struct uks_tpm *tpm;
	json_t *json;
	int ret;

	if (select_pcrs(&uksd->boot_policy, message, &pcrs, &error))
		return failure_set(failure, UKS_E_INVALID, "%s", error.text);
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	json = describe_authority(uksd);
	ret = describe_all(&uksd->boot_policy, tpm, &pcrs, json, &error);
	tpmgate_leave(uksd);
	ret = ret ? tpmgate_fail(&error, failure) : reply(out, json, failure);
	json_decref(json);
	return ret;
}

/* ---- set, clear ---- */

/* What cannot be opened again must never replace what can. */
static int seal_and_try(struct uksd *uksd, const struct boot_policy *policy,
			struct uks_tpm_blob *blob, struct failure *failure)
{
	uint8_t *back = uksd->custody.secrets->key;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = boot_policy_seal(policy, tpm, uksd->master->key, blob, &error);
	if (!ret)
		ret = boot_policy_unseal(policy, tpm, blob, back, &error);
	tpmgate_leave(uksd);
	if (ret)
		tpmgate_fail(&error, failure);
	else if (sodium_memcmp(back, uksd->master->key, SEAL_MASTER_LEN))
		ret = failure_set(failure, UKS_E_TPM,
				  "the TPM gives back another master key than it sealed");
	sodium_memzero(back, SEAL_MASTER_LEN);
	return ret;
}

/* A new register that is sealed otherwise could not be opened any more. */
static int check_register(struct store *store, struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, META_NEW, room, &len, failure))
		return -1;
	return !len ? 0 : failure_set(failure, UKS_E_MASTER_STATE,
				      "the new register of the master key is full: take it into use or clear it first, see 'uksctl master status'");
}

static int write_change(struct worker *worker, const struct boot_policy *policy,
			const struct uks_tpm_blob *blob, struct failure *failure)
{
	const struct master *master = worker->uksd->master;
	struct store *store = worker->store;

	if (store->ops->begin(store, failure))
		return -1;
	if (!master_write(store, master, master->key, blob, failure) &&
	    !boot_policy_write(store, policy, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

static int put_in_force(struct worker *worker, const struct boot_policy *policy,
			struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct uks_tpm_blob blob;

	if (check_register(worker->store, failure) ||
	    seal_and_try(uksd, policy, &blob, failure) ||
	    write_change(worker, policy, &blob, failure))
		return -1;
	uksd->boot_policy = *policy;
	worker->store->ops->scrub(worker->store);
	/* A copy from before has the key sealed as it was. */
	if (generation_flush(uksd, failure))
		log_warning("the change of the boot policy is not counted by the TPM yet: %s",
			    failure->text);
	return 0;
}

static int parse_approval(const char *text, struct uks_tpm_approval *approval,
			  struct failure *failure)
{
	const char *end;

	if (text && !sodium_hex2bin(approval->data, sizeof(approval->data), text, strlen(text),
				    NULL, &approval->len, &end) && !*end)
		return 0;
	return failure_set(failure, UKS_E_INVALID,
			   "a boot policy needs an approval of this boot, in hexadecimal digits");
}

static int parse_policy(const struct uks_attr *message, struct boot_policy *policy,
			struct failure *failure)
{
	const char *authority, *approval = NULL, *reference = "";
	struct uks_tpm_error error;
	json_t *json;
	int ret = -1;

	json = json_loadb((const char *)message->value, message->len, 0, NULL);
	if (json_unpack(json, "{s:s, s?s, s:s}", "authority", &authority, "reference", &reference,
			"approval", &approval))
		failure_set(failure, UKS_E_INVALID,
			    "a boot policy is JSON with authority and approval");
	else if (uks_tpm_authority_read(authority, strlen(authority), reference,
					strlen(reference), &policy->authority, &error))
		failure_set(failure, UKS_E_INVALID, "%s", error.text);
	else
		ret = parse_approval(approval, &policy->approvals[0], failure);
	json_decref(json);
	policy->count = 1;
	policy->set = true;
	return ret;
}

static int set(struct worker *worker, const struct uks_attr *message, struct failure *failure)
{
	struct boot_policy *policy = calloc(1, sizeof(*policy));
	int ret;

	if (!policy)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a boot policy");
	ret = parse_policy(message, policy, failure);
	if (!ret)
		ret = put_in_force(worker, policy, failure);
	free(policy);
	if (!ret)
		log_info("the master key is sealed for boots that an authority approves");
	return ret;
}

static int clear(struct worker *worker, struct failure *failure)
{
	struct boot_policy *policy;
	int ret;

	if (!worker->uksd->boot_policy.set)
		return failure_set(failure, UKS_E_INVALID, "there is no boot policy");
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a boot policy");
	ret = put_in_force(worker, policy, failure);
	free(policy);
	if (!ret)
		log_warning("the boot policy was CLEARED: the master key opens after any boot");
	return ret;
}

/* ---- approve ---- */

/* The oldest that does not fit this boot gives way. */
static int make_room(struct uksd *uksd, struct boot_policy *policy, struct failure *failure)
{
	struct uks_tpm_pcr_values values;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	bool same = true;
	int ret = 0;
	size_t i;

	if (policy->count < BOOT_APPROVALS)
		return 0;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	for (i = 0; same && !ret && i < policy->count; i++)
		if (uks_tpm_approval_check(&policy->approvals[i], &policy->authority, &values,
					   &error))
			same = false;
		else
			ret = holds(tpm, &values, &same, &error);
	tpmgate_leave(uksd);
	if (ret)
		return tpmgate_fail(&error, failure);
	policy->count--;
	memmove(&policy->approvals[i - 1], &policy->approvals[i],
		(policy->count + 1 - i) * sizeof(*policy->approvals));
	return 0;
}

static bool known(const struct boot_policy *policy, const struct uks_tpm_approval *approval)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (policy->approvals[i].len == approval->len &&
		    !memcmp(policy->approvals[i].data, approval->data, approval->len))
			return true;
	return false;
}

static int write_policy(struct store *store, const struct boot_policy *policy,
			struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (!boot_policy_write(store, policy, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

static int add(struct worker *worker, const struct uks_tpm_approval *approval,
	       struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct boot_policy *policy = malloc(sizeof(*policy));
	int ret;

	if (!policy)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a boot policy");
	*policy = uksd->boot_policy;
	ret = make_room(uksd, policy, failure);
	if (!ret) {
		policy->approvals[policy->count++] = *approval;
		ret = write_policy(worker->store, policy, failure);
	}
	if (!ret)
		uksd->boot_policy = *policy;
	free(policy);
	return ret;
}

static int approve(struct worker *worker, const struct uks_attr *message, struct failure *failure)
{
	const struct boot_policy *policy = &worker->uksd->boot_policy;
	struct uks_tpm_approval approval = { .len = message->len };
	struct uks_tpm_pcr_values values;
	char text[UKS_TPM_PCRS_TEXT];
	struct uks_tpm_error error;

	if (!policy->set)
		return failure_set(failure, UKS_E_INVALID,
				   "there is no boot policy: see 'uksctl tpm policy set'");
	if (message->len > sizeof(approval.data))
		return failure_set(failure, UKS_E_INVALID, "an approval has at most %d bytes",
				   UKS_TPM_APPROVAL_MAX);
	if (message->len)
		memcpy(approval.data, message->value, message->len);
	if (uks_tpm_approval_check(&approval, &policy->authority, &values, &error))
		return tpmgate_fail(&error, failure);
	if (known(policy, &approval))
		return 0;
	if (add(worker, &approval, failure))
		return -1;
	uks_tpm_pcrs_format(&values.pcrs, text);
	log_info("values of %s are approved for boots", text);
	return 0;
}

static int run(struct worker *worker, uint32_t command, const struct uks_attr *message,
	       struct uks_attrs *out, struct failure *failure)
{
	const struct failure *locked = &worker->uksd->locked;

	switch (command) {
	case UKS_BOOT_SHOW:
		return show(worker, message, out, failure);
	case UKS_BOOT_APPROVE:
		return approve(worker, message, failure);
	case UKS_BOOT_SET:
	case UKS_BOOT_CLEAR:
		/* Only who has the master key can seal it again. */
		if (locked->code)
			return failure_set(failure, locked->code, "%s", locked->text);
		return command == UKS_BOOT_SET ? set(worker, message, failure) :
						 clear(worker, failure);
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon does not know command %u on the boot policy: update uksd",
				   command);
	}
}

int handle_boot_policy(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure)
{
	uint32_t command = uks_attr_u32(&request->attrs[UKS_A_COMMAND], 0);
	struct custody *custody = &worker->uksd->custody;
	int ret;

	if (access_administrator(request, failure))
		return -1;
	if (pthread_mutex_trylock(&custody->lock))
		return failure_set(failure, UKS_E_BUSY,
				   "a command on the master key is under way: see 'uksctl master status'");
	ret = run(worker, command, &request->attrs[UKS_A_MESSAGE], out, failure);
	pthread_mutex_unlock(&custody->lock);
	return ret;
}
