# SPDX-License-Identifier: MIT
#
# heapctrs_events.dll: the message file with which Windows shows the events of provider and harness in its
# Application log. It has no code. Included by the Makefile after the lists of modules.

ifeq ($(SYSTEM),win)
EVENTS := $(OUT)/obj/events/heapctrs_events

$(EVENTS).mc: scripts/packaging/event_messages.h provider/events.def harness/host/event_table.def
	@mkdir -p $(@D)
	$(CC) -E -P -x c -Iprovider -Iharness/host $< | tr '@' '\n' | \
	    sed 's/^ *//; s/\([^\\]\)" *"/\1/g; s/^"\(.*\)"$$/\1/; s/\\"/"/g; s/[[:space:]]*$$//; /^$$/d' >$@

$(EVENTS).res.o: $(EVENTS).mc
	cd $(@D) && $(BINUTILS.$(TARGET))windmc -b $(<F) && $(BINUTILS.$(TARGET))windres $(basename $(<F)).rc $(@F)

$(OUT)/heapctrs_events.dll: $(EVENTS).res.o $(OUT)/obj/version/heapctrs_events.res.o
	$(call say,  link     $@)
	$(CC) -shared -nostdlib $(LDFLAGS) -Wl,--entry=0 -o $@ $(filter %.o,$^)

PRODUCTS += $(OUT)/heapctrs_events.dll
$(OUT)/tests/test_event_messages_win.exe: | $(OUT)/heapctrs_events.dll
endif
