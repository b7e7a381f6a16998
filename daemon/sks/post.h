/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations on keys of closed sessions that are put off until a session is closed. */
#ifndef UKSD_SKS_POST_H
#define UKSD_SKS_POST_H

#include "daemon/sks/sks.h"

/**
 * sks_each_post() - call @each for the deferred operations of a session, in order
 * @call: the call
 * @session: handle of the session
 * @each: returns 0 for more, 1 to end, -1 with @call failed
 * @context: the caller's
 *
 * Return: what @each returned last; 0 without any.
 */
int sks_each_post(struct sks_call *call, uint32_t session,
		  int (*each)(struct sks_call *call, const struct sks_post *post, void *context),
		  void *context);

/** sks_perform_posts() - do them all, and take over the sessions of their targets */
int sks_perform_posts(struct sks_call *call, const struct sks_session *session);

/** sks_remove_all() - remove a closed key and whatever only it had, within a change */
int sks_remove_all(struct sks_call *call, const struct sks_key *key);

/**
 * sks_each_key() - call @each for the keys of a session
 * @call: the call
 * @session: handle of the session
 * @each: as in sks_each_post(); may change the key's row
 * @context: the caller's
 *
 * Return: as in sks_each_post().
 */
int sks_each_key(struct sks_call *call, uint32_t session,
		 int (*each)(struct sks_call *call, struct sks_key *key, void *context),
		 void *context);

#endif /* UKSD_SKS_POST_H */
