// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "p11.h"

#define KEPT	32	/* of the sessions_max that a user has by default */

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct use *kept[KEPT];
static size_t kept_count;

/* Between the numbers and the label there may be a gap, which says nothing. */
static bool is_same(const struct wanted *one, const struct wanted *other)
{
	return !memcmp(one, other, offsetof(struct wanted, tag_len)) &&
	       one->tag_len == other->tag_len && one->label == other->label &&
	       one->label_len == other->label_len;
}

/* The last one kept is the likeliest to be wanted again. */
static struct use *take_kept(const struct wanted *wanted)
{
	struct use *use = NULL;
	size_t i;

	pthread_mutex_lock(&kept_lock);
	for (i = kept_count; i-- && !use;) {
		if (!is_same(&kept[i]->wanted, wanted))
			continue;
		use = kept[i];
		memmove(&kept[i], &kept[i + 1], (kept_count - i - 1) * sizeof(*kept));
		kept_count--;
	}
	pthread_mutex_unlock(&kept_lock);
	return use;
}

static int open_new(const struct wanted *wanted, struct uks_session **session)
{
	struct uks_parameters parameters = {
		.mgf_digest = wanted->mgf_digest,
		.have = wanted->have_salt_len ? UKS_HAVE_SALT_LEN : 0,
		.salt_len = wanted->salt_len,
		.nonce_len = wanted->nonce_len,
		.tag_len = wanted->tag_len,
		.label = wanted->label_len ? wanted->label : NULL,
		.label_len = wanted->label_len,
	};
	struct uks_method method = {
		.algorithm = wanted->algorithm,
		.digest = wanted->digest,
		.parameters = &parameters,
	};
	char name[KEY_REF_LEN];

	key_ref(name, wanted->id);
	return uks_session_open_with(module.client, name, wanted->purpose, &method, session,
				     NULL);
}

int use_open(const struct wanted *wanted, struct use **out)
{
	struct use *use = take_kept(wanted);
	int ret;

	if (use) {
		use->fresh = false;
		*out = use;
		return 0;
	}
	use = calloc(1, sizeof(*use));
	if (!use)
		return -UKS_E_NO_MEMORY;
	ret = open_new(wanted, &use->session);
	if (ret == -UKS_E_BUSY) {
		/* What is kept may be what uses the quota up. */
		use_drop_all();
		ret = open_new(wanted, &use->session);
	}
	if (ret) {
		free(use);
		return ret;
	}
	use->wanted = *wanted;
	use->fresh = true;
	*out = use;
	return 0;
}

void use_close(struct use *use)
{
	struct use *last = NULL;

	if (!use)
		return;
	if (use->wanted.label) {
		use_drop(use);
		return;
	}
	pthread_mutex_lock(&kept_lock);
	if (kept_count == KEPT) {
		last = kept[0];
		memmove(kept, kept + 1, --kept_count * sizeof(*kept));
	}
	kept[kept_count++] = use;
	pthread_mutex_unlock(&kept_lock);
	use_drop(last);
}

void use_drop(struct use *use)
{
	if (!use)
		return;
	uks_session_close(use->session);
	free(use);
}

void use_drop_all(void)
{
	pthread_mutex_lock(&kept_lock);
	while (kept_count)
		use_drop(kept[--kept_count]);
	pthread_mutex_unlock(&kept_lock);
}

void use_freeze(bool freeze)
{
	if (freeze)
		pthread_mutex_lock(&kept_lock);
	else
		pthread_mutex_unlock(&kept_lock);
}

bool use_ended(const struct use *use, int ret)
{
	if (use->fresh)
		return false;
	return ret == -UKS_E_REVOKED || ret == -UKS_E_LEASE_EXPIRED ||
	       ret == -UKS_E_LEASE_USED_UP || ret == -UKS_E_NOT_OPENER;
}
