# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a fuzzer calls; built here to run given files once more. To search:
#   clang -fsanitize=fuzzer,address -Ilibuks -I. -Iinclude -Iinclude/uapi -D_GNU_SOURCE \
#     tests/fuzz/format-fuzz.c uksctl/format*.c uksctl/base64url.c -ljansson -lcrypto
programs += format-replay
format-replay-objs := tests/fuzz/format-fuzz.o tests/fuzz/replay.o
format-replay-libs := libuksformat
format-replay-pkgs := jansson libcrypto
format-replay-cflags := -Ilibuks
