// SPDX-License-Identifier: LGPL-2.1-or-later
/* Operations, from first to last, and what must be left after them: nothing. */
#include <fcntl.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define GRACE_MS	"5"	/* so long requests wait for a daemon that is not there */
#define ANSWERS_MAX	64

static const struct {
	const char *name;
	const char *usual;
} limits[] = {
	{ "requests_per_user", "64" }, { "sessions_per_user", "4096" },
	{ "bytes_per_user", "67108864" }, { "requests_max", "1024" },
	{ "sessions_max", "65536" }, { "bytes_max", "268435456" },
	{ "keep_leases", "Y" }, { "restart_grace_ms", GRACE_MS },
};

/**
 * world_start() - prepare what all inputs need
 * @world: filled in
 *
 * Return: 0 or a negative errno value.
 */
int world_start(struct world *world)
{
	int ret;

	memset(world, 0, sizeof(*world));
	memset(world->client, -1, sizeof(world->client));
	memset(world->session, -1, sizeof(world->session));
	world->extra = -1;
	world->other.fd = -1;
	world->limits = true;
	ret = arena_init(&world->arena[0]) ?: arena_init(&world->arena[1]);
	ret = ret ?: control_open(&world->watch);
	ret = ret ?: peer_start(&world->peer);
	ret = ret ?: aside_start(world);
	while (!ret && (!__atomic_load_n(&world->peer.trace.area, __ATOMIC_ACQUIRE) ||
			!__atomic_load_n(&world->trace[1].area, __ATOMIC_ACQUIRE)))
		sched_yield();
	return ret ?: trace_start(&world->trace[0]);
}

static int client(struct world *world, uint8_t slot)
{
	int *fd = &world->client[slot % SLOTS];

	if (*fd < 0)
		*fd = client_open();
	return *fd;
}

static void forget(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What the daemon grants next. How much more than usual is in the operation's length. */
static void prepare_grant(struct service *service, const struct profile *profile,
			  const struct op *op)
{
	service->algorithm = profile->algorithm;
	service->remote = profile->remote;
	service->key_len = profile->key_len;
	service->digest = profile->digest;
	service->mac_digest = profile->algorithm == UKS_ALG_HMAC && profile->digest;
	service->nonce_len = profile->nonce_len == 16 ? 0 : profile->nonce_len;
	service->lease_flags = UKS_LEASE_CALLER_NONCE;
	if (op->kind % OP_KINDS != OP_OPEN)
		return;
	service->parameters_len = op->len & 1 ? 100 : 0;
	service->prefix_len = op->len & 2 ? 32 : 0;
	service->limited = op->len & 4;
	service->uses = op->room % 4;
	service->lease_flags = op->room >> 14;
	service->idle_ns = op->len & 8 ? 1000000 : 0;
	service->expires = op->len & 16 ? now_ns() + (op->room & 0xff) * 10000 : 0;
	if (op->len & 32)
		service->digest = op->room & 15;
	if (op->len & 64)
		service->nonce_len = op->room >> 4 & 31;
	if (op->len & 128)
		service->tag_len = op->room >> 8 & 31;
}

static void set_op(struct world *world, const struct op *op)
{
	pthread_mutex_lock(&world->peer.lock);
	world->peer.op = op;
	pthread_mutex_unlock(&world->peer.lock);
}

static void open_session(struct world *world, const struct op *op)
{
	const struct profile *profile = &profiles[(op->slot / SLOTS) % profile_count];
	struct run run = {
		.op = op, .fd = client(world, op->slot), .cmd = UKS_IOC_SESSION_OPEN,
		.arena = &world->arena[0],
	};
	struct uks_call *call = (struct uks_call *)run.arena->arg;
	int *slot = &world->session[op->slot % SLOTS];
	struct uks_attrs in;

	prepare_grant(&world->peer.service, profile, op);
	form_call(&run);
	if (!(op->how & HOW_NONE)) {
		uks_attrs_init(&in, run.arena->in, IN_SIZE);
		uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
		uks_attrs_put_u32(&in, UKS_A_PURPOSES, profile->purpose);
		call->in_len = in.len;
		patch_bytes(op, 2, run.arena->in, in.len);
	}
	forget(slot);
	world->profile[op->slot % SLOTS] = profile;
	if (!run_make(&run))
		*slot = call->fd;
}

static void play_call(struct world *world, const struct op *op)
{
	struct run run = {
		.op = op, .fd = client(world, op->slot),
		.cmd = op->cmd == 2 ? UKS_IOC_QUERY : _IO(UKS_IOC_MAGIC, 1 + op->cmd % 28),
		.arena = &world->arena[op->how & HOW_ASIDE ? 1 : 0],
	};

	if (run.cmd == UKS_IOC_SESSION_OPEN) {
		open_session(world, op);
		return;
	}
	if (op->how & HOW_ASIDE)
		aside_join(world);
	form_call(&run);
	if (op->how & HOW_ASIDE)
		aside_run(world, &run);
	else
		run_make(&run);
}

static void play_message(struct world *world, const struct op *op)
{
	unsigned int at = op->slot % SLOTS;
	static const struct op plain;
	struct op first = plain;
	struct run run = { .op = op, .arena = &world->arena[op->how & HOW_ASIDE ? 1 : 0] };

	if (world->session[at] < 0) {
		first.slot = op->slot;
		set_op(world, &first);
		open_session(world, &first);
		set_op(world, op);
	}
	run.fd = world->session[at];
	run.profile = world->profile[at] ?: &profiles[0];
	run.cmd = op->cmd ? _IO(UKS_IOC_MAGIC, 0x40 + op->cmd % 15) : run.profile->cmd;
	if (op->how & HOW_ASIDE)
		aside_join(world);
	form_message(&run);
	if (op->how & HOW_ASIDE)
		aside_run(world, &run);
	else
		run_make(&run);
}

static void play_open(struct world *world, const struct op *op)
{
	if (op->cmd % 8 == 7)
		forget(&world->client[op->slot % SLOTS]);
	open_session(world, op);
}

static void play_close(struct world *world, const struct op *op)
{
	if (op->cmd % 4 == 3)
		forget(&world->client[op->slot % SLOTS]);
	else
		forget(&world->session[op->slot % SLOTS]);
}

static void take_channel(struct world *world, const struct uks_attr *attr)
{
	if (attr->len != 4)
		return;
	forget(&world->extra);
	world->taken = false;
	world->extra = uks_attr_u32(attr, -1);
	if (world->extra >= 0)
		fcntl(world->extra, F_SETFL, O_NONBLOCK);
}

static void take_answers(struct world *world, int fd)
{
	static uint8_t buf[32768];
	const struct nlmsghdr *nl = (void *)buf;
	struct uks_attr attr;
	const uint8_t *at;
	unsigned int i;
	ssize_t len;
	size_t left;

	for (i = 0; i < ANSWERS_MAX; i++) {
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN))
			return;
		at = buf + NLMSG_LENGTH(GENL_HDRLEN);
		left = nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
		while (nl->nlmsg_type >= GENL_MIN_ID && nl->nlmsg_len <= (size_t)len &&
		       uks_attr_next(&at, &left, &attr) > 0)
			if (attr.type == UKS_NL_A_CHANNEL_FD)
				take_channel(world, &attr);
	}
}

