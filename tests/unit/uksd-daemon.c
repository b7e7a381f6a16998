// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>

#include "daemon/log.h"
#include "daemon/master/register.h"
#include "daemon/memory.h"
#include "daemon/rollback/generation.h"
#include "daemon/tpmgate.h"
#include "tests/unit/uksd-daemon.h"

/* In the place of the kernel: remember what was revoked. */
static int remember_revoked(void *context, const uint8_t *id, uint32_t *count,
			    struct failure *failure)
{
	struct daemon *daemon = context;

	if (daemon->refuse_to_revoke)
		return failure_set(failure, UKS_E_INTERNAL, "refused");
	memcpy(daemon->revoked, id, UKS_KEY_ID_LEN);
	daemon->revocations++;
	*count = 1;
	return 0;
}

static int still_waits(struct worker *worker, uint64_t id)
{
	(void)id;
	return worker->channel == CLIENT_IS_GONE ? -1 : 0;
}

int daemon_new(struct daemon *daemon)
{
	memset(daemon, 0, sizeof(*daemon));
	setenv("TSS2_LOG", "all+none", 1);
	log_level(LOG_ERR - 1);
	if (memory_init(&daemon->failure))
		return -1;
	if (swtpm_new(&daemon->swtpm) || swtpm_on(&daemon->swtpm, "not-need-init,startup-clear"))
		return failure_set(&daemon->failure, UKS_E_TPM, "no swtpm");
	snprintf(daemon->config.tcti, sizeof(daemon->config.tcti), "%s", daemon->swtpm.tcti);
	memcpy(daemon->dir, "/dev/shm/uksd-XXXXXX", 21);
	if (!mkdtemp(daemon->dir))
		return failure_set(&daemon->failure, UKS_E_STORE, "no directory");
	snprintf(daemon->config.store, sizeof(daemon->config.store), "%s/keys.db", daemon->dir);
	daemon->config.attest_pcrs = (struct uks_tpm_pcrs){ UKS_TPM_SHA256, 0x3ff };
	daemon->config.root_handle = UKS_TPM_ROOT_HANDLE;
	daemon->uid = ALICE;
	daemon->userns = 0xeffffffd;	/* the initial one */
	uks_attrs_init(&daemon->identity, daemon->identity_buf, sizeof(daemon->identity_buf));
	daemon->out_max = UKS_PAYLOAD_MAX;
	return 0;
}

void daemon_delete(struct daemon *daemon)
{
	static const char * const suffixes[] = { "", "-wal", "-shm" };
	char path[PATH_MAX];
	int i;

	swtpm_delete(&daemon->swtpm);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/keys.db%s", daemon->dir, suffixes[i]);
		unlink(path);
	}
	rmdir(daemon->dir);
	/* OpenSSL keeps pointers where the leak sanitizer does not look. */
	OPENSSL_cleanup();
}

static int open_secrets(struct daemon *daemon)
{
	struct failure *failure = &daemon->failure;

	if (store_open(daemon->config.store, true, &daemon->store, failure))
		return -1;
	if (tpmgate_open(&daemon->config, &daemon->uksd.gate, failure))
		goto err_store;
	if (master_open(&daemon->uksd, daemon->store, &daemon->master, failure)) {
		if (failure->code != UKS_E_BOOT)
			goto err_gate;
		daemon->uksd.master = daemon->master;
		daemon->uksd.locked = *failure;
		return 0;
	}
	daemon->uksd.master = daemon->master;
	if (!generation_open(&daemon->uksd, daemon->store, failure))
		return 0;
	if (failure->code == UKS_E_ROLLBACK) {
		daemon->uksd.locked = *failure;
		return 0;
	}
	master_close(daemon->master);
err_gate:
	tpmgate_close(daemon->uksd.gate);
err_store:
	store_close(daemon->store);
	return -1;
}

int daemon_start(struct daemon *daemon)
{
	struct failure *failure = &daemon->failure;

	daemon->uksd = (struct uksd){
		.config = &daemon->config,
		.revoke = remember_revoked,
		.revoke_context = daemon,
		.valid = still_waits,
		.examiner = daemon->examiner,
		/* As a kernel that has all it can have; no Debian kernel has SM3 and SM4. */
		.algorithms = UKS_BIT(UKS_ALG_AES_GCM) | UKS_BIT(UKS_ALG_CHACHA20_POLY1305) |
			      UKS_BIT(UKS_ALG_HMAC) | UKS_BIT(UKS_ALG_AES_CCM) |
			      UKS_BIT(UKS_ALG_AES_CBC) | UKS_BIT(UKS_ALG_AES_CBC_PKCS7) |
			      UKS_BIT(UKS_ALG_AES_CTR) | UKS_BIT(UKS_ALG_AES_ECB) |
			      UKS_BIT(UKS_ALG_AES_CMAC),
		.digests = UKS_SHA | UKS_SHA3,
	};
	memset(daemon->uksd.boot, daemon->boot, sizeof(daemon->uksd.boot));
	if (open_secrets(daemon))
		return -1;
	if (uksd_init(&daemon->uksd, failure) ||
	    audit_new(&daemon->config, &daemon->uksd.audit, failure) ||
	    audit_start(daemon->uksd.audit, &daemon->uksd, failure))
		return -1;
	if (!daemon->uksd.locked.code && master_resume(&daemon->uksd, daemon->store, failure))
		return -1;
	daemon->worker = worker_new(&daemon->uksd, failure);
	return daemon->worker ? 0 : -1;
}

