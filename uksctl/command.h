/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of commands, and what their rows have in common. */
#ifndef UKSCTL_COMMAND_H
#define UKSCTL_COMMAND_H

#include "uksctl.h"

#define FORMATS		"pem|der|pkcs8|spki|pkcs12|jwk|openssh|raw"
#define O(name)		OPTION_BIT(OPTION_##name)

/* What several commands have in common. */
#define POLICY	(O(ALGORITHM) | O(DIGEST) | O(NOT_BEFORE) | O(NOT_AFTER) | O(MAX_USES) | \
		 O(MAX_USES_PER_BOOT) | O(RATE) | O(ROTATE_EVERY) | O(IDLE) | O(CALLER_NONCE) | \
		 O(EXPORTABLE) | O(KEEP_INSIDE) | O(GRANT) | O(BIND))
#define NEW_KEY	(O(TYPE) | O(PURPOSE) | O(PROVIDER) | O(PIN) | O(PIN_TRIES) | O(NEW_PIN_FD) | \
		 O(ADMIN_CODE_FD) | O(REPLACE) | O(JSON) | O(TIMEOUT))
#define BOUNDS	(POLICY & ~O(ALGORITHM) & ~O(DIGEST))
#define METHOD	(O(ALGORITHM) | O(DIGEST) | O(VERSION) | O(PIN_FD) | O(TIMEOUT))
#define RECORDS	(O(SINCE) | O(KEY) | O(USER) | O(FAILED) | O(INPUT) | O(TIMEOUT))
#define FILES	(O(INPUT) | O(OUTPUT) | O(FORCE))
#define RSA	(O(MGF) | O(LABEL))
#define SIGNING	(METHOD | O(PSS_SALT) | O(MGF) | O(CONTEXT) | O(CHUNK) | O(INPUT))
#define CRYPT	(METHOD | FILES | RSA | O(AAD) | O(RAW) | O(CHUNK))
#define HKDF	(O(SALT) | O(INFO) | O(ITERATIONS) | O(LENGTH))

/**
 * struct command_table - commands of one kind
 * @rows: the commands, in the order of help
 * @count: how many
 */
struct command_table {
	const struct command *rows;
	size_t count;
};

extern const struct command_table command_key;
extern const struct command_table command_use;
extern const struct command_table command_sks;
extern const struct command_table command_admin;

#endif /* UKSCTL_COMMAND_H */
