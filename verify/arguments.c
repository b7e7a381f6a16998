// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command line of uks-verify. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verify.h"

#define ALG_SHA256	0x000b

enum letter {
	CHALLENGE = 'c',
	OUTPUT = 'o',
	HELP = 'h',
	AK = 256,
	ANY_AK,
	KEY,
	PCR,
	EXPECT,
	AT,
	JSON,
	EXTRACT,
	SECRET,
	ROOTS,
	VERSION,
};

static const struct option options[] = {
	{ "challenge", required_argument, NULL, CHALLENGE },
	{ "output", required_argument, NULL, OUTPUT },
	{ "help", no_argument, NULL, HELP },
	{ "ak", required_argument, NULL, AK },
	{ "any-ak", no_argument, NULL, ANY_AK },
	{ "key", required_argument, NULL, KEY },
	{ "pcr", required_argument, NULL, PCR },
	{ "expect", required_argument, NULL, EXPECT },
	{ "at", required_argument, NULL, AT },
	{ "json", no_argument, NULL, JSON },
	{ "extract", required_argument, NULL, EXTRACT },
	{ "secret", required_argument, NULL, SECRET },
	{ "roots", required_argument, NULL, ROOTS },
	{ "version", no_argument, NULL, VERSION },
	{ }
};

void usage(FILE *out)
{
	fputs("Usage: uks-verify [OPTION]... ATTESTATION\n"
	      "       uks-verify credential AK --secret FILE -o CREDENTIAL [--roots FILE]\n"
	      "       uks-verify confirm AK ANSWER --secret FILE -o AK.PEM\n"
	      "Check an attestation of 'uksctl attest', without the machine that it is of.\n"
	      "\n"
	      "  -c, --challenge HEX    what the attestation must answer\n"
	      "      --ak FILE          the attestation key that must have made it, as confirmed\n"
	      "      --any-ak           take any attestation key: proves nothing about the TPM\n"
	      "      --key FILE         public key that it must be about, PEM or DER\n"
	      "      --pcr N=HEX        what PCR N of SHA-256 must hold; may be given often\n"
	      "      --expect NAME=VALUE  property that it must have, as printed; may be given often\n"
	      "      --at SECONDS       time for which certificates are checked, since 1970 UTC (now)\n"
	      "      --extract DIR      write what tpm2_checkquote takes to DIR\n"
	      "      --json             print JSON\n"
	      "      --secret FILE      what the attestation key must find in the credential\n"
	      "      --roots FILE       certificates of makers of TPMs, PEM\n"
	      "  -o, --output FILE      write FILE\n"
	      "  -h, --help             print this\n"
	      "      --version          print the version\n"
	      "\n"
	      "Exit status: 0 good, 1 failure, 2 wrong use, 10 malformed, 11 another attestation\n"
	      "key, 12 replayed quote, 13 another challenge, 14 another key, 15 altered policy,\n"
	      "16 altered claims, 17 another chain, 18 not in the TPM, 19 other PCRs, 20 not valid\n"
	      "at that time, 21 another property than expected, 22 endorsement key refused,\n"
	      "23 wrong answer to a credential.\n", out);
}

static int take_pcr(struct arguments *arguments, const char *text)
{
	struct check_wanted *wanted = &arguments->wanted;
	unsigned long number;
	uint8_t value[32];
	char *end;
	size_t len;

	number = strtoul(text, &end, 10);
	if (end == text || *end != '=' || number >= CHECK_PCRS ||
	    !hex_parse(end + 1, value, sizeof(value), &len) || len != sizeof(value))
		return complain(CHECK_USAGE, "'%s' is not a PCR and its value: 7=0011...", text);
	wanted->bank = ALG_SHA256;
	wanted->pcrs |= 1u << number;
	memcpy(wanted->pcr[number], value, sizeof(value));
	return CHECK_GOOD;
}

static int take_challenge(struct arguments *arguments, const char *text)
{
	struct check_bytes *challenge = &arguments->wanted.challenge;

	challenge->at = arguments->challenge;
	if (hex_parse(text, arguments->challenge, sizeof(arguments->challenge), &challenge->len))
		return CHECK_GOOD;
	return complain(CHECK_USAGE, "'%s' is no challenge: up to %zu bytes in hexadecimal digits",
			text, sizeof(arguments->challenge));
}

static int take_time(struct arguments *arguments, const char *text)
{
	char *end;

	arguments->wanted.at = strtoll(text, &end, 10);
	if (end != text && !*end)
		return CHECK_GOOD;
	return complain(CHECK_USAGE, "'%s' is no number of seconds since 1970", text);
}

static int take_expected(struct arguments *arguments, const char *text)
{
	if (!strchr(text, '=') || arguments->nr_expected == EXPECTED_MAX)
		return complain(CHECK_USAGE, "'%s' is not NAME=VALUE, or there are too many", text);
	arguments->expected[arguments->nr_expected++] = text;
	return CHECK_GOOD;
}

static int take_public(const char *path, uint8_t *data, size_t size, struct check_bytes *bytes)
{
	bytes->at = data;
	return file_public(path, data, size, &bytes->len);
}

static int take(struct arguments *arguments, int option)
{
	switch (option) {
	case CHALLENGE:
		return take_challenge(arguments, optarg);
	case AK:
		return take_public(optarg, arguments->ak, sizeof(arguments->ak),
				   &arguments->wanted.ak);
	case KEY:
		return take_public(optarg, arguments->key, sizeof(arguments->key),
				   &arguments->wanted.key);
	case PCR:
		return take_pcr(arguments, optarg);
	case EXPECT:
		return take_expected(arguments, optarg);
	case AT:
		return take_time(arguments, optarg);
	case ANY_AK:
		arguments->any_ak = true;
		return CHECK_GOOD;
	case JSON:
		arguments->json = true;
		return CHECK_GOOD;
	case EXTRACT:
		arguments->extract = optarg;
		return CHECK_GOOD;
	case SECRET:
		arguments->secret = optarg;
		return CHECK_GOOD;
	case ROOTS:
		arguments->roots = optarg;
		return CHECK_GOOD;
	case OUTPUT:
		arguments->output = optarg;
		return CHECK_GOOD;
	case HELP:
		usage(stdout);
		return -1;
	case VERSION:
		printf("uks-verify %s\n", UKS_VERIFY_VERSION);
		return -1;
	default:
		return complain(CHECK_USAGE, "see 'uks-verify --help'");
	}
}

int arguments_parse(struct arguments *arguments, int argc, char **argv)
{
	int option, status = CHECK_GOOD;

	memset(arguments, 0, sizeof(*arguments));
	arguments->wanted.at = time(NULL);
	while (!status && (option = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1)
		status = take(arguments, option);
	arguments->files = argv + optind;
	arguments->nr_files = argc - optind;
	return status;
}
