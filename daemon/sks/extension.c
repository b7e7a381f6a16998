// SPDX-License-Identifier: LGPL-2.1-or-later
/* Extensions of keys: data, logotypes and property bags. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/sks/path.h"
#include "daemon/sks/session.h"

#define BLOCK_MAX	32	/* that encryption adds: initial vector, padding */

/* An extension; its contents in the store are these, in order. */
struct extension {
	struct sks_bytes type;
	uint8_t kind;
	struct sks_bytes qualifier;
	struct sks_bytes data;
};

/* One entry of a property bag, at the front of what is left of it. */
struct property {
	struct sks_bytes name;
	bool writable;
	struct sks_bytes value;
};

static bool next_property(struct sks_in *in, struct property *property)
{
	property->name = sks_get_bytes(in);
	property->writable = sks_get_bool(in);
	property->value = sks_get_bytes(in);
	return !in->bad && property->name.len && property->name.len <= UINT8_MAX;
}

static bool is_property_bag(const struct sks_bytes *data)
{
	struct sks_in in = { .at = data->at, .left = data->len };
	struct property property;

	while (in.left)
		if (!next_property(&in, &property))
			return false;
	return data->len;
}

static int check(struct sks_call *call, const struct extension *extension)
{
	bool encrypted = extension->kind == SKS_EXTENSION_ENCRYPTED;
	bool logotype = extension->kind == SKS_EXTENSION_LOGOTYPE;

	if (!extension->type.len || extension->type.len > SKS_URI_MAX ||
	    !sks_is_utf8(&extension->type))
		return sks_fail(call, SKS_E_OPTION,
				"the extension's type is no URI of 1 to %d bytes", SKS_URI_MAX);
	if (extension->kind > SKS_EXTENSION_LOGOTYPE)
		return sks_fail(call, SKS_E_OPTION, "the extension's sub-type %u is unknown",
				extension->kind);
	if (logotype != !!extension->qualifier.len ||
	    extension->qualifier.len > SKS_QUALIFIER_MAX || !sks_is_utf8(&extension->qualifier))
		return sks_fail(call, SKS_E_OPTION,
				"a logotype has a qualifier of 1 to %d bytes, other extensions none",
				SKS_QUALIFIER_MAX);
	if (extension->data.len > SKS_EXTENSION_MAX + (encrypted ? BLOCK_MAX : 0))
		return sks_fail(call, SKS_E_OPTION, "the extension has more than %d bytes",
				SKS_EXTENSION_MAX);
	if (extension->kind == SKS_EXTENSION_PROPERTY_BAG && !is_property_bag(&extension->data))
		return sks_fail(call, SKS_E_OPTION, "the property bag is empty or malformed");
	return 0;
}

/* How many extensions a key has, and bytes of their types as method 71 tells them. */
struct types {
	size_t count;
	size_t len;
};

static void count_type(const struct sks_object *object, struct types *types)
{
	struct sks_in in = { .at = object->plain, .left = object->len };

	types->count++;
	types->len += 2 + sks_get_bytes(&in).len;
}

/* The row of the extension of that type; 1, 0 with all of them counted, or -1. */
static int find(struct sks_call *call, uint32_t key, const struct sks_bytes *type,
		struct sks_object *object, struct types *types)
{
	uint8_t digest[32];
	uint32_t handle;
	int ret;

	*types = (struct types){ };
	crypto_hash_sha256(digest, type->at, type->len);
	*object = (struct sks_object){ .row = { .parent = key, .kind = SKS_EXTENSION } };
	while ((ret = sks_find(call, SKS_BY_PARENT, object)) > 0) {
		if (!memcmp(object->row.digest, digest, sizeof(digest)))
			return 1;
		count_type(object, types);
		handle = object->row.handle;
		sks_free(object);
		object->row = (struct sks_row){
			.handle = handle, .parent = key, .kind = SKS_EXTENSION,
		};
	}
	return ret;
}

