// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "sks/keygen2/json.h"

#define VARIANT	sodium_base64_VARIANT_URLSAFE_NO_PADDING

const char * const kg_formats[] = { "numeric", "alphanumeric", "string", "binary", NULL };

const char * const kg_groupings[] = { "none", "shared", "signature+standard", "unique", NULL };

const char * const kg_patterns[] = {
	"two-in-a-row", "three-in-a-row", "sequence", "repeated", "missing-group", NULL,
};

const char * const kg_inputs[] = { "any", "programmatic", "trusted-gui", NULL };

const char * const kg_protections[] = { "none", "pin", "puk", "non-exportable", NULL };

const char * const kg_deletions[] = { "none", "pin", "puk", "non-deletable", NULL };

const char * const kg_biometrics[] = { "none", "alternative", "combined", "exclusive", NULL };

const char * const kg_usages[] = {
	"signature", "authentication", "encryption", "universal", NULL,
};

char kg_error[256];

int kg_fail(const char *format, ...)
{
	va_list ap;

	if (*kg_error)
		return -1;
	va_start(ap, format);
	vsnprintf(kg_error, sizeof(kg_error), format, ap);
	va_end(ap);
	return -1;
}

json_t *kg_begin(const char *qualifier, const char *server_id, const char *client_id)
{
	json_t *message = json_object();

	json_object_set_new(message, "@context", json_string(KG_CONTEXT));
	json_object_set_new(message, "@qualifier", json_string(qualifier));
	if (server_id)
		json_object_set_new(message, "serverSessionId", json_string(server_id));
	if (client_id)
		json_object_set_new(message, "clientSessionId", json_string(client_id));
	return message;
}

json_t *kg_read(const void *text, size_t len)
{
	json_error_t error;
	json_t *message = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	*kg_error = 0;
	if (!message)
		kg_fail("no JSON: %s", error.text);
	else if (!json_is_object(message) ||
		 strcmp(kg_text(message, "@context", ""), KG_CONTEXT))
		kg_fail("no message of KeyGen2: its context is not " KG_CONTEXT);
	if (!*kg_error)
		return message;
	json_decref(message);
	return NULL;
}

const char *kg_qualifier(const json_t *message)
{
	return kg_text(message, "@qualifier", NULL);
}

void kg_put_bytes(json_t *object, const char *name, const void *bytes, size_t len)
{
	size_t size = sodium_base64_encoded_len(len, VARIANT);
	char *text = malloc(size);

	if (!text)
		abort();
	sodium_bin2base64(text, size, bytes, len, VARIANT);
	if (name)
		json_object_set_new(object, name, json_string(text));
	else
		json_array_append_new(object, json_string(text));
	free(text);
}

const char *kg_text(const json_t *object, const char *name, const char *without)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_string(value))
		return json_string_value(value);
	if (value || !without)
		kg_fail("\"%s\" is not there, or no text", name);
	return without ? without : "";
}

void kg_decode(const json_t *text, struct frame *to)
{
	size_t len = json_string_length(text), made;
	uint8_t *room;

	if (!json_is_string(text)) {
		kg_fail("something that should be base64url is no text");
		return;
	}
	room = frame_reserve(to, len);
	if (sodium_base642bin(room, len, json_string_value(text), len, NULL, &made, NULL,
			      VARIANT)) {
		kg_fail("something is not base64url");
		made = 0;
	}
	to->len -= len - made;
}

void kg_bytes(const json_t *object, const char *name, bool optional, struct frame *to)
{
	const json_t *value = json_object_get(object, name);

	if (value)
		kg_decode(value, to);
	else if (!optional)
		kg_fail("\"%s\" is not there", name);
}

long kg_number(const json_t *object, const char *name, long min, long max)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= min && number <= max)
		return number;
	kg_fail("\"%s\" is not there, or not from %ld to %ld", name, min, max);
	return min;
}

bool kg_flag(const json_t *object, const char *name, bool without)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return without;
	if (!json_is_boolean(value))
		kg_fail("\"%s\" is neither true nor false", name);
	return json_is_true(value);
}

static int find_name(const char *text, const char * const *names)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	kg_fail("\"%s\" is unknown", text);
	return 0;
}

int kg_choice(const json_t *object, const char *name, const char * const *names, int without)
{
	if (without >= 0 && !json_object_get(object, name))
		return without;
	return find_name(kg_text(object, name, NULL), names);
}

unsigned int kg_choices(const json_t *object, const char *name, const char * const *names)
{
	const json_t *list = kg_array(object, name), *value;
	unsigned int set = 0;
	size_t i;

	json_array_foreach(list, i, value)
		set |= 1u << find_name(json_is_string(value) ? json_string_value(value) : "",
				       names);
	return set;
}

json_t *kg_names(unsigned int set, const char * const *names)
{
	json_t *list = json_array();
	int i;

	for (i = 0; names[i]; i++)
		if (set & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

const json_t *kg_array(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (value && !json_is_array(value))
		kg_fail("\"%s\" is no list", name);
	return value;
}

/* Sorted and without white space: as RFC 8785 has it for the texts and numbers here. */
char *kg_canonical(const json_t *object)
{
	return json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
}

void kg_time(time_t time, char *text)
{
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, KG_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

uint32_t kg_seconds(const char *text)
{
	struct tm tm = { };
	int hours = 0, minutes = 0;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t time;

	if (rest && !strcmp(rest, "Z"))
		return timegm(&tm);
	if (!rest || (*rest != '+' && *rest != '-') ||
	    sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) {
		kg_fail("\"%s\" is no time", text);
		return 0;
	}
	time = 60 * (60 * hours + minutes);
	return timegm(&tm) + (*rest == '-' ? time : -time);
}
