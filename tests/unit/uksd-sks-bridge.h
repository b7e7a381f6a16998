/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What uks-sksd does, in front of the daemon of a test: one connection after the other. */
#ifndef UKSD_SKS_BRIDGE_H
#define UKSD_SKS_BRIDGE_H

#include <pthread.h>

#include "tests/unit/uksd-daemon.h"

/**
 * struct sks_bridge - a socket and who serves it
 * @daemon: what it leads to
 * @path: of the socket, in the daemon's folder
 * @listener: the socket
 * @thread: who serves it
 */
struct sks_bridge {
	struct daemon *daemon;
	char path[40];
	int listener;
	pthread_t thread;
};

/** sks_bridge_start() - serve at "sks" in the daemon's folder; 0 or -1 */
int sks_bridge_start(struct sks_bridge *bridge, struct daemon *daemon);

/** sks_bridge_stop() - when all connections have ended: remove the socket */
void sks_bridge_stop(struct sks_bridge *bridge);

#endif /* UKSD_SKS_BRIDGE_H */
