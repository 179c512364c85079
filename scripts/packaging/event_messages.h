/* SPDX-License-Identifier: MIT
 *
 * The message file of heapctrs_events.dll, as the C preprocessor makes it from the two tables of events.
 * `@` becomes a line break, for which a macro has no way; see scripts/packaging/events.mk.
 *
 * The provider passes its whole text as the first string, so that an event can be read without this
 * file too. The harness passes the strings of its table.
 */
MessageIdTypedef=DWORD
@SeverityNames=(Success=0x0)
@FacilityNames=(None=0x0)
@LanguageNames=(English=0x409:MSG00409)
#define EVENT(id, number, level, text) @MessageId=number@Severity=Success@Facility=None@Language=English@%1@.
#include "events.def"
#undef EVENT
#define EVENT(id, level, strings, text) @MessageId=id@Severity=Success@Facility=None@Language=English@text@.
#include "event_table.def"
#undef EVENT
@
