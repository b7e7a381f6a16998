// SPDX-License-Identifier: LGPL-2.1-or-later
/* The daemon's cryptography of sessions gives the known answers, byte for byte. */
#include <string.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/memory.h"
#include "daemon/sks/mac.h"
#include "tests/unit/sks-vectors.h"

#define BYTES_MAX	1024

struct bytes {
	uint8_t at[BYTES_MAX];
	size_t len;
};

static struct bytes from_hex(const char *hex)
{
	struct bytes bytes;

	if (sodium_hex2bin(bytes.at, sizeof(bytes.at), hex, strlen(hex), NULL, &bytes.len, NULL))
		abort();
	return bytes;
}

static bool is(const void *bytes, size_t len, const char *hex)
{
	struct bytes right = from_hex(hex);

	return len == right.len && !memcmp(bytes, right.at, len);
}

FIXTURE(session)
{
	struct bytes z;
	struct bytes server;
	struct bytes client;
	struct sks_parties parties;
	struct sks_attested attested;
};

FIXTURE_SETUP(session)
{
	struct failure failure;

	ASSERT_EQ(memory_init(&failure), 0);
	self->z = from_hex(vector_z);
	self->server = from_hex(vector_server_key);
	self->client = from_hex(vector_client_key);
	self->parties = (struct sks_parties){
		.client_id = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC1",
		.server_id = "S-0001",
		.issuer = "http://issuer.example.com/provsess",
	};
	self->attested = (struct sks_attested){
		.server_key = { self->server.at, self->server.len },
		.client_key = { self->client.at, self->client.len },
		.client_time = 0x5e15a2f1, .lifetime = 10000, .limit = 50,
		.certificate = { (const uint8_t *)"\1\2\3", 3 },
	};
}

FIXTURE_TEARDOWN(session)
{
}

TEST_F(session, of_an_unknown_device_has_the_known_key_and_attestation)
{
	struct sks_bytes z = { self->z.at, self->z.len };
	uint8_t key[SKS_KEY_LEN], octets[1024], mac[SKS_MAC_LEN];
	struct sks_out out = { .bytes = octets, .size = sizeof(octets) };
	struct sks_mac hmac;

	self->parties.device = (struct sks_bytes){ (const uint8_t *)"Anonymous", 9 };
	self->attested.privacy = true;
	sks_session_key(&z, &self->parties, key);
	EXPECT_TRUE(is(key, sizeof(key), vector_private_key));
	sks_attestation(&self->parties, &self->attested, &out);
	EXPECT_TRUE(is(octets, out.len, vector_private_octets));
	sks_hmac_begin(&hmac, key, sizeof(key));
	sks_mac_raw(&hmac, octets, out.len);
	sks_mac_end(&hmac, mac);
	EXPECT_TRUE(is(mac, sizeof(mac), vector_private_attestation));
}

TEST_F(session, of_a_device_has_the_known_key_and_octets)
{
	struct sks_bytes z = { self->z.at, self->z.len };
	uint8_t key[SKS_KEY_LEN], octets[1024];
	struct sks_out out = { .bytes = octets, .size = sizeof(octets) };

	self->parties.device = (struct sks_bytes){ (const uint8_t *)"\x30\3\2\1\5", 5 };
	sks_session_key(&z, &self->parties, key);
	EXPECT_TRUE(is(key, sizeof(key), vector_key));
	sks_attestation(&self->parties, &self->attested, &out);
	EXPECT_TRUE(is(octets, out.len, vector_octets));
}

TEST_F(session, has_the_known_macs_of_each_method)
{
	struct bytes key = from_hex(vector_private_key), data;
	uint8_t mac[SKS_MAC_LEN];
	struct sks_mac hmac;
	size_t i, count = sizeof(vector_macs) / sizeof(*vector_macs);

	ASSERT_EQ(count, 11);
	for (i = 0; i < count; i++) {
		data = from_hex(vector_macs[i].data);
		sks_mac_begin(&hmac, key.at, vector_macs[i].label, i);
		sks_mac_raw(&hmac, data.at, data.len);
		sks_mac_end(&hmac, mac);
		EXPECT_TRUE(is(mac, sizeof(mac), vector_macs[i].mac)) {
			TH_LOG("%s", vector_macs[i].label);
		}
	}
}

/* The typed encodings of a MAC's data, not only its bytes. */
TEST_F(session, has_the_known_encoding_of_data)
{
	struct bytes key = from_hex(vector_private_key), puk = from_hex(vector_encrypted_puk);
	uint8_t mac[SKS_MAC_LEN];
	struct sks_mac hmac;

	sks_mac_begin(&hmac, key.at, vector_macs[0].label, 0);
	sks_mac_string(&hmac, "PUK.1");
	sks_mac_bytes(&hmac, puk.at, puk.len);
	sks_mac_number(&hmac, 0, 1);
	sks_mac_number(&hmac, 3, 2);
	sks_mac_end(&hmac, mac);
	EXPECT_TRUE(is(mac, sizeof(mac), vector_macs[0].mac));
	sks_mac_begin(&hmac, key.at, vector_macs[6].label, 6);
	sks_mac_bytes(&hmac, "\x30\3\2\1\1", 5);
	sks_mac_string(&hmac, "urn:ietf:rfc:4226");
	sks_mac_number(&hmac, 2, 1);
	sks_mac_string(&hmac, "");
	sks_mac_blob(&hmac, "\0\7Counter\1\0\1\60", 13);
	sks_mac_end(&hmac, mac);
	EXPECT_TRUE(is(mac, sizeof(mac), vector_macs[6].mac));
}

TEST_F(session, decrypts_what_is_known)
{
	struct bytes key = from_hex(vector_private_key), puk = from_hex(vector_encrypted_puk);
	struct bytes secret = from_hex(vector_encrypted_secret);
	struct sks_bytes from = { puk.at, puk.len };
	uint8_t plain[64];
	size_t len;

	ASSERT_EQ(sks_decrypt(key.at, &from, plain, &len), 0);
	EXPECT_EQ(len, 6);
	EXPECT_EQ(memcmp(plain, "012355", 6), 0);
	from = (struct sks_bytes){ secret.at, secret.len };
	ASSERT_EQ(sks_decrypt(key.at, &from, plain, &len), 0);
	EXPECT_TRUE(is(plain, len, "000102030405060708090a0b0c0d0e0f"));
	/* Cut, and with its padding changed. */
	from.len -= 16;
	EXPECT_EQ(sks_decrypt(key.at, &from, plain, &len), -1);
	from.len += 8;
	EXPECT_EQ(sks_decrypt(key.at, &from, plain, &len), -1);
}

TEST_F(session, has_the_known_reference_to_a_target)
{
	struct bytes key = from_hex(vector_private_key);
	uint8_t whole[SKS_KEY_LEN + 9], mac[SKS_MAC_LEN];
	struct sks_mac hmac;

	memcpy(whole, key.at, SKS_KEY_LEN);
	memcpy(whole + SKS_KEY_LEN, "Anonymous", 9);
	sks_hmac_begin(&hmac, whole, sizeof(whole));
	sks_mac_raw(&hmac, "\x30\3\2\1\11", 5);
	sks_mac_end(&hmac, mac);
	EXPECT_TRUE(is(mac, sizeof(mac), vector_target_hash));
}

TEST_HARNESS_MAIN
