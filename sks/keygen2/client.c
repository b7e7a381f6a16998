// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uks-keygen2: enrols keys on line. It asks an issuer over HTTPS what to do (KeyGen2), and has
 * it done by uks-sksd (SKS). It holds no key.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/pem.h>

#include "sks/keygen2/client.h"
#include "sks/socket.h"

/* Keep what comes, up to the longest message. */
static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
	struct frame *to = context;

	(void)size;
	if (to->len + count > KG_MESSAGE_MAX)
		return 0;
	frame_raw(to, bytes, count);
	return count;
}

void client_check(void)
{
	if (*kg_error)
		errx(1, "the issuer's message is wrong: %s", kg_error);
}

void client_call(struct client *client, uint8_t method)
{
	char text[SKS_TEXT_MAX + 1];
	int status;

	client_check();
	frame_reset(&client->answer);
	if (socket_call(&client->fd, method, &client->args, &client->answer))
		errx(1, "uks-sksd has closed the connection");
	frame_reset(&client->args);
	client->out = (struct reader){ .at = client->answer.bytes, .left = client->answer.len };
	status = reader_number(&client->out, 1);
	if (!status)
		return;
	reader_text(&client->out, text, sizeof(text));
	errx(1, "the device refused method %d, status %d: %s", method, status, text);
}

/* The server's own certificate, which is the first. */
static void keep_certificate(CURL *curl, struct client *client)
{
	const char *pem = NULL, tag[] = "Cert:";
	struct curl_certinfo *info;
	struct curl_slist *line;
	X509 *x509;
	BIO *bio;

	if (client->certificate.len ||
	    curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info->num_of_certs)
		return;
	for (line = info->certinfo[0]; line; line = line->next)
		if (!strncmp(line->data, tag, sizeof(tag) - 1))
			pem = line->data + sizeof(tag) - 1;
	bio = BIO_new_mem_buf(pem ? pem : "", -1);
	x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x509) {
		uint8_t *at = frame_reserve(&client->certificate, i2d_X509(x509, NULL));

		i2d_X509(x509, &at);
	}
	X509_free(x509);
	BIO_free(bio);
}

/* Send a message (NULL: begin) and wait for the next; NULL when it was the last. */
static json_t *exchange(CURL *curl, struct client *client, const json_t *message)
{
	char *text = message ? json_dumps(message, 0) : strdup("");
	struct frame answer = { };
	json_t *next = NULL;
	CURLcode result;
	long status;

	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	result = curl_easy_perform(curl);
	if (result != CURLE_OK)
		errx(1, "cannot reach the issuer: %s", curl_easy_strerror(result));
	keep_certificate(curl, client);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 204)
		errx(1, "the issuer says %ld: %.*s", status, (int)answer.len,
		     answer.bytes ? (const char *)answer.bytes : "");
	if (answer.len) {
		next = kg_read(answer.bytes, answer.len);
		client_check();
	}
	frame_free(&answer);
	free(text);
	return next;
}

/* The issuer tells first whether it wants to know the device. */
static json_t *begin(struct client *client, const json_t *request)
{
	client->privacy = kg_flag(request, "privacyEnabled", false);
	snprintf(client->server_id, sizeof(client->server_id), "%s",
		 kg_text(request, "serverSessionId", NULL));
	return kg_begin("InvocationResponse", client->server_id, NULL);
}

static json_t *answer(struct client *client, const json_t *request)
{
	static const struct {
		const char *qualifier;
		json_t *(*handle)(struct client *client, const json_t *request);
	} steps[] = {
		{ "InvocationRequest", begin },
		{ "ProvisioningInitializationRequest", client_open },
		{ "CredentialDiscoveryRequest", client_find },
		{ "KeyCreationRequest", client_create },
		{ "ProvisioningFinalizationRequest", client_finish },
	};
	const char *qualifier = kg_qualifier(request);
	size_t i;

	if (*client->server_id && strcmp(client->server_id,
					 kg_text(request, "serverSessionId", NULL)))
		errx(1, "the issuer has changed its session");
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (!strcmp(qualifier, steps[i].qualifier))
			return steps[i].handle(client, request);
	errx(1, "the issuer's message \"%s\" is unknown", qualifier);
}

/* A session that the issuer will not finish leaves nothing. */
static void end(struct client *client)
{
	if (!client->handle || client->deferred)
		return;
	frame_number(&client->args, client->handle, 4);
	client_call(client, SKS_ABORT_SESSION);
	errx(1, "the issuer has ended before anything was issued");
}

static void enrol(CURL *curl, struct client *client)
{
	json_t *request = exchange(curl, client, NULL), *response;

	while (request) {
		response = answer(client, request);
		client_check();
		printf("%s\n", kg_qualifier(response));
		json_decref(request);
		request = exchange(curl, client, response);
		json_decref(response);
	}
	end(client);
}

static CURL *open_curl(const char *url, const char *roots, struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		errx(1, "libcurl failed");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	if (roots)
		curl_easy_setopt(curl, CURLOPT_CAINFO, roots);
	return curl;
}

/* Its first line. */
static const char *read_pin(const char *path)
{
	static char pin[SKS_PIN_MAX + 2];
	FILE *file = fopen(path, "r");

	if (!file || !fgets(pin, sizeof(pin), file))
		err(2, "cannot read a PIN from %s", path);
	fclose(file);
	pin[strcspn(pin, "\n")] = 0;
	return pin;
}

static void show_help(FILE *to)
{
	fputs("usage: uks-keygen2 --socket PATH --url URL [--roots FILE] [--pin-file FILE]\n"
	      "Enrol keys on line: ask an issuer over HTTPS what to do (KeyGen2), and have it\n"
	      "done through uks-sksd.\n"
	      "  -s, --socket PATH  where uks-sksd listens\n"
	      "  -u, --url URL      of the issuer\n"
	      "  -r, --roots FILE   whom to believe who the issuer is, PEM; else the system's\n"
	      "  -p, --pin-file FILE  has your PIN, if the issuer lets you choose one\n"
	      "  -h, --help         this\n", to);
}

static void run(struct client *client, const char *path, const char *roots)
{
	struct curl_slist *headers;
	CURL *curl;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(NULL, "Content-Type: " KG_TYPE);
	curl = open_curl(client->url, roots, headers);
	client->fd = socket_connect(path);
	enrol(curl, client);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_global_cleanup();
	close(client->fd);
	frame_free(&client->certificate);
	frame_free(&client->args);
	frame_free(&client->answer);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "url", required_argument, NULL, 'u' },
		{ "roots", required_argument, NULL, 'r' },
		{ "pin-file", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *path = NULL, *roots = NULL;
	struct client client = { };
	int option;

	while ((option = getopt_long(argc, argv, "s:u:r:p:h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'u':
			client.url = optarg;
			break;
		case 'r':
			roots = optarg;
			break;
		case 'p':
			client.pin = read_pin(optarg);
			break;
		case 'h':
			show_help(stdout);
			return 0;
		default:
			show_help(stderr);
			return 2;
		}
	}
	if (!path || !client.url || optind != argc) {
		show_help(stderr);
		return 2;
	}
	run(&client, path, roots);
	return 0;
}
