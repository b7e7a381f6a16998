// SPDX-License-Identifier: LGPL-2.1-or-later
/* uks-issuer: enrols keys through uks-sksd, to show and to test that it works. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sks/socket.h"
#include "sks/uks-issuer.h"

#define ECDSA_SHA256	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
#define LOAD_RSA	75
#define LOAD_EC		171
#define LOAD_CALLS	2800

static int say(const char *what, int ret)
{
	if (!ret)
		printf("%s\n", what);
	return ret;
}

/* A PUK, a PIN that two keys share, one key that needs none, an extension. */
static int enrol(struct issuer *issuer)
{
	struct issuer_puk puk = { .id = "PUK.1", .value = "012355", .len = 6, .limit = 3 };
	struct issuer_pin pin = {
		.id = "PIN.1", .puk = &puk, .limit = 3, .grouping = SKS_GROUPING_SHARED,
		.min = 4, .max = 8,
	};
	struct issuer_key ec = {
		.id = "Key.1", .pin = &pin, .pin_value = "1234", .friendly = "Sign in",
		.usage = SKS_USAGE_AUTHENTICATION,
	};
	struct issuer_key rsa = {
		.id = "Key.2", .pin = &pin, .pin_value = "1234", .friendly = "Sign",
		.algorithm = SKS_URI "rsa2048",
	};
	struct issuer_key plain = {
		.id = "Key.3", .usage = SKS_USAGE_AUTHENTICATION, .endorsed = { ECDSA_SHA256 },
	};
	struct issuer_extension extension = {
		.type = "urn:example:counter", .kind = SKS_EXTENSION_PROPERTY_BAG,
		.data = "\0\7Counter\1\0\1\60", .len = 13,
	};
	int ret;

	ret = say("session opened, its attestation is that of the device", issuer_open(issuer)) ||
	      say("PUK policy made", issuer_create_puk(issuer, &puk)) ||
	      say("PIN policy made", issuer_create_pin(issuer, &pin)) ||
	      say("EC key made inside the device, attested", issuer_create_key(issuer, &ec)) ||
	      say("RSA key made inside the device, attested", issuer_create_key(issuer, &rsa)) ||
	      say("EC key without PIN made", issuer_create_key(issuer, &plain));
	if (!ret) {
		issuer_certify(issuer, &ec, NULL);
		issuer_certify(issuer, &rsa, NULL);
		issuer_certify(issuer, &plain, NULL);
		ret = issuer_set_path(issuer, &ec, true) ||
		      issuer_set_path(issuer, &plain, true) ||
		      say("certificates given", issuer_set_path(issuer, &rsa, true)) ||
		      say("property bag added", issuer_add_extension(issuer, &ec, &extension)) ||
		      say("session closed, attested", issuer_close(issuer)) ||
		      issuer_sign_with(issuer, &ec, false, "1234") ||
		      say("signed with the PIN, by both keys",
			  issuer_sign_with(issuer, &rsa, true, "1234"));
	}
	if (!ret && !issuer_sign_with(issuer, &ec, false, "9999"))
		errx(1, "a wrong PIN was taken");
	if (!ret)
		printf("a wrong PIN is refused: %s\n", issuer->text);
	issuer_key_free(&ec);
	issuer_key_free(&rsa);
	issuer_key_free(&plain);
	return ret;
}

static int load(struct issuer *issuer)
{
	time_t begin = time(NULL);
	int ret = issuer_load(issuer, LOAD_RSA, LOAD_EC, LOAD_CALLS);

	if (!ret)
		printf("%d calls with %d RSA and %d EC keys in %ld s\n", LOAD_CALLS, LOAD_RSA,
		       LOAD_EC, (long)(time(NULL) - begin));
	return ret;
}

static void show_help(FILE *to)
{
	fputs("usage: uks-issuer --socket PATH [--privacy] [--load]\n"
	      "Enrol keys through uks-sksd, verify all attestations, and use the keys.\n"
	      "  -s, --socket PATH  where uks-sksd listens\n"
	      "  -p, --privacy      without learning which device it is\n"
	      "  -l, --load         2800 calls with 75 RSA and 171 EC keys instead\n"
	      "  -h, --help         this\n", to);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "privacy", no_argument, NULL, 'p' },
		{ "load", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool privacy = false, much = false;
	const char *path = NULL;
	struct issuer issuer;
	int option, fd, ret;

	while ((option = getopt_long(argc, argv, "s:plh", options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'p':
			privacy = true;
			break;
		case 'l':
			much = true;
			break;
		case 'h':
			show_help(stdout);
			return 0;
		default:
			show_help(stderr);
			return 2;
		}
	}
	if (!path || optind != argc) {
		show_help(stderr);
		return 2;
	}
	fd = socket_connect(path);
	issuer_init(&issuer, socket_call, &fd);
	issuer.privacy = privacy;
	ret = much ? load(&issuer) : enrol(&issuer);
	if (ret)
		warnx("status %d: %s", issuer.status, issuer.text);
	issuer_exit(&issuer);
	close(fd);
	return ret ? 1 : 0;
}
