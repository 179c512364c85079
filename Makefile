# heapctrs and perfharness.
#
#   make               the native build;  make help prints this
#   make win64 win32   the Windows builds (mingw-w64)
#   make demo          install what is missing, build, and show the products at work
#   make test          install what is missing, build, and run every test, native and Wine;
#                      TESTS='NAME…' for some of them; scripts/test NAME for one, natively
#   make test-quick    the native tests, less those that are slow
#   make bench         what things cost, each against a physical limit of the same run;
#                      BENCH_JSON=FILE for the same as JSON
#   make fuzz          libFuzzer runs, FUZZ_SECONDS each
#   make mutate        change the checks of foreign bytes one at a time, and list the changes that no test
#                      notices; FILE=… for some sources
#   make storm         publishers killed at random, forking, hostile, STORM_SECONDS (60) of each;
#                      STORM_EVENTS (500,000,000) of malloc, compared with an independent count;
#                      and every case of heaps explain; 100 seeds of sampled stacks, PROFILE_SWITCHES (1,000,000)
#   make fleet         200 publishers, four exporters and a real Prometheus; FLEET=--keep leaves them running
#   make registry      generate registry/ from the counter table
#   make rules         generate harness/rules/RULES.md and the tables of both galleries from rules.def
#   make check-style   form, names, layers, plain English, warnings of gcc and clang, static analysis
#   make compile_commands.json   how each file is compiled, for editors and clang's tools
#   make dist          a source archive;  make install uninstall DESTDIR= PREFIX= LIBDIR=
#   make docs          every rule, environment variable and manual page as HTML
#   make release       what users download, in build/release;  make test-release uses each of them
#   make check-reproducible   build everything twice in different folders and compare the bytes
#   make truth RESULTS=FILE   mark claims about Windows with what windows-truth.exe found on one
#   make truth-matrix  try the claims on Wine 5.0, 8.0 and 10.0; make test-wine WINE=10 runs tests/wine there;
#                      make test-samba reads the counters of a running Samba server
#   make clean
#
# A build is a target (native, win64, win32) and a folder below build/. The variants asan, tsan and
# clang are native builds with other flags, for the tests.

MAKEFLAGS += --no-builtin-rules
TARGETS   := native win64 win32
VARIANTS  := asan tsan clang fuzzer
TARGET    ?= native
OUT       := build/$(TARGET)

# ---- what differs between targets ----------------------------------------------------------

CC.native   := gcc
CC.asan     := gcc
CC.tsan     := gcc
CC.clang    := clang
CC.fuzzer   := clang
CC.win64    := x86_64-w64-mingw32-gcc
CC.win32    := i686-w64-mingw32-gcc
CXX.native  := g++
CXX.asan    := g++
CXX.tsan    := g++
CXX.clang   := clang++
CXX.fuzzer  := clang++
CXX.win64   := x86_64-w64-mingw32-g++
CXX.win32   := i686-w64-mingw32-g++
BINUTILS.win64 := x86_64-w64-mingw32-
BINUTILS.win32 := i686-w64-mingw32-

SYSTEM  := $(if $(filter win%,$(TARGET)),win,posix)
OTHER   := $(if $(filter win%,$(TARGET)),posix,win)
EXE     := $(if $(filter win%,$(TARGET)),.exe)
SO      := $(if $(filter win%,$(TARGET)),.dll,.so)

CC      := $(CC.$(TARGET))
CXX     := $(CXX.$(TARGET))
LD      := $(BINUTILS.$(TARGET))ld
AR      := $(BINUTILS.$(TARGET))ar
OBJCOPY := $(BINUTILS.$(TARGET))objcopy

