/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of algorithms, attributes of the set "parameter". */
#ifndef UKSD_PARAMETER_H
#define UKSD_PARAMETER_H

#include "daemon/key/key.h"

/**
 * parameters_parse() - read the parameters of a session or call
 * @payload: UKS_A_PARAMETERS
 * @len: bytes at @payload; 0 for none
 * @parameters: an array of UKS_PARAM_MAX + 1 attributes, indexed by type; they
 *	point into @payload
 * @failure: receives UKS_E_BAD_PARAMETER: malformed, unknown, there twice, too short or
 *	too long
 *
 * Return: 0, or -1 with @failure filled in.
 */
int parameters_parse(const void *payload, size_t len, struct uks_attr *parameters,
		     struct failure *failure);

/**
 * parameters_check() - check that parameters fit what a key shall do
 * @use: purpose, algorithm and digest, which fit each other
 * @parameters: from parameters_parse()
 * @failure: receives UKS_E_BAD_PARAMETER: one the algorithm does not have, one it
 *	needs, or a value out of bounds. The bounds stand in Documentation/algorithms.rst
 *
 * To be called when a session is opened; @perform of a provider does it once more.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int parameters_check(const struct key_use *use, const struct uks_attr *parameters,
		     struct failure *failure);

/**
 * parameters_nonce_len() - bytes of nonce, vector or counter block of an algorithm
 * @algorithm: enum uks_algorithm
 * @parameters: checked
 *
 * Return: bytes, 0 for an algorithm without.
 */
size_t parameters_nonce_len(uint32_t algorithm, const struct uks_attr *parameters);

/**
 * parameters_tag_len() - bytes of authentication tag of an AEAD
 * @algorithm: enum uks_algorithm
 * @parameters: checked
 *
 * Return: bytes, 0 for an algorithm without.
 */
size_t parameters_tag_len(uint32_t algorithm, const struct uks_attr *parameters);

#endif /* UKSD_PARAMETER_H */
