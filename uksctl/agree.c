// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl agree, derive: secrets that are given out, if the key's policy lets them */
#include <string.h>
#include <unistd.h>

#include "uksctl.h"

/* Nobody shall see a secret by chance, nor anybody else read the file. */
static int put_secret(struct run *run, const void *secret, size_t len)
{
	struct output output;
	bool hidden = !run->options[OPTION_FORCE] || !isatty(STDOUT_FILENO);
	int ret = output_open(run, &output, 0600, hidden);

	if (ret)
		return ret;
	ret = output_write(&output, secret, len);
	if (!ret)
		return output_commit(run, &output);
	output_abandon(&output);
	return ret;
}

int run_agree(struct run *run)
{
	uint8_t secret[1024];
	size_t len = sizeof(secret);
	struct uks_session *session = NULL;
	struct uks_parameters *parameters;
	struct method method;
	int ret = method_from_options(run, &method);

	if (!ret)
		ret = pin_from_options(run);
	if (ret)
		return ret;
	/* The peer is the message here, no parameter of the session. */
	parameters = &method.parameters;
	method.method.parameters = NULL;
	if (session_open(run, UKS_PURPOSE_AGREE, &method.method, &session) ||
	    uks_agree(session, parameters->peer, parameters->peer_len, secret, &len, &run->err))
		ret = fail(run, "agree with", run->args[0]);
	else
		ret = put_secret(run, secret, len);
	explicit_bzero(secret, sizeof(secret));
	uks_session_close(session);
	return ret;
}

int run_derive(struct run *run)
{
	uint8_t secret[UKS_MESSAGE_MAX];
	size_t len = sizeof(secret);
	struct uks_session *session = NULL;
	struct method method;
	int ret = method_from_options(run, &method);

	if (!ret)
		ret = pin_from_options(run);
	if (ret)
		return ret;
	if (session_open(run, UKS_PURPOSE_DERIVE, &method.method, &session) ||
	    uks_derive(session, NULL, 0, secret, &len, &run->err))
		ret = fail(run, "derive from", run->args[0]);
	else
		ret = put_secret(run, secret, len);
	explicit_bzero(secret, sizeof(secret));
	uks_session_close(session);
	return ret;
}
