// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "daemon/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED	1
#endif
#endif

#define WHOLE		UINT64_MAX	/* mask: all of an argument */

static const int calls[] = {
	/* channels, store, events, log */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(openat),
	SCMP_SYS(open), SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(fcntl), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fchmod),
	SCMP_SYS(fchown), SCMP_SYS(geteuid), SCMP_SYS(getuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(connect),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(memfd_create),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(signalfd4),
	/* memory, threads, time, their end */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(munlock), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
#ifdef SANITIZED
	/* AddressSanitizer looks for leaks at the end, from a process of its own. */
	SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace), SCMP_SYS(prctl),
	SCMP_SYS(process_vm_readv), SCMP_SYS(sigaltstack), SCMP_SYS(getppid),
	SCMP_SYS(getdents64), SCMP_SYS(kill), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(tgkill), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pipe2),
	SCMP_SYS(sched_setscheduler),
#endif
};

static int allow_calls(scmp_filter_ctx ctx, const int *list, size_t count)
{
	size_t i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, list[i], 0);
		if (ret)
			return ret;
	}
	return 0;
}

/* Calls that only some arguments make harmless. */
static int allow_some(scmp_filter_ctx ctx)
{
	int ret;

	ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, WHOLE, AF_UNIX));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX,
					       UKS_IOC_CHANNEL_VALID));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, WHOLE, getpid()));
	return ret;
}

int sandbox_calls(struct failure *failure)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!ctx)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a seccomp filter");
	/* For all threads; optimised as a tree, since each request pays for it. */
	ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!ret)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!ret)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!ret)
		ret = allow_calls(ctx, calls, sizeof(calls) / sizeof(*calls));
	if (!ret)
		ret = allow_some(ctx);
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	if (ret)
		return failure_set(failure, UKS_E_INTERNAL,
				   "cannot filter system calls: %s; the kernel needs CONFIG_SECCOMP_FILTER",
				   strerror(-ret));
	return 0;
}

/* It changes nothing: files are opened to be read. */
static int allow_looking(scmp_filter_ctx ctx)
{
	static const int looking[] = {
		SCMP_SYS(read), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(stat),
		SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(readlinkat), SCMP_SYS(lseek),
		SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(clock_gettime), SCMP_SYS(time),
		SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(madvise), SCMP_SYS(futex),
		SCMP_SYS(fcntl), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
		SCMP_SYS(exit), SCMP_SYS(exit_group),
	};
	int ret = allow_calls(ctx, looking, sizeof(looking) / sizeof(*looking));

	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ,
					       O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return ret;
}

int sandbox_examiner(struct failure *failure)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!ctx)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a seccomp filter");
	ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!ret)
		ret = allow_looking(ctx);
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	if (ret)
		return failure_set(failure, UKS_E_INTERNAL,
				   "cannot filter the examiner's system calls: %s",
				   strerror(-ret));
	return 0;
}
