// SPDX-License-Identifier: LGPL-2.1-or-later
/* The configuration: what is understood, and how a mistake is named. */
#include <syslog.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "daemon/config.h"
#include "tests/unit/leaks.h"

FIXTURE(config)
{
	char path[32];
	struct config config;
	struct failure failure;
};

FIXTURE_SETUP(config)
{
	int fd;

	memcpy(self->path, "/tmp/uksd-conf-XXXXXX", 22);
	fd = mkstemp(self->path);
	ASSERT_GE(fd, 0);
	close(fd);
}

FIXTURE_TEARDOWN(config)
{
	EXPECT_EQ(unlink(self->path), 0);
	EXPECT_EQ(leaks(), 0);
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(text, 1, len, file) != len || fclose(file))
		abort();
}

static int load(const char *path, const char *text, struct config *config,
		struct failure *failure)
{
	write_file(path, text, strlen(text));
	return config_load(config, path, failure);
}

#define LOAD(text) load(self->path, text, &self->config, &self->failure)

TEST_F(config, has_defaults)
{
	ASSERT_EQ(LOAD(""), 0);
	EXPECT_STREQ(self->config.tcti, "device:/dev/tpmrm0");
	EXPECT_EQ(self->config.root_handle, 0x81000001);
	EXPECT_STREQ(self->config.store, "/var/lib/uks/keys.db");
	EXPECT_STREQ(self->config.user, "uks");
	EXPECT_GE(self->config.workers, 2);
	EXPECT_LE(self->config.workers, 16);
	EXPECT_EQ(self->config.log_level, LOG_INFO);
}

TEST_F(config, takes_each_key)
{
	static const char * const lines[] = {
		"# comment\n", "; another\n", "\n",
		"tcti = swtpm:host=127.0.0.1,port=2321\n",
		"tpm-root-handle=0x81000002\n",
		"  store = /a/b c/keys.db\t\n",
		"user = somebody ; why\n",
		"workers = 7\n",
		"attest-pcrs = sha384:0,7\n",
		"log-level = debug",
	};
	char text[400] = "";
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		strcat(text, lines[i]);
	ASSERT_EQ(LOAD(text), 0) {
		TH_LOG("%s", self->failure.text);
	}
	EXPECT_STREQ(self->config.tcti, "swtpm:host=127.0.0.1,port=2321");
	EXPECT_EQ(self->config.root_handle, 0x81000002);
	EXPECT_STREQ(self->config.store, "/a/b c/keys.db");
	EXPECT_STREQ(self->config.user, "somebody");
	EXPECT_EQ(self->config.workers, 7);
	EXPECT_EQ(self->config.attest_pcrs.bank, UKS_TPM_SHA384);
	EXPECT_EQ(self->config.attest_pcrs.mask, 1 << 0 | 1 << 7);
	EXPECT_EQ(self->config.log_level, LOG_DEBUG);
}

TEST_F(config, names_file_line_key_and_cure)
{
	static const struct {
		const char *text, *line, *cure;
	} mistakes[] = {
		{ "\n\ntcit = x\n", ":3: ", "unknown key 'tcit': known are tcti, " },
		{ "workers = 0\n", ":1: ", "workers is '0', must be 'auto' or a number from 1" },
		{ "workers = 65\n", ":1: ", "from 1 to 64" },
		{ "workers = 2x\n", ":1: ", "workers is '2x'" },
		{ "workers = -1\n", ":1: ", "workers is '-1'" },
		{ "workers =\n", ":1: ", "workers is ''" },
		{ "#\nworkers = 99999999999999999999\n", ":2: ", "workers is '9" },
		{ "attest-pcrs = sha256:0,99\n", ":1: ", "must be a bank and numbers" },
		{ "log-level = loud\n", ":1: ", "must be error, warning, notice, info or debug" },
		{ "store = keys.db\n", ":1: ", "must be the absolute path" },
		{ "store = /var/lib/uks/\n", ":1: ", "must be the absolute path of a file" },
		{ "store =\n", ":1: ", "must be the absolute path" },
		{ "user = a-name-that-is-far-too-long-for-a-user\n", ":1: ", "1 to 32 bytes" },
		{ "tcti=;device:/dev/tpmrm0\n", ":1: ", "tcti must not begin with ';'" },
		{ "tcti =\n", ":1: ", "tcti must be 1 to 255 bytes" },
		{ "tpm-root-handle = 1\n", ":1: ", "persistent handle from 0x81000000" },
		{ "tpm-root-handle = 0x81800000\n", ":1: ", "to 0x817fffff" },
		{ "[daemon]\nworkers = 2\n", ":2: ", "remove [daemon]" },
		{ "workers = 2\nnonsense\n", ":2: ", "not a line like 'key = value'" },
	};
	size_t i;

	for (i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		EXPECT_EQ(LOAD(mistakes[i].text), -1);
		EXPECT_EQ(strncmp(self->failure.text, self->path, strlen(self->path)), 0);
		EXPECT_EQ(strncmp(self->failure.text + strlen(self->path), mistakes[i].line,
				  4), 0) {
			TH_LOG("%s", self->failure.text);
		}
		EXPECT_NE(strstr(self->failure.text, mistakes[i].cure), NULL) {
			TH_LOG("%s", self->failure.text);
		}
	}
}

