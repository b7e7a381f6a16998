// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl master status, part, load, clear, rotate, zeroize */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "master.h"

#define PART_LEN	32

static const struct column master_rows[] = {
	{ "current", "Master key", false },
	{ "current_pattern", "Its pattern", false },
	{ "new", "New register", false },
	{ "new_pattern", "Its pattern", false },
	{ "parts", "Parts given", false },
	{ "administrators", "Administrators", false },
	{ "commit", "Needed to commit", false },
	{ "revoke", "Needed to revoke", false },
	{ "sequence", "Commands so far", false },
	{ "store", "Store", false },
	{ "progress", "Sealed anew", false },
};

int master_ask(struct run *run, uint32_t command, const void *message, size_t len,
	       struct uks_admin_answer **answer, const char *what)
{
	const struct uks_admin_call call = {
		.command = command, .message = message, .message_len = len,
	};

	if (uks_master(run->client, &call, answer, &run->err))
		return fail(run, what, NULL);
	return EXIT_OK;
}

json_t *master_json(const struct uks_admin_answer *answer)
{
	return json_loadb((const char *)answer->result, answer->result_len, 0, NULL);
}

int master_show(struct run *run, json_t **status)
{
	struct uks_admin_answer *answer;
	int ret = master_ask(run, UKS_MASTER_SHOW, NULL, 0, &answer, "see the master key");

	if (ret)
		return ret;
	*status = master_json(answer);
	uks_admin_answer_free(answer);
	return *status ? EXIT_OK : fail_text(EXIT_ERROR, "the daemon's answer is no JSON");
}

static json_t *names(const json_t *administrators)
{
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach(administrators, i, entry)
		json_array_append(list, json_object_get(entry, "name"));
	return list;
}

static const char *member(const json_t *status, const char *outer, const char *name)
{
	return json_string_value(json_object_get(json_object_get(status, outer), name));
}

static json_t *flatten(const json_t *status)
{
	json_int_t given = json_integer_value(json_object_get(status, "parts_given"));
	json_int_t needed = json_integer_value(json_object_get(status, "parts_needed"));
	json_int_t done = json_integer_value(json_object_get(status, "done"));
	json_int_t total = json_integer_value(json_object_get(status, "total"));
	json_t *out;

	out = json_pack("{s:s, s:s*, s:s, s:s*, s:o, s:O, s:O, s:O, s:O}",
			"current", member(status, "current", "state"),
			"current_pattern", member(status, "current", "pattern"),
			"new", member(status, "new", "state"),
			"new_pattern", member(status, "new", "pattern"),
			"administrators", names(json_object_get(status, "administrators")),
			"commit", json_object_get(status, "commit"),
			"revoke", json_object_get(status, "revoke"),
			"sequence", json_object_get(status, "sequence"),
			"store", json_object_get(status, "store"));
	if (needed)
		json_object_set_new(out, "parts", json_sprintf("%lld of %lld", (long long)given,
							       (long long)needed));
	if (total)
		json_object_set_new(out, "progress", json_sprintf("%lld of %lld", (long long)done,
								  (long long)total));
	return out;
}

static int print_status(struct run *run, json_t *status)
{
	int ret;

	if (run->options[OPTION_JSON])
		return print_json(status, JSON_INDENT(2));
	ret = print_record(run, master_rows, ARRAY_SIZE(master_rows), flatten(status));
	json_decref(status);
	return ret;
}

int run_master_status(struct run *run)
{
	json_t *status;
	int ret = master_show(run, &status);

	return ret ? ret : print_status(run, status);
}

static int ask_and_print(struct run *run, uint32_t command, const void *message, size_t len,
			 const char *what)
{
	struct uks_admin_answer *answer;
	int ret = master_ask(run, command, message, len, &answer, what);

	if (ret)
		return ret;
	ret = print_status(run, master_json(answer));
	uks_admin_answer_free(answer);
	return ret;
}

int run_master_part(struct run *run)
{
	uint8_t part[PART_LEN];
	int ret;

	if (RAND_priv_bytes(part, sizeof(part)) != 1)
		return fail_text(EXIT_ERROR, "there are no random bytes");
	ret = write_pem(run, run->options[OPTION_OUTPUT], "UKS KEY PART", part, sizeof(part));
	explicit_bzero(part, sizeof(part));
	return ret;
}

static int load_part(struct run *run)
{
	uint8_t message[2 + PART_LEN + 1];
	unsigned int number, count;
	size_t len;
	char end;
	int ret;

	if (sscanf(run->options[OPTION_PART], "%1u/%1u%c", &number, &count, &end) != 2)
		return fail_usage(run,
				  "'%s' is not a part: give its number and how many there are, as 1/3",
				  run->options[OPTION_PART]);
	message[0] = number;
	message[1] = count;
	ret = read_pem(run->options[OPTION_INPUT], "UKS KEY PART", message + 2, PART_LEN + 1,
		       &len);
	if (!ret)
		ret = ask_and_print(run, UKS_MASTER_LOAD, message, 2 + len, "give that part");
	explicit_bzero(message, sizeof(message));
	return ret;
}

