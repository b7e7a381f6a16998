// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attributes, nested ones too: what can be read can be written, and reads the same. */
#include <stdlib.h>

#include <uks/attr.h>

#include "tests/fuzz/fuzz.h"

#define DEPTH_MAX	4

static void read_values(const struct uks_attr *attr)
{
	char text[64];

	uks_attr_u32(attr, 0);
	uks_attr_u64(attr, 0);
	if (uks_attr_string(attr, text, sizeof(text)) && strlen(text) != attr->len)
		abort();
}

static void write_again(const uint8_t *payload, size_t len)
{
	static uint8_t buf[3 * UKS_PAYLOAD_MAX];
	const uint8_t *at = payload, *again = buf;
	struct uks_attr attr, copy;
	struct uks_attrs attrs;
	size_t left = len;

	uks_attrs_init(&attrs, buf, sizeof(buf));
	while (uks_attr_next(&at, &left, &attr) > 0)
		uks_attrs_put(&attrs, attr.type, attr.value, attr.len);
	if (attrs.error)
		abort();
	at = payload;
	left = attrs.len;
	while (uks_attr_next(&at, &len, &attr) > 0)
		if (uks_attr_next(&again, &left, &copy) != 1 || copy.type != attr.type ||
		    copy.len != attr.len || memcmp(copy.value, attr.value, attr.len))
			abort();
	if (left)
		abort();
}

static void walk(const uint8_t *payload, size_t len, int depth)
{
	const uint8_t *end = payload + len;
	struct uks_attr attr;
	int ret;

	while ((ret = uks_attr_next(&payload, &len, &attr)) > 0) {
		if (attr.value + attr.len > end)
			abort();
		read_values(&attr);
		if (depth < DEPTH_MAX)
			walk(attr.value, attr.len, depth + 1);
	}
	if (ret && ret != -EBADMSG)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct uks_attr table[UKS_A_MAX + 1];

	if (len > UKS_PAYLOAD_MAX)
		return 0;
	walk(data, len, 0);
	if (!uks_attrs_parse(data, len, table))
		write_again(data, len);
	return 0;
}
