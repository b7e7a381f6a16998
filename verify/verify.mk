# SPDX-License-Identifier: LGPL-2.1-or-later
# Checking attestations, apart so that tests and fuzzers can.
libraries += libuksverify
libuksverify-objs := $(addprefix verify/,attestation.o check.o)
libuksverify-pkgs := libcrypto

# Of libuks it has the names of things alone.
programs += uks-verify
uks-verify-objs := $(addprefix verify/,ak.o arguments.o file.o main.o report.o) libuks/word.o
uks-verify-libs := libuksverify libuksevidence
uks-verify-pkgs := libcrypto jansson
uks-verify-cflags := -Ilibuks -DUKS_VERIFY_VERSION='"$(version)"'

install::
	install -Dm755 $(O)/bin/uks-verify $(DESTDIR)$(PREFIX)/bin/uks-verify
	install -Dm644 Documentation/man/uks-verify.1 $(DESTDIR)$(MANDIR)/man1/uks-verify.1
	install -Dm644 verify/completion/uks-verify \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/uks-verify

uninstall::
	rm -f $(DESTDIR)$(PREFIX)/bin/uks-verify $(DESTDIR)$(MANDIR)/man1/uks-verify.1
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/uks-verify
