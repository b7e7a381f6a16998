/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates and requests for them, signed by a key of UKS. */
#ifndef UKSCTL_CERTIFICATE_H
#define UKSCTL_CERTIFICATE_H

#include <openssl/x509.h>

#include "import.h"

/**
 * struct signing - how something is signed
 * @algorithm: enum uks_algorithm
 * @digest: enum uks_digest, or 0 if the algorithm has none to choose
 * @name: the same for X.509, as it stands beside the signature
 */
struct signing {
	uint32_t algorithm;
	uint32_t digest;
	X509_ALGOR *name;
};

int signing_choose(struct run *run, EVP_PKEY *pkey, struct signing *signing);
int sign_request(struct run *run, const struct signing *signing, X509_REQ *request);
int sign_certificate(struct run *run, const struct signing *signing, X509 *certificate);

#endif /* UKSCTL_CERTIFICATE_H */
