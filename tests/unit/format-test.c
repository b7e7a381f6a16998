// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading keys that OpenSSL and OpenSSH write: each sample is taken as the key that it
 * is, and refused when it is cut anywhere, goes on behind its end, or is changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "leaks.h"
#include "tests/unit/format.h"

#define SECRET	"open sesame"
#define DER_REF	"openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out reference"
#define PUB_REF	"openssl pkey -in key.pem -pubout -outform DER -out reference"
#define EC(curve) "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" curve " -out key.pem"
#define PLAIN(kind) "openssl genpkey -algorithm " kind " -out key.pem"
#define RSA(bits) "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:" bits " -out key.pem"
#define FFDHE(group) "openssl genpkey -algorithm DH -pkeyopt group:" group " -out key.pem"
#define CERTIFICATE "openssl req -new -x509 -key key.pem -subj /CN=test -days 1"

FIXTURE(format)
{
	char dir[32];
	struct sample *sample;
	uint8_t *reference;
	size_t reference_len;
};

/* @make: writes key.pem; @convert: writes sample; @blocks: part of it is a whole file, too. */
FIXTURE_VARIANT(format)
{
	const char *make, *convert;
	const char *name, *passphrase, *notice;
	uint32_t type;
	bool public, blocks;
};

#define SAMPLE(variant, make_, convert_, name_, type_, ...)				\
	FIXTURE_VARIANT_ADD(format, variant) {						\
		.make = make_, .convert = convert_, .name = name_, .type = type_,	\
		__VA_ARGS__								\
	}
#define PUBLIC	.public = true
#define LOCKED	.passphrase = SECRET
#define COPY	"cp key.pem sample"
#define TO_DER	"openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out sample"
#define OLD_PEM	"openssl pkey -in key.pem -traditional -out sample"
#define OLD_LOCKED OLD_PEM " -aes128 -passout 'pass:" SECRET "'"
#define LOCK	"openssl pkcs8 -topk8 -in key.pem -out sample -passout 'pass:" SECRET "'"
#define PUB_PEM	"openssl pkey -in key.pem -pubout -out sample"
#define P12	"openssl pkcs12 -export -inkey key.pem -out sample -passout 'pass:" SECRET "' "
#define TO_SSH	"openssl pkey -in key.pem -traditional -out sample; chmod 600 sample; " \
		"ssh-keygen -q -p -N '' -f sample"
#define SSH_LINE "openssl pkey -in key.pem -traditional -out k; chmod 600 k; ssh-keygen -y -f k > sample"

SAMPLE(pem_p256, EC("P-256"), COPY, "pem", UKS_KEY_EC_P256);
SAMPLE(pem_p224, EC("P-224"), COPY, "pem", UKS_KEY_EC_P224);
SAMPLE(pem_p384, EC("P-384"), COPY, "pem", UKS_KEY_EC_P384);
SAMPLE(pem_p521, EC("P-521"), COPY, "pem", UKS_KEY_EC_P521);
SAMPLE(pem_sm2, EC("SM2"), COPY, "pem", UKS_KEY_SM2);
SAMPLE(pem_rsa, RSA("2048"), COPY, "pem", UKS_KEY_RSA_2048);
SAMPLE(pem_rsa_1024, RSA("1024"), COPY, "pem", UKS_KEY_RSA_1024);
SAMPLE(pem_rsa_3072, RSA("3072"), COPY, "pem", UKS_KEY_RSA_3072);
SAMPLE(pem_ed25519, PLAIN("ED25519"), COPY, "pem", UKS_KEY_ED25519);
SAMPLE(pem_ed448, PLAIN("ED448"), COPY, "pem", UKS_KEY_ED448);
SAMPLE(pem_x25519, PLAIN("X25519"), COPY, "pem", UKS_KEY_X25519);
SAMPLE(pem_x448, PLAIN("X448"), COPY, "pem", UKS_KEY_X448);
SAMPLE(pem_ffdhe2048, FFDHE("ffdhe2048"), COPY, "pem", UKS_KEY_FFDHE_2048);
SAMPLE(pem_ffdhe4096, FFDHE("ffdhe4096"), COPY, "pem", UKS_KEY_FFDHE_4096);
SAMPLE(pem_old_ec, EC("P-256"), OLD_PEM, "pem", UKS_KEY_EC_P256);
SAMPLE(pem_explicit_curve, EC("P-256"), "openssl ec -in key.pem -param_enc explicit -out sample",
	"pem", UKS_KEY_EC_P256);
