/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the input of the fuzzer of the PKCS #11 module says: arguments of calls. */
#ifndef TESTS_FUZZ_PKCS11_INPUT_H
#define TESTS_FUZZ_PKCS11_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "pkcs11/pkcs11-3.h"

#define MOST_SESSIONS	4
#define MOST_OBJECTS	16
#define MOST_PIECES	64

/**
 * struct fuzz_input - the input under way
 * @at: what was not read yet
 * @left: bytes at @at
 * @pieces: memory of the call under way
 * @piece_count: length of @pieces
 * @kept: memory that lasts as long as the input
 * @kept_count: length of @kept
 * @sessions: open sessions, or what were some
 * @objects: objects that were seen
 * @object_count: length of @objects
 */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
	void *pieces[MOST_PIECES];
	unsigned int piece_count;
	void *kept[MOST_PIECES];
	unsigned int kept_count;
	ck_session_handle_t sessions[MOST_SESSIONS];
	ck_object_handle_t objects[MOST_OBJECTS];
	unsigned int object_count;
};

extern struct fuzz_input fuzz;

/* Of what the next bytes say; memory is that of the call under way. */
uint8_t input_byte(void);
unsigned long input_length(void);
void *input_piece(size_t len);
void *input_bytes(size_t len);
void *input_data(unsigned long *len);
ck_session_handle_t input_session(void);
ck_object_handle_t input_object(void);
struct ck_mechanism *input_mechanism(void);
struct ck_attribute *input_template(unsigned long *count);

/** input_remember() - an object was seen, and may be used */
void input_remember(ck_object_handle_t handle);

#endif /* TESTS_FUZZ_PKCS11_INPUT_H */
