// SPDX-License-Identifier: LGPL-2.1-or-later
/* Enrolment on line: both programs, HTTPS between them, and a daemon behind the client. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-sks-bridge.h"
#include "tests/unit/uksd-sks.h"

#define HMAC_SHA1	"http://www.w3.org/2000/09/xmldsig#hmac-sha1"
#define P256	"-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
#define MAKE_TLS(key, certificate) \
	"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 " \
	"-keyout " key " -out " certificate " -subj /CN=issuer " \
	"-addext subjectAltName=IP:127.0.0.1"

FIXTURE(keygen2)
{
	struct daemon daemon;
	struct issuer issuer;
	char bin[512];
	struct sks_bridge bridge;
	pid_t server;
	FILE *said;		/* by the server */
	char url[128];
};

static int run_shell(struct _test_data_keygen2 *self, const char *script)
{
	char command[1024];

	snprintf(command, sizeof(command), "cd %s && { %s; } 2> /dev/null", self->daemon.dir,
		 script);
	return system(command);
}

static pid_t spawn(struct _test_data_keygen2 *self, char *const *argv, int out)
{
	char path[600];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", self->bin, argv[0]);
	pid = fork();
	if (pid)
		return pid;
	if (chdir(self->daemon.dir) || dup2(out, 1) < 0)
		_exit(99);
	execv(path, argv);
	_exit(98);
}

static void stop_server(struct _test_data_keygen2 *self)
{
	if (!self->server)
		return;
	kill(self->server, SIGTERM);
	waitpid(self->server, NULL, 0);
	fclose(self->said);
	self->server = 0;
}

/* An issuer with that key management key and that option, if any; it has told its address. */
static int start_server(struct _test_data_keygen2 *self, const char *kmk, const char *option)
{
	char *argv[10] = { "uks-keygen2-issuer", "--cert", "cert.pem", "--key", "key.pem" };
	char line[256];
	int out[2], n = 5;

	stop_server(self);
	if (kmk) {
		argv[n++] = "--kmk";
		argv[n++] = (char *)kmk;
	}
	if (option)
		argv[n++] = (char *)option;
	if (pipe2(out, O_CLOEXEC))
		return -1;
	self->server = spawn(self, argv, out[1]);
	close(out[1]);
	self->said = fdopen(out[0], "r");
	if (!fgets(line, sizeof(line), self->said) ||
	    sscanf(line, "serving at %127s", self->url) != 1)
		return -1;
	return 0;
}

