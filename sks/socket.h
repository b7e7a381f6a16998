/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to uks-sksd, for programs that call it. */
#ifndef SKS_SOCKET_H
#define SKS_SOCKET_H

#include "sks/frame.h"

/** socket_connect() - connect to a bridge; ends the program when that fails */
int socket_connect(const char *path);

/** socket_call() - see issuer_transport; @context is the address of the socket */
int socket_call(void *context, uint8_t method, const struct frame *args, struct frame *answer);

#endif /* SKS_SOCKET_H */
