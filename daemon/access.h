/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a key, and for what. */
#ifndef UKSD_ACCESS_H
#define UKSD_ACCESS_H

#include "daemon/dispatch.h"

/**
 * access_check() - may the client of a request use a key?
 * @request: the request
 * @key: the key
 * @failure: receives UKS_E_ACCESS, with nothing in it that only the owner may
 *	know
 *
 * The owner may, nobody else; root is nobody else.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_check(const struct request *request, const struct key *key, struct failure *failure);

/**
 * access_purpose() - may a key be used for a purpose?
 * @key: the key, which the client may use
 * @purpose: one bit of enum uks_purpose
 * @failure: receives UKS_E_BAD_PURPOSE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_purpose(const struct key *key, uint32_t purpose, struct failure *failure);

#endif /* UKSD_ACCESS_H */
