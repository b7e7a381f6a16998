# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The PKCS #11 module, and client programs of Debian with keys of UKS, in the VM.
pkcs11-tests := pkcs11-state-test pkcs11-object-test pkcs11-mechanism-test pkcs11-sign-test \
	pkcs11-wrap-test pkcs11-wrap-cbc-test pkcs11-login-test pkcs11-vault-test pkcs11-legacy-test \
	pkcs11-sks-test
programs += $(pkcs11-tests)
define pkcs11-test
$1-objs := tests/clients/$1.o
$1-libs := libuks-pkcs11 libuks
$1-pkgs := p11-kit-1 libcrypto
$1-cflags := -Wno-sign-compare -Ipkcs11 -Ilibuks
$1-ldflags := -pthread
endef
$(foreach t,$(pkcs11-tests),$(eval $(call pkcs11-test,$t)))

checks += $(kernels:%=check-pkcs11-%)
.PHONY: check-clients $(kernels:%=check-pkcs11-%) check-pkcs11-asan $(kernels:%=check-clients-%)
$(kernels:%=check-pkcs11-%): check-pkcs11-%: all
	@tests/tap-run $@ tests/vm/run --kernel $* -- tests/clients/module

# Only the module and what is in its process; the daemon has check-unit-asan.
check-pkcs11-asan: all ## Test the PKCS #11 module once more with AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory SANITIZE=1 O=build/asan $(pkcs11-tests:%=build/asan/bin/%)
	@tests/tap-run $@ tests/vm/run -- env BIN=build/asan/bin tests/clients/module

check-clients: $(kernels:%=check-clients-%) ## Run Debian's programs that speak PKCS #11 in the VM

$(kernels:%=check-clients-%): check-clients-%: all
	@scripts/deps --clients
	@tests/tap-run $@ tests/vm/run --kernel $* --memory 2048 --timeout 1800 -- \
		tests/clients/run
