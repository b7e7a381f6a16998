// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file "pin" of the user's folder: one struct pin_file. Argon2id makes guessing
 * at a stolen file dear; ten wrong PINs in a row lock.
 */
#include "pin.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sodium.h>

#include "p11.h"
#include "record.h"

#define FILE_NAME	"pin"
#define TRIES		10

/**
 * struct pin_one - a PIN
 * @hash: as crypto_pwhash_str() writes it; "" if there is none
 * @failed: how often in a row a wrong one was given
 */
struct pin_one {
	char hash[crypto_pwhash_STRBYTES];
	uint32_t failed;
};

/**
 * struct pin_file - the file
 * @magic: "UKSPIN\0\1"
 * @label: label of the token, padded with blanks
 * @one: CKU_SO's and CKU_USER's
 */
struct pin_file {
	uint8_t magic[8];
	uint8_t label[32];
	struct pin_one one[2];
};

static const uint8_t magic[8] = "UKSPIN\0\1";

static void start_anew(struct pin_file *file)
{
	memset(file, 0, sizeof(*file));
	memcpy(file->magic, magic, sizeof(magic));
	token_put_text(file->label, sizeof(file->label), "UKS");
}

static void load(int folder, struct pin_file *file)
{
	uint8_t *data;
	size_t len;

	start_anew(file);
	if (folder < 0 || file_read(folder, FILE_NAME, sizeof(*file), &data, &len))
		return;
	if (len == sizeof(*file) && !memcmp(data, magic, sizeof(magic))) {
		memcpy(file, data, sizeof(*file));
		file->one[CKU_SO].hash[sizeof(file->one->hash) - 1] = 0;
		file->one[CKU_USER].hash[sizeof(file->one->hash) - 1] = 0;
	}
	free(data);
}

static void look(struct pin_file *file)
{
	int folder = file_folder(false);

	load(folder, file);
	if (folder >= 0)
		close(folder);
}

bool pin_is_set(void)
{
	struct pin_file file;

	look(&file);
	return *file.one[CKU_USER].hash;
}

bool pin_so_is_set(void)
{
	struct pin_file file;

	look(&file);
	return *file.one[CKU_SO].hash;
}

ck_flags_t pin_flags(void)
{
	struct pin_file file;
	ck_flags_t flags = 0;
	uint32_t failed;

	look(&file);
	if (*file.one[CKU_USER].hash)
		flags |= CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
	failed = file.one[CKU_USER].failed;
	flags |= failed >= TRIES ? CKF_USER_PIN_LOCKED :
		failed == TRIES - 1 ? CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW :
		failed ? CKF_USER_PIN_COUNT_LOW : 0;
	failed = file.one[CKU_SO].failed;
	flags |= failed >= TRIES ? CKF_SO_PIN_LOCKED :
		failed == TRIES - 1 ? CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_COUNT_LOW :
		failed ? CKF_SO_PIN_COUNT_LOW : 0;
	return flags;
}

void pin_label(char *label)
{
	struct pin_file file;
	int at = sizeof(file.label);

	look(&file);
	while (at && file.label[at - 1] == ' ')
		at--;
	memcpy(label, file.label, at);
	label[at] = 0;
}

static ck_rv_t save(int folder, const struct pin_file *file)
{
	return file_write(folder, FILE_NAME, file, sizeof(*file)) ? CKR_TOKEN_WRITE_PROTECTED :
		CKR_OK;
}

/* The try is counted before it is made, so that ending the process wins nothing. */
static ck_rv_t try(int folder, struct pin_file *file, ck_user_type_t user, const void *pin,
		   unsigned long len)
{
	struct pin_one *one = &file->one[user];
	ck_rv_t rv;

	if (!*one->hash)
		return user == CKU_USER ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_INCORRECT;
	if (one->failed >= TRIES)
		return CKR_PIN_LOCKED;
	one->failed++;
	rv = save(folder, file);
	if (rv != CKR_OK)
		return rv;
	if (crypto_pwhash_str_verify(one->hash, pin, len))
		return one->failed >= TRIES ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
	one->failed = 0;
	return save(folder, file);
}

static int open_locked(bool make, int *lock)
{
	int folder = file_folder(make);

	*lock = folder < 0 ? -1 : file_lock(folder);
	if (folder >= 0 && *lock < 0) {
		close(folder);
		return -1;
	}
	return folder;
}

ck_rv_t pin_check(ck_user_type_t user, const void *pin, unsigned long len)
{
	struct pin_file file;
	int lock, folder = open_locked(false, &lock);
	ck_rv_t rv;

	if (folder < 0)
		return user == CKU_USER ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_INCORRECT;
	load(folder, &file);
	rv = try(folder, &file, user, pin ? pin : "", len);
	close(lock);
	close(folder);
	return rv;
}

ck_rv_t pin_set(ck_user_type_t user, const void *pin, unsigned long len,
		const unsigned char *label)
{
	struct pin_file file;
	int lock, folder;
	ck_rv_t rv = CKR_HOST_MEMORY;

	if (len < PIN_MIN || len > PIN_MAX)
		return CKR_PIN_LEN_RANGE;
	folder = open_locked(true, &lock);
	if (folder < 0)
		return CKR_TOKEN_WRITE_PROTECTED;
	load(folder, &file);
	if (label) {
		start_anew(&file);
		memcpy(file.label, label, sizeof(file.label));
	}
	memset(&file.one[user], 0, sizeof(file.one[user]));
	if (!crypto_pwhash_str(file.one[user].hash, pin, len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
			       crypto_pwhash_MEMLIMIT_INTERACTIVE / 4))
		rv = save(folder, &file);
	close(lock);
	close(folder);
	return rv;
}
