# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module in a kernel that notices mistakes: User-Mode Linux with KASAN, lockdep,
# kmemleak and fault injection. Building that kernel takes ten minutes, once.
programs += fault-test
fault-test-objs := tests/debug/fault-test.o \
	$(patsubst %,tests/kselftest/%.o,client control daemon parts)
fault-test-cflags := -Wno-sign-compare

# The fuzzer of the module, which the code that is traced leads on its way.
programs += kernel-fuzz
kernel-fuzz-objs := $(patsubst %,tests/fuzz/module/%.o,kernel-fuzz input trace form peer aside world) \
	$(patsubst %,tests/kselftest/%.o,client control daemon)
kernel-fuzz-cflags := -Wno-sign-compare -pthread
kernel-fuzz-ldflags := -pthread

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

	@tests/tap-run debug-fuzz $(uml) --no-daemon -- tests/kselftest/run-all \
		tests/fuzz/replay-kernel tests/debug/leaks

.PHONY: fuzz-kernel
fuzz-kernel: all module-uml ## Fuzz the module in the debug kernel for SECONDS=60, from SEED on
	@tests/fuzz/run-kernel $(or $(SECONDS),60) $(or $(SEED),$(shell date +%s))

# Races between two processors. One round is each test with RACES=300 times a thread.
programs += race-test
race-test-objs := $(patsubst %,tests/kselftest/%.o,race-test client control daemon parts)
race-test-cflags := -Wno-sign-compare

smp := $(if $(KCSAN),kcsan,smp)
.PHONY: module-smp module-kcsan check-smp
module-smp module-kcsan: module-%: | deps
	@scripts/build-module $* build/kmod-$*

check-smp: all module-$(smp) ## Race on two processors under KASAN and lockdep, or KCSAN=1
	@tests/tap-run $(smp) tests/vm/run --kernel $(smp) --cpus 2 --memory 2048 --timeout 3600 \
		--no-daemon -- tests/kselftest/run-all race-test $(kselftests) \
		$(if $(KCSAN),,tests/debug/leaks)

plants := $(if $(KCSAN),kcsan,uml)
check-plants: all module-$(plants) ## Plant mistakes in the module that the debug kernel must report; KCSAN=1: a data race
	@tests/tap-run plants tests/debug/run-plants $(plants)
