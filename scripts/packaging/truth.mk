# SPDX-License-Identifier: MIT
#
# windows-truth.exe: tries the list of claims (harness/claims) on the Windows that it runs on. It needs no other
# file: its temporary provider is a resource in it. Included by the Makefile after the lists of modules.

ifeq ($(SYSTEM),win)
TRUTH_FOLDER   := harness/claims/probe
TRUTH_PROVIDER := $(OUT)/obj/truth/windows-truth-provider.dll
TRUTH_OBJECTS  := $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out %/truth_provider_win.c %/truth_emulated_win.c,\
                  $(wildcard $(TRUTH_FOLDER)/*.c)))

$(TRUTH_PROVIDER): $(OUT)/obj/$(TRUTH_FOLDER)/truth_provider_win.o
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $(KILL_AT) -o $@ $^ $(LDLIBS)

$(OUT)/obj/truth/provider.res.o: $(TRUTH_PROVIDER)
	echo '1 10 "$<"' >$(@D)/provider.rc
	$(BINUTILS.$(TARGET))windres $(@D)/provider.rc $@

$(OUT)/windows-truth.exe: $(TRUTH_OBJECTS) $(OUT)/obj/truth/provider.res.o \
                          $(OUT)/obj/version/windows-truth.res.o
	$(call say,  link     $@)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LDLIBS) -lshell32

PRODUCTS += $(OUT)/windows-truth.exe

# The same trials of perfharness' own emulation: a test of the trials.
$(OUT)/programs/windows-truth-emulated.exe: $(filter-out %/truth_system_win.o,$(TRUTH_OBJECTS)) \
        $(OUT)/obj/$(TRUTH_FOLDER)/truth_emulated_win.o $(OUT)/obj/truth/provider.res.o $(OUT)/obj/everything.a
	@mkdir -p $(@D)
	$(call say,  link     $@)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lshell32
programs: $(OUT)/programs/windows-truth-emulated.exe
endif

# ---- the results ------------------------------------------------------------------------------

.PHONY: truth truth-matrix test-wine test-samba
truth:
	@scripts/truth $(or $(RESULTS),$(error make truth RESULTS=FILE: FILE is what windows-truth.exe wrote))

# Its results with three versions of Wine, each difference explained; the tests of tests/wine with one of them.
truth-matrix:
	@scripts/setup --check win64
	@$(MAKE) --no-print-directory TARGET=win64 build
	@scripts/truth-matrix
test-wine:
	@scripts/setup --check native win64 win32
	@$(MAKE) --no-print-directory TARGET=native programs
	@$(MAKE) --no-print-directory TARGET=win64 programs
	@$(MAKE) --no-print-directory TARGET=win32 build
	@scripts/test-wine $(or $(WINE),$(error make test-wine WINE=VERSION: 5, 8 or 10))
# Another server of HKEY_PERFORMANCE_DATA, read from a running smbd.
test-samba:
	@scripts/setup --check samba
	@scripts/test tests/harness/samba.t
