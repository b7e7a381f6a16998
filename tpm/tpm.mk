# SPDX-License-Identifier: LGPL-2.1-or-later
libraries += libukstpm
libukstpm-objs := $(addprefix tpm/,context.o error.o nv.o nv-index.o root.o run.o seal.o session.o)
libukstpm-pkgs := tss2-esys tss2-sys tss2-mu tss2-rc tss2-tctildr libsodium
libukstpm-cflags := -pthread
