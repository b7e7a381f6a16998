// SPDX-License-Identifier: LGPL-2.1-or-later
/* Connecting to a TPM, and why that fails. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tss2/tss2_tctildr.h>

#include "tpm/internal.h"

#define DEVICE		"device:"
#define GREETINGS	3	/* commands without an answer until a TPM counts as gone */

static int fail_device(struct uks_tpm_error *error, const char *path, int err)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return uks_tpm_fail(error, UKS_TPM_NO_DEVICE, 0,
				    "cannot open %s: this machine shows no TPM 2.0; switch it on in the firmware setup, or load its driver",
				    path);
	case EACCES:
	case EPERM:
		return uks_tpm_fail(error, UKS_TPM_NO_PERMISSION, 0,
				    "cannot open %s: permission denied; run as root or as a member of group tss",
				    path);
	case EBUSY:
		return uks_tpm_fail(error, UKS_TPM_BUSY, 0,
				    "cannot open %s: another program has it open; use device:/dev/tpmrm0, which can be shared",
				    path);
	default:
		return uks_tpm_fail(error, UKS_TPM_OTHER, 0, "cannot open %s: %s", path,
				    strerror(err));
	}
}

/*
 * The TCTI would not say why it could not open the device, and would write
 * commands into whatever else it is given.
 */
static int check_device(const char *path, struct uks_tpm_error *error)
{
	struct stat st;
	int fd, ret;

	if (stat(path, &st))
		return fail_device(error, path, errno);
	if (!S_ISCHR(st.st_mode))
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, 0,
				    "%s is not a device; name the TPM's, such as device:/dev/tpmrm0",
				    path);

	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail_device(error, path, errno);
	ret = close(fd);
	return ret ? fail_device(error, path, errno) : 0;
}

/* Whether there is a TCTI library with the name that @tcti begins with. */
static bool known_tcti(const char *tcti)
{
	TSS2_TCTI_INFO *info = NULL;
	bool known;
	char *name;

	name = strndup(tcti, strcspn(tcti, ":"));
	known = name && !Tss2_TctiLdr_GetInfo(name, &info);
	Tss2_TctiLdr_FreeInfo(&info);
	free(name);
	return known;
}

static int open_tcti(struct uks_tpm *tpm, const char *tcti, struct uks_tpm_error *error)
{
	TSS2_RC rc;

	if (!tcti || !*tcti)
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, 0,
				    "no TCTI given; say how to reach the TPM, such as device:/dev/tpmrm0");
	if (!strncmp(tcti, DEVICE, strlen(DEVICE)) && tcti[strlen(DEVICE)] &&
	    check_device(tcti + strlen(DEVICE), error))
		return -1;

	rc = Tss2_TctiLdr_Initialize(tcti, &tpm->tcti);
	if (!rc)
		return 0;
	if (!known_tcti(tcti))
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, rc,
				    "there is no TCTI for \"%s\"; correct the name or install its library, libtss2-tcti-NAME",
				    tcti);
	if (rc == TSS2_TCTI_RC_BAD_VALUE)
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, rc,
				    "the TCTI does not understand \"%s\"; see tss2-tctildr(7)",
				    tcti);
	return uks_tpm_fail(error, UKS_TPM_NO_DEVICE, rc,
			    "no TPM answers at \"%s\"; start it, or correct the TCTI", tcti);
}

/* A property of four characters, without what pads it, if it is text at all. */
static void add_text(char *text, size_t size, UINT32 value)
{
	size_t used = strlen(text);

	for (int shift = 24; shift >= 0 && used + 1 < size; shift -= 8) {
		char c = value >> shift;

		if (c >= ' ' && c <= '~')
			text[used++] = c;
	}
	text[used] = '\0';
}

static void trim(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
}

static void describe(struct uks_tpm *tpm, const TPML_TAGGED_TPM_PROPERTY *list)
{
	char manufacturer[8] = "", model[24] = "";
	UINT32 version[2] = { 0, 0 };

	/* Sorted by property (Part 3, 30.2), so the model's parts come in order. */
	for (UINT32 i = 0; i < list->count; i++) {
		UINT32 value = list->tpmProperty[i].value;

		switch (list->tpmProperty[i].property) {
		case TPM2_PT_MANUFACTURER:
			add_text(manufacturer, sizeof(manufacturer), value);
			break;
		case TPM2_PT_VENDOR_STRING_1:
		case TPM2_PT_VENDOR_STRING_2:
		case TPM2_PT_VENDOR_STRING_3:
		case TPM2_PT_VENDOR_STRING_4:
			add_text(model, sizeof(model), value);
			break;
		case TPM2_PT_FIRMWARE_VERSION_1:
			version[0] = value;
			break;
		case TPM2_PT_FIRMWARE_VERSION_2:
			version[1] = value;
			break;
		}
	}
	trim(manufacturer);
	trim(model);
	snprintf(tpm->description, sizeof(tpm->description), "%s%s%s, firmware %u.%u.%u.%u",
		 manufacturer, *model ? " " : "", model, version[0] >> 16, version[0] & 0xffff,
		 version[1] >> 16, version[1] & 0xffff);
}

