// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl encrypt --raw, decrypt --raw: one message as the algorithm has it, after
 * its nonce. CBC and CTR flow through; an AEAD gives nothing out before its tag was
 * found right, and RSA and SM2 take a message whole.
 */
#include <stdlib.h>
#include <string.h>

#include "crypt.h"

#define BUFFER_SIZE	65536

/*
 * struct raw - a message under way
 * @run: the command
 * @session: what does the work
 * @info: what the session is
 * @aead: nonce and associated data
 * @in: where the message is read
 * @output: where the result goes
 * @chunk: bytes to put in at once
 * @encrypt: or else decrypt
 */
struct raw {
	struct run *run;
	struct uks_session *session;
	struct uks_session_info info;
	struct uks_aead aead;
	int in;
	struct output *output;
	uint32_t chunk;
	bool encrypt;
};

/* Fills the buffer unless the input ends before. */
static int read_full(const struct raw *raw, uint8_t *data, size_t size, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < size; *len += n) {
		n = input_read(raw->in, data + *len, size - *len);
		if (n < 0)
			return fail_errno("read", crypt_input_name(raw->run));
		if (!n)
			break;
	}
	return EXIT_OK;
}

static int failed(const struct raw *raw)
{
	return fail(raw->run, raw->encrypt ? "encrypt" : "decrypt", crypt_input_name(raw->run));
}

static int take_nonce(struct raw *raw)
{
	uint32_t wanted = raw->info.nonce_len;
	size_t len;
	int ret;

	if (raw->encrypt) {
		if (!raw->run->options[OPTION_NONCE])
			return EXIT_OK;
		raw->aead.flags = UKS_CIPHER_CALLER_NONCE;
		ret = option_bytes(raw->run, OPTION_NONCE, raw->aead.nonce,
				   sizeof(raw->aead.nonce), &len);
	} else {
		ret = read_full(raw, raw->aead.nonce, wanted, &len);
	}
	if (ret || len == wanted)
		return ret;
	return fail_text(EXIT_ERROR, "the nonce has %zu bytes, the algorithm wants %u", len,
			 wanted);
}

/* The nonce is known once the message is begun, and goes before it. */
static int put_nonce(const struct raw *raw)
{
	if (!raw->encrypt || !raw->info.nonce_len)
		return EXIT_OK;
	return output_write(raw->output, raw->aead.nonce, raw->info.nonce_len);
}

static int finish(const struct raw *raw, uint8_t *out, size_t size)
{
	size_t len = size;

	if (uks_finish(raw->session, out, &len, &raw->run->err))
		return failed(raw);
	return output_write(raw->output, out, len);
}

/* ---- CBC, CTR ---- */

static int flow_parts(const struct raw *raw, uint8_t *in, uint8_t *out)
{
	size_t chunk = raw->chunk && raw->chunk < BUFFER_SIZE ? raw->chunk : BUFFER_SIZE;
	size_t len, out_len;
	int ret;

	do {
		ret = read_full(raw, in, chunk, &len);
		if (ret)
			return ret;
		out_len = BUFFER_SIZE + 16;
		if (len && uks_update_to(raw->session, in, len, out, &out_len, &raw->run->err))
			return failed(raw);
		if (len)
			ret = output_write(raw->output, out, out_len);
	} while (!ret && len == chunk);
	return ret ? ret : finish(raw, out, BUFFER_SIZE + 16);
}

static int flow(struct raw *raw)
{
	uint8_t *buffer = malloc(2 * BUFFER_SIZE + 16);
	int ret;

	if (!buffer)
		return fail_text(EXIT_ERROR, "out of memory");
	if (uks_begin(raw->session, &raw->aead, &raw->run->err))
		ret = failed(raw);
	else
		ret = put_nonce(raw);
	if (!ret)
		ret = flow_parts(raw, buffer, buffer + BUFFER_SIZE);
	explicit_bzero(buffer, 2 * BUFFER_SIZE + 16);
	free(buffer);
	return ret;
}

/* ---- AEAD, RSA, SM2, ECB ---- */

