# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What things cost, beside what people would use instead.
programs += uks-bench
uks-bench-objs := $(patsubst %,tests/bench/%.o,bench works idle start side-uks side-openssl \
	side-pkcs11 side-af-alg)
uks-bench-libs := libuks
uks-bench-pkgs := libcrypto p11-kit-1
uks-bench-cflags := -Ilibuks

.PHONY: bench
bench: all module-6.12 | deps ## Measure UKS beside OpenSSL, SoftHSM2, p11-kit, tpm2-pkcs11 and AF_ALG
	@scripts/deps --bench
	@tests/bench/run

# A plugin of QEMU's, for tests/bench/profile.
$(O)/lib/uks-count.so: tests/bench/count.c tests/bench/bench.h tests/bench/qemu-plugin.h | deps
	@mkdir -p $(@D)
	@echo '  LD      $@'
	@$(CC) $(cppflags) $(filter-out -MMD -MP,$(cflags)) -shared -o $@ $<

.PHONY: profile
profile: all module-6.12 $(O)/lib/uks-count.so ## Tell where the instructions of WORKS="..." go
	@tests/bench/profile $(or $(WORKS),aes-256-gcm-16 aes-256-gcm-16k hmac-sha256-16 \
		ecdsa-p256-sign ed25519-sign)

# Stores of a thousand and a million keys, and what things cost with them.
programs += uks-million uks-million-store
uks-million-objs := tests/bench/million.o
uks-million-libs := libuks
uks-million-cflags := -Ilibuks
uks-million-store-objs := tests/bench/million-store.o tests/unit/uksd-daemon.o tests/unit/tpm-swtpm.o
uks-million-store-libs := libuksd libukstpm
uks-million-store-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc
uks-million-store-cflags := -pthread -I$(O)/daemon/store
uks-million-store-ldflags := -pthread

.PHONY: bench-million
bench-million: all module-6.12 | deps ## Measure UKS with a million keys beside a thousand
	@tests/bench/million
