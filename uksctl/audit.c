// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl audit list, export, verify */
#include <stdio.h>
#include <string.h>

#include "audit-check.h"
#include "audit.h"

#define PART	512	/* lines of a table that are laid out together */

static const struct column columns[] = {
	{ "sequence", "RECORD", true },
	{ "time", "TIME", false },
	{ "event", "EVENT", false },
	{ "operation", "OPERATION", false },
	{ "user", "USER", true },
	{ "process", "PROCESS", true },
	{ "name", "NAME", false },
	{ "key", "KEY", false },
	{ "error", "ERROR", false },
	{ "request", "REQUEST", true },
};

/*
 * struct listing - records that are being written
 * @run: the command
 * @filter: which ones
 * @part: objects that wait to be written
 * @count: objects written
 * @convert: makes an object of a record
 * @output: where lines go; or NULL for a table or a list on standard output
 */
struct listing {
	struct run *run;
	struct audit_filter filter;
	json_t *part;
	uint64_t count;
	json_t *(*convert)(const uint8_t *at, const struct uks_audit_record *record);
	struct output *output;
};

static int write_json(struct listing *listing)
{
	const json_t *object;
	size_t i;

	json_array_foreach(listing->part, i, object) {
		fputs(listing->count + i ? ",\n    " : "\n    ", stdout);
		if (json_dumpf(object, stdout, JSON_PRESERVE_ORDER))
			return fail_text(EXIT_ERROR, "cannot write JSON");
	}
	return EXIT_OK;
}

static int write_lines(struct listing *listing)
{
	const json_t *object;
	char *line;
	int ret = EXIT_OK;
	size_t i;

	json_array_foreach(listing->part, i, object) {
		line = json_dumps(object, JSON_PRESERVE_ORDER | JSON_COMPACT);
		if (!line)
			return fail_text(EXIT_ERROR, "cannot write JSON");
		ret = output_write(listing->output, line, strlen(line));
		if (!ret)
			ret = output_write(listing->output, "\n", 1);
		free(line);
		if (ret)
			break;
	}
	return ret;
}

static int write_part(struct listing *listing)
{
	int ret = EXIT_OK;

	if (listing->output)
		ret = write_lines(listing);
	else if (listing->run->options[OPTION_JSON])
		ret = write_json(listing);
	else if (json_array_size(listing->part))
		ret = print_lines(columns, ARRAY_SIZE(columns), listing->part, !listing->count);
	listing->count += json_array_size(listing->part);
	json_array_clear(listing->part);
	return ret;
}

static int list_one(void *context, const uint8_t *at, const struct uks_audit_record *record)
{
	struct listing *listing = context;

	if (!audit_filter_wants(&listing->filter, at, record))
		return EXIT_OK;
	json_array_append_new(listing->part, listing->convert(at, record));
	return json_array_size(listing->part) < PART ? EXIT_OK : write_part(listing);
}

static int list_all(struct listing *listing)
{
	const struct audit_reading reading = { .each = list_one, .context = listing };
	const char *input = listing->run->options[OPTION_INPUT];
	struct uks_audit_head head;
	int ret;

	listing->part = json_array();
	if (input)
		ret = audit_read_files(listing->run, input, &reading);
	else
		ret = audit_get_head(listing->run, &head);
	if (!ret && !input)
		ret = audit_read_daemon(listing->run, &head, &reading);
	if (!ret)
		ret = write_part(listing);
	json_decref(listing->part);
	return ret;
}

int run_audit_list(struct run *run)
{
	struct listing listing = { .run = run, .convert = audit_json };
	bool json = run->options[OPTION_JSON];
	int ret = audit_filter_init(run, &listing.filter);

	if (ret)
		return ret;
	if (json)
		printf("{\n  \"records\": [");
	ret = list_all(&listing);
	if (json && !ret)
		puts(listing.count ? "\n  ]\n}" : "]\n}");
	return ret;
}

int run_audit_export(struct run *run)
{
	const char *format = run->options[OPTION_FORMAT];
	struct listing listing = { .run = run, .convert = audit_json };
	struct output output;
	int ret = audit_filter_init(run, &listing.filter);

	if (ret)
		return ret;
	if (!strcmp(format, "cadf"))
		listing.convert = audit_cadf;
	else if (strcmp(format, "jsonl"))
		return fail_usage(run, "'%s' is no format of records: jsonl or cadf", format);
	ret = output_open(run, &output, 0600, false);
	if (ret)
		return ret;
	listing.output = &output;
	ret = list_all(&listing);
	if (!ret)
		return output_commit(run, &output);
	output_abandon(&output);
	return ret;
}

/* ---- verify ---- */

/*
 * struct verification - records that are being checked
 * @check: the check
 * @damages: what was found, for people and programs
 */
struct verification {
	struct audit_check check;
	json_t *damages;
};

