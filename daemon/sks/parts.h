/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments that are longer than one request: they come in parts, and wait in memory. */
#ifndef UKSD_SKS_PARTS_H
#define UKSD_SKS_PARTS_H

#include "daemon/dispatch.h"
#include "daemon/sks/wire.h"

#define SKS_TOKEN_LEN	8

/**
 * sks_parts_add() - keep a part
 * @uid: whose
 * @method: of which method
 * @token: what the part before gave, or NULL for the first
 * @part: the part
 * @next: receives SKS_TOKEN_LEN bytes, for the part that follows
 * @failure: receives UKS_E_PROVISION: too long, too many, or nothing is known of @token
 *
 * Parts that nothing follows for a minute are forgotten.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sks_parts_add(uint32_t uid, uint32_t method, const uint8_t *token,
		  const struct sks_bytes *part, uint8_t *next, struct failure *failure);

/**
 * sks_parts_take() - take all parts out
 * @uid: whose
 * @method: of which method
 * @token: what the last part gave
 * @whole: receives them, one after another; to be wiped and given to free()
 * @failure: as in sks_parts_add()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sks_parts_take(uint32_t uid, uint32_t method, const uint8_t *token,
		   struct sks_bytes *whole, struct failure *failure);

#endif /* UKSD_SKS_PARTS_H */
