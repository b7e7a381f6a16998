# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module in a kernel that notices mistakes: User-Mode Linux with KASAN, lockdep,
# kmemleak and fault injection. Building that kernel takes ten minutes, once.
programs += fault-test
fault-test-objs := tests/debug/fault-test.o \
	$(patsubst %,tests/kselftest/%.o,client control daemon parts)
fault-test-cflags := -Wno-sign-compare

.PHONY: module-uml check-debug check-plants
module-uml: | deps
	@scripts/build-module uml build/kmod-uml

# Without 32-bit callers, of which this kernel knows nothing.
uml = tests/vm/run --kernel uml --timeout 3000
check-debug: all module-uml ## Run the device tests under KASAN, lockdep, kmemleak, fault injection
	@tests/tap-run debug-device $(uml) --no-daemon -- tests/kselftest/run-all \
		tests/kunit/results $(kselftests) tests/debug/leaks
	@tests/tap-run debug-fault $(uml) --no-daemon \
		--expect-log 'Call Trace' --expect-log 'VM_FAULT_OOM leaked' \
		--expect-log 'kmemleak: ' -- \
		tests/kselftest/run-all fault-test tests/debug/leaks

check-plants: all module-uml ## Plant mistakes in the module; the debug kernel must report each
	@tests/tap-run plants tests/debug/run-plants
