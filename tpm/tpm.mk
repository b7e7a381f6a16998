# SPDX-License-Identifier: LGPL-2.1-or-later
libraries += libukstpm
libukstpm-objs := tpm/context.o tpm/error.o tpm/root.o tpm/seal.o tpm/session.o
libukstpm-pkgs := tss2-esys tss2-sys tss2-mu tss2-rc tss2-tctildr libsodium
