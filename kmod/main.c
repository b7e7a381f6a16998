// SPDX-License-Identifier: GPL-2.0
/* The module: the device, and the order in which things begin and end. */
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "uks.h"

static struct miscdevice uks_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "uks",
	.fops = &uks_client_fops,
	.groups = uks_sysfs_groups,
	.mode = 0600,	/* the udev rule opens it to group uks */
};

static int __init uks_init(void)
{
	int ret;

	uks_algorithm_init();
	ret = uks_daemon_init();
	if (ret)
		return ret;
	ret = uks_netlink_init();
	if (ret)
		goto err_daemon;
	ret = misc_register(&uks_misc);
	if (ret)
		goto err_netlink;
	return 0;

err_netlink:
	uks_netlink_exit();
err_daemon:
	uks_daemon_exit();
	return ret;
}

static void __exit uks_exit(void)
{
	misc_deregister(&uks_misc);
	uks_netlink_exit();
	uks_daemon_exit();
	uks_idle_exit();
}

module_init(uks_init);
module_exit(uks_exit);

MODULE_DESCRIPTION("Universal key store");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_SOFTDEP("pre: gcm ccm chacha20poly1305 cbc ctr ecb hmac cmac sha1 sha256 sha512 sha3_generic");
