// SPDX-License-Identifier: GPL-2.0
/* Leases: the key of one session, set in a transform of the kernel's. */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <linux/slab.h>

#include "uks.h"

static const char *uks_aead_name(u32 algorithm)
{
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
		return "gcm(aes)";
	case UKS_ALG_CHACHA20_POLY1305:
		return "rfc7539(chacha20,poly1305)";
	}
	return NULL;
}

/* Mask 0: the fast AES-GCM counts as asynchronous, and masking it finds nothing. */
static int uks_lease_set_aead(struct uks_lease *lease, const char *name, const u8 *key, u32 len)
{
	struct crypto_aead *aead = crypto_alloc_aead(name, 0, 0);
	int ret;

	if (IS_ERR(aead))
		return PTR_ERR(aead);
	ret = crypto_aead_setkey(aead, key, len);
	if (!ret)
		ret = crypto_aead_setauthsize(aead, UKS_TAG_LEN);
	if (ret) {
		crypto_free_aead(aead);
		return ret;
	}
	lease->aead = aead;
	return 0;
}

static int uks_lease_set_mac(struct uks_lease *lease, const u8 *key, u32 len)
{
	struct crypto_shash *mac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	int ret;

	if (IS_ERR(mac))
		return PTR_ERR(mac);
	ret = crypto_shash_setkey(mac, key, len);
	if (ret) {
		crypto_free_shash(mac);
		return ret;
	}
	lease->mac = mac;
	return 0;
}

/**
 * uks_lease_new() - make a lease of what the daemon answered
 * @algorithm: enum uks_algorithm
 * @tb: attributes of the answer
 *
 * Return: the lease, or an ERR_PTR: -EOPNOTSUPP when the kernel cannot run the
 * algorithm, -EPROTO when the daemon's key does not fit it, -ENOMEM.
 */
struct uks_lease *uks_lease_new(u32 algorithm, struct nlattr **tb)
{
	const char *aead = uks_aead_name(algorithm);
	const struct nlattr *key = tb[UKS_A_KEY_MATERIAL];
	struct uks_lease *lease;
	int ret;

	if (!key || nla_len(key) > UKS_LEASE_MATERIAL_MAX)
		return ERR_PTR(-EPROTO);
	lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	if (!lease)
		return ERR_PTR(-ENOMEM);
	refcount_set(&lease->ref, 1);
	lease->flags = tb[UKS_A_LEASE_FLAGS] ? nla_get_u32(tb[UKS_A_LEASE_FLAGS]) : 0;
	lease->expires_ns = tb[UKS_A_LEASE_EXPIRES] ? nla_get_u64(tb[UKS_A_LEASE_EXPIRES]) :
						      U64_MAX;
	if (tb[UKS_A_LEASE_USES]) {
		lease->limited = true;
		atomic64_set(&lease->uses_left, min_t(u64, nla_get_u64(tb[UKS_A_LEASE_USES]),
						      S64_MAX));
	}
	if (aead)
		ret = uks_lease_set_aead(lease, aead, nla_data(key), nla_len(key));
	else
		ret = uks_lease_set_mac(lease, nla_data(key), nla_len(key));
	if (ret) {
		kfree(lease);
		return ERR_PTR(ret == -ENOENT ? -EOPNOTSUPP : ret == -EINVAL ? -EPROTO : ret);
	}
	return lease;
}

/**
 * uks_lease_put() - drop a reference to a lease
 * @lease: the lease
 *
 * The last one wipes the key. May sleep.
 */
void uks_lease_put(struct uks_lease *lease)
{
	if (!refcount_dec_and_test(&lease->ref))
		return;
	if (lease->aead)
		crypto_free_aead(lease->aead);
	if (lease->mac)
		crypto_free_shash(lease->mac);
	kfree_sensitive(lease);
}

/**
 * uks_lease_use() - count one message before it is begun
 * @lease: the lease
 *
 * Return: 0, -EKEYEXPIRED, or -EDQUOT when no uses are left.
 */
int uks_lease_use(struct uks_lease *lease)
{
	if (lease->expires_ns != U64_MAX && ktime_get_boottime_ns() >= lease->expires_ns)
		return -EKEYEXPIRED;
	if (lease->limited && atomic64_dec_if_positive(&lease->uses_left) < 0)
		return -EDQUOT;
	return 0;
}

static u64 uks_features = UKS_FEATURE_DIGEST;

static void uks_probe_aead(const char *name, u64 feature)
{
	struct crypto_aead *aead = crypto_alloc_aead(name, 0, 0);

	if (IS_ERR(aead))
		return;
	crypto_free_aead(aead);
	uks_features |= feature;
}

/** uks_lease_init() - find out, once, what this kernel's crypto can run */
void uks_lease_init(void)
{
	struct crypto_shash *mac = crypto_alloc_shash("hmac(sha256)", 0, 0);

	uks_probe_aead("gcm(aes)", UKS_FEATURE_AES_GCM);
	uks_probe_aead("rfc7539(chacha20,poly1305)", UKS_FEATURE_CHACHA20_POLY1305);
	if (!IS_ERR(mac)) {
		crypto_free_shash(mac);
		uks_features |= UKS_FEATURE_HMAC_SHA256;
	}
}

/**
 * uks_lease_features() - what this kernel's crypto can run
 *
 * Return: bits of enum uks_feature.
 */
u64 uks_lease_features(void)
{
	return uks_features;
}
