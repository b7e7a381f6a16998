# SPDX-License-Identifier: LGPL-2.1-or-later
libraries += libukstpm
libukstpm-objs := $(addprefix tpm/,approval.o boot.o context.o error.o key.o key-blob.o key-use.o nv.o nv-index.o \
	pin.o policy.o root.o run.o seal.o session.o)
libukstpm-pkgs := tss2-esys tss2-sys tss2-mu tss2-rc tss2-tctildr libcrypto libsodium
libukstpm-cflags := -pthread
