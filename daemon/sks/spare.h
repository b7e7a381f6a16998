/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A spare RSA key. To find its primes takes most of the time of an enrolment, and an issuer that
 * asked for one often asks for more: the next is made while the issuer certifies this one.
 */
#ifndef UKSD_SKS_SPARE_H
#define UKSD_SKS_SPARE_H

#include "daemon/provider/provider.h"

/* The key, and a thread of its own that makes it. It never leaves locked memory. */
struct spare;

/**
 * spare_start() - start the thread; it makes nothing before it is told to
 * @provider: makes the key
 * @failure: receives UKS_E_NO_MEMORY
 *
 * Return: for spare_stop(), or NULL with @failure filled in.
 */
struct spare *spare_start(const struct provider *provider, struct failure *failure);

/** spare_stop() - wait for the thread, wipe the key; NULL is none */
void spare_stop(struct spare *spare);

/**
 * spare_take() - take the key, if it is there; nobody else gets it
 * @spare: from spare_start(), or NULL
 * @type: enum uks_key_type that is wanted
 * @material: receives the key
 *
 * Return: whether there was one of that type.
 */
bool spare_take(struct spare *spare, uint32_t type, struct material *material);

/** spare_want() - have a key of a type made, unless there is one; NULL does nothing */
void spare_want(struct spare *spare, uint32_t type);

/** spare_settle() - wait until nothing is being made */
void spare_settle(struct spare *spare);

#endif /* UKSD_SKS_SPARE_H */
