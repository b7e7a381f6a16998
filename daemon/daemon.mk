# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything but main() is a library, so that tests run what the daemon runs.
libraries += libuksd
libuksd-pkgs := audit inih jansson libcap libcrypto libgfshare libnl-genl-3.0 libseccomp libsodium \
	libsystemd sqlite3

# Requests come in and answers go out.
libuksd-objs += $(addprefix daemon/,channel.o config.o control.o delay.o dispatch.o examine.o failure.o \
	housekeeping.o log.o loop.o memory.o parameter.o policy.o privilege.o process.o sandbox-calls.o \
	sandbox-files.o session-job.o session-use.o session.o status.o tpmgate.o uksd.o)
# Keys: what they are, who may use them, how they live and end.
libuksd-objs += $(addprefix daemon/key/,access.o change.o create.o delete.o derive.o describe.o \
	find.o keycache.o keylock.o lifecycle.o list.o name.o policy.o rotate.o secret.o \
	state.o type.o usage.o use.o wrap.o)
# What computes with keys: sealed blobs by libcrypto, or the TPM.
libuksd-objs += $(addprefix daemon/provider/,derive.o provider-sealed.o provider-tpm.o \
	sealed-agree.o sealed-cipher.o sealed-ec.o sealed-ed25519.o sealed-ed448.o sealed-mac.o \
	sealed-numbers.o sealed-pkcs8.o sealed-pkey.o sealed-raw.o sealed-rsa.o sealed-signature.o \
	sealed-sm2.o sealed-symmetric.o tpm-perform.o wrap-aes.o wrap-cbc.o wrap-ecdh.o wrap-rsa.o)
# The database.
libuksd-objs += $(addprefix daemon/store/,all.o dump.o keys.o leaves.o migrate.o nv.o sks.o \
	sqlite-failure.o sqlite.o store.o uses.o)
# An old copy of the store is refused.
libuksd-objs += $(addprefix daemon/rollback/,generation-examine.o generation-open.o generation.o \
	ledger-set.o ledger-store.o ledger.o)
# The master key: sealing, boot policy, ceremony.
libuksd-objs += $(addprefix daemon/master/,admin.o boot-keep.o boot-policy.o call.o command.o \
	custody.o exchange.o master.o record.o register.o seal-value.o seal.o share.o zeroize.o)
# PINs of keys.
libuksd-objs += $(addprefix daemon/pin/,command.o make.o pin.o session.o)
# Proofs of what a key is.
libuksd-objs += $(addprefix daemon/attest/,attest.o certificate.o evidence.o key.o parts.o)
# Backup and restore.
libuksd-objs += $(addprefix daemon/backup/,backup.o call.o read.o take.o)
# Records of decisions.
libuksd-objs += $(addprefix daemon/audit/,anchor.o audit.o file.o handle.o life.o read.o \
	request.o scan.o sink.o)
# What issuers provision.
libuksd-objs += $(addprefix daemon/sks/,algorithm.o close.o codec.o device.o extension.o keep.o \
	key.o list.o mac.o object.o parts.o path.o perform.o pin-rules.o pin.o policy.o post.o puk-delay.o spare.o \
	session.o sks.o tries.o use.o user.o wire.o)
# The form of attestations, which uks-verify reads.
libuksd-objs += verify/attestation.o
libuksd-cflags := -pthread -DUKS_VERSION='"$(version)"' \
	-DUKSD_CONFIG='"$(SYSCONFDIR)/uks/uksd.conf"' -I$(O)/daemon/store

# SQL as string literals of C.
generated += $(patsubst %,$(O)/daemon/store/schema-%.inc,1 2 3 4 5 6)
$(O)/daemon/store/schema-%.inc: daemon/store/schema-%.sql
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