/* Exit status of the client. */
static int enrol(struct _test_data_keygen2 *self, const char *roots)
{
	char *const argv[] = {
		"uks-keygen2", "--socket", "sks", "--url", self->url, "--roots",
		(char *)roots, "--pin-file", "pin", NULL,
	};
	int status, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t client = spawn(self, argv, null);

	close(null);
	waitpid(client, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool says(struct _test_data_keygen2 *self, const char *line)
{
	char said[256] = "";

	return fgets(said, sizeof(said), self->said) && !strncmp(said, line, strlen(line));
}

FIXTURE_SETUP(keygen2)
{
	ssize_t len = readlink("/proc/self/exe", self->bin, sizeof(self->bin) - 1);

	ASSERT_GT(len, 0);
	*strrchr(self->bin, '/') = 0;
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	sks_issuer(&self->issuer, &self->daemon);
	ASSERT_EQ(run_shell(self, MAKE_TLS("key.pem", "cert.pem")), 0);
	ASSERT_EQ(run_shell(self, MAKE_TLS("other-key.pem", "other-cert.pem")), 0);
	ASSERT_EQ(run_shell(self, "openssl genpkey " P256 " -out kmk.pem"), 0);
	ASSERT_EQ(run_shell(self, "openssl genpkey -algorithm RSA -out other-kmk.pem"), 0);
	ASSERT_EQ(run_shell(self, "echo 7294 > pin"), 0);
	ASSERT_EQ(sks_bridge_start(&self->bridge, &self->daemon), 0);
}

FIXTURE_TEARDOWN(keygen2)
{
	stop_server(self);
	sks_bridge_stop(&self->bridge);
	run_shell(self, "rm -f *.pem pin");
	issuer_exit(&self->issuer);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* The handle of the n-th key, from 0. */
static uint32_t handle_of(struct _test_data_keygen2 *self, int n)
{
	uint32_t handle = 0;

	for (; n >= 0; n--) {
		frame_number(&self->issuer.args, handle, 4);
		if (issuer_call(&self->issuer, SKS_ENUMERATE_KEYS))
			return 0;
		handle = reader_number(&self->issuer.out, 4);
	}
	return handle;
}

static int sign_with(struct _test_data_keygen2 *self, int n, const char *pin)
{
	const struct issuer_key key = { .handle = handle_of(self, n) };

	return sks_sign_with(&self->issuer, &key, ECDSA_SHA256, pin);
}

/* Row 34: PINs of issuer and user, a secret, a property. */
TEST_F_TIMEOUT(keygen2, enrols_what_the_issuer_asks_for, 120)
{
	struct issuer_key third = { };

	ASSERT_EQ(start_server(self, NULL, NULL), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "issued 3 keys"));
	EXPECT_EQ(sks_count_keys(&self->issuer), 3);
	EXPECT_STATUS(0, sign_with(self, 0, "1234"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, sign_with(self, 0, "7294"));
	EXPECT_STATUS(0, sign_with(self, 1, "7294"));
	third.handle = handle_of(self, 2);
	sks_begin(&self->issuer, &third);
	frame_text(&self->issuer.args, HMAC_SHA1);
	frame_bytes(&self->issuer.args, NULL, 0);
	frame_number(&self->issuer.args, 0, 1);
	frame_bytes(&self->issuer.args, NULL, 0);
	frame_blob(&self->issuer.args, "1", 1);
	EXPECT_STATUS(0, issuer_call(&self->issuer, SKS_HMAC));
	sks_begin(&self->issuer, &third);
	frame_text(&self->issuer.args, "urn:example:otp");
	frame_text(&self->issuer.args, "Counter");
	frame_text(&self->issuer.args, "1");
	EXPECT_STATUS(0, issuer_call(&self->issuer, SKS_SET_PROPERTY));
}

TEST_F(keygen2, enrols_for_a_device_that_stays_unknown)
{
	ASSERT_EQ(start_server(self, NULL, "--privacy"), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "issued 3 keys"));
	EXPECT_STATUS(0, sign_with(self, 0, "1234"));
}

/* The session stays open in the store: another run of the client finishes it. */
TEST_F_TIMEOUT(keygen2, finishes_another_time_what_the_issuer_defers, 120)
{
	ASSERT_EQ(start_server(self, NULL, "--deferred"), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "deferred 3 keys"));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 1);
	EXPECT_EQ(sks_count_keys(&self->issuer), 0);
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "issued 3 keys"));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_STATUS(0, sign_with(self, 0, "1234"));
}

TEST_F(keygen2, does_not_finish_what_is_gone)
{
	ASSERT_EQ(start_server(self, NULL, "--deferred"), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	frame_number(&self->issuer.args, 0, 4);
	frame_number(&self->issuer.args, true, 1);
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_ENUMERATE_SESSIONS));
	self->issuer.handle = reader_number(&self->issuer.out, 4);
	ASSERT_STATUS(0, issuer_abort(&self->issuer));
	EXPECT_EQ(enrol(self, "cert.pem"), 1);
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* An issuer finds and changes the keys under its own management key, and no others. */
TEST_F_TIMEOUT(keygen2, finds_keys_of_the_same_issuer_only, 120)
{
	ASSERT_EQ(start_server(self, "kmk.pem", NULL), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "found 0 keys"));
	EXPECT_TRUE(says(self, "issued 3 keys"));
	ASSERT_EQ(start_server(self, "other-kmk.pem", NULL), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "found 0 keys"));
	EXPECT_TRUE(says(self, "issued 3 keys"));
	EXPECT_EQ(sks_count_keys(&self->issuer), 6);
	ASSERT_EQ(start_server(self, "kmk.pem", NULL), 0);
	ASSERT_EQ(enrol(self, "cert.pem"), 0);
	EXPECT_TRUE(says(self, "found 3 keys"));
	EXPECT_TRUE(says(self, "renewed 1 key, deleted 2"));
	EXPECT_EQ(sks_count_keys(&self->issuer), 4);
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 2);
	/* In the place of the first, with its PIN. */
	EXPECT_STATUS(0, sign_with(self, 0, "1234"));
}

TEST_F(keygen2, trusts_no_server_that_it_was_not_told_to)
{
	ASSERT_EQ(start_server(self, NULL, NULL), 0);
	EXPECT_EQ(enrol(self, "other-cert.pem"), 1);
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

TEST_HARNESS_MAIN
