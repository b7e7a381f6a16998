// SPDX-License-Identifier: GPL-2.0
/* libuks through the module and the daemon: messages, lists, threads, forks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/resource.h>

#include <kselftest_harness.h>

#include "libuks-key.h"

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

FIXTURE(uks)
{
	struct test_key key;
	struct uks_session *session;
	struct uks_err err;
	uint8_t in[1000];
	uint8_t out[1100];
	size_t len;
};

FIXTURE_SETUP(uks)
{
	memset(self->in, 'x', sizeof(self->in));
	self->len = sizeof(self->out);
}

FIXTURE_TEARDOWN(uks)
{
	uks_session_close(self->session);
	if (self->key.client)
		EXPECT_EQ(test_key_delete(&self->key), 0);
}

#define OPEN(type, purpose) do { \
	if (!self->key.client) \
		ASSERT_EQ(test_key_make(&self->key, type), 0) { \
			TH_LOG("%s", self->key.err.text); \
		} \
	uks_session_close(self->session); \
	self->session = test_key_open(&self->key, purpose); \
	ASSERT_NE(self->session, NULL) { \
		TH_LOG("%s", self->key.err.text); \
	} \
} while (0)

/* ---- messages ---- */

TEST_F(uks, a_message_needs_its_nonce_data_and_tag)
{
	struct uks_aead aead = { .aad = "header", .aad_len = 6 };
	uint8_t back[1000], nonce[UKS_NONCE_LEN];
	size_t len = sizeof(back);

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(uks_encrypt(self->session, &aead, self->in, 1000, self->out, &self->len,
			      &self->err), 0);
	EXPECT_EQ(self->len, 1000 + UKS_TAG_LEN);
	memcpy(nonce, aead.nonce, sizeof(nonce));
	ASSERT_EQ(uks_encrypt(self->session, &aead, self->in, 1000, self->out, &self->len,
			      &self->err), 0);
	EXPECT_NE(memcmp(nonce, aead.nonce, sizeof(nonce)), 0);
	EXPECT_EQ(uks_decrypt(self->session, &aead, self->out, self->len, back, &len, &self->err),
		  -UKS_E_WRONG_PURPOSE);

	OPEN(0, UKS_PURPOSE_DECRYPT);
	ASSERT_EQ(uks_decrypt(self->session, &aead, self->out, self->len, back, &len, &self->err),
		  0);
	EXPECT_EQ(len, 1000);
	EXPECT_EQ(memcmp(back, self->in, 1000), 0);

	memset(back, 0, sizeof(back));
	aead.aad = "Header";
	EXPECT_EQ(uks_decrypt(self->session, &aead, self->out, self->len, back, &len, &self->err),
		  -UKS_E_NOT_AUTHENTIC);
	EXPECT_EQ(back[0], 0);
	EXPECT_EQ(self->err.errnum, EBADMSG);
}

TEST_F(uks, a_length_too_short_is_told)
{
	struct uks_aead aead = { 0 };
	uint8_t *big = calloc(1, 2 << 20);
	struct uks_query query;

	OPEN(UKS_KEY_AES_128, UKS_PURPOSE_ENCRYPT);
	self->len = 10;
	EXPECT_EQ(uks_encrypt(self->session, &aead, self->in, 100, self->out, &self->len,
			      &self->err), -UKS_E_NO_ROOM);
	EXPECT_EQ(self->len, 100 + UKS_TAG_LEN);
	ASSERT_EQ(uks_query(self->key.client, &query, &self->err), 0);
	self->len = 2 << 20;
	ASSERT_LT(query.aead_max, self->len);
	EXPECT_EQ(uks_encrypt(self->session, &aead, big, query.aead_max + 1, big, &self->len,
			      &self->err), -UKS_E_TOO_LONG);
	EXPECT_NE(strstr(self->err.text, "stream"), NULL);
	free(big);
}

