# SPDX-License-Identifier: LGPL-2.1-or-later
# What libuks can show without the module; it looks inside, so it takes the objects.
libuks-test-objs := tests/unit/libuks-test.o tests/unit/libuks-header.o $(libuks-objs)
libuks-test-cflags := -Ilibuks
unit-tests += libuks-test

# The same for methods of SKS, with another function in place of the one that asks the daemon.
libuks-sks-test-objs := tests/unit/libuks-sks-test.o $(filter-out libuks/sks.o,$(libuks-objs))
libuks-sks-test-cflags := -Ilibuks
unit-tests += libuks-sks-test
