# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a fuzzer calls. NAME-fuzz searches: `make fuzz`. NAME-replay runs the inputs that
# were saved, tests/fuzz/corpus/NAME.hex, once more: a part of `make check`.
fuzzers := attestation attr client config dispatch format pkcs11 seal stream

fuzz-attestation-objs := verify/file.o verify/report.o libuks/word.o
fuzz-attestation-libs := libuksverify libuksevidence
fuzz-attestation-pkgs := jansson libcrypto
fuzz-wrap := -Wl,--wrap=open,--wrap=ioctl
fuzz-client-objs := tests/fuzz/kernel.o $(libuks-objs)
fuzz-client-ldflags := $(fuzz-wrap)
fuzz-stream-objs := $(fuzz-client-objs)
fuzz-stream-ldflags := $(fuzz-wrap)
fuzz-pkcs11-objs := tests/fuzz/token.o tests/fuzz/pkcs11-input.o $(libuks-objs) $(libuks-pkcs11-objs)
fuzz-pkcs11-pkgs := $(libuks-pkcs11-pkgs)
fuzz-pkcs11-ldflags := $(fuzz-wrap)
fuzz-format-libs := libuksformat
fuzz-format-pkgs := jansson libcrypto
fuzz-config-libs := libuksd libukstpm
fuzz-config-pkgs := $(libuksd-pkgs)
fuzz-seal-libs := libuksd libukstpm
fuzz-seal-pkgs := $(libuksd-pkgs)
fuzz-dispatch-objs := tests/unit/uksd-daemon.o tests/unit/tpm-swtpm.o
fuzz-dispatch-libs := libuksd libukstpm
fuzz-dispatch-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc

fuzz-kind := $(if $(FUZZ),fuzz,replay)
define fuzzer
programs += $1-$(fuzz-kind)
$1-$(fuzz-kind)-objs := tests/fuzz/$1-fuzz.o $(if $(FUZZ),,tests/fuzz/replay.o) $(fuzz-$1-objs)
$1-$(fuzz-kind)-libs := $(fuzz-$1-libs)
$1-$(fuzz-kind)-pkgs := $(fuzz-$1-pkgs)
$1-$(fuzz-kind)-cflags := -Ilibuks -I$(O)/daemon/store -pthread
$1-$(fuzz-kind)-ldflags := $(fuzz-$1-ldflags) -pthread $(if $(FUZZ),-fsanitize=fuzzer)
endef
$(foreach f,$(fuzzers),$(eval $(call fuzzer,$f)))

.PHONY: fuzz fuzz-programs check-fuzz run-fuzz
fuzz: | deps ## Search with each fuzzer for SECONDS=60, or with those in FUZZERS="..."
	@$(MAKE) --no-print-directory CC=clang FUZZ=1 O=build/fuzz fuzz-programs
	@tests/fuzz/run $(or $(SECONDS),60) $(or $(FUZZERS),$(fuzzers))

fuzz-programs: $(fuzzers:%=$(O)/bin/%-fuzz)

checks += check-fuzz
check-fuzz: | deps
	@$(MAKE) --no-print-directory SANITIZE=1 O=build/asan run-fuzz
run-fuzz: $(fuzzers:%=$(O)/bin/%-replay)
	@tests/tap-run fuzz tests/fuzz/replay-all $(O)/bin $(fuzzers)
