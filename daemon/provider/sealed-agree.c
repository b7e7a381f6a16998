// SPDX-License-Identifier: LGPL-2.1-or-later
/* Agreement: ECDH, X25519, X448, finite-field Diffie-Hellman. */
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

static int bad_peer(struct failure *failure)
{
	return failure_set(failure, UKS_E_BAD_PEER,
			   "nothing can be agreed on with that public key: it is of small order");
}

int sealed_exchange(EVP_PKEY *pkey, EVP_PKEY *peer, struct output *output,
		    struct failure *failure)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	int ret = 0;

	output->len = output->size;
	if (!ctx || EVP_PKEY_derive_init(ctx) != 1)
		ret = sealed_openssl_failure("agree", failure);
	/* A secret keeps its leading zeros: all have the same length (SP 800-56A, 5.7.1.1). */
	else if (EVP_PKEY_is_a(pkey, "DH") && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1)
		ret = sealed_openssl_failure("agree", failure);
	else if (EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
		 EVP_PKEY_derive(ctx, output->bytes, &output->len) != 1 ||
		 sodium_is_zero(output->bytes, output->len))
		ret = bad_peer(failure);
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

/* The peer is the message, or a parameter; one of both. */
static int find_peer(const struct job *job, const uint8_t **spki, size_t *len,
		     struct failure *failure)
{
	const struct uks_attr *peer = &job->parameters[UKS_PARAM_PEER];

	if (peer->type && job->len)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "the other side's public key is the message or parameter peer, not both");
	*spki = peer->type ? peer->value : job->message;
	*len = peer->type ? peer->len : job->len;
	return 0;
}

METHOD(sealed_agree)
{
	struct pkey_key *key = to_pkey(private_key);
	const struct key_type *type;
	const uint8_t *spki;
	EVP_PKEY *peer;
	size_t len;
	int ret;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure) ||
	    find_peer(job, &spki, &len, failure))
		return -1;
	peer = sealed_read_public(spki, len, UKS_E_BAD_PEER, &type, failure);
	if (!peer)
		return -1;
	if (type->type == private_key->type->type)
		ret = sealed_exchange(key->pkey, peer, output, failure);
	else
		ret = failure_set(failure, UKS_E_BAD_PEER,
				  "the other side's public key is of type %s: this key is of type %s",
				  type->name, private_key->type->name);
	EVP_PKEY_free(peer);
	return ret;
}
