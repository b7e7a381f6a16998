// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/privilege.h"

/* Debian's udev rules give it to group tss. */
static gid_t group_of_tpm(const struct config *config, gid_t otherwise)
{
	const char *device = config_tpm_device(config);
	struct stat st;

	if (!device || stat(device, &st) || !S_ISCHR(st.st_mode) || !st.st_gid ||
	    (st.st_mode & 060) != 060)
		return otherwise;
	return st.st_gid;
}

int privilege_account(const struct config *config, struct account *account,
		      struct failure *failure)
{
	const struct passwd *pw;

	*account = (struct account){ .uid = geteuid(), .gid = getegid() };
	if (account->uid)
		return 0;
	errno = 0;
	pw = getpwnam(config->user);
	if (!pw)
		return failure_set(failure, UKS_E_INVALID,
				   "there is no user '%s'%s%s: make it with systemd-sysusers, or set 'user'",
				   config->user, errno ? ": " : "", errno ? strerror(errno) : "");
	if (!pw->pw_uid)
		return failure_set(failure, UKS_E_INVALID,
				   "user '%s' is root: set 'user' to one that has no other task",
				   config->user);
	*account = (struct account){
		.uid = pw->pw_uid, .gid = pw->pw_gid, .change = true,
		.audit = config->audit && config->audit_kernel,
		.tpm_gid = group_of_tpm(config, pw->pw_gid),
	};
	return 0;
}

int privilege_directory(const struct config *config, const struct account *account,
			struct failure *failure)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s", config->store);
	*strrchr(path, '/') = 0;
	if (!*path)
		return failure_set(failure, UKS_E_INVALID,
				   "store is '%s', must be in a directory of its own",
				   config->store);
	if (mkdir(path, 0700)) {
		if (errno != EEXIST)
			return failure_set(failure, UKS_E_STORE,
					   "cannot make the store's directory %s: %s; make it by hand",
					   path, strerror(errno));
	} else if (account->change && chown(path, account->uid, account->gid)) {
		return failure_set(failure, UKS_E_STORE, "cannot give %s to user %u: %s", path,
				   account->uid, strerror(errno));
	}
	if (lstat(path, &st))
		return failure_set(failure, UKS_E_STORE, "cannot look at %s: %s", path,
				   strerror(errno));
	if (S_ISDIR(st.st_mode) && st.st_uid == account->uid && !(st.st_mode & 077))
		return 0;
	return failure_set(failure, UKS_E_STORE,
			   "the store's directory %s must be a directory that belongs to user %u and is closed to others: chown %u %s && chmod 700 %s",
			   path, account->uid, account->uid, path, path);
}

int privilege_suspend(const struct account *account, struct failure *failure)
{
	if (account->change && (setegid(account->gid) || seteuid(account->uid)))
		return failure_set(failure, UKS_E_INTERNAL, "cannot become user %u: %s",
				   account->uid, strerror(errno));
	return 0;
}

int privilege_resume(const struct account *account, struct failure *failure)
{
	if (account->change && (seteuid(0) || setegid(0)))
		return failure_set(failure, UKS_E_INTERNAL, "cannot become root again: %s",
				   strerror(errno));
	return 0;
}

/* Capabilities that a program could gain later, by whatever way. */
static int drop_bounds(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) && errno != EPERM)
			return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* Keep these, and no other. */
static int keep_capabilities(const cap_value_t *needed, int count)
{
	cap_t caps = cap_init();
	int ret = -1;

	if (caps && (!count || (!cap_set_flag(caps, CAP_PERMITTED, count, needed, CAP_SET) &&
				!cap_set_flag(caps, CAP_EFFECTIVE, count, needed, CAP_SET))))
		ret = cap_set_proc(caps);
	cap_free(caps);
	return ret;
}

/* The audit of Linux takes messages from nobody without this one. */
static int keep_only_audit(const struct account *account)
{
	static const cap_value_t needed[] = { CAP_AUDIT_WRITE };

	return keep_capabilities(needed, account->audit && account->change) ||
	       prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

int privilege_drop(const struct account *account, struct failure *failure)
{
	if (drop_bounds() || prctl(PR_SET_KEEPCAPS, account->audit, 0, 0, 0))
		return failure_set(failure, UKS_E_INTERNAL,
				   "cannot give up the right to capabilities: %s", strerror(errno));
	if (account->change &&
	    (setgroups(account->tpm_gid != account->gid, &account->tpm_gid) ||
	     setresgid(account->gid, account->gid, account->gid) ||
	     setresuid(account->uid, account->uid, account->uid)))
		return failure_set(failure, UKS_E_INTERNAL, "cannot become user %u: %s",
				   account->uid, strerror(errno));
	if (keep_only_audit(account))
		return failure_set(failure, UKS_E_INTERNAL, "cannot give up capabilities: %s",
				   strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return failure_set(failure, UKS_E_INTERNAL,
				   "cannot close the process to others: %s", strerror(errno));
	if (!setuid(0))
		return failure_set(failure, UKS_E_INTERNAL,
				   "could become root again after giving it up");
	return 0;
}

static int set_looking(void)
{
	static const cap_value_t needed[] = { CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH };

	return keep_capabilities(needed, 2);
}

int privilege_keep_looking(const struct account *account, struct failure *failure)
{
	if (drop_bounds() || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		goto err;
	if (account->change &&
	    (setgroups(0, NULL) || setresgid(account->gid, account->gid, account->gid) ||
	     setresuid(account->uid, account->uid, account->uid)))
		goto err;
	/* Who is not root has none to keep, and sees processes of its own only. */
	if (account->change ? set_looking() : keep_capabilities(NULL, 0))
		goto err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		goto err;
	return 0;
err:
	return failure_set(failure, UKS_E_INTERNAL,
			   "cannot give up the rights that looking at processes does not need: %s",
			   strerror(errno));
}
