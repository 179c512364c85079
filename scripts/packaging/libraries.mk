# SPDX-License-Identifier: MIT
#
# The tracker as a shared library: libheaptracker.so.1 natively, heaptracker.dll with its import library for
# Windows. Included by the Makefile after the lists of modules.

ifeq ($(SYSTEM),posix)
# Variants (asan, tsan, …) do not have the shared library. Its public functions must be visible to others, and
# those of the static library must not be, so each has objects of its own.
ifneq ($(filter native clang,$(TARGET)),)
SHARED := $(patsubst %.c,$(OUT)/obj/shared/%.o,$(call sources,provider/region provider/allocator provider/profile provider/tracker provider/live_blocks \
          provider/os))
$(OUT)/obj/shared/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,  compile  $@)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fvisibility=default -fno-semantic-interposition -MMD -MP -c -o $@ $<

# All symbols have the version of the interface that first had them. A release that adds functions adds
# a node; a release that removes one is libheaptracker.so.2.
$(OUT)/obj/libheaptracker.map: provider/tracker/exports.posix
	@mkdir -p $(@D)
	{ echo 'HEAPTRACKER_1.0 {'; echo '    global:'; sed 's/.*/        &;/' $<; echo '    local: *;'; echo '};'; } >$@

$(OUT)/libheaptracker.so.1: $(SHARED) $(OUT)/obj/libheaptracker.map
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,-soname,$(@F) -Wl,--version-script=$(OUT)/obj/libheaptracker.map -Wl,-z,defs \
	    -o $@ $(filter %.o,$^) $(LDLIBS)
$(OUT)/libheaptracker.so: $(OUT)/libheaptracker.so.1
	ln -sf $(<F) $@

PRODUCTS += $(OUT)/libheaptracker.so.1 $(OUT)/libheaptracker.so
endif
else
# Names without decoration in the DLL; the import library has the decorated names of x86 for compilers.
$(OUT)/obj/heaptracker.def: provider/tracker/exports.win
	@mkdir -p $(@D)
	{ echo 'LIBRARY heaptracker.dll'; echo EXPORTS; \
	  sed -n '$(if $(filter win32,$(TARGET)),s/^_/    /p,/^_/!s/^/    /p)' $<; } >$@

$(OUT)/heaptracker.dll: $(TRACKER) $(OS) $(OUT)/obj/version/heaptracker.res.o $(OUT)/obj/heaptracker.def
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--kill-at -o $@ $(filter %.o,$^) $(OUT)/obj/heaptracker.def $(LDLIBS)

$(OUT)/libheaptracker.dll.a: $(OUT)/obj/heaptracker.def
	$(BINUTILS.$(TARGET))dlltool --kill-at --temp-prefix $(OUT)/obj/heaptracker -d $< -l $@

PRODUCTS += $(OUT)/heaptracker.dll $(OUT)/libheaptracker.dll.a
endif