TEST_F(uks, a_signature_belongs_to_its_message)
{
	static const uint32_t types[] = { UKS_KEY_EC_P256, UKS_KEY_ED25519 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		OPEN(types[i], UKS_PURPOSE_SIGN);
		self->len = sizeof(self->out);
		ASSERT_EQ(uks_sign(self->session, self->in, 1000, self->out, &self->len,
				   &self->err), 0);
		OPEN(0, UKS_PURPOSE_VERIFY);
		EXPECT_EQ(uks_verify(self->session, self->in, 1000, self->out, self->len,
				     &self->err), 0);
		EXPECT_EQ(uks_verify(self->session, self->in, 999, self->out, self->len,
				     &self->err), -UKS_E_BAD_SIGNATURE);
		/* The same message in parts. */
		ASSERT_EQ(uks_begin(self->session, NULL, &self->err), 0);
		ASSERT_EQ(uks_update(self->session, self->in, 400, &self->err), 0);
		ASSERT_EQ(uks_update(self->session, self->in + 400, 600, &self->err), 0);
		EXPECT_EQ(uks_finish_verify(self->session, self->out, self->len, &self->err), 0);
		EXPECT_EQ(uks_finish_verify(self->session, self->out, self->len, &self->err),
			  -UKS_E_STATE);
		EXPECT_EQ(test_key_delete(&self->key), 0);
	}
}

TEST_F(uks, a_mac_belongs_to_its_message)
{
	uint8_t mac[UKS_MAC_MAX];
	size_t len = sizeof(mac);

	OPEN(UKS_KEY_HMAC_SHA256, UKS_PURPOSE_MAC);
	ASSERT_EQ(uks_mac(self->session, self->in, 1000, mac, &len, &self->err), 0);
	EXPECT_EQ(len, 32);
	ASSERT_EQ(uks_begin(self->session, NULL, &self->err), 0);
	ASSERT_EQ(uks_update(self->session, self->in, 1000, &self->err), 0);
	self->len = 5;
	EXPECT_EQ(uks_finish(self->session, self->out, &self->len, &self->err), -UKS_E_NO_ROOM);
	EXPECT_EQ(self->len, 32);
	ASSERT_EQ(uks_finish(self->session, self->out, &self->len, &self->err), 0);
	EXPECT_EQ(memcmp(mac, self->out, 32), 0);

	OPEN(0, UKS_PURPOSE_MAC_VERIFY);
	EXPECT_EQ(uks_mac_verify(self->session, self->in, 1000, mac, 32, &self->err), 0);
	mac[31] ^= 1;
	EXPECT_EQ(uks_mac_verify(self->session, self->in, 1000, mac, 32, &self->err),
		  -UKS_E_NOT_AUTHENTIC);
	mac[31] ^= 1;
	EXPECT_LT(uks_mac_verify(self->session, self->in, 1000, mac, 16, &self->err), 0);
	EXPECT_EQ(uks_abort(self->session, &self->err), 0);
	EXPECT_EQ(uks_update(self->session, self->in, 1, &self->err), -UKS_E_STATE);
}

/* ---- keys ---- */

TEST_F(uks, a_deleted_key_ends_its_sessions)
{
	struct uks_aead aead = { 0 };
	struct uks_key *key;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(uks_key_delete(self->key.client, self->key.name, &self->err), 0);
	EXPECT_EQ(uks_encrypt(self->session, &aead, self->in, 10, self->out, &self->len,
			      &self->err), -UKS_E_REVOKED);
	EXPECT_EQ(uks_key_show(self->key.client, self->key.name, &key, &self->err),
		  -UKS_E_NO_KEY);
	EXPECT_NE(self->err.request, 0);
	uks_client_free(self->key.client);
	self->key.client = NULL;
}

