// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key import: the one place where uksctl holds a secret; it is wiped. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <uks/algorithm.h>

#include "uksctl.h"

#define MATERIAL_ROOM	65536

/* Without --format: PEM says what it is, other bytes are what the type expects. */
static int choose_format(struct run *run, uint32_t type, const uint8_t *data, size_t len,
			 bool *pem, uint32_t *format)
{
	const char *text = run->options[OPTION_FORMAT];

	*pem = text ? !strcmp(text, "pem") : pem_is(data, len);
	if (*pem)
		*format = UKS_FORMAT_PKCS8;
	else if (text)
		*format = uks_word_value(UKS_WORD_FORMAT, text);
	else
		*format = uks_type_find(type) && uks_type_find(type)->asymmetric ?
			  UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW;
	if (*format != UKS_FORMAT_RAW && *format != UKS_FORMAT_PKCS8)
		return fail_usage(run, "'%s' is not a format of keys to import", text);
	return EXIT_OK;
}

static int import(struct run *run, uint8_t *data)
{
	struct uks_material material = { .data = data };
	bool pem = false;
	uint32_t type;
	size_t len;
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);

	if (!ret)
		ret = input_read_all(run->options[OPTION_INPUT], data, MATERIAL_ROOM, &len);
	if (!ret)
		ret = choose_format(run, type, data, len, &pem, &material.format);
	if (!ret && pem)
		ret = pem_to_pkcs8(data, MATERIAL_ROOM, &len);
	if (ret)
		return ret;
	material.len = len;
	return make_key(run, type, &material);
}

int run_key_import(struct run *run)
{
	const struct rlimit no_core = { 0, 0 };
	uint8_t *data = calloc(1, MATERIAL_ROOM);
	int ret;

	if (!data)
		return fail_text(EXIT_ERROR, "out of memory");
	/* A crash must not leave the key on the disk. */
	setrlimit(RLIMIT_CORE, &no_core);
	/* Not to be swapped out if that can be had; the limit may be lower. */
	mlock(data, MATERIAL_ROOM);
	ret = import(run, data);
	explicit_bzero(data, MATERIAL_ROOM);
	munlock(data, MATERIAL_ROOM);
	free(data);
	return ret;
}
