// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: from the ioctl that waits to the answer that completes it.
 *
 *	QUEUED --- a channel reads it ---> TAKEN --- the answer ---> ENDED
 *	   |                                 |
 *	   +--- signal, deadline ------------+--- fatal signal, deadline, death of
 *	                                          the channel -----> ENDED
 *
 * The step to ENDED is made once, under uks_queue.lock, by whoever makes it;
 * that one owns the result. A request has two references: the waiter's, and
 * that of the list it is in (its user's queue, or its channel). It holds a copy
 * of everything, so that neither side ever reaches into the other.
 */
#include <linux/cgroup.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "trace.h"
#include "uks.h"

static uint request_timeout_ms = 30000;
module_param(request_timeout_ms, uint, 0644);
MODULE_PARM_DESC(request_timeout_ms, "Deadline of a request that names none, ms (30000)");

static atomic64_t uks_request_ids = ATOMIC64_INIT(0);

/**
 * uks_op_room() - what room for the answer a caller must offer
 * @op: enum uks_op
 *
 * Return: bytes, for operations after whose return something is different from before;
 * 0 for those that can be asked again.
 */
u32 uks_op_room(u32 op)
{
	switch (op) {
	case UKS_OP_KEY_GENERATE:
	case UKS_OP_KEY_IMPORT:
	case UKS_OP_KEY_RENAME:
	case UKS_OP_KEY_DELETE:
	case UKS_OP_USE:
	case UKS_OP_KEY_AGREE:
	case UKS_OP_KEY_DERIVE:
	case UKS_OP_KEY_UNWRAP:
	case UKS_OP_KEY_ROTATE:
	case UKS_OP_KEY_SET_STATE:
	case UKS_OP_KEY_SET_POLICY:
	case UKS_OP_KEY_RESTORE:
	case UKS_OP_PIN:
	case UKS_OP_BOOT_POLICY:
		return UKS_REPLY_MIN;
	case UKS_OP_MASTER:
	case UKS_OP_BACKUP:
	case UKS_OP_PROVISION:
		return UKS_PAYLOAD_MAX;
	}
	return 0;
}

static u64 uks_cgroup_id(void)
{
	u64 id = 0;

#ifdef CONFIG_CGROUPS
	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
#endif
	return id;
}

static void uks_request_header_fill(struct uks_request *req, u32 op, u32 payload_len)
{
	const struct uks_client *client = req->client;
	const struct cred *cred = client->cred;

	req->header = (struct uks_request_header) {
		.len = req->in_len,
		.op = op,
		.cgroup = uks_cgroup_id(),
		.userns = cred->user_ns->ns.inum,
		.uid = from_kuid(&init_user_ns, cred->euid),
		.gid = from_kgid(&init_user_ns, cred->egid),
		.tgid = pid_nr(client->tgid),
		.userns_owner = from_kuid(&init_user_ns, cred->user_ns->owner),
		.identity_len = client->identity_len,
		.payload_len = payload_len,
		.out_max = uks_op_room(op) ?: UKS_PAYLOAD_MAX,
	};
}

/**
 * uks_request_new() - make a request
 * @client: who asks
 * @op: enum uks_op
 * @payload_len: bytes of payload, at most UKS_PAYLOAD_MAX
 *
 * The caller writes the payload to uks_request_payload() before it runs the
 * request.
 *
 * Return: the request, or an ERR_PTR: -EBUSY (quota), -ENOMEM.
 */
struct uks_request *uks_request_new(struct uks_client *client, u32 op, u32 payload_len)
{
	u32 in_len = sizeof(struct uks_request_header) + client->identity_len + payload_len;
	u32 size = offsetof(struct uks_request, header) + in_len;
	struct uks_request *req;
	int ret;

	ret = uks_charge(client->user, UKS_QUOTA_REQUESTS, 1);
	if (ret)
		return ERR_PTR(ret);
	ret = uks_charge(client->user, UKS_QUOTA_BYTES, size);
	if (ret)
		goto err_requests;
	req = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!req) {
		ret = -ENOMEM;
		goto err_bytes;
	}
	refcount_set(&req->ref, 1);
	INIT_LIST_HEAD(&req->node);
	init_completion(&req->done);
	req->state = UKS_REQUEST_ENDED;
	req->client = uks_client_get(client);
	req->charged = size;
	req->in_len = in_len;
	uks_request_header_fill(req, op, payload_len);
	memcpy(req->tail, client->identity, client->identity_len);
	return req;

err_bytes:
	uks_uncharge(client->user, UKS_QUOTA_BYTES, size);
err_requests:
	uks_uncharge(client->user, UKS_QUOTA_REQUESTS, 1);
	return ERR_PTR(ret);
}

