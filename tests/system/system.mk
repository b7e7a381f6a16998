# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of the whole: module, daemon, library and command, in the VM.
programs += tests/marker
tests/marker-objs := tests/system/marker.o
tests/marker-libs := libuks
tests/marker-cflags := -Ilibuks
tests/marker-ldflags := -Wl,-rpath,'$$$$ORIGIN/../../lib'
tests/marker-ldflags += -pthread

checks += $(kernels:%=check-memory-%) $(kernels:%=check-wire-%)
.PHONY: $(kernels:%=check-memory-%) $(kernels:%=check-wire-%)

$(kernels:%=check-memory-%): check-memory-%: all
	@tests/tap-run memory-$* tests/system/memory $*

$(kernels:%=check-wire-%): check-wire-%: all
	@tests/tap-run wire-$* tests/vm/run --kernel $* -- tests/system/wire

# One boot with systemd as the first process, of what `make install` installs.
checks += check-systemd
.PHONY: check-systemd
check-systemd: all
	@tests/tap-run systemd tests/vm/run --init systemd -- tests/system/systemd

# What Documentation/huks.rst promises, row by row.
checks += $(kernels:%=check-huks-%)
.PHONY: $(kernels:%=check-huks-%)
$(kernels:%=check-huks-%): check-huks-%: all
	@tests/tap-run huks-$* tests/vm/run --kernel $* -- \
		tests/kselftest/run-all tests/system/huks tests/system/vectors-test

# Attestations are made in the VM and checked on the host.
checks += $(kernels:%=check-attest-%)
.PHONY: $(kernels:%=check-attest-%)
$(kernels:%=check-attest-%): check-attest-%: all
	@tests/tap-run attest-$* tests/system/attest $*

# Enrolment through the bridge, and the commands.
checks += $(kernels:%=check-sks-%)
.PHONY: $(kernels:%=check-sks-%)
$(kernels:%=check-sks-%): check-sks-%: all
	@tests/tap-run sks-$* tests/vm/run --kernel $* -- \
		tests/kselftest/run-all tests/system/sks tests/system/sks-commands-short \
		tests/system/sks-foreign-short

# Every command for SKS, and all that a foreign issuer tries, on each kernel: some minutes.
.PHONY: check-sks-commands $(kernels:%=check-sks-commands-%)
check-sks-commands: $(kernels:%=check-sks-commands-%) ## Test every command for SKS in the VM
$(kernels:%=check-sks-commands-%): check-sks-commands-%: all
	@tests/tap-run sks-commands-$* tests/vm/run --kernel $* --timeout 1200 -- \
		tests/kselftest/run-all tests/system/sks-commands tests/system/sks-foreign

# 2800 calls with 75 RSA keys, which take minutes to make.
.PHONY: check-sks-load
check-sks-load: all ## Enrol 246 keys with 2 800 calls in the VM
	@tests/tap-run sks-load tests/vm/run --cpus 2 --timeout 900 -- tests/system/sks load

# A machine destroyed, and its keys on another one.
checks += $(kernels:%=check-recovery-%)
.PHONY: $(kernels:%=check-recovery-%)
$(kernels:%=check-recovery-%): check-recovery-%: all
	@tests/tap-run recovery-$* tests/system/recovery $*

# Keys in the TPM, and PINs.
checks += $(kernels:%=check-pin-%)
.PHONY: $(kernels:%=check-pin-%)
$(kernels:%=check-pin-%): check-pin-%: all
	@tests/tap-run pin-$* tests/vm/run --kernel $* -- \
		tests/kselftest/run-all tests/system/pin tests/system/tpm-restart

# Two minutes of load; a shorter one, with a TPM that dies, is in `make check` above.
.PHONY: check-tpm-load
check-tpm-load: all
	@tests/tap-run tpm-load tests/vm/run --timeout 1200 -- tests/system/tpm-load

# A machine that was booted as nobody approved; older copies of its store.
checks += $(kernels:%=check-boot-%)
.PHONY: $(kernels:%=check-boot-%)
$(kernels:%=check-boot-%): check-boot-%: all
	@tests/tap-run boot-$* tests/vm/run --kernel $* -- \
		tests/kselftest/run-all tests/system/boot tests/system/rollback
	@tests/tap-run reboot-$* tests/system/reboot $*

# Records of decisions.
checks += $(kernels:%=check-audit-%)
.PHONY: $(kernels:%=check-audit-%)
$(kernels:%=check-audit-%): check-audit-%: all
	@tests/tap-run audit-$* tests/vm/run --kernel $* -- tests/system/audit