static int write_extension(struct sks_call *call, struct sks_row *row,
			   const struct extension *extension)
{
	struct sks_out out = { .size = SKS_EXTENSION_MAX + SKS_URI_MAX + 256 };
	int ret;

	out.bytes = malloc(out.size);
	if (!out.bytes)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory for an extension");
	sks_put_bytes(&out, extension->type.at, extension->type.len);
	sks_put_u8(&out, extension->kind);
	sks_put_bytes(&out, extension->qualifier.at, extension->qualifier.len);
	sks_put_blob(&out, extension->data.at, extension->data.len);
	ret = out.full ? sks_fail(call, SKS_E_OPTION, "the extension is too long") :
	      sks_seal(call, row, out.bytes, out.len);
	sodium_memzero(out.bytes, out.len);
	free(out.bytes);
	return ret;
}

static void read_extension(const struct sks_object *object, struct extension *extension)
{
	struct sks_in in = { .at = object->plain, .left = object->len };

	extension->type = sks_get_bytes(&in);
	extension->kind = sks_get_u8(&in);
	extension->qualifier = sks_get_bytes(&in);
	extension->data = sks_get_blob(&in);
}

static int insert(struct sks_call *call, const struct sks_key *key,
		  const struct extension *extension)
{
	struct sks_row row = {
		.owner = call->request->uid, .kind = SKS_EXTENSION, .open = true,
		.parent = key->row.handle, .digest_len = 32,
	};

	crypto_hash_sha256(row.digest, extension->type.at, extension->type.len);
	if (sks_new_handle(call, &row.handle))
		return -1;
	return write_extension(call, &row, extension);
}

static int insert_encrypted(struct sks_call *call, struct sks_session *session,
			    const struct sks_key *key, struct extension *extension)
{
	struct sks_bytes encrypted = extension->data;
	uint8_t *plain = malloc(encrypted.len + 1);
	int ret = -1;

	if (!plain)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory for an extension");
	if (!sks_open_encrypted(call, session, &encrypted, plain, &extension->data.len)) {
		extension->data.at = plain;
		ret = insert(call, key, extension);
	}
	sodium_memzero(plain, encrypted.len);
	free(plain);
	return ret;
}

/* All types, and the certificates, have to fit into one answer. */
static int check_room(struct sks_call *call, uint32_t key, const struct types *types,
		      const struct sks_bytes *type)
{
	struct sks_object path;
	int found = sks_find_path(call, key, &path);
	size_t len = found > 0 ? path.len : 0;

	if (found > 0)
		sks_free(&path);
	if (found < 0)
		return -1;
	if (types->count == SKS_LIST_MAX)
		return sks_fail(call, SKS_E_OPTION, "key %u has %d extensions, which is the most",
				key, SKS_LIST_MAX);
	if (len + types->len + 2 + type->len <= SKS_ATTRIBUTES_MAX)
		return 0;
	return sks_fail(call, SKS_E_STORAGE,
			"certificates and types of extensions of key %u have more than %d bytes",
			key, SKS_ATTRIBUTES_MAX);
}

/* Its type is one that the key has not, and there is room for it. */
static int check_type(struct sks_call *call, uint32_t key, const struct sks_bytes *type)
{
	struct sks_object other;
	struct types types;
	int found = find(call, key, type, &other, &types);

	if (found <= 0)
		return found ? -1 : check_room(call, key, &types, type);
	sks_free(&other);
	return sks_fail(call, SKS_E_OPTION, "key %u has an extension of that type", key);
}

static int add(struct sks_call *call, struct sks_session *session, const struct sks_key *key)
{
	struct extension extension;
	struct sks_bytes value;
	struct sks_mac mac;

	extension.type = sks_get_bytes(&call->in);
	extension.kind = sks_get_u8(&call->in);
	extension.qualifier = sks_get_bytes(&call->in);
	extension.data = sks_get_blob(&call->in);
	value = sks_get_bytes(&call->in);
	if (sks_arguments(call) || check(call, &extension) ||
	    check_type(call, key->row.handle, &extension.type) ||
	    sks_mac_certificate(call, session, key, "addExtension", &mac))
		return -1;
	sks_mac_bytes(&mac, extension.type.at, extension.type.len);
	sks_mac_number(&mac, extension.kind, 1);
	sks_mac_bytes(&mac, extension.qualifier.at, extension.qualifier.len);
	sks_mac_blob(&mac, extension.data.at, extension.data.len);
	if (sks_verify(call, &mac, &value))
		return -1;
	if (extension.kind == SKS_EXTENSION_ENCRYPTED ?
	    insert_encrypted(call, session, key, &extension) : insert(call, key, &extension))
		return -1;
	return sks_write_session(call, session);
}

