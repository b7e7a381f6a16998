/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* uksctl sks: what its files share. */
#ifndef UKSCTL_SKS_H
#define UKSCTL_SKS_H

#include "uksctl.h"

/* ---- sks-field.c: structs of libuks as JSON, and back ---- */

/**
 * enum sks_kind - what a member is
 * @SKS_HEX: struct uks_sks_bytes, hexadecimal digits
 * @SKS_TEXT: const char *
 * @SKS_BOOL: bool
 * @SKS_U8: uint8_t
 * @SKS_U16: uint16_t
 * @SKS_U32: uint32_t
 * @SKS_WORD: uint8_t, one of the words
 * @SKS_BITS: uint8_t, a bit for each word
 * @SKS_TEXTS: const char *const *, with a size_t that counts them
 * @SKS_LIST: const struct uks_sks_bytes *, the same
 */
enum sks_kind {
	SKS_HEX,
	SKS_TEXT,
	SKS_BOOL,
	SKS_U8,
	SKS_U16,
	SKS_U32,
	SKS_WORD,
	SKS_BITS,
	SKS_TEXTS,
	SKS_LIST,
};

#define SKS_WORDS_MAX	5

/**
 * struct sks_field - a member of a struct
 * @name: as the specification calls it
 * @kind: what it is
 * @at: where it is
 * @count: where its count is
 * @words: of SKS_WORD from 0, of SKS_BITS from bit 0
 * @optional: it may be missing; then it is 0 or none
 */
struct sks_field {
	const char *name;
	enum sks_kind kind;
	size_t at;
	size_t count;
	const char *const *words;
	bool optional;
};

/* Members that are as they are, needed or not. */
#define AT(type, member)	offsetof(struct type, member)
#define FIELD(type, name, kind, member) \
	{ name, kind, offsetof(struct type, member), 0, NULL, false }
#define MAY(type, name, kind, member) \
	{ name, kind, offsetof(struct type, member), 0, NULL, true }

extern const char *const sks_formats[SKS_WORDS_MAX];
extern const char *const sks_groupings[SKS_WORDS_MAX];
extern const char *const sks_patterns[SKS_WORDS_MAX];
extern const char *const sks_inputs[SKS_WORDS_MAX];
extern const char *const sks_usages[SKS_WORDS_MAX];
extern const char *const sks_exports[SKS_WORDS_MAX];
extern const char *const sks_deletions[SKS_WORDS_MAX];
extern const char *const sks_biometrics[SKS_WORDS_MAX];
extern const char *const sks_extensions[SKS_WORDS_MAX];
extern const char *const sks_protections[SKS_WORDS_MAX];
extern const char *const sks_backups[SKS_WORDS_MAX];

/**
 * struct sks_request - JSON that was read
 * @json: it; texts point into it
 * @bytes: what was written in hexadecimal digits
 * @size: bytes there
 * @used: bytes of them in use
 */
struct sks_request {
	json_t *json;
	uint8_t *bytes;
	size_t size;
	size_t used;
};

int sks_request_read(struct run *run, struct sks_request *input,
		     const struct sks_field *fields, size_t count, void *to);
void sks_request_free(struct sks_request *input);
json_t *sks_json(const struct sks_field *fields, size_t count, const void *from);

/* ---- sks.c: what commands share ---- */

int sks_fail(const struct run *run, int ret, const char *what, const char *name);
int sks_handle(struct run *run, int arg, uint32_t *handle);
int sks_secret(struct run *run, enum option_id option, const char *what,
	       struct uks_sks_bytes *secret);
int sks_new_pin(struct run *run, struct uks_sks_bytes *pin);
int sks_authorization(struct run *run, uint8_t needed, struct uks_sks_bytes *secret);
int sks_pem(struct run *run, const struct uks_sks_bytes *certificates, size_t count);
char *sks_subject(const struct uks_sks_bytes *certificate);
void sks_wipe(void);

/* ---- the commands ---- */

int run_sks_info(struct run *run);
int run_sks_sessions(struct run *run);
int run_sks_keys(struct run *run);
int run_sks_stats(struct run *run);
int run_sks_show(struct run *run);
int run_sks_extension(struct run *run);
int run_sks_firmware(struct run *run);

int run_sks_session_open(struct run *run);
int run_sks_session_close(struct run *run);
int run_sks_session_abort(struct run *run);
int run_sks_session_kmk(struct run *run);
int run_sks_puk_create(struct run *run);
int run_sks_pin_create(struct run *run);
int run_sks_key_create(struct run *run);
int run_sks_key_find(struct run *run);
int run_sks_key_certify(struct run *run);
int run_sks_key_import_secret(struct run *run);
int run_sks_key_import_private(struct run *run);
int run_sks_key_extend(struct run *run);
int run_sks_post_delete(struct run *run);
int run_sks_post_unlock(struct run *run);
int run_sks_post_update(struct run *run);
int run_sks_post_clone(struct run *run);

int run_sks_key_property(struct run *run);
int run_sks_key_delete(struct run *run);
int run_sks_key_export(struct run *run);
int run_sks_pin_unlock(struct run *run);
int run_sks_pin_change(struct run *run);
int run_sks_pin_set(struct run *run);
int run_sks_key_sign(struct run *run);
int run_sks_key_decrypt(struct run *run);
int run_sks_key_encrypt(struct run *run);
int run_sks_key_agree(struct run *run);
int run_sks_key_hmac(struct run *run);

#endif /* UKSCTL_SKS_H */
