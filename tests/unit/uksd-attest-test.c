// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attestations that the daemon makes, as uks-verify sees them. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "daemon/sks/device.h"
#include "include/uks/sks.h"
#include "sks/frame.h"
#include "tests/unit/uksd-attest-fixture.h"

static bool says(const ASN1_STRING *string, const char *text)
{
	return (size_t)ASN1_STRING_length(string) == strlen(text) &&
	       !memcmp(ASN1_STRING_get0_data(string), text, strlen(text));
}

TEST_F(attest, says_what_the_key_is_and_is_believed)
{
	const UKS_CLAIMS *claims;

	ATTEST("release");
	CHECK(CHECK_GOOD);
	claims = self->checked.attestation->claims;
	EXPECT_EQ(check_number(claims->type), UKS_KEY_EC_P256);
	EXPECT_EQ(check_number(claims->purposes), UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY);
	EXPECT_EQ(check_number(claims->origin), UKS_ORIGIN_GENERATED);
	EXPECT_EQ(check_number(claims->protection), UKS_PROVIDER_SEALED);
	EXPECT_EQ(check_number(claims->state), UKS_STATE_ACTIVE);
	EXPECT_EQ(check_number(claims->version), 1);
	EXPECT_TRUE(says(claims->module, "0.1.0"));
	ASSERT_NE(claims->identity, NULL);
	EXPECT_EQ(check_number(claims->identity->owner), ALICE);
	EXPECT_TRUE(says(claims->identity->name, "release"));
	EXPECT_EQ(check_number(self->checked.attestation->evidence->pcrs->mask), 0x3ff);
	EXPECT_EQ(self->checked.signer.attributes & UKS_EVIDENCE_INSIDE, UKS_EVIDENCE_INSIDE);
}

/* The certificate's key is the key: what it signs verifies. */
TEST_F(attest, certificate_has_the_key_and_openssl_verifies_the_chain)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *roots = X509_STORE_new();
	const struct uks_attr *public = &self->daemon.attrs[UKS_A_PUBLIC_KEY];

	ATTEST("release");
	CHECK(CHECK_GOOD);
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_EXPORT_PUBLIC, "release"), 0);
	ASSERT_EQ(public->len, self->checked.spki_len);
	EXPECT_EQ(memcmp(public->value, self->checked.spki, public->len), 0);
	EXPECT_EQ(X509_STORE_add_cert(roots, self->checked.issuer), 1);
	EXPECT_EQ(X509_STORE_CTX_init(ctx, roots, self->checked.leaf, NULL), 1);
	EXPECT_EQ(X509_verify_cert(ctx), 1) {
		TH_LOG("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(roots);
}

TEST_F(attest, symmetric_key_is_known_by_its_check_value)
{
	const struct uks_attr *check = &self->daemon.attrs[UKS_A_CHECK_VALUE];
	ASN1_OBJECT *type;
	const uint8_t *bits;
	char text[128];
	int len;

	ATTEST("disk");
	CHECK(CHECK_GOOD);
	ASSERT_EQ(X509_PUBKEY_get0_param(&type, &bits, &len, NULL,
					 X509_get_X509_PUBKEY(self->checked.leaf)), 1);
	OBJ_obj2txt(text, sizeof(text), type, 1);
	EXPECT_EQ(strcmp(text, ATTESTATION_NO_PUBLIC), 0);
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, "disk"), 0);
	ASSERT_EQ(len, check->len);
	EXPECT_EQ(memcmp(bits, check->value, len), 0);
}

TEST_F_TIMEOUT(attest, keys_of_each_type_are_attested, 300)
{
	static const uint32_t types[] = {
		UKS_KEY_CHACHA20, UKS_KEY_HMAC_SHA256, UKS_KEY_ED25519, UKS_KEY_RSA_2048,
		UKS_KEY_EC_P384, UKS_KEY_EC_P521, UKS_KEY_SM2, UKS_KEY_ED448, UKS_KEY_X25519,
		UKS_KEY_X448, UKS_KEY_FFDHE_2048,
	};
	char name[16];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		snprintf(name, sizeof(name), "key-%u", types[i]);
		ASSERT_EQ(ask_generate(&self->daemon, name, types[i]), 0) {
			TH_LOG("%s", self->daemon.text);
		}
		ATTEST(name);
		CHECK(CHECK_GOOD);
		EXPECT_EQ(check_number(self->checked.attestation->claims->type), types[i]);
	}
}