static TSS2_RC read_properties(struct uks_tpm *tpm, TPMS_CAPABILITY_DATA **data)
{
	unsigned int tries = 0;
	TPMI_YES_NO more;
	TSS2_RC rc;

	do {
		rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_TPM_PROPERTIES, TPM2_PT_FIXED,
					TPM2_MAX_TPM_PROPERTIES, &more, data);
	} while (uks_tpm_again(rc, &tries));
	return rc;
}

static int greet(struct uks_tpm *tpm, struct uks_tpm_error *error)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TSS2_RC rc;

	rc = read_properties(tpm, &data);
	if (uks_tpm_base_rc(rc) == TPM2_RC_INITIALIZE) {
		/* The kernel or firmware does that, unless the TPM is only software. */
		rc = Esys_Startup(tpm->esys, TPM2_SU_CLEAR);
		if (rc && uks_tpm_base_rc(rc) != TPM2_RC_INITIALIZE)
			return uks_tpm_fail_rc(error, rc, "cannot start the TPM");
		rc = read_properties(tpm, &data);
	}
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot ask the TPM what it is");
	describe(tpm, &data->data.tpmProperties);
	Esys_Free(data);
	return 0;
}

static void disconnect(struct uks_tpm *tpm)
{
	if (tpm->esys)
		Esys_Finalize(&tpm->esys);
	if (tpm->tcti)
		Tss2_TctiLdr_Finalize(&tpm->tcti);
	tpm->root = ESYS_TR_NONE;
}

static int connect_tpm(struct uks_tpm *tpm, struct uks_tpm_error *error)
{
	TSS2_RC rc;

	tpm->root = ESYS_TR_NONE;
	if (open_tcti(tpm, tpm->where, error))
		return -1;
	rc = Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot initialise the TPM software stack");
	return greet(tpm, error);
}

int uks_tpm_reconnect(struct uks_tpm *tpm, struct uks_tpm_error *error)
{
	const struct uks_tpm_identity identity = tpm->identity;
	struct uks_tpm_identity same;

	disconnect(tpm);
	if (connect_tpm(tpm, error)) {
		disconnect(tpm);
		return -1;
	}
	return uks_tpm_find_root(tpm, tpm->handle, &identity, &same, error);
}

/*
 * To connect again must not mean to load code again, which a program may have
 * forbidden itself: its library stays, whatever tpm2-tss does with it.
 */
static void keep_library(const char *tcti)
{
	char name[64];

	snprintf(name, sizeof(name), "libtss2-tcti-%.*s.so.0", (int)strcspn(tcti, ":"), tcti);
	dlopen(name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* One that is there but does not answer may be busy for others, as at boot. */
static int connect_patiently(struct uks_tpm *tpm, struct uks_tpm_error *error)
{
	unsigned int tries;

	for (tries = 1; connect_tpm(tpm, error); tries++) {
		if (!tpm->esys || error->cause != UKS_TPM_NO_DEVICE || tries == GREETINGS)
			return -1;
		disconnect(tpm);
	}
	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	return 0;
}

int uks_tpm_open(const char *tcti, struct uks_tpm **out, struct uks_tpm_error *error)
{
	struct uks_tpm *tpm;

	*out = NULL;
	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };

	/* Each failure is told once, through @error. */
	tpm = setenv("TSS2_LOG", "all+none", 0) ? NULL : calloc(1, sizeof(*tpm));
	if (tpm)
		tpm->where = strdup(tcti ? tcti : "");
	if (!tpm || !tpm->where) {
		free(tpm);
		return uks_tpm_fail(error, UKS_TPM_OTHER, 0,
				    "cannot connect to the TPM: out of memory");
	}
	pthread_mutex_init(&tpm->lock, NULL);

	if (connect_patiently(tpm, error)) {
		uks_tpm_close(tpm);
		return -1;
	}
	keep_library(tpm->where);
	*out = tpm;
	return 0;
}

void uks_tpm_close(struct uks_tpm *tpm)
{
	if (!tpm)
		return;
	disconnect(tpm);
	pthread_mutex_destroy(&tpm->lock);
	free(tpm->where);
	free(tpm);
}

void uks_tpm_describe(const struct uks_tpm *tpm, char *text, size_t size)
{
	snprintf(text, size, "%s", tpm->description);
}
