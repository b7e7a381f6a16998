# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Power cuts, faults and load: not in `make check`, as they take long.
programs += crash-disk crash-keeper
crash-disk-objs := tests/crash/disk.o
crash-keeper-objs := $(patsubst %,tests/crash/%.o,keeper journal key work check)
crash-keeper-libs := libuks
crash-keeper-pkgs := libsodium
crash-keeper-cflags := -Ilibuks
ROUNDS ?= 200
KILLS ?= 20
SEED ?= $(shell date +%s)
.PHONY: check-power
check-power: all module-6.12 ## Cut the power of the store's disk, ROUNDS times, and of the VM, KILLS times; SEED
	@tests/tap-run power-disk tests/vm/run --no-daemon --no-build --timeout 36000 -- \
		tests/crash/rounds $(ROUNDS) $(SEED)
	@tests/tap-run power-machine tests/crash/kills $(KILLS) $(SEED)

FAULTS ?= 20
.PHONY: check-faults
check-faults: all ## Damage each page of a store in each manner, FAULTS times
	@FAULTS=$(FAULTS) tests/tap-run faults-store $(O)/bin/uksd-fault-test
