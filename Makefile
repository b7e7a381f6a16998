# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds all of UKS but the module, for which it calls Kbuild on a copy. Each
# folder says in FOLDER/FOLDER.mk what it contains, in the manner of Kbuild:
#
#   programs += uksd                         $(O)/bin/uksd
#   uksd-objs := daemon/main.o               of daemon/main.c
#   uksd-pkgs := libsodium                   pkg-config names
#   uksd-libs := libuks                      our own libraries
#   uksd-cflags, uksd-ldflags                if it must be
#   libraries += libuks                      $(O)/lib/libuks.a, and with
#   libuks-map := libuks/libuks.map          a version script libuks.so.0, too
#   generated += $(O)/foo.h                  made before anything is compiled
#   checks += check-uapi                     a part of `make check`
#   install:: / uninstall::                  what goes where
#
# An object named a/b.m32.o is a/b.c compiled for 32-bit callers.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

ifeq ($(origin CC),default)
CC := gcc
endif
O ?= build/$(if $(FUZZ),fuzz,$(if $(SANITIZE),asan,$(if $(COVERAGE),cov,$(notdir $(CC)))))
kernels := 6.1 6.12
comma := ,
top := $(CURDIR)

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
version := 0.1.0

cppflags := -I$(top)/include -I$(top)/include/uapi -I$(top) -D_GNU_SOURCE
cflags := -std=gnu11 -O2 -g -fPIC -Wall -Wextra -Werror -MMD -MP \
	-fstack-protector-strong -fstack-clash-protection -fcf-protection
ldflags := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifneq ($(SANITIZE)$(FUZZ),)
sanitize := -fsanitize=address,undefined$(if $(FUZZ),$(comma)fuzzer-no-link) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
# As the sanitizers' makers advise: traces stay true, and it builds in two thirds of the time.
cflags += -O1 $(sanitize)
ldflags += $(sanitize)
else ifneq ($(COVERAGE),)
# Each line counts as it was written, also where threads meet; warnings are for others.
cflags += -O0 -Wno-error --coverage -fprofile-update=atomic
ldflags += --coverage -Wl,--wrap=_exit,--wrap=alarm
counter := $(O)/tests/coverage/count.o
else
cppflags += -D_FORTIFY_SOURCE=2
endif

programs :=
libraries :=
generated :=
checks := check-build-gcc check-build-clang check-build-module check-module \
	check-style check-spdx check-shell

# What a folder installs comes after this, in its fragment.
.PHONY: install uninstall
install:: all ## Install below DESTDIR with PREFIX=/usr/local
uninstall:: ## Remove what install put there

include $(wildcard */*.mk tests/*/*.mk)

# pkg-config is asked once per set of packages, and only when something is built.
ask = $(if $(strip $2),$(or $($1-$(subst $() ,+,$(strip $2))),$(eval $1-$(subst $() ,+,$(strip $2)) \
	:= $(shell pkg-config --$1 $2 || echo pkg-config-failed))$($1-$(subst $() ,+,$(strip $2)))))
compile = $(CC) $(cppflags) $(call ask,cflags,$(pkgs)) $(cflags) $(CFLAGS) $(extra) -c -o $@ $<

.PHONY: all deps
all: $(programs:%=$(O)/bin/%) $(libraries:%=$(O)/lib/%.a) ## Build programs and libraries into build/gcc; CC=clang or SANITIZE=1: build/clang, build/asan

deps:
	@scripts/deps

$(O)/%.o: %.c | deps $(generated)
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(compile)
	@echo '{"directory":"$(top)","file":"$<","command":"$(subst ','\'',$(subst ",\",$(compile)))"},' > $(@:.o=.json)

$(O)/%.m32.o: %.c | deps $(generated)
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(compile) -m32

# Test programs find kselftest_harness.h in Debian's kernel source package.
build/linux-source: scripts/kernel | deps
	@mkdir -p $(@D)
	@ln -sfnT "$$(scripts/kernel source)" $@
	@touch -h $@
$(O)/tests/%.o: extra += -isystem build/linux-source/tools/testing/selftests -Wno-unused-parameter

