# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Client programs of Debian with keys of UKS, in the VM; a second tier beside
# `make check`, for the packages they need.
programs += pkcs11-test
pkcs11-test-objs := tests/clients/pkcs11-test.o
pkcs11-test-libs := libuks-pkcs11 libuks
pkcs11-test-pkgs := p11-kit-1 libcrypto
pkcs11-test-cflags := -Wno-sign-compare -Ipkcs11 -Ilibuks
pkcs11-test-ldflags := -pthread

checks += $(kernels:%=check-pkcs11-%)
.PHONY: check-clients $(kernels:%=check-pkcs11-%)
check-clients: all ## Run Debian's programs that speak PKCS #11 in the VM
	@tests/clients/deps
	@tests/tap-run clients tests/vm/run --memory 2048 --timeout 3000 -- tests/clients/run

$(kernels:%=check-pkcs11-%): check-pkcs11-%: all
	@tests/tap-run $@ tests/vm/run --kernel $* --user alice -- $(O)/bin/pkcs11-test
