# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything but main() is a library, so that tests run what the daemon runs.
libraries += libuksd
libuksd-objs := $(addprefix daemon/,access.o attest.o attest-certificate.o \
	attest-evidence.o attest-key.o attest-parts.o channel.o config.o control.o derive.o dispatch.o \
	examine.o failure.o housekeeping.o key-change.o key-create.o key-delete.o key-derive.o key-describe.o \
	key-find.o key-list.o key-name.o key-policy.o key-rotate.o key-secret.o key-state.o key-type.o key-use.o \
	key-wrap.o pin.o pin-command.o pin-make.o pin-session.o provider-tpm.o tpm-perform.o \
	generation.o generation-examine.o generation-open.o \
	keycache.o keylock.o ledger.o ledger-set.o ledger-store.o lifecycle.o log.o loop.o master.o memory.o parameter.o policy.o \
	privilege.o process.o provider-sealed.o sandbox-calls.o sandbox-files.o seal.o seal-value.o \
	$(addprefix sealed-,agree.o cipher.o ec.o ed25519.o ed448.o mac.o numbers.o \
	pkcs8.o pkey.o raw.o rsa.o signature.o sm2.o symmetric.o) \
	session.o session-job.o session-use.o status.o store.o store-keys.o store-leaves.o store-migrate.o store-nv.o \
	store-sqlite.o store-uses.o tpmgate.o uksd.o usage.o wrap-aes.o wrap-ecdh.o wrap-rsa.o)
# The form of attestations, which uks-verify reads.
libuksd-objs += verify/attestation.o
libuksd-objs += $(addprefix daemon/,boot-keep.o boot-policy.o backup.o backup-call.o backup-read.o backup-take.o custody.o \
	master-admin.o master-call.o master-command.o master-exchange.o master-record.o \
	master-register.o master-share.o master-zeroize.o store-all.o store-dump.o)
libuksd-pkgs := audit inih jansson libcap libcrypto libgfshare libnl-genl-3.0 libseccomp libsodium \
	libsystemd sqlite3
# SKS: what issuers provision.
libuksd-objs += daemon/store-sks.o daemon/sks.o $(addprefix daemon/sks-,algorithm.o close.o codec.o \
	device.o extension.o keep.o key.o list.o mac.o object.o parts.o path.o perform.o pin.o \
	pin-rules.o policy.o post.o session.o tries.o use.o user.o wire.o)
# Records of decisions.
libuksd-objs += $(addprefix daemon/audit,.o -anchor.o -file.o -handle.o -life.o -read.o -request.o \
	-scan.o -sink.o)
libuksd-cflags := -pthread -DUKS_VERSION='"$(version)"' \
	-DUKSD_CONFIG='"$(SYSCONFDIR)/uks/uksd.conf"' -I$(O)/daemon

# SQL as string literals of C.
generated += $(patsubst %,$(O)/daemon/schema-%.inc,1 2 3 4 5)
$(O)/daemon/schema-%.inc: daemon/schema-%.sql
	@mkdir -p $(@D)
	@sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< > $@

programs += uksd
uksd-objs := daemon/main.o
uksd-libs := libuksd libukstpm
uksd-pkgs := $(libuksd-pkgs)
uksd-cflags := $(libuksd-cflags)
uksd-ldflags := -pthread

install::
	install -Dm755 $(O)/bin/uksd $(DESTDIR)$(PREFIX)/sbin/uksd
uninstall::
	rm -f $(DESTDIR)$(PREFIX)/sbin/uksd