/**
 * uks_request_payload() - where the payload of a request is
 * @req: the request
 *
 * Return: room for the payload_len bytes it was made for.
 */
void *uks_request_payload(struct uks_request *req)
{
	return req->tail + req->header.identity_len;
}

/**
 * uks_request_put() - drop a reference to a request
 * @req: the request
 *
 * Input and answer may hold keys: they are wiped.
 */
void uks_request_put(struct uks_request *req)
{
	struct uks_client *client = req->client;
	u32 charged = req->charged;

	if (!refcount_dec_and_test(&req->ref))
		return;
	if (req->session)
		uks_session_put(req->session);
	kvfree_sensitive(req->out, req->out_len);
	kvfree_sensitive(req, charged);
	uks_uncharge(client->user, UKS_QUOTA_BYTES, charged);
	uks_uncharge(client->user, UKS_QUOTA_REQUESTS, 1);
	uks_client_put(client);
}

/* Queue @req for its user, and the user for a turn. */
static void uks_request_queue(struct uks_request *req, bool first)
{
	struct uks_user *user = req->client->user;

	lockdep_assert_held(&uks_queue.lock);
	req->state = UKS_REQUEST_QUEUED;
	if (first)
		list_add(&req->node, &user->queue);
	else
		list_add_tail(&req->node, &user->queue);
	if (list_empty(&user->turn))
		list_add_tail(&user->turn, &uks_queue.turns);
	WRITE_ONCE(uks_queue.nr_queued, uks_queue.nr_queued + 1);
}

/* Take @req out of its user's queue; a user without requests has no turn. */
static void uks_request_unqueue(struct uks_request *req)
{
	struct uks_user *user = req->client->user;

	lockdep_assert_held(&uks_queue.lock);
	list_del_init(&req->node);
	if (list_empty(&user->queue))
		list_del_init(&user->turn);
	WRITE_ONCE(uks_queue.nr_queued, uks_queue.nr_queued - 1);
}

/* Make the step to ENDED. The reference of the list is the caller's now. */
static void uks_request_end(struct uks_request *req, int ended)
{
	lockdep_assert_held(&uks_queue.lock);
	if (req->state == UKS_REQUEST_QUEUED) {
		uks_request_unqueue(req);
	} else {
		list_del_init(&req->node);
		uks_queue.nr_taken--;
	}
	req->state = UKS_REQUEST_ENDED;
	req->channel = NULL;
	req->ended = ended;
}

/*
 * Give up waiting. False if somebody else has ended the request, whose result
 * then counts; with @queued_only also when a channel has taken it.
 */
static bool uks_request_give_up(struct uks_request *req, int error, bool queued_only)
{
	bool ended = false;

	spin_lock(&uks_queue.lock);
	if (req->state == UKS_REQUEST_QUEUED ||
	    (req->state == UKS_REQUEST_TAKEN && !queued_only)) {
		uks_request_end(req, error);
		ended = true;
	}
	spin_unlock(&uks_queue.lock);
	if (ended)
		uks_request_put(req);
	return ended;
}

static unsigned long uks_jiffies_until(u64 deadline_ns)
{
	u64 now = ktime_get_ns();

	if (now >= deadline_ns)
		return 0;
	return min_t(u64, nsecs_to_jiffies64(deadline_ns - now) + 1, MAX_SCHEDULE_TIMEOUT - 1);
}

/*
 * A signal may end the wait as long as no channel has taken the request, for
 * then nothing has happened. From then on only a fatal one may.
 */
