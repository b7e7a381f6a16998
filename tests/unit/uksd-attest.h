/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of a daemon that attests. */
#ifndef UKSD_ATTEST_H
#define UKSD_ATTEST_H

#include "tests/unit/uksd-daemon.h"
#include "verify/check.h"

uint32_t ask_attest(struct daemon *daemon, const char *name, uint32_t flags,
		    const uint8_t *bytes, size_t len);
uint32_t ask_ak(struct daemon *daemon);
uint32_t ask_activate(struct daemon *daemon, const struct uks_evidence_credential *credential);

/*
 * Writes an altered attestation into the leaf again: the signature of the certificate is
 * then wrong, too, but what was altered is what is named.
 */
bool attest_rewrite(const struct checked *checked, const UKS_ATTESTATION *altered, uint8_t *der,
		    size_t *len);

#endif /* UKSD_ATTEST_H */
