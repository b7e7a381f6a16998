# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What can be said about the code and about what is built of it without running it.
.PHONY: check-static
check-static: all | deps ## Look for mistakes and for missing hardening without running anything
	@scripts/deps --static
	@tests/tap-run static tests/static/run $(O)
