# SPDX-License-Identifier: LGPL-2.1-or-later
programs += uksctl
uksctl-objs := $(addprefix uksctl/,admin.o command.o complete.o crypt.o explain.o fail.o file.o \
	help.o hex.o import.o key.o main.o monitor.o netlink.o parse.o pem.o print.o \
	progress.o sign.o status.o)
uksctl-pkgs := libnl-genl-3.0 smartcols jansson libcrypto
uksctl-libs := libuks
uksctl-cflags := -Ilibuks