SAMPLE(pem_explicit_curve_public, EC("P-384"),
	"openssl ec -in key.pem -param_enc explicit -pubout -out sample", "pem", UKS_KEY_EC_P384,
	PUBLIC);
SAMPLE(pem_old_rsa, RSA("2048"), OLD_PEM, "pem", UKS_KEY_RSA_2048);
SAMPLE(pem_old_with_parameters, EC("P-384"),
	"openssl ecparam -name P-384 -out sample; " OLD_PEM "2; cat sample2 >> sample", "pem",
	UKS_KEY_EC_P384);
SAMPLE(pem_old_locked_ec, EC("P-256"), OLD_LOCKED, "pem", UKS_KEY_EC_P256, LOCKED);
SAMPLE(pem_old_locked_rsa, RSA("2048"), OLD_LOCKED, "pem", UKS_KEY_RSA_2048, LOCKED);
SAMPLE(pem_locked, PLAIN("ED25519"), LOCK, "pem", UKS_KEY_ED25519, LOCKED);
SAMPLE(pem_locked_scrypt, EC("P-384"), LOCK " -scrypt", "pem", UKS_KEY_EC_P384, LOCKED);
SAMPLE(pem_locked_3des, RSA("2048"), LOCK " -v1 PBE-SHA1-3DES", "pem", UKS_KEY_RSA_2048,
	LOCKED);
SAMPLE(pem_with_certificates, EC("P-256"),
	"{ " CERTIFICATE "; cat key.pem; " CERTIFICATE "; } > sample", "pem", UKS_KEY_EC_P256,
	.blocks = true, .notice = "2 certificate(s)");
SAMPLE(pem_public, RSA("2048"), PUB_PEM, "pem", UKS_KEY_RSA_2048, PUBLIC);
SAMPLE(pem_public_rsa, RSA("2048"), "openssl rsa -in key.pem -RSAPublicKey_out -out sample",
	"pem", UKS_KEY_RSA_2048, PUBLIC);
SAMPLE(pem_certificate, EC("P-521"), CERTIFICATE " -out sample", "pem", UKS_KEY_EC_P521, PUBLIC);
SAMPLE(der_p256, EC("P-256"), TO_DER, "der", UKS_KEY_EC_P256);
SAMPLE(der_rsa, RSA("2048"), TO_DER, "der", UKS_KEY_RSA_2048);
SAMPLE(der_ed25519, PLAIN("ED25519"), TO_DER, "der", UKS_KEY_ED25519);
SAMPLE(der_locked, EC("P-256"), LOCK " -outform DER", "der", UKS_KEY_EC_P256, LOCKED);
SAMPLE(der_public, EC("P-256"), PUB_PEM " -outform DER", "der", UKS_KEY_EC_P256, PUBLIC);
SAMPLE(der_certificate, PLAIN("ED25519"), CERTIFICATE " -outform DER -out sample", "der",
	UKS_KEY_ED25519, PUBLIC);
SAMPLE(pkcs12, EC("P-256"), CERTIFICATE " -out c.pem; " P12 "-in c.pem", "pkcs12",
	UKS_KEY_EC_P256, LOCKED, .notice = "1 certificate(s)");
