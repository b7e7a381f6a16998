/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uses: keys opened for one purpose (sessions of UKS). Opening one is a request,
 * so they are kept for a while: a signature of a TLS server costs one request.
 */
#ifndef UKS_PKCS11_USE_H
#define UKS_PKCS11_USE_H

#include <stdbool.h>
#include <stdint.h>
#include <uks.h>

#include "pkcs11-3.h"

/**
 * struct wanted - how a key is to be opened
 * @id: the key
 * @purpose: one bit of enum uks_purpose
 * @algorithm: enum uks_algorithm
 * @digest: enum uks_digest, or 0
 * @mgf_digest: digest of MGF1, or 0
 * @pss_digest: digest of RSASSA-PSS where the caller made it, for work in this process
 * @salt_len: bytes of salt of RSASSA-PSS
 * @have_salt_len: @salt_len counts
 * @nonce_len: bytes of nonce of AES-CCM, or 0
 * @tag_len: bytes of tag of AES-CCM and -GCM, or 0
 * @label: label of OAEP, owned by the operation, or NULL
 * @label_len: bytes at @label
 */
struct wanted {
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t purpose;
	uint32_t algorithm;
	uint32_t digest;
	uint32_t mgf_digest;
	uint32_t pss_digest;
	uint32_t salt_len;
	uint32_t have_salt_len;
	uint32_t nonce_len;
	uint32_t tag_len;
	const void *label;
	size_t label_len;
};

/**
 * struct use - a key opened
 * @session: the session of UKS
 * @wanted: how
 * @fresh: opened for this operation, so that an end of it is no reason to try again
 */
struct use {
	struct uks_session *session;
	struct wanted wanted;
	bool fresh;
};

/**
 * use_open() - open a key, or take one that is kept open
 * @wanted: how
 * @use: [out] the use; use_close() or use_drop() it
 *
 * Return: 0 or a negative enum uks_error.
 */
int use_open(const struct wanted *wanted, struct use **use);

/**
 * use_close() - keep a use for the next operation
 * @use: the use, or NULL; no message in parts is under way in it
 */
void use_close(struct use *use);

/**
 * use_drop() - close a use for good
 * @use: the use, or NULL
 */
void use_drop(struct use *use);

/**
 * use_drop_all() - close all uses that are kept
 */
void use_drop_all(void);

/**
 * use_freeze() - hold the lock of kept uses over fork()
 * @freeze: take it, or give it back
 */
void use_freeze(bool freeze);

/**
 * use_ended() - did a kept use end, so that a new one is worth a try?
 * @use: the use
 * @ret: what it gave
 *
 * Return: whether the key was changed or released meanwhile.
 */
bool use_ended(const struct use *use, int ret);

#endif /* UKS_PKCS11_USE_H */
