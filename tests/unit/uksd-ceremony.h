/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What administrators do, for tests. */
#ifndef UKSD_CEREMONY_H
#define UKSD_CEREMONY_H

#include <jansson.h>
#include <openssl/evp.h>

#include "tests/unit/uksd-daemon.h"

#define ADMINS	3

/* Administrators with keys of their own; the second has one on P-256. */
struct ceremony {
	struct daemon *daemon;
	struct evp_pkey_st *keys[ADMINS];
	json_t *status;	/* what the last answer said */
};

int ceremony_new(struct ceremony *ceremony, struct daemon *daemon);
void ceremony_delete(struct ceremony *ceremony);

/* Asks as root; returns the error code. */
uint32_t ask_master(struct ceremony *ceremony, uint32_t command, const void *message, size_t len);
uint32_t ask_backup(struct ceremony *ceremony, uint32_t command, const char *cursor,
		    uint32_t flags, const void *message, size_t len);

/* A member of the status, such as "new.state"; of a number, its digits. */
const char *status(struct ceremony *ceremony, const char *path);

/* The text of a command as it is to be signed; @members is JSON without its braces. */
char *command_text(struct ceremony *ceremony, const char *command, const char *members);
/* Sends it, signed by those whose bit is in @signers; 0x100: the first signs twice. */
uint32_t send_command(struct ceremony *ceremony, uint32_t number, const char *text,
		      unsigned int signers);
/* Both at once. */
uint32_t order(struct ceremony *ceremony, const char *command, const char *members,
	       unsigned int signers);

/* Enrols all three; two are needed to commit, all to revoke. */
uint32_t enrol_all(struct ceremony *ceremony);
char *enrolment(struct ceremony *ceremony, unsigned int who, int commit, int revoke);

#endif /* UKSD_CEREMONY_H */
