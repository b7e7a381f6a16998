// SPDX-License-Identifier: GPL-2.0
#include "parts.h"

/**
 * text_whole() - encrypt or decrypt a whole message
 * @session: the session
 * @cmd: UKS_IOC_ENCRYPT or UKS_IOC_DECRYPT
 * @text: the message
 *
 * Return: 0 or a negative errno value.
 */
int text_whole(int session, unsigned long cmd, struct text *text)
{
	struct uks_cipher arg = {
		.size = sizeof(arg), .flags = text->flags,
		.in = ptr(text->in), .in_len = text->in_len,
		.out = ptr(text->out), .out_len = text->out_len,
		.aad = ptr(text->aad), .aad_len = text->aad_len,
		.nonce = text->nonce_len ? ptr(text->nonce) : 0, .nonce_len = text->nonce_len,
	};
	int ret = uks(session, cmd, &arg);

	text->out_len = arg.out_len;
	text->error = arg.outcome.error;
	return ret;
}

/**
 * text_begin() - begin a message in parts
 * @session: the session
 * @text: the message
 *
 * Return: 0 or a negative errno value.
 */
int text_begin(int session, struct text *text)
{
	struct uks_begin arg = {
		.size = sizeof(arg), .flags = text->flags,
		.aad = ptr(text->aad), .aad_len = text->aad_len,
		.nonce = text->nonce_len ? ptr(text->nonce) : 0, .nonce_len = text->nonce_len,
	};
	int ret = uks(session, UKS_IOC_BEGIN, &arg);

	text->error = arg.outcome.error;
	return ret;
}

/**
 * text_update() - go on with a message
 * @session: the session
 * @in: the next part
 * @in_len: bytes at @in
 * @out: room for output
 * @out_len: bytes at @out; then what was written
 *
 * Return: 0 or a negative errno value.
 */
int text_update(int session, const void *in, uint32_t in_len, void *out, uint32_t *out_len)
{
	struct uks_update arg = {
		.size = sizeof(arg), .in = ptr(in), .in_len = in_len, .out = ptr(out),
		.out_len = *out_len,
	};
	int ret = uks(session, UKS_IOC_UPDATE, &arg);

	*out_len = arg.out_len;
	return ret;
}

/**
 * text_finish() - end a message
 * @session: the session
 * @text: where the rest of the result goes
 *
 * Return: 0 or a negative errno value.
 */
int text_finish(int session, struct text *text)
{
	struct uks_finish arg = {
		.size = sizeof(arg), .out = ptr(text->out), .out_len = text->out_len,
	};
	int ret = uks(session, UKS_IOC_FINISH, &arg);

	text->out_len = arg.out_len;
	text->error = arg.outcome.error;
	return ret;
}

/**
 * text_parts() - a message in parts of one length
 * @session: the session
 * @text: the message
 * @part: length of a part, bytes
 *
 * Return: 0 or a negative errno value.
 */
int text_parts(int session, struct text *text, uint32_t part)
{
	struct text rest = *text;
	int ret = text_begin(session, text);
	uint32_t at, len;

	for (at = 0; !ret && at < text->in_len; at += part) {
		len = rest.out_len;
		ret = text_update(session, text->in + at,
				  part < text->in_len - at ? part : text->in_len - at,
				  rest.out, &len);
		if (!ret) {
			rest.out += len;
			rest.out_len -= len;
		}
	}
	ret = ret ?: text_finish(session, &rest);
	text->error = rest.error;
	if (!ret)
		text->out_len = rest.out - text->out + rest.out_len;
	return ret;
}
