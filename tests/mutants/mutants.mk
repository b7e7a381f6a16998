# SPDX-License-Identifier: LGPL-2.1-or-later
.PHONY: mutants
mutants: all ## Break promises on purpose; each breakage must make its check fail
	@tests/mutants/run