SAMPLE(pkcs12_key_alone, RSA("2048"), P12 "-nocerts", "pkcs12", UKS_KEY_RSA_2048, LOCKED);
SAMPLE(pkcs12_old_ciphers, RSA("2048"), CERTIFICATE " -out c.pem; " P12 "-in c.pem -legacy",
	"pkcs12", UKS_KEY_RSA_2048, LOCKED, .notice = "1 part(s) that cannot be read");
SAMPLE(pkcs12_no_passphrase, PLAIN("ED25519"),
	"openssl pkcs12 -export -inkey key.pem -nocerts -keypbe NONE -out sample -passout pass:",
	"pkcs12", UKS_KEY_ED25519);
SAMPLE(openssh_rsa, RSA("2048"), TO_SSH, "openssh", UKS_KEY_RSA_2048);
SAMPLE(openssh_p256, EC("P-256"), TO_SSH, "openssh", UKS_KEY_EC_P256);
SAMPLE(openssh_p384, EC("P-384"), TO_SSH, "openssh", UKS_KEY_EC_P384);
SAMPLE(openssh_p521, EC("P-521"), TO_SSH, "openssh", UKS_KEY_EC_P521);
SAMPLE(openssh_line_rsa, RSA("3072"), SSH_LINE, "openssh", UKS_KEY_RSA_3072, PUBLIC);
SAMPLE(openssh_line_p384, EC("P-384"), SSH_LINE, "openssh", UKS_KEY_EC_P384, PUBLIC);

FIXTURE_SETUP(format)
{
	struct sample *sample = calloc(1, sizeof(*sample));

	ASSERT_NE(sample, NULL);
	snprintf(self->dir, sizeof(self->dir), "/tmp/format-test.XXXXXX");
	ASSERT_NE(mkdtemp(self->dir), NULL);
	ASSERT_EQ(chdir(self->dir), 0);
	ASSERT_EQ(shell(variant->make), 0);
	ASSERT_EQ(shell(variant->convert), 0);
	ASSERT_EQ(shell(variant->public ? PUB_REF : DER_REF), 0);
	sample->len = load("sample", sample->data);
	sample->passphrase = variant->passphrase;
	self->sample = sample;
	self->reference = calloc(1, FILE_ROOM);
	ASSERT_NE(self->reference, NULL);
	self->reference_len = load("reference", self->reference);
	ASSERT_GT(self->sample->len, 0);
	ASSERT_GT(self->reference_len, 0);
}

FIXTURE_TEARDOWN(format)
{
	char *command;

	free(self->sample);
	free(self->reference);
	ASSERT_EQ(chdir("/"), 0);
	ASSERT_GT(asprintf(&command, "rm -r %s", self->dir), 0);
	EXPECT_EQ(system(command), 0);
	free(command);
	EXPECT_EQ(leaks(), 0);
}

#define EXPECT_KEY(self, variant, key) do {						\
	EXPECT_EQ((key)->type, (variant)->type);					\
	EXPECT_EQ((key)->format, (variant)->public ? UKS_FORMAT_SPKI : UKS_FORMAT_PKCS8);	\
	ASSERT_EQ((key)->len, (self)->reference_len);					\
	EXPECT_EQ(memcmp((key)->data, (self)->reference, (key)->len), 0);		\
} while (0)

TEST_F_TIMEOUT(format, is_taken_as_what_it_is, 300)
{
	struct sample *sample = self->sample;
	struct format_key key;
	struct uks_err err;

	ASSERT_EQ(read_sample(sample, sample->len, NULL, 0, &key, &err), 0) {
		TH_LOG("%s", err.text);
	}
	EXPECT_KEY(self, variant, &key);
	EXPECT_EQ(sample->asked, !!variant->passphrase);
	EXPECT_NE(strstr(key.notice, variant->notice ? variant->notice : ""), NULL) {
		TH_LOG("%s", key.notice);
	}
	EXPECT_EQ(!key.notice[0], !variant->notice);
	format_free(&key);
	ASSERT_EQ(read_sample(sample, sample->len, format_named(variant->name)->read,
			      variant->type, &key, &err), 0);
	EXPECT_KEY(self, variant, &key);
	format_free(&key);
}

