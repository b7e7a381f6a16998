// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/key.h"

#define CIPHER		(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)
#define MAC		(UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY)
#define SIGNATURE	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)

static const struct key_type types[] = {
	{ UKS_KEY_AES_128, UKS_ALG_AES_GCM, CIPHER, 16, 16, 16, false, false, "aes-128" },
	{ UKS_KEY_AES_192, UKS_ALG_AES_GCM, CIPHER, 24, 24, 24, false, false, "aes-192" },
	{ UKS_KEY_AES_256, UKS_ALG_AES_GCM, CIPHER, 32, 32, 32, false, false, "aes-256" },
	{ UKS_KEY_CHACHA20, UKS_ALG_CHACHA20_POLY1305, CIPHER, 32, 32, 32, false, false,
	  "chacha20" },
	{ UKS_KEY_HMAC_SHA256, UKS_ALG_HMAC, MAC, 16, 256, 32, false, false, "hmac-sha256" },
	{ UKS_KEY_EC_P256, UKS_ALG_ECDSA, SIGNATURE, 32, 32, 32, true, true, "ec-p256" },
	{ UKS_KEY_ED25519, UKS_ALG_ED25519, SIGNATURE, 32, 32, 32, true, false, "ed25519" },
};

const struct key_type *key_type_find(uint32_t type, struct failure *failure)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return &types[i];
	failure_set(failure, UKS_E_BAD_TYPE,
		    "key type %u is unknown to this daemon: update it, or choose another type",
		    type);
	return NULL;
}

int key_type_purposes(const struct key_type *type, uint32_t purposes, struct failure *failure)
{
	static const char * const allowed[] = {
		[UKS_ALG_AES_GCM] = "encrypt and decrypt",
		[UKS_ALG_CHACHA20_POLY1305] = "encrypt and decrypt",
		[UKS_ALG_HMAC] = "compute and verify MACs",
		[UKS_ALG_ECDSA] = "sign and verify",
		[UKS_ALG_ED25519] = "sign and verify",
	};

	if (purposes && !(purposes & ~type->purposes))
		return 0;
	return failure_set(failure, UKS_E_BAD_PURPOSE,
			   "purposes 0x%x do not fit a key of type %s: it can only %s", purposes,
			   type->name, allowed[type->algorithm]);
}
