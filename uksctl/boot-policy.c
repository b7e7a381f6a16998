// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl tpm policy show, set, approve, clear: which boots open the master key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot-policy.h"

#define PEM_MAX	4096

static const struct column policy_rows[] = {
	{ "state", "Boot policy", false },
	{ "authority", "Authority", false },
	{ "reference", "Reference", false },
	{ "pcrs", "PCRs", false },
	{ "values", "Their values", false },
	{ "approvals", "Approved", false },
};

static int ask(struct run *run, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, const char *what)
{
	return uks_boot_policy(run->client, call, answer, &run->err) ? fail(run, what, NULL) :
								       EXIT_OK;
}

/* "sha256:7,11 (now)" */
static json_t *approval_text(const json_t *approval)
{
	const char *invalid = json_string_value(json_object_get(approval, "invalid"));

	if (invalid)
		return json_sprintf("not valid (%s)", invalid);
	return json_sprintf("%s%s", json_string_value(json_object_get(approval, "pcrs")),
			    json_is_true(json_object_get(approval, "now")) ? " (as now)" : "");
}

static const char *state_of(const json_t *policy)
{
	if (!json_is_true(json_object_get(policy, "policy")))
		return "none: the master key opens after any boot";
	return json_is_true(json_object_get(policy, "approved")) ?
	       "in force" : "in force, this boot is NOT APPROVED: the master key stays sealed";
}

static json_t *flatten(json_t *policy)
{
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach(json_object_get(policy, "approvals"), i, entry)
		json_array_append_new(list, approval_text(entry));
	json_object_set_new(policy, "approvals", list);
	json_object_set_new(policy, "state", json_string(state_of(policy)));
	return policy;
}

int run_tpm_policy_show(struct run *run)
{
	const char *pcrs = run->options[OPTION_PCRS];
	const struct uks_admin_call call = {
		.command = UKS_BOOT_SHOW, .message = pcrs, .message_len = pcrs ? strlen(pcrs) : 0,
	};
	struct uks_admin_answer *answer;
	json_t *policy;
	int ret = ask(run, &call, &answer, "see the boot policy");

	if (ret)
		return ret;
	policy = json_loadb((const char *)answer->result, answer->result_len, 0, NULL);
	uks_admin_answer_free(answer);
	if (!policy)
		return fail_text(EXIT_ERROR, "the daemon's answer is no JSON");
	if (run->options[OPTION_JSON])
		return print_json(policy, JSON_INDENT(2));
	return print_record(run, policy_rows, ARRAY_SIZE(policy_rows), flatten(policy));
}

static int read_approval(struct run *run, uint8_t *approval, size_t *len)
{
	return read_pem(run->args[0], BOOT_APPROVAL_LABEL, approval, UKS_TPM_APPROVAL_MAX, len);
}

static char *policy_message(struct run *run, const char *pem, const uint8_t *approval, size_t len)
{
	const char *reference = run->options[OPTION_REFERENCE];
	char hex[2 * UKS_TPM_APPROVAL_MAX + 1], *text = NULL;
	json_t *json;

	json = json_pack("{s:s, s:s, s:s}", "authority", pem, "reference",
			 reference ? reference : "", "approval", hex_encode(hex, approval, len));
	if (json)
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

int run_tpm_policy_set(struct run *run)
{
	struct uks_admin_call call = { .command = UKS_BOOT_SET };
	uint8_t approval[UKS_TPM_APPROVAL_MAX];
	char pem[PEM_MAX + 1], *message;
	size_t pem_len, len;
	int ret = read_approval(run, approval, &len);

	if (!ret)
		ret = input_read_all(run->options[OPTION_AUTHORITY], (uint8_t *)pem, PEM_MAX,
				     &pem_len);
	if (ret)
		return ret;
	pem[pem_len] = 0;
	message = policy_message(run, pem, approval, len);
	if (!message)
		return fail_text(EXIT_ERROR, "authority and reference must be text");
	call.message = message;
	call.message_len = strlen(message);
	ret = ask(run, &call, NULL, "set the boot policy");
	free(message);
	return ret;
}

int run_tpm_policy_approve(struct run *run)
{
	struct uks_admin_call call = { .command = UKS_BOOT_APPROVE };
	uint8_t approval[UKS_TPM_APPROVAL_MAX];
	struct uks_status *status;
	int ret = read_approval(run, approval, &call.message_len);

	call.message = approval;
	if (!ret)
		ret = ask(run, &call, NULL, "take in that approval");
	if (ret || uks_status(run->client, &status, NULL))
		return ret;
	if (*status->trouble)
		fputs("uksctl: if this boot is approved now, restart uksd for its master key\n",
		      stderr);
	uks_status_free(status);
	return EXIT_OK;
}

int run_tpm_policy_clear(struct run *run)
{
	const struct uks_admin_call call = { .command = UKS_BOOT_CLEAR };

	return ask(run, &call, NULL, "clear the boot policy");
}
