// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Results are JSON values. With --json they are written as they are, otherwise as
 * tables: one source, so that both tell the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libsmartcols.h>

#include "uksctl.h"

json_t *json_hex(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *value = text ? json_string(hex_encode(text, data, len)) : NULL;

	free(text);
	return value;
}

json_t *json_time(uint64_t seconds)
{
	time_t time = seconds;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&time, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* A value that this program is too old to know is shown as its number. */
json_t *json_word(enum uks_word set, uint32_t value)
{
	const char *word = uks_word(set, value);

	return word ? json_string(word) : json_sprintf("%u", value);
}

json_t *json_bits(enum uks_word set, uint64_t bits)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < 32; i++)
		if (bits & 1U << i)
			json_array_append_new(list, json_word(set, 1U << i));
	return list;
}

static char *text_of_list(const json_t *list)
{
	size_t i, len = 1;
	char *text;

	for (i = 0; i < json_array_size(list); i++)
		len += json_string_length(json_array_get(list, i)) + 1;
	text = calloc(1, len);
	for (i = 0; text && i < json_array_size(list); i++) {
		if (i)
			strcat(text, ",");
		strcat(text, json_string_value(json_array_get(list, i)));
	}
	return text;
}

/* The text of a table's cell; the caller frees it. */
static char *text_of(const json_t *value)
{
	char *text = NULL;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return strdup(json_string_value(value));
	case JSON_ARRAY:
		return text_of_list(value);
	case JSON_TRUE:
		return strdup("yes");
	case JSON_FALSE:
		return strdup("no");
	case JSON_INTEGER:
		if (asprintf(&text, "%lld", (long long)json_integer_value(value)) < 0)
			return NULL;
		return text;
	default:
		return strdup("-");
	}
}

int print_json(json_t *value, size_t flags)
{
	bool failed = !value || json_dumpf(value, stdout, flags | JSON_PRESERVE_ORDER) < 0;

	json_decref(value);
	if (!failed)
		putchar('\n');
	/* A value that could not be made is missing because memory was. */
	return failed ? fail_text(EXIT_ERROR, "cannot write JSON") : EXIT_OK;
}

static int set_cell(struct libscols_line *line, size_t column, const json_t *value)
{
	char *text = value ? text_of(value) : strdup("-");

	if (!text)
		return -1;
	if (!scols_line_refer_data(line, column, text))
		return 0;
	free(text);
	return -1;
}

static int add_line(struct libscols_table *table, const struct column *columns,
		    size_t nr_columns, const json_t *object)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t i;

	for (i = 0; i < nr_columns; i++)
		if (!line || set_cell(line, i, json_object_get(object, columns[i].key)))
			return -1;
	return 0;
}

static int fill_table(struct libscols_table *table, const struct column *columns,
		      size_t nr_columns, const json_t *list)
{
	size_t i;

	if (!table)
		return -1;
	for (i = 0; i < nr_columns; i++)
		if (!scols_table_new_column(table, columns[i].title, 0,
					    columns[i].right ? SCOLS_FL_RIGHT : 0))
			return -1;
	for (i = 0; i < json_array_size(list); i++)
		if (add_line(table, columns, nr_columns, json_array_get(list, i)))
			return -1;
	return 0;
}

static int print_table(const struct column *columns, size_t nr_columns, const json_t *list)
{
	struct libscols_table *table = scols_new_table();
	bool failed = fill_table(table, columns, nr_columns, list) || scols_print_table(table);

	scols_unref_table(table);
	return failed ? fail_text(EXIT_ERROR, "cannot write a table") : EXIT_OK;
}

/* Prints, and releases, a list of objects. */
int print_list(const struct run *run, const char *name, const struct column *columns,
	       size_t nr_columns, json_t *list)
{
	int ret;

	if (run->options[OPTION_JSON])
		return print_json(json_pack("{s:o}", name, list), JSON_INDENT(2));
	ret = json_array_size(list) ? print_table(columns, nr_columns, list) : EXIT_OK;
	json_decref(list);
	return ret;
}

/* Prints, and releases, one object: a line for each member. */
int print_record(const struct run *run, const struct column *columns, size_t nr_columns,
		 json_t *object)
{
	const json_t *value;
	int width = 0;
	char *text;
	size_t i;

	if (run->options[OPTION_JSON])
		return print_json(object, JSON_INDENT(2));
	for (i = 0; i < nr_columns; i++)
		if ((int)strlen(columns[i].title) > width)
			width = strlen(columns[i].title);
	for (i = 0; i < nr_columns; i++) {
		value = json_object_get(object, columns[i].key);
		text = value ? text_of(value) : NULL;
		if (text)
			printf("%-*s  %s\n", width, columns[i].title, text);
		free(text);
	}
	json_decref(object);
	return EXIT_OK;
}