int run_master_load(struct run *run)
{
	if (run->options[OPTION_PART])
		return load_part(run);
	return ask_and_print(run, UKS_MASTER_LOAD, NULL, 0, "load the new register");
}

int run_master_clear(struct run *run)
{
	return ask_and_print(run, UKS_MASTER_CLEAR, NULL, 0, "clear the new register");
}

/* Looks how far it is while another thread waits for the end. */
struct rotation {
	struct run *run;
	struct uks_admin_answer *answer;
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool ended;
	int ret;
};

static void *rotate(void *arg)
{
	const struct uks_admin_call call = { .command = UKS_MASTER_ROTATE };
	struct rotation *rotation = arg;
	struct run *run = rotation->run;

	rotation->ret = uks_master(run->client, &call, &rotation->answer, &run->err);
	pthread_mutex_lock(&rotation->lock);
	rotation->ended = true;
	pthread_cond_signal(&rotation->end);
	pthread_mutex_unlock(&rotation->lock);
	return NULL;
}

static void tell(struct run *run, bool *drawn)
{
	const struct uks_admin_call call = { .command = UKS_MASTER_SHOW };
	struct uks_admin_answer *answer;
	json_t *status;

	if (!isatty(STDERR_FILENO) || uks_master(run->client, &call, &answer, NULL))
		return;
	status = master_json(answer);
	uks_admin_answer_free(answer);
	if (json_integer_value(json_object_get(status, "total"))) {
		fprintf(stderr, "\r%lld of %lld sealed anew\033[K",
			(long long)json_integer_value(json_object_get(status, "done")),
			(long long)json_integer_value(json_object_get(status, "total")));
		*drawn = true;
	}
	json_decref(status);
}

static void wait_for_end(struct rotation *rotation)
{
	struct timespec until;
	bool drawn = false;

	pthread_mutex_lock(&rotation->lock);
	while (!rotation->ended) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&rotation->end, &rotation->lock, &until);
		if (rotation->ended)
			break;
		pthread_mutex_unlock(&rotation->lock);
		tell(rotation->run, &drawn);
		pthread_mutex_lock(&rotation->lock);
	}
	pthread_mutex_unlock(&rotation->lock);
	if (drawn)
		fputs("\r\033[K", stderr);
}

int run_master_rotate(struct run *run)
{
	struct rotation rotation = {
		.run = run, .lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER,
	};
	pthread_t thread;
	int ret;

	if (!run->options[OPTION_TIMEOUT])
		uks_client_set_timeout(run->client, MASTER_MINUTES * 60000);
	if (pthread_create(&thread, NULL, rotate, &rotation))
		return fail_text(EXIT_ERROR, "cannot start a thread");
	wait_for_end(&rotation);
	pthread_join(thread, NULL);
	if (rotation.ret)
		return fail(run, "take the new master key into use", NULL);
	ret = print_status(run, master_json(rotation.answer));
	uks_admin_answer_free(rotation.answer);
	return ret;
}

static int confirm_end(struct run *run, const char *store)
{
	char answer[40] = "";

	if (run->options[OPTION_YES])
		return EXIT_OK;
	if (!isatty(STDIN_FILENO))
		return fail_usage(run, "nobody is there to be asked: use --yes");
	fprintf(stderr,
		"This destroys the master key and every key under it, for all users.\n"
		"To go on, type the first 8 digits of the store's id, %s: ", store);
	if (fgets(answer, sizeof(answer), stdin) && strlen(answer) == 9 &&
	    !strncmp(answer, store, 8))
		return EXIT_OK;
	return fail_text(EXIT_ERROR, "nothing was destroyed");
}

int run_master_zeroize(struct run *run)
{
	uint8_t id[16];
	const char *store;
	json_t *status;
	size_t len;
	int ret = master_show(run, &status);

	if (ret)
		return ret;
	store = json_string_value(json_object_get(status, "store"));
	if (!store || !hex_decode(store, id, sizeof(id), &len))
		ret = fail_text(EXIT_ERROR, "the daemon does not tell the store's id");
	else
		ret = confirm_end(run, store);
	json_decref(status);
	if (ret)
		return ret;
	if (!run->options[OPTION_TIMEOUT])
		uks_client_set_timeout(run->client, MASTER_MINUTES * 60000);
	return ask_and_print(run, UKS_MASTER_ZEROIZE, id, sizeof(id), "destroy the master key");
}
