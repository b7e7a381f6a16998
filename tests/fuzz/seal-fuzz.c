// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sealed blobs: only the very one that was sealed opens. Input: what is laid over the
 * blob from an offset on and its length, or after a zero a whole blob.
 */
#include <stdlib.h>

#include <sodium.h>

#include "daemon/master/seal.h"
#include "tests/fuzz/fuzz.h"

#define SECRET_LEN	48

static uint8_t master[SEAL_MASTER_LEN];
static struct key key = {
	.name = "key", .owner = 1000, .type = UKS_KEY_AES_256, .purposes = 3, .origin = 1,
	.state = UKS_STATE_ACTIVE, .version = 1, .newest = 1, .created = 1,
};

static struct blob good;

static void seal_one(void)
{
	static const uint8_t secret[SECRET_LEN] = "a secret";

	if (sodium_init() < 0)
		abort();
	seal_secret(master, &key, secret, sizeof(secret), &good);
}

static void read_blob(const uint8_t *data, size_t len, struct blob *blob)
{
	size_t at, i;

	if (data[0] == 0) {
		blob->len = len - 1 < SEAL_BLOB_MAX ? len - 1 : SEAL_BLOB_MAX;
		memcpy(blob->data, data + 1, blob->len);
		return;
	}
	*blob = good;
	at = data[0] % good.len;
	for (i = 2; i < len && at < SEAL_BLOB_MAX; i++)
		blob->data[at++] ^= data[i];
	if (len > 1)
		blob->len = (good.len + data[1]) % (SEAL_BLOB_MAX + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t secret[KEY_SECRET_MAX], untouched[KEY_SECRET_MAX];
	struct failure failure = { 0 };
	struct blob blob;
	bool same;
	size_t opened = 0;
	int ret;

	if (!good.len)
		seal_one();
	if (!len)
		return 0;
	memset(&blob, 0, sizeof(blob));
	read_blob(data, len, &blob);
	same = blob.len == good.len && !memcmp(blob.data, good.data, good.len);
	ret = seal_open(master, &key, &blob, secret, &opened, &failure);
	if (ret ? same || failure.code != UKS_E_BLOB || memcmp(secret, untouched, sizeof(secret)) :
		  !same || opened != SECRET_LEN)
		abort();
	memset(secret, 0, sizeof(secret));
	return 0;
}