TEST_F(attest, policy_is_there_in_full)
{
	struct uks_attrs policy;
	uint8_t bytes[512];
	const STACK_OF(UKS_ITEM) *items;
	const UKS_ITEM *item;
	size_t nest;

	uks_attrs_init(&policy, bytes, sizeof(bytes));
	uks_attrs_put_u64(&policy, UKS_POLICY_A_ALGORITHMS, UKS_BIT(UKS_ALG_ECDSA));
	uks_attrs_put_u64(&policy, UKS_POLICY_A_MAX_USES, 5000000000);
	nest = uks_attrs_nest(&policy, UKS_POLICY_A_GRANT);
	uks_attrs_put_u32(&policy, UKS_GRANT_UID, BOB);
	uks_attrs_put_string(&policy, UKS_GRANT_EXE, "/usr/bin/sign");
	uks_attrs_nest_end(&policy, nest);
	ask_begin(&self->daemon);
	uks_attrs_put_string(&self->daemon.in, UKS_A_KEY_NAME, "release");
	uks_attrs_put(&self->daemon.in, UKS_A_POLICY, bytes, policy.len);
	ASSERT_EQ(ask(&self->daemon, UKS_OP_KEY_SET_POLICY), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	ATTEST("release");
	CHECK(CHECK_GOOD);
	items = self->checked.attestation->policy->items;
	ASSERT_EQ(sk_UKS_ITEM_num(items), 3);
	item = sk_UKS_ITEM_value(items, 1);
	EXPECT_EQ(check_number(item->attribute), UKS_POLICY_A_MAX_USES);
	EXPECT_EQ(check_number(item->value->d.number), 5000000000);
	item = sk_UKS_ITEM_value(items, 2);
	EXPECT_EQ(check_number(item->attribute), UKS_POLICY_A_GRANT);
	ASSERT_EQ(item->value->type, UKS_VALUE_ITEMS);
	ASSERT_EQ(sk_UKS_ITEM_num(item->value->d.items), 2);
	EXPECT_EQ(check_number(sk_UKS_ITEM_value(item->value->d.items, 0)->value->d.number), BOB);
	EXPECT_TRUE(says(sk_UKS_ITEM_value(item->value->d.items, 1)->value->d.text,
			 "/usr/bin/sign"));
}

/* ---- keys in the TPM ---- */

static uint32_t ask_generate_inside(struct daemon *daemon, const char *name, uint32_t type)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_PROVIDER, UKS_PROVIDER_TPM);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

TEST_F(attest, key_in_the_tpm_is_certified_by_it)
{
	static const uint32_t types[] = { UKS_KEY_EC_P256, UKS_KEY_RSA_2048 };
	char name[16];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "inside-%zu", i);
		ASSERT_EQ(ask_generate_inside(&self->daemon, name, types[i]), 0) {
			TH_LOG("%s", self->daemon.text);
		}
		ATTEST(name);
		CHECK(CHECK_GOOD);
		EXPECT_EQ(check_number(self->checked.attestation->claims->protection),
			  UKS_PROVIDER_TPM);
		EXPECT_EQ(self->checked.key.attributes & UKS_EVIDENCE_INSIDE,
			  UKS_EVIDENCE_INSIDE);
		ASSERT_EQ(self->checked.key.spki_len, self->checked.spki_len);
	}
	ATTEST_WITH("inside-0", UKS_CALL_ANONYMOUS, challenge);
	self->wanted.ak.at = NULL;
	CHECK(CHECK_GOOD);
}

/* What the TPM does not certify is not in it, whoever says so. */
TEST_F(attest, key_that_the_tpm_does_not_certify_is_refused)
{
	UKS_CERTIFIED *other;

	ASSERT_EQ(ask_generate_inside(&self->daemon, "inside", UKS_KEY_EC_P256), 0);
	ATTEST("inside");
	CHECK(CHECK_GOOD);
	other = self->checked.attestation->evidence->key;
	self->checked.attestation->evidence->key = NULL;
	ASSERT_TRUE(attest_rewrite(&self->checked, self->checked.attestation, self->der,
				   &self->len));
	UKS_CERTIFIED_free(other);
	/* The certificate is not signed any more; that it says less is noticed first. */
	CHECK(CHECK_NOT_INSIDE);

	/* The TPM's statement about another key, the issuer. */
	ATTEST("inside");
	CHECK(CHECK_GOOD);
	UKS_CERTIFIED_free(self->checked.attestation->evidence->key);
	self->checked.attestation->evidence->key =
		ASN1_item_dup(ASN1_ITEM_rptr(UKS_CERTIFIED),
			      self->checked.attestation->evidence->issuer);
	REWRITE_AND_CHECK(CHECK_NOT_INSIDE);
	EXPECT_NE(strstr(self->why, "another key"), NULL);
}

