// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uks-bench: measure what works cost on each side, one line of JSON for each.
 *
 *   uks-bench [-i] [-c CALLERS] [-n SAMPLES] [-k KEYS] [-w WORK]... [-s SIDE]...
 *   uks-bench --fill | --start UKSD | --clients N | --sessions N
 *
 * Wall time, or with -i the processor's time stamp counter: in a VM whose
 * processor counts instructions that is the number of all instructions between
 * two moments, of the program, the kernel, and the daemon alike. A sample is the
 * time from one end of the work to the next, so that nothing is left out.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"

#define WARM_UP		3
#define SAMPLES		201
#define SAMPLES_MIN	5
#define LONG_ENOUGH	60000000ULL	/* of a series, in instructions */
#define LONG_ENOUGH_NS	400000000ULL	/* of a series, in time */
#define PATIENCE	120		/* seconds for all of one pair */
#define LIST_MAX	32

struct options {
	bool instructions;
	unsigned int callers;
	unsigned int samples;
	unsigned int keys;	/* in the store; only told again */
	const char *works[LIST_MAX];
	const char *sides[LIST_MAX];
};

struct figures {
	unsigned int samples;
	uint64_t p50, p99, mean;
	uint64_t began, ended;	/* nanoseconds, CLOCK_MONOTONIC */
};

/* What a caller tells the process that started it. */
struct caller {
	struct figures figures;
	char why[256];
};

static const struct side *const sides[] = {
	&side_openssl, &side_openssl_kept, &side_uks, &side_softhsm_session, &side_softhsm_token,
	&side_p11kit, &side_tpm2, &side_af_alg, NULL,
};

static char why[256];

void cannot(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
}

const char *key_pem(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.pem", getenv("BENCH_KEYS") ?: ".", name);
	return path;
}

uint8_t *message(void)
{
	static uint8_t bytes[MESSAGE_MAX];
	size_t i;

	if (!bytes[1])
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = i * 251 >> 3;
	return bytes;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t stamp(const struct options *options)
{
	return options->instructions ? __rdtsc() : now_ns();
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* How many samples: as many as asked for, fewer if one takes long. */
static unsigned int how_many(const struct options *options, const struct work *work, uint64_t one)
{
	uint64_t all = options->instructions ? LONG_ENOUGH : LONG_ENOUGH_NS;
	uint64_t count = all / (one ?: 1);

	if (options->instructions && count > options->samples)
		count = options->samples;
	if (count < SAMPLES_MIN)
		count = SAMPLES_MIN;
	if (count > 1000000)
		count = 1000000;
	if (work->most && count > work->most)
		count = work->most;
	return count;
}

/* Where the code of this process is, for who reads what count.c wrote. */
static void tell_maps(const char *path)
{
	FILE *in = path ? fopen("/proc/self/maps", "r") : NULL, *out;
	char line[512];

	if (!in)
		return;
	out = fopen(path, "w");
	while (out && fgets(line, sizeof(line), in))
		fputs(line, out);
	if (out)
		fclose(out);
	fclose(in);
}

static bool series(const struct options *options, const struct side *side, void *state,
		   unsigned int count, struct figures *figures)
{
	uint64_t *samples = malloc(count * sizeof(*samples));
	uint64_t last, next, sum = 0;
	unsigned int i;
	bool done = true;

	if (!samples)
		abort();
	memset(samples, 0, count * sizeof(*samples));
	tell_maps(getenv("BENCH_MAPS"));
	figures->began = now_ns();
	asm volatile("nopl %c0(%%rax)" : : "i" (PROFILE_BEGIN));
	last = stamp(options);
	for (i = 0; done && i < count; i++) {
		done = side->once(state);
		next = stamp(options);
		samples[i] = next - last;
		sum += samples[i];
		last = next;
	}
	asm volatile("nopl %c0(%%rax)" : : "i" (PROFILE_END));
	figures->ended = now_ns();
	qsort(samples, count, sizeof(*samples), compare);
	figures->samples = count;
	figures->p50 = samples[count / 2];
	figures->p99 = samples[count * 99 / 100];
	figures->mean = sum / count;
	free(samples);
	return done;
}

/* The first times warm up; the last of them tells how long one takes. */
static bool warm_up(const struct options *options, const struct side *side, void *state,
		    uint64_t *one)
{
	uint64_t began;
	int i;

	for (i = 0; i < WARM_UP; i++) {
		began = stamp(options);
		if (!side->once(state))
			return false;
		*one = stamp(options) - began;
	}
	return true;
}

/* Ready is who has closed @ready; the gate is open when it is at its end. */
static void run_caller(const struct options *options, const struct work *work,
		       const struct side *side, struct caller *caller, int ready, int gate)
{
	void *state;
	uint64_t one = 1;
	char byte;

	alarm(PATIENCE);
	/* Some modules say there what they tell by their return value, too. */
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	message();
	state = side->open(work);
	if (state && !work->most && !warm_up(options, side, state, &one))
		goto out;
	close(ready);
	if (state && !read(gate, &byte, 1))
		series(options, side, state, how_many(options, work, one), &caller->figures);
out:
	memcpy(caller->why, why, sizeof(why));
	if (state)
		side->close(state);
	_exit(0);
}

/* Start the callers; when all are ready, the gate opens for all at once. */
static bool run_callers(const struct options *options, const struct work *work,
			const struct side *side, struct caller *callers)
{
	int ready[2], gate[2], status;
	bool done = true;
	unsigned int i;
	char byte;

	if (pipe(ready) || pipe(gate))
		abort();
	for (i = 0; i < options->callers; i++) {
		if (fork())
			continue;
		close(gate[1]);
		run_caller(options, work, side, &callers[i], ready[1], gate[0]);
	}
	close(ready[1]);
	while (read(ready[0], &byte, 1) > 0)
		;
	close(ready[0]);
	close(gate[0]);
	close(gate[1]);
	while (wait(&status) > 0)
		if (!WIFEXITED(status)) {
			snprintf(callers->why, sizeof(callers->why), "it ended by signal %d",
				 WTERMSIG(status));
			done = false;
		}
	for (i = 0; i < options->callers; i++)
		if (*callers[i].why || !callers[i].figures.samples)
			done = false;
	return done;
}

/* Works a second, in the time in which all callers were at work. */
static double rate(const struct options *options, const struct caller *callers)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < options->callers; i++)
		sum += callers[i].figures.samples * 1e9 /
		       (callers[i].figures.ended - callers[i].figures.began);
	return sum;
}