# winnt.h includes the intrinsics of every processor, 2 MB of text in 64-bit builds; the guard of that header
# keeps them out. Without it they are two thirds of the time that a compilation takes.
CPPFLAGS.win64 := -D_X86INTRIN_H_INCLUDED
CPPFLAGS.win   := -DWIN32_LEAN_AND_MEAN -D_WIN32_WINNT=0x0601 -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1
# Hardening is proven by tests/security/hardening.t on what was built. mingw's gcc 12 knows no control
# flow guard (-mguard=cf).
CFLAGS.posix   := -fPIC -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2
CFLAGS.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
CFLAGS.clang   := -O1 -U_FORTIFY_SOURCE # this build is made for its warnings only
CFLAGS.win32   := -mstackrealign # callers may align the stack to 4 bytes only
CFLAGS.fuzzer  := -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -U_FORTIFY_SOURCE
CFLAGS.tsan    := -O1 -fsanitize=thread -U_FORTIFY_SOURCE
LDFLAGS.posix  := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LDFLAGS.win    := -static-libgcc -static -Wl,--dynamicbase,--nxcompat,--no-insert-timestamp
LDFLAGS.win64  := -Wl,--high-entropy-va
PIE.posix      := -pie
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.tsan   := -fsanitize=thread
LDFLAGS.fuzzer := -fsanitize=address,undefined

FOLDERS  := include $(sort $(patsubst %/,%,$(dir $(wildcard provider/*.h provider/*/*.h \
            harness/*/*.h registry/*.h)))) provider/os/$(SYSTEM)
CPPFLAGS := $(addprefix -I,$(FOLDERS)) $(CPPFLAGS.$(SYSTEM)) $(CPPFLAGS.$(TARGET))
# Warnings are errors for those who work on the source, not for those who build a tarball with another
# compiler. Debug information names files from the root of the tree, wherever that is.
WERROR   ?= $(if $(wildcard .git),1,0)
ERRORS   := $(if $(filter 1,$(WERROR)),-Werror) -Wdate-time -ffile-prefix-map=$(CURDIR)=.
CFLAGS   := -std=c11 -O2 -g -Wall -Wextra -Wpedantic $(ERRORS) -Wshadow -Wvla -Wstrict-prototypes \
            -fvisibility=hidden $(CFLAGS.$(SYSTEM)) $(CFLAGS.$(TARGET)) $(EXTRA_CFLAGS)
CXXFLAGS := -std=c++17 -O2 -g -Wall -Wextra -Wpedantic $(ERRORS) $(CFLAGS.$(SYSTEM)) $(CFLAGS.$(TARGET))
LDFLAGS  := $(LDFLAGS.$(SYSTEM)) $(LDFLAGS.$(TARGET))
LDLIBS.posix := -lpthread -ldl -lm
# `serve --remote-write` is left out where one of its libraries is missing: remote_link_absent.c.
header  = $(wildcard $(addsuffix /$(1),/usr/include /usr/include/*-linux-gnu /usr/local/include))
REMOTE := $(and $(filter posix,$(SYSTEM)),$(call header,snappy-c.h),$(call header,protobuf-c/protobuf-c.h),\
          $(call header,curl/curl.h),$(shell command -v protoc-c))
HARNESS_LIBS.posix := -lexpat $(if $(REMOTE),-lprotobuf-c)
HARNESS_LIBS = $(HARNESS_LIBS.$(SYSTEM))
LDLIBS.win   := -ladvapi32
LDLIBS   := $(LDLIBS.$(SYSTEM))
FLAGS    := $(CC) $(CXX) $(CPPFLAGS.$(SYSTEM)) $(CPPFLAGS.$(TARGET)) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS)

# ---- what the program is made of: a folder is a module --------------------------------------

# The sources of folders, without those for the other system and those whose libraries are missing.
sources = $(filter-out %_$(OTHER).c $(if $(REMOTE),%_absent.c,%/remote_link_posix.c),$(foreach folder,$(1),$(sort $(wildcard $(folder)/*.c))))
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(call sources,$(1)))

OS       := $(call objects,provider/os)
HARDENING := $(call objects,provider/hardening)
TRACKER  := $(call objects,provider/region provider/allocator provider/profile provider/tracker provider/live_blocks)
SNAPSHOT := $(call objects,provider/snapshot)
PERFLIB  := $(call objects,harness/perflib) $(patsubst %,$(OUT)/obj/harness/rules/%.o,findings rules)
PRELOAD  := $(call objects,provider/preload)
PROVIDER := $(call objects,provider)
# This object makes a program share its V2 providers. The harness does not link it: see perflib_share.h.
SHARING  := $(OUT)/obj/harness/perflib/perflib_share_all.o
REMOTE_MESSAGES := $(if $(REMOTE),$(OUT)/obj/harness/cli/write_request.pb-c)
HARNESS  := $(filter-out $(SHARING),$(call objects,$(patsubst %/,%,$(sort $(dir $(wildcard harness/*/*.c)))))) \
            $(addsuffix .o,$(REMOTE_MESSAGES))
