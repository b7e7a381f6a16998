/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of uks-issuer. */
#ifndef SKS_UKS_ISSUER_H
#define SKS_UKS_ISSUER_H

#include "sks/issuer.h"

/** issuer_load() - make that many keys of each kind and use them; 0 or -1 */
int issuer_load(struct issuer *issuer, unsigned int rsa, unsigned int ec, unsigned int calls);

/** issuer_sign_with() - sign a fixed message by a key and verify it; 0 or -1 */
int issuer_sign_with(struct issuer *issuer, const struct issuer_key *key, bool rsa,
		     const char *pin);

#endif /* SKS_UKS_ISSUER_H */
