/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A method of SKS that is being called: its arguments, its outputs, and what they become. */
#ifndef UKS_LIB_SKS_H
#define UKS_LIB_SKS_H

#include <uks/sks-wire.h>

#include "internal.h"

/**
 * struct uks_sks_exchange - a method that is being called
 * @out: its arguments
 * @in: its outputs, from where they were read
 * @answer: room for status and outputs
 * @len: bytes of them
 * @block: what the caller is given, or NULL; uks_sks_end() frees it if the call failed
 * @used: bytes of it
 */
struct uks_sks_exchange {
	struct sks_out out;
	struct sks_in in;
	uint8_t *answer;
	size_t len;
	struct uks_sks_block *block;
	size_t used;
};

int uks_sks_begin(struct uks_sks_exchange *ex, struct uks_err *err);
int uks_sks_run(struct uks_sks_exchange *ex, struct uks_client *client, uint8_t method,
		uint32_t flags, struct uks_err *err);
int uks_sks_end(struct uks_sks_exchange *ex, int ret, struct uks_err *err);

/* A whole call on a session or key, with arrays behind, or NULL; without outputs. */
int uks_sks_call_with(struct uks_client *client, uint8_t method, uint32_t handle,
		      const struct uks_sks_bytes *first, const struct uks_sks_bytes *second,
		      struct uks_err *err);

/* Arguments. */
void uks_sks_put(struct uks_sks_exchange *ex, const struct uks_sks_bytes *bytes);
void uks_sks_put_text(struct uks_sks_exchange *ex, const char *text);
void uks_sks_put_count(struct uks_sks_exchange *ex, size_t count);

/* A struct of @size bytes for the caller, with room for all outputs; NULL without memory. */
void *uks_sks_give(struct uks_sks_exchange *ex, size_t size, struct uks_err *err);

/* Outputs, copied to where the struct is. */
const char *uks_sks_get_text(struct uks_sks_exchange *ex);
struct uks_sks_bytes uks_sks_get(struct uks_sks_exchange *ex);
struct uks_sks_bytes uks_sks_get_blob(struct uks_sks_exchange *ex);
const struct uks_sks_bytes *uks_sks_get_list(struct uks_sks_exchange *ex, size_t *count);
const char *const *uks_sks_get_texts(struct uks_sks_exchange *ex, size_t *count);

/* Copy an output to where the caller wants it; returns 0 or -UKS_E_NO_ROOM. */
int uks_sks_take(struct uks_sks_exchange *ex, const char *what, bool blob, void *to,
		 size_t *len, struct uks_err *err);

#endif /* UKS_LIB_SKS_H */