static void play_netlink(struct world *world, const struct op *op)
{
	struct control *control = &world->peer.daemon.control;
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		uint8_t attrs[256];
	} msg = { .genl = { .cmd = op->cmd % 12, .version = UKS_GENL_VERSION } };
	struct uks_attrs attrs;

	if (op->slot % 2 || control->fd < 0) {
		control = &world->other;
		if (control->fd < 0 && control_open(control))
			return;
	}
	uks_attrs_init(&attrs, msg.attrs, sizeof(msg.attrs));
	if (msg.genl.cmd == UKS_NL_CMD_REGISTER)
		uks_attrs_put_u64(&attrs, UKS_NL_A_FEATURES, ~0ULL);
	if (msg.genl.cmd == UKS_NL_CMD_REVOKE)
		uks_attrs_put(&attrs, UKS_NL_A_KEY_ID, world->peer.service.key_id,
			      UKS_KEY_ID_LEN);
	if (op->how & HOW_NONE)
		attrs.len = op->len % sizeof(msg.attrs);
	msg.nl = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + attrs.len),
		.nlmsg_type = control->family,
		.nlmsg_flags = NLM_F_REQUEST | (op->how & HOW_LAST ? NLM_F_ACK : 0) |
			       (msg.genl.cmd == UKS_NL_CMD_SESSION ? NLM_F_DUMP : 0),
	};
	patch_bytes(op, 2, msg.attrs, attrs.len);
	patch_bytes(op, 1, &msg.genl, sizeof(msg.genl));
	if (send(control->fd, &msg, msg.nl.nlmsg_len, MSG_DONTWAIT) >= 0)
		take_answers(world, control->fd);
}

static void play_daemon(struct world *world, const struct op *op)
{
	if (op->cmd % 4 == 1)
		aside_join(world);
	if (op->cmd % 4 != 2)
		peer_down(&world->peer);
	if (op->cmd % 4 != 3)
		peer_up(&world->peer, false);
}

