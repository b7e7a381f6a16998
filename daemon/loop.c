// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "daemon/housekeeping.h"
#include "daemon/log.h"
#include "daemon/loop.h"

#define RETRY	60	/* seconds until the store is tried again */

/*
 * A client's or a disk's misbehaviour must not end the daemon: what would be
 * SIGPIPE or SIGXFSZ comes as an error where it happens.
 */
void loop_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct loop *loop = context;

	(void)source;
	log_info("stopping, on signal %s from process %u", strsignal(info->ssi_signo),
		 info->ssi_pid);
	return sd_event_exit(loop->event, 0);
}

/* All but the log's level was settled at the start. */
static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct loop *loop = context;
	const struct config *old = loop->uksd->config;
	struct failure failure;
	struct config config;

	(void)source;
	(void)info;
	sd_notify(0, "RELOADING=1");
	if (config_load(&config, loop->config_file, &failure)) {
		log_error("the configuration stays as it was: %s", failure.text);
	} else {
		log_level(config.log_level);
		if (strcmp(config.tcti, old->tcti) || config.root_handle != old->root_handle ||
		    strcmp(config.store, old->store) || strcmp(config.user, old->user) ||
		    config.workers != old->workers || config.legacy != old->legacy ||
		    config.delete_window != old->delete_window ||
		    config.session_idle != old->session_idle ||
		    config.attest_pcrs.bank != old->attest_pcrs.bank ||
		    config.attest_pcrs.mask != old->attest_pcrs.mask ||
		    config.generation_interval != old->generation_interval ||
		    config.accept != old->accept)
			log_warning("log-level was reloaded; other settings that changed need a restart");
		else
			log_info("the configuration was reloaded");
	}
	sd_notify(0, "READY=1");
	return 0;
}

static void lose(struct loop *loop)
{
	loop->failed = true;
	sd_event_exit(loop->event, 0);
}

static int on_channel_lost(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	(void)source;
	(void)fd;
	(void)revents;
	lose(context);
	return 0;
}

static int on_due_answer(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct loop *loop = context;

	(void)source;
	(void)fd;
	(void)revents;
	channels_give_due(loop->channels);
	return 0;
}

static void on_zeroized(void *context, const struct control_zeroized *zeroized)
{
	struct loop *loop = context;

	keycache_clear(loop->uksd->cache);
	audit_zeroized(loop->uksd->audit, zeroized->count, zeroized->uid, zeroized->pid);
}

static void on_registration_lost(void *context)
{
	log_error("the kernel has ended the registration; stopping");
	lose(context);
}

static int on_control(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct control_events events = {
		.zeroized = on_zeroized, .lost = on_registration_lost, .context = context,
	};
	struct loop *loop = context;

	(void)source;
	(void)fd;
	(void)revents;
	control_read_events(loop->control, &events);
	return 0;
}

/* A worker that hangs is a daemon that hangs: then the service manager hears nothing. */
static int on_watchdog(sd_event_source *source, uint64_t usec, void *context)
{
	struct loop *loop = context;

	if (!atomic_load(&loop->uksd->custody.busy) &&
	    channels_stuck(loop->channels, loop->watchdog_us))
		log_error("a worker has been at one request for %llu s; the watchdog is not told",
			  (unsigned long long)loop->watchdog_us / 1000000);
	else
		sd_notify(0, "WATCHDOG=1");
	sd_event_source_set_time(source, usec + loop->watchdog_us / 4);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Four times in the time that it has. */
static int watch(struct loop *loop)
{
	int ret = sd_watchdog_enabled(0, &loop->watchdog_us);

	if (ret <= 0)
		return ret;
	return sd_event_add_time_relative(loop->event, NULL, CLOCK_MONOTONIC,
					  loop->watchdog_us / 4, 0, on_watchdog, loop);
}

/* The clock of the day may be set: then there is no waiting for a time that is past. */
static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	struct loop *loop = context;
	struct failure failure;
	uint64_t next = 0;

	(void)usec;
	if (housekeeping(loop->worker, &next, &failure)) {
		log_error("housekeeping: %s", failure.text);
		next = time(NULL) + RETRY;
	}
	if (!next)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_event_source_set_time(source, next * 1000000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct loop *loop = context;
	uint64_t count;

	(void)source;
	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	sd_event_source_set_time(loop->timer, 0);
	return sd_event_source_set_enabled(loop->timer, SD_EVENT_ONESHOT);
}

static void wake(void *context)
{
	struct loop *loop = context;
	uint64_t one = 1;

	if (write(loop->wake, &one, sizeof(one)) < 0)
		log_error("cannot tell the main thread: %s", strerror(errno));
}

/* At the start, and whenever something is due. */
static int keep_house(struct loop *loop, struct failure *failure)
{
	int ret;

	loop->worker = worker_new(loop->uksd, failure);
	if (!loop->worker)
		return -1;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = loop->wake < 0 ? -errno : 0;
	if (ret >= 0)
		ret = sd_event_add_io(loop->event, NULL, loop->wake, EPOLLIN, on_wake, loop);
	if (ret >= 0)
		ret = sd_event_add_time(loop->event, &loop->timer, CLOCK_REALTIME, 0, 0, on_due,
					loop);
	if (ret < 0)
		return failure_set(failure, UKS_E_INTERNAL, "cannot make a timer: %s",
				   strerror(-ret));
	loop->uksd->wake_context = loop;
	loop->uksd->wake = wake;
	return 0;
}

int loop_open(struct loop *loop, struct failure *failure)
{
	int ret;

	ret = sd_event_new(&loop->event);
	if (ret >= 0)
		ret = sd_event_add_signal(loop->event, NULL, SIGTERM, on_end, loop);
	if (ret >= 0)
		ret = sd_event_add_signal(loop->event, NULL, SIGINT, on_end, loop);
	if (ret >= 0)
		ret = sd_event_add_signal(loop->event, NULL, SIGHUP, on_reload, loop);
	if (ret >= 0)
		ret = sd_event_add_io(loop->event, NULL, channels_lost_fd(loop->channels),
				      EPOLLIN, on_channel_lost, loop);
	if (ret >= 0)
		ret = sd_event_add_io(loop->event, NULL, channels_due_fd(loop->channels),
				      EPOLLIN, on_due_answer, loop);
	if (ret >= 0)
		ret = sd_event_add_io(loop->event, NULL, control_event_fd(loop->control),
				      EPOLLIN, on_control, loop);
	if (ret >= 0)
		ret = watch(loop);
	if (ret < 0)
		return failure_set(failure, UKS_E_INTERNAL, "cannot make an event loop: %s",
				   strerror(-ret));
	return keep_house(loop, failure);
}

int loop_run(struct loop *loop)
{
	int ret;

	sd_notifyf(0, "READY=1\nSTATUS=Serving with %u workers", loop->uksd->config->workers);
	ret = sd_event_loop(loop->event);
	if (ret < 0)
		log_error("the event loop failed: %s", strerror(-ret));
	sd_notify(0, "STOPPING=1");
	return ret < 0 || loop->failed ? -1 : 0;
}

void loop_close(struct loop *loop)
{
	sd_event_source_unref(loop->timer);
	sd_event_unref(loop->event);
}

void loop_free(struct loop *loop)
{
	worker_free(loop->worker);
	if (loop->wake > 0)
		close(loop->wake);
}
