// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 *   kernel-fuzz search SECONDS SEED OUT [FILE]...
 *   kernel-fuzz replay FILE...
 *
 * Looks for sequences of operations that the module does not bear: keeps those that
 * reach code which none before reached, and changes them further. It ends at the first
 * line of the kernel log that is a report, or when something is held though all is
 * closed. OUT has the input that is being tried, and then those that were kept.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "world.h"

#define KEPT_MAX	20000
#define LINE_MAX_LEN	(2 * sizeof(struct op) * OPS_MAX + 1)
#define STUCK_S		60	/* no input takes longer */
#define TELL_S		20

static struct {
	struct world world;
	struct seen seen;
	struct input *kept;
	unsigned int nr_kept;
	uint64_t runs;
	int log;
	FILE *out;
	struct input input;
} fuzz;

static void die(const char *what)
{
	printf("kernel-fuzz: %s, with the input\n", what);
	input_print(&fuzz.input, stdout);
	fflush(stdout);
	if (fuzz.out)
		fflush(fuzz.out);
	_exit(1);
}

static void stuck(__attribute__((unused)) int signal)
{
	die("no end");
}

static bool is_report(const char *line)
{
	static const char * const words[] = { "WARNING", "BUG", "Oops", "KASAN", "UBSAN",
					      "Call Trace", "refcount_t",
					      "general protection", "leak" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static bool kernel_complains(void)
{
	char line[8192];
	ssize_t len;

	while ((len = read(fuzz.log, line, sizeof(line) - 1)) > 0 || (len < 0 && errno == EPIPE)) {
		line[len > 0 ? len : 0] = 0;
		if (is_report(line)) {
			printf("kernel-fuzz: %s", strchr(line, ';') ?: line);
			return true;
		}
	}
	return false;
}

/* The input before it is tried: it may be the last thing that is written. */
static void note_input(void)
{
	char line[LINE_MAX_LEN + 1] = "";
	FILE *text;

	if (!fuzz.out)
		return;
	text = fmemopen(line, sizeof(line), "w");
	if (!text)
		die("no memory");
	input_print(&fuzz.input, text);
	fclose(text);
	memset(line + strcspn(line, "\n"), ' ', LINE_MAX_LEN - strcspn(line, "\n"));
	line[LINE_MAX_LEN - 1] = '\n';
	if (pwrite(fileno(fuzz.out), line, LINE_MAX_LEN, 2) < 0)
		die("cannot write");
}

static bool merge(struct seen *seen, bool places_only)
{
	bool first = trace_merge(&fuzz.world.trace[0], seen, places_only);
	bool second = trace_merge(&fuzz.world.trace[1], seen, places_only);

	return trace_merge(&fuzz.world.peer.trace, seen, places_only) || first || second;
}

static void try_input(void)
{
	int ret;

	note_input();
	trace_clear(&fuzz.world.trace[0]);
	trace_clear(&fuzz.world.trace[1]);
	trace_clear(&fuzz.world.peer.trace);
	alarm(STUCK_S);
	ret = world_play(&fuzz.world, &fuzz.input);
	alarm(0);
	fuzz.runs++;
	if (kernel_complains())
		die("the kernel complained");
	if (ret)
		die(ret == -EBUSY ? "the module holds something" : "the module does not answer");
}

static void keep(void)
{
	if (fuzz.nr_kept < KEPT_MAX)
		fuzz.kept[fuzz.nr_kept++] = fuzz.input;
}

/* Return: how many inputs the file had, or -1. */
static int take_file(const char *path)
{
	char line[LINE_MAX_LEN + 2];
	FILE *file = fopen(path, "re");
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#' || input_parse(&fuzz.input, line))
			continue;
		count++;
		try_input();
		if (merge(&fuzz.seen, false))
			keep();
	}
	fclose(file);
	return count;
}

static void tell(time_t begin)
{
	uint64_t seconds = time(NULL) - begin ?: 1;

	printf("kernel-fuzz: %llu inputs, %llu a second, %u places, %u ways, %u kept\n",
	       (unsigned long long)fuzz.runs, (unsigned long long)(fuzz.runs / seconds),
	       fuzz.seen.places, fuzz.seen.ways, fuzz.nr_kept);
	fflush(stdout);
}

/* Those found last are taken more often: what is next to them was tried least. */
static const struct input *choose(void)
{
	uint32_t recent = fuzz.nr_kept / 8;

	if (!fuzz.nr_kept || !random_below(50))
		return NULL;
	if (recent && random_below(2))
		return &fuzz.kept[fuzz.nr_kept - 1 - random_below(recent)];
	return &fuzz.kept[random_below(fuzz.nr_kept)];
}

static void search(time_t seconds)
{
	time_t begin = time(NULL), told = begin, now = begin;
	const struct input *base;

	while (now < begin + seconds) {
		base = choose();
		input_make(&fuzz.input, base,
			   base ? &fuzz.kept[random_below(fuzz.nr_kept)] : NULL);
		try_input();
		if (merge(&fuzz.seen, false))
			keep();
		now = time(NULL);
		if (now >= told + TELL_S) {
			tell(begin);
			told = now;
		}
	}
	tell(begin);
}

static int by_length(const void *a, const void *b)
{
	const struct input *first = a, *second = b;

	return (int)first->count - (int)second->count;
}

/* The least that reaches each place, the shortest first. */
static void write_kept(void)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	unsigned int i, left = 0;

	if (!seen)
		die("no memory");
	qsort(fuzz.kept, fuzz.nr_kept, sizeof(fuzz.kept[0]), by_length);
	fseek(fuzz.out, 2 + LINE_MAX_LEN, SEEK_SET);
	for (i = 0; i < fuzz.nr_kept; i++) {
		fuzz.input = fuzz.kept[i];
		try_input();
		if (merge(seen, true)) {
			input_print(&fuzz.input, fuzz.out);
			left++;
		}
	}
	printf("kernel-fuzz: %u inputs reach %u places again\n", left, seen->places);
	free(seen);
}

