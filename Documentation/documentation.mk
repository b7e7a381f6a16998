# SPDX-License-Identifier: LGPL-2.1-or-later
checks += check-netlink check-docs check-errors

.PHONY: netlink
netlink: | deps ## Write again what Documentation/netlink/specs/uks.yaml declares
	@mkdir -p build
	@for what in uapi policy daemon; do \
		scripts/netlink-gen $$what > build/netlink.$$what || exit; done
	@mv build/netlink.uapi include/uapi/linux/uks_netlink.h
	@mv build/netlink.policy kmod/policy.c
	@mv build/netlink.daemon daemon/policy.c
	@scripts/syzkaller-gen > build/syzkaller.txt && mv build/syzkaller.txt tests/syzkaller/uks_attributes.txt

check-netlink: | deps build/linux-source
	@scripts/$@

check-docs check-errors: | deps
	@scripts/$@