static int one_shot(struct raw *raw, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
	struct uks_aead *aead = raw->info.nonce_len || raw->info.tag_len ? &raw->aead : NULL;
	struct uks_err *err = &raw->run->err;

	if (raw->encrypt)
		return uks_encrypt(raw->session, aead, in, len, out, out_len, err);
	return uks_decrypt(raw->session, aead, in, len, out, out_len, err);
}

static int in_parts(struct raw *raw, const uint8_t *in, size_t len, uint8_t *out,
		    size_t *out_len)
{
	struct uks_err *err = &raw->run->err;
	int ret = uks_begin(raw->session, raw->info.nonce_len ? &raw->aead : NULL, err);
	size_t part;

	for (; !ret && len; in += part, len -= part) {
		part = len < raw->chunk ? len : raw->chunk;
		ret = uks_update(raw->session, in, part, err);
	}
	return ret ? ret : uks_finish(raw->session, out, out_len, err);
}

static int whole_message(struct raw *raw, uint8_t *in, uint8_t *out, size_t room)
{
	size_t len, out_len = room;
	int ret = read_full(raw, in, room - UKS_SIGNATURE_MAX, &len);

	if (ret)
		return ret;
	if (len == room - UKS_SIGNATURE_MAX)
		return fail_text(EXIT_ERROR,
				 "the message is longer than %zu bytes: see 'uksctl limits'",
				 len - 1);
	ret = raw->chunk ? in_parts(raw, in, len, out, &out_len) :
			   one_shot(raw, in, len, out, &out_len);
	if (ret)
		return failed(raw);
	ret = put_nonce(raw);
	return ret ? ret : output_write(raw->output, out, out_len);
}

static int whole(struct raw *raw)
{
	struct uks_query query;
	uint8_t *buffer;
	size_t room;
	int ret;

	if (uks_query(raw->run->client, &query, &raw->run->err))
		return failed(raw);
	room = query.aead_max + UKS_SIGNATURE_MAX + 1;
	buffer = malloc(2 * room);
	if (!buffer)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = whole_message(raw, buffer, buffer + room, room);
	explicit_bzero(buffer, 2 * room);
	free(buffer);
	return ret;
}

/* ---- all ---- */

static bool flows(uint32_t algorithm)
{
	switch (algorithm) {
	case UKS_ALG_AES_CBC:
	case UKS_ALG_AES_CBC_PKCS7:
	case UKS_ALG_AES_CTR:
	case UKS_ALG_SM4_CBC:
	case UKS_ALG_SM4_CBC_PKCS7:
	case UKS_ALG_SM4_CTR:
		return true;
	}
	return false;
}

static int message(struct raw *raw)
{
	struct run *run = raw->run;
	uint8_t aad[PARAMETER_MAX];
	int ret = option_number(run, OPTION_CHUNK, &raw->chunk);

	if (!ret)
		ret = option_bytes(run, OPTION_AAD, aad, sizeof(aad), &raw->aead.aad_len);
	if (ret)
		return ret;
	/* Only an AEAD may have some. */
	raw->aead.aad = raw->aead.aad_len ? aad : NULL;
	if (uks_session_info(raw->session, &raw->info, &run->err))
		return failed(raw);
	ret = take_nonce(raw);
	if (ret)
		return ret;
	return flows(raw->info.algorithm) ? flow(raw) : whole(raw);
}

int crypt_raw(struct run *run, const struct method *method, uint32_t purpose, int in,
	      struct output *output)
{
	struct raw raw = {
		.run = run,
		.in = in,
		.output = output,
		.encrypt = purpose == UKS_PURPOSE_ENCRYPT,
	};
	int ret;

	if (session_open(run, purpose, &method->method, &raw.session))
		ret = fail(run, raw.encrypt ? "encrypt with" : "decrypt with", run->args[0]);
	else
		ret = message(&raw);
	uks_session_close(raw.session);
	if (!ret)
		return output_commit(run, output);
	output_abandon(output);
	return ret;
}
