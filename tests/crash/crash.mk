# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Power cuts, faults and load: not in `make check`, as they take long.
programs += crash-disk crash-keeper crash-soak
crash-disk-objs := tests/crash/disk.o
crash-keeper-objs := $(patsubst %,tests/crash/%.o,keeper journal key work check)
crash-keeper-libs := libuks
crash-keeper-pkgs := libsodium
crash-keeper-cflags := -Ilibuks
crash-soak-objs := tests/crash/soak.o tests/crash/soak-work.o tests/crash/soak-use.o
crash-soak-libs := libuks
crash-soak-cflags := -Ilibuks

ROUNDS ?= 200
KILLS ?= 20
SEED ?= $(shell date +%s)
.PHONY: check-power
check-power: all module-6.12 ## Cut the power of the store's disk, ROUNDS times, and of the VM, KILLS times; SEED
	@[ $(ROUNDS) -eq 0 ] || tests/tap-run power-disk tests/vm/run --no-daemon --no-build \
		--timeout 36000 -- tests/crash/rounds $(ROUNDS) $(SEED)
	@[ $(KILLS) -eq 0 ] || tests/tap-run power-machine tests/crash/kills $(KILLS) $(SEED)

FAULTS ?= 20
.PHONY: check-faults
check-faults: all module-6.12 ## Damage each page of a store in each manner, FAULTS times; no memory, clock set back
	@FAULTS=$(FAULTS) tests/tap-run faults-store $(O)/bin/uksd-fault-test
	@tests/tap-run faults-machine tests/vm/run --no-build --expect-log 'Call Trace' -- \
		tests/crash/faults

.PHONY: soak
soak: all module-6.12 ## 64 processes of 8 users, signals, kills and restarts for SECONDS=180; SEED
	@tests/tap-run soak tests/vm/run --no-build --cpus 2 --timeout 36000 -- \
		crash-soak $(or $(SECONDS),180) $(SEED) tests/vm/uksd
