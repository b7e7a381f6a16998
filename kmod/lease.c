// SPDX-License-Identifier: GPL-2.0
/* Leases: the key of one session, set in a transform of the kernel's. */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/slab.h>

#include "uks.h"

/* Mask 0: the fast AES-GCM counts as asynchronous, and masking it finds nothing. */
static int uks_lease_set_aead(struct uks_lease *lease, const char *name, u32 tag_len,
			      const u8 *key, u32 len)
{
	struct crypto_aead *aead = crypto_alloc_aead(name, 0, 0);
	int ret;

	if (IS_ERR(aead))
		return PTR_ERR(aead);
	ret = crypto_aead_setkey(aead, key, len);
	if (!ret)
		ret = crypto_aead_setauthsize(aead, tag_len);
	if (ret) {
		crypto_free_aead(aead);
		return ret;
	}
	lease->aead = aead;
	return 0;
}

static int uks_lease_set_cipher(struct uks_lease *lease, const char *name, const u8 *key, u32 len)
{
	struct crypto_skcipher *cipher = crypto_alloc_skcipher(name, 0, 0);
	int ret;

	if (IS_ERR(cipher))
		return PTR_ERR(cipher);
	ret = crypto_skcipher_setkey(cipher, key, len);
	if (ret) {
		crypto_free_skcipher(cipher);
		return ret;
	}
	lease->cipher = cipher;
	return 0;
}

static int uks_lease_set_mac(struct uks_lease *lease, const char *name, const u8 *key, u32 len)
{
	struct crypto_shash *mac = crypto_alloc_shash(name, 0, 0);
	int ret;

	if (IS_ERR(mac))
		return PTR_ERR(mac);
	ret = crypto_shash_digestsize(mac) > UKS_MAC_MAX ? -EINVAL :
							   crypto_shash_setkey(mac, key, len);
	if (ret) {
		crypto_free_shash(mac);
		return ret;
	}
	lease->mac = mac;
	return 0;
}

static int uks_lease_set(struct uks_lease *lease, const struct uks_session *session,
			 const u8 *key, u32 len)
{
	const struct uks_alg *alg = session->alg;
	const char *name = alg->name;

	switch (alg->kind) {
	case UKS_KIND_AEAD:
		return uks_lease_set_aead(lease, name, session->tag_len, key, len);
	case UKS_KIND_BLOCK:
		return uks_lease_set_cipher(lease, name, key, len);
	case UKS_KIND_MAC:
		if (!name)
			name = uks_digest_name(session->digest ?: UKS_DIGEST_SHA256, true);
		return name ? uks_lease_set_mac(lease, name, key, len) : -EINVAL;
	case UKS_KIND_MESSAGE:
		break;
	}
	return -EINVAL;
}

/**
 * uks_lease_new() - make a lease of what the daemon answered
 * @session: for which session; its algorithm, digest and lengths are known
 * @tb: attributes of the answer
 *
 * Return: the lease, or an ERR_PTR: -EOPNOTSUPP when the kernel cannot run the
 * algorithm, -EPROTO when the daemon's key does not fit it, -ENOMEM.
 */
struct uks_lease *uks_lease_new(const struct uks_session *session, struct nlattr **tb)
{
	const struct nlattr *key = tb[UKS_A_KEY_MATERIAL];
	struct uks_lease *lease;
	int ret;

	if (nla_len(key) > UKS_LEASE_MATERIAL_MAX)
		return ERR_PTR(-EPROTO);
	lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	if (!lease)
		return ERR_PTR(-ENOMEM);
	refcount_set(&lease->ref, 1);
	ret = uks_lease_set(lease, session, nla_data(key), nla_len(key));
	if (ret) {
		kfree(lease);
		return ERR_PTR(ret == -ENOENT ? -EOPNOTSUPP : ret == -EINVAL ? -EPROTO : ret);
	}
	return lease;
}

/**
 * uks_lease_put() - drop a reference to a lease
 * @lease: the lease, or NULL
 *
 * The last one wipes the key. May sleep.
 */
void uks_lease_put(struct uks_lease *lease)
{
	if (!lease || !refcount_dec_and_test(&lease->ref))
		return;
	if (lease->aead)
		crypto_free_aead(lease->aead);
	if (lease->cipher)
		crypto_free_skcipher(lease->cipher);
	if (lease->mac)
		crypto_free_shash(lease->mac);
	kfree_sensitive(lease);
}

/* The same bounds whether the kernel works or the daemon. */
static int uks_lease_count(struct uks_session *session)
{
	if (session->expires_ns != U64_MAX && ktime_get_boottime_ns() >= session->expires_ns)
		return -EKEYEXPIRED;
	if (session->limited && atomic64_dec_if_positive(&session->uses_left) < 0)
		return -EDQUOT;
	return 0;
}

/**
 * uks_lease_use() - count one message before it is begun
 * @session: the session
 * @lease: its lease; NULL where the daemon does the work
 * @wait: how to wait for the daemon, where it counts
 *
 * Return: 0, -EKEYEXPIRED, -EDQUOT when no uses are left, or how the daemon
 * refused: then this message ends and nothing else.
 */
int uks_lease_use(struct uks_session *session, struct uks_lease *lease,
		  const struct uks_wait *wait)
{
	int ret = uks_lease_count(session);

	if (ret || !(session->lease_flags & UKS_LEASE_COUNTED))
		return ret;
	/* A message that goes whole is counted with its request. */
	if (!lease && session->alg->kind != UKS_KIND_BLOCK)
		return 0;
	return uks_remote_use(session, wait);
}
