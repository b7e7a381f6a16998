// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that end when they were not used for some time, as the daemon wants it:
 * a key that nobody needs any more shall not stay in memory. Each use looks whether
 * the time is over; a sweep finds those that are not used at all.
 */
#include <linux/workqueue.h>

#include "uks.h"

static void uks_idle_sweep(struct work_struct *work);
static DECLARE_DELAYED_WORK(uks_idle_work, uks_idle_sweep);
static DEFINE_SPINLOCK(uks_idle_lock);
static u64 uks_idle_next = U64_MAX;	/* when the sweep comes, CLOCK_BOOTTIME */

static u64 uks_idle_end(const struct uks_session *session)
{
	return READ_ONCE(session->used_ns) + session->idle_ns;
}

/* See to it that the sweep comes at that time or before. */
static void uks_idle_arm(u64 at)
{
	u64 now = ktime_get_boottime_ns();
	u64 delay = nsecs_to_jiffies64(at > now ? at - now : 0) + 1;

	spin_lock(&uks_idle_lock);
	if (at < uks_idle_next) {
		uks_idle_next = at;
		mod_delayed_work(system_unbound_wq, &uks_idle_work,
				 min_t(u64, delay, MAX_JIFFY_OFFSET));
	}
	spin_unlock(&uks_idle_lock);
}

static void uks_idle_sweep(struct work_struct *work)
{
	u64 now = ktime_get_boottime_ns(), next = U64_MAX;
	struct uks_session *session;
	unsigned long id = 0;

	spin_lock(&uks_idle_lock);
	uks_idle_next = U64_MAX;
	spin_unlock(&uks_idle_lock);
	for (; (session = uks_session_next(&id)); id++) {
		/* Pairs with uks_idle_watch(): then the time of use is known, too. */
		if (smp_load_acquire(&session->idle_ns) && !READ_ONCE(session->ended)) {
			if (now >= uks_idle_end(session))
				uks_session_end(session, NULL, -EKEYEXPIRED);
			else
				next = min(next, uks_idle_end(session));
		}
		uks_session_put(session);
		cond_resched();
	}
	if (next != U64_MAX)
		uks_idle_arm(next);
}

/**
 * uks_idle_watch() - begin to watch a session that has an idle time
 * @session: the session
 * @idle_ns: the time
 */
void uks_idle_watch(struct uks_session *session, u64 idle_ns)
{
	WRITE_ONCE(session->used_ns, ktime_get_boottime_ns());
	/* Pairs with uks_idle_sweep(), which may find the session from here on. */
	smp_store_release(&session->idle_ns, idle_ns);
	uks_idle_arm(uks_idle_end(session));
}

/**
 * uks_idle_touch() - a session that has an idle time is used
 * @session: the session
 *
 * Return: 0, or -EKEYEXPIRED when its time was over.
 */
int uks_idle_touch(struct uks_session *session)
{
	u64 now = ktime_get_coarse_boottime_ns();

	if (now >= uks_idle_end(session)) {
		uks_session_end(session, NULL, -EKEYEXPIRED);
		return READ_ONCE(session->ended);
	}
	WRITE_ONCE(session->used_ns, now);
	return 0;
}

/** uks_idle_exit() - sweep no more; there are no sessions left */
void uks_idle_exit(void)
{
	cancel_delayed_work_sync(&uks_idle_work);
}
