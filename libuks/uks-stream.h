/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libuks: streams, which encrypt data of any length chunk by chunk. A stream that
 * was cut, reordered, spliced or extended is refused. The format is described
 * byte by byte in Documentation/stream.rst.
 */
#ifndef UKS_STREAM_H
#define UKS_STREAM_H

#include <uks.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UKS_STREAM_HEADER_LEN	48
#define UKS_STREAM_CHUNK	65536	/* bytes of plaintext in a full chunk */

struct uks_stream;

/**
 * struct uks_stream_header - what an encrypted stream says of itself
 * @key_id: the key
 * @key_version: version of the key
 * @algorithm: enum uks_algorithm
 *
 * Nothing of it is to be believed before a chunk was decrypted.
 */
struct uks_stream_header {
	uint8_t key_id[UKS_KEY_ID_LEN];
	uint32_t key_version;
	uint32_t algorithm;
};

/**
 * typedef uks_write_fn - takes what a stream puts out
 * @arg: what uks_stream_new() was given
 * @data: bytes, valid during the call
 * @len: how many
 *
 * Return: 0, or a negative errno value, which ends the stream with UKS_E_IO.
 */
typedef int uks_write_fn(void *arg, const void *data, size_t len);

/**
 * typedef uks_progress_fn - is told how far uks_stream_copy() is
 * @arg: what uks_stream_copy() was given
 * @done: bytes read so far
 *
 * Return: 0 to go on; anything else ends the stream with UKS_E_INTERRUPTED.
 */
typedef int uks_progress_fn(void *arg, uint64_t done);

/**
 * uks_stream_inspect() - read the header of an encrypted stream
 * @data: beginning of the stream
 * @len: bytes at @data, at least UKS_STREAM_HEADER_LEN
 * @header: [out] what it says
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_STREAM_FORMAT, -UKS_E_STREAM_TRUNCATED.
 */
int uks_stream_inspect(const void *data, size_t len, struct uks_stream_header *header,
		       struct uks_err *err);

/**
 * uks_stream_new() - begin to encrypt or decrypt a stream
 * @session: a session to encrypt or decrypt by an AEAD with a nonce of 12 and a tag
 *	of 16 bytes; must outlive the stream. Its message in parts is not touched
 * @write: takes the output
 * @arg: given to @write
 * @stream: [out] the stream; uks_stream_free() it
 * @err: what went wrong, or NULL
 *
 * A stream needs about 130 KiB, whatever its length.
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_stream_new(struct uks_session *session, uks_write_fn *write, void *arg,
		   struct uks_stream **stream, struct uks_err *err);

/**
 * uks_stream_write() - put data into a stream
 * @stream: the stream
 * @data: plaintext to encrypt, or encrypted stream to decrypt
 * @len: bytes at @data
 * @err: what went wrong, with the place, or NULL; an error ends the stream
 *
 * Decrypting gives out a chunk as soon as it is authentic. What was given out is
 * the beginning of the plaintext; that it is all of it, uks_stream_finish() tells.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_STREAM_CORRUPT,
 * -UKS_E_STREAM_FORMAT, -UKS_E_STREAM_KEY.
 */
int uks_stream_write(struct uks_stream *stream, const void *data, size_t len,
		     struct uks_err *err);

/**
 * uks_stream_finish() - end a stream
 * @stream: the stream
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_STREAM_TRUNCATED.
 */
int uks_stream_finish(struct uks_stream *stream, struct uks_err *err);

/**
 * uks_stream_free() - free a stream, finished or not, and wipe it
 * @stream: the stream, or NULL
 */
void uks_stream_free(struct uks_stream *stream);

/**
 * uks_stream_copy() - encrypt or decrypt a whole stream from file to file
 * @session: as in uks_stream_new()
 * @in_fd: read until its end
 * @out_fd: written; what was written before an error stays
 * @progress: told after each part that was read, and when a signal handler
 *	without SA_RESTART ran; or NULL
 * @arg: given to @progress
 * @err: what went wrong, or NULL
 *
 * Return: as uks_stream_write() and uks_stream_finish(), or -UKS_E_IO.
 */
int uks_stream_copy(struct uks_session *session, int in_fd, int out_fd,
		    uks_progress_fn *progress, void *arg, struct uks_err *err);

/**
 * uks_stream_decrypt() - decrypt a whole stream with the version it was made with
 * @client: the client
 * @key: name, or "@" and id
 * @flags: UKS_CALL_COMPROMISED: also with a compromised key; or 0
 * @in_fd: as in uks_stream_copy()
 * @out_fd: as in uks_stream_copy()
 * @progress: as in uks_stream_copy()
 * @arg: given to @progress
 * @err: what went wrong, or NULL
 *
 * The header of the stream names key and version. This opens that version, so that
 * what was encrypted before a key was rotated can be read.
 *
 * Return: as uks_stream_copy() and uks_session_open_with().
 */
int uks_stream_decrypt(struct uks_client *client, const char *key, uint32_t flags, int in_fd,
		       int out_fd, uks_progress_fn *progress, void *arg, struct uks_err *err);

/**
 * uks_stream_decrypt_with() - the same for a key that has a PIN
 * @client: the client
 * @key: name, or "@" and id
 * @method: its @flags and @pin are heeded; the header says the rest
 * @in_fd: as in uks_stream_copy()
 * @out_fd: as in uks_stream_copy()
 * @progress: as in uks_stream_copy()
 * @arg: given to @progress
 * @err: what went wrong, or NULL
 *
 * Return: as uks_stream_decrypt().
 */
int uks_stream_decrypt_with(struct uks_client *client, const char *key,
			    const struct uks_method *method, int in_fd, int out_fd,
			    uks_progress_fn *progress, void *arg, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_STREAM_H */
