/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Payloads of requests and answers: netlink attributes (struct nlattr, 4-byte
 * aligned) without any socket. Shared by the library and the daemon.
 */
#ifndef UKS_ATTR_H
#define UKS_ATTR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/uks.h>

/**
 * struct uks_attrs - a payload that is being written
 * @buf: where it is written; the caller's
 * @size: room at @buf, bytes
 * @len: bytes written
 * @error: 0, or -EMSGSIZE once something did not fit; then nothing more is
 *	written, so that one check at the end is enough
 */
struct uks_attrs {
	uint8_t *buf;
	size_t size;
	size_t len;
	int error;
};

/** uks_attrs_init() - begin a payload at @buf with room for @size bytes */
static inline void uks_attrs_init(struct uks_attrs *attrs, void *buf, size_t size)
{
	*attrs = (struct uks_attrs){ .buf = buf, .size = size };
}

/**
 * uks_attrs_reserve() - add an attribute and let the caller fill it in
 * @attrs: the payload
 * @type: UKS_A_*
 * @len: bytes of value, at most 65531
 *
 * Return: where the value goes, or NULL when there is no room.
 */
static inline void *uks_attrs_reserve(struct uks_attrs *attrs, uint16_t type, size_t len)
{
	size_t room = NLA_ALIGN(NLA_HDRLEN + len);
	struct nlattr nla = { .nla_type = type, .nla_len = NLA_HDRLEN + len };
	uint8_t *at;

	if (attrs->error || len > UINT16_MAX - NLA_HDRLEN || room > attrs->size - attrs->len) {
		attrs->error = -EMSGSIZE;
		return NULL;
	}
	at = attrs->buf + attrs->len;
	memcpy(at, &nla, NLA_HDRLEN);
	memset(at + NLA_HDRLEN + len, 0, room - NLA_HDRLEN - len);
	attrs->len += room;
	return at + NLA_HDRLEN;
}

/** uks_attrs_put() - add an attribute with a copy of @len bytes at @value */
static inline void uks_attrs_put(struct uks_attrs *attrs, uint16_t type, const void *value,
				 size_t len)
{
	void *at = uks_attrs_reserve(attrs, type, len);

	if (at && len)
		memcpy(at, value, len);
}

/** uks_attrs_put_u32() - add a 32-bit number */
static inline void uks_attrs_put_u32(struct uks_attrs *attrs, uint16_t type, uint32_t value)
{
	uks_attrs_put(attrs, type, &value, sizeof(value));
}

/** uks_attrs_put_u64() - add a 64-bit number */
static inline void uks_attrs_put_u64(struct uks_attrs *attrs, uint16_t type, uint64_t value)
{
	uks_attrs_put(attrs, type, &value, sizeof(value));
}

/** uks_attrs_put_string() - add a string, without its NUL */
static inline void uks_attrs_put_string(struct uks_attrs *attrs, uint16_t type, const char *value)
{
	uks_attrs_put(attrs, type, value, strlen(value));
}

/**
 * uks_attrs_nest() - begin a nested payload
 * @attrs: the payload
 * @type: UKS_A_*
 *
 * Return: what uks_attrs_nest_end() wants.
 */
static inline size_t uks_attrs_nest(struct uks_attrs *attrs, uint16_t type)
{
	size_t at = attrs->len;

	uks_attrs_reserve(attrs, type | NLA_F_NESTED, 0);
	return at;
}

/**
 * uks_attrs_nest_end() - end a nested payload
 * @attrs: the payload
 * @at: from uks_attrs_nest()
 */
static inline void uks_attrs_nest_end(struct uks_attrs *attrs, size_t at)
{
	uint16_t len;

	if (attrs->error)
		return;
	if (attrs->len - at > UINT16_MAX) {
		attrs->error = -EMSGSIZE;
		return;
	}
	len = attrs->len - at;
	memcpy(attrs->buf + at, &len, sizeof(len));
}

/**
 * struct uks_attr - one attribute of a payload that is being read
 * @type: UKS_A_*, 0 when absent
 * @len: bytes at @value
 * @value: the value, inside the payload, not aligned for its type
 */
struct uks_attr {
	uint16_t type;
	uint16_t len;
	const uint8_t *value;
};

/**
 * uks_attr_next() - read the next attribute
 * @payload: where it is; moved on
 * @len: bytes left; counted down
 * @attr: the attribute
 *
 * Return: 1, 0 at the end, or -EBADMSG when the payload is malformed.
 */
static inline int uks_attr_next(const uint8_t **payload, size_t *len, struct uks_attr *attr)
{
	struct nlattr nla;
	size_t room;

	if (!*len)
		return 0;
	if (*len < NLA_HDRLEN)
		return -EBADMSG;
	memcpy(&nla, *payload, NLA_HDRLEN);
	if (nla.nla_len < NLA_HDRLEN || nla.nla_len > *len)
		return -EBADMSG;
	attr->type = nla.nla_type & NLA_TYPE_MASK;
	attr->len = nla.nla_len - NLA_HDRLEN;
	attr->value = *payload + NLA_HDRLEN;
	room = NLA_ALIGN((size_t)nla.nla_len);
	if (room > *len)
		room = *len;
	*payload += room;
	*len -= room;
	return 1;
}

/**
 * uks_attrs_parse() - read a whole payload
 * @payload: attributes
 * @len: bytes at @payload
 * @table: an array of UKS_A_MAX + 1 attributes, indexed by type. Of a type that
 *	occurs twice (only %UKS_A_KEY may) the first is kept
 *
 * Types above UKS_A_MAX come from a newer peer and are passed over.
 *
 * Return: 0, or -EBADMSG when the payload is malformed.
 */
static inline int uks_attrs_parse(const void *payload, size_t len, struct uks_attr *table)
{
	const uint8_t *at = payload;
	struct uks_attr attr;
	int ret;

	memset(table, 0, (UKS_A_MAX + 1) * sizeof(*table));
	while ((ret = uks_attr_next(&at, &len, &attr)) > 0)
		if (attr.type && attr.type <= UKS_A_MAX && !table[attr.type].type)
			table[attr.type] = attr;
	return ret;
}

/** uks_attr_u32() - value of a 32-bit number, or @absent */
static inline uint32_t uks_attr_u32(const struct uks_attr *attr, uint32_t absent)
{
	uint32_t value = absent;

	if (attr->type && attr->len == sizeof(value))
		memcpy(&value, attr->value, sizeof(value));
	return value;
}

/** uks_attr_u64() - value of a 64-bit number, or @absent */
static inline uint64_t uks_attr_u64(const struct uks_attr *attr, uint64_t absent)
{
	uint64_t value = absent;

	if (attr->type && attr->len == sizeof(value))
		memcpy(&value, attr->value, sizeof(value));
	return value;
}

/**
 * uks_attr_string() - copy a string and end it with NUL
 * @attr: the attribute
 * @out: where the string goes
 * @size: room at @out, bytes
 *
 * Return: true if it is there, fits and has no NUL inside.
 */
static inline bool uks_attr_string(const struct uks_attr *attr, char *out, size_t size)
{
	if (!attr->type || attr->len >= size || memchr(attr->value, 0, attr->len))
		return false;
	memcpy(out, attr->value, attr->len);
	out[attr->len] = 0;
	return true;
}

#endif /* UKS_ATTR_H */