static void play_channel(struct world *world, const struct op *op)
{
	struct uks_channel_valid valid = { .size = sizeof(valid), .id = world->request.header.id };
	struct peer *peer = &world->peer;
	struct pollfd pollfd = { .fd = world->extra, .events = POLLIN | POLLOUT };
	ssize_t len;

	switch (op->cmd % 5) {
	case 0:
		if (peer->held)
			peer_write(peer, peer->daemon.channel, &peer->request, op);
		peer->held = false;
		break;
	case 1:
		world->taken |= daemon_read(world->extra, &world->request) == 0;
		break;
	case 2:
		if (world->taken)
			peer_write(peer, world->extra, &world->request, op);
		world->taken = false;
		break;
	case 3:
		patch_bytes(op, 1, &valid, sizeof(valid));
		uks(world->extra, UKS_IOC_CHANNEL_VALID, &valid);
		uks(peer->daemon.channel, UKS_IOC_CHANNEL_VALID, &valid);
		poll(&pollfd, 1, 0);
		break;
	default:
		len = read(world->extra, world->arena[0].out, input_len(op->room));
		len = write(world->extra, world->arena[0].in, input_len(op->len) % IN_SIZE);
		(void)len;
	}
}

static void play_file(struct world *world, const struct op *op)
{
	const int fds[] = { world->client[op->slot % SLOTS], world->session[op->slot % SLOTS],
			    world->extra, world->client[0] };
	int fd = fds[op->slot / SLOTS % ARRAY_SIZE(fds)];
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	void *map;

	poll(&pollfd, 1, 0);
	lseek(fd, op->len, SEEK_SET);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		munmap(map, 4096);
	memset(world->arena[0].arg, op->len, ARG_SIZE);
	ioctl(fd, _IO(op->room & 1 ? op->room >> 8 : UKS_IOC_MAGIC, op->cmd),
	      op->how & HOW_NONE ? NULL : world->arena[0].arg);
	sysfs(op->cmd & 1 ? "sessions" : "messages");
}

static void play_limit(struct world *world, const struct op *op)
{
	static const char * const values[] = { "0", "1", "2", "5", "N", "1000", "100000", "-1" };

	parameter_set(limits[op->cmd % ARRAY_SIZE(limits)].name,
		      values[op->slot % ARRAY_SIZE(values)]);
	world->limits = true;
}

static void reset_limits(struct world *world)
{
	unsigned int i;

	for (i = 0; world->limits && i < ARRAY_SIZE(limits); i++)
		parameter_set(limits[i].name, limits[i].usual);
	world->limits = false;
}

static void play(struct world *world, const struct op *op)
{
	static void (*const plays[OP_KINDS])(struct world *world, const struct op *op) = {
		[OP_CALL] = play_call, [OP_MESSAGE] = play_message, [OP_OPEN] = play_open,
		[OP_CLOSE] = play_close, [OP_NETLINK] = play_netlink,
		[OP_DAEMON] = play_daemon, [OP_CHANNEL] = play_channel,
		[OP_FILE] = play_file, [OP_LIMIT] = play_limit,
	};

	if (!(op->how & HOW_ASIDE))
		set_op(world, op);
	plays[op->kind % OP_KINDS](world, op);
}

/* How much the module holds: clients, sessions, requests, bytes, all together. */
static int64_t held(struct world *world)
{
	const uint64_t kinds = 1 << UKS_NL_STAT_CLIENTS | 1 << UKS_NL_STAT_SESSIONS |
			       1 << UKS_NL_STAT_QUEUED | 1 << UKS_NL_STAT_TAKEN |
			       1 << UKS_NL_STAT_BYTES;
	const struct uks_attr *nest;
	struct control_reply reply;
	struct uks_attr attr;
	const uint8_t *at;
	int64_t sum = 0;
	size_t left;
	int ret;

	ret = control_call(&world->watch, UKS_NL_CMD_STATS, NULL, &reply);
	if (ret)
		return ret;
	nest = &reply.attr[UKS_NL_A_STAT];
	at = nest->value;
	left = nest->len;
	while (uks_attr_next(&at, &left, &attr) > 0)
		if (kinds >> attr.type & 1)
			sum += uks_attr_u64(&attr, 1);
	return sum;
}

/* Everything is closed: the module may hold nothing any more. */
static int clean_up(struct world *world)
{
	time_t end = time(NULL) + CONTROL_WAIT_MS / 1000;
	int64_t sum;
	int i;

	set_op(world, NULL);
	aside_join(world);
	forget(&world->extra);
	world->taken = false;
	control_close(&world->other);
	for (i = 0; i < SLOTS; i++) {
		forget(&world->session[i]);
		forget(&world->client[i]);
		world->profile[i] = NULL;
	}
	reset_limits(world);
	while ((sum = held(world)) > 0 && time(NULL) < end)
		sched_yield();
	return sum > 0 ? -EBUSY : sum;
}

/**
 * world_play() - play an input
 * @world: in which
 * @input: the input
 *
 * Return: 0, or a negative errno value when something is wrong: -EBUSY if the module
 * holds something though everything is closed.
 */
int world_play(struct world *world, const struct input *input)
{
	uint32_t i;
	int ret;

	peer_service(&world->peer);
	world->arena[0].last_len = 0;
	world->arena[1].last_len = 0;
	ret = peer_up(&world->peer, true);
	for (i = 0; !ret && i < input->count; i++)
		play(world, &input->op[i]);
	return ret ?: clean_up(world);
}
