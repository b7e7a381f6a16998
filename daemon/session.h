/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a session was opened with, as each of its requests says it again. */
#ifndef UKSD_SESSION_H
#define UKSD_SESSION_H

#include "daemon/dispatch.h"
#include "daemon/provider/provider.h"

#define SESSION_TICKET	0x80000000U	/* a ticket follows; see daemon/pin/session.c */

/**
 * session_job() - what a request in a session is to do
 * @request: made by the kernel in a session
 * @job: receives purpose, algorithm, digest, parameters, message, signature and
 *	nonce; the rest is zeroed. It points into the request
 * @failure: receives UKS_E_BAD_PARAMETER, UKS_E_PROTOCOL
 *
 * UKS_A_PARAMETERS are what the daemon gave when the session was opened: a 32-bit
 * digest that the kernel cannot hash with and that the daemon therefore does itself,
 * or 0; with SESSION_TICKET PIN_TICKET_LEN bytes; then the client's parameters.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int session_job(const struct request *request, struct job *job, struct failure *failure);

#endif /* UKSD_SESSION_H */
