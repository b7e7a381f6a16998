// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The functions of libuks for methods of SKS, without module and daemon: what they send is
 * what section "Method list" of SKS 1.07 has, and what comes back is not believed.
 */
#include <stdio.h>

#include <kselftest_harness.h>

#include "leaks.h"
#include "libuks/internal.h"

#define B(text)		{ .data = text, .len = sizeof(text) - 1 }
#define LONG_LEN	65536

/* What was sent, and what is answered. */
static struct {
	int calls;
	uint8_t method;
	uint32_t flags;
	uint8_t arguments[512];
	size_t len;
	const void *answer;
	size_t answer_len;
} wire;

/* In place of the one that asks the daemon. */
int uks_sks_call(struct uks_client *client, uint8_t method, const void *arguments, size_t len,
		 uint32_t flags, void *answer, size_t *answer_len, struct uks_err *err)
{
	(void)client;
	(void)err;
	wire.calls++;
	wire.method = method;
	wire.flags = flags;
	wire.len = len < sizeof(wire.arguments) ? len : sizeof(wire.arguments);
	memcpy(wire.arguments, arguments, wire.len);
	if (wire.answer_len)
		memcpy(answer, wire.answer, wire.answer_len);
	*answer_len = wire.answer_len;
	return 0;
}

static void answer(const void *bytes, size_t len)
{
	wire.answer = bytes;
	wire.answer_len = len;
	wire.calls = 0;
}

#define ANSWER(text)	answer(text, sizeof(text) - 1)

/* The last call was this method with these arguments. */
#define EXPECT_SENT(number, text)					\
	do {								\
		EXPECT_EQ(wire.calls, 1);				\
		EXPECT_EQ(wire.method, number);				\
		ASSERT_EQ(wire.len, sizeof(text) - 1);			\
		EXPECT_EQ(memcmp(wire.arguments, text, wire.len), 0);	\
		wire.calls = 0;						\
	} while (0)

static const struct uks_sks_bytes mac = B("MAC"), one = B("1"), two = B("22"), none = { 0 };

/* ---- arguments ---- */

TEST(session_methods_send_what_is_specified)
{
	const struct uks_sks_opening opening = {
		.algorithm = "a", .privacy = true, .server_id = "s", .server_key = B("kk"),
		.issuer = "i", .client_time = 0x01020304, .lifetime = 5, .limit = 6,
		.server_certificate = B("c"),
	};
	struct uks_sks_session *session;
	struct uks_sks_opened *opened;
	uint8_t attestation[SKS_MAC_LEN];

	ANSWER("\0" "\0\2id" "\0\3key" "\0\1a" "\0\0\0\7");
	ASSERT_EQ(uks_sks_session_open(NULL, &opening, &opened, NULL), 0);
	EXPECT_SENT(2, "\0\1a" "\1" "\0\1s" "\0\2kk" "\0\1i" "\0\0" "\1\2\3\4" "\0\5" "\0\6"
		    "\0\1c");
	EXPECT_STREQ(opened->client_id, "id");
	EXPECT_EQ(opened->client_key.len, 3);
	EXPECT_EQ(opened->handle, 7);
	uks_sks_free(opened);
	ANSWER("\0" "\0\40" "0123456789abcdef0123456789abcdef");
	ASSERT_EQ(uks_sks_session_close(NULL, 7, &one, &mac, attestation, NULL), 0);
	EXPECT_SENT(3, "\0\0\0\7" "\0\0011" "\0\3MAC");
	EXPECT_EQ(attestation[31], 'f');
	ANSWER("\0" "\0\0\0\11" "\0\1a" "\1" "\0\0" "\0\0\0\1" "\0\0\0\2" "\0\1s" "\0\1c" "\0\1i");
	ASSERT_EQ(uks_sks_session_next(NULL, 7, false, &session, NULL), 0);
	EXPECT_SENT(4, "\0\0\0\7" "\0");
	EXPECT_EQ(session->handle, 9);
	EXPECT_EQ(session->lifetime, 2);
	EXPECT_STREQ(session->issuer, "i");
	uks_sks_free(session);
	ANSWER("\0" "\0\0\0\0");
	ASSERT_EQ(uks_sks_session_next(NULL, 9, true, &session, NULL), 0);
	EXPECT_EQ(session, NULL);
	ANSWER("\0");
	ASSERT_EQ(uks_sks_session_abort(NULL, 7, NULL), 0);
	EXPECT_SENT(5, "\0\0\0\7");
	ASSERT_EQ(uks_sks_kmk_update(NULL, 7, &one, &two, NULL), 0);
	EXPECT_SENT(7, "\0\0\0\7" "\0\0011" "\0\00222");
	EXPECT_EQ(leaks(), 0);
}