static void take_damage(void *context, uint64_t sequence, const char *text)
{
	struct verification *verification = context;

	json_array_append_new(verification->damages,
			      json_pack("{s:I, s:s}", "record", (json_int_t)sequence, "damage",
					text));
}

static int verify_one(void *context, const uint8_t *at, const struct uks_audit_record *record)
{
	struct verification *verification = context;

	audit_check_records(&verification->check, at, record->len);
	return EXIT_OK;
}

static size_t verify_segment(void *context, const uint8_t *bytes, size_t len)
{
	struct verification *verification = context;

	return audit_check_segment(&verification->check, bytes, len);
}

static void verify_left(void *context, const uint8_t *bytes, size_t len)
{
	struct verification *verification = context;

	audit_check_records(&verification->check, bytes, len);
}

static int take_hash(struct run *run, enum option_id option, uint8_t *hash, bool *given)
{
	const char *text = run->options[option];
	size_t len;

	*given = text;
	if (!text || (hex_decode(text, hash, UKS_AUDIT_HASH_LEN, &len) &&
		      len == UKS_AUDIT_HASH_LEN))
		return EXIT_OK;
	return fail_usage(run, "'%s' is not a hash of %d hexadecimal digits", text,
			  2 * UKS_AUDIT_HASH_LEN);
}

static int verify_files(struct run *run, struct verification *verification,
			const struct audit_reading *reading)
{
	struct audit_check *check = &verification->check;
	int ret = take_hash(run, OPTION_HEAD, check->head, &check->head_any);

	if (!ret)
		ret = take_hash(run, OPTION_ANCHOR, check->tpm, &check->has_tpm);
	return ret ? ret : audit_read_files(run, run->options[OPTION_INPUT], reading);
}

static int verify_daemon(struct run *run, struct verification *verification,
			 const struct audit_reading *reading)
{
	struct uks_audit_head head;
	int ret = audit_get_head(run, &head);

	if (ret)
		return ret;
	audit_check_head(&verification->check, &head);
	return audit_read_daemon(run, &head, reading);
}

static json_t *json_verified(const struct verification *verification)
{
	const struct audit_check *check = &verification->check;
	json_t *object;

	object = json_pack("{s:b, s:I, s:I, s:o, s:I, s:s, s:I, s:I}",
			   "sound", !check->damages,
			   "first", (json_int_t)check->first,
			   "last", (json_int_t)check->last,
			   "head", json_hex(check->hash, sizeof(check->hash)),
			   "anchor", (json_int_t)check->anchor_sequence,
			   "tpm", !check->has_tpm ? "not asked" :
				  check->tpm_seen && check->tpm_seen == check->anchor_sequence ?
				  "confirms" : !check->anchor_sequence && !check->damages ?
				  "has no anchor yet" : "contradicts",
			   "lost", (json_int_t)check->lost,
			   "unclean_stops", (json_int_t)check->unclean);
	if (object && check->has_tpm)
		json_object_set_new(object, "tpm_anchor",
				    json_hex(check->tpm, sizeof(check->tpm)));
	if (object)
		json_object_set(object, "damages", verification->damages);
	return object;
}

static int print_verified(const struct run *run, const struct verification *verification)
{
	static const struct column rows[] = {
		{ "sound", "Sound", false },
		{ "first", "First record", false },
		{ "last", "Last record", false },
		{ "head", "Head", false },
		{ "anchor", "Anchor", false },
		{ "tpm", "TPM", false },
		{ "tpm_anchor", "TPM anchor", false },
		{ "lost", "Lost", false },
		{ "unclean_stops", "Unclean stops", false },
	};
	const json_t *damage;
	size_t i;
	int ret;

	ret = print_record(run, rows, ARRAY_SIZE(rows), json_verified(verification));
	json_array_foreach(verification->damages, i, damage)
		fail_text(EXIT_NOT_AUTHENTIC, "%s (UKS-%d)",
			  json_string_value(json_object_get(damage, "damage")),
			  UKS_E_AUDIT_BROKEN);
	if (ret)
		return ret;
	return verification->check.damages ? exit_status_of(UKS_E_AUDIT_BROKEN) : EXIT_OK;
}

int run_audit_verify(struct run *run)
{
	struct verification verification = {
		.check = { .found = take_damage, .context = &verification },
	};
	const struct audit_reading reading = {
		.each = verify_one, .context = &verification, .segment = verify_segment,
		.left = verify_left,
	};
	int ret;

	if (!run->options[OPTION_INPUT] &&
	    (run->options[OPTION_HEAD] || run->options[OPTION_ANCHOR]))
		return fail_usage(run, "--head and --anchor are for files: --input names them");
	verification.damages = json_array();
	if (run->options[OPTION_INPUT])
		ret = verify_files(run, &verification, &reading);
	else
		ret = verify_daemon(run, &verification, &reading);
	if (!ret) {
		audit_check_end(&verification.check);
		ret = print_verified(run, &verification);
	}
	json_decref(verification.damages);
	return ret;
}