TEST_F(uks, a_list_has_each_key_once_however_many)
{
	enum { KEYS = 150 };
	char name[256], before[256] = "";
	bool seen[KEYS] = { false };
	struct uks_key_list *list;
	struct uks_key *key;
	int i, pad = 200, found = 0;

	/* Long names, so that they do not fit into one answer. */
	ASSERT_EQ(uks_client_new(&self->key.client, &self->err), 0);
	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "list-%0*d", pad, i);
		ASSERT_EQ(uks_key_generate(self->key.client, name, UKS_KEY_AES_128, 0, NULL,
					   &self->err), 0) {
			TH_LOG("%s", self->err.text);
		}
	}
	ASSERT_EQ(uks_key_list(self->key.client, &list, &self->err), 0);
	do {
		ASSERT_EQ(uks_key_list_next(list, &key, &self->err), 0) {
			TH_LOG("%s", self->err.text);
		}
		if (key && !strncmp(key->name, "list-", 5)) {
			EXPECT_GT(strcmp(key->name, before), 0);
			snprintf(before, sizeof(before), "%s", key->name);
			i = atoi(key->name + 5);
			ASSERT_TRUE(i >= 0 && i < KEYS && !seen[i]);
			seen[i] = true;
			found++;
		}
		uks_key_free(key);
	} while (key);
	EXPECT_EQ(found, KEYS);
	uks_key_list_free(list);
	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "list-%0*d", pad, i);
		EXPECT_EQ(uks_key_delete(self->key.client, name, &self->err), 0);
	}
	uks_client_free(self->key.client);
	self->key.client = NULL;
}

/* ---- threads ---- */

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	struct uks_client *client;
	struct uks_session *encrypt;
	struct uks_session *decrypt;
	const char *name;
	int failures;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	uint8_t in[5000], out[5100], back[5100];
	struct uks_aead aead = { 0 };
	struct uks_key *key = NULL;
	size_t out_len, back_len;
	int i;

	memset(in, (uintptr_t)worker & 0xff, sizeof(in));
	pthread_barrier_wait(worker->start);
	if (uks_key_show(worker->client, worker->name, &key, NULL))
		worker->failures++;
	uks_key_free(key);
	for (i = 0; i < 50; i++) {
		out_len = sizeof(out);
		back_len = sizeof(back);
		if (uks_encrypt(worker->encrypt, &aead, in, sizeof(in), out, &out_len, NULL) ||
		    uks_decrypt(worker->decrypt, &aead, out, out_len, back, &back_len, NULL) ||
		    back_len != sizeof(in) || memcmp(in, back, sizeof(in)))
			worker->failures++;
	}
	return NULL;
}

TEST_F(uks, threads_share_a_client_and_its_sessions)
{
	enum { WORKERS = 8 };
	struct worker workers[WORKERS] = { 0 };
	struct uks_session *decrypt;
	struct uks_client *shared;
	pthread_barrier_t start;
	int i, fds;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	decrypt = test_key_open(&self->key, UKS_PURPOSE_DECRYPT);
	ASSERT_NE(decrypt, NULL);
	/* A client that nobody has opened yet: the threads do that all at once. */
	ASSERT_EQ(uks_client_new(&shared, &self->err), 0);
	fds = count_fds();
	pthread_barrier_init(&start, NULL, WORKERS);
	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){
			.start = &start, .client = shared, .encrypt = self->session,
			.decrypt = decrypt, .name = self->key.name,
		};
		ASSERT_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].failures, 0);
	}
	EXPECT_EQ(count_fds(), fds + 1);
	uks_client_free(shared);
	EXPECT_EQ(count_fds(), fds);
	uks_session_close(decrypt);
	pthread_barrier_destroy(&start);
}

/* ---- forks ---- */

#define IN_CHILD(body) do { \
	pid_t child = fork(); \
	int status = -1; \
	\
	ASSERT_GE(child, 0); \
	if (!child) { \
		body; \
		_exit(0); \
	} \
	ASSERT_EQ(waitpid(child, &status, 0), child); \
	EXPECT_EQ(status, 0); \
} while (0)

static void child_expects(bool condition, int line)
{
	if (condition)
		return;
	fprintf(stderr, "# the child failed at line %d\n", line);
	_exit(1);
}

#define CHILD(condition)	child_expects(condition, __LINE__)

