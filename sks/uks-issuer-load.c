// SPDX-License-Identifier: LGPL-2.1-or-later
/* Many keys and many calls, through the bridge. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "sks/issuer-crypto.h"
#include "sks/uks-issuer.h"

#define BATCH	40	/* keys of one session */
#define MESSAGE	"message"

int issuer_sign_with(struct issuer *issuer, const struct issuer_key *key, bool rsa,
		     const char *pin)
{
	struct frame message = { };
	const uint8_t *signature;
	uint8_t hash[32];
	size_t len;
	bool right;

	SHA256((const uint8_t *)MESSAGE, strlen(MESSAGE), hash);
	frame_number(&issuer->args, key->handle, 4);
	frame_text(&issuer->args, rsa ? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" :
					"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
	frame_bytes(&issuer->args, NULL, 0);
	frame_number(&issuer->args, 0, 1);
	frame_text(&issuer->args, pin);
	frame_bytes(&issuer->args, hash, sizeof(hash));
	if (issuer_call(issuer, SKS_SIGN))
		return -1;
	signature = reader_bytes(&issuer->out, &len);
	frame_raw(&message, MESSAGE, strlen(MESSAGE));
	right = issuer_verify(&key->certificate, &message, signature, len);
	frame_free(&message);
	if (right)
		return 0;
	snprintf(issuer->text, sizeof(issuer->text), "the signature is wrong");
	issuer->status = -1;
	return -1;
}

static bool is_rsa(const struct issuer_key *key)
{
	return key->algorithm;
}

static int make(struct issuer *issuer, struct issuer_key *key)
{
	if (issuer_create_key(issuer, key))
		return -1;
	issuer_certify(issuer, key, NULL);
	return issuer_set_path(issuer, key, false);
}

/* One session for each batch. Three calls for each key, two for each session. */
static int make_all(struct issuer *issuer, struct issuer_key *keys, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (i % BATCH == 0 && issuer_open(issuer))
			return -1;
		if (make(issuer, &keys[i]))
			return -1;
		if ((i % BATCH == BATCH - 1 || i == count - 1) && issuer_close(issuer))
			return -1;
	}
	return 0;
}

static int use_all(struct issuer *issuer, struct issuer_key *keys, unsigned int count,
		   unsigned int calls)
{
	unsigned int i;

	for (i = 0; i < calls; i++) {
		const struct issuer_key *key = &keys[i % count];

		if (i % 3 == 0) {
			if (issuer_sign_with(issuer, key, is_rsa(key), ""))
				return -1;
			continue;
		}
		frame_number(&issuer->args, key->handle, 4);
		if (issuer_call(issuer, i % 3 == 1 ? SKS_GET_KEY_ATTRIBUTES :
						     SKS_GET_KEY_PROTECTION))
			return -1;
	}
	return 0;
}

int issuer_load(struct issuer *issuer, unsigned int rsa, unsigned int ec, unsigned int calls)
{
	unsigned int i, count = rsa + ec, made = 2 * count + 2 * ((count + BATCH - 1) / BATCH);
	struct issuer_key *keys = calloc(count, sizeof(*keys));
	int ret;

	if (!keys || calls < made)
		errx(2, "too few calls for so many keys, or out of memory");
	for (i = 0; i < count; i++) {
		static char ids[1000][16];

		snprintf(ids[i % 1000], sizeof(ids[0]), "Key.%u", i);
		keys[i].id = ids[i % 1000];
		keys[i].algorithm = i < rsa ? SKS_URI "rsa2048" : NULL;
	}
	ret = make_all(issuer, keys, count) || use_all(issuer, keys, count, calls - made) ?
	      -1 : 0;
	for (i = 0; i < count; i++)
		issuer_key_free(&keys[i]);
	free(keys);
	return ret;
}