static int run_search(int argc, char **argv)
{
	int i;

	fuzz.out = fopen(argv[4], "w");
	if (!fuzz.out)
		die("cannot write");
	fputs("# ", fuzz.out);
	fflush(fuzz.out);
	random_seed(strtoull(argv[3], NULL, 10));
	for (i = 5; i < argc; i++)
		if (take_file(argv[i]) < 0)
			die("cannot read the saved inputs");
	search(strtoull(argv[2], NULL, 10));
	write_kept();
	return fclose(fuzz.out) ? 1 : 0;
}

static int run_replay(int argc, char **argv)
{
	int i, count = 0;

	printf("TAP version 13\n1..%d\n", argc - 2);
	for (i = 2; i < argc; i++) {
		count = take_file(argv[i]);
		printf("# %d inputs, %u places\n", count, fuzz.seen.places);
		printf("%sok %d kernel.takes_the_saved_inputs\n", count > 0 ? "" : "not ", i - 1);
	}
	return count > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool searching = argc >= 5 && !strcmp(argv[1], "search");

	if (!searching && (argc < 3 || strcmp(argv[1], "replay"))) {
		fprintf(stderr, "usage: kernel-fuzz search SECONDS SEED OUT [FILE]...\n"
			"       kernel-fuzz replay FILE...\n");
		return 2;
	}
	fuzz.kept = calloc(KEPT_MAX, sizeof(*fuzz.kept));
	fuzz.log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!fuzz.kept || fuzz.log < 0 || world_start(&fuzz.world)) {
		fprintf(stderr, "kernel-fuzz: wants root and a kernel with KCOV\n");
		return 1;
	}
	lseek(fuzz.log, 0, SEEK_END);
	signal(SIGALRM, stuck);
	return searching ? run_search(argc, argv) : run_replay(argc, argv);
}
