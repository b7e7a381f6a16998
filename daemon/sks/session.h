/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Provisioning sessions: what the methods on them share. */
#ifndef UKSD_SKS_SESSION_H
#define UKSD_SKS_SESSION_H

#include "daemon/sks/sks.h"

/**
 * sks_open_session() - the open session that a method is about
 * @call: the call; if the method fails from here on, the session ends
 * @handle: which
 * @session: receives it
 *
 * A session ends when its time is over.
 *
 * Return: 0, or -1 with SKS_E_NO_SESSION.
 */
int sks_open_session(struct sks_call *call, uint32_t handle, struct sks_session *session);

/**
 * sks_open_key() - the key of an open session that a method is about
 * @call: as in sks_open_session()
 * @handle: which
 * @key: receives it
 * @session: receives its session
 *
 * Return: 0, or -1 with SKS_E_NO_KEY.
 */
int sks_open_key(struct sks_call *call, uint32_t handle, struct sks_key *key,
		 struct sks_session *session);

/** sks_closed_key() - a key that can be used; SKS_E_NO_KEY */
int sks_closed_key(struct sks_call *call, uint32_t handle, struct sks_key *key);

/** sks_spend() - use the session's key once; -1 when it may not be used any more */
int sks_spend(struct sks_call *call, struct sks_session *session);

/** sks_begin_mac() - begin the next MAC of a session; see sks_mac_begin() */
int sks_begin_mac(struct sks_call *call, struct sks_session *session, const char *label,
		  struct sks_mac *mac);

/** sks_verify() - end a MAC and compare it with the issuer's, the next argument */
int sks_verify(struct sks_call *call, struct sks_mac *mac, const struct sks_bytes *value);

/** sks_open_encrypted() - decrypt the issuer's bytes into @to, as long as @from at least */
int sks_open_encrypted(struct sks_call *call, struct sks_session *session,
		       const struct sks_bytes *from, uint8_t *to, size_t *len);

/** sks_new_id() - read an id that nothing else in the session has; 0 or -1 */
int sks_new_id(struct sks_call *call, const struct sks_session *session, struct sks_row *row);

/** sks_destroy() - remove a session and all that belongs to it, within a change */
int sks_destroy(struct sks_call *call, uint32_t handle);

/** sks_remove_key() - remove the rows of a key, but not its PIN */
int sks_remove_key(struct sks_call *call, uint32_t handle);

/** sks_expire() - remove the caller's open sessions whose time is over */
int sks_expire(struct sks_call *call);

/* Methods. */
int sks_create_session(struct sks_call *call);
int sks_enumerate_sessions(struct sks_call *call);
int sks_abort_session(struct sks_call *call);
int sks_update_kmk(struct sks_call *call);
int sks_create_puk_policy(struct sks_call *call);
int sks_create_pin_policy(struct sks_call *call);
int sks_create_key(struct sks_call *call);
int sks_get_key_handle(struct sks_call *call);
int sks_set_certificate_path(struct sks_call *call);
int sks_import_symmetric_key(struct sks_call *call);
int sks_import_private_key(struct sks_call *call);
int sks_add_extension(struct sks_call *call);
int sks_post_delete(struct sks_call *call);
int sks_post_unlock(struct sks_call *call);
int sks_post_update(struct sks_call *call);
int sks_post_clone(struct sks_call *call);
int sks_close_session(struct sks_call *call);
int sks_get_device_info(struct sks_call *call);
int sks_enumerate_keys(struct sks_call *call);
int sks_get_key_attributes(struct sks_call *call);
int sks_get_key_protection(struct sks_call *call);
int sks_get_extension(struct sks_call *call);
int sks_set_property(struct sks_call *call);
int sks_delete_key(struct sks_call *call);
int sks_export_key(struct sks_call *call);
int sks_unlock_key(struct sks_call *call);
int sks_change_pin(struct sks_call *call);
int sks_set_pin(struct sks_call *call);
int sks_update_firmware(struct sks_call *call);
int sks_sign(struct sks_call *call);
int sks_decrypt_data(struct sks_call *call);
int sks_agree_key(struct sks_call *call);
int sks_compute_hmac(struct sks_call *call);
int sks_encrypt(struct sks_call *call);

/* What takes long, before the change of the store begins; its result is in @ahead. */
int sks_create_key_ahead(struct sks_call *call);
/* What keys will go, so that they are held alone. */
int sks_close_ahead(struct sks_call *call);
int sks_key_ahead(struct sks_call *call);

#endif /* UKSD_SKS_SESSION_H */
