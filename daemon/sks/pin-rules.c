// SPDX-License-Identifier: LGPL-2.1-or-later
/* What PINs and PUKs are made of (SKS 1.07, "PIN patterns control"). */
#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "daemon/sks/pin.h"

static bool is_of_format(uint8_t format, const struct sks_bytes *pin)
{
	size_t i;

	if (format == SKS_FORMAT_STRING)
		return sks_is_utf8(pin);
	for (i = 0; i < pin->len && format != SKS_FORMAT_BINARY; i++) {
		if (pin->at[i] >= '0' && pin->at[i] <= '9')
			continue;
		if (format == SKS_FORMAT_NUMERIC || pin->at[i] < 'A' || pin->at[i] > 'Z')
			return false;
	}
	return true;
}

int sks_check_puk(struct sks_call *call, uint8_t format, const struct sks_bytes *puk)
{
	if (!puk->len || puk->len > SKS_PIN_MAX)
		return sks_fail(call, SKS_E_OPTION, "the PUK has no or more than %d bytes",
				SKS_PIN_MAX);
	if (!is_of_format(format, puk))
		return sks_fail(call, SKS_E_OPTION, "the PUK is not of its policy's format");
	return 0;
}

/* All steps from one byte to the next are +1, or all are -1. */
static bool is_sequence(const struct sks_bytes *pin)
{
	int step = pin->len > 1 ? pin->at[1] - pin->at[0] : 0;
	size_t i;

	if (step != 1 && step != -1)
		return false;
	for (i = 2; i < pin->len; i++)
		if (pin->at[i] - pin->at[i - 1] != step)
			return false;
	return true;
}

static bool is_repeating(const struct sks_bytes *pin)
{
	bool seen[256] = { false };
	bool repeats = false;
	size_t i;

	for (i = 0; i < pin->len; i++) {
		repeats |= seen[pin->at[i]];
		seen[pin->at[i]] = true;
	}
	sodium_memzero(seen, sizeof(seen));
	return repeats;
}

static bool has_run(const struct sks_bytes *pin, size_t length)
{
	size_t i, run = 1;

	for (i = 1; i < pin->len; i++) {
		run = pin->at[i] == pin->at[i - 1] ? run + 1 : 1;
		if (run >= length)
			return true;
	}
	return false;
}

/* Of a string lower case and something else, too. */
static bool misses_group(uint8_t format, const struct sks_bytes *pin)
{
	bool upper = false, lower = false, digit = false, other = false;
	size_t i;

	for (i = 0; i < pin->len; i++) {
		if (pin->at[i] >= 'A' && pin->at[i] <= 'Z')
			upper = true;
		else if (pin->at[i] >= 'a' && pin->at[i] <= 'z')
			lower = true;
		else if (pin->at[i] >= '0' && pin->at[i] <= '9')
			digit = true;
		else
			other = true;
	}
	if (format == SKS_FORMAT_STRING)
		return !upper || !lower || !digit || !other;
	return !upper || !digit;
}

int sks_check_pin(struct sks_call *call, const struct sks_pin_policy *policy,
		  const struct sks_bytes *pin)
{
	uint8_t patterns = policy->patterns;

	if (pin->len < policy->min || pin->len > policy->max)
		return sks_fail(call, SKS_E_OPTION, "the PIN has not from %u to %u bytes",
				policy->min, policy->max);
	if (!is_of_format(policy->format, pin))
		return sks_fail(call, SKS_E_OPTION, "the PIN is not of its policy's format");
	if (patterns & SKS_PATTERN_MISSING_GROUP && misses_group(policy->format, pin))
		return sks_fail(call, SKS_E_OPTION,
				"the PIN lacks a group of characters that its policy demands");
	if (patterns & SKS_PATTERN_SEQUENCE && is_sequence(pin))
		return sks_fail(call, SKS_E_OPTION, "the PIN is a sequence");
	if (patterns & SKS_PATTERN_REPEATED && is_repeating(pin))
		return sks_fail(call, SKS_E_OPTION, "the PIN repeats a character");
	if ((patterns & SKS_PATTERN_TWO_IN_A_ROW && has_run(pin, 2)) ||
	    (patterns & SKS_PATTERN_THREE_IN_A_ROW && has_run(pin, 3)))
		return sks_fail(call, SKS_E_OPTION, "the PIN has equal characters in a row");
	return 0;
}

bool sks_same_group(const struct sks_pin_policy *policy, uint8_t one, uint8_t other)
{
	switch (policy->grouping) {
	case SKS_GROUPING_SHARED:
		return true;
	case SKS_GROUPING_SIGNATURE_STANDARD:
		return (one == SKS_USAGE_SIGNATURE) == (other == SKS_USAGE_SIGNATURE);
	case SKS_GROUPING_UNIQUE:
		return one == other;
	default:
		return false;
	}
}

/* Two groups with one PIN would be one. */
static int compare(struct sks_call *call, const struct sks_pin_policy *policy, uint8_t usage,
		   const struct sks_bytes *value, const struct sks_pin *pin)
{
	if (sks_same_group(policy, usage, pin->usage))
		return 1;
	if (policy->grouping == SKS_GROUPING_NONE || value->len != pin->len ||
	    sodium_memcmp(value->at, pin->value, pin->len))
		return 0;
	return sks_fail(call, SKS_E_OPTION,
			"keys for other purposes have that PIN: its policy wants them to differ");
}

int sks_find_group(struct sks_call *call, const struct sks_pin_policy *policy, uint8_t usage,
		   const struct sks_bytes *value, uint32_t own, struct sks_pin *pin)
{
	struct sks_object object = { .row = { .link = policy->row.handle, .kind = SKS_PIN } };
	uint32_t handle, group = 0;
	struct sks_pin other;
	int ret;

	while ((ret = sks_find(call, SKS_BY_LINK, &object)) > 0) {
		handle = object.row.handle;
		ret = sks_take_pin(call, &object, &other);
		sks_free(&object);
		if (!ret && handle != own)
			ret = compare(call, policy, usage, value, &other);
		if (ret < 0)
			break;
		if (ret) {
			group = handle;
			*pin = other;
		}
		object.row = (struct sks_row){
			.handle = handle, .link = policy->row.handle, .kind = SKS_PIN,
		};
	}
	sodium_memzero(&other, sizeof(other));
	return ret < 0 ? -1 : !!group;
}
