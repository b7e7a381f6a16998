/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the benchmark share. A *work* is what is done, a *side* is
 * who does it. Each pair runs in a process of its own, so that a side that
 * crashes or hangs costs nothing but its own figures.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum job - what kind of work it is
 * @JOB_SIGN: sign a digest or message of 32 bytes, the key being warm
 * @JOB_AEAD: encrypt with AES-256-GCM, without associated data
 * @JOB_MAC: HMAC-SHA-256
 * @JOB_OPEN: make a key ready for use by its name, and let it go again
 * @JOB_FIRST: the same and one signature, with a key that nobody has used yet
 * @JOB_GENERATE: make a key pair on P-256 that stays
 */
enum job {
	JOB_SIGN,
	JOB_AEAD,
	JOB_MAC,
	JOB_OPEN,
	JOB_FIRST,
	JOB_GENERATE,
};

/**
 * struct work - a row of the table
 * @name: how the table calls it
 * @job: what kind
 * @key: name of the key it works with
 * @len: bytes of the message
 * @most: how often it can be done at most, or 0
 */
struct work {
	const char *name;
	enum job job;
	const char *key;
	uint32_t len;
	unsigned int most;
};

extern const struct work works[];

/**
 * struct side - one who does works
 * @name: how the table calls it
 * @open: make ready; returns the state that @once works on, or NULL after cannot()
 * @once: do the work once; returns false after cannot()
 * @close: undo @open
 */
struct side {
	const char *name;
	void *(*open)(const struct work *work);
	bool (*once)(void *state);
	void (*close)(void *state);
};

/* Instructions that do nothing, by which count.c knows where a series begins and ends. */
#define PROFILE_BEGIN	0x554b5301
#define PROFILE_END	0x554b5302

#define FIRST_KEYS	8	/* keys first-0 to first-7, for JOB_FIRST */
#define MESSAGE_MAX	(1U << 20)

extern const struct side side_openssl, side_openssl_kept, side_uks, side_softhsm_session,
	side_softhsm_token, side_p11kit, side_tpm2, side_af_alg;

/**
 * cannot() - say why a side cannot do a work
 * @format: as in printf()
 */
void cannot(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * key_pem() - a private key that all sides import
 * @name: its name, as rsa-2048
 *
 * Return: the path of its PEM file.
 */
const char *key_pem(const char *name);

/** message() - the bytes that are signed and encrypted; MESSAGE_MAX of them */
uint8_t *message(void);

int bench_start(const char *program);
int bench_idle(const char *what, unsigned int count);
bool side_uks_fill(void);

#endif /* BENCH_H */
