// SPDX-License-Identifier: LGPL-2.1-or-later
/* Symmetric keys: bytes, which the kernel works with under a lease. */
#include <string.h>

#include <sodium.h>

#include "daemon/sealed.h"

static int symmetric_generate(const struct key_type *type, struct material *material,
			      struct failure *failure)
{
	(void)failure;
	randombytes_buf(material->secret, type->secret_new);
	material->secret_len = type->secret_new;
	material->public_len = 0;
	return 0;
}

static int symmetric_import(const struct key_type *type, const struct import *import,
			    struct material *material, struct failure *failure)
{
	if (import->format != UKS_FORMAT_RAW)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as raw bytes only", type->name);
	if (import->len < type->secret_min || import->len > type->secret_max) {
		if (type->secret_min == type->secret_max)
			return failure_set(failure, UKS_E_BAD_MATERIAL,
					   "a key of type %s has %u bytes, not %zu", type->name,
					   type->secret_min, import->len);
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s has %u to %u bytes, not %zu", type->name,
				   type->secret_min, type->secret_max, import->len);
	}
	memcpy(material->secret, import->bytes, import->len);
	material->secret_len = import->len;
	material->public_len = 0;
	return 0;
}

const struct provider sealed_symmetric = {
	.name = "sealed-symmetric",
	.generate = symmetric_generate,
	.import = symmetric_import,
};
