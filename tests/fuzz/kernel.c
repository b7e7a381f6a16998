// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>

#include <linux/uks.h>

#include "tests/fuzz/kernel.h"

static const uint8_t *answers;
static size_t answers_len;
static unsigned int asked;
static int refusal;

void kernel_answers(const uint8_t *data, size_t len)
{
	answers = data;
	answers_len = len;
	asked = 0;
}

void kernel_refuses(int errnum)
{
	refusal = errnum;
}

unsigned int kernel_asked(void)
{
	return asked;
}

static void *user(uint64_t at)
{
	return (void *)(uintptr_t)at;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int query(struct uks_query *query)
{
	query->payload_max = UKS_PAYLOAD_MAX;
	query->aead_max = 1 << 20;
	query->message_max = UKS_MESSAGE_MAX;
	query->daemon = 1;
	return 0;
}

static int session_info(struct uks_session_info *info)
{
	info->purpose = UKS_PURPOSE_DECRYPT;
	info->algorithm = UKS_ALG_AES_GCM;
	info->nonce_len = UKS_NONCE_LEN;
	info->tag_len = UKS_TAG_LEN;
	info->key_version = 1;
	return 0;
}

static int decrypt(struct uks_cipher *cipher)
{
	static const uint8_t tag[UKS_TAG_LEN];
	const uint8_t *in = user(cipher->in);
	uint32_t len = cipher->in_len - UKS_TAG_LEN;

	if (cipher->in_len < UKS_TAG_LEN || memcmp(in + len, tag, UKS_TAG_LEN)) {
		cipher->outcome.error = UKS_E_NOT_AUTHENTIC;
		return fail(EBADMSG);
	}
	if (cipher->out_len < len)
		return fail(ENOBUFS);
	memmove(user(cipher->out), in, len);
	cipher->out_len = len;
	return 0;
}

/* What an honest kernel does with an answer of whatever daemon: it fits the room. */
static int ask(struct uks_call *call, unsigned long cmd)
{
	uint32_t error, len;

	asked++;
	if (answers_len < 3)
		return fail(ENOTCONN);
	error = answers[0];
	len = answers[1] | answers[2] << 8;
	answers += 3;
	answers_len -= 3;
	if (len > answers_len)
		len = answers_len;
	if (error) {
		call->outcome.error = error;
		call->out_len = error == ENOBUFS ? len : 0;
		if (call->outcome.text_len > len) {
			memcpy(user(call->outcome.text), answers, len);
			((char *)user(call->outcome.text))[len] = 0;
			call->outcome.text_len = len + 1;
		}
		return fail(error);
	}
	if (len > call->out_len) {
		call->out_len = len;
		return fail(ENOBUFS);
	}
	memcpy(user(call->out), answers, len);
	answers += len;
	answers_len -= len;
	call->out_len = len;
	if (cmd == UKS_IOC_SESSION_OPEN)
		call->fd = eventfd(0, EFD_CLOEXEC);
	return 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if (!strcmp(path, UKS_DEVICE))
		return refusal ? fail(refusal) : eventfd(0, EFD_CLOEXEC);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	switch (cmd) {
	case UKS_IOC_QUERY:
		return query(arg);
	case UKS_IOC_SESSION_INFO:
		return session_info(arg);
	case UKS_IOC_DECRYPT:
		return decrypt(arg);
	case UKS_IOC_ENCRYPT:
	case UKS_IOC_SIGN:
	case UKS_IOC_VERIFY:
	case UKS_IOC_MAC:
	case UKS_IOC_MAC_VERIFY:
	case UKS_IOC_AGREE:
	case UKS_IOC_DERIVE:
	case UKS_IOC_BEGIN:
	case UKS_IOC_UPDATE:
	case UKS_IOC_FINISH:
	case UKS_IOC_ABORT:
		return fail(EKEYREVOKED);
	}
	return ask(arg, cmd);
}
