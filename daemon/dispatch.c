// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <stdatomic.h>

#include <sodium.h>

#include "daemon/dispatch.h"
#include "daemon/log.h"
#include "daemon/memory.h"

#define LINES_A_SECOND	20

#define A(name)		(1ULL << UKS_A_##name)
#define KEYREF		(A(KEY_NAME) | A(KEY_ID))	/* exactly one of them */
#define NEW_KEY		(A(PURPOSES) | A(POLICY) | A(FLAGS) | A(KEY_STATE) | A(PROVIDER) | \
			 A(NEW_PIN) | A(ADMIN_CODE))
#define WRAPPING	(A(WRAPPING_NAME) | A(WRAPPING_ID))
#define ADMINISTRATION	(A(MESSAGE) | A(CURSOR) | A(LIMIT) | A(FLAGS))
#define USE		(A(KEY_ID) | A(KEY_VERSION) | A(PURPOSES) | A(ALGORITHM) | A(MESSAGE))

static_assert(UKS_A_MAX < 64, "attributes fit a set of 64 bits");

/* What each operation needs, and takes beside that. Nothing it does not know is passed over. */
static const struct operation {
	const char *name;
	handler handle;
	uint64_t required;
	uint64_t optional;
} operations[] = {
	[UKS_OP_STATUS] = { "status", handle_status, 0, 0 },
	[UKS_OP_SESSION_OPEN] = { "session open", handle_session_open, A(PURPOSES),
				  KEYREF | A(KEY_VERSION) | A(ALGORITHM) | A(DIGEST) |
				  A(PARAMETERS) | A(FLAGS) | A(PIN) },
	[UKS_OP_KEY_GENERATE] = { "key generate", handle_key_generate,
				  A(KEY_NAME) | A(KEY_TYPE), NEW_KEY | A(COUNT) },
	[UKS_OP_KEY_IMPORT] = { "key import", handle_key_import,
				A(KEY_NAME) | A(KEY_TYPE) | A(KEY_FORMAT) | A(KEY_MATERIAL),
				NEW_KEY },
	[UKS_OP_KEY_EXPORT_PUBLIC] = { "key export public", handle_key_export_public, 0,
				       KEYREF | A(KEY_VERSION) },
	[UKS_OP_KEY_LIST] = { "key list", handle_key_list, 0, A(CURSOR) | A(LIMIT) | A(FLAGS) },
	[UKS_OP_KEY_SHOW] = { "key show", handle_key_show, 0, KEYREF | A(KEY_VERSION) },
	[UKS_OP_KEY_RENAME] = { "key rename", handle_key_rename, A(NEW_NAME), KEYREF },
	[UKS_OP_KEY_DELETE] = { "key delete", handle_key_delete, 0, KEYREF | A(FLAGS) },
	[UKS_OP_KEY_ROTATE] = { "key rotate", handle_key_rotate, 0,
				KEYREF | A(KEY_FORMAT) | A(KEY_MATERIAL) },
	[UKS_OP_KEY_SET_STATE] = { "key set state", handle_key_set_state, A(KEY_STATE),
				   KEYREF | A(KEY_VERSION) },
	[UKS_OP_KEY_SET_POLICY] = { "key set policy", handle_key_set_policy, A(POLICY), KEYREF },
	[UKS_OP_KEY_RESTORE] = { "key restore", handle_key_restore, 0, KEYREF | A(NEW_NAME) },
	[UKS_OP_PIN] = { "pin", handle_pin, A(COMMAND),
			 KEYREF | A(PIN) | A(NEW_PIN) | A(ADMIN_CODE) },
	[UKS_OP_KEY_VERSIONS] = { "key versions", handle_key_versions, 0, KEYREF },
	[UKS_OP_KEY_ATTEST] = { "key attest", handle_key_attest, A(COMMAND),
				KEYREF | A(KEY_VERSION) | A(FLAGS) | A(CHALLENGE) | A(MESSAGE) },
	[UKS_OP_USE] = { "use", handle_use,
			 A(KEY_ID) | A(KEY_VERSION) | A(PURPOSES) | A(ALGORITHM),
			 A(DIGEST) | A(PARAMETERS) | A(COUNT) },
	[UKS_OP_SIGN] = { "sign", handle_sign, USE, A(DIGEST) | A(PARAMETERS) },
	[UKS_OP_VERIFY] = { "verify", handle_verify, USE | A(SIGNATURE),
			    A(DIGEST) | A(PARAMETERS) },
	[UKS_OP_ENCRYPT] = { "encrypt", handle_encrypt, USE, A(DIGEST) | A(PARAMETERS) | A(NONCE) },
	[UKS_OP_DECRYPT] = { "decrypt", handle_decrypt, USE, A(DIGEST) | A(PARAMETERS) | A(NONCE) },
	[UKS_OP_MAC] = { "mac", handle_mac, USE, A(DIGEST) | A(PARAMETERS) },
	[UKS_OP_AGREE] = { "agree", handle_agree, USE, A(DIGEST) | A(PARAMETERS) },
	[UKS_OP_DERIVE] = { "derive", handle_derive, USE, A(DIGEST) | A(PARAMETERS) },
	[UKS_OP_KEY_AGREE] = { "key agree", handle_key_agree,
			       A(NEW_NAME) | A(KEY_TYPE) | A(PARAMETERS),
			       KEYREF | NEW_KEY | A(ALGORITHM) | A(DIGEST) | A(PIN) },
	[UKS_OP_KEY_DERIVE] = { "key derive", handle_key_derive,
				A(NEW_NAME) | A(KEY_TYPE) | A(ALGORITHM),
				KEYREF | NEW_KEY | A(DIGEST) | A(PARAMETERS) | A(PIN) },
	[UKS_OP_KEY_WRAP] = { "key wrap", handle_key_wrap, A(ALGORITHM),
			      KEYREF | A(KEY_VERSION) | WRAPPING | A(PUBLIC_KEY) | A(KEY_FORMAT) |
			      A(DIGEST) | A(PARAMETERS) | A(PIN) },
	[UKS_OP_KEY_UNWRAP] = { "key unwrap", handle_key_unwrap,
				A(KEY_NAME) | A(KEY_TYPE) | A(KEY_FORMAT) | A(WRAPPED) |
				A(ALGORITHM),
				WRAPPING | NEW_KEY | A(DIGEST) | A(PARAMETERS) | A(PIN) },
	[UKS_OP_MASTER] = { "master", handle_master, A(COMMAND), ADMINISTRATION },
	[UKS_OP_BOOT_POLICY] = { "boot policy", handle_boot_policy, A(COMMAND), ADMINISTRATION },
	[UKS_OP_BACKUP] = { "backup", handle_backup, A(COMMAND), ADMINISTRATION },
	[UKS_OP_PROVISION] = { "provision", handle_provision, A(COMMAND),
			       ADMINISTRATION },
	[UKS_OP_AUDIT] = { "audit", handle_audit, A(COMMAND), ADMINISTRATION },
};