TEST(policy_and_key_methods_send_what_is_specified)
{
	const struct uks_sks_puk_policy puk = {
		.id = "u", .puk = B("e"), .format = 1, .limit = 0x0203, .mac = mac,
	};
	const struct uks_sks_pin_policy pin = {
		.id = "p", .puk_policy = 1, .user_defined = true, .format = 2, .limit = 3,
		.grouping = 1, .patterns = 5, .min = 4, .max = 8, .input = 2, .mac = mac,
	};
	static const char *const endorsed[] = { "x", "yy" };
	const struct uks_sks_key_entry entry = {
		.id = "k", .entry_algorithm = "e", .pin_policy = 3, .pin = B("P"),
		.biometric = 1, .export_protection = 2, .delete_protection = 3, .usage = 1,
		.algorithm = "a", .endorsed = endorsed, .nr_endorsed = 2, .mac = mac,
	};
	struct uks_sks_created *created;
	uint32_t handle = 0;

	ANSWER("\0" "\0\0\1\2");
	ASSERT_EQ(uks_sks_puk_create(NULL, 7, &puk, &handle, NULL), 0);
	EXPECT_SENT(8, "\0\0\0\7" "\0\1u" "\0\1e" "\1" "\2\3" "\0\3MAC");
	EXPECT_EQ(handle, 0x102);
	ASSERT_EQ(uks_sks_pin_create(NULL, 7, &pin, &handle, NULL), 0);
	EXPECT_SENT(9, "\0\0\0\7" "\0\1p" "\0\0\0\1" "\1\0" "\2" "\0\3" "\1\5" "\0\4" "\0\10"
		    "\2" "\0\3MAC");
	ANSWER("\0" "\0\0\0\11" "\0\1s" "\0\1a");
	ASSERT_EQ(uks_sks_key_create(NULL, 7, &entry, &created, NULL), 0);
	EXPECT_SENT(10, "\0\0\0\7" "\0\1k" "\0\1e" "\0\0" "\0" "\0\0\0\3" "\0\1P" "\0" "\1\2\3\1"
		    "\0\0" "\0\1a" "\0\0" "\2" "\0\1x" "\0\2yy" "\0\3MAC");
	EXPECT_EQ(created->handle, 9);
	uks_sks_free(created);
	ANSWER("\0" "\0\0\0\11");
	ASSERT_EQ(uks_sks_key_find(NULL, 7, "k", &handle, NULL), 0);
	EXPECT_SENT(11, "\0\0\0\7" "\0\1k");
	EXPECT_EQ(handle, 9);
	EXPECT_EQ(leaks(), 0);
}

