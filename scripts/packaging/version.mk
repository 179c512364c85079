# SPDX-License-Identifier: MIT
#
# One version for everything that is built: that of the program and the version resources of Windows files.
# Included by the Makefile after the lists of modules.

# SOURCE_DATE_EPOCH is the date of the commit, for tools that write a date into their output.
VERSION_OF_TREE := $(shell scripts/packaging/version)
VERSION         := $(word 1,$(VERSION_OF_TREE))
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(word 3,$(VERSION_OF_TREE))
endif
export SOURCE_DATE_EPOCH

# Written only if it differs from the last time.
$(OUT)/obj/version/product_version.c: always
	@mkdir -p $(@D)
	@scripts/packaging/version --c | cmp -s - $@ || scripts/packaging/version --c >$@
$(OUT)/obj/version/version_numbers.h: always
	@mkdir -p $(@D)
	@scripts/packaging/version --rc | cmp -s - $@ || scripts/packaging/version --rc >$@

$(OUT)/obj/version/product_version.o: $(OUT)/obj/version/product_version.c $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
HARNESS += $(OUT)/obj/version/product_version.o

# Each rule that links a product takes its objects from $^.
ifeq ($(SYSTEM),win)
$(OUT)/obj/version/%.res.o: scripts/packaging/version.rc $(OUT)/obj/version/version_numbers.h
	$(BINUTILS.$(TARGET))windres -DPRODUCT_$(subst -,_,$*) -I$(@D) $< $@
$(OUT)/perfharness.exe: $(OUT)/obj/version/perfharness.res.o
$(OUT)/heapctrs.dll: $(OUT)/obj/version/heapctrs.res.o
$(OUT)/heapctrs_v2.dll: $(OUT)/obj/version/heapctrs_v2.res.o
$(OUT)/programs/heapctrs-vsheap.dll: $(OUT)/obj/version/heapctrs-vsheap.res.o
endif

.PHONY: check-reproducible
check-reproducible:
	@scripts/packaging/check-reproducible
