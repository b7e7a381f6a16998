// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uks-keygen2-issuer: an issuer that keys are enrolled from on line, by HTTPS, to show and to
 * test that it works. It listens on the loopback interface and has one session at a time.
 */
#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>
#include <openssl/pem.h>

#include "sks/issuer-crypto.h"
#include "sks/keygen2/server.h"

#define PATH	"/keygen2"

enum { IDLE, INVOKED, OPENED, SOUGHT, CREATED, FINISHED, DEFERRED };

void server_forget(struct server *server)
{
	int i;

	EVP_PKEY_free(server->ephemeral);
	server->ephemeral = NULL;
	frame_reset(&server->spki);
	frame_reset(&server->kmk);
	frame_reset(&server->issuer.device);
	frame_free(&server->first.certificate);
	for (i = 0; i < server->other_count; i++)
		frame_free(&server->others[i].certificate);
	for (i = 0; i < server->key_count; i++)
		issuer_key_free(&server->keys[i].key);
	server->other_count = 0;
	server->key_count = 0;
	explicit_bzero(server->issuer.key, sizeof(server->issuer.key));
	server->step = IDLE;
}

static bool is(const struct server *server, const json_t *message, const char *qualifier)
{
	return !strcmp(kg_qualifier(message), qualifier) &&
	       !strcmp(kg_text(message, "serverSessionId", ""), server->issuer.server_id);
}

/* Or later, when the client comes again. */
static json_t *finish(struct server *server)
{
	if (!server->deferred)
		return server_finish(server);
	printf("deferred %d keys\n", server->key_count);
	server->step = DEFERRED;
	return NULL;
}

/* What the client answers, and what comes next. */
static json_t *go_on(struct server *server, const json_t *message)
{
	switch (server->step) {
	case INVOKED:
		if (is(server, message, "InvocationResponse"))
			return server_open(server);
		break;
	case OPENED:
		if (!is(server, message, "ProvisioningInitializationResponse"))
			break;
		server_opened(server, message);
		if (*kg_error || server->issuer.kmk)
			return *kg_error ? NULL : server_find(server);
		server->step++;
		return server_create(server);
	case SOUGHT:
		if (!is(server, message, "CredentialDiscoveryResponse"))
			break;
		server_found(server, message);
		return *kg_error ? NULL : server_create(server);
	case CREATED:
		if (!is(server, message, "KeyCreationResponse"))
			break;
		server_created(server, message);
		return *kg_error ? NULL : finish(server);
	case FINISHED:
		if (!is(server, message, "ProvisioningFinalizationResponse"))
			break;
		server_finished(server, message);
		return NULL;
	default:
		break;
	}
	kg_fail("this message is not the one that was expected");
	return NULL;
}

json_t *server_answer(struct server *server, const json_t *message)
{
	json_t *next;

	if (!message && server->step == DEFERRED) {
		server->step = FINISHED;
		return server_finish(server);
	}
	if (!message) {
		server_forget(server);
		server->step = INVOKED;
		return server_invoke(server);
	}
	next = go_on(server, message);
	if (next)
		server->step++;
	else if (server->step != DEFERRED)
		server_forget(server);
	return next;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned int status,
			     const char *type, char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text,
									MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection,
			      const struct frame *body)
{
	json_t *message = NULL, *next = NULL;
	enum MHD_Result result;

	*kg_error = 0;
	if (body->len)
		message = kg_read(body->bytes, body->len);
	if (!*kg_error)
		next = server_answer(server, message);
	if (*kg_error) {
		printf("refused: %s\n", kg_error);
		result = reply(connection, MHD_HTTP_BAD_REQUEST, "text/plain",
			       strdup(kg_error));
	} else if (next) {
		result = reply(connection, MHD_HTTP_OK, KG_TYPE, json_dumps(next, 0));
	} else {
		result = reply(connection, MHD_HTTP_NO_CONTENT, KG_TYPE, strdup(""));
	}
	fflush(stdout);
	json_decref(message);
	json_decref(next);
	return result;
}

/* Called with each part of a message, and once more at its end. */
static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *bytes,
			     size_t *len, void **state)
{
	struct frame *body = *state;

	(void)version;
	if (!body) {
		body = calloc(1, sizeof(*body));
		*state = body;
		return body ? MHD_YES : MHD_NO;
	}
	if (*len) {
		if (body->len + *len > KG_MESSAGE_MAX)
			return MHD_NO;
		frame_raw(body, bytes, *len);
		*len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_POST) || strcmp(url, PATH))
		return reply(connection, MHD_HTTP_NOT_FOUND, "text/plain",
			     strdup("POST messages of KeyGen2 to " PATH));
	return answer(context, connection, body);
}

