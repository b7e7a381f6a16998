# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks what a TPM stated, without one: libcrypto alone.
libraries += libuksevidence
libuksevidence-objs := $(addprefix tpm/,credential.o evidence.o evidence-public.o)
libuksevidence-pkgs := libcrypto

libraries += libukstpm
libukstpm-objs := $(addprefix tpm/,approval.o attest.o boot.o context.o error.o key.o key-blob.o \
	key-use.o nv.o nv-index.o pin.o policy.o root.o run.o seal.o session.o)
libukstpm-pkgs := tss2-esys tss2-sys tss2-mu tss2-rc tss2-tctildr libcrypto libsodium
libukstpm-cflags := -pthread