static void tell(const struct options *options, const struct work *work, const struct side *side,
		 const struct caller *callers, bool done)
{
	const struct figures *figures = &callers->figures;

	printf("{\"work\":\"%s\",\"side\":\"%s\",\"unit\":\"%s\",\"callers\":%u,\"keys\":%u",
	       work->name, side->name, options->instructions ? "instructions" : "ns",
	       options->callers, options->keys);
	if (done)
		printf(",\"samples\":%u,\"p50\":%lu,\"p99\":%lu,\"mean\":%lu,\"rate\":%.1f}\n",
		       figures->samples, figures->p50, figures->p99, figures->mean,
		       rate(options, callers));
	else
		printf(",\"cannot\":\"%s\"}\n", *callers->why ? callers->why : "no figures");
	fflush(stdout);
}

static void measure(const struct options *options, const struct work *work,
		    const struct side *side)
{
	size_t size = options->callers * sizeof(struct caller);
	struct caller *callers = mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool done;

	if (callers == MAP_FAILED)
		abort();
	done = run_callers(options, work, side, callers);
	tell(options, work, side, callers, done);
	munmap(callers, size);
}

static bool wanted(const char *const *list, const char *name)
{
	if (!*list)
		return true;
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static int measure_all(const struct options *options)
{
	const struct side *const *side;
	const struct work *work;

	for (work = works; work->name; work++)
		for (side = sides; *side; side++)
			if (wanted(options->works, work->name) &&
			    wanted(options->sides, (*side)->name))
				measure(options, work, *side);
	return 0;
}

static void add(const char **list, const char *name)
{
	int i;

	for (i = 0; list[i]; i++)
		if (i == LIST_MAX - 2)
			abort();
	list[i] = name;
}

int main(int argc, char **argv)
{
	struct options options = { .callers = 1, .samples = SAMPLES };
	int option;

	if (argc == 2 && !strcmp(argv[1], "--fill")) {
		if (side_uks_fill())
			return 0;
		fprintf(stderr, "uks-bench: %s\n", why);
		return 1;
	}
	if (argc == 3 && !strcmp(argv[1], "--start"))
		return bench_start(argv[2]);
	if (argc == 3 && !strncmp(argv[1], "--", 2))
		return bench_idle(argv[1] + 2, atoi(argv[2]));
	while ((option = getopt(argc, argv, "ic:n:k:w:s:")) != -1) {
		switch (option) {
		case 'i':
			options.instructions = true;
			break;
		case 'c':
			options.callers = atoi(optarg);
			break;
		case 'n':
			options.samples = atoi(optarg);
			break;
		case 'k':
			options.keys = atoi(optarg);
			break;
		case 'w':
			add(options.works, optarg);
			break;
		case 's':
			add(options.sides, optarg);
			break;
		default:
			return 2;
		}
	}
	return measure_all(&options);
}
