/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main thread: signals, the kernel's events, the service manager. */
#ifndef UKSD_LOOP_H
#define UKSD_LOOP_H

#include "daemon/channel.h"
#include "daemon/config.h"
#include "daemon/control.h"

/**
 * struct loop - what the main thread looks after
 * @uksd: the daemon
 * @control: its registration
 * @channels: its channels
 * @config_file: where the configuration is, to read again at SIGHUP; NULL is
 *	the default file
 * @event: its sd_event
 * @worker: for what is due (housekeeping.h)
 * @timer: when something is due
 * @wake: readable when something may be due sooner
 * @watchdog_us: the service manager ends the daemon when it has heard nothing
 *	for so long, microseconds; 0 for never
 * @failed: it ended because something was lost
 */
struct loop {
	struct uksd *uksd;
	struct control *control;
	struct channels *channels;
	const char *config_file;
	struct sd_event *event;
	struct worker *worker;
	struct sd_event_source *timer;
	int wake;
	uint64_t watchdog_us;
	bool failed;
};

/**
 * loop_block_signals() - keep signals for the loop
 *
 * To be called before the program has threads.
 */
void loop_block_signals(void);

/**
 * loop_open() - prepare the loop
 * @loop: the first four members are the caller's to set
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int loop_open(struct loop *loop, struct failure *failure);

/**
 * loop_run() - tell the service manager, and run until the daemon shall end
 * @loop: from loop_open()
 *
 * Return: 0 when it was told to end, -1 when it cannot go on.
 */
int loop_run(struct loop *loop);

/**
 * loop_close() - end the loop
 * @loop: from loop_open(), or all zero
 */
void loop_close(struct loop *loop);

/**
 * loop_free() - free what the workers may have used of the loop
 * @loop: after loop_close(), and after the last worker has ended
 */
void loop_free(struct loop *loop);

#endif /* UKSD_LOOP_H */