/* ---- refused ---- */

static bool has(const uint8_t *all, size_t all_len, const void *part, size_t len)
{
	return memmem(all, all_len, part, len);
}

TEST_F(attest, anonymous_ones_have_nothing_in_common_but_the_key)
{
	uint8_t first[ATTESTATION_MAX], id[UKS_KEY_ID_LEN];
	const UKS_EVIDENCE *evidence;
	struct checked other;
	size_t first_len;

	ATTEST("release");
	memcpy(id, self->daemon.attrs[UKS_A_KEY_ID].value, sizeof(id));
	CHECK(CHECK_GOOD);
	other = self->checked;
	memset(&self->checked, 0, sizeof(self->checked));

	ATTEST_WITH("release", UKS_CALL_ANONYMOUS, challenge);
	memcpy(first, self->der, self->len);
	first_len = self->len;
	CHECK(CHECK_OTHER_AK);
	self->wanted.ak.at = NULL;
	CHECK(CHECK_GOOD);
	EXPECT_EQ(self->checked.attestation->claims->identity, NULL);
	EXPECT_EQ(check_number(self->checked.attestation->evidence->pcrs->mask), 0x95);
	EXPECT_FALSE(has(first, first_len, id, sizeof(id)));
	EXPECT_TRUE(has(first, first_len, other.spki, other.spki_len));
	EXPECT_FALSE(has(first, first_len, other.ak.spki, other.ak.spki_len));
	EXPECT_FALSE(has(first, first_len, other.ak.name + 2, 32));
	EXPECT_FALSE(has(first, first_len, other.signer.spki, other.signer.spki_len));
	check_free(&other);
	other = self->checked;
	memset(&self->checked, 0, sizeof(self->checked));

	ATTEST_WITH("disk", UKS_CALL_ANONYMOUS, challenge);
	CHECK(CHECK_GOOD);
	evidence = self->checked.attestation->evidence;
	EXPECT_FALSE(has(first, first_len, self->checked.ak.name + 2, 32));
	EXPECT_FALSE(has(first, first_len, self->checked.signer.spki,
			 self->checked.signer.spki_len));
	EXPECT_NE(self->checked.quote.resets, other.quote.resets);
	EXPECT_NE(self->checked.quote.firmware, other.quote.firmware);
	EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(self->checked.leaf),
				   X509_get0_serialNumber(other.leaf)), 0);
	EXPECT_NE(X509_NAME_cmp(X509_get_issuer_name(self->checked.leaf),
				X509_get_issuer_name(other.leaf)), 0);
	/* What an AK's place under the storage root says is under its own name, too. */
	EXPECT_FALSE(has(ASN1_STRING_get0_data(evidence->quote->statement),
			 ASN1_STRING_length(evidence->quote->statement),
			 self->daemon.master->identity.root, UKS_TPM_NAME_LEN));
	check_free(&other);
}

TEST_F(attest, anonymous_ones_leave_nothing_in_store_or_tpm)
{
	uint8_t before[32], after[32];

	daemon_digest(&self->daemon, before);
	ATTEST_WITH("release", UKS_CALL_ANONYMOUS, challenge);
	daemon_digest(&self->daemon, after);
	EXPECT_EQ(memcmp(before, after, 32), 0);
	EXPECT_EQ(other_count(self->daemon.swtpm.tcti, TRANSIENT), 0);
}

/* ---- the attestation key ---- */