void daemon_stop(struct daemon *daemon)
{
	worker_free(daemon->worker);
	audit_stop(daemon->uksd.audit);
	audit_free(daemon->uksd.audit);
	generation_close(&daemon->uksd, daemon->store);
	uksd_exit(&daemon->uksd);
	master_close(daemon->master);
	tpmgate_close(daemon->uksd.gate);
	store_close(daemon->store);
}

int daemon_sql(struct daemon *daemon, const char *sql)
{
	char *error = NULL;
	sqlite3 *db;
	int ret;

	ret = sqlite3_open(daemon->config.store, &db);
	if (!ret)
		ret = sqlite3_exec(db, sql, NULL, NULL, &error);
	if (ret)
		fprintf(stderr, "# %s: %s\n", sql, error ? error : sqlite3_errmsg(db));
	sqlite3_free(error);
	sqlite3_close(db);
	return ret ? -1 : 0;
}

static void digest_table(sqlite3 *db, const char *sql, crypto_generichash_state *state)
{
	sqlite3_stmt *stmt;
	int i;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL))
		abort();
	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (i = 0; i < sqlite3_column_count(stmt); i++) {
			crypto_generichash_update(state, (const uint8_t *)"|", 1);
			crypto_generichash_update(state, sqlite3_column_blob(stmt, i),
						  sqlite3_column_bytes(stmt, i));
		}
	sqlite3_finalize(stmt);
}

void daemon_digest(struct daemon *daemon, uint8_t digest[32])
{
	static const char * const tables[] = {
		"SELECT * FROM keys", "SELECT * FROM versions", "SELECT * FROM counts",
		"SELECT * FROM uses", "SELECT * FROM tombstones", "SELECT * FROM meta",
		"SELECT * FROM sks",
	};
	crypto_generichash_state state;
	sqlite3 *db;
	size_t i;

	if (sqlite3_open(daemon->config.store, &db))
		abort();
	crypto_generichash_init(&state, NULL, 0, 32);
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		digest_table(db, tables[i], &state);
	crypto_generichash_final(&state, digest, 32);
	sqlite3_close(db);
}

void ask_begin(struct daemon *daemon)
{
	uks_attrs_init(&daemon->in, daemon->in_buf, sizeof(daemon->in_buf));
}

/* What a kernel module would have to be able to read. */
static void take_answer(struct daemon *daemon)
{
	const struct worker *worker = daemon->worker;
	size_t len = worker->out_len - sizeof(daemon->answer);

	memcpy(&daemon->answer, worker->out, sizeof(daemon->answer));
	memcpy(daemon->out, worker->out + sizeof(daemon->answer), len);
	if (daemon->answer.len != worker->out_len ||
	    uks_attrs_parse(daemon->out, len, daemon->attrs))
		abort();
	if (!uks_attr_string(&daemon->attrs[UKS_A_ERROR_TEXT], daemon->text,
			     sizeof(daemon->text)))
		*daemon->text = 0;
}

uint32_t ask_without_wiping(struct daemon *daemon, uint32_t op)
{
	static atomic_ullong id;
	struct worker *worker = daemon->worker;
	struct uks_request_header header = {
		.len = sizeof(header) + daemon->identity.len + daemon->in.len,
		.op = op,
		.id = ++id,
		.uid = daemon->uid,
		.gid = daemon->uid,
		.tgid = daemon->tgid ? daemon->tgid : (uint32_t)getpid(),
		.userns = daemon->userns,
		.identity_len = daemon->identity.len,
		.payload_len = daemon->in.len,
		.out_max = daemon->out_max,
	};
	uint8_t *at = worker->in + sizeof(header);

	memcpy(worker->in, &header, sizeof(header));
	memcpy(at, daemon->identity_buf, daemon->identity.len);
	memcpy(at + daemon->identity.len, daemon->in_buf, daemon->in.len);
	worker->in_len = header.len;
	if (dispatch(worker))
		abort();
	take_answer(daemon);
	daemon->delay_ms = worker->delay_ms;
	worker_done(worker);
	return daemon->answer.code;
}

uint32_t ask(struct daemon *daemon, uint32_t op)
{
	uint32_t code = ask_without_wiping(daemon, op);

	memory_wipe_traces();
	return code;
}

uint32_t ask_generate(struct daemon *daemon, const char *name, uint32_t type)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

uint32_t ask_import(struct daemon *daemon, const char *name, uint32_t type, uint32_t format,
		    const void *bytes, size_t len)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT, format);
	uks_attrs_put(&daemon->in, UKS_A_KEY_MATERIAL, bytes, len);
	return ask(daemon, UKS_OP_KEY_IMPORT);
}

uint32_t ask_by_name(struct daemon *daemon, uint32_t op, const char *name)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	return ask(daemon, op);
}

uint32_t ask_open(struct daemon *daemon, const char *name, uint32_t purpose)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

static void put_use(struct daemon *daemon, const uint8_t *id, uint32_t purpose,
		    uint32_t algorithm, uint32_t digest, const void *message, size_t len)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, digest);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
}

uint32_t ask_sign(struct daemon *daemon, const uint8_t *id, uint32_t algorithm, uint32_t digest,
		  const void *message, size_t len)
{
	put_use(daemon, id, UKS_PURPOSE_SIGN, algorithm, digest, message, len);
	return ask(daemon, UKS_OP_SIGN);
}

uint32_t ask_verify(struct daemon *daemon, const uint8_t *id, uint32_t algorithm,
		    uint32_t digest, const void *message, size_t len, const void *signature,
		    size_t signature_len)
{
	put_use(daemon, id, UKS_PURPOSE_VERIFY, algorithm, digest, message, len);
	uks_attrs_put(&daemon->in, UKS_A_SIGNATURE, signature, signature_len);
	return ask(daemon, UKS_OP_VERIFY);
}