static int check_attr(const struct uks_attr *attr, struct failure *failure)
{
	const struct attr_policy *policy = &request_policies[attr->type];

	if (attr->len < policy->min_len || attr->len > policy->max_len)
		return failure_set(failure, UKS_E_PROTOCOL,
				   "attribute %u has %u bytes, must have %u to %u", attr->type,
				   attr->len, policy->min_len, policy->max_len);
	if (policy->min && uks_attr_u32(attr, 0) < policy->min)
		return failure_set(failure, UKS_E_PROTOCOL,
				   "attribute %u is %u, must be at least %u", attr->type,
				   uks_attr_u32(attr, 0), policy->min);
	return 0;
}

static int check_attrs(const struct operation *operation, const struct request *request,
		       struct failure *failure)
{
	uint64_t present = 0, known = operation->required | operation->optional;
	int type;

	for (type = 1; type <= UKS_A_MAX; type++) {
		if (!request->attrs[type].type)
			continue;
		present |= 1ULL << type;
		if (!(known & 1ULL << type))
			return failure_set(failure, UKS_E_PROTOCOL,
					   "attribute %d has no meaning in '%s'", type,
					   operation->name);
		if (check_attr(&request->attrs[type], failure))
			return -1;
	}
	for (type = 1; type <= UKS_A_MAX; type++)
		if (operation->required & ~present & 1ULL << type)
			return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
					   "'%s' needs attribute %d", operation->name, type);
	if ((operation->optional & KEYREF) != KEYREF)
		return 0;
	switch (present & KEYREF) {
	case 0:
		/* Not each of its commands is about a key. */
		if (operation->handle == handle_key_attest)
			return 0;
		return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
				   "'%s' needs the name or the id of a key", operation->name);
	case KEYREF:
		return failure_set(failure, UKS_E_INVALID,
				   "'%s' takes the name or the id of a key, not both",
				   operation->name);
	default:
		return 0;
	}
}

static const struct operation *find_operation(uint32_t op, struct failure *failure)
{
	if (op < sizeof(operations) / sizeof(*operations) && operations[op].handle)
		return &operations[op];
	failure_set(failure, UKS_E_UNSUPPORTED,
		    "this daemon does not know operation %u: update uksd", op);
	return NULL;
}

static void finish(struct worker *worker, uint64_t id, const struct uks_attrs *out,
		   uint32_t error, uint32_t code)
{
	struct uks_answer_header header = {
		.len = sizeof(header) + out->len, .id = id, .error = error, .code = code,
	};

	memcpy(worker->out, &header, sizeof(header));
	worker->out_len = header.len;
}

void dispatch_refuse(struct worker *worker, uint64_t id, const struct failure *failure)
{
	struct uks_attrs out;

	sodium_memzero(worker->out, ANSWER_MAX);
	uks_attrs_init(&out, worker->out + sizeof(struct uks_answer_header), UKS_PAYLOAD_MAX);
	if (*failure->text)
		uks_attrs_put_string(&out, UKS_A_ERROR_TEXT, failure->text);
	finish(worker, id, &out, failure_errno(failure->code), failure->code);
}

static atomic_ullong report_second;
static atomic_uint report_lines;