static void done(void *context, struct MHD_Connection *connection, void **state,
		 enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	if (*state)
		frame_free(*state);
	free(*state);
	*state = NULL;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (!file || !text || !fread(text, 1, 65535, file))
		err(2, "cannot read %s", path);
	fclose(file);
	return text;
}

static EVP_PKEY *read_key(const char *path)
{
	char *text = read_file(path);
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	if (!key)
		errx(2, "%s has no private key in PEM", path);
	BIO_free(bio);
	explicit_bzero(text, strlen(text));
	free(text);
	return key;
}

static void read_own(struct server *server, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint8_t *at;

	if (!x509)
		errx(2, "the server's certificate is no certificate in PEM");
	at = frame_reserve(&server->own, i2d_X509(x509, NULL));
	i2d_X509(x509, &at);
	X509_free(x509);
	BIO_free(bio);
}

static struct MHD_Daemon *start(struct server *server, uint16_t port, const char *certificate,
				const char *key)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};

	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS | MHD_USE_ERROR_LOG,
				port, NULL, NULL, serve, server,
				MHD_OPTION_SOCK_ADDR, &address,
				MHD_OPTION_HTTPS_MEM_CERT, certificate,
				MHD_OPTION_HTTPS_MEM_KEY, key,
				MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
}

/* Until a signal ends it. */
static void run(struct server *server, uint16_t port, const char *certificate_file,
		const char *key_file)
{
	char *certificate = read_file(certificate_file), *key = read_file(key_file), url[64];
	struct MHD_Daemon *daemon;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	read_own(server, certificate);
	daemon = start(server, port, certificate, key);
	if (!daemon)
		errx(1, "cannot serve HTTPS at port %u", port);
	port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	snprintf(url, sizeof(url), "https://127.0.0.1:%u" PATH, port);
	server->issuer.uri = url;
	printf("serving at %s\n", url);
	fflush(stdout);
	sigwait(&set, &number);
	MHD_stop_daemon(daemon);
	server->issuer.uri = NULL;
	explicit_bzero(key, strlen(key));
	free(key);
	free(certificate);
}

static void show_help(FILE *to)
{
	fputs("usage: uks-keygen2-issuer --cert FILE --key FILE [--port N] [--kmk FILE]\n"
	      "                          [--privacy] [--deferred]\n"
	      "Issue keys on line, by KeyGen2 over HTTPS on 127.0.0.1; see uks-keygen2.\n"
	      "  -c, --cert FILE  certificate of the server, PEM\n"
	      "  -k, --key FILE   its private key, PEM\n"
	      "  -n, --port N     where to listen; a free port if it is not given\n"
	      "  -m, --kmk FILE   key management key, PEM, P-256 or RSA: keys that were issued\n"
	      "                   under it are found, the first is renewed, others are deleted\n"
	      "  -p, --privacy    without learning which device it is\n"
	      "  -d, --deferred   issue when the client comes a second time\n"
	      "  -h, --help       this\n", to);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "port", required_argument, NULL, 'n' },
		{ "kmk", required_argument, NULL, 'm' },
		{ "privacy", no_argument, NULL, 'p' },
		{ "deferred", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *certificate = NULL, *key = NULL;
	static struct server server;
	uint16_t port = 0;
	int option;

	issuer_init(&server.issuer, NULL, NULL);
	while ((option = getopt_long(argc, argv, "c:k:n:m:pdh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			certificate = optarg;
			break;
		case 'k':
			key = optarg;
			break;
		case 'n':
			port = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			server.issuer.kmk = read_key(optarg);
			break;
		case 'p':
			server.issuer.privacy = true;
			break;
		case 'd':
			server.deferred = true;
			break;
		case 'h':
			show_help(stdout);
			return 0;
		default:
			show_help(stderr);
			return 2;
		}
	}
	if (!certificate || !key || optind != argc) {
		show_help(stderr);
		return 2;
	}
	run(&server, port, certificate, key);
	server_forget(&server);
	EVP_PKEY_free(server.issuer.kmk);
	issuer_exit(&server.issuer);
	frame_free(&server.own);
	frame_free(&server.spki);
	frame_free(&server.kmk);
	return 0;
}
