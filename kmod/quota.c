// SPDX-License-Identifier: GPL-2.0
/*
 * Quotas: how many requests, sessions and bytes one user, and all users
 * together, may hold. What is used up is refused at once (EBUSY); nobody's work
 * is ever thrown out to make room for another's.
 */
#include <linux/hashtable.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "uks.h"

static ulong requests_max = 1024;
module_param(requests_max, ulong, 0644);
MODULE_PARM_DESC(requests_max, "Requests waiting, of all users together (1024)");

static ulong requests_per_user = 64;
module_param(requests_per_user, ulong, 0644);
MODULE_PARM_DESC(requests_per_user, "Requests waiting, of one user (64)");

static ulong sessions_max = 65536;
module_param(sessions_max, ulong, 0644);
MODULE_PARM_DESC(sessions_max, "Open sessions, of all users together (65536)");

static ulong sessions_per_user = 4096;
module_param(sessions_per_user, ulong, 0644);
MODULE_PARM_DESC(sessions_per_user, "Open sessions, of one user (4096)");

static ulong bytes_max = 256UL << 20;
module_param(bytes_max, ulong, 0644);
MODULE_PARM_DESC(bytes_max, "Kernel memory held, of all users together, bytes (256 MiB)");

static ulong bytes_per_user = 64UL << 20;
module_param(bytes_per_user, ulong, 0644);
MODULE_PARM_DESC(bytes_per_user, "Kernel memory held, of one user, bytes (64 MiB)");

struct uks_limit {
	const ulong *all;
	const ulong *one;
	atomic64_t used;
};

static struct uks_limit uks_limits[] = {
	[UKS_QUOTA_REQUESTS] = { &requests_max, &requests_per_user },
	[UKS_QUOTA_SESSIONS] = { &sessions_max, &sessions_per_user },
	[UKS_QUOTA_BYTES] = { &bytes_max, &bytes_per_user },
};

static DEFINE_HASHTABLE(uks_users, 8);
static DEFINE_SPINLOCK(uks_users_lock);

static struct uks_user *uks_user_find(kuid_t uid)
{
	struct uks_user *user;

	hash_for_each_possible(uks_users, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/**
 * uks_user_get() - the accounts of a user
 * @uid: the user
 *
 * Return: the accounts, to be given back with uks_user_put(), or NULL when
 * memory is short.
 */
struct uks_user *uks_user_get(kuid_t uid)
{
	struct uks_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	struct uks_user *user;

	if (!fresh)
		return NULL;
	refcount_set(&fresh->ref, 1);
	fresh->uid = uid;
	INIT_LIST_HEAD(&fresh->queue);
	INIT_LIST_HEAD(&fresh->turn);
	spin_lock(&uks_users_lock);
	user = uks_user_find(uid);
	if (user) {
		refcount_inc(&user->ref);
	} else {
		hash_add(uks_users, &fresh->node, __kuid_val(uid));
		swap(user, fresh);
	}
	spin_unlock(&uks_users_lock);
	kfree(fresh);
	return user;
}

/**
 * uks_user_put() - give back the accounts of a user
 * @user: from uks_user_get()
 */
void uks_user_put(struct uks_user *user)
{
	spin_lock(&uks_users_lock);
	if (!refcount_dec_and_test(&user->ref)) {
		spin_unlock(&uks_users_lock);
		return;
	}
	hash_del(&user->node);
	spin_unlock(&uks_users_lock);
	WARN_ON_ONCE(atomic64_read(&user->requests) || atomic64_read(&user->sessions) ||
		     atomic64_read(&user->bytes));
	kfree(user);
}

static atomic64_t *uks_account(struct uks_user *user, enum uks_quota quota)
{
	switch (quota) {
	case UKS_QUOTA_REQUESTS:
		return &user->requests;
	case UKS_QUOTA_SESSIONS:
		return &user->sessions;
	case UKS_QUOTA_BYTES:
		break;
	}
	return &user->bytes;
}

/**
 * uks_charge() - take something from a quota
 * @user: who takes it
 * @quota: of what
 * @amount: how much
 *
 * Return: 0, or -EBUSY when the user, or all users together, would have too much.
 */
int uks_charge(struct uks_user *user, enum uks_quota quota, u64 amount)
{
	struct uks_limit *limit = &uks_limits[quota];
	atomic64_t *account = uks_account(user, quota);

	if ((u64)atomic64_add_return(amount, account) > READ_ONCE(*limit->one))
		goto refuse_one;
	if ((u64)atomic64_add_return(amount, &limit->used) > READ_ONCE(*limit->all))
		goto refuse_all;
	return 0;

refuse_all:
	atomic64_sub(amount, &limit->used);
refuse_one:
	atomic64_sub(amount, account);
	atomic64_inc(&uks_counters.refused);
	return -EBUSY;
}

/**
 * uks_uncharge() - give something back to a quota
 * @user: who had it
 * @quota: of what
 * @amount: how much
 */
void uks_uncharge(struct uks_user *user, enum uks_quota quota, u64 amount)
{
	atomic64_sub(amount, &uks_limits[quota].used);
	atomic64_sub(amount, uks_account(user, quota));
}

/**
 * uks_quota_used() - what all users together hold
 * @quota: of what
 *
 * Return: how much.
 */
u64 uks_quota_used(enum uks_quota quota)
{
	return atomic64_read(&uks_limits[quota].used);
}

/**
 * uks_quota_per_user() - what one user may hold
 * @quota: of what
 *
 * Return: how much.
 */
u64 uks_quota_per_user(enum uks_quota quota)
{
	return READ_ONCE(*uks_limits[quota].one);
}