/* Each beginning of the file is an error with words, also for every other reader. */
TEST_F_TIMEOUT(format, is_refused_when_cut, 600)
{
	struct sample *sample = self->sample;
	struct format_key key = { 0 };
	struct uks_err err;
	size_t len;

	/* A line of OpenSSH is complete without its comment. */
	ASSERT_EQ(shell("cut -d' ' -f1,2 sample > cut"), 0);
	if (!strcmp(variant->convert, SSH_LINE))
		sample->len = load("cut", sample->data);
	for (len = 0; !variant->blocks && len < significant(sample); len++) {
		ASSERT_NE(read_sample(sample, len, NULL, 0, &key, &err), 0) {
			TH_LOG("%zu of %zu bytes are taken", len, sample->len);
		}
		ASSERT_EQ(err.code, UKS_E_BAD_MATERIAL);
		ASSERT_GT(strlen(err.text), 10);
		ASSERT_NE(read_sample(sample, len, format_named(variant->name)->read, 0, &key,
				      &err), 0);
		ASSERT_EQ(key.data, NULL);
	}
	EXPECT_EQ(read_sample(sample, significant(sample), NULL, 0, &key, &err), 0);
	format_free(&key);
}

TEST_F_TIMEOUT(format, is_refused_with_something_behind, 300)
{
	static const char *const tails[] = { "garbage", "\n}", "-----BEGIN", "\n\nx" };
	struct sample *sample = self->sample;
	struct format_key key = { 0 };
	struct uks_err err;
	size_t i, len = sample->len;

	/* Behind a line of OpenSSH stands a comment, which may be anything. */
	for (i = 0; i < 4; i++) {
		if (!strcmp(variant->convert, SSH_LINE) && tails[i][0] != '\n')
			continue;
		memcpy(sample->data + len, tails[i], strlen(tails[i]));
		EXPECT_NE(read_sample(sample, len + strlen(tails[i]), NULL, 0, &key, &err), 0) {
			TH_LOG("'%s' behind it is taken", tails[i]);
		}
		EXPECT_EQ(err.code, UKS_E_BAD_MATERIAL);
	}
	/* Two of them, one behind the other. */
	memcpy(sample->data + len, sample->data, len);
	EXPECT_EQ(read_sample(sample, 2 * len, NULL, 0, &key, &err) &&
		  err.code == UKS_E_BAD_MATERIAL,
		  strcmp(variant->convert, CERTIFICATE " -out sample") != 0);
	format_free(&key);
}

/* A private key that was changed is refused, or is still the same; none is followed astray. */
TEST_F_TIMEOUT(format, survives_each_changed_byte, 900)
{
	struct sample *sample = self->sample;
	struct format_key key = { 0 };
	struct uks_err err;
	size_t i;

	/* A passphrase costs too much time to try it for each byte. */
	sample->passphrase = NULL;
	/* Structure stands in front; behind are long numbers, which take long to check. */
	for (i = 0; i < sample->len; i += i < 128 ? 1 : 1 + sample->len / 40) {
		sample->data[i] ^= 1 << i % 8;
		if (!read_sample(sample, sample->len, NULL, 0, &key, &err)) {
			format_free(&key);
		} else {
			ASSERT_GT(strlen(err.text), 10);
		}
		sample->data[i] ^= 1 << i % 8;
	}
}