TEST_F(config, names_the_first_mistake)
{
	EXPECT_EQ(LOAD("workers = 2\nfirst = 1\nsecond = 2\nworkers = x\n"), -1);
	EXPECT_NE(strstr(self->failure.text, ":2: unknown key 'first'"), NULL);
}

/* What does not fit must not be taken for a line of its own. */
TEST_F(config, refuses_lines_that_are_too_long)
{
	char text[400];
	int len;

	for (len = 150; len < 380; len++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "tcti = ", 7);
		memcpy(text + len, "\nworkers = 3\n", 14);
		if (LOAD(text)) {
			EXPECT_NE(strstr(self->failure.text, ":1: "), NULL);
		} else {
			EXPECT_EQ((int)strlen(self->config.tcti), len - 7);
			EXPECT_EQ(self->config.workers, 3);
		}
	}
}

TEST_F(config, survives_any_bytes)
{
	char text[300];
	int i, j;

	for (i = 0; i < 2000; i++) {
		for (j = 0; j < (int)sizeof(text); j++)
			text[j] = rand() % 20 ? " =\n[];#tworkers"[rand() % 15] : rand();
		write_file(self->path, text, rand() % sizeof(text));
		config_load(&self->config, self->path, &self->failure);
	}
}

TEST_F(config, missing_file_is_named_unless_it_is_the_default)
{
	EXPECT_EQ(config_load(&self->config, "/nonexistent/uksd.conf", &self->failure), -1);
	EXPECT_STREQ(self->failure.text,
		     "cannot open /nonexistent/uksd.conf: No such file or directory");
	EXPECT_EQ(config_load(&self->config, "/tmp", &self->failure), -1);
	EXPECT_NE(strstr(self->failure.text, "Is a directory"), NULL);
}

/* What --check-config prints gives the same configuration again. */
TEST_F(config, printed_is_what_was_read)
{
	struct config again;
	FILE *file;

	ASSERT_EQ(LOAD("tcti = mssim\nworkers = 5\nlog-level = warning\nstore = /x/y\n"
		       "accept-generation = 3/4\n"), 0);
	file = fopen(self->path, "w");
	ASSERT_NE(file, NULL);
	config_print(&self->config, file);
	fclose(file);
	ASSERT_EQ(config_load(&again, self->path, &self->failure), 0) {
		TH_LOG("%s", self->failure.text);
	}
	EXPECT_STREQ(again.tcti, self->config.tcti);
	EXPECT_STREQ(again.store, self->config.store);
	EXPECT_STREQ(again.user, self->config.user);
	EXPECT_EQ(again.root_handle, self->config.root_handle);
	EXPECT_EQ(again.workers, self->config.workers);
	EXPECT_TRUE(again.accept);
	EXPECT_EQ(again.accept_stored, 3);
	EXPECT_EQ(again.accept_counted, 4);
	EXPECT_EQ(again.log_level, self->config.log_level);
}

TEST_HARNESS_MAIN
