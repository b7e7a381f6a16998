# SPDX-License-Identifier: LGPL-2.1-or-later
# What libuks can show without the module; it looks inside, so it takes the objects.
libuks-test-objs := tests/unit/libuks-test.o tests/unit/libuks-header.o $(libuks-objs)
libuks-test-cflags := -Ilibuks
unit-tests += libuks-test

# The same for methods of SKS, with another function in place of the one that asks the daemon.
libuks-sks-test-objs := tests/unit/libuks-sks-test.o $(filter-out libuks/sks.o,$(libuks-objs))
libuks-sks-test-cflags := -Ilibuks
unit-tests += libuks-sks-test

# Each call with another kernel and memory that can run out, and what is refused before.
libuks-fault-tests := libuks-calls-test libuks-refuse-test
unit-tests += $(libuks-fault-tests)
$(foreach t,$(libuks-fault-tests),\
	$(eval $t-objs := tests/unit/$t.o tests/unit/allocation.o tests/fuzz/kernel.o $(libuks-objs))\
	$(eval $t-cflags := -Ilibuks)\
	$(eval $t-ldflags := -Wl$(comma)--wrap=open$(comma)--wrap=ioctl$(comma)--wrap=malloc \
		-Wl$(comma)--wrap=calloc$(comma)--wrap=realloc$(comma)--wrap=free))
libuks-calls-test-objs += tests/unit/libuks-calls.o