static int uks_request_wait(struct uks_request *req, u64 deadline_ns)
{
	enum uks_request_state state;
	bool killable = false;
	long left;

	for (;;) {
		unsigned long timeout = uks_jiffies_until(deadline_ns);

		if (killable)
			left = wait_for_completion_killable_timeout(&req->done, timeout);
		else
			left = wait_for_completion_interruptible_timeout(&req->done, timeout);
		if (left > 0)
			return req->ended;
		if (!left) {
			if (uks_request_give_up(req, -ETIMEDOUT, false))
				return -ETIMEDOUT;
		} else if (killable) {
			if (uks_request_give_up(req, -EINTR, false))
				return -EINTR;
		} else {
			if (uks_request_give_up(req, -ERESTARTSYS, true))
				return -ERESTARTSYS;
			state = READ_ONCE(req->state);
			if (state != UKS_REQUEST_ENDED) {
				/* Queued again means that its channel could not take it. */
				killable = state == UKS_REQUEST_TAKEN;
				continue;
			}
		}
		/* Somebody else has just ended it and is about to say so. */
		wait_for_completion(&req->done);
		return req->ended;
	}
}

/* No daemon is there, but one was a moment ago: wait for its return, not longer. */
static int uks_request_wait_daemon(struct uks_request *req, u64 deadline_ns)
{
	u64 grace_end = uks_daemon_grace_end();
	long left;

	if (!grace_end || grace_end >= deadline_ns)
		return uks_request_wait(req, deadline_ns);
	left = wait_for_completion_interruptible_timeout(&req->done,
							 uks_jiffies_until(grace_end));
	if (left > 0)
		return req->ended;
	if (!left && uks_daemon_grace_end() == grace_end &&
	    uks_request_give_up(req, -ENOTCONN, true))
		return -ENOTCONN;
	return uks_request_wait(req, deadline_ns);
}

static u32 uks_error_of(int error)
{
	switch (-error) {
	case 0:
		return UKS_E_OK;
	case ENOTCONN:
		return UKS_E_NO_DAEMON;
	case EPIPE:
		return UKS_E_DAEMON_DIED;
	case ETIMEDOUT:
		return UKS_E_TIMEOUT;
	case EINTR:
	case ERESTARTSYS:
		return UKS_E_INTERRUPTED;
	}
	return UKS_E_INVALID;
}

/**
 * uks_request_run() - submit a request and wait for its end
 * @req: the request
 * @deadline_ns: when to give up, CLOCK_MONOTONIC; 0 for the default
 * @outcome: filled in
 *
 * The reference of the caller stays the caller's; after success the answer's
 * attributes are at req->out.
 *
 * Return: 0, or a negative errno value: that of the daemon's refusal, or
 * -ENOTCONN, -EPIPE, -ETIMEDOUT, -EINTR, -ERESTARTSYS.
 */
int uks_request_run(struct uks_request *req, u64 deadline_ns, struct uks_outcome *outcome)
{
	bool default_deadline = !deadline_ns;
	int ret;

	if (!default_deadline && ktime_get_ns() >= deadline_ns) {
		outcome->error = UKS_E_TIMEOUT;
		outcome->text_len = 0;
		return -ETIMEDOUT;
	}
	if (default_deadline)
		deadline_ns = ktime_get_ns() + (u64)request_timeout_ms * NSEC_PER_MSEC;
	req->header.id = atomic64_inc_return(&uks_request_ids);
	req->header.deadline_ns = deadline_ns;
	outcome->request_id = req->header.id;

	spin_lock(&uks_queue.lock);
	if (!uks_queue.registered && uks_daemon_grace_end() <= ktime_get_ns()) {
		spin_unlock(&uks_queue.lock);
		outcome->error = UKS_E_NO_DAEMON;
		outcome->text_len = 0;
		return -ENOTCONN;
	}
	refcount_inc(&req->ref);
	uks_request_queue(req, false);
	spin_unlock(&uks_queue.lock);
	atomic64_inc(&uks_counters.submitted);
	trace_uks_request_submit(req);
	wake_up(&uks_queue.wait);

	ret = uks_request_wait_daemon(req, deadline_ns);
	/* With the default deadline a restart would lengthen the wait. */
	if (ret == -ERESTARTSYS && default_deadline)
		ret = -EINTR;
	trace_uks_request_end(req, ret);
	atomic64_inc(ret ? &uks_counters.failed : &uks_counters.completed);
	outcome->error = ret ? uks_error_of(ret) : req->code;
	/* A call that is restarted needs to know its room for the text again. */
	if (ret != -ERESTARTSYS)
		uks_outcome_text(outcome, req);
	/* ENOBUFS means that nothing has happened yet: only the kernel knows that. */
	if (!ret)
		ret = req->error == ENOBUFS ? -EPROTO : -(int)req->error;
	return ret;
}

