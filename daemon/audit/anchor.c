// SPDX-License-Identifier: LGPL-2.1-or-later
/* The head of the chain, in the TPM. */
#include <time.h>

#include "daemon/audit/internal.h"
#include "daemon/log.h"
#include "daemon/tpmgate.h"
#include "daemon/uksd.h"
#include "tpm/nv.h"

#define LABEL	"uks audit anchor"

static_assert(UKS_AUDIT_HASH_LEN == UKS_TPM_HASH_LEN, "the TPM takes the chain's hashes");

/* A call of tpm/nv.h on the anchor: @value is what it is, and becomes what it was made. */
typedef int (*anchor_call)(struct uks_tpm *tpm, const uint8_t *auth, uint8_t *value,
			   const uint8_t *digest, struct uks_tpm_error *error);

static int find(struct uks_tpm *tpm, const uint8_t *auth, uint8_t *value, const uint8_t *digest,
		struct uks_tpm_error *error)
{
	struct uks_tpm_index index;

	(void)digest;
	return uks_tpm_anchor_define(tpm, UKS_TPM_ANCHOR_HANDLE, auth, &index, value, error);
}

/* The index is looked for each time: it may be made again meanwhile, which shows. */
static int extend(struct uks_tpm *tpm, const uint8_t *auth, uint8_t *value,
		  const uint8_t *digest, struct uks_tpm_error *error)
{
	uint8_t found[UKS_AUDIT_HASH_LEN];
	struct uks_tpm_index index;

	if (uks_tpm_anchor_define(tpm, UKS_TPM_ANCHOR_HANDLE, auth, &index, found, error))
		return -1;
	return uks_tpm_anchor_extend(tpm, &index, auth, value, digest, error);
}

static int with_tpm(struct uksd *uksd, anchor_call call, uint8_t *value, const uint8_t *digest,
		    struct failure *failure)
{
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	/* Without a master key there is nothing that opens the index. */
	if (!uksd->gate || !uksd->master || uksd->master->state != UKS_MASTER_VALID)
		return failure_set(failure, UKS_E_TPM, "there is no master key yet");
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	master_auth(uksd->master, LABEL, NULL, 0, auth);
	ret = call(tpm, auth, value, digest, &error);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret ? tpmgate_fail(&error, failure) : 0;
}

int audit_anchor_read(struct uksd *uksd, uint8_t *value, struct failure *failure)
{
	return with_tpm(uksd, find, value, NULL, failure);
}

/* What a new index has: zeros, extended by zeros. */
static void initial(uint8_t *value)
{
	memset(value, 0, UKS_AUDIT_HASH_LEN);
	uks_audit_extend(value, value, value);
}

/* A crash may have come between the record and the TPM: both are good. */
static bool agrees(const struct audit_anchor *anchor, const uint8_t *tpm)
{
	uint8_t value[UKS_AUDIT_HASH_LEN];

	if (!anchor->sequence) {
		initial(value);
		return !memcmp(value, tpm, sizeof(value));
	}
	uks_audit_extend(anchor->before, anchor->hash, value);
	return !memcmp(value, tpm, sizeof(value)) ||
	       !memcmp(anchor->before, tpm, sizeof(anchor->before));
}

void audit_anchor_find(struct audit *audit, struct uksd *uksd)
{
	const struct audit_anchor *anchor = &audit->file.anchor;
	struct failure failure;

	if (audit_anchor_read(uksd, audit->tpm, &failure)) {
		log_warning("audit: the records are not anchored in the TPM: %s", failure.text);
		audit->anchor_off = true;
		return;
	}
	audit->anchor_off = false;
	if (agrees(anchor, audit->tpm))
		return;
	log_error("audit: the TPM contradicts anchor %llu: see 'uksctl audit verify'",
		  (unsigned long long)anchor->sequence);
	audit_event(audit, UKS_AUDIT_BROKEN, NULL, anchor->sequence);
}

/* Writes the record whose hash the TPM gets. */
static int write_anchor(struct audit *audit, struct audit_anchor *anchor,
			struct failure *failure)
{
	struct audit_note note;

	audit_note(&note, UKS_AUDIT_ANCHOR);
	audit_detail(&note, UKS_AUDIT_D_ANCHOR, audit->tpm, sizeof(audit->tpm));
	if (audit_append(audit, &note))
		return failure_set(failure, UKS_E_AUDIT, "too many records wait to be written");
	/* Records that come meanwhile are not in this anchor. */
	atomic_store(&audit->anchor_due, false);
	if (audit_flush(audit, true, failure))
		return -1;
	pthread_mutex_lock(&audit->write_lock);
	*anchor = audit->file.anchor;
	pthread_mutex_unlock(&audit->write_lock);
	return 0;
}

void audit_anchor(struct audit *audit, struct uksd *uksd)
{
	struct audit_anchor anchor;
	struct failure failure;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	audit->anchored = now.tv_sec;
	if (audit->anchor_off)
		audit_anchor_find(audit, uksd);
	if (audit->anchor_off)
		return;
	if (!write_anchor(audit, &anchor, &failure) &&
	    !with_tpm(uksd, extend, audit->tpm, anchor.hash, &failure))
		return;
	log_error("audit: the head of the records does not reach the TPM: %s", failure.text);
}
