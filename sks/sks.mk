# SPDX-License-Identifier: LGPL-2.1-or-later
# SKS beside the daemon: a bridge for issuers' programs, and an issuer for tests.
programs += uks-sksd uks-issuer
uks-sksd-objs := sks/uks-sksd.o sks/frame.o
uks-sksd-libs := libuks
uks-sksd-cflags := -pthread -Ilibuks
uks-sksd-ldflags := -pthread

uks-issuer-objs := $(addprefix sks/,frame.o issuer.o issuer-crypto.o issuer-keys.o uks-issuer.o \
	uks-issuer-load.o)
uks-issuer-pkgs := libcrypto

install::
	install -Dm755 $(O)/bin/uks-sksd $(DESTDIR)$(PREFIX)/sbin/uks-sksd
	install -Dm755 $(O)/bin/uks-issuer $(DESTDIR)$(PREFIX)/bin/uks-issuer
uninstall::
	rm -f $(DESTDIR)$(PREFIX)/sbin/uks-sksd $(DESTDIR)$(PREFIX)/bin/uks-issuer
