# SPDX-License-Identifier: LGPL-2.1-or-later
# Formats of keys, without module and daemon; OpenSSL and OpenSSH are the other side.
define uksctl-unit-test
unit-tests += $1
$1-objs := tests/unit/$1.o tests/unit/format.o
$1-libs := libuksformat libuks
$1-pkgs := jansson libcrypto
$1-cflags := -Ilibuks -Wno-sign-compare
endef
$(foreach t,format-test format-jwk-test,$(eval $(call uksctl-unit-test,$t)))
