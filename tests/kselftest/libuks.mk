# SPDX-License-Identifier: GPL-2.0
#
# Tests of libuks and uksctl in the VM, with the daemon: what a user gets.
libuks-kselftests := stream-test libuks-device-test
programs += $(libuks-kselftests)
define libuks-kselftest
$1-objs := tests/kselftest/$1.o
$1-libs := libuks
$1-cflags := -Ilibuks
endef
$(foreach t,$(libuks-kselftests),$(eval $(call libuks-kselftest,$t)))

checks += $(kernels:%=check-uksctl-%)
.PHONY: $(kernels:%=check-uksctl-%)
$(kernels:%=check-uksctl-%): check-uksctl-%: all
	@tests/tap-run $@ tests/vm/run --kernel $* -- tests/kselftest/run-all \
		$(libuks-kselftests:%=$(O)/bin/%) tests/kselftest/uksctl-test \
		tests/kselftest/uksctl-format-test
