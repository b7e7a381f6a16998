// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include <tss2/tss2_tctildr.h>

#include "tests/unit/uksd-nth.h"

#define TPM_HEADER	10	/* tag, length, response code */

static struct range { uintptr_t from, to; } ranges[ORIGINS];
static __thread struct { bool armed, refuses; enum origin origin; unsigned int left, seen; } fault;

static int find_range(struct dl_phdr_info *info, size_t size, void *unused)
{
	enum origin origin = !*info->dlpi_name ? HERE :
		strstr(info->dlpi_name, "libcrypto") ? CRYPTO :
		strstr(info->dlpi_name, "libsqlite3") ? SQLITE : ORIGINS;
	int i;

	(void)size;
	(void)unused;
	for (i = 0; i < info->dlpi_phnum && origin < ORIGINS; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			ranges[origin].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			ranges[origin].to = ranges[origin].from + info->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

static bool strikes(enum origin origin)
{
	if (!fault.armed || fault.origin != origin)
		return false;
	fault.seen++;
	return fault.left && !--fault.left;
}

static bool is_in(enum origin origin, uintptr_t at)
{
	return at >= ranges[origin].from && at < ranges[origin].to;
}

static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (!fault.armed)
		return false;
	return (is_in(fault.origin, at) || (fault.origin == HERE && is_in(CRYPTO, at))) &&
	       strikes(fault.origin);
}

void *malloc(size_t size)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t count, size_t size)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *old, size_t size)
{
	if (!fails(__builtin_return_address(0)))
		return __libc_realloc(old, size);
	errno = ENOMEM;
	return NULL;
}

/* A read or write that the disk did not do. */
int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	return strikes(STEP) ? SQLITE_IOERR : __real_sqlite3_step(stmt);
}

/* ---- the TPM ---- */

/* It was not asked, and answers that it failed. */
static TSS2_TCTI_TRANSMIT_FCN transmit;
static TSS2_TCTI_RECEIVE_FCN receive;

static TSS2_RC transmit_or_not(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	static const uint8_t flush[] = { 0, 0, 1, 0x65 };	/* TPM2_CC_FlushContext */

	/* Who frees is not refused: the kernel's resource manager would do it at the end. */
	fault.refuses = memcmp(command + TPM_HEADER - sizeof(flush), flush, sizeof(flush)) &&
			strikes(TPM);
	return fault.refuses ? TSS2_RC_SUCCESS : transmit(tcti, len, command);
}

static TSS2_RC receive_or_refuse(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *answer,
				 int32_t timeout)
{
	static const uint8_t failure[TPM_HEADER] = { 0x80, 1, 0, 0, 0, TPM_HEADER, 0, 0, 1, 1 };

	if (!fault.refuses)
		return receive(tcti, len, answer, timeout);
	if (answer && *len >= TPM_HEADER) {
		memcpy(answer, failure, TPM_HEADER);
		fault.refuses = false;
	}
	*len = TPM_HEADER;
	return TSS2_RC_SUCCESS;
}

TSS2_RC __wrap_Tss2_TctiLdr_Initialize(const char *name, TSS2_TCTI_CONTEXT **tcti)
{
	TSS2_RC rc = __real_Tss2_TctiLdr_Initialize(name, tcti);

	if (rc)
		return rc;
	transmit = TSS2_TCTI_TRANSMIT(*tcti);
	receive = TSS2_TCTI_RECEIVE(*tcti);
	TSS2_TCTI_TRANSMIT(*tcti) = transmit_or_not;
	TSS2_TCTI_RECEIVE(*tcti) = receive_or_refuse;
	return rc;
}

/* ---- for tests ---- */

void nth_begin(enum origin origin, unsigned int nth)
{
	if (!ranges[HERE].to)
		dl_iterate_phdr(find_range, NULL);
	fault.origin = origin;
	fault.left = nth;
	fault.seen = 0;
	fault.armed = true;
}

unsigned int nth_end(void)
{
	fault.armed = false;
	return fault.seen;
}
