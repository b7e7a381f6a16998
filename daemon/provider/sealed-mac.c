// SPDX-License-Identifier: LGPL-2.1-or-later
/* HMAC (RFC 2104) and AES-CMAC (SP 800-38B) of whole messages. */
#include <stdio.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

static int compute(const struct bytes_key *key, const struct job *job, uint8_t *mac, size_t *len,
		   struct failure *failure)
{
	const struct uks_digest_info *digest = uks_digest_find(job->use.digest);
	char name[16];

	if (digest)
		snprintf(name, sizeof(name), "%s", digest->library);
	else
		snprintf(name, sizeof(name), "AES-%zu-CBC", 8 * key->len);
	if (EVP_Q_mac(NULL, digest ? "HMAC" : "CMAC", NULL, name, NULL, key->bytes, key->len,
		      job->message, job->len, mac, UKS_MAC_MAX, len))
		return 0;
	return sealed_openssl_failure("make a MAC", failure);
}

METHOD(sealed_mac)
{
	return sealed_room(output, UKS_MAC_MAX, failure) ||
	       compute(to_bytes(private_key), job, output->bytes, &output->len, failure) ? -1 : 0;
}

METHOD(sealed_mac_verify)
{
	uint8_t mac[UKS_MAC_MAX];
	size_t len;
	int ret = 0;

	(void)output;
	if (compute(to_bytes(private_key), job, mac, &len, failure))
		return -1;
	if (job->signature_len != len || sodium_memcmp(job->signature, mac, len))
		ret = failure_set(failure, UKS_E_NOT_AUTHENTIC,
				  "the MAC is not that of this message by this key");
	sodium_memzero(mac, sizeof(mac));
	return ret;
}
