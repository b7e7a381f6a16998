/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels and the threads that serve them: read, handle, write. */
#ifndef UKSD_CHANNEL_H
#define UKSD_CHANNEL_H

#include "daemon/uksd.h"

/* All channels of the daemon. */
struct channels;

/**
 * channels_new() - prepare to serve
 * @fds: channels; closed by channels_free()
 * @count: how many
 * @failure: receives the cause
 *
 * Return: the channels, or NULL with @failure filled in and @fds still open.
 */
struct channels *channels_new(const int *fds, unsigned int count, struct failure *failure);

/**
 * channels_start() - make a worker and a thread for each channel
 * @channels: from channels_new()
 * @uksd: the daemon
 * @failure: receives the cause
 *
 * The threads wait for channels_go().
 *
 * Return: 0, or -1 with @failure filled in.
 */
int channels_start(struct channels *channels, struct uksd *uksd, struct failure *failure);

/**
 * channels_go() - let the threads begin
 * @channels: after channels_start()
 */
void channels_go(struct channels *channels);

/**
 * channels_stuck() - find a worker that does not come to an end
 * @channels: the channels
 * @limit_us: how long a request may take, microseconds
 *
 * Return: true if one has been at a request for longer.
 */
bool channels_stuck(struct channels *channels, uint64_t limit_us);

/**
 * channel_valid() - does a request still wait for its answer?
 * @worker: has read it from its channel
 * @id: the request
 *
 * Return: 0 if it does, or -1.
 */
int channel_valid(struct worker *worker, uint64_t id);

/**
 * channels_lost_fd() - readable once a channel has failed for good
 * @channels: the channels
 *
 * Return: a file descriptor of @channels', to be waited for.
 */
int channels_lost_fd(const struct channels *channels);

/**
 * channels_due_fd() - readable when an answer that was put off is due
 * @channels: the channels
 *
 * Return: a file descriptor of @channels', to be waited for.
 */
int channels_due_fd(const struct channels *channels);

/**
 * channels_give_due() - give the answers that were put off and are due now
 * @channels: the channels
 *
 * A worker that wants its answer to come later (@delay_ms of struct worker) does not
 * wait: it serves others meanwhile.
 */
void channels_give_due(struct channels *channels);

/**
 * channels_free() - let each thread finish its request, and close the channels
 * @channels: from channels_new(), or NULL
 */
void channels_free(struct channels *channels);

#endif /* UKSD_CHANNEL_H */