TEST_F(uks, a_child_opens_the_client_again)
{
	struct uks_client *client;
	struct uks_key *key;
	int fds;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	client = self->key.client;
	IN_CHILD({
		fds = count_fds();
		CHILD(!uks_key_show(client, self->key.name, &key, NULL));
		/* The parent's descriptor went, the child's own came. */
		CHILD(count_fds() == fds);
		CHILD(!uks_key_show(client, self->key.name, &key, NULL));
		CHILD(count_fds() == fds);
		uks_client_free(client);
		CHILD(count_fds() == fds - 1);
	});
	IN_CHILD({
		fds = count_fds();
		uks_client_free(client);
		CHILD(count_fds() == fds - 1);
	});
	EXPECT_EQ(uks_key_show(client, self->key.name, &key, &self->err), 0);
	uks_key_free(key);
}

TEST_F(uks, a_child_does_not_close_what_is_not_the_clients)
{
	struct uks_client *client, *other;
	struct uks_query query;
	struct uks_key *key;
	int fd;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	client = self->key.client;
	/* A child that closes all, as daemons do, and fills the numbers anew. */
	IN_CHILD({
		CHILD(!close_range(3, ~0U, 0));
		do
			fd = open("/dev/null", O_RDWR);
		while (fd < 20);
		CHILD(!uks_key_show(client, self->key.name, &key, NULL));
		for (fd = 3; fd <= 20; fd++)
			CHILD(fcntl(fd, F_GETFD) >= 0);
	});
	/* Freeing it instead of using it closes nothing else either. */
	IN_CHILD({
		CHILD(!close_range(3, ~0U, 0));
		do
			fd = open("/dev/null", O_RDWR);
		while (fd < 20);
		uks_client_free(client);
		for (fd = 3; fd <= 20; fd++)
			CHILD(fcntl(fd, F_GETFD) >= 0);
	});
	/* The number now belongs to another client, of the child itself. */
	IN_CHILD({
		CHILD(!close_range(3, ~0U, 0));
		CHILD(!uks_client_new(&other, NULL));
		CHILD(!uks_query(other, &query, NULL));
		CHILD(!uks_query(client, &query, NULL));
		CHILD(!uks_query(other, &query, NULL));
	});
}

TEST_F(uks, a_session_stays_with_who_opened_it)
{
	struct uks_aead aead = { 0 };

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	IN_CHILD({
		CHILD(uks_encrypt(self->session, &aead, self->in, 10, self->out, &self->len,
				  &self->err) == -UKS_E_NOT_OPENER);
		CHILD(strstr(self->err.text, "process"));
		uks_session_close(self->session);
	});
	EXPECT_EQ(uks_encrypt(self->session, &aead, self->in, 10, self->out, &self->len,
			      &self->err), 0);
}

TEST_F(uks, a_change_of_user_closes_the_door)
{
	struct uks_query query;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(geteuid(), 0);
	ASSERT_EQ(seteuid(3001), 0);
	EXPECT_EQ(uks_query(self->key.client, &query, &self->err), -UKS_E_NOT_OPENER);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(uks_query(self->key.client, &query, &self->err), 0);
}

TEST_F(uks, nothing_is_handed_down_by_exec)
{
	struct uks_query query;
	int fd, flags, count = 0;

	OPEN(UKS_KEY_AES_256, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(uks_query(self->key.client, &query, &self->err), 0);
	for (fd = 3; fd < 64; fd++) {
		char path[64], target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) < 0 || !strstr(target, "uks"))
			continue;
		flags = fcntl(fd, F_GETFD);
		EXPECT_TRUE(flags & FD_CLOEXEC);
		count++;
	}
	EXPECT_EQ(count, 2);
}

/* ---- limits of the process ---- */

TEST_F(uks, no_descriptor_left_is_told)
{
	struct rlimit old, none;
	struct uks_client *client;
	struct uks_query query;

	ASSERT_EQ(uks_client_new(&client, &self->err), 0);
	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 3;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
	EXPECT_EQ(uks_query(client, &query, &self->err), -UKS_E_BUSY);
	EXPECT_EQ(self->err.errnum, EMFILE);
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
	EXPECT_EQ(uks_query(client, &query, &self->err), 0);
	uks_client_free(client);
}

TEST_HARNESS_MAIN
