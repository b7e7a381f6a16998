# SPDX-License-Identifier: LGPL-2.1-or-later
checks += check-vm
check-vm: all module
	@tests/tap-run vm tests/vm/selftest
