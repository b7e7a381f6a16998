/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records: what the module stores for its user beside UKS: certificates, data
 * objects, public keys, and the attributes that clients gave to keys. One file,
 * $XDG_DATA_HOME/uks/pkcs11/objects, mode 0600, replaced as a whole. Nothing in it
 * is secret, and nothing in it is authenticated: it is as good as the user's home.
 *
 * All functions want the module's lock.
 */
#ifndef UKS_PKCS11_RECORD_H
#define UKS_PKCS11_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/uks.h>

#include "bag.h"

/* In the record of a public key that belongs to a private one: it was destroyed. */
#define CKA_UKS_HIDDEN	(CKA_VENDOR_DEFINED | 0x554b5301UL)

/**
 * struct record - a record
 * @id: the key of UKS, or a number of its own
 * @class: CKO_...
 * @bag: the attributes
 */
struct record {
	uint8_t id[UKS_KEY_ID_LEN];
	ck_object_class_t class;
	struct bag bag;
};

/**
 * record_refresh() - read the file again if it was replaced
 * @turn: [out] how often it was read; another number means that it changed
 *
 * Return: CKR_OK, also if there is no file; CKR_HOST_MEMORY, CKR_DEVICE_ERROR.
 */
ck_rv_t record_refresh(unsigned long *turn);

/**
 * record_find() - look a record up
 * @class: CKO_...
 * @id: 16 bytes
 *
 * Return: the record, valid until the next change, or NULL.
 */
const struct record *record_find(ck_object_class_t class, const uint8_t *id);

/**
 * record_at() - walk through the records
 * @index: 0, 1, ...
 *
 * Return: as record_find().
 */
const struct record *record_at(size_t index);

/**
 * record_write() - add or replace a record, durably
 * @class: CKO_...
 * @id: 16 bytes
 * @bag: its attributes
 *
 * Return: CKR_OK, CKR_HOST_MEMORY, CKR_TOKEN_WRITE_PROTECTED, CKR_DEVICE_MEMORY.
 */
ck_rv_t record_write(ck_object_class_t class, const uint8_t *id, const struct bag *bag);

/**
 * record_remove() - remove a record, durably
 * @class: CKO_...
 * @id: 16 bytes
 *
 * Return: as record_write(); CKR_OK if there is none.
 */
ck_rv_t record_remove(ck_object_class_t class, const uint8_t *id);

/**
 * record_forget() - drop what was read
 */
void record_forget(void);

/* ---- file.c: the user's folder ---- */

/**
 * file_folder() - the folder's path
 * @make: make it if it is not there
 *
 * Return: a descriptor of it, or -1 with errno.
 */
int file_folder(bool make);

/**
 * file_settings() - the folder of what the user sets, $XDG_CONFIG_HOME/uks or ~/.config/uks
 *
 * Return: a descriptor, or -1.
 */
int file_settings(void);

/**
 * file_read() - read a file of the folder, if it is the user's own
 * @folder: from file_folder()
 * @name: its name
 * @most: greatest length
 * @data: [out] its bytes; free() it
 * @len: [out] how many
 *
 * Return: 0, or -1 with errno.
 */
int file_read(int folder, const char *name, size_t most, uint8_t **data, size_t *len);

/**
 * file_write() - replace a file of the folder, all or nothing, durably
 * @folder: from file_folder()
 * @name: its name
 * @data: its bytes
 * @len: how many
 *
 * Return: 0, or -1 with errno.
 */
int file_write(int folder, const char *name, const void *data, size_t len);

/**
 * file_lock() - keep other processes from writing to the folder
 * @folder: from file_folder()
 *
 * Return: a descriptor; close() lets them; or -1 with errno.
 */
int file_lock(int folder);

#endif /* UKS_PKCS11_RECORD_H */
