// SPDX-License-Identifier: LGPL-2.1-or-later
/* The two modules between which keys move: SoftHSM's own, and UKS'. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "move.h"

static const char * const softhsm_paths[] = {
	"libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", NULL
};

/* Beside uksctl where it was built; where it was installed. */
static const char * const uks_paths[] = {
	"libuks-pkcs11.so.0", UKS_PKCS11DIR "/libuks-pkcs11.so",
	"/usr/lib/pkcs11/libuks-pkcs11.so", NULL
};

static int load(const char * const *paths, const char *what, const char *cure,
		struct side *side)
{
	ck_rv_t (*get)(struct ck_function_list **list);
	void *library = NULL;

	for (; *paths && !library; paths++)
		library = dlopen(*paths, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fail_text(EXIT_ERROR, "%s cannot be loaded: %s", what, cure);
	get = (ck_rv_t (*)(struct ck_function_list **))dlsym(library, "C_GetFunctionList");
	if (!get || get(&side->p11) != CKR_OK) {
		side->p11 = NULL;
		fail_text(EXIT_ERROR, "%s is no PKCS #11 module", what);
		return EXIT_ERROR;
	}
	return EXIT_OK;
}

/* ---- SoftHSM ---- */

/**
 * struct place - where tokens are
 * @folder: folder of all of them
 * @serial: serial number of the one that is meant, or ""
 */
struct place {
	char folder[PATH_MAX];
	char serial[17];
};

/* A token's folder is named after it: the end of the name is its serial number. */
static void take_serial(const char *name, char *serial)
{
	size_t at = strlen(name), len = 16;

	serial[16] = 0;
	while (at-- && len)
		if (name[at] != '-')
			serial[--len] = name[at];
	if (len)
		*serial = 0;
}

static int find_place(const char *folder, struct place *place)
{
	char path[PATH_MAX + 16], *slash;

	if (!realpath(folder, place->folder))
		return fail_errno("read the folder", folder);
	snprintf(path, sizeof(path), "%s/token.object", place->folder);
	slash = strrchr(place->folder, '/');
	if (!access(path, F_OK) && slash != place->folder) {
		take_serial(slash + 1, place->serial);
		*slash = 0;
	}
	return EXIT_OK;
}

/* SoftHSM reads its only configuration when it begins. */
static int begin_softhsm(const struct place *place, struct side *side)
{
	char path[] = "/tmp/uksctl-softhsm.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	ck_rv_t rv;

	if (!file)
		return fail_errno("write", path);
	fprintf(file, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
		place->folder);
	fclose(file);
	setenv("SOFTHSM2_CONF", path, 1);
	rv = side->p11->C_Initialize(NULL);
	unlink(path);
	if (rv == CKR_OK)
		return EXIT_OK;
	return fail_text(EXIT_ERROR,
			 "SoftHSM cannot read the tokens in '%s' (0x%lx): is it their folder, and may you read it?",
			 place->folder, rv);
}

static bool is_meant(const struct place *place, const struct ck_token_info *info)
{
	if (!(info->flags & CKF_TOKEN_INITIALIZED))
		return false;
	return !*place->serial || !memcmp(info->serial_number, place->serial, 16);
}

static int choose_slot(const struct place *place, struct side *side, ck_slot_id_t *slot)
{
	unsigned long count = 64, i, found = 0;
	struct ck_token_info info;
	ck_slot_id_t slots[64];

	if (side->p11->C_GetSlotList(1, slots, &count) != CKR_OK)
		count = 0;
	for (i = 0; i < count; i++) {
		if (side->p11->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !is_meant(place, &info))
			continue;
		*slot = slots[i];
		found++;
	}
	if (found == 1)
		return EXIT_OK;
	if (!found)
		return fail_text(EXIT_ERROR, "there is no token of SoftHSM in '%s'",
				 place->folder);
	return fail_text(EXIT_USAGE,
			 "there are %lu tokens in '%s': name the folder of one, as %s/UUID", found,
			 place->folder, place->folder);
}

static int log_in(struct run *run, struct side *side)
{
	char pin[256];
	int len = secret_line(run, OPTION_PIN_FD, "PIN", "PIN of the token's user: ", pin,
			      sizeof(pin), &run->err);
	ck_rv_t rv;

	if (len < 0)
		return fail(run, "log in to", "SoftHSM");
	rv = side->p11->C_Login(side->session, CKU_USER, (unsigned char *)pin, len);
	explicit_bzero(pin, sizeof(pin));
	if (rv == CKR_OK)
		return EXIT_OK;
	if (rv == CKR_PIN_INCORRECT)
		return fail_text(EXIT_ACCESS,
				 "SoftHSM says that the PIN is wrong: nothing was moved");
	return fail_text(EXIT_ACCESS, "SoftHSM refuses the login (0x%lx): nothing was moved", rv);
}

int side_open_softhsm(struct run *run, const char *folder, struct side *side)
{
	struct place place = { 0 };
	ck_slot_id_t slot = 0;
	int ret = find_place(folder, &place);

	if (!ret)
		ret = load(softhsm_paths, "SoftHSM's module, libsofthsm2.so,",
			   "install the package softhsm2", side);
	if (!ret)
		ret = begin_softhsm(&place, side);
	if (!ret)
		ret = choose_slot(&place, side, &slot);
	if (!ret && side->p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
					     &side->session) != CKR_OK)
		ret = fail_text(EXIT_ERROR, "SoftHSM cannot open the token in '%s'", folder);
	return ret ? ret : log_in(run, side);
}

/* ---- UKS ---- */

int side_open_uks(struct side *side)
{
	struct ck_token_info info;
	int ret = load(uks_paths, "UKS' module, libuks-pkcs11.so,",
		       "run 'make install' of the whole project", side);

	if (ret)
		return ret;
	if (side->p11->C_Initialize(NULL) != CKR_OK ||
	    side->p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
				     &side->session) != CKR_OK)
		return fail_text(EXIT_UNAVAILABLE,
				 "UKS cannot be reached: see what 'uksctl status' says");
	/* With a PIN, keys that are there already would not be seen. */
	if (side->p11->C_GetTokenInfo(0, &info) == CKR_OK && info.flags & CKF_LOGIN_REQUIRED)
		return fail_text(EXIT_ACCESS,
				 "your token of UKS has a PIN of PKCS #11: take it off with 'pkcs11-tool --init-token', and set it again afterwards");
	return EXIT_OK;
}

void side_close(struct side *side)
{
	if (side->p11)
		side->p11->C_Finalize(NULL);
	explicit_bzero(side, sizeof(*side));
}