/* No client may fill the log: so many lines in a second, then their number. */
static bool may_report(void)
{
	unsigned long long now = time(NULL);
	unsigned int before;

	if (atomic_exchange(&report_second, now) != now) {
		before = atomic_exchange(&report_lines, 0);
		if (before > LINES_A_SECOND)
			log_warning("%u more requests failed and were not logged",
				    before - LINES_A_SECOND);
	}
	return atomic_fetch_add(&report_lines, 1) < LINES_A_SECOND;
}

/* What a client does wrong is its own business; the rest is the administrator's. */
static void report(const struct request *request, const char *name, const struct failure *failure)
{
	int level = LOG_DEBUG;

	switch (failure->code) {
	case UKS_E_BLOB:
	case UKS_E_ROLLBACK:
	case UKS_E_STORE:
	case UKS_E_STORE_FULL:
	case UKS_E_CRYPTO:
	case UKS_E_TPM:
	case UKS_E_NO_MEMORY:
	case UKS_E_INTERNAL:
		level = LOG_ERR;
		break;
	case UKS_E_ACCESS:
		level = LOG_NOTICE;
		break;
	default:
		break;
	}
	if (level == LOG_DEBUG || may_report())
		log_request(level, request->id, "%s by user %u (process %u): error %u: %s",
			    name, request->uid, request->tgid, failure->code, failure->text);
}

/*
 * Whoever uses the master key keeps it from being exchanged meanwhile. What is about
 * the master key itself sees to that on its own.
 */
static int perform(struct worker *worker, const struct operation *operation,
		   const struct request *request, struct uks_attrs *out,
		   struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	int ret;

	switch (request->op) {
	case UKS_OP_STATUS:
	case UKS_OP_BOOT_POLICY:
	case UKS_OP_MASTER:
	case UKS_OP_BACKUP:
	case UKS_OP_AUDIT:
		return operation->handle(worker, request, out, failure);
	}
	pthread_rwlock_rdlock(&uksd->custody.gate);
	if (uksd->master->state == UKS_MASTER_VALID)
		ret = operation->handle(worker, request, out, failure);
	else
		ret = failure_set(failure, UKS_E_MASTER_STATE,
				  "the store has no master key: its administrator has to set one, see 'uksctl master status'");
	pthread_rwlock_unlock(&uksd->custody.gate);
	return ret;
}

/* What an administrator needs while no key can be used. */
static bool mends(uint32_t op)
{
	return op == UKS_OP_STATUS || op == UKS_OP_BOOT_POLICY || op == UKS_OP_AUDIT;
}

static int handle(struct worker *worker, struct request *request, const uint8_t *payload,
		  size_t len, struct uks_attrs *out)
{
	const struct operation *operation;
	struct failure failure;
	int ret = -1;

	operation = find_operation(request->op, &failure);
	if (!operation)
		goto out;
	if (worker->uksd->locked.code && !mends(request->op)) {
		failure = worker->uksd->locked;
		goto out;
	}
	if (uks_attrs_parse(payload, len, request->attrs))
		failure_set(&failure, UKS_E_PROTOCOL, "the request is malformed");
	else if (!check_attrs(operation, request, &failure) &&
		 !audit_before(worker, request, &failure))
		ret = perform(worker, operation, request, out, &failure);
	if (!ret && out->error)
		ret = failure_set(&failure, UKS_E_NO_ROOM,
				  "the answer is longer than the %zu bytes there is room for",
				  out->size);
out:
	audit_after(worker, request, ret ? failure.code : UKS_E_OK);
	if (ret) {
		report(request, operation ? operation->name : "unknown operation", &failure);
		dispatch_refuse(worker, request->id, &failure);
	} else {
		log_request(LOG_DEBUG, request->id, "%s by user %u (process %u): done",
			    operation->name, request->uid, request->tgid);
		finish(worker, request->id, out, 0, 0);
	}
	return 0;
}

/* The kernel has made it. What cannot be read lets nobody in. */
static void take_identity(struct request *request, const uint8_t *identity, size_t len)
{
	if (uks_attrs_parse(identity, len, request->attrs))
		return;
	request->groups = request->attrs[UKS_A_GROUPS];
	request->secctx = request->attrs[UKS_A_SECCTX];
}

int handles_secrets dispatch(struct worker *worker)
{
	struct uks_request_header header;
	struct request request;
	struct uks_attrs out;

	if (worker->in_len < sizeof(header))
		return -1;
	memcpy(&header, worker->in, sizeof(header));
	if (header.len != worker->in_len ||
	    (uint64_t)header.identity_len + header.payload_len != header.len - sizeof(header))
		return -1;
	request = (struct request){
		.id = header.id, .op = header.op, .uid = header.uid, .gid = header.gid,
		.tgid = header.tgid, .userns = header.userns,
	};
	take_identity(&request, worker->in + sizeof(header), header.identity_len);
	uks_attrs_init(&out, worker->out + sizeof(struct uks_answer_header),
		       header.out_max < UKS_PAYLOAD_MAX ? header.out_max : UKS_PAYLOAD_MAX);
	return handle(worker, &request, worker->in + sizeof(header) + header.identity_len,
		      header.payload_len, &out);
}
