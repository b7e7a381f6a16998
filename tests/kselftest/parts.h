/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of all kinds, whole and in parts. */
#ifndef KSELFTEST_PARTS_H
#define KSELFTEST_PARTS_H

#include "client.h"

/**
 * struct text - a message and where its result goes
 * @flags: UKS_CIPHER_CALLER_NONCE
 * @nonce: nonce, vector or counter block
 * @nonce_len: bytes at @nonce
 * @aad: associated data
 * @aad_len: bytes at @aad
 * @in: the message
 * @in_len: bytes at @in
 * @out: room for the result
 * @out_len: bytes at @out; then length of the result
 * @error: enum uks_error of the last outcome
 */
struct text {
	uint32_t flags;
	uint8_t nonce[UKS_NONCE_MAX];
	uint32_t nonce_len;
	const uint8_t *aad;
	uint32_t aad_len;
	const uint8_t *in;
	uint32_t in_len;
	uint8_t *out;
	uint32_t out_len;
	uint32_t error;
};

int text_whole(int session, unsigned long cmd, struct text *text);
int text_begin(int session, struct text *text);
int text_update(int session, const void *in, uint32_t in_len, void *out, uint32_t *out_len);
int text_finish(int session, struct text *text);
int text_parts(int session, struct text *text, uint32_t part);

#endif /* KSELFTEST_PARTS_H */
