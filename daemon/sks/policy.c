// SPDX-License-Identifier: LGPL-2.1-or-later
/* PUK and PIN policies of issuers. */
#include <string.h>

#include <sodium.h>

#include "daemon/sks/pin.h"
#include "daemon/sks/session.h"

/* The spelling of older versions, which all that speak SKS have in their MACs. */
#define PUK_LABEL	"createPUKPolicy"
#define PIN_LABEL	"createPINPolicy"

static int check_puk_policy(struct sks_call *call, const struct sks_puk *puk,
			    const struct sks_bytes *encrypted)
{
	if (puk->format > SKS_FORMAT_BINARY)
		return sks_fail(call, SKS_E_OPTION, "the PUK's format %u is unknown", puk->format);
	if (puk->limit > SKS_TRIES_MAX)
		return sks_fail(call, SKS_E_OPTION, "the PUK's retry limit is over %d",
				SKS_TRIES_MAX);
	if (encrypted->len > SKS_PIN_MAX + 32)
		return sks_fail(call, SKS_E_OPTION, "the encrypted PUK is too long");
	return 0;
}

static int open_puk(struct sks_call *call, struct sks_session *session,
		    const struct sks_bytes *encrypted, struct sks_puk *puk)
{
	uint8_t plain[SKS_PIN_MAX + 32];
	struct sks_bytes value = { .at = plain };
	int ret = -1;

	if (!sks_open_encrypted(call, session, encrypted, plain, &value.len) &&
	    !sks_check_puk(call, puk->format, &value)) {
		memcpy(puk->value, plain, value.len);
		puk->len = value.len;
		ret = 0;
	}
	sodium_memzero(plain, sizeof(plain));
	return ret;
}

static int make_puk(struct sks_call *call, struct sks_session *session, struct sks_puk *puk)
{
	struct sks_bytes encrypted, value;
	struct sks_mac mac;

	if (sks_new_id(call, session, &puk->row))
		return -1;
	encrypted = sks_get_bytes(&call->in);
	puk->format = sks_get_u8(&call->in);
	puk->limit = sks_get_u16(&call->in);
	value = sks_get_bytes(&call->in);
	if (sks_arguments(call) || check_puk_policy(call, puk, &encrypted) ||
	    sks_begin_mac(call, session, PUK_LABEL, &mac))
		return -1;
	sks_mac_bytes(&mac, puk->row.name, puk->row.name_len);
	sks_mac_bytes(&mac, encrypted.at, encrypted.len);
	sks_mac_number(&mac, puk->format, 1);
	sks_mac_number(&mac, puk->limit, 2);
	if (sks_verify(call, &mac, &value) || open_puk(call, session, &encrypted, puk) ||
	    sks_write_puk(call, puk) || sks_write_session(call, session))
		return -1;
	sks_put_u32(&call->out, puk->row.handle);
	return 0;
}

int sks_create_puk_policy(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_session session;
	struct sks_puk puk = { };
	int ret;

	ret = sks_open_session(call, handle, &session) || make_puk(call, &session, &puk) ? -1 : 0;
	sodium_memzero(&session, sizeof(session));
	sodium_memzero(&puk, sizeof(puk));
	return ret;
}

static int check_range(struct sks_call *call, const char *what, unsigned int value,
		       unsigned int max)
{
	if (value <= max)
		return 0;
	return sks_fail(call, SKS_E_OPTION, "the PIN policy's %s %u is unknown", what, value);
}

static int check_pin_policy(struct sks_call *call, const struct sks_pin_policy *policy)
{
	if (check_range(call, "format", policy->format, SKS_FORMAT_BINARY) ||
	    check_range(call, "grouping", policy->grouping, SKS_GROUPING_UNIQUE) ||
	    check_range(call, "input method", policy->input, SKS_INPUT_TRUSTED_GUI) ||
	    check_range(call, "pattern restrictions", policy->patterns, SKS_PATTERNS))
		return -1;
	if (!policy->limit || policy->limit > SKS_TRIES_MAX)
		return sks_fail(call, SKS_E_OPTION, "the PIN's retry limit is not from 1 to %d",
				SKS_TRIES_MAX);
	if (!policy->min || policy->max > SKS_PIN_MAX || policy->min > policy->max)
		return sks_fail(call, SKS_E_OPTION,
				"the PIN's lengths are not from 1 to %d, the least first",
				SKS_PIN_MAX);
	if (policy->patterns & SKS_PATTERN_MISSING_GROUP &&
	    policy->format != SKS_FORMAT_ALPHANUMERIC && policy->format != SKS_FORMAT_STRING)
		return sks_fail(call, SKS_E_OPTION,
				"only alphanumeric PINs and strings can miss a group of characters");
	return 0;
}

static void read_policy(struct sks_in *in, struct sks_pin_policy *policy)
{
	policy->row.link = sks_get_u32(in);
	policy->user_defined = sks_get_bool(in);
	policy->user_modifiable = sks_get_bool(in);
	policy->format = sks_get_u8(in);
	policy->limit = sks_get_u16(in);
	policy->grouping = sks_get_u8(in);
	policy->patterns = sks_get_u8(in);
	policy->min = sks_get_u16(in);
	policy->max = sks_get_u16(in);
	policy->input = sks_get_u8(in);
}

static void mac_policy(struct sks_mac *mac, const struct sks_pin_policy *policy,
		       const struct sks_puk *puk)
{
	sks_mac_bytes(mac, policy->row.name, policy->row.name_len);
	sks_mac_bytes(mac, puk->row.name, puk->row.name_len);
	sks_mac_number(mac, policy->user_defined, 1);
	sks_mac_number(mac, policy->user_modifiable, 1);
	sks_mac_number(mac, policy->format, 1);
	sks_mac_number(mac, policy->limit, 2);
	sks_mac_number(mac, policy->grouping, 1);
	sks_mac_number(mac, policy->patterns, 1);
	sks_mac_number(mac, policy->min, 2);
	sks_mac_number(mac, policy->max, 2);
	sks_mac_number(mac, policy->input, 1);
}

static int find_puk(struct sks_call *call, const struct sks_session *session, uint32_t handle,
		    struct sks_puk *puk)
{
	if (!handle)
		return 0;
	if (sks_read_puk(call, handle, puk))
		return -1;
	if (puk->row.parent == session->row.handle)
		return 0;
	return sks_fail(call, SKS_E_OPTION, "PUK policy %u belongs to another session", handle);
}

static int make_policy(struct sks_call *call, struct sks_session *session,
		       struct sks_pin_policy *policy, struct sks_puk *puk)
{
	struct sks_bytes value;
	struct sks_mac mac;

	if (sks_new_id(call, session, &policy->row))
		return -1;
	read_policy(&call->in, policy);
	value = sks_get_bytes(&call->in);
	if (sks_arguments(call) || check_pin_policy(call, policy) ||
	    find_puk(call, session, policy->row.link, puk) ||
	    sks_begin_mac(call, session, PIN_LABEL, &mac))
		return -1;
	mac_policy(&mac, policy, puk);
	if (sks_verify(call, &mac, &value) || sks_write_policy(call, policy) ||
	    sks_write_session(call, session))
		return -1;
	sks_put_u32(&call->out, policy->row.handle);
	return 0;
}

int sks_create_pin_policy(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_pin_policy policy = { };
	struct sks_session session;
	struct sks_puk puk = { };
	int ret;

	ret = sks_open_session(call, handle, &session) ||
	      make_policy(call, &session, &policy, &puk) ? -1 : 0;
	sodium_memzero(&session, sizeof(session));
	sodium_memzero(&puk, sizeof(puk));
	return ret;
}
