# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs that test one room from inside, without the module. They run as they
# are built by default and once more under the sanitizers. Fragments whose names
# sort before this one's add theirs to $(unit-tests).
unit-tests += tpm-test tpm-bus-test tpm-nv-test tpm-key-test tpm-pin-test tpm-boot-test tpm-attest-test
programs += $(unit-tests)

tpm-objs := tests/unit/tpm-swtpm.o
tpm-pkgs := tss2-esys tss2-tctildr tss2-rc
tpm-test-objs := tests/unit/tpm-test.o $(tpm-objs)
tpm-test-pkgs := $(tpm-pkgs)
tpm-test-libs := libukstpm
tpm-bus-test-objs := tests/unit/tpm-bus-test.o tests/unit/tpm-bus.o $(tpm-objs)
tpm-bus-test-pkgs := $(tpm-pkgs)
tpm-bus-test-libs := libukstpm
tpm-nv-test-objs := tests/unit/tpm-nv-test.o tests/unit/tpm-bus.o $(tpm-objs)
tpm-nv-test-pkgs := $(tpm-pkgs) libcrypto
tpm-nv-test-libs := libukstpm
tpm-key-test-objs := tests/unit/tpm-key-test.o $(tpm-objs)
tpm-key-test-pkgs := $(tpm-pkgs) libcrypto
tpm-key-test-libs := libukstpm
tpm-key-test-cflags := -pthread
tpm-pin-test-objs := tests/unit/tpm-pin-test.o $(tpm-objs)
tpm-pin-test-pkgs := $(tpm-pkgs)
tpm-pin-test-libs := libukstpm
tpm-boot-test-objs := tests/unit/tpm-boot-test.o $(tpm-objs)
tpm-boot-test-pkgs := $(tpm-pkgs)
tpm-boot-test-libs := libukstpm
tpm-attest-test-objs := tests/unit/tpm-attest-test.o $(tpm-objs)
tpm-attest-test-pkgs := $(tpm-pkgs) libcrypto
tpm-attest-test-libs := libukstpm libuksevidence

checks += check-unit check-unit-asan
unit-programs = $(unit-tests:%=$(O)/bin/%)
run-unit = ret=0; for test in $(unit-tests); do \
	tests/tap-run "$$test$1" $(O)/bin/$$test || ret=1; done; exit $$ret

.PHONY: run-unit run-unit-asan
check-unit: $(unit-programs)
	@$(call run-unit)

check-unit-asan: | deps
	@$(MAKE) --no-print-directory SANITIZE=1 O=build/asan run-unit-asan
run-unit-asan: $(unit-programs)
	@$(call run-unit,-asan)
