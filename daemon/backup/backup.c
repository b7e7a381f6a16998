// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "daemon/backup/backup.h"

#define IDLE_SECONDS	600

static_assert(sizeof(struct backup_header) == 64, "a header has no padding");
static_assert(sizeof(struct backup_contents) == 24 + RECORD_ADMINISTRATORS * 124,
	      "the contents have no padding");

static const uint8_t label[] = "uks backup v1";

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void backup_free(struct backup *backup)
{
	if (backup->store) {
		backup->store->ops->dump_end(backup->store);
		store_close(backup->store);
	}
	if (backup->spool >= 0) {
		close(backup->spool);
		unlink(backup->path);
	}
	json_decref(backup->left_out);
	sodium_free(backup->secrets);
	free(backup);
}

void backup_drop(struct custody *custody)
{
	if (custody->backup)
		backup_free(custody->backup);
	custody->backup = NULL;
}

void backup_drop_idle(struct custody *custody)
{
	if (pthread_mutex_trylock(&custody->lock))
		return;
	if (custody->backup && custody->backup->used + IDLE_SECONDS < now())
		backup_drop(custody);
	pthread_mutex_unlock(&custody->lock);
}

struct backup *backup_new(struct uksd *uksd, enum backup_task task, struct failure *failure)
{
	struct backup *backup = calloc(1, sizeof(*backup));
	uint8_t number[16];

	backup_drop(&uksd->custody);
	if (!backup)
		goto no_memory;
	backup->spool = -1;
	backup->secrets = sodium_malloc((sizeof(*backup->secrets) + 63) / 64 * 64);
	backup->left_out = json_array();
	if (!backup->secrets || !backup->left_out) {
		backup_free(backup);
		goto no_memory;
	}
	backup->task = task;
	backup->used = now();
	randombytes_buf(number, sizeof(number));
	sodium_bin2hex(backup->cursor, sizeof(backup->cursor), number, sizeof(number));
	snprintf(backup->path, sizeof(backup->path), "%s.restore", uksd->config->store);
	uksd->custody.backup = backup;
	return backup;
no_memory:
	failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a backup");
	return NULL;
}

void backup_key(const uint8_t *master, const struct backup_header *header, uint8_t *key)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, master, SEAL_MASTER_LEN,
				crypto_secretstream_xchacha20poly1305_KEYBYTES);
	crypto_generichash_update(&state, label, sizeof(label) - 1);
	crypto_generichash_update(&state, header->salt, sizeof(header->salt));
	crypto_generichash_final(&state, key, crypto_secretstream_xchacha20poly1305_KEYBYTES);
	sodium_memzero(&state, sizeof(state));
}