TEST_F(attest, credential_is_opened_by_the_tpm_of_the_endorsement_key)
{
	static const uint8_t secret[32] = "proves which TPM it is";
	const struct uks_attr *result = &self->daemon.attrs[UKS_A_RESULT];
	struct uks_evidence_credential credential;
	UKS_AK *ak;

	ASSERT_EQ(ask_ak(&self->daemon), 0);
	ASSERT_EQ(check_ak(result->value, result->len, NULL, 0, &ak, &self->ak, self->why),
		  CHECK_GOOD);
	EXPECT_EQ(ak->certificate, NULL);
	ASSERT_EQ(uks_evidence_credential(ASN1_STRING_get0_data(ak->ek),
					  ASN1_STRING_length(ak->ek), self->ak.name, secret,
					  sizeof(secret), &credential), NULL);
	UKS_AK_free(ak);
	ASSERT_EQ(ask_activate(&self->daemon, &credential), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	ASSERT_EQ(result->len, sizeof(secret));
	EXPECT_EQ(memcmp(result->value, secret, sizeof(secret)), 0);

	credential.blob[40] ^= 1;
	EXPECT_CODE(ask_activate(&self->daemon, &credential), UKS_E_BAD_MESSAGE);
	credential.blob_len--;
	EXPECT_CODE(ask_activate(&self->daemon, &credential), UKS_E_BAD_MESSAGE);
	EXPECT_SAYS(UKS_E_BAD_MESSAGE, "uks-verify credential");
}

static X509 *certify_ek(EVP_PKEY *key, const char *subject, EVP_PKEY *ca, const char *issuer)
{
	X509 *certificate = X509_new();
	BASIC_CONSTRAINTS constraints = { .ca = key == ca ? 0xff : 0 };

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
				   (const uint8_t *)subject, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate), "CN", MBSTRING_ASC,
				   (const uint8_t *)issuer, -1, -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_add1_ext_i2d(certificate, NID_basic_constraints, &constraints, 1, 0);
	X509_sign(certificate, ca, EVP_sha256());
	return certificate;
}

TEST_F(attest, endorsement_key_needs_a_certificate_of_a_maker_that_is_trusted)
{
	const struct uks_attr *result = &self->daemon.attrs[UKS_A_RESULT];
	EVP_PKEY *maker = EVP_EC_gen("P-256"), *stranger = EVP_EC_gen("P-256"), *ek;
	X509_STORE *roots = X509_STORE_new();
	X509 *root, *good, *wrong, *foreign;
	struct uks_evidence_public public;
	const uint8_t *spki = public.spki;
	time_t now = time(NULL);
	uint8_t der[4096], *at;
	UKS_AK *ak, *again;
	int len;

	ASSERT_EQ(ask_ak(&self->daemon), 0);
	EXPECT_EQ(check_ak(result->value, result->len, roots, now, &ak, &self->ak, self->why),
		  CHECK_EK);
	EXPECT_NE(strstr(self->why, "none"), NULL);
	ASSERT_EQ(check_ak(result->value, result->len, NULL, 0, &ak, &self->ak, self->why),
		  CHECK_GOOD);
	ASSERT_EQ(uks_evidence_read_public(ASN1_STRING_get0_data(ak->ek),
					   ASN1_STRING_length(ak->ek), &public), NULL);
	ek = d2i_PUBKEY(NULL, &spki, public.spki_len);
	root = certify_ek(maker, "maker", maker, "maker");
	good = certify_ek(ek, "TPM", maker, "maker");
	wrong = certify_ek(stranger, "TPM", maker, "maker");
	foreign = certify_ek(ek, "TPM", stranger, "maker");
	X509_STORE_add_cert(roots, root);

#define WITH(given, expected) do { \
	uint8_t *der_ = NULL; \
	int len_ = i2d_X509(given, &der_); \
	ASN1_OCTET_STRING_free(ak->certificate); \
	ak->certificate = ASN1_OCTET_STRING_new(); \
	ASN1_STRING_set(ak->certificate, der_, len_); \
	OPENSSL_free(der_); \
	at = der; \
	len = i2d_UKS_AK(ak, &at); \
	EXPECT_EQ(check_ak(der, len, roots, now, &again, &self->ak, self->why), expected) { \
		TH_LOG("%s", self->why); \
	} \
	UKS_AK_free(again); \
} while (0)
	WITH(good, CHECK_GOOD);
	WITH(wrong, CHECK_EK);
	EXPECT_NE(strstr(self->why, "another key"), NULL);
	WITH(foreign, CHECK_EK);
	now += 7200;
	WITH(good, CHECK_EK);
	UKS_AK_free(ak);
	X509_free(root);
	X509_free(good);
	X509_free(wrong);
	X509_free(foreign);
	X509_STORE_free(roots);
	EVP_PKEY_free(maker);
	EVP_PKEY_free(stranger);
	EVP_PKEY_free(ek);
}

