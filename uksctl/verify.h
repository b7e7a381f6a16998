/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifying with all versions of a key. */
#ifndef UKSCTL_VERIFY_H
#define UKSCTL_VERIFY_H

#include "uksctl.h"

#define VERSIONS_MAX	32	/* versions that are tried, newest first */

/**
 * struct verifier - sessions of the versions of a key, fed with the same message
 * @method: how the key is used
 * @purpose: to verify; to sign or to compute a MAC there is one session
 * @what: what cannot be done when it fails
 * @sessions: newest version first
 * @count: how many
 */
struct verifier {
	const struct method *method;
	uint32_t purpose;
	const char *what;
	struct uks_session *sessions[VERSIONS_MAX];
	size_t count;
};

int verifier_open(struct run *run, struct verifier *verifier);
int verifier_begin(struct run *run, struct verifier *verifier);
int verifier_update(struct run *run, struct verifier *verifier, const void *data, size_t len);
int verifier_finish(struct run *run, struct verifier *verifier, const void *sig, size_t len);
void verifier_close(struct verifier *verifier);

#endif /* UKSCTL_VERIFY_H */
