# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which lines the tests run: of programs and libraries by a build that counts, natively
# and in User-Mode Linux, and of the module there.
.PHONY: coverage coverage-programs run-coverage
coverage: module-uml | deps ## Count the lines that the tests run; what was not, in build/coverage
	@$(MAKE) --no-print-directory COVERAGE=1 O=build/cov run-coverage

coverage-programs: all
run-coverage: all
	@unit="$(unit-tests)" device="$(kselftests) fault-test" library="$(libuks-kselftests)" \
		fuzzers="$(fuzzers)" tests/coverage/run