TEST_F_TIMEOUT(format, needs_its_passphrase, 300)
{
	static const char *const wrong[] = { "", "open sesamE", "open sesame ", NULL };
	struct sample *sample = self->sample;
	struct format_key key = { 0 };
	struct uks_err err;
	size_t i;

	for (i = 0; variant->passphrase && i < 4; i++) {
		sample->passphrase = wrong[i];
		EXPECT_NE(read_sample(sample, sample->len, NULL, 0, &key, &err), 0);
		EXPECT_EQ(err.code, UKS_E_BAD_MATERIAL);
		EXPECT_NE(strstr(err.text, wrong[i] ? "passphrase is wrong" : "nobody"), NULL) {
			TH_LOG("%s", err.text);
		}
		EXPECT_EQ(key.data, NULL);
	}
}

/* A symmetric type is never read out of a file that holds another kind of key. */
TEST_F_TIMEOUT(format, is_not_taken_for_another_type, 300)
{
	struct sample *sample = self->sample;
	struct format_key key = { 0 };
	struct uks_err err;

	if (!strcmp(variant->name, "der") || !strcmp(variant->name, "pkcs12"))
		return;
	if (!read_sample(sample, sample->len, NULL, UKS_KEY_HMAC_SHA256, &key, &err)) {
		EXPECT_EQ(key.type, variant->type);
	}
	format_free(&key);
}

FIXTURE(refused)
{
	char dir[32];
	struct sample *sample;
};

FIXTURE_SETUP(refused)
{
	snprintf(self->dir, sizeof(self->dir), "/tmp/format-test.XXXXXX");
	ASSERT_NE(mkdtemp(self->dir), NULL);
	ASSERT_EQ(chdir(self->dir), 0);
	self->sample = calloc(1, sizeof(*self->sample));
	ASSERT_NE(self->sample, NULL);
	self->sample->passphrase = SECRET;
}

FIXTURE_TEARDOWN(refused)
{
	char *command;

	free(self->sample);
	ASSERT_EQ(chdir("/"), 0);
	ASSERT_GT(asprintf(&command, "rm -r %s", self->dir), 0);
	EXPECT_EQ(system(command), 0);
	free(command);
	EXPECT_EQ(leaks(), 0);
}

/* The error's words say what is wrong with the file that @command makes. */
#define EXPECT_REFUSED(command, words) do {						\
	struct format_key key = { 0 };							\
	struct uks_err err;								\
	ASSERT_EQ(shell(command), 0);							\
	self->sample->len = load("sample", self->sample->data);				\
	EXPECT_NE(read_sample(self->sample, self->sample->len, NULL, 0, &key, &err), 0); \
	EXPECT_EQ(err.code, UKS_E_BAD_MATERIAL);					\
	EXPECT_NE(strstr(err.text, words), NULL) {					\
		TH_LOG("%s", err.text);							\
	}										\
	EXPECT_EQ(key.data, NULL);							\
} while (0)

TEST_F_TIMEOUT(refused, kinds_that_uks_has_not, 120)
{
	EXPECT_REFUSED(EC("secp256k1") "; " COPY, "secp256k1");
	EXPECT_REFUSED("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1536 -out sample",
		       "1536 bits");
	EXPECT_REFUSED("openssl genpkey -algorithm RSA-PSS -out sample", "RSA-PSS");
	EXPECT_REFUSED("openssl dsaparam -genkey -noout -out sample 1024", "DSA");
	EXPECT_REFUSED("openssl ecparam -name P-256 -out sample", "EC PARAMETERS");
}

TEST_F_TIMEOUT(refused, several_keys_at_once, 120)
{
	EXPECT_REFUSED(PLAIN("ED25519") "; cat key.pem key.pem > sample", "2 private keys");
	EXPECT_REFUSED("openssl pkey -in key.pem -pubout -out p; cat p p > sample",
		       "2 public keys");
	EXPECT_REFUSED("ssh-keygen -q -t ed25519 -N '' -f k; cat k k > sample", "nothing else");
	EXPECT_REFUSED("cat k.pub k.pub > sample", "more than one line");
	EXPECT_REFUSED("cat key.pem k > sample", "nothing else");
}

