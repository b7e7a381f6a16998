// SPDX-License-Identifier: LGPL-2.1-or-later
/* UKS_OP_PIN: check, change and unlock. */
#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/key/find.h"
#include "daemon/log.h"
#include "daemon/pin/pin.h"
#include "daemon/tpmgate.h"

/* The key, proven, and what is known of its PIN. */
static int read_pin(struct worker *worker, struct pin *pin, struct failure *failure)
{
	const struct key *key = &worker->record.key;

	if (key_prove(worker, &worker->record, failure))
		return -1;
	if (!key->pin_len)
		return failure_set(failure, UKS_E_PIN_BAD, "key '%s' has no PIN", key->name);
	return pin_read(key, pin, failure);
}

/* Who is let in by the key's policy may try its PIN: to use the key costs a try, too. */
static int check(struct worker *worker, const struct request *request, struct uks_attrs *out,
		 struct failure *failure)
{
	unsigned int left;
	struct pin pin;

	if (key_find_to_use(worker, request, failure) || read_pin(worker, &pin, failure) ||
	    pin_verify(worker, &worker->record.key, &request->attrs[UKS_A_PIN], &left, failure))
		return -1;
	uks_attrs_put_u32(out, UKS_A_TRIES, left);
	return 0;
}

/* The random code that sets tries and PIN comes out with either of the two codes. */
static int get_random(struct worker *worker, const struct request *request,
		      const struct pin *pin, uint8_t *random, struct failure *failure)
{
	bool admin = request->attrs[UKS_A_ADMIN_CODE].type;
	const struct uks_attr *code = &request->attrs[admin ? UKS_A_ADMIN_CODE : UKS_A_PIN];
	const uint8_t *closed = admin ? pin->code_closed : pin->closed;
	uint8_t opener[PIN_OPENER_LEN];
	size_t len = sizeof(pin->closed);
	int ret;

	if (pin_ask_guard(worker, &worker->record.key, admin, code, closed, opener, failure))
		return -1;
	memcpy(random, closed, len);
	ret = pin_open_with(opener, random, &len, failure);
	sodium_memzero(opener, sizeof(opener));
	return ret;
}

/* What is to be set: another PIN, all tries, or both. */
static int set(struct worker *worker, const struct pin *pin, const uint8_t *random,
	       const struct uks_attr *next, bool tries, unsigned int *left,
	       struct failure *failure)
{
	const struct uks_tpm_code code = { random, PIN_CODE_LEN };
	const struct uks_tpm_code given = { next->value, next->len };
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret = 0;

	if (tpmgate_enter(worker->uksd, &tpm, failure))
		return -1;
	if (next->type)
		ret = uks_tpm_pin_change(tpm, &pin->index, &given, &pin->admin, &code, &error);
	if (!ret && tries)
		ret = uks_tpm_pin_reset(tpm, &pin->index, pin->tries, &pin->admin, &code, &error);
	if (!ret)
		ret = uks_tpm_pin_left(tpm, &pin->index, left, &error);
	tpmgate_leave(worker->uksd);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

static int change(struct worker *worker, const struct request *request, struct uks_attrs *out,
		  struct failure *failure)
{
	const struct uks_attr *next = &request->attrs[UKS_A_NEW_PIN];
	bool admin = request->attrs[UKS_A_ADMIN_CODE].type;
	uint8_t random[PIN_CODE_LEN + PIN_OVERHEAD];
	const struct key *key = &worker->record.key;
	unsigned int left = 0;
	struct pin pin;
	int ret = -1;

	if ((next->type && pin_check_new(next, failure)) ||
	    key_find_to_change(worker, request, failure) || read_pin(worker, &pin, failure))
		return -1;
	if (!get_random(worker, request, &pin, random, failure) &&
	    !key_end_sessions(worker, key->id, failure))
		ret = set(worker, &pin, random, next, admin, &left, failure);
	sodium_memzero(random, sizeof(random));
	if (ret)
		return -1;
	uks_attrs_put_u32(out, UKS_A_TRIES, left);
	log_request(LOG_NOTICE, request->id, "key '%s' of user %u: %s%s", key->name, key->owner,
		    next->type ? "its PIN was changed" : "its PIN was unlocked",
		    admin ? " with the administrator's code" : "");
	return 0;
}

int handle_pin(struct worker *worker, const struct request *request, struct uks_attrs *out,
	       struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;

	switch (uks_attr_u32(&attrs[UKS_A_COMMAND], 0)) {
	case UKS_PIN_CHECK:
		if (attrs[UKS_A_NEW_PIN].type || attrs[UKS_A_ADMIN_CODE].type)
			break;
		return check(worker, request, out, failure);
	case UKS_PIN_CHANGE:
		if (!attrs[UKS_A_NEW_PIN].type ||
		    !attrs[UKS_A_PIN].type == !attrs[UKS_A_ADMIN_CODE].type)
			break;
		return change(worker, request, out, failure);
	case UKS_PIN_UNLOCK:
		if (!attrs[UKS_A_ADMIN_CODE].type || attrs[UKS_A_PIN].type)
			break;
		return change(worker, request, out, failure);
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon does not know that command: update uksd");
	}
	return failure_set(failure, UKS_E_INVALID,
			   "to check takes the PIN; to change the new PIN, and the PIN or the administrator's code; to unlock that code, and a new PIN if one is wanted");
}
