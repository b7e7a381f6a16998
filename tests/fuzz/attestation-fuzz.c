// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What uks-verify reads: the first byte chooses certificates, an attestation key, or the
 * extension alone, in a form where each part is reached without a signature that fits.
 * Nothing made up is believed.
 */
#include <stdlib.h>

#include <jansson.h>

#include "tests/fuzz/fuzz.h"
#include "verify/check.h"
#include "verify/verify.h"

int complain(int status, const char *format, ...)
{
	(void)format;
	return status;
}

static void read_certificates(const uint8_t *data, size_t len)
{
	static const uint8_t challenge[1];
	struct check_wanted wanted = {
		.challenge = { sizeof(challenge), challenge }, .at = 1000000000,
	};
	char why[CHECK_WHY_MAX];
	struct checked checked;

	/* Whatever it is: refused in words. */
	if (check_attestation(data, len, &wanted, &checked, why) == CHECK_GOOD || !why[0])
		abort();
	check_free(&checked);
}

static void read_ak(const uint8_t *data, size_t len)
{
	struct uks_evidence_public public;
	char why[CHECK_WHY_MAX];
	int status;
	UKS_AK *ak;

	status = check_ak(data, len, NULL, 0, &ak, &public, why);
	if (status ? ak || !why[0] : !ak || !public.spki_len)
		abort();
	UKS_AK_free(ak);
}

/* A policy as it is shown, before anything is known of it. */
static void read_policy(const uint8_t *data, size_t len)
{
	const uint8_t *at = data;
	UKS_POLICY *policy = d2i_UKS_POLICY(NULL, &at, len);
	json_t *shown;

	if (!policy)
		return;
	shown = report_policy(policy);
	if (!shown)
		abort();
	free(report_find(shown, "grant.0.uid"));
	json_decref(shown);
	UKS_POLICY_free(policy);
}

static void read_values(const uint8_t *data, size_t len)
{
	const uint8_t *at = data;
	UKS_ATTESTATION *attestation = d2i_UKS_ATTESTATION(NULL, &at, len);
	uint8_t digests[4][ATTESTATION_DIGEST], binding[ATTESTATION_DIGEST];
	struct uks_evidence evidence;
	unsigned int i;
	size_t each;

	if (!attestation)
		return;
	attestation_digests(attestation, data, len, digests);
	attestation_binding(attestation->digests, binding);
	check_evidence(attestation->evidence->quote, &evidence);
	for (i = 0; i < CHECK_PCRS; i++)
		check_pcr_value(attestation->evidence->pcrs, i, &each);
	json_decref(report_policy(attestation->policy));
	UKS_ATTESTATION_free(attestation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (* const readers[])(const uint8_t *data, size_t len) = {
		read_certificates, read_ak, read_policy, read_values,
	};

	if (len)
		readers[data[0] % 4](data + 1, len - 1);
	return 0;
}