TEST(methods_on_new_keys_send_what_is_specified)
{
	const struct uks_sks_extension extension = {
		.type = "t", .kind = 3, .qualifier = "q", .data = B("data"),
	};
	const struct uks_sks_bytes path[] = { one, two };

	ANSWER("\0");
	ASSERT_EQ(uks_sks_key_certify(NULL, 9, path, 2, &mac, NULL), 0);
	EXPECT_SENT(12, "\0\0\0\11" "\2" "\0\0011" "\0\00222" "\0\3MAC");
	ASSERT_EQ(uks_sks_key_import_secret(NULL, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(13, "\0\0\0\11" "\0\0011" "\0\3MAC");
	ASSERT_EQ(uks_sks_key_import_private(NULL, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(14, "\0\0\0\11" "\0\0011" "\0\3MAC");
	ASSERT_EQ(uks_sks_key_extend(NULL, 9, &extension, &mac, NULL), 0);
	EXPECT_SENT(15, "\0\0\0\11" "\0\1t" "\3" "\0\1q" "\0\0\0\4data" "\0\3MAC");
	ASSERT_EQ(uks_sks_post_delete(NULL, 7, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(50, "\0\0\0\7" "\0\0\0\11" "\0\0011" "\0\3MAC");
	ASSERT_EQ(uks_sks_post_unlock(NULL, 7, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(51, "\0\0\0\7" "\0\0\0\11" "\0\0011" "\0\3MAC");
	ASSERT_EQ(uks_sks_post_update(NULL, 8, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(52, "\0\0\0\10" "\0\0\0\11" "\0\0011" "\0\3MAC");
	ASSERT_EQ(uks_sks_post_clone(NULL, 8, 9, &one, &mac, NULL), 0);
	EXPECT_SENT(53, "\0\0\0\10" "\0\0\0\11" "\0\0011" "\0\3MAC");
}

TEST(methods_of_owners_send_what_is_specified)
{
	uint32_t key = 0, session = 0;
	size_t len = 4;
	char url[8];
	uint8_t to[4];

	ANSWER("\0" "\0\0\0\11" "\0\0\0\7");
	ASSERT_EQ(uks_sks_key_next(NULL, 5, &key, &session, NULL), 0);
	EXPECT_SENT(70, "\0\0\0\5");
	EXPECT_EQ(key, 9);
	EXPECT_EQ(session, 7);
	ANSWER("\0");
	ASSERT_EQ(uks_sks_key_set_property(NULL, 9, "t", "n", "v", NULL), 0);
	EXPECT_SENT(74, "\0\0\0\11" "\0\1t" "\0\1n" "\0\1v");
	ASSERT_EQ(uks_sks_key_delete(NULL, 9, &none, NULL), 0);
	EXPECT_SENT(80, "\0\0\0\11" "\0\0");
	ASSERT_EQ(uks_sks_key_unlock(NULL, 9, &one, NULL), 0);
	EXPECT_SENT(82, "\0\0\0\11" "\0\0011");
	ASSERT_EQ(uks_sks_pin_change(NULL, 9, &one, &two, NULL), 0);
	EXPECT_SENT(83, "\0\0\0\11" "\0\0011" "\0\00222");
	ASSERT_EQ(uks_sks_pin_set(NULL, 9, &one, &two, NULL), 0);
	EXPECT_SENT(84, "\0\0\0\11" "\0\0011" "\0\00222");
	ANSWER("\0" "\0\3key");
	ASSERT_EQ(uks_sks_key_export(NULL, 9, &one, to, &len, NULL), 0);
	EXPECT_SENT(81, "\0\0\0\11" "\0\0011");
	EXPECT_EQ(len, 3);
	EXPECT_EQ(memcmp(to, "key", 3), 0);
	ASSERT_EQ(uks_sks_update_firmware(NULL, "new", 3, url, sizeof(url), NULL), 0);
	EXPECT_SENT(90, "\0\0\0\3new");
	EXPECT_STREQ(url, "key");
}

TEST(methods_that_compute_send_what_is_specified)
{
	const struct uks_sks_use use = {
		.key = 9, .algorithm = "a", .parameters = B("p"), .biometric = true,
		.authorization = B("1234"),
	};
	uint8_t to[8];
	size_t len = sizeof(to);

	ANSWER("\0" "\0\3sig");
	ASSERT_EQ(uks_sks_sign(NULL, &use, UKS_SKS_WHOLE_MESSAGE, &one, to, &len, NULL), 0);
	EXPECT_EQ(wire.flags, UKS_SKS_WHOLE_MESSAGE);
	EXPECT_SENT(100, "\0\0\0\11" "\0\1a" "\0\1p" "\1" "\0\0041234" "\0\0011");
	EXPECT_EQ(len, 3);
	ASSERT_EQ(uks_sks_decrypt(NULL, &use, &one, to, &len, NULL), 0);
	EXPECT_SENT(101, "\0\0\0\11" "\0\1a" "\0\1p" "\1" "\0\0041234" "\0\0011");
	ASSERT_EQ(uks_sks_agree(NULL, &use, &one, to, &len, NULL), 0);
	EXPECT_SENT(102, "\0\0\0\11" "\0\1a" "\0\1p" "\1" "\0\0041234" "\0\0011");
	ASSERT_EQ(uks_sks_hmac(NULL, &use, &one, to, &len, NULL), 0);
	EXPECT_SENT(103, "\0\0\0\11" "\0\1a" "\0\1p" "\1" "\0\0041234" "\0\0\0\0011");
	ANSWER("\0" "\0\0\0\3enc");
	ASSERT_EQ(uks_sks_crypt(NULL, &use, true, &one, to, &len, NULL), 0);
	EXPECT_SENT(104, "\0\0\0\11" "\0\1a" "\1" "\0\1p" "\1" "\0\0041234" "\0\0\0\0011");
	EXPECT_EQ(memcmp(to, "enc", 3), 0);
	len = 2;
	EXPECT_EQ(uks_sks_crypt(NULL, &use, false, &one, to, &len, NULL), -UKS_E_NO_ROOM);
	EXPECT_EQ(len, 3);
}

/* ---- outputs ---- */

static const char device[] = "\0" "\0\152" "\1" "\0\0" "\0\1v" "\0\1d" "\1" "\0\4cert" "\2"
	"\0\1x" "\0\2yy" "\0\0\100\0" "\0\1\0\0" "\0\1";

TEST(device_is_told_as_it_is)
{
	struct uks_sks_device *got;

	answer(device, sizeof(device) - 1);
	ASSERT_EQ(uks_sks_device(NULL, &got, NULL), 0);
	EXPECT_SENT(1, "");
	EXPECT_EQ(got->api_level, 106);
	EXPECT_STREQ(got->update_url, "");
	EXPECT_STREQ(got->description, "d");
	ASSERT_EQ(got->nr_certificates, 1);
	EXPECT_EQ(memcmp(got->certificates[0].data, "cert", 4), 0);
	ASSERT_EQ(got->nr_algorithms, 2);
	EXPECT_STREQ(got->algorithms[1], "yy");
	EXPECT_EQ(got->crypto_size, 16384);
	EXPECT_FALSE(got->device_pin);
	EXPECT_TRUE(got->biometric);
	uks_sks_free(got);
	uks_sks_free(NULL);
	EXPECT_EQ(leaks(), 0);
}

TEST(protection_has_nineteen_members)
{
	struct uks_sks_protection got;

	ANSWER("\0" "\3" "\1" "\0\2" "\0\3" "\1\0" "\2" "\0\4" "\3" "\5" "\0\6" "\0\7" "\2"
	       "\0\10" "\1" "\1\2\3" "\3");
	ASSERT_EQ(uks_sks_key_protection(NULL, 9, &got, NULL), 0);
	EXPECT_SENT(72, "\0\0\0\11");
	EXPECT_EQ(got.status, 3);
	EXPECT_EQ(got.puk_errors, 3);
	EXPECT_EQ(got.max, 7);
	EXPECT_EQ(got.pin_errors, 8);
	EXPECT_EQ(got.delete_protection, 3);
	EXPECT_EQ(got.backup, 3);
}

TEST(lists_of_any_length_fit)
{
	static uint8_t many[1 + 2 + 1 + 255 * 3 + 1 + 2 + 2 * (1 + 255 * 3)];
	struct uks_sks_attributes *got;
	uint8_t *at = many + 4;
	int i;

	many[3] = 255;
	for (i = 0; i < 255; i++, at += 3)
		memcpy(at, "\0\1c", 3);
	at += 3;
	for (i = 0; i < 2 * 255; i++, at += 3) {
		if (i % 255 == 0)
			*at++ = 255;
		memcpy(at, "\0\1u", 3);
	}
	answer(many, sizeof(many));
	ASSERT_EQ(uks_sks_key_attributes(NULL, 9, &got, NULL), 0);
	EXPECT_SENT(71, "\0\0\0\11");
	EXPECT_EQ(got->nr_certificates, 255);
	ASSERT_EQ(got->nr_endorsed, 255);
	EXPECT_STREQ(got->endorsed[254], "u");
	ASSERT_EQ(got->nr_extensions, 255);
	EXPECT_STREQ(got->extensions[254], "u");
	uks_sks_free(got);
	EXPECT_EQ(leaks(), 0);
}

/* Whatever is cut off, or comes behind, nothing is given. */
TEST(malformed_answer_is_refused)
{
	static const char extension[] = "\0" "\3" "\0\1q" "\0\0\0\4data" "!";
	char longer[sizeof(device)];
	struct uks_sks_extension *other;
	struct uks_sks_device *got;
	size_t i;

	for (i = 1; i < sizeof(device) - 1; i++) {
		answer(device, i);
		EXPECT_EQ(uks_sks_device(NULL, &got, NULL), -UKS_E_PROTOCOL);
		EXPECT_EQ(got, NULL);
	}
	memcpy(longer, device, sizeof(device));
	answer(longer, sizeof(longer));
	EXPECT_EQ(uks_sks_device(NULL, &got, NULL), -UKS_E_PROTOCOL);
	longer[sizeof(device) - 2] = 2;
	answer(longer, sizeof(device) - 1);
	EXPECT_EQ(uks_sks_device(NULL, &got, NULL), -UKS_E_PROTOCOL);
	for (i = 1; i < sizeof(extension) - 2; i++) {
		answer(extension, i);
		EXPECT_EQ(uks_sks_key_extension(NULL, 9, "t", &other, NULL), -UKS_E_PROTOCOL);
		EXPECT_EQ(other, NULL);
	}
	answer(extension, sizeof(extension) - 2);
	ASSERT_EQ(uks_sks_key_extension(NULL, 9, "t", &other, NULL), 0);
	uks_sks_free(other);
	ANSWER("\0" "\0" "\0\3a\0b" "\0\0\0\0");
	EXPECT_EQ(uks_sks_key_extension(NULL, 9, "t", &other, NULL), -UKS_E_PROTOCOL);
	EXPECT_EQ(leaks(), 0);
}

/* ---- refusals ---- */

TEST(status_is_returned_with_what_the_store_says)
{
	struct uks_sks_device *got;
	struct uks_err err;

	ANSWER("\11" "\0\3why");
	EXPECT_EQ(uks_sks_device(NULL, &got, &err), SKS_E_OPTION);
	EXPECT_EQ(got, NULL);
	EXPECT_EQ(err.code, UKS_E_PROVISION);
	EXPECT_STREQ(err.text, "why");
	EXPECT_EQ(uks_sks_session_abort(NULL, 7, NULL), SKS_E_OPTION);
	EXPECT_EQ(leaks(), 0);
}

TEST(argument_that_is_too_long_is_not_sent)
{
	static uint8_t bytes[2 * LONG_LEN];
	static const struct uks_sks_bytes path[256];
	const struct uks_sks_bytes array = { .data = bytes, .len = LONG_LEN };
	char url[8];

	ANSWER("\0");
	EXPECT_EQ(uks_sks_key_delete(NULL, 9, &array, NULL), -UKS_E_TOO_LONG);
	EXPECT_EQ(uks_sks_key_certify(NULL, 9, path, 256, &mac, NULL), -UKS_E_TOO_LONG);
	EXPECT_EQ(uks_sks_update_firmware(NULL, bytes, sizeof(bytes), url, 8, NULL),
		  -UKS_E_TOO_LONG);
	EXPECT_EQ(wire.calls, 0);
}

TEST_HARNESS_MAIN