/**
 * uks_request_take() - take the next request for a channel
 * @channel: the channel
 * @room: how many bytes its worker can take
 * @error: set to -EAGAIN when nothing waits, to -EMSGSIZE when @room is too
 *	little for the next request, which then stays, to -EPIPE when the
 *	channel's daemon is no longer registered
 *
 * Users take turns.
 *
 * Return: the request, with a reference for the caller beside the channel's,
 * or NULL.
 */
struct uks_request *uks_request_take(struct uks_channel *channel, size_t room, int *error)
{
	struct uks_request *req = NULL;
	struct uks_user *user;

	spin_lock(&uks_queue.lock);
	*error = -EPIPE;
	if (!uks_queue.registered || uks_queue.registration != channel->registration)
		goto out;
	*error = -EAGAIN;
	user = list_first_entry_or_null(&uks_queue.turns, struct uks_user, turn);
	if (!user)
		goto out;
	req = list_first_entry(&user->queue, struct uks_request, node);
	if (req->in_len > room) {
		*error = -EMSGSIZE;
		req = NULL;
		goto out;
	}
	list_move_tail(&user->turn, &uks_queue.turns);
	uks_request_unqueue(req);
	req->state = UKS_REQUEST_TAKEN;
	req->channel = channel;
	list_add_tail(&req->node, &channel->taken);
	uks_queue.nr_taken++;
	refcount_inc(&req->ref);
out:
	spin_unlock(&uks_queue.lock);
	if (req)
		trace_uks_request_take(req);
	else if (*error == -EMSGSIZE)
		wake_up(&uks_queue.wait);	/* another channel may have more room */
	return req;
}

/**
 * uks_request_untake() - put a request back that could not be handed over
 * @req: from uks_request_take()
 */
void uks_request_untake(struct uks_request *req)
{
	spin_lock(&uks_queue.lock);
	if (req->state == UKS_REQUEST_TAKEN) {
		list_del_init(&req->node);
		uks_queue.nr_taken--;
		req->channel = NULL;
		uks_request_queue(req, true);
	}
	spin_unlock(&uks_queue.lock);
	wake_up(&uks_queue.wait);
}

/**
 * uks_request_find() - a request in a channel's hands
 * @channel: the channel
 * @id: number of the request
 *
 * Return: the request, with a reference for the caller, or NULL if it has
 * ended or never was this channel's.
 */
struct uks_request *uks_request_find(struct uks_channel *channel, u64 id)
{
	struct uks_request *req;

	spin_lock(&uks_queue.lock);
	list_for_each_entry(req, &channel->taken, node) {
		if (req->header.id == id) {
			refcount_inc(&req->ref);
			spin_unlock(&uks_queue.lock);
			return req;
		}
	}
	spin_unlock(&uks_queue.lock);
	return NULL;
}

/**
 * uks_request_answer() - complete a request
 * @req: from uks_request_find()
 * @channel: whose answer it is
 * @answer: how it went
 * @out: attributes, or NULL; the request's when this returns true
 * @out_len: bytes at @out
 *
 * Return: false if the request has ended meanwhile.
 */
bool uks_request_answer(struct uks_request *req, struct uks_channel *channel,
			const struct uks_answer_header *answer, void *out, u32 out_len)
{
	spin_lock(&uks_queue.lock);
	if (req->state != UKS_REQUEST_TAKEN || req->channel != channel) {
		spin_unlock(&uks_queue.lock);
		return false;
	}
	req->error = answer->error;
	req->code = answer->code;
	req->out = out;
	req->out_len = out_len;
	uks_request_end(req, 0);
	spin_unlock(&uks_queue.lock);
	complete(&req->done);
	uks_request_put(req);
	return true;
}

/**
 * uks_request_fail_taken() - end every request in a channel's hands with EPIPE
 * @channel: the channel, which is dying
 */
void uks_request_fail_taken(struct uks_channel *channel)
{
	struct uks_request *req;

	spin_lock(&uks_queue.lock);
	while ((req = list_first_entry_or_null(&channel->taken, struct uks_request, node))) {
		uks_request_end(req, -EPIPE);
		spin_unlock(&uks_queue.lock);
		complete(&req->done);
		uks_request_put(req);
		spin_lock(&uks_queue.lock);
	}
	spin_unlock(&uks_queue.lock);
}
