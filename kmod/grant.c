// SPDX-License-Identifier: GPL-2.0
/* What the daemon grants to a session: who does the work, with which lengths. */
#include <crypto/hash.h>
#include <linux/slab.h>

#include "uks.h"

#define UKS_SIGNATURES	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)

static u32 uks_grant_u32(const struct nlattr *nla, u32 absent)
{
	return nla ? nla_get_u32(nla) : absent;
}

/* Does what the daemon answered belong together? Else it means another purpose. */
static int uks_grant_algorithm(struct uks_session *session, u32 purpose, struct nlattr **tb)
{
	const struct uks_alg *alg = uks_alg_find(nla_get_u32(tb[UKS_A_ALGORITHM]));

	if (!alg || hweight32(purpose) != 1 || !(alg->purposes & purpose))
		return -EPROTO;
	session->alg = alg;
	session->purpose = purpose;
	session->algorithm = nla_get_u32(tb[UKS_A_ALGORITHM]);
	session->key_version = nla_get_u32(tb[UKS_A_KEY_VERSION]);
	session->digest = uks_grant_u32(tb[UKS_A_DIGEST], 0);
	session->lease_flags = uks_grant_u32(tb[UKS_A_LEASE_FLAGS], 0);
	session->remote = !tb[UKS_A_KEY_MATERIAL];
	/* An AEAD message is not cut: what the daemon could take is too little. */
	if (session->remote ? alg->kind == UKS_KIND_AEAD : alg->kind == UKS_KIND_MESSAGE)
		return -EPROTO;
	return 0;
}

static int uks_grant_lengths(struct uks_session *session, struct nlattr **tb)
{
	const struct uks_alg *alg = session->alg;

	session->nonce_len = alg->nonce_max;
	session->result_max = uks_alg_result_max(alg, uks_grant_u32(tb[UKS_A_KEY_TYPE], 0));
	if (alg->kind != UKS_KIND_AEAD)
		return tb[UKS_A_NONCE_LEN] || tb[UKS_A_TAG_LEN] ? -EPROTO : 0;
	session->nonce_len = uks_grant_u32(tb[UKS_A_NONCE_LEN], UKS_NONCE_LEN);
	session->tag_len = uks_grant_u32(tb[UKS_A_TAG_LEN], UKS_TAG_LEN);
	return uks_alg_aead_fits(alg, session->nonce_len, session->tag_len) ? 0 : -EPROTO;
}

static int uks_grant_keep(struct uks_session *session, struct uks_blob *blob,
			  const struct nlattr *nla)
{
	int ret;

	if (!nla || !nla_len(nla))
		return 0;
	ret = uks_charge(session->client->user, UKS_QUOTA_BYTES, nla_len(nla));
	if (ret)
		return ret;
	blob->data = kvmalloc(nla_len(nla), GFP_KERNEL_ACCOUNT);
	if (!blob->data) {
		uks_uncharge(session->client->user, UKS_QUOTA_BYTES, nla_len(nla));
		return -ENOMEM;
	}
	blob->len = nla_len(nla);
	memcpy(blob->data, nla_data(nla), blob->len);
	return 0;
}

static void uks_grant_drop(struct uks_session *session, struct uks_blob *blob)
{
	if (!blob->data)
		return;
	uks_uncharge(session->client->user, UKS_QUOTA_BYTES, blob->len);
	kvfree_sensitive(blob->data, blob->len);
}

/* The kernel hashes what is signed, unless the daemon or the caller wants to. */
static int uks_grant_hash(struct uks_session *session)
{
	bool hashes = session->purpose & UKS_SIGNATURES && session->digest &&
		      session->digest != UKS_DIGEST_GIVEN;
	struct crypto_shash *hash;
	const char *name;

	if (!hashes)
		return session->prefix.len ? -EPROTO : 0;
	name = uks_digest_name(session->digest, false);
	if (!name)
		return -EPROTO;
	hash = crypto_alloc_shash(name, 0, 0);
	if (IS_ERR(hash))
		return PTR_ERR(hash) == -ENOENT ? -EOPNOTSUPP : PTR_ERR(hash);
	session->hash = hash;
	return 0;
}

static void uks_grant_bounds(struct uks_session *session, struct nlattr **tb)
{
	session->expires_ns = tb[UKS_A_LEASE_EXPIRES] ? nla_get_u64(tb[UKS_A_LEASE_EXPIRES]) :
							U64_MAX;
	if (!tb[UKS_A_LEASE_USES])
		return;
	session->limited = true;
	atomic64_set(&session->uses_left,
		     min_t(u64, nla_get_u64(tb[UKS_A_LEASE_USES]), S64_MAX));
}

static int uks_grant_lease(struct uks_session *session, struct nlattr **tb)
{
	struct uks_lease *lease;

	if (session->remote)
		return 0;
	lease = uks_lease_new(session, tb);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	if (lease->mac)
		session->result_max = crypto_shash_digestsize(lease->mac);
	spin_lock(&session->lock);
	if (!session->ended)
		swap(session->lease, lease);
	spin_unlock(&session->lock);
	uks_lease_put(lease);
	return 0;
}

/**
 * uks_session_grant() - lay what the daemon granted into a session
 * @session: the session, which is being opened
 * @purpose: what it is opened for
 * @tb: attributes of the answer
 *
 * Return: 0; -EPROTO when the answer does not fit together; -EOPNOTSUPP when this
 * kernel has no such algorithm; -EKEYREVOKED; -EBUSY (quota); -ENOMEM.
 */
int uks_session_grant(struct uks_session *session, u32 purpose, struct nlattr **tb)
{
	int ret;

	uks_grant_bounds(session, tb);
	ret = uks_grant_algorithm(session, purpose, tb) ?:
	      uks_grant_lengths(session, tb) ?:
	      uks_grant_keep(session, &session->parameters, tb[UKS_A_PARAMETERS]) ?:
	      uks_grant_keep(session, &session->prefix, tb[UKS_A_PREFIX]) ?:
	      uks_grant_hash(session) ?:
	      uks_grant_lease(session, tb);
	if (ret)
		return ret;
	if (tb[UKS_A_IDLE] && nla_get_u64(tb[UKS_A_IDLE]))
		uks_idle_watch(session, min_t(u64, nla_get_u64(tb[UKS_A_IDLE]), S64_MAX));
	return READ_ONCE(session->ended);
}

/**
 * uks_session_drop_grant() - wipe what was granted
 * @session: the session, which nobody uses any more
 */
void uks_session_drop_grant(struct uks_session *session)
{
	uks_lease_put(session->lease);
	if (session->hash)
		crypto_free_shash(session->hash);
	uks_grant_drop(session, &session->parameters);
	uks_grant_drop(session, &session->prefix);
}
