// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "daemon/log.h"
#include "daemon/sandbox.h"

/* Rights that headers of Debian 12 do not know yet, by version of the ABI. */
#define FS_TRUNCATE	0x4000	/* 3 */
#define FS_IOCTL_DEV	0x8000	/* 5 */

#define FS_V1		((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

#define STORE_RIGHTS	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
			 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
			 LANDLOCK_ACCESS_FS_MAKE_REG | FS_TRUNCATE)
#define CONFIG_RIGHTS	(LANDLOCK_ACCESS_FS_READ_FILE)
#define DEVICE_RIGHTS	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

static uint64_t all_rights(long abi)
{
	uint64_t rights = FS_V1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= FS_TRUNCATE;
	if (abi >= 5)
		rights |= FS_IOCTL_DEV;
	return rights;
}

static int allow_path(int ruleset, const char *path, int flags, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int ret, saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC | flags);
	if (rule.parent_fd < 0)
		return -1;
	ret = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	saved = errno;
	close(rule.parent_fd);
	errno = saved;
	return ret;
}

/* What is in the directory of @file. */
static int allow(int ruleset, const char *file, uint64_t rights)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", file);
	*(strrchr(path, '/') + 1) = 0;
	return allow_path(ruleset, path, O_DIRECTORY, rights);
}

/* To connect again. What is no device is a socket, which Landlock leaves alone. */
static int allow_tpm(int ruleset, const struct config *config)
{
	const char *device = config_tpm_device(config);

	return device ? allow_path(ruleset, device, 0, DEVICE_RIGHTS) : 0;
}

/* Without its directory there is no configuration to read again. */
static int allow_config(int ruleset, const char *file, uint64_t rights)
{
	if (*file != '/')
		return 0;
	return allow(ruleset, file, rights) && errno != ENOENT ? -1 : 0;
}

int sandbox_files(const struct config *config, const char *config_file,
		  struct failure *failure)
{
	struct landlock_ruleset_attr attr;
	int ruleset, ret;
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		log_warning("this kernel has no Landlock (%s): file permissions alone confine the daemon",
			    strerror(errno));
		return 0;
	}
	attr.handled_access_fs = all_rights(abi);
	ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return failure_set(failure, UKS_E_INTERNAL, "cannot make a Landlock ruleset: %s",
				   strerror(errno));
	ret = allow(ruleset, config->store, STORE_RIGHTS & attr.handled_access_fs);
	if (!ret)
		ret = allow_config(ruleset, config_file, CONFIG_RIGHTS);
	if (!ret)
		ret = allow_tpm(ruleset, config);
	if (!ret)
		ret = syscall(SYS_landlock_restrict_self, ruleset, 0);
	if (ret)
		failure_set(failure, UKS_E_INTERNAL, "cannot confine the daemon by Landlock: %s",
			    strerror(errno));
	close(ruleset);
	return ret;
}
