/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon whose requests are made again and again, with one fault each time: the fixture
 * of all tests that sweep over the places where something can fail.
 */
#ifndef UKSD_NTH_FIXTURE_H
#define UKSD_NTH_FIXTURE_H

#include <kselftest_harness.h>

#include "tests/unit/uksd-daemon.h"
#include "tests/unit/uksd-nth.h"

FIXTURE(nth)
{
	struct daemon daemon;
	unsigned int number;		/* of names so far */
	uint8_t id[UKS_KEY_ID_LEN];	/* of the key "target" */
	uint8_t kept[UKS_PARAMETERS_MAX];	/* of an earlier answer, for the request */
	size_t kept_len;
};

FIXTURE_VARIANT(nth)
{
	enum origin origin;
};

FIXTURE_SETUP(nth)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(daemon_new(daemon), 0);
	daemon->config.delete_window = 3600;
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
}

FIXTURE_TEARDOWN(nth)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
}

/* A new request on the key of this name. */
static struct uks_attrs *named(struct _test_data_nth *self, const char *name)
{
	ask_begin(&self->daemon);
	uks_attrs_put_string(&self->daemon.in, UKS_A_KEY_NAME, name);
	return &self->daemon.in;
}

struct nth_request {
	const char *name;
	/* Fills in a request that will work, and returns its operation. */
	uint32_t (*prepare)(struct _test_data_nth *self);
};

struct nth_tries {
	unsigned int all;
	unsigned int refused;	/* of these */
};

/* Returns the code; @nth is the fault, counted from 1, or 0: places are counted alone. */
static uint32_t ask_with_fault(struct daemon *daemon, uint32_t op, enum origin origin,
			       unsigned int nth, unsigned int *places)
{
	uint32_t code;

	nth_begin(origin, nth);
	code = ask(daemon, op);
	*places = nth_end();
	return code;
}

/* One fault: the request is done, or refused with a text and nothing changed. */
static void try_request(struct __test_metadata *_metadata, struct _test_data_nth *self,
			const struct nth_request *request, enum origin origin, unsigned int nth,
			struct nth_tries *tries)
{
	struct daemon *daemon = &self->daemon;
	uint32_t op = request->prepare(self), code;
	uint8_t before[32], after[32];
	unsigned int places;

	daemon_digest(daemon, before);
	code = ask_with_fault(daemon, op, origin, nth, &places);
	tries->all++;
	if (!code)
		return;
	tries->refused++;
	EXPECT_NE(*daemon->text, 0) {
		TH_LOG("%s, place %u: error %u without a text", request->name, nth, code);
	}
	daemon_digest(daemon, after);
	EXPECT_EQ(memcmp(before, after, 32), 0) {
		TH_LOG("%s, place %u: '%s', but changed something", request->name, nth,
		       daemon->text);
	}
}

/* A fault at each of at most @most places of a request, which works before and after. */
static void sweep(struct __test_metadata *_metadata, struct _test_data_nth *self,
		  const struct nth_request *request, enum origin origin, unsigned int most,
		  struct nth_tries *tries)
{
	struct daemon *daemon = &self->daemon;
	unsigned int n, places, step;
	uint32_t op;

	op = request->prepare(self);
	ASSERT_EQ(ask_with_fault(daemon, op, origin, 0, &places), 0) {
		TH_LOG("%s: %s", request->name, daemon->text);
	}
	step = places / most + 1;
	for (n = 1; n <= places; n += step)
		try_request(_metadata, self, request, origin, n, tries);
	op = request->prepare(self);
	EXPECT_EQ(ask(daemon, op), 0) {
		TH_LOG("%s does not work any more: %s", request->name, daemon->text);
	}
}

#endif /* UKSD_NTH_FIXTURE_H */
