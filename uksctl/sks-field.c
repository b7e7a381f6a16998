// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl sks: arguments and outputs of methods as JSON. Members are called as the
 * specification calls them; bytes are hexadecimal digits, what is counted from 0 has words.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "sks.h"

#define INPUT_MAX	(512 * 1024)	/* bytes of JSON: an extension, in digits, and more */
#define LISTS_MAX	(255 * sizeof(struct uks_sks_bytes))

const char *const sks_formats[] = { "numeric", "alphanumeric", "string", "binary", NULL };

const char *const sks_groupings[] = { "none", "shared", "signature+standard", "unique", NULL };

const char *const sks_patterns[] = {
	"two-in-a-row", "three-in-a-row", "sequence", "repeated", "missing-group",
};

const char *const sks_inputs[] = { "any", "programmatic", "trusted-gui", NULL, NULL };

const char *const sks_usages[] = {
	"signature", "authentication", "encryption", "universal", NULL,
};

const char *const sks_exports[] = { "none", "pin", "puk", "non-exportable", NULL };

const char *const sks_deletions[] = { "none", "pin", "puk", "non-deletable", NULL };

const char *const sks_biometrics[] = { "none", "alternative", "combined", "exclusive", NULL };

const char *const sks_extensions[] = {
	"extension", "encryptedExtension", "propertyBag", "logotype", NULL,
};

const char *const sks_protections[] = {
	"pin-protected", "puk-protected", "pin-blocked", "puk-blocked", "device-pin",
};

const char *const sks_backups[] = { "imported", "exported", NULL, NULL, NULL };

/* ---- from JSON ---- */

static int word_at(const char *const *words, const char *word)
{
	int i;

	for (i = 0; i < SKS_WORDS_MAX; i++)
		if (words[i] && !strcmp(words[i], word))
			return i;
	return -1;
}

/* Numbers are taken for words, too: what is wrong is for the store to say. */
static long number_of(const json_t *value, const char *const *words)
{
	if (json_is_integer(value))
		return json_integer_value(value);
	return words && json_is_string(value) ? word_at(words, json_string_value(value)) : -1;
}

static bool take_number(const json_t *value, const struct sks_field *field, long max,
			uint32_t *number)
{
	long given = number_of(value, field->words);

	*number = given;
	return given >= 0 && given <= max;
}

static bool take_bits(const json_t *value, const struct sks_field *field, uint8_t *bits)
{
	const json_t *word;
	uint32_t number;
	size_t i;

	if (!json_is_array(value)) {
		*bits = number = 0;
		if (!take_number(value, field, UINT8_MAX, &number) || !json_is_integer(value))
			return false;
		*bits = number;
		return true;
	}
	*bits = 0;
	json_array_foreach(value, i, word) {
		if (!json_is_string(word) || !take_number(word, field, 7, &number))
			return false;
		*bits |= 1 << number;
	}
	return true;
}

static bool take_hex(struct sks_request *input, const json_t *value, struct uks_sks_bytes *bytes)
{
	const char *text = json_string_value(value);
	uint8_t *room = input->bytes + input->used;

	if (!text)
		return false;
	bytes->data = room;
	bytes->len = 0;
	if (*text && !hex_decode(text, room, input->size - input->used, &bytes->len))
		return false;
	input->used += bytes->len;
	return true;
}

static void *take_list(struct sks_request *input, const json_t *value, size_t size)
{
	const size_t align = sizeof(struct uks_sks_bytes);
	void *room;

	if (!json_is_array(value))
		return NULL;
	input->used = (input->used + align - 1) / align * align;
	if (json_array_size(value) > (input->size - input->used) / size)
		return NULL;
	room = input->bytes + input->used;
	input->used += json_array_size(value) * size;
	return room;
}

static bool take_texts(struct sks_request *input, const json_t *value, const char ***texts)
{
	const json_t *text;
	size_t i;

	*texts = take_list(input, value, sizeof(**texts));
	if (!*texts)
		return false;
	json_array_foreach(value, i, text) {
		(*texts)[i] = json_string_value(text);
		if (!(*texts)[i])
			return false;
	}
	return true;
}

static bool take_hexes(struct sks_request *input, const json_t *value,
		       struct uks_sks_bytes **list)
{
	const json_t *hex;
	size_t i;

	*list = take_list(input, value, sizeof(**list));
	if (!*list)
		return false;
	json_array_foreach(value, i, hex)
		if (!take_hex(input, hex, &(*list)[i]))
			return false;
	return true;
}

static bool take_counted(struct sks_request *input, const struct sks_field *field,
			 const json_t *value, char *to)
{
	*(size_t *)(to + field->count) = json_array_size(value);
	if (field->kind == SKS_TEXTS)
		return take_texts(input, value, (const char ***)(to + field->at));
	return take_hexes(input, value, (struct uks_sks_bytes **)(to + field->at));
}

static bool take_integer(const struct sks_field *field, const json_t *value, char *to)
{
	long max = field->kind == SKS_U32 ? UINT32_MAX :
		   field->kind == SKS_U16 ? UINT16_MAX : UINT8_MAX;
	uint32_t number;

	if (!take_number(value, field, max, &number))
		return false;
	if (field->kind == SKS_U32)
		*(uint32_t *)(to + field->at) = number;
	else if (field->kind == SKS_U16)
		*(uint16_t *)(to + field->at) = number;
	else
		*(uint8_t *)(to + field->at) = number;
	return true;
}

