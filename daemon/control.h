/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control plane: the generic netlink family "uks" (Documentation/netlink).
 * No key and no payload passes here.
 */
#ifndef UKSD_CONTROL_H
#define UKSD_CONTROL_H

#include <stdint.h>

#include "daemon/failure.h"

/* The registration with the kernel; lasts until it is closed. */
struct control;

/**
 * struct control_zeroized - an administrator ended all sessions
 * @count: how many
 * @uid: effective user id of who did it; -1 if it is not known
 * @pid: the process; 0 if it is not known
 */
struct control_zeroized {
	uint32_t count;
	uint32_t uid;
	uint32_t pid;
};

/**
 * struct control_events - what the kernel reports
 * @zeroized: somebody ended all sessions: forget what is cached
 * @lost: the registration is gone
 * @context: argument of both
 */
struct control_events {
	void (*zeroized)(void *context, const struct control_zeroized *zeroized);
	void (*lost)(void *context);
	void *context;
};

/**
 * control_register() - become the daemon
 * @control: receives the registration
 * @failure: receives the cause
 *
 * Needs CAP_SYS_ADMIN.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int control_register(struct control **control, struct failure *failure);

/**
 * control_close() - end the registration
 * @control: from control_register(), or NULL
 */
void control_close(struct control *control);

/**
 * control_features() - what the module can do
 * @control: the registration
 *
 * Return: bits of enum uks_feature.
 */
uint64_t control_features(const struct control *control);

/**
 * control_algorithms() - what the kernel itself runs
 * @control: the registration
 *
 * Return: set of enum uks_algorithm.
 */
uint64_t control_algorithms(const struct control *control);

/**
 * control_digests() - what the kernel itself hashes
 * @control: the registration
 *
 * Return: set of enum uks_digest.
 */
uint64_t control_digests(const struct control *control);

/**
 * control_channel() - open a channel
 * @control: the registration
 * @fd: receives the channel, close-on-exec; the caller's
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int control_channel(struct control *control, int *fd, struct failure *failure);

/**
 * control_revoke() - end all sessions of a key
 * @control: the registration; any thread may
 * @id: the key, UKS_KEY_ID_LEN bytes
 * @count: receives how many there were
 * @failure: receives the cause
 *
 * Return: 0 once the kernel has done it, or -1 with @failure filled in.
 */
int control_revoke(struct control *control, const uint8_t *id, uint32_t *count,
		   struct failure *failure);

/**
 * control_event_fd() - readable when there are events
 * @control: the registration
 *
 * Return: a file descriptor of @control's, to be waited for, not read.
 */
int control_event_fd(const struct control *control);

/**
 * control_read_events() - take the events that are there
 * @control: the registration; one thread at a time may
 * @events: what to call
 */
void control_read_events(struct control *control, const struct control_events *events);

#endif /* UKSD_CONTROL_H */