TEST_F(attest, attestation_key_stays_over_a_restart)
{
	daemon_stop(&self->daemon);
	swtpm_off(&self->daemon.swtpm);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear"), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	ATTEST("release");
	CHECK(CHECK_GOOD);
}

TEST_F(attest, exchanged_attestation_key_is_replaced_and_not_known)
{
	static const char sql[] =
		"UPDATE meta SET value = zeroblob(300) WHERE name = 'attest-ak'";

	ASSERT_EQ(daemon_sql(&self->daemon, sql), 0);
	ATTEST("release");
	CHECK(CHECK_OTHER_AK);
	READ_AK();
	CHECK(CHECK_GOOD);
}

/* ---- who may ---- */

TEST_F(attest, only_who_may_use_a_key_attests_it)
{
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];

	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "release"), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	daemon->uid = BOB;
	EXPECT_CODE(ask_attest(daemon, "release", 0, challenge, sizeof(challenge)),
		    UKS_E_NO_KEY);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_KEY);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, sizeof(id));
	uks_attrs_put(&daemon->in, UKS_A_CHALLENGE, challenge, sizeof(challenge));
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_ATTEST), UKS_E_ACCESS);
}

TEST_F(attest, incomplete_requests_are_refused)
{
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_KEY);
	uks_attrs_put(&daemon->in, UKS_A_CHALLENGE, challenge, sizeof(challenge));
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_ATTEST), UKS_E_MISSING_ATTRIBUTE);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_KEY);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "release");
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_ATTEST), UKS_E_MISSING_ATTRIBUTE);
	EXPECT_CODE(ask_attest(daemon, "release", UKS_CALL_NOW, challenge, 20), UKS_E_INVALID);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, 99);
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_ATTEST), UKS_E_UNSUPPORTED);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_ACTIVATE);
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_ATTEST), UKS_E_BAD_MESSAGE);
}

static size_t ask_device(struct daemon *daemon, uint8_t *der)
{
	struct reader reader;
	const uint8_t *bytes;
	size_t len, sum = 0;
	char text[1100];
	int i, count;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, SKS_GET_DEVICE_INFO);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, NULL, 0);
	if (ask(daemon, UKS_OP_PROVISION))
		return 0;
	reader = (struct reader){
		.at = daemon->attrs[UKS_A_RESULT].value, .left = daemon->attrs[UKS_A_RESULT].len,
	};
	reader_number(&reader, 4);
	for (i = 0; i < 3; i++)
		reader_text(&reader, text, sizeof(text));
	count = reader_number(&reader, 1);
	for (i = 0; i < count; i++) {
		bytes = reader_bytes(&reader, &len);
		memcpy(der + sum, bytes, len);
		sum += len;
	}
	return reader.bad ? 0 : sum;
}

/* The device that issuers provision is attested as any key is, once for all. */
TEST_F(attest, the_device_of_provisioning_is_this_tpms)
{
	static const uint8_t asked[] = SKS_DEVICE_CHALLENGE;
	uint8_t again[ATTESTATION_MAX];

	self->len = ask_device(&self->daemon, self->der);
	ASSERT_GT(self->len, 0);
	self->wanted.challenge = (struct check_bytes){ sizeof(asked) - 1, asked };
	CHECK(CHECK_GOOD);
	EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(self->checked.leaf),
				    X509_get0_notBefore(self->checked.leaf)), 1);
	/* Far in the future, too. */
	self->wanted.at += 100LL * 365 * 86400;
	CHECK(CHECK_GOOD);
	self->wanted.at -= 100LL * 365 * 86400;
	self->wanted.challenge = (struct check_bytes){ sizeof(other_challenge), other_challenge };
	CHECK(CHECK_CHALLENGE);
	/* And it stays: also after a restart, and without the TPM. */
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	swtpm_off(&self->daemon.swtpm);
	ASSERT_EQ(ask_device(&self->daemon, again), self->len);
	EXPECT_EQ(memcmp(again, self->der, self->len), 0);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear"), 0);
}

TEST_HARNESS_MAIN
