// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksd: the daemon of the universal key store. */
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/attest/attest.h"
#include "daemon/examine.h"
#include "daemon/key/usage.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/master/register.h"
#include "daemon/memory.h"
#include "daemon/pin/pin.h"
#include "daemon/privilege.h"
#include "daemon/rollback/generation.h"
#include "daemon/sandbox.h"
#include "daemon/sks/spare.h"
#include "daemon/tpmgate.h"

#define EXIT_USAGE	2

/* All that main() brings up, in this order, and takes down. */
struct running {
	const char *config_file;
	struct config config;
	struct account account;
	struct examiner *examiner;
	struct store *store;
	struct master *master;
	struct control *control;
	struct channels *channels;
	struct uksd uksd;
	bool initialised;
	struct loop loop;
};

/* As the account, so that nothing in its directory is done with root's rights. */
static int open_store(struct running *running, struct failure *failure)
{
	const struct config *config = &running->config;
	int ret;

	if (privilege_directory(config, &running->account, failure) ||
	    privilege_suspend(&running->account, failure))
		return -1;
	ret = store_open(config->store, true, &running->store, failure);
	if (!ret)
		ret = audit_new(config, &running->uksd.audit, failure);
	if (privilege_resume(&running->account, failure))
		return -1;
	return ret;
}

/* An administrator can mend that, and needs the daemon to see what it is. */
static int lock(struct uksd *uksd, const struct failure *failure)
{
	if (failure->code != UKS_E_ROLLBACK && failure->code != UKS_E_BOOT)
		return -1;
	log_error("no key can be used: %s", failure->text);
	uksd->locked = *failure;
	return 0;
}

/* As root: the TPM's device is. */
static int open_master(struct running *running, struct failure *failure)
{
	struct uksd *uksd = &running->uksd;

	uksd->config = &running->config;
	if (tpmgate_open(uksd->config, &uksd->gate, failure))
		return -1;
	if (master_open(uksd, running->store, &running->master, failure)) {
		uksd->master = running->master;
		return lock(uksd, failure);
	}
	uksd->master = running->master;
	return generation_open(uksd, running->store, failure) ? lock(uksd, failure) : 0;
}

static int revoke_key(void *context, const uint8_t *id, uint32_t *count, struct failure *failure)
{
	return control_revoke(context, id, count, failure);
}

static int open_channels(struct running *running, struct failure *failure)
{
	int fds[CONFIG_WORKERS_MAX];
	unsigned int i;

	if (control_register(&running->control, failure))
		return -1;
	attest_module(running->uksd.module, sizeof(running->uksd.module));
	for (i = 0; i < running->config.workers; i++)
		if (control_channel(running->control, &fds[i], failure))
			goto err;
	running->channels = channels_new(fds, i, failure);
	if (running->channels)
		return 0;
err:
	while (i--)
		close(fds[i]);
	return -1;
}

static int start_workers(struct running *running, struct failure *failure)
{
	struct uksd *uksd = &running->uksd;

	uksd->revoke = revoke_key;
	uksd->revoke_context = running->control;
	uksd->valid = channel_valid;
	uksd->examiner = running->examiner;
	uksd->algorithms = control_algorithms(running->control);
	uksd->digests = control_digests(running->control);
	if (uksd_init(uksd, failure))
		return -1;
	running->initialised = true;
	/* What an older copy of the store does not know of is not forgotten. */
	if (!uksd->locked.code)
		pin_sweep_all(uksd, running->store);
	if (audit_start(uksd->audit, uksd, failure) || generation_start(uksd, failure))
		return -1;
	uksd->spare = spare_start(uksd->provider, failure);
	if (!uksd->spare)
		return -1;
	return channels_start(running->channels, uksd, failure);
}

static int open_loop(struct running *running, struct failure *failure)
{
	running->loop.uksd = &running->uksd;
	running->loop.control = running->control;
	running->loop.channels = running->channels;
	running->loop.config_file = running->config_file;
	return loop_open(&running->loop, failure);
}

/* Not with a store that is refused. */
static int resume(struct running *running, struct failure *failure)
{
	return running->uksd.locked.code ? 0 :
	       master_resume(&running->uksd, running->store, failure);
}

static int start(struct running *running, struct failure *failure)
{
	const char *file = config_path(running->config_file);

	if (privilege_account(&running->config, &running->account, failure) ||
	    examiner_start(&running->account, &running->examiner, failure) ||
	    usage_boot(running->uksd.boot, failure) ||
	    memory_lock(failure) ||
	    open_store(running, failure) ||
	    open_master(running, failure) ||
	    open_channels(running, failure) ||
	    privilege_drop(&running->account, failure) ||
	    sandbox_files(&running->config, file, failure) ||
	    start_workers(running, failure) ||
	    resume(running, failure) ||
	    open_loop(running, failure))
		return -1;
	return sandbox_calls(failure);
}

static void finish(struct running *running)
{
	loop_close(&running->loop);
	channels_free(running->channels);
	loop_free(&running->loop);
	spare_stop(running->uksd.spare);
	control_close(running->control);
	audit_stop(running->uksd.audit);
	audit_free(running->uksd.audit);
	generation_close(&running->uksd, running->store);
	if (running->initialised)
		uksd_exit(&running->uksd);
	master_close(running->master);
	tpmgate_close(running->uksd.gate);
	store_close(running->store);
	examiner_stop(running->examiner);
	memory_wipe_traces();
}

static int run(struct running *running)
{
	struct failure failure;
	int ret = -1;

	log_open();
	log_level(running->config.log_level);
	umask(077);
	loop_block_signals();
	if (start(running, &failure)) {
		log_error("%s", failure.text);
	} else {
		log_info("version %s serves %s with %u workers", UKS_VERSION,
			 running->config.store, running->config.workers);
		channels_go(running->channels);
		ret = loop_run(&running->loop);
	}
	finish(running);
	if (!ret)
		log_info("stopped");
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: uksd [OPTION]...\n"
		"The daemon of the universal key store. It is started by the service manager.\n"
		"\n"
		"  --config FILE          read FILE instead of %s\n"
		"  --check-config [FILE]  check the configuration, print what is in force, and end\n"
		"  --help                 print this and end\n"
		"  --version              print the version and end\n"
		"\n"
		"Exit status: 0 stopped in order, 1 failure, 2 wrong use or wrong configuration.\n",
		config_path(NULL));
}

static int check_config(const char *file)
{
	struct failure failure;
	struct config config;

	if (config_load(&config, file, &failure)) {
		fprintf(stderr, "uksd: %s\n", failure.text);
		return EXIT_USAGE;
	}
	config_print(&config, stdout);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ }
	};
	static struct running running;
	struct failure failure;
	bool check = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			running.config_file = optarg;
			break;
		case 'C':
			check = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("uksd %s\n", UKS_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (check && optind < argc)
		running.config_file = argv[optind++];
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (check)
		return check_config(running.config_file);
	if (memory_init(&failure) ||
	    config_load(&running.config, running.config_file, &failure)) {
		fprintf(stderr, "uksd: %s\n", failure.text);
		return EXIT_USAGE;
	}
	return run(&running);
}
