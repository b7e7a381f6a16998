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

/* Numbers of an enum as a set of bits 1 << number. */
json_t *json_set(enum uks_word set, uint64_t numbers)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < 64; i++)
		if (numbers & 1ULL << i)
			json_array_append_new(list, json_word(set, i));
	return list;
}

static char *text_of(const json_t *value);

/* "a,b", or of objects "x=1,y=2; x=3"; takes @add, which is freed. */
static char *join(char *text, const char *separator, char *add)
{
	char *joined = NULL;

	if (!text || !add || asprintf(&joined, "%s%s%s", text, *text ? separator : "", add) < 0)
		joined = NULL;
	free(text);
	free(add);
	return joined;
}

static char *text_of_list(const json_t *list)
{
	char *text = strdup("");
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		text = join(text, json_is_object(value) ? "; " : ",", text_of(value));
	return text;
}

/* As it would be given on the command line. */
static char *text_of_object(const json_t *object)
{
	char *text = strdup(""), *part, *word, *at;
	const json_t *value;
	const char *name;

	json_object_foreach((json_t *)object, name, value) {
		word = text_of(value);
		for (at = word; at && json_is_array(value) && *at; at++)
			if (*at == ',')
				*at = '+';
		if (!word || asprintf(&part, "%s=%s", name, word) < 0)
			part = NULL;
		free(word);
		text = join(text, ",", part);
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
	case JSON_OBJECT:
		return text_of_object(value);
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

/* Prints lines of a table; one that comes in several parts has headings once. */
int print_lines(const struct column *columns, size_t nr_columns, const json_t *list,
		bool headings)
{
	struct libscols_table *table = scols_new_table();
	bool failed = fill_table(table, columns, nr_columns, list) ||
		      scols_table_enable_noheadings(table, !headings) ||
		      scols_print_table(table);

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
	ret = json_array_size(list) ? print_lines(columns, nr_columns, list, true) : EXIT_OK;
	json_decref(list);
	return ret;
}

/* A member, or with a dot the member of a member; NULL if there is none. */
static const json_t *member(const json_t *object, const char *key)
{
	const char *dot = strchr(key, '.');
	char first[32];

	if (!dot)
		return json_object_get(object, key);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - key), key);
	return json_object_get(json_object_get(object, first), dot + 1);
}

static int title_width(const struct column *columns, size_t nr_columns, const json_t *object)
{
	int width = 0;
	size_t i;

	for (i = 0; i < nr_columns; i++)
		if (member(object, columns[i].key) && (int)strlen(columns[i].title) > width)
			width = strlen(columns[i].title);
	return width;
}

/* Prints, and releases, one object: a line for each member that there is. */
int print_record(const struct run *run, const struct column *columns, size_t nr_columns,
		 json_t *object)
{
	const json_t *value;
	char *text;
	int width;
	size_t i;

	if (run->options[OPTION_JSON])
		return print_json(object, JSON_INDENT(2));
	width = title_width(columns, nr_columns, object);
	for (i = 0; i < nr_columns; i++) {
		value = member(object, columns[i].key);
		text = value ? text_of(value) : NULL;
		if (text)
			printf("%-*s  %s\n", width, columns[i].title, text);
		free(text);
	}
	json_decref(object);
	return EXIT_OK;
}