static bool take_field(struct sks_request *input, const struct sks_field *field,
		       const json_t *value, char *to)
{
	switch (field->kind) {
	case SKS_HEX:
		return take_hex(input, value, (struct uks_sks_bytes *)(to + field->at));
	case SKS_TEXT:
		*(const char **)(to + field->at) = json_string_value(value);
		return json_is_string(value);
	case SKS_BOOL:
		*(bool *)(to + field->at) = json_is_true(value);
		return json_is_boolean(value);
	case SKS_BITS:
		return take_bits(value, field, (uint8_t *)(to + field->at));
	case SKS_TEXTS:
	case SKS_LIST:
		return take_counted(input, field, value, to);
	default:
		return take_integer(field, value, to);
	}
}

static const char *kind_of(const struct sks_field *field)
{
	switch (field->kind) {
	case SKS_HEX:
		return "bytes in hexadecimal digits";
	case SKS_TEXT:
		return "a text";
	case SKS_BOOL:
		return "true or false";
	case SKS_WORD:
		return "one of its words, or a number up to 255";
	case SKS_BITS:
		return "an array of its words, or a number up to 255";
	case SKS_TEXTS:
		return "an array of texts";
	case SKS_LIST:
		return "an array of bytes in hexadecimal digits";
	case SKS_U8:
		return "a number up to 255";
	case SKS_U16:
		return "a number up to 65535";
	default:
		return "a number up to 4294967295";
	}
}

static int take_all(struct run *run, struct sks_request *input, const struct sks_field *fields,
		    size_t count, void *to)
{
	const json_t *value;
	size_t i, known = 0;

	for (i = 0; i < count; i++) {
		value = json_object_get(input->json, fields[i].name);
		if (!value && !fields[i].optional)
			return fail_usage(run, "the JSON lacks '%s'", fields[i].name);
		if (value && !take_field(input, &fields[i], value, to))
			return fail_usage(run, "'%s' is not %s", fields[i].name,
					  kind_of(&fields[i]));
		known += !!value;
	}
	if (known < json_object_size(input->json))
		return fail_usage(run, "the JSON has members that the method has not");
	return EXIT_OK;
}

/* A PIN may be in it. */
static void wipe_and_release(void *data)
{
	if (data)
		explicit_bzero(data, malloc_usable_size(data));
	free(data);
}

static int parse(struct run *run, struct sks_request *input, const char *text, size_t len)
{
	json_error_t error;

	input->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(input->json))
		return fail_usage(run, "the input is not a JSON object%s%s",
				  input->json ? "" : ": ", input->json ? "" : error.text);
	input->size = len + 2 * LISTS_MAX;
	input->bytes = calloc(1, input->size);
	return input->bytes ? EXIT_OK : fail_text(EXIT_ERROR, "out of memory");
}

/* Reads the command's input into a struct that is zero; sks_request_free() it in any case. */
int sks_request_read(struct run *run, struct sks_request *input,
		     const struct sks_field *fields, size_t count, void *to)
{
	uint8_t *text;
	size_t len = 0;
	int ret;

	*input = (struct sks_request){ 0 };
	secret_begin();
	json_set_alloc_funcs(malloc, wipe_and_release);
	text = malloc(INPUT_MAX);
	if (!text)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = input_read_all(run->options[OPTION_INPUT], text, INPUT_MAX, &len);
	if (!ret)
		ret = parse(run, input, (const char *)text, len);
	if (!ret)
		ret = take_all(run, input, fields, count, to);
	explicit_bzero(text, len);
	free(text);
	return ret;
}

void sks_request_free(struct sks_request *input)
{
	if (input->bytes)
		explicit_bzero(input->bytes, input->used);
	free(input->bytes);
	json_decref(input->json);
	*input = (struct sks_request){ 0 };
}

/* ---- to JSON ---- */

static json_t *word_json(const struct sks_field *field, uint8_t number)
{
	bool known = number < SKS_WORDS_MAX && field->words[number];

	return known ? json_string(field->words[number]) : json_integer(number);
}

static json_t *bits_json(const struct sks_field *field, uint8_t bits)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < SKS_WORDS_MAX; i++)
		if (bits & 1 << i)
			json_array_append_new(list, word_json(field, i));
	return list;
}

static json_t *list_json(const struct sks_field *field, const char *from)
{
	const struct uks_sks_bytes *bytes = *(struct uks_sks_bytes *const *)(from + field->at);
	const char *const *texts = *(const char *const *const *)(from + field->at);
	size_t i, count = *(const size_t *)(from + field->count);
	json_t *list = json_array();

	for (i = 0; i < count; i++)
		json_array_append_new(list, field->kind == SKS_TEXTS ? json_string(texts[i]) :
						json_hex(bytes[i].data, bytes[i].len));
	return list;
}

static json_t *field_json(const struct sks_field *field, const char *from)
{
	const void *at = from + field->at;
	const struct uks_sks_bytes *bytes = at;

	switch (field->kind) {
	case SKS_HEX:
		return json_hex(bytes->data, bytes->len);
	case SKS_TEXT:
		return json_string(*(const char *const *)at);
	case SKS_BOOL:
		return json_boolean(*(const bool *)at);
	case SKS_U8:
		return json_integer(*(const uint8_t *)at);
	case SKS_U16:
		return json_integer(*(const uint16_t *)at);
	case SKS_U32:
		return json_integer(*(const uint32_t *)at);
	case SKS_WORD:
		return word_json(field, *(const uint8_t *)at);
	case SKS_BITS:
		return bits_json(field, *(const uint8_t *)at);
	default:
		return list_json(field, from);
	}
}

json_t *sks_json(const struct sks_field *fields, size_t count, const void *from)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_set_new(object, fields[i].name, field_json(&fields[i], from));
	return object;
}
