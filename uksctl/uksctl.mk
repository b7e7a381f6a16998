# SPDX-License-Identifier: LGPL-2.1-or-later
programs += uksctl
uksctl-objs := $(addprefix uksctl/,boot-policy.o boot-sign.o admin.o agree.o audit.o audit-filter.o audit-json.o audit-read.o \
	attest.o certificate.o certificate-sign.o command.o command-admin.o command-key.o command-option.o command-sks.o command-use.o \
	complete.o crypt.o crypt-raw.o explain.o fail.o file.o grant.o help.o hex.o import.o key.o \
	key-change.o key-list.o key-make.o limits.o main.o master.o master-share.o \
	master-sign.o backup.o matrix.o matrix-cipher.o matrix-crypt.o \
	matrix-envelope.o matrix-key.o matrix-mac.o matrix-outside.o matrix-sign.o matrix-wrap.o \
	method.o monitor.o move.o move-item.o move-side.o netlink.o parse.o passphrase.o pin.o policy.o print.o progress.o public.o \
	secret.o sign.o sks.o sks-field.o sks-issue.o sks-key.o \
	sks-provision.o sks-show.o sks-use.o status.o time.o verify.o wrap-for.o)
uksctl-pkgs := libnl-genl-3.0 smartcols jansson libcrypto libsodium p11-kit-1 tss2-rc
# Of libukstpm only what needs no TPM: approvals of boots are signed away from it.
uksctl-libs := libuksformat libuksaudit libuks libukstpm

# Formats of keys, apart so that tests and fuzzers can call the readers.
libraries += libuksformat
libuksformat-objs := $(addprefix uksctl/,base64url.o format.o format-build.o format-der.o \
	format-jwk.o format-key.o format-openssh.o format-pem.o format-pkcs12.o format-raw.o \
	format-wrap.o format-wrap-ecdh.o format-write.o)
libuksformat-pkgs := jansson libcrypto
libuksformat-cflags := -Ilibuks
uksctl-cflags := -Ilibuks -pthread -DUKS_PKCS11DIR='"$(PKCS11DIR)"'
uksctl-ldflags := -pthread

# Whether records are as they were written, apart for the same reason.
libraries += libuksaudit
libuksaudit-objs := uksctl/audit-check.o
libuksaudit-pkgs := libsodium

checks += check-man
.PHONY: check-man
check-man: all
	@uksctl/check-man $(O)/bin/uksctl

MANDIR ?= $(PREFIX)/share/man
uks-manuals := man1/uksctl.1 man1/uksctl-sks.1 man1/uks-sksd.1 man1/uks-issuer.1 \
	man1/uks-keygen2.1 man1/uks-keygen2-issuer.1 man4/uks.4 man5/uksd.conf.5 man8/uksd.8
uks-completion := $(PREFIX)/share/bash-completion/completions/uksctl

install::
	install -Dm755 $(O)/bin/uksctl $(DESTDIR)$(PREFIX)/bin/uksctl
	install -Dm644 uksctl/completion/uksctl $(DESTDIR)$(uks-completion)
	for page in $(uks-manuals); do \
		install -Dm644 Documentation/man/$${page#*/} $(DESTDIR)$(MANDIR)/$$page || exit; done

uninstall::
	rm -f $(DESTDIR)$(PREFIX)/bin/uksctl $(DESTDIR)$(uks-completion)
	rm -f $(uks-manuals:%=$(DESTDIR)$(MANDIR)/%)
