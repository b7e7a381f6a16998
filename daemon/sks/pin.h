/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PINs and PUKs: what they must be like, and who may do what with them. */
#ifndef UKSD_SKS_PIN_H
#define UKSD_SKS_PIN_H

#include "daemon/sks/sks.h"

/** sks_check_pin() - does a PIN obey its policy? 0, or -1 with SKS_E_OPTION */
int sks_check_pin(struct sks_call *call, const struct sks_pin_policy *policy,
		  const struct sks_bytes *pin);

/** sks_check_puk() - is a PUK of its format? 0, or -1 with SKS_E_OPTION */
int sks_check_puk(struct sks_call *call, uint8_t format, const struct sks_bytes *puk);

/** sks_same_group() - have two keys of a policy one PIN, by what they are for? */
bool sks_same_group(const struct sks_pin_policy *policy, uint8_t one, uint8_t other);

/**
 * sks_find_group() - the PIN that keys of a usage have under a policy
 * @call: the call
 * @policy: the policy, with a grouping
 * @usage: enum sks_usage
 * @value: a PIN; no other group may have it where PINs have to differ
 * @own: handle of the PIN that is being changed, or 0
 * @pin: receives the group's PIN
 *
 * Return: 1, 0 if the group has none yet, or -1 with @call failed: SKS_E_OPTION when
 * another group has that PIN.
 */
int sks_find_group(struct sks_call *call, const struct sks_pin_policy *policy, uint8_t usage,
		   const struct sks_bytes *value, uint32_t own, struct sks_pin *pin);

/**
 * struct sks_guard - what a call on a key may be authorised by
 * @key: the key
 * @pin: its PIN, if it has one
 * @policy: the PIN's policy
 * @puk: the policy's PUK, if it has one
 */
struct sks_guard {
	struct sks_key key;
	struct sks_pin pin;
	struct sks_pin_policy policy;
	struct sks_puk puk;
};

/** sks_read_guard() - read a usable key and all that guards it; 0 or -1 */
int sks_read_guard(struct sks_call *call, uint32_t handle, struct sks_guard *guard);

/** sks_wipe_guard() - wipe what sks_read_guard() has read */
void sks_wipe_guard(struct sks_guard *guard);

/**
 * sks_try_pin() - authorise by PIN, within a change
 * @call: the call; a wrong try is kept although the method fails
 * @guard: the key
 * @pin: what the user gave; empty is a wrong PIN, or right for a key without
 *
 * Return: 0, or -1 with SKS_E_AUTHORIZATION, or SKS_E_OPTION for a PIN too many.
 */
int sks_try_pin(struct sks_call *call, struct sks_guard *guard, const struct sks_bytes *pin);

/** sks_try_puk() - the same by PUK; SKS_E_OPTION when the key has none */
int sks_try_puk(struct sks_call *call, struct sks_guard *guard, const struct sks_bytes *puk);

/** sks_puk_may_be_tried() - a PUK without limit: 0, or -1 while a wrong try is answered */
int sks_puk_may_be_tried(struct sks_call *call, const struct sks_puk *puk);

/** sks_puk_was_wrong() - let that take its time; the answer comes later, no worker waits */
void sks_puk_was_wrong(struct sks_call *call, const struct sks_puk *puk);

/** sks_authorize() - may the user use a key? In a change of its own; 0 or -1 */
int sks_authorize(struct sks_call *call, uint32_t handle, bool biometric,
		  const struct sks_bytes *pin, struct sks_key *key);

#endif /* UKSD_SKS_PIN_H */
