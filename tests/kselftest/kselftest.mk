# SPDX-License-Identifier: GPL-2.0
#
# Device tests: each program checks promises of /dev/uks and its channel against
# the module in the VM. uapi-test32 is a 32-bit caller.
kselftest-lib := client control daemon parts
kselftests := uapi-test payload-test request-test signal-test answer-test identity-test \
	quota-test cipher-test hash-test message-test mode-test grant-test published-test \
	revoke-test trace-test
programs += $(kselftests) uapi-test32

define with-vectors
$1-extra := vectors
$1-pkgs := libcrypto
$1-cflags := -DVECTORS='"$(top)/tests/kselftest/vectors.txt"'
endef
$(foreach t,cipher-test hash-test mode-test grant-test published-test,$(eval $(call with-vectors,$t)))

# EXPECT_EQ() compares a plain number with whatever it is given.
define kselftest
$1-cflags += -Wno-sign-compare
$1-objs := $(patsubst %,tests/kselftest/%.o,$1 $($1-extra) $(kselftest-lib))
endef
$(foreach t,$(kselftests),$(eval $(call kselftest,$t)))

uapi-test32-objs := $(patsubst %,tests/kselftest/%.m32.o,uapi-test $(kselftest-lib))
uapi-test32-cflags := -Wno-sign-compare
uapi-test32-ldflags := -m32

checks += $(kernels:%=check-kselftest-%)
.PHONY: $(kernels:%=check-kselftest-%)
$(kernels:%=check-kselftest-%): check-kselftest-%: $(kselftests:%=$(O)/bin/%) $(O)/bin/uapi-test32
	@tests/tap-run $@ tests/vm/run --kernel $* --no-daemon -- \
		tests/kselftest/run-all $(kselftests) uapi-test32
