/* SPDX-License-Identifier: GPL-2.0 */
/* Published test vectors, from vectors.txt. */
#ifndef KSELFTEST_VECTORS_H
#define KSELFTEST_VECTORS_H

#include <stdint.h>
#include <stdio.h>

/**
 * struct bytes - some bytes
 * @len: how many
 * @at: they
 */
struct bytes {
	uint32_t len;
	uint8_t at[512];
};

/**
 * struct vector - what is given and what must come out
 * @source: where it was published
 * @algorithm: name of the algorithm
 * @key: key
 * @nonce: nonce
 * @aad: associated data
 * @in: message
 * @out: ciphertext and tag, or MAC
 */
struct vector {
	char source[64];
	char algorithm[32];
	struct bytes key;
	struct bytes nonce;
	struct bytes aad;
	struct bytes in;
	struct bytes out;
};

FILE *vectors_open(void);
int vector_next(FILE *file, struct vector *vector);

#endif /* KSELFTEST_VECTORS_H */
