// SPDX-License-Identifier: LGPL-2.1-or-later
/* A record as JSON: as this program writes it, and as a CADF event (DMTF DSP0262). */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uks/audit-names.h>

#include "audit.h"

#define CADF_VERSION	"http://schemas.dmtf.org/cloud/audit/1.0/event"

/* ISO 8601 with milliseconds. */
static json_t *json_moment(uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	char text[40] = "", day[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03uZ", day, (unsigned int)(ns / 1000000 % 1000));
	return json_string(text);
}

/* Text of a client; what is no text is written in hexadecimal digits. */
static json_t *json_detail(const uint8_t *at, const struct uks_audit_record *record,
			   uint8_t number)
{
	size_t len = 0;
	const uint8_t *bytes = uks_audit_detail_find(at, record, number, &len);
	json_t *text;

	if (!bytes)
		return NULL;
	text = json_stringn((const char *)bytes, len);
	return text ? text : json_hex(bytes, len);
}

static void set_detail(json_t *object, const char *name, const uint8_t *at,
		       const struct uks_audit_record *record, uint8_t number)
{
	json_t *value = json_detail(at, record, number);

	if (value)
		json_object_set_new(object, name, value);
}

static void set_number(json_t *object, const char *name, uint64_t value)
{
	if (value)
		json_object_set_new(object, name, json_integer(value));
}

static bool has_key(const struct uks_audit_record *record)
{
	const uint8_t none[UKS_KEY_ID_LEN] = { 0 };

	return memcmp(record->key_id, none, sizeof(none));
}

static void set_key(json_t *object, const uint8_t *at, const struct uks_audit_record *record)
{
	if (has_key(record))
		json_object_set_new(object, "key", json_hex(record->key_id, UKS_KEY_ID_LEN));
	if (record->key_owner != UKS_AUDIT_NOBODY)
		json_object_set_new(object, "owner", json_integer(record->key_owner));
	set_number(object, "version", record->key_version);
	if (record->key_type)
		json_object_set_new(object, "type", json_word(UKS_WORD_KEY_TYPE, record->key_type));
	set_detail(object, "name", at, record, UKS_AUDIT_D_NAME);
	set_detail(object, "new_name", at, record, UKS_AUDIT_D_NEW_NAME);
	set_detail(object, "with", at, record, UKS_AUDIT_D_WRAPPING);
}

static void set_client(json_t *object, const uint8_t *at, const struct uks_audit_record *record)
{
	if (record->uid != UKS_AUDIT_NOBODY)
		json_object_set_new(object, "user", json_integer(record->uid));
	if (record->gid != UKS_AUDIT_NOBODY)
		json_object_set_new(object, "group", json_integer(record->gid));
	set_number(object, "process", record->pid);
	set_detail(object, "executable", at, record, UKS_AUDIT_D_EXE);
	set_detail(object, "label", at, record, UKS_AUDIT_D_LABEL);
}

static json_t *json_name(const char *name, uint32_t number)
{
	return name ? json_string(name) : json_sprintf("%u", number);
}

static const char *outcome(const struct uks_audit_record *record)
{
	if (record->event == UKS_AUDIT_INTENT)
		return "pending";
	return record->code ? "failure" : "success";
}

static const char *error_name(uint32_t code)
{
	const char *name = uks_error_name(code);

	return name ? name : "unknown";
}

json_t *audit_json(const uint8_t *at, const struct uks_audit_record *record)
{
	json_t *object = json_object();

	json_object_set_new(object, "sequence", json_integer(record->sequence));
	json_object_set_new(object, "time", json_moment(record->time_ns));
	json_object_set_new(object, "event", json_name(uks_audit_event_name(record->event),
						       record->event));
	if (record->op)
		json_object_set_new(object, "operation",
				    json_name(uks_audit_op_name(record->op), record->op));
	json_object_set_new(object, "outcome", json_string(outcome(record)));
	if (record->code) {
		json_object_set_new(object, "code", json_integer(record->code));
		json_object_set_new(object, "error", json_string(error_name(record->code)));
	}
	set_client(object, at, record);
	set_key(object, at, record);
	if (record->purposes)
		json_object_set_new(object, "purposes",
				    json_bits(UKS_WORD_PURPOSE, record->purposes));
	if (record->algorithm)
		json_object_set_new(object, "algorithm",
				    json_word(UKS_WORD_ALGORITHM, record->algorithm));
	if (record->digest)
		json_object_set_new(object, "digest",
				    json_word(UKS_WORD_DIGEST, record->digest));
	set_number(object, "command", record->command);
	set_number(object, "request", record->request);
	set_number(object, "value", record->value);
	json_object_set_new(object, "hash", json_hex(at + record->len - UKS_AUDIT_HASH_LEN,
						     UKS_AUDIT_HASH_LEN));
	return object;
}

/* CADF's words for what was done. */
static const char *cadf_action(const struct uks_audit_record *record)
{
	switch (record->op) {
	case UKS_OP_KEY_GENERATE:
	case UKS_OP_KEY_IMPORT:
	case UKS_OP_KEY_UNWRAP:
	case UKS_OP_KEY_AGREE:
	case UKS_OP_KEY_DERIVE:
		return "create";
	case UKS_OP_KEY_DELETE:
		return "delete";
	case UKS_OP_KEY_RESTORE:
		return "restore";
	case UKS_OP_KEY_LIST:
		return "read/list";
	case UKS_OP_STATUS:
	case UKS_OP_KEY_SHOW:
	case UKS_OP_KEY_EXPORT_PUBLIC:
	case UKS_OP_KEY_VERSIONS:
	case UKS_OP_AUDIT:
		return "read";
	case UKS_OP_KEY_RENAME:
	case UKS_OP_KEY_ROTATE:
	case UKS_OP_KEY_SET_STATE:
	case UKS_OP_KEY_SET_POLICY:
		return "update";
	case UKS_OP_PIN:
		return "authenticate";
	case UKS_OP_BOOT_POLICY:
	case UKS_OP_MASTER:
	case UKS_OP_PROVISION:
		return "configure";
	case UKS_OP_BACKUP:
		return "backup";
	case 0:
		return "notify";
	default:
		return "evaluate";
	}
}

static json_t *cadf_initiator(const uint8_t *at, const struct uks_audit_record *record)
{
	json_t *initiator;

	if (record->uid == UKS_AUDIT_NOBODY)
		return json_pack("{s:s, s:s}", "id", "uksd", "typeURI", "service/security");
	initiator = json_pack("{s:o, s:s}", "id", json_sprintf("uid:%u", record->uid),
			      "typeURI", "data/security/account/user");
	json_object_set_new(initiator, "addresses",
			    json_pack("[{s:o, s:s}]", "url",
				      json_sprintf("process:%u", record->pid), "name",
				      "process"));
	set_detail(initiator, "name", at, record, UKS_AUDIT_D_EXE);
	return initiator;
}

static json_t *cadf_target(const uint8_t *at, const struct uks_audit_record *record)
{
	json_t *target = json_object();

	json_object_set_new(target, "id", has_key(record) ?
			    json_hex(record->key_id, UKS_KEY_ID_LEN) : json_string("uks"));
	json_object_set_new(target, "typeURI", json_string(has_key(record) ?
			    "data/security/key" : "service/security"));
	set_detail(target, "name", at, record, UKS_AUDIT_D_NAME);
	return target;
}

static const char *host(void)
{
	static char name[256];

	if (!*name && gethostname(name, sizeof(name) - 1))
		return "localhost";
	return name;
}

json_t *audit_cadf(const uint8_t *at, const struct uks_audit_record *record)
{
	const char *op = uks_audit_op_name(record->op);
	const char *event = uks_audit_event_name(record->event);
	char action[64];
	json_t *object;

	snprintf(action, sizeof(action), "%s/%s", cadf_action(record),
		 op ? op : event ? event : "unknown");
	object = json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:o, s:o}",
			   "typeURI", CADF_VERSION,
			   "id", json_sprintf("uks:%s:%llu", host(),
					      (unsigned long long)record->sequence),
			   "eventType", record->op ? "activity" : "monitor",
			   "eventTime", json_moment(record->time_ns),
			   "action", action,
			   "outcome", outcome(record),
			   "initiator", cadf_initiator(at, record),
			   "target", cadf_target(at, record),
			   "observer", json_pack("{s:s, s:s, s:s}", "id", "uksd",
						 "typeURI", "service/security",
						 "name", host()));
	if (object && record->code)
		json_object_set_new(object, "reason",
				    json_pack("{s:s, s:o}", "reasonType", "UKS",
					      "reasonCode", json_sprintf("%u", record->code)));
	if (object)
		json_object_set_new(object, "attachments",
				    json_pack("[{s:s, s:s, s:o}]", "name", "record",
					      "contentType", "application/json",
					      "content", audit_json(at, record)));
	return object;
}
