# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The PKCS #11 module: one file that programs load, over libuks.
libraries += libuks-pkcs11
libuks-pkcs11-objs := $(addprefix pkcs11/,attribute.o bag.o check.o create.o crypt.o derive.o describe.o \
	digest.o \
	error.o file.o find.o generate.o interface.o key.o login.o make.o material.o mechanism.o \
	message.o module.o object.o operation.o pin.o public.o random.o record.o rules.o \
	session.o sign.o slot.o store.o unsupported.o use.o vault.o verify.o view.o work-public.o wrap.o)
libuks-pkcs11-pkgs := libcrypto libsodium p11-kit-1
libuks-pkcs11-libs := libuks
libuks-pkcs11-cflags := -Ilibuks -fvisibility=hidden -pthread
# Where it is loaded beside other modules, its table must lead to its own functions.
libuks-pkcs11-ldflags := -Wl,-Bsymbolic -Wl,-rpath,'$$$$ORIGIN:$$$$ORIGIN/..' -pthread
libuks-pkcs11-map := pkcs11/pkcs11.map

PKCS11DIR ?= $(LIBDIR)/pkcs11
P11KITDIR ?= $(PREFIX)/share/p11-kit/modules

install::
	install -D -m 755 -T $(O)/lib/libuks-pkcs11.so.0 $(DESTDIR)$(PKCS11DIR)/libuks-pkcs11.so
	install -d $(DESTDIR)$(P11KITDIR) $(DESTDIR)$(LIBDIR)/pkgconfig
	sed 's|@MODULE@|$(PKCS11DIR)/libuks-pkcs11.so|' pkcs11/uks.module.in \
		> $(DESTDIR)$(P11KITDIR)/uks.module
	sed 's|@MODULE@|$(PKCS11DIR)/libuks-pkcs11.so|; s|@VERSION@|$(version)|' \
		pkcs11/libuks-pkcs11.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/libuks-pkcs11.pc

uninstall::
	rm -f $(DESTDIR)$(PKCS11DIR)/libuks-pkcs11.so $(DESTDIR)$(P11KITDIR)/uks.module \
		$(DESTDIR)$(LIBDIR)/pkgconfig/libuks-pkcs11.pc
