/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates and extensions of keys. */
#ifndef UKSD_SKS_PATH_H
#define UKSD_SKS_PATH_H

#include "daemon/sks/sks.h"

/**
 * sks_find_path() - the certificates of a key
 * @call: the call
 * @handle: the key
 * @path: receives them as a list of byte arrays, its count in front; for sks_free()
 *
 * Return: 1, 0 if there are none yet, or -1 with @call failed.
 */
int sks_find_path(struct sks_call *call, uint32_t handle, struct sks_object *path);

/** sks_end_entity() - the first certificate of a path, into which it points */
struct sks_bytes sks_end_entity(const struct sks_object *path);

/**
 * sks_mac_certificate() - begin a MAC whose data begin with a key's certificate
 * @call: the call
 * @session: its session
 * @key: the key
 * @label: as in sks_begin_mac()
 * @mac: what is begun
 *
 * Return: 0, or -1 with SKS_E_OPTION when the key has no certificate.
 */
int sks_mac_certificate(struct sks_call *call, struct sks_session *session,
			const struct sks_key *key, const char *label, struct sks_mac *mac);

/** sks_certifies() - has a certificate this key's public key? */
bool sks_certifies(const struct sks_bytes *certificate, const struct sks_key *key);

/** sks_move_children() - give path and extensions of a key to another handle */
int sks_move_children(struct sks_call *call, uint32_t from, uint32_t to);

/** sks_close_children() - let path and extensions of a key belong to no open session */
int sks_close_children(struct sks_call *call, uint32_t handle);

#endif /* UKSD_SKS_PATH_H */
