/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Byte strings of SKS: written into a buffer that grows, and read from bytes. */
#ifndef SKS_FRAME_H
#define SKS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct frame - what is written
 * @bytes: from malloc(), or NULL
 * @len: bytes of it
 * @size: room there is
 */
struct frame {
	uint8_t *bytes;
	size_t len;
	size_t size;
};

/** frame_reset() - forget what was written, wiped, but keep the room */
void frame_reset(struct frame *frame);

/** frame_free() - wipe and free */
void frame_free(struct frame *frame);

/** frame_reserve() - room for more bytes; ends the program when there is no memory */
uint8_t *frame_reserve(struct frame *frame, size_t len);

void frame_raw(struct frame *frame, const void *bytes, size_t len);
void frame_number(struct frame *frame, uint64_t number, int bytes);
void frame_bytes(struct frame *frame, const void *bytes, size_t len);
void frame_blob(struct frame *frame, const void *bytes, size_t len);
void frame_text(struct frame *frame, const char *text);

/**
 * struct reader - what is read
 * @at: what comes next
 * @left: bytes from there
 * @bad: more was wanted than there is
 */
struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint64_t reader_number(struct reader *reader, int bytes);
const uint8_t *reader_bytes(struct reader *reader, size_t *len);
const uint8_t *reader_blob(struct reader *reader, size_t *len);

/** reader_text() - copy an array as text, cut off at @size - 1 bytes */
void reader_text(struct reader *reader, char *to, size_t size);

/** frame_receive() - @len bytes from a socket, all of them, or -1 */
int frame_receive(int fd, uint8_t *to, size_t len);

/** frame_send() - @len bytes to a socket, all of them, or -1 */
int frame_send(int fd, const uint8_t *from, size_t len);

#endif /* SKS_FRAME_H */