objs = $(addprefix $(O)/,$($1-objs))
# A program that counts its lines counts those of libraries with them.
shared-of = $(if $(COVERAGE),,$($1-map))
libs-of = $(foreach l,$($1-libs),$(if $(call shared-of,$l),$(O)/lib/$l.so.0,$(O)/lib/$l.a))
pkgs-of = $($1-pkgs) $(foreach l,$($1-libs),$(if $(call shared-of,$l),,$($l-pkgs)))

define program
$(addprefix $(O)/,$(filter tests/%,$($1-objs))): | build/linux-source
$(call objs,$1): pkgs += $($1-pkgs)
$(call objs,$1): extra += $($1-cflags)
$(O)/bin/$1: $(call objs,$1) $(call libs-of,$1) $(if $(filter %.m32.o,$($1-objs)),$(counter:.o=.m32.o),$(counter))
	@mkdir -p $$(@D)
	@echo '  LD      $$@'
	@$$(CC) -pie $$(ldflags) $$(LDFLAGS) $($1-ldflags) -Wl,-rpath,'$$$$ORIGIN/../lib' \
		-o $$@ $$^ $$(call ask,libs,$(call pkgs-of,$1))
-include $(patsubst %.o,%.d,$(call objs,$1))
endef

define library
$(call objs,$1): pkgs += $($1-pkgs)
$(call objs,$1): extra += $($1-cflags)
$(O)/lib/$1.a: $(call objs,$1)
	@mkdir -p $$(@D)
	@echo '  AR      $$@'
	@rm -f $$@ && ar qcsD $$@ $$^
-include $(patsubst %.o,%.d,$(call objs,$1))
endef

define shared
all: $(O)/lib/$1.so.0
$(O)/lib/$1.so.0: $(call objs,$1) $($1-map) $(call libs-of,$1)
	@echo '  LD      $$@'
	@mkdir -p $$(@D)
	@$$(CC) -shared -Wl,-soname,$1.so.0 -Wl,--version-script=$($1-map) -Wl,-z,defs \
		$$(ldflags) $$(LDFLAGS) $($1-ldflags) -o $$@ \
		$$(filter-out %.map,$$^) $$(call ask,libs,$(call pkgs-of,$1))
	@ln -sf $1.so.0 $(O)/lib/$1.so
endef

$(foreach p,$(programs),$(eval $(call program,$p)))
$(foreach l,$(libraries),$(eval $(call library,$l)))
$(foreach l,$(libraries),$(if $($l-map),$(eval $(call shared,$l))))

.PHONY: module $(kernels:%=module-%)
module: $(kernels:%=module-%) ## Build uks.ko for Debian's kernels: build/kmod-6.1, build/kmod-6.12

$(kernels:%=module-%): module-%: | deps
	@scripts/build-module $* build/kmod-$*

.PHONY: vm demo
vm: ## Start a root shell in the test VM; KERNEL=6.1
	@tests/vm/run --tty $(if $(KERNEL),--kernel $(KERNEL)) --timeout 86400 -- bash -l

demo: | deps ## Show what UKS does, in the VM
	@tests/vm/demo

# The gates; fragments add their tests to $(checks).
.PHONY: check $(checks)
check: | deps ## Run every gate and test, on both kernels
	@tests/check $(checks)

check-build-gcc check-build-clang: check-build-%:
	@$(MAKE) --no-print-directory -s CC=$* O=build/$*

check-build-module: module

check-module: | deps
	@for kernel in $(kernels); do scripts/check-module $$kernel || exit; done

check-style: | deps build/linux-source
	@scripts/check-style

check-spdx check-shell: | deps
	@scripts/$@

.PHONY: clean help
clean: ## Remove build/
	rm -rf build compile_commands.json

compile_commands.json: all ## Describe the build to editors
	@{ echo '['; find $(O) -name '*.json' -exec cat {} + | sed '$$s/,$$//'; echo ']'; } > $@

help: ## List the targets
	@sed -n 's/^\([a-z][a-z_.-]*\):.*## \(.*\)/  \1\t\2/p' Makefile $(wildcard */*.mk tests/*/*.mk) | \
		expand -t 26
