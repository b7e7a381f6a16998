/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An issuer that is connected to the daemon of a test, and what users do. */
#ifndef UKSD_SKS_TEST_H
#define UKSD_SKS_TEST_H

#include "sks/issuer.h"
#include "tests/unit/uksd-daemon.h"

#define ECDSA_SHA256	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

/* See issuer_transport; the context is a struct daemon. */
int sks_transport(void *context, uint8_t method, const struct frame *args,
		  struct frame *answer);

/* An issuer in front of a daemon. */
void sks_issuer(struct issuer *issuer, struct daemon *daemon);

/* The status of an issuer's call, 0 if it went well; what the device said is on stderr. */
#define STATUS(question)	((question) ? sks_told(&self->issuer) : 0)
#define EXPECT_STATUS(status, question)	EXPECT_EQ(STATUS(question), status)
#define ASSERT_STATUS(status, question)	ASSERT_EQ(STATUS(question), status)

int sks_told(const struct issuer *issuer);

/* How many keys, or open or closed sessions, the user sees; -1 when that fails. */
int sks_count_keys(struct issuer *issuer);
int sks_count_sessions(struct issuer *issuer, bool open);

/* Rows of the store that SKS has. */
int sks_count_rows(struct daemon *daemon);

/* Begin a call on a key: its handle is the first argument. */
void sks_begin(struct issuer *issuer, const struct issuer_key *key);

/* Open a session and make a PUK and the PIN below it; 0 or -1. */
int sks_open_with_pin(struct issuer *issuer, struct issuer_puk *puk, struct issuer_pin *pin);

/* Make a key, certify it, give it its certificate; 0 or -1. */
int sks_make(struct issuer *issuer, struct issuer_key *key);

/* A session with this one key: open, make, close; 0 or -1. */
int sks_enrol(struct issuer *issuer, struct issuer_key *key);

/* Method 100 on a SHA-256 hash of "message"; 0 or -1. */
int sks_sign_with(struct issuer *issuer, const struct issuer_key *key, const char *algorithm,
		  const char *pin);

/* Whether the last answer is the signature that sks_sign_with() asked for. */
bool sks_is_signature(struct issuer *issuer, const struct issuer_key *key);

/* Method 72; the 19 numbers. */
int sks_protection(struct issuer *issuer, const struct issuer_key *key, unsigned int *fields);

/* Methods that take the key, an authorization and perhaps a new PIN. */
int sks_authorized(struct issuer *issuer, uint8_t method, const struct issuer_key *key,
		   const char *authorization, const char *new_pin);

#endif /* UKSD_SKS_TEST_H */
