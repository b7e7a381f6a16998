// SPDX-License-Identifier: GPL-2.0
/* The daemon as the kernel sees it: registered, alive, gone. */
#include <linux/moduleparam.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "trace.h"
#include "uks.h"

static uint restart_grace_ms = 15000;
module_param(restart_grace_ms, uint, 0644);
MODULE_PARM_DESC(restart_grace_ms,
		 "How long requests are queued after the daemon went, ms (15000)");

static bool keep_leases = true;
module_param(keep_leases, bool, 0644);
MODULE_PARM_DESC(keep_leases, "Sessions go on working while there is no daemon (Y)");

struct uks_queue uks_queue = {
	.lock = __SPIN_LOCK_UNLOCKED(uks_queue.lock),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(uks_queue.wait),
	.turns = LIST_HEAD_INIT(uks_queue.turns),
	.channels = LIST_HEAD_INIT(uks_queue.channels),
};

/**
 * uks_daemon_register() - make the current process the daemon
 * @sock: its netlink socket
 * @portid: its netlink port
 *
 * Return: 0, or -EBUSY when there is one.
 */
int uks_daemon_register(struct sock *sock, u32 portid)
{
	spin_lock(&uks_queue.lock);
	if (uks_queue.registered) {
		spin_unlock(&uks_queue.lock);
		return -EBUSY;
	}
	uks_queue.registered = true;
	uks_queue.registration++;
	uks_queue.portid = portid;
	sock_hold(sock);
	uks_queue.sock = sock;
	uks_queue.tgid = get_pid(task_tgid(current));
	spin_unlock(&uks_queue.lock);
	trace_uks_daemon(true, task_tgid_nr(current));
	uks_event_daemon(true, task_tgid_nr(current), 0);
	return 0;
}

/*
 * Requests that were taken end with their channel; those that wait, wait on. A
 * channel of the daemon that is gone serves no more, so its readers are woken.
 */
static void uks_daemon_gone(u64 registration)
{
	struct sock *sock;
	struct pid *tgid;
	u32 sessions = 0;

	spin_lock(&uks_queue.lock);
	if (!uks_queue.registered || uks_queue.registration != registration) {
		spin_unlock(&uks_queue.lock);
		return;
	}
	uks_queue.registered = false;
	WRITE_ONCE(uks_queue.died_ns, ktime_get_ns());
	tgid = uks_queue.tgid;
	uks_queue.tgid = NULL;
	sock = uks_queue.sock;
	uks_queue.sock = NULL;
	spin_unlock(&uks_queue.lock);
	wake_up_all(&uks_queue.wait);
	if (!READ_ONCE(keep_leases))
		sessions = uks_sessions_revoke(NULL);
	trace_uks_daemon(false, pid_nr(tgid));
	uks_event_daemon(false, pid_nr(tgid), sessions);
	put_pid(tgid);
	sock_put(sock);
}

/**
 * uks_daemon_unregister() - who has just registered is not the daemon after all
 * @portid: its netlink port
 */
void uks_daemon_unregister(u32 portid)
{
	u64 registration;

	spin_lock(&uks_queue.lock);
	registration = uks_queue.portid == portid ? uks_queue.registration : 0;
	spin_unlock(&uks_queue.lock);
	uks_daemon_gone(registration);
}

/**
 * uks_daemon_lost() - a daemon's last channel is gone
 * @registration: of which daemon
 *
 * It may have been followed by another one already, whose turn it is now.
 */
void uks_daemon_lost(u64 registration)
{
	uks_daemon_gone(registration);
}

/**
 * uks_daemon_is() - is the current process the daemon, speaking from its port?
 * @portid: port of the sender
 *
 * The process counts too: in the moment when the daemon's port is being freed,
 * another process may get the same number.
 *
 * Return: true if it is.
 */
bool uks_daemon_is(u32 portid)
{
	bool is;

	spin_lock(&uks_queue.lock);
	is = uks_queue.registered && uks_queue.portid == portid &&
	     uks_queue.tgid == task_tgid(current);
	spin_unlock(&uks_queue.lock);
	return is;
}

/**
 * uks_daemon_grace_end() - until when requests are queued though no daemon is there
 *
 * Return: CLOCK_MONOTONIC, ns; 0 when there is a daemon or never was one.
 */
u64 uks_daemon_grace_end(void)
{
	u64 died = READ_ONCE(uks_queue.died_ns);

	if (READ_ONCE(uks_queue.registered) || !died)
		return 0;
	return died + (u64)READ_ONCE(restart_grace_ms) * NSEC_PER_MSEC;
}

/*
 * A socket lets go of its number first and tells of its end then: in between the daemon
 * may have got that number, and lives.
 */
static void uks_daemon_port_gone(u32 portid)
{
	u64 registration = 0;

	spin_lock(&uks_queue.lock);
	if (uks_queue.registered && uks_queue.portid == portid &&
	    sock_flag(uks_queue.sock, SOCK_DEAD))
		registration = uks_queue.registration;
	spin_unlock(&uks_queue.lock);
	uks_daemon_gone(registration);
}

static int uks_daemon_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		uks_daemon_port_gone(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block uks_daemon_notifier = { .notifier_call = uks_daemon_notify };

/**
 * uks_daemon_init() - watch for the daemon's end
 *
 * Return: 0 or a negative errno value.
 */
int uks_daemon_init(void)
{
	return netlink_register_notifier(&uks_daemon_notifier);
}

/** uks_daemon_exit() - stop watching */
void uks_daemon_exit(void)
{
	netlink_unregister_notifier(&uks_daemon_notifier);
	put_pid(uks_queue.tgid);
	if (uks_queue.sock)
		sock_put(uks_queue.sock);
}