MAIN     := $(OUT)/obj/harness/cli/main.o

UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%$(EXE),$(filter tests/unit/test_%,$(call sources,tests/unit)))
FAULTY     := $(patsubst tests/faulty/%,$(OUT)/faulty/%$(SO),\
              $(basename $(wildcard tests/faulty/*.c tests/faulty/*.cpp)))
# The whole gallery of faulty providers is built natively and for 64-bit Windows, and its sound ones in every
# variant. tests/harness/gallery.t builds the 32-bit ones that it runs.
GALLERY    := $(if $(filter native win64,$(TARGET)),$(FAULTY),\
              $(filter $(OUT)/faulty/plain_% $(OUT)/faulty/sound%,$(FAULTY)))
# The gallery of V2 providers. They are linked against advapi32 for Windows. Natively they are linked against
# nothing, because they find PERFLIB in the program that loads them.
GALLERY_V2 := $(if $(filter native win64,$(TARGET)),\
              $(patsubst tests/faulty_v2/%.c,$(OUT)/faulty_v2/%$(SO),$(wildcard tests/faulty_v2/*.c)))
# PERFLIB's unit tests once more, with each allocation failing in turn. The test of images is left out: it
# allocates with the product's functions itself, and leaks when it ends early.
FAILING    := $(if $(filter native asan,$(TARGET)),\
              $(patsubst tests/unit/test_%.c,$(OUT)/failing/%,$(filter-out %_image.c,$(wildcard tests/unit/test_perflib_*.c))) \
              $(OUT)/failing/v1_bridge)
PROGRAMS   := $(patsubst tests/programs/%,$(OUT)/programs/%$(EXE),$(basename $(filter-out tests/programs/v2_%,\
              $(call sources,tests/programs) $(wildcard tests/programs/*.cpp))))
V2_PROGRAMS := $(patsubst tests/programs/%.c,$(OUT)/programs/%$(EXE),$(filter tests/programs/v2_%,\
              $(call sources,tests/programs)))
VSHEAP     := $(if $(filter win,$(SYSTEM)),$(OUT)/programs/heapctrs-vsheap.dll)
BENCHES    := $(patsubst tests/bench/%.c,$(OUT)/bench/%$(EXE),$(wildcard tests/bench/*.c))
FUZZ       := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

PRODUCTS := $(if $(HARNESS),$(OUT)/perfharness$(EXE)) $(if $(PROVIDER),$(OUT)/heapctrs$(SO)) \
            $(if $(TRACKER),$(OUT)/libheaptracker.a) \
            $(if $(SNAPSHOT),$(OUT)/libprocesssnapshot.a) $(OUT)/libperflib.a $(OUT)/heapctrs_v2$(SO) \
            $(if $(filter posix,$(SYSTEM)),$(if $(PRELOAD),$(OUT)/libheaptracker-preload.so))

# What installers, consumers and the harness need to know of the counter table.
REGISTRY := $(addprefix registry/,heapctrs.h heapctrs.ini heapctrs.reg heapctrs-service.reg heapctrs.man heapctrs_metrics.def)

.DEFAULT_GOAL := all
# What is packaged, installed and released has makefiles of its own; the version comes first.
include scripts/packaging/version.mk $(filter-out %/version.mk,$(sort $(wildcard scripts/packaging/*.mk)))

# ---- commands ----------------------------------------------------------------------------------

.PHONY: all $(TARGETS) $(VARIANTS) build tests programs demo-programs bench-programs fuzz-programs demo test \
        test-quick help bench fuzz mutate storm fleet registry rules check-style dist list-objects clean always
.DELETE_ON_ERROR:

# One short line for each thing made; all of the commands with `make V=1`.
ifndef V
MAKEFLAGS += --silent
say = @echo '$(1)'
endif

all: native
$(TARGETS) $(VARIANTS):
	@scripts/setup --check $(or $(filter win% clang,$@),native)
	@$(MAKE) --no-print-directory TARGET=$@ build

build: $(PRODUCTS) $(OUT)/heapctrs.reg $(if $(filter native,$(TARGET)),$(REGISTRY) $(V2_CODE))
tests: programs $(UNIT_TESTS) $(FAILING) $(if $(filter asan,$(TARGET)),fuzz-programs)
programs: build $(PROGRAMS) $(V2_PROGRAMS) $(VSHEAP) $(GALLERY) $(GALLERY_V2) $(if $(filter native,$(TARGET)),build/native/registry-generator)
demo-programs: build $(OUT)/programs/demo_pool$(EXE)
bench-programs: build $(BENCHES) $(OUT)/faulty/sound_five$(SO)
fuzz-programs: $(FUZZ)

test:
	@TESTS='$(TESTS)' scripts/test

test-quick:
	@scripts/test --quick

compile_commands.json: always
	@$(MAKE) --no-print-directory -nB TARGET=native V=1 tests | scripts/compile_commands.py >$@

registry:
	@$(MAKE) --no-print-directory TARGET=native -W provider/counters.def $(REGISTRY) $(V2_CODE)

# `make registry rules`: both build the native program, and one cannot replace it while the other runs it.
ifneq ($(filter registry,$(MAKECMDGOALS)),)
rules $(TARGETS) $(VARIANTS): registry
endif

rules: native
	build/native/perfharness check --rules --format markdown >build/rules.md
	mv build/rules.md harness/rules/RULES.md
	scripts/gallery-tables
	@totals=$$(build/native/perfharness truth | sed -n 's/^\([0-9]* claims: .* D\);.*/\1/p') && [ -n "$$totals" ] && \
	    sed -i -E "s/[0-9]+ claims: [0-9]+ A, [0-9]+ B, [0-9]+ C, [0-9]+ D/$$totals/" README.md

demo:
	@scripts/demo

help:
	@sed -n '/^$$/q; s/^# \{0,1\}//p' Makefile

bench:
	@BENCH_JSON='$(BENCH_JSON)' scripts/bench

fuzz:
	@scripts/fuzz

mutate:
	@scripts/setup native mutate
	@scripts/mutate $(FILE)

fleet:
	@scripts/setup --check native
	@$(MAKE) --no-print-directory TARGET=native build build/native/programs/scripted_publisher
	@scripts/fleet $(FLEET)

storm:
	@scripts/setup --check native
	@$(MAKE) --no-print-directory TARGET=native programs \
	    $(patsubst %,build/native/tests/test_profile_%_posix,accuracy switches)
	@PROFILE_SEEDS=100 build/native/tests/test_profile_accuracy_posix
	@PROFILE_SWITCHES=$(or $(PROFILE_SWITCHES),1000000) build/native/tests/test_profile_switches_posix
	@STORM_SECONDS=$(or $(STORM_SECONDS),60) tests/security/storm.t
	@STORM_EVENTS=$(or $(STORM_EVENTS),500000000) tests/tracker/accountant.t
	@EXPLAIN=all tests/leaks/explain.t

check-style:
	@scripts/check-style

dist:
	@scripts/dist

# The objects of the products, for scripts/check-order.
list-objects:
	@printf '%s\n' $(filter $(OUT)/obj/provider/% $(OUT)/obj/harness/% $(OUT)/obj/system/%,$(sort $(HARDENING) $(OS) \
	    $(TRACKER) $(SNAPSHOT) $(PROVIDER) $(HARNESS) $(V2_LIBRARY) $(if $(filter posix,$(SYSTEM)),$(PRELOAD))))

clean:
	rm -rf build

COMMA := ,

# ---- how things are made --------------------------------------------------------------------------

# All files are made by rules that name them (static patterns). A file that only a chain of patterns
# knows is intermediate: make takes it for up to date when it is missing, for example after `git mv`.

# If the flags differ from those of the last build, everything is built again. Each build begins here.
$(OUT)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
	@touch $(OUT)/begun

# A source may be newer in this place than its own time says: it was moved here, unpacked or restored after
# the last build began. It gets the time of today, so that it is compiled.
$(if $(wildcard $(OUT)/begun),$(shell find $(wildcard include provider harness registry tests) -type f \
    -newercm $(OUT)/begun ! -newer $(OUT)/begun -exec touch -c {} +))

# A product is linked again if one of its sources was removed.
SOURCES := $(sort $(OS) $(HARDENING) $(TRACKER) $(SNAPSHOT) $(PROVIDER) $(PRELOAD) $(HARNESS))
$(OUT)/sources: always
	@mkdir -p $(@D)
	@echo '$(SOURCES)' | cmp -s - $@ || echo '$(SOURCES)' >$@
$(PRODUCTS) $(OUT)/obj/everything.a: $(OUT)/sources

$(OUT)/obj/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,  compile  $@)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/%.o: %.cpp $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,  compile  $@)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# The messages of remote write are made from their description.
$(addsuffix .c,$(REMOTE_MESSAGES)): harness/cli/write_request.proto
	@mkdir -p $(@D)
	$(call say,  generate $@)
	protoc-c --proto_path=$(<D) --c_out=$(@D) $<
$(addsuffix .o,$(REMOTE_MESSAGES)): %.o: %.c $(OUT)/flags
	$(call say,  compile  $@)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/obj/harness/cli/remote_link_posix.o: CPPFLAGS += -I$(OUT)/obj/harness/cli
$(OUT)/obj/harness/cli/remote_link_posix.o: $(addsuffix .c,$(REMOTE_MESSAGES))

# A V2 provider that is loaded natively finds PERFLIB in the program that loads it.
EXPORT_PERFLIB := $(if $(filter posix,$(SYSTEM)),$(patsubst %,-Wl$(COMMA)--export-dynamic-symbol='%',Perf* \
                  GetLastError SetLastError))
$(OUT)/obj/harness/perflib/%.o: CFLAGS += $(if $(filter posix,$(SYSTEM)),-fvisibility=default)

# The portable program in the archive of a release is linked with other libraries: scripts/packaging/release.mk.
$(OUT)/perfharness$(EXE) $(OUT)/portable/perfharness: $(HARNESS) $(OS) $(TRACKER) $(SNAPSHOT) $(HARDENING)
	@mkdir -p $(@D)
	$(call say,  link     $@)
	$(CC) $(LDFLAGS) $(CFLAGS.$(TARGET)) $(PIE.$(SYSTEM)) $(EXPORT_PERFLIB) -o $@ $(filter %.o,$^) $(HARNESS_LIBS) $(LDLIBS)

# Stack guards of Windows builds: see provider/hardening/. Libraries that others link have none, because only
# their public functions are visible. There is no _FORTIFY_SOURCE: its functions would need libssp.
ifeq ($(SYSTEM),win)
$(filter-out $(PERFLIB),$(PROVIDER) $(HARNESS)): CFLAGS += -fstack-protector-strong
endif

# The functions that the version script exports must not be hidden when they are compiled.
$(OUT)/obj/provider/heapctrs.o: CFLAGS += -fvisibility=default

$(OUT)/heapctrs.so: $(PROVIDER) $(OS) $(TRACKER) $(SNAPSHOT) provider/heapctrs.map
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--version-script=provider/heapctrs.map -o $@ \
	    $(filter %.o,$^) $(LDLIBS)

$(OUT)/heapctrs.dll: $(PROVIDER) $(HARDENING) $(OS) $(TRACKER) $(SNAPSHOT) $(OUT)/obj/heapctrs_counters.res.o \
                     provider/heapctrs.def
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--enable-stdcall-fixup -o $@ $(filter %.o %.def,$^) $(LDLIBS)

# The names and descriptions that `lodctr /M:heapctrs.man` refers to.
$(OUT)/obj/heapctrs_counters.res.o: registry/heapctrs_counters.rc
	@mkdir -p $(@D)
	$(BINUTILS.$(TARGET))windres $< $@

# The harness looks beside itself for the registration of our provider.
$(OUT)/heapctrs.reg: registry/heapctrs.reg
	@mkdir -p $(@D)
	cp $< $@

# One program writes registry/, in one run. The files are committed (see tests/provider/registry.t), and a
# Windows build takes them as they are: in a fresh clone any of them may be the oldest.
V2_CODE := $(addprefix registry/heapctrs_counters,.h .rc)
ifeq ($(TARGET),native)
$(REGISTRY) &: provider/counters.def provider/title_base.h registry/generate.c | build/native/registry-generator
	build/native/registry-generator registry

build/native/registry-generator: build/native/obj/registry/generate.o \
                                 build/native/obj/provider/counter_table.o
	$(CC) $(LDFLAGS) -o $@ $^

# The V2 provider's code and strings, by our own ctrpp: committed too.
$(V2_CODE) &: registry/heapctrs.man $(wildcard harness/ctrpp/*.c) | $(OUT)/perfharness
	$(OUT)/perfharness ctrpp $< -o registry/heapctrs_counters.h -rc registry/heapctrs_counters.rc
endif

JOIN := $(if $(filter win,$(SYSTEM)),scripts/join-objects $(BINUTILS.$(TARGET)),$(LD) -r -o)

# One object in which only the public functions are visible: nothing of ours can collide with an
# application's own names.
$(OUT)/libheaptracker.a: $(TRACKER) $(OS) provider/tracker/exports.$(SYSTEM)
	$(call say,  link     $@)
	$(JOIN) $(OUT)/obj/heaptracker.o $(filter %.o,$^)
	$(OBJCOPY) --keep-global-symbols=provider/tracker/exports.$(SYSTEM) $(OUT)/obj/heaptracker.o
	rm -f $@
	$(AR) rcsD $@ $(OUT)/obj/heaptracker.o

$(OUT)/libprocesssnapshot.a: $(SNAPSHOT) $(OS)
	$(call say,  link     $@)
	rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)

# PERFLIB V2 for programs; in Windows builds with the macro PERFLIB_EMULATED of perflib.h.
PERFLIB_EXPORTS := Perf* EmulatedPerf* _EmulatedPerf* GetLastError SetLastError perflib_state_watch* \
                   _perflib_state_watch* memory_check_* _memory_check_* findings_* _findings_*
$(OUT)/libperflib.a: $(PERFLIB) $(OS)
	$(call say,  link     $@)
	$(JOIN) $(OUT)/obj/perflib.o $(filter %.o,$^)
	$(OBJCOPY) --wildcard $(PERFLIB_EXPORTS:%=--keep-global-symbol='%') $(OUT)/obj/perflib.o
	rm -f $@
	$(AR) rcsD $@ $(OUT)/obj/perflib.o

# Each program that starts pays for these: what the library does not call is left out, with the symbols that
# the loader would look up for it, the read-only data is in the mapping of the code, and large tables are apart
# from the variables that every process uses (OS_TABLE_ALIGNMENT).
$(PRELOAD) $(TRACKER) $(OS): CFLAGS += -ffunction-sections -fdata-sections

$(OUT)/libheaptracker-preload.so: $(PRELOAD) $(TRACKER) $(OS) provider/preload/preload.map
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--gc-sections,-z,noseparate-code,--sort-section=alignment,--version-script=provider/preload/preload.map -o $@ \
	    $(filter %.o,$^) $(LDLIBS)

# One archive of all objects: the linker takes from it what a test calls.
$(OUT)/obj/everything.a: $(OS) $(HARDENING) $(TRACKER) $(SNAPSHOT) $(PROVIDER) $(filter-out $(MAIN),$(HARNESS))
	rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)

# unit.h is cmocka natively, and the cmocka.h of tests/unit/win in Windows builds.
$(OUT)/obj/tests/unit/%.o: CPPFLAGS += -Itests/unit/$(SYSTEM)

UNIT_LIBS := $(if $(filter posix,$(SYSTEM)),-lcmocka)

$(UNIT_TESTS): $(OUT)/tests/%$(EXE): $(OUT)/obj/tests/unit/%.o $(OUT)/obj/everything.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS) $(UNIT_LIBS) $(LDLIBS)

# A clock that the test sets: tests/unit/settable_clock.h.
$(addprefix $(OUT)/tests/test_region_,forgery_posix reader_posix set_posix): LDFLAGS += -Wl,--wrap=os_clock_ticks

# The same, and a test that acts while the reader sleeps.
$(OUT)/tests/test_profile_source_posix: LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,os_clock_ticks os_sleep_ms)

# The same clock, counted reads and yields, and a process that uses as much memory as the test says.
$(OUT)/tests/test_live_blocks_reader$(EXE): \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,os_clock_ticks os_process_read os_process_memory \
        os_thread_yield)

# Allocations that fail when the test says so: tests/unit/failing_memory.h.
$(patsubst %,$(OUT)/tests/test_%$(EXE),ctrpp_collisions diagnosis doctor doctor_bundle \
        $(addprefix examine_,inputs names perflib ranges services) lodctr_output machine machine_input \
        manifest_check manifest_parser name_ranges range_candidates text_pool): \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc free)

# The same, and a registry and files that the test makes up.
$(OUT)/tests/test_machine_input$(EXE): \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,os_file_read_all \
        $(addprefix registration_system_,file has_name_files load names_error))

# Allocations and calls that fail.
$(OUT)/tests/test_heap_profile_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc free os_region_is_local os_region_ask \
        os_private_write)

# System calls that the test answers.
$(OUT)/tests/test_os_private_posix: LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,fopen fstat geteuid os_region_life)

# Directories and private files that the test makes up.
$(OUT)/tests/test_os_private_open_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,os_private_open_file os_region_is_of os_region_close \
        $(addprefix os_region_places_,open next close) $(addprefix os_directory_,open next close))

# A fake child, a clock that the test sets, and allocations that fail.
$(OUT)/tests/test_provider_process_fake$(EXE): \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc os_clock_ticks $(addprefix child_process_,start grow notify \
        wait release))

# System calls that fail when the test says so, or before which it changes a file.
$(OUT)/tests/test_region_view_posix: LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,openat unlinkat fcntl fstat stat mmap)
$(OUT)/tests/test_os_region_guard_posix: LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,sigaction mmap)
$(OUT)/tests/test_os_region_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,lstat fstat fstatat stat readlink kill opendir readdir fchmod getcwd read \
        clock_gettime open mkdir fcntl ftruncate munmap mmap madvise \
        getpid getppid)

# Allocations, and for the second test system calls, that fail when the test says so.
$(OUT)/tests/test_series_posix: LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc)
$(OUT)/tests/test_out_of_memory_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc free mmap munmap posix_fallocate page_pool_allocate \
        open openat opendir fstat lstat stat fcntl read readlink readdir)

# Directories, files and regions that the test makes up.
$(OUT)/tests/test_region_listing_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc free region_view_open region_view_close \
        $(addprefix os_region_,places_open places_next places_close directories_mark place_check tidy directory_mark) \
        $(addprefix os_directory_,open next close))

# The same with regions in memory, a clock that the test sets, and calls that fail.
$(OUT)/tests/test_region_heaps_posix: \
    LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,malloc calloc realloc free os_clock_ticks heap_watch_follow \
        heap_name_set_reserve $(addprefix region_view_,open close is_live) \
        $(addprefix os_region_,places_open places_next places_close directories_mark place_check directory_mark \
            guard_begin guard_end) \
        $(addprefix os_directory_,open next close))

# The map has the names of functions for systems where nothing reads debug information: see harness/leaks.
$(PROGRAMS): $(OUT)/programs/%$(EXE): $(OUT)/obj/tests/programs/%.o $(OUT)/libheaptracker.a \
             $(OUT)/libprocesssnapshot.a
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -Wl,-Map=$@.map -o $@ $^ $(LDLIBS)

$(OUT)/obj/failing/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,  compile  $@)
	$(CC) $(CPPFLAGS) -D_GNU_SOURCE= -Itests/unit -Itests/unit/$(SYSTEM) -Itests/failing $(CFLAGS) \
	    -include $(if $(filter tests/%,$<),failing_tests.h,failing_heap.h) -MMD -MP -c -o $@ $<
$(OUT)/obj/tests/failing/%.o: CPPFLAGS += -Itests/unit -Itests/unit/$(SYSTEM)

$(FAILING): $(OUT)/failing/%: $(OUT)/obj/failing/tests/unit/test_%.o $(OUT)/obj/tests/failing/failing_allocation.o \
                  $(patsubst %.c,$(OUT)/obj/failing/%.o,$(filter-out %_share_all.c,$(call sources,harness/perflib)) \
                    harness/v2/v1_bridge.c provider/os/array.c) \
                  $(OUT)/obj/everything.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS) $(UNIT_LIBS) $(LDLIBS)

# The shim in front of Visual Studio's library, with a library of the tests in its place.
$(OUT)/programs/heapctrs-vsheap.dll: $(OUT)/obj/provider/tracker/vsheap/vsheap_shim_win.o \
        $(OUT)/obj/tests/vsheap/stand_in_win.o provider/tracker/vsheap/heapctrs-vsheap.def
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) -o $@ $^ $(LDLIBS)

# heapctrs as a V2 provider, for programs that publish it. It uses the emulation, also on Windows.
V2 := $(call objects,provider/v2) $(OUT)/obj/provider/counter_table.o
$(V2) $(OUT)/obj/tests/programs/v2_%.o: CPPFLAGS += -DPERFLIB_EMULATED
$(V2_PROGRAMS): $(OUT)/programs/%$(EXE): $(OUT)/obj/tests/programs/%.o $(V2) $(HARDENING) $(OS) $(OUT)/libperflib.a \
                $(OUT)/libheaptracker.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The same as a library, which uses the system's PERFLIB; natively that of the program that loads it.
V2_LIBRARY := $(patsubst %.c,$(OUT)/obj/system/%.o,$(call sources,provider/v2 provider/v2/library))
$(OUT)/obj/system/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,  compile  $@)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/heapctrs_v2.so: $(V2_LIBRARY) $(PROVIDER) $(OS) $(TRACKER) $(SNAPSHOT) provider/v2/library/heapctrs_v2.map
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--version-script=provider/v2/library/heapctrs_v2.map -o $@ \
	    $(filter %.o,$^) $(LDLIBS)

$(OUT)/heapctrs_v2.dll: $(V2_LIBRARY) $(PROVIDER) $(HARDENING) $(OS) $(TRACKER) $(SNAPSHOT) \
                        $(OUT)/obj/heapctrs_counters.res.o provider/v2/library/heapctrs_v2.def
	$(call say,  link     $@)
	$(CC) -shared $(LDFLAGS) -Wl,--enable-stdcall-fixup -o $@ $(filter %.o %.def,$^) $(LDLIBS)

# A fuzz target has libFuzzer in the build `fuzzer`. In other builds it runs over the files in its arguments.
$(FUZZ): $(OUT)/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(if $(filter fuzzer,$(TARGET)),,$(OUT)/obj/tests/fuzz/known_inputs.o) \
               $(OUT)/obj/everything.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(if $(filter fuzzer,$(TARGET)),-fsanitize=fuzzer) -o $@ $^ $(HARNESS_LIBS) $(LDLIBS)

# The input of this target is the memory of another process.
$(OUT)/fuzz/fuzz_live_blocks: LDFLAGS += -Wl,--wrap=os_process_read,--wrap=os_thread_yield

$(BENCHES): $(OUT)/bench/%$(EXE): $(OUT)/obj/tests/bench/%.o $(OUT)/obj/everything.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS) $(LDLIBS)

# A faulty provider is one source file and the frame that all of them share. It is built without sanitizers,
# because the harness must find the fault.
$(OUT)/obj/tests/faulty/%.o: CFLAGS := $(filter-out -fsanitize%,$(CFLAGS))
$(OUT)/obj/tests/faulty/%.o: CXXFLAGS := $(filter-out -fsanitize%,$(CXXFLAGS))
$(OUT)/faulty/%.so: LDFLAGS := $(filter-out -fsanitize%,$(LDFLAGS))
KILL_AT := $(if $(filter win,$(SYSTEM)),-Wl$(COMMA)--kill-at)
$(FAULTY): $(OUT)/faulty/%$(SO): $(OUT)/obj/tests/faulty/%.o
	@mkdir -p $(@D)
	$(CXX) -shared $(LDFLAGS) $(KILL_AT) -o $@ $^ $(LDLIBS)

$(GALLERY_V2): $(OUT)/faulty_v2/%$(SO): $(OUT)/obj/tests/faulty_v2/%.o
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $(KILL_AT) -o $@ $^ $(LDLIBS)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
