# SPDX-License-Identifier: LGPL-2.1-or-later
# What makes a system bring UKS up: udev rule, module, user, state, service; and
# the module's source for DKMS.
prefixlib := $(PREFIX)/lib
DKMSDIR ?= /usr/src

$(O)/uksd.service: udev/uksd.service.in
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|g' $< > $@

install:: $(O)/uksd.service
	install -Dm644 udev/60-uks.rules $(DESTDIR)$(prefixlib)/udev/rules.d/60-uks.rules
	install -Dm644 udev/modules-load.conf $(DESTDIR)$(prefixlib)/modules-load.d/uks.conf
	install -Dm644 udev/sysusers.conf $(DESTDIR)$(prefixlib)/sysusers.d/uks.conf
	install -Dm644 udev/tmpfiles.conf $(DESTDIR)$(prefixlib)/tmpfiles.d/uks.conf
	install -Dm644 $(O)/uksd.service $(DESTDIR)$(UNITDIR)/uksd.service
	test -e $(DESTDIR)$(SYSCONFDIR)/uks/uksd.conf || \
		install -Dm644 udev/uksd.conf $(DESTDIR)$(SYSCONFDIR)/uks/uksd.conf
	install -d $(DESTDIR)$(DKMSDIR)/uks-$(version)
	cp -r Kbuild kmod include $(DESTDIR)$(DKMSDIR)/uks-$(version)/
	sed 's|@VERSION@|$(version)|' dkms.conf > $(DESTDIR)$(DKMSDIR)/uks-$(version)/dkms.conf

# The configuration is the administrator's, the store the users': both stay.
uninstall::
	rm -f $(DESTDIR)$(prefixlib)/udev/rules.d/60-uks.rules
	rm -f $(DESTDIR)$(prefixlib)/modules-load.d/uks.conf
	rm -f $(DESTDIR)$(prefixlib)/sysusers.d/uks.conf
	rm -f $(DESTDIR)$(prefixlib)/tmpfiles.d/uks.conf
	rm -f $(DESTDIR)$(UNITDIR)/uksd.service
	rm -rf $(DESTDIR)$(DKMSDIR)/uks-$(version)
