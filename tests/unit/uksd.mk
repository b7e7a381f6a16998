# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of the daemon, each against the library that the daemon is made of:
# uksd-seal-test and so on.
uksd-unit-tests := seal store dispatch keys sign import session master config channel sandbox fault
uksd-unit-tests += crash crash-master crash-sks
uksd-unit-tests += process attest attest-refuse policy count lifecycle access granted derive wrap-cbc audit audit-damage tpmgate rollback tpm pin
# The sanitizers' memory has no end, and is not laid out as the daemon's.
uksd-unit-tests += $(if $(SANITIZE),,memory)
# They allocate for themselves.
uksd-nth-tests := nth nth-tpm
uksd-unit-tests += $(if $(SANITIZE),,$(uksd-nth-tests))
unit-tests += $(uksd-unit-tests:%=uksd-%-test)
$(foreach t,$(uksd-unit-tests),\
	$(eval uksd-$t-test-objs := tests/unit/uksd-$t-test.o tests/unit/uksd-daemon.o \
		tests/unit/tpm-swtpm.o)\
	$(eval uksd-$t-test-libs := libuksd libukstpm)\
	$(eval uksd-$t-test-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc)\
	$(eval uksd-$t-test-cflags := -pthread -I$(O)/daemon/store)\
	$(eval uksd-$t-test-ldflags := -pthread))

$(foreach t,$(uksd-nth-tests),\
	$(eval uksd-$t-test-objs += tests/unit/uksd-nth.o)\
	$(eval uksd-$t-test-ldflags += -Wl$(comma)--wrap=sqlite3_step \
		-Wl$(comma)--wrap=Tss2_TctiLdr_Initialize))
uksd-nth-tpm-test-objs += tests/unit/uksd-sks.o sks/frame.o sks/issuer.o sks/issuer-crypto.o \
	sks/issuer-keys.o

# They read records as uksctl does.
$(foreach t,audit audit-damage,\
	$(eval uksd-$t-test-objs += tests/unit/uksd-audit.o)\
	$(eval uksd-$t-test-libs := libuksaudit $(uksd-$t-test-libs)))

# Tests of the provider of keys alone: uksd-crypto-cells-test and so on.
uksd-crypto-tests := cells vectors openssl
unit-tests += $(uksd-crypto-tests:%=uksd-crypto-%-test)
$(foreach t,$(uksd-crypto-tests),\
	$(eval uksd-crypto-$t-test-objs := tests/unit/uksd-crypto-$t-test.o \
		tests/unit/uksd-crypto.o)\
	$(eval uksd-crypto-$t-test-libs := libuksd libukstpm)\
	$(eval uksd-crypto-$t-test-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc)\
	$(eval uksd-crypto-$t-test-cflags := -pthread)\
	$(eval uksd-crypto-$t-test-ldflags := -pthread))

# What the daemon attests, uks-verify checks.
$(foreach t,attest attest-refuse,\
	$(eval uksd-$t-test-libs += libuksverify libuksevidence)\
	$(eval uksd-$t-test-objs += tests/unit/uksd-attest.o))
uksd-attest-test-objs += sks/frame.o

# The life of the master key: what administrators do is in a file of its own.
uksd-master-tests := ceremony backup rotation boot
unit-tests += $(uksd-master-tests:%=uksd-%-test)
$(foreach t,$(uksd-master-tests),\
	$(eval uksd-$t-test-objs := tests/unit/uksd-$t-test.o tests/unit/uksd-ceremony.o \
		tests/unit/uksd-daemon.o tests/unit/tpm-swtpm.o)\
	$(eval uksd-$t-test-libs := libuksd libukstpm)\
	$(eval uksd-$t-test-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc)\
	$(eval uksd-$t-test-cflags := -pthread -I$(O)/daemon/store)\
	$(eval uksd-$t-test-ldflags := -pthread))

# Tests of SKS, with an issuer of their own.
uksd-sks-tests := sks sks-parts sks-vectors sks-pin sks-post sks-key sks-mac sks-use sks-session \
	sks-limit sks-refuse sks-keygen2 sks-foreign
unit-tests += $(uksd-sks-tests:%=uksd-%-test)
$(foreach t,$(uksd-sks-tests),\
	$(eval uksd-$t-test-objs := tests/unit/uksd-$t-test.o tests/unit/uksd-sks.o \
		tests/unit/uksd-daemon.o tests/unit/tpm-swtpm.o sks/frame.o sks/issuer.o \
		sks/issuer-crypto.o sks/issuer-keys.o tests/unit/clock.o)\
	$(eval uksd-$t-test-libs := libuksd libukstpm)\
	$(eval uksd-$t-test-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc)\
	$(eval uksd-$t-test-cflags := -pthread -I$(O)/daemon/store)\
	$(eval uksd-$t-test-ldflags := -pthread -Wl$(comma)--wrap=clock_gettime))

# Both programs of enrolment on line, and the daemon behind them.
$(O)/bin/uksd-sks-keygen2-test: | $(O)/bin/uks-keygen2 $(O)/bin/uks-keygen2-issuer

# Programs at a socket, as that of uks-sksd.
uksd-sks-keygen2-test-objs += tests/unit/uksd-sks-bridge.o
uksd-sks-foreign-test-objs += tests/unit/uksd-sks-bridge.o

# A master key that ends takes the counter of tries with it.
uksd-sks-pin-test-objs += tests/unit/uksd-ceremony.o

# Changes that are killed at each step.
uksd-rotation-test-objs += tests/unit/uksd-steps.o
$(foreach t,crash crash-master crash-sks,\
	$(eval uksd-$t-test-objs += tests/unit/uksd-crash.o tests/unit/uksd-steps.o))
uksd-crash-master-test-objs += tests/unit/uksd-ceremony.o
uksd-crash-sks-test-objs += tests/unit/uksd-sks.o sks/frame.o sks/issuer.o \
	sks/issuer-crypto.o sks/issuer-keys.o

# Records of an enrolment.
uksd-audit-test-objs += tests/unit/uksd-sks.o sks/frame.o sks/issuer.o sks/issuer-crypto.o \
	sks/issuer-keys.o
