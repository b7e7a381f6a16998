// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the soak does with a key: it must come out right, or be refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uks-stream.h>

#include "tests/crash/soak.h"

#define MESSAGE	256
#define STREAM	(100 << 10)	/* two chunks */

static const char pin[] = "2468", wrong[] = "1357";

/* No error of the library's: it is never expected. */
static int came_out_wrong(struct worker *worker, const char *what)
{
	worker->err.code = 0;
	snprintf(worker->err.text, sizeof(worker->err.text), "%s", what);
	return -1;
}

/* The session of a key that has no PIN. */
static int open_session(struct worker *worker, const char *name, uint32_t purpose,
			struct uks_session **session)
{
	return uks_session_open(worker->client, name, purpose, 0, 0, session, &worker->err);
}

static int crypt_message(struct worker *worker, const char *name)
{
	uint8_t in[MESSAGE] = "plain", out[MESSAGE + UKS_TAG_LEN], back[MESSAGE];
	size_t len = sizeof(out), back_len = sizeof(back);
	struct uks_session *session;
	struct uks_aead aead = {};
	int ret;

	ret = open_session(worker, name, UKS_PURPOSE_ENCRYPT, &session);
	if (ret)
		return ret;
	ret = uks_encrypt(session, &aead, in, sizeof(in), out, &len, &worker->err);
	uks_session_close(session);
	if (ret)
		return ret;
	ret = open_session(worker, name, UKS_PURPOSE_DECRYPT, &session);
	if (ret)
		return ret;
	ret = uks_decrypt(session, &aead, out, len, back, &back_len, &worker->err);
	uks_session_close(session);
	if (!ret && (back_len != sizeof(in) || memcmp(in, back, sizeof(in))))
		return came_out_wrong(worker, "a message was decrypted to another one");
	return ret;
}

/* A file in memory with @len bytes of which each tells its place. */
static int make_file(size_t len)
{
	int fd = memfd_create("soak", 0);
	uint8_t *bytes;
	size_t i;

	if (fd < 0 || ftruncate(fd, len))
		abort();
	if (!len)
		return fd;
	bytes = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		abort();
	for (i = 0; i < len; i++)
		bytes[i] = i ^ i >> 8;
	munmap(bytes, len);
	return fd;
}

static bool is_same(int a, int b)
{
	uint8_t *one = mmap(NULL, STREAM, PROT_READ, MAP_SHARED, a, 0);
	uint8_t *other = mmap(NULL, STREAM, PROT_READ, MAP_SHARED, b, 0);
	bool same;

	if (one == MAP_FAILED || other == MAP_FAILED)
		abort();
	same = lseek(b, 0, SEEK_END) == STREAM && !memcmp(one, other, STREAM);
	munmap(one, STREAM);
	munmap(other, STREAM);
	return same;
}

static int crypt_stream(struct worker *worker, const char *name)
{
	int plain, locked, back, ret;
	struct uks_session *session;

	ret = open_session(worker, name, UKS_PURPOSE_ENCRYPT, &session);
	if (ret)
		return ret;
	plain = make_file(STREAM);
	locked = make_file(0);
	back = make_file(0);
	ret = uks_stream_copy(session, plain, locked, NULL, NULL, &worker->err);
	uks_session_close(session);
	lseek(locked, 0, SEEK_SET);
	if (!ret)
		ret = uks_stream_decrypt(worker->client, name, 0, locked, back, NULL, NULL,
					 &worker->err);
	if (!ret && !is_same(plain, back))
		ret = came_out_wrong(worker, "a stream was decrypted to another one");
	close(plain);
	close(locked);
	close(back);
	return ret;
}

static int sign_once(struct worker *worker, struct uks_session *session)
{
	uint8_t message[MESSAGE] = "signed", signature[UKS_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	int ret = uks_sign(session, message, sizeof(message), signature, &len, &worker->err);

	uks_session_close(session);
	return ret;
}

static int sign(struct worker *worker, const char *name)
{
	struct uks_session *session;
	int ret = open_session(worker, name, UKS_PURPOSE_SIGN, &session);

	return ret ? ret : sign_once(worker, session);
}

int soak_sign_with_pin(struct worker *worker, const char *name)
{
	struct uks_pin pins = { .pin = rand() % 8 ? pin : wrong, .pin_len = sizeof(pin) - 1 };
	struct uks_method method = { .pin = &pins };
	struct uks_session *session;
	int ret;

	ret = uks_session_open_with(worker->client, name, UKS_PURPOSE_SIGN, &method, &session,
				    &worker->err);
	if (ret)
		return ret;
	ret = sign_once(worker, session);
	return pins.pin == wrong ? came_out_wrong(worker, "a wrong PIN was taken") : ret;
}

int soak_make_with_pin(struct worker *worker, const char *name)
{
	struct uks_pin pins = { .new_pin = pin, .new_pin_len = sizeof(pin) - 1 };
	struct uks_key_options options = { .pin = &pins };
	struct uks_policy *policy;
	int ret;

	ret = uks_policy_new(&policy, &worker->err);
	if (ret)
		return ret;
	options.policy = policy;
	ret = uks_policy_set(policy, UKS_POLICY_A_PIN, UKS_PIN_SESSION, &worker->err);
	if (!ret)
		ret = uks_key_generate_with(worker->client, name, UKS_KEY_EC_P256, &options, NULL,
					    &worker->err);
	uks_policy_free(policy);
	return ret;
}

static int authenticate(struct worker *worker, const char *name)
{
	uint8_t message[MESSAGE] = "authentic", mac[UKS_MAC_MAX];
	size_t len = sizeof(mac);
	struct uks_session *session;
	int ret;

	ret = open_session(worker, name, UKS_PURPOSE_MAC, &session);
	if (ret)
		return ret;
	ret = uks_mac(session, message, sizeof(message), mac, &len, &worker->err);
	uks_session_close(session);
	return ret;
}

int soak_use(struct worker *worker, const char *name, uint32_t type)
{
	if (type == UKS_KEY_HMAC_SHA256)
		return authenticate(worker, name);
	if (type != UKS_KEY_AES_256)
		return sign(worker, name);
	return rand() % 4 ? crypt_message(worker, name) : crypt_stream(worker, name);
}
