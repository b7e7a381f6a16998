/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reader and writer of JSON Web Keys share. */
#ifndef UKSCTL_FORMAT_JWK_H
#define UKSCTL_FORMAT_JWK_H

#include <stddef.h>

/**
 * struct jwk_curve - a curve of JWK
 * @name: member "crv" (RFC 7518, 6.2.1.1; RFC 8037, 2)
 * @group: libcrypto's name of an EC curve, or NULL: the kind of key is OKP
 * @nid: libcrypto's kind of key of OKP
 * @len: bytes of each member
 */
struct jwk_curve {
	const char *name;
	const char *group;
	int nid;
	int len;
};

const struct jwk_curve *jwk_curve_at(size_t index);

#endif /* UKSCTL_FORMAT_JWK_H */
