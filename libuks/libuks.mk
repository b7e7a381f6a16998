# SPDX-License-Identifier: LGPL-2.1-or-later
libraries += libuks
libuks-objs := $(addprefix libuks/,admin.o attest.o audit.o call.o client.o describe.o error.o error-table.o key.o \
	key-change.o key-make.o list.o message.o parts.o pin.o policy.o \
	policy-attr.o session.o sks.o sks-exchange.o sks-issue.o sks-provision.o sks-use.o \
	sks-user.o status.o stream.o stream-copy.o word.o)
libuks-cflags := -Ilibuks -DUKS_VERSION=$(version)
libuks-map := libuks/libuks.map

# A program NAME of libuks/examples/NAME.c each, built as a user would.
uks-examples := encrypt-file list-keys sign-file
programs += $(uks-examples:%=examples/%)
define uks-example
examples/$1-objs := libuks/examples/$1.o
examples/$1-libs := libuks
examples/$1-cflags := -Ilibuks
examples/$1-ldflags := -Wl,-rpath,'$$$$$$$$ORIGIN/../../lib'
endef
$(foreach e,$(uks-examples),$(eval $(call uks-example,$e)))

checks += check-abi check-install
.PHONY: check-abi check-install
check-abi: all
	@libuks/check-abi $(O)/lib/libuks.so.0

check-install: all
	@libuks/check-install

uks-public := uks.h uks-admin.h uks-attest.h uks-audit.h uks-key.h uks-policy.h uks-session.h uks-sks.h \
	uks-sks-provision.h uks-stream.h
uks-headers := $(uks-public:%=$(PREFIX)/include/%) \
	$(PREFIX)/include/linux/uks.h $(PREFIX)/include/linux/uks_netlink.h \
	$(PREFIX)/include/uks/sks.h

# Each function of a manual page is a name of the page, too.
uks-pages := libuks uks_audit_read uks_client_new uks_encrypt uks_key_attest uks_key_generate uks_key_rotate uks_master uks_pin_check uks_policy_new \
	uks_session_open uks_sks_call uks_sks_key_next uks_sks_session_open uks_stream_new
uks-names-of = sed -n 's/^\.Nm \(uks_[a-z0-9_]*\)\( ,\)\{0,1\}$$/\1/p' Documentation/man/$1.3
MAN3DIR = $(DESTDIR)$(MANDIR)/man3

install::
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include $(uks-public:%=libuks/%)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/linux \
		include/uapi/linux/uks.h include/uapi/linux/uks_netlink.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/uks include/uks/sks.h
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(O)/lib/libuks.a
	install -D -m 755 -T $(O)/lib/libuks.so.0 $(DESTDIR)$(LIBDIR)/libuks.so.$(version)
	ln -sf libuks.so.$(version) $(DESTDIR)$(LIBDIR)/libuks.so.0
	ln -sf libuks.so.0 $(DESTDIR)$(LIBDIR)/libuks.so
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(version)|' \
		libuks/libuks.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/libuks.pc
	$(foreach p,$(uks-pages),install -Dm644 Documentation/man/$p.3 $(MAN3DIR)/$p.3 && \
		for name in $$($(call uks-names-of,$p)); do [ $$name = $p ] || \
			ln -sf $p.3 $(MAN3DIR)/$$name.3 || exit; done &&) true

uninstall::
	rm -f $(uks-headers:%=$(DESTDIR)%) $(DESTDIR)$(LIBDIR)/libuks.a \
		$(DESTDIR)$(LIBDIR)/libuks.so $(DESTDIR)$(LIBDIR)/libuks.so.0 \
		$(DESTDIR)$(LIBDIR)/libuks.so.$(version) $(DESTDIR)$(LIBDIR)/pkgconfig/libuks.pc
	$(foreach p,$(uks-pages),rm -f $(MAN3DIR)/$p.3 $$($(call uks-names-of,$p) | \
		sed 's|.*|$(MAN3DIR)/&.3|') &&) true
