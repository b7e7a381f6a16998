# SPDX-License-Identifier: LGPL-2.1-or-later
# SKS beside the daemon: a bridge for issuers' programs, and an issuer for tests.
programs += uks-sksd uks-issuer
uks-sksd-objs := sks/uks-sksd.o sks/frame.o
uks-sksd-libs := libuks
uks-sksd-cflags := -pthread -Ilibuks
uks-sksd-ldflags := -pthread

uks-issuer-objs := $(addprefix sks/,frame.o issuer.o issuer-crypto.o issuer-keys.o socket.o \
	uks-issuer.o uks-issuer-load.o)
uks-issuer-pkgs := libcrypto

# Enrolment on line.
programs += uks-keygen2 uks-keygen2-issuer
uks-keygen2-objs := $(addprefix sks/,frame.o issuer-crypto.o socket.o \
	$(addprefix keygen2/,client.o client-create.o client-find.o client-finish.o json.o jwk.o))
uks-keygen2-pkgs := jansson libcrypto libcurl libsodium
uks-keygen2-cflags := -D_GNU_SOURCE
uks-keygen2-issuer-objs := $(addprefix sks/,frame.o issuer.o issuer-crypto.o issuer-keys.o \
	$(addprefix keygen2/,server.o server-keys.o server-session.o json.o jwk.o))
uks-keygen2-issuer-pkgs := jansson libcrypto libmicrohttpd libsodium
uks-keygen2-issuer-cflags := -D_GNU_SOURCE

install::
	install -Dm755 $(O)/bin/uks-sksd $(DESTDIR)$(PREFIX)/sbin/uks-sksd
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin $(addprefix $(O)/bin/,uks-issuer uks-keygen2 \
		uks-keygen2-issuer)
uninstall::
	rm -f $(DESTDIR)$(PREFIX)/sbin/uks-sksd $(addprefix $(DESTDIR)$(PREFIX)/bin/,uks-issuer \
		uks-keygen2 uks-keygen2-issuer)
