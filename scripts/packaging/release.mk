# SPDX-License-Identifier: MIT
#
# Manual pages, documentation, installation and release. Included by the Makefile after the lists of modules.

.PHONY: manuals docs install uninstall release test-release

# The program writes its own manual pages and completions.
manuals: $(OUT)/man/perfharness.1
$(OUT)/man/perfharness.1: $(OUT)/perfharness scripts/packaging/manuals
	$(call say,  manuals  $(@D))
	scripts/packaging/manuals $(OUT)

docs: native
	@$(MAKE) --no-print-directory TARGET=native manuals
	@scripts/packaging/docs

# For an archive that runs on any Debian 12 or newer system: expat is linked in, libmicrohttpd is loaded if it
# is installed. Only glibc is needed.
$(OUT)/portable/perfharness: HARNESS_LIBS = -l:libexpat.a $(if $(REMOTE),-l:libprotobuf-c.a)

# INSTALL_TARGET=win64 or win32 installs a Windows build, for instance into mingw's own folders.
PREFIX ?= /usr/local
INSTALL_TARGET ?= native
install: $(INSTALL_TARGET)
	@$(if $(filter native,$(INSTALL_TARGET)),$(MAKE) --no-print-directory TARGET=native manuals)
	@scripts/install --target $(INSTALL_TARGET) $(if $(LIBDIR),--libdir "$(LIBDIR)") "$(DESTDIR)" "$(PREFIX)"
uninstall:
	@scripts/install --uninstall --target $(INSTALL_TARGET) $(if $(LIBDIR),--libdir "$(LIBDIR)") "$(DESTDIR)" "$(PREFIX)"

release:
	@scripts/packaging/release

test-release:
	@scripts/packaging/test-release
