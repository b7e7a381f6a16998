# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of the daemon, each against the library that the daemon is made of.
uksd-unit-tests := seal-test store-test dispatch-test keys-test sign-test import-test \
	session-test master-test
# The sanitizers' memory has no end, and is not laid out as the daemon's.
uksd-unit-tests += $(if $(SANITIZE),,memory-test)
unit-tests += $(uksd-unit-tests)
$(foreach t,$(uksd-unit-tests),\
	$(eval $t-objs := tests/unit/$t.o tests/unit/uksd-daemon.o tests/unit/tpm-swtpm.o)\
	$(eval $t-libs := libuksd libukstpm)\
	$(eval $t-pkgs := $(libuksd-pkgs) tss2-esys tss2-tctildr tss2-rc)\
	$(eval $t-cflags := -pthread)\
	$(eval $t-ldflags := -pthread))
