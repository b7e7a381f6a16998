// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>
#include <sodium.h>

#include "daemon/memory.h"

#define SECURE_HEAP		(4096 * 1024)	/* bytes for OpenSSL's private numbers */
#define SECURE_HEAP_UNIT	32

static void *wiping_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void wiping_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	if (at)
		explicit_bzero(at, malloc_usable_size(at));
	free(at);
}

/* realloc() would leave the old copy behind when it moves. */
static void *wiping_realloc(void *at, size_t size, const char *file, int line)
{
	size_t old = at ? malloc_usable_size(at) : 0;
	void *new;

	if (at && !size) {
		wiping_free(at, file, line);
		return NULL;
	}
	if (at && size <= old)
		return at;
	new = malloc(size);
	if (!new)
		return NULL;
	if (at)
		memcpy(new, at, old);
	wiping_free(at, file, line);
	return new;
}

int memory_init(struct failure *failure)
{
	if (!CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free))
		return failure_set(failure, UKS_E_INTERNAL,
				   "OpenSSL was used before its memory functions were set");
	if (CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_HEAP_UNIT) != 1)
		return failure_set(failure, UKS_E_NO_MEMORY,
				   "cannot lock %d KiB of memory for private keys: raise LimitMEMLOCK= or 'ulimit -l'",
				   SECURE_HEAP / 1024);
	if (sodium_init() < 0)
		return failure_set(failure, UKS_E_CRYPTO, "libsodium does not start");
	return 0;
}

int memory_lock(struct failure *failure)
{
	struct rlimit none = { 0, 0 }, all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
		return failure_set(failure, UKS_E_INTERNAL, "cannot forbid core dumps: %s",
				   strerror(errno));
	/* Without the right to raise it, the limit that is there may do. */
	if (setrlimit(RLIMIT_MEMLOCK, &all) && errno != EPERM)
		return failure_set(failure, UKS_E_INTERNAL, "cannot raise RLIMIT_MEMLOCK: %s",
				   strerror(errno));
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return failure_set(failure, UKS_E_NO_MEMORY,
				   "cannot lock memory: %s; raise LimitMEMLOCK= or 'ulimit -l'",
				   strerror(errno));
	return 0;
}

/*
 * Not zeros: zero is the registers' initial state, which the kernel does not
 * save, so that what it saved before would stay.
 */
#if defined(__x86_64__)
__attribute__((target("avx512f"))) static void fill_avx512(void)
{
	asm volatile("vpternlogd $255, %%zmm16, %%zmm16, %%zmm16\n\t"
		     "vmovdqa64 %%zmm16, %%zmm17\n\tvmovdqa64 %%zmm16, %%zmm18\n\t"
		     "vmovdqa64 %%zmm16, %%zmm19\n\tvmovdqa64 %%zmm16, %%zmm20\n\t"
		     "vmovdqa64 %%zmm16, %%zmm21\n\tvmovdqa64 %%zmm16, %%zmm22\n\t"
		     "vmovdqa64 %%zmm16, %%zmm23\n\tvmovdqa64 %%zmm16, %%zmm24\n\t"
		     "vmovdqa64 %%zmm16, %%zmm25\n\tvmovdqa64 %%zmm16, %%zmm26\n\t"
		     "vmovdqa64 %%zmm16, %%zmm27\n\tvmovdqa64 %%zmm16, %%zmm28\n\t"
		     "vmovdqa64 %%zmm16, %%zmm29\n\tvmovdqa64 %%zmm16, %%zmm30\n\t"
		     "vmovdqa64 %%zmm16, %%zmm31\n\t"
		     "vmovdqa64 %%zmm16, %%zmm0\n\tvmovdqa64 %%zmm16, %%zmm1\n\t"
		     "vmovdqa64 %%zmm16, %%zmm2\n\tvmovdqa64 %%zmm16, %%zmm3\n\t"
		     "vmovdqa64 %%zmm16, %%zmm4\n\tvmovdqa64 %%zmm16, %%zmm5\n\t"
		     "vmovdqa64 %%zmm16, %%zmm6\n\tvmovdqa64 %%zmm16, %%zmm7\n\t"
		     "vmovdqa64 %%zmm16, %%zmm8\n\tvmovdqa64 %%zmm16, %%zmm9\n\t"
		     "vmovdqa64 %%zmm16, %%zmm10\n\tvmovdqa64 %%zmm16, %%zmm11\n\t"
		     "vmovdqa64 %%zmm16, %%zmm12\n\tvmovdqa64 %%zmm16, %%zmm13\n\t"
		     "vmovdqa64 %%zmm16, %%zmm14\n\tvmovdqa64 %%zmm16, %%zmm15\n\t"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
		       "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
		       "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

__attribute__((target("avx2"))) static void fill_avx2(void)
{
	asm volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n\tvmovdqa %%ymm0, %%ymm1\n\t"
		     "vmovdqa %%ymm0, %%ymm2\n\tvmovdqa %%ymm0, %%ymm3\n\t"
		     "vmovdqa %%ymm0, %%ymm4\n\tvmovdqa %%ymm0, %%ymm5\n\t"
		     "vmovdqa %%ymm0, %%ymm6\n\tvmovdqa %%ymm0, %%ymm7\n\t"
		     "vmovdqa %%ymm0, %%ymm8\n\tvmovdqa %%ymm0, %%ymm9\n\t"
		     "vmovdqa %%ymm0, %%ymm10\n\tvmovdqa %%ymm0, %%ymm11\n\t"
		     "vmovdqa %%ymm0, %%ymm12\n\tvmovdqa %%ymm0, %%ymm13\n\t"
		     "vmovdqa %%ymm0, %%ymm14\n\tvmovdqa %%ymm0, %%ymm15\n\t"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void fill_sse(void)
{
	asm volatile("pcmpeqd %%xmm0, %%xmm0\n\tmovdqa %%xmm0, %%xmm1\n\t"
		     "movdqa %%xmm0, %%xmm2\n\tmovdqa %%xmm0, %%xmm3\n\t"
		     "movdqa %%xmm0, %%xmm4\n\tmovdqa %%xmm0, %%xmm5\n\t"
		     "movdqa %%xmm0, %%xmm6\n\tmovdqa %%xmm0, %%xmm7\n\t"
		     "movdqa %%xmm0, %%xmm8\n\tmovdqa %%xmm0, %%xmm9\n\t"
		     "movdqa %%xmm0, %%xmm10\n\tmovdqa %%xmm0, %%xmm11\n\t"
		     "movdqa %%xmm0, %%xmm12\n\tmovdqa %%xmm0, %%xmm13\n\t"
		     "movdqa %%xmm0, %%xmm14\n\tmovdqa %%xmm0, %%xmm15\n\t"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void fill_registers(void)
{
	if (__builtin_cpu_supports("avx512f"))
		fill_avx512();
	else if (__builtin_cpu_supports("avx2"))
		fill_avx2();
	else
		fill_sse();
}
#else
static void fill_registers(void)
{
}
#endif

void memory_wipe_traces(void)
{
	sodium_stackzero(MEMORY_STACK);
	fill_registers();
}