int sks_add_extension(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_session session;
	struct sks_key key;
	int ret;

	ret = sks_open_key(call, handle, &key, &session) || add(call, &session, &key) ? -1 : 0;
	sodium_memzero(&session, sizeof(session));
	return ret;
}

static int read_by_type(struct sks_call *call, uint32_t handle, const struct sks_bytes *type,
			struct sks_object *object)
{
	struct types types;
	struct sks_key key;
	int found;

	if (sks_closed_key(call, handle, &key))
		return -1;
	found = find(call, handle, type, object, &types);
	if (!found)
		return sks_fail(call, SKS_E_OPTION, "key %u has no extension of that type", handle);
	return found > 0 ? 0 : -1;
}

int sks_get_extension(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes type = sks_get_bytes(&call->in);
	struct extension extension;
	struct sks_object object;

	if (sks_arguments(call) || read_by_type(call, handle, &type, &object))
		return -1;
	read_extension(&object, &extension);
	sks_put_u8(&call->out, extension.kind);
	sks_put_bytes(&call->out, extension.qualifier.at, extension.qualifier.len);
	sks_put_blob(&call->out, extension.data.at, extension.data.len);
	sks_free(&object);
	return 0;
}

/* The bag with one value replaced, into @out. */
static int replace(struct sks_call *call, const struct sks_bytes *bag,
		   const struct sks_bytes *name, const struct sks_bytes *value,
		   struct sks_out *out)
{
	struct sks_in in = { .at = bag->at, .left = bag->len };
	struct property property;
	bool found = false, hit;

	while (in.left && next_property(&in, &property)) {
		hit = property.name.len == name->len &&
		      !memcmp(property.name.at, name->at, name->len);
		if (hit && !property.writable)
			return sks_fail(call, SKS_E_NOT_ALLOWED, "property '%.*s' is read-only",
					(int)name->len, (const char *)name->at);
		found |= hit;
		sks_put_bytes(out, property.name.at, property.name.len);
		sks_put_bool(out, property.writable);
		if (hit)
			property.value = *value;
		sks_put_bytes(out, property.value.at, property.value.len);
	}
	if (!found)
		return sks_fail(call, SKS_E_OPTION, "there is no property '%.*s'",
				(int)name->len, (const char *)name->at);
	if (out->full)
		return sks_fail(call, SKS_E_OPTION, "the property bag gets longer than %d bytes",
				SKS_EXTENSION_MAX);
	return 0;
}

static int set(struct sks_call *call, struct sks_object *object, const struct sks_bytes *name,
	       const struct sks_bytes *value)
{
	struct sks_out out = { .size = SKS_EXTENSION_MAX };
	struct extension extension;
	int ret = -1;

	read_extension(object, &extension);
	if (extension.kind != SKS_EXTENSION_PROPERTY_BAG)
		return sks_fail(call, SKS_E_OPTION, "the extension is no property bag");
	out.bytes = malloc(out.size);
	if (!out.bytes)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory for an extension");
	if (!replace(call, &extension.data, name, value, &out)) {
		extension.data = (struct sks_bytes){ .at = out.bytes, .len = out.len };
		ret = write_extension(call, &object->row, &extension);
	}
	free(out.bytes);
	return ret;
}

int sks_set_property(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes type = sks_get_bytes(&call->in);
	struct sks_bytes name = sks_get_bytes(&call->in), value = sks_get_bytes(&call->in);
	struct sks_object object;
	int ret;

	if (sks_arguments(call))
		return -1;
	if (!sks_is_utf8(&value))
		return sks_fail(call, SKS_E_OPTION, "the value is no UTF-8");
	if (read_by_type(call, handle, &type, &object))
		return -1;
	ret = set(call, &object, &name, &value);
	sks_free(&object);
	return ret;
}