TEST_F_TIMEOUT(refused, locked_openssh_with_its_cure, 120)
{
	EXPECT_REFUSED("ssh-keygen -q -t ed25519 -N secret1 -f sample", "ssh-keygen -p");
	EXPECT_EQ(self->sample->asked, 0);
}

TEST_F_TIMEOUT(refused, certificates_in_a_pkcs12_without_key, 120)
{
	EXPECT_REFUSED(PLAIN("ED25519") "; " CERTIFICATE " -out c.pem; " P12 "-nokeys -in c.pem",
		       "no private key");
}

TEST_F(refused, halves_that_do_not_belong_together)
{
	/* The private number of one key, the public point of another. */
	EXPECT_REFUSED(EC("P-256") "; openssl ec -in key.pem -outform DER -out a.der; "
		       EC("P-256") "; openssl ec -in key.pem -outform DER -out b.der; "
		       "{ head -c 56 a.der; tail -c +57 b.der; } > c.der; "
		       "{ echo '-----BEGIN EC PRIVATE KEY-----'; base64 c.der; "
		       "echo '-----END EC PRIVATE KEY-----'; } > sample", "belong together");
}

/* RFC 8410, section 10.3: version 2 of PKCS#8, with attributes and the public key. */
TEST_F(refused, only_a_wrong_public_key_of_pkcs8_version_2)
{
	static const char version_2[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
		"oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
		"Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
		"-----END PRIVATE KEY-----\n";
	struct format_key key = { 0 };
	struct uks_err err;

	self->sample->len = sizeof(version_2) - 1;
	memcpy(self->sample->data, version_2, self->sample->len);
	ASSERT_EQ(read_sample(self->sample, self->sample->len, NULL, 0, &key, &err), 0) {
		TH_LOG("%s", err.text);
	}
	EXPECT_EQ(key.type, UKS_KEY_ED25519);
	EXPECT_EQ(key.len, 48);
	format_free(&key);
	memcpy(strstr((char *)self->sample->data, "ZuE="), "ZuM=", 4);
	EXPECT_NE(read_sample(self->sample, self->sample->len, NULL, 0, &key, &err), 0);
	EXPECT_NE(strstr(err.text, "belong together"), NULL);
}

/* Written by ssh-keygen itself; OpenSSL 3.0 cannot convert it, so its line is compared. */
TEST_F_TIMEOUT(refused, nothing_of_openssh_ed25519, 120)
{
	struct format_key private = { 0 }, public = { 0 };
	uint8_t *spki = NULL;
	const uint8_t *at;
	struct uks_err err;
	EVP_PKEY *pkey;
	size_t len;

	ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f k"), 0);
	self->sample->len = load("k", self->sample->data);
	ASSERT_EQ(read_sample(self->sample, self->sample->len, NULL, 0, &private, &err), 0) {
		TH_LOG("%s", err.text);
	}
	for (len = 0; len < significant(self->sample); len++)
		ASSERT_NE(read_sample(self->sample, len, NULL, 0, &public, &err), 0);
	self->sample->len = load("k.pub", self->sample->data);
	ASSERT_EQ(read_sample(self->sample, self->sample->len, NULL, 0, &public, &err), 0);
	EXPECT_EQ(private.type, UKS_KEY_ED25519);
	EXPECT_EQ(public.type, UKS_KEY_ED25519);
	EXPECT_EQ(public.format, UKS_FORMAT_SPKI);
	at = private.data;
	pkey = d2i_AutoPrivateKey(NULL, &at, private.len);
	ASSERT_NE(pkey, NULL);
	ASSERT_EQ(i2d_PUBKEY(pkey, &spki), (int)public.len);
	EXPECT_EQ(memcmp(spki, public.data, public.len), 0);
	OPENSSL_free(spki);
	EVP_PKEY_free(pkey);
	format_free(&private);
	format_free(&public);
}

TEST_HARNESS_MAIN
