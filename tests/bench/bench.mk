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
