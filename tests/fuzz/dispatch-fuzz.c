// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The daemon, whole but for its kernel: dispatcher, store, seals, crypto and a software
 * TPM. Input: requests, each an operation, who asks, the length of its payload in two
 * bytes, and the payload, in which a key id of equal bytes stands for one of the keys
 * made at the beginning. A bad answer ends the program (ask()).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/uksd-daemon.h"

#define INPUTS_PER_STORE	2000	/* so that it does not grow without end */
#define REQUESTS_PER_INPUT	16

static const uint32_t types[] = {
	UKS_KEY_AES_256, UKS_KEY_EC_P256, UKS_KEY_SECRET, UKS_KEY_X25519, UKS_KEY_HMAC_SHA256,
	UKS_KEY_SM4, UKS_KEY_SM2, UKS_KEY_ED25519,
};

#define KEYS	(sizeof(types) / sizeof(*types))

static struct daemon daemon_;
static uint8_t ids[KEYS][UKS_KEY_ID_LEN];

static void end(void)
{
	daemon_stop(&daemon_);
	daemon_delete(&daemon_);
}

/* Another store under the same TPM. */
static void remove_store(void)
{
	static const char * const suffixes[] = { "", "-wal", "-shm" };
	char path[PATH_MAX + 8];
	size_t i;

	daemon_stop(&daemon_);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", daemon_.config.store, suffixes[i]);
		unlink(path);
	}
}

static void begin(void)
{
	char name[] = "key0";
	size_t i;

	if (daemon_start(&daemon_)) {
		fprintf(stderr, "%s\n", daemon_.failure.text);
		abort();
	}
	for (i = 0; i < KEYS; i++) {
		name[3] = '0' + i;
		if (ask_generate(&daemon_, name, types[i]))
			abort();
		memcpy(ids[i], daemon_.attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	}
}

/* The keys' names are known, their ids are not. */
static void put_ids(uint8_t *payload, size_t len)
{
	const uint8_t *at = payload;
	struct uks_attr attr;
	size_t left = len;
	uint8_t *id;

	while (uks_attr_next(&at, &left, &attr) > 0) {
		if (attr.type != UKS_A_KEY_ID || attr.len != UKS_KEY_ID_LEN ||
		    memcmp(attr.value, attr.value + 1, UKS_KEY_ID_LEN - 1))
			continue;
		id = payload + (attr.value - payload);
		memcpy(id, ids[attr.value[0] % KEYS], UKS_KEY_ID_LEN);
	}
}

/* Making such a key takes a second: nothing is to be found there. */
static bool takes_long(uint32_t op, const uint8_t *payload, size_t len)
{
	struct uks_attr attrs[UKS_A_MAX + 1];
	uint32_t type;

	if (op != UKS_OP_KEY_GENERATE || uks_attrs_parse(payload, len, attrs))
		return false;
	type = uks_attr_u32(&attrs[UKS_A_KEY_TYPE], 0);
	return type >= UKS_KEY_RSA_1024 && type <= UKS_KEY_RSA_4096;
}

static void request(uint32_t op, uint8_t who, const uint8_t *payload, size_t len)
{
	if (takes_long(op, payload, len))
		return;
	daemon_.uid = who & 1 ? BOB : ALICE;
	daemon_.out_max = who & 2 ? UKS_REPLY_MIN : UKS_PAYLOAD_MAX;
	ask_begin(&daemon_);
	memcpy(daemon_.in_buf, payload, len);
	put_ids(daemon_.in_buf, len);
	daemon_.in.len = len;
	ask(&daemon_, op);
	if (!daemon_.answer.code != !daemon_.answer.error ||
	    (daemon_.answer.code && !daemon_.text[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static unsigned int inputs;
	size_t part;
	int i;

	if (!inputs && daemon_new(&daemon_))
		abort();
	if (inputs && inputs % INPUTS_PER_STORE == 0)
		remove_store();
	if (inputs % INPUTS_PER_STORE == 0)
		begin();
	/* Said after libcrypto has said that it cleans up at exit, it comes before. */
	if (!inputs++ && atexit(end))
		abort();
	for (i = 0; i < REQUESTS_PER_INPUT && len >= 4; i++) {
		part = data[2] | data[3] << 8;
		if (part > len - 4)
			part = len - 4;
		request(data[0], data[1], data + 4, part);
		data += 4 + part;
		len -= 4 + part;
	}
	return 0;
}
