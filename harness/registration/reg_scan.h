/* SPDX-License-Identifier: MIT
 *
 * The grammar of .reg files: one pass over the text, one event for each key and value. The same
 * pass serves those who read (reg_tree) and those who edit the text in place (reg_edit), so that
 * both agree on what a line means.
 *
 * Grammar (as regedit writes and reads it):
 *     header   "Windows Registry Editor Version 5.00" or "REGEDIT4"
 *     key      [HKEY_LOCAL_MACHINE\...]   HKLM, HKCU, HKCR, HKU, HKCC are understood
 *     removal  [-HKEY_LOCAL_MACHINE\...]
 *     value    "name"=data   @=data       data: "text"  dword:1f  hex:0a,ff  hex(7):..  -
 *     comment  ; to the end of the line
 * A "\" at the end of a line continues hex data. In text, \\ and \" are the only escapes. In
 * REGEDIT4, hex(2) and hex(7) hold 8-bit text; events have it as UTF-16 all the same.
 */
#ifndef REG_SCAN_H
#define REG_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "reg_text.h"
#include "registration.h"
#include "wintypes.h"

/** The largest .reg file that is read. */
#define REG_FILE_LIMIT (64u << 20)

enum reg_event_kind {
    REG_EVENT_KEY,          /* [path] */
    REG_EVENT_KEY_REMOVAL,  /* [-path] */
    REG_EVENT_VALUE,        /* "name"=data */
    REG_EVENT_VALUE_REMOVAL /* "name"=- */
};

/** Valid during the call only. */
struct reg_event {
    enum reg_event_kind kind;
    const char *path; /* UTF-8, the root's long name, the control set's name as it stands */
    const char *name; /* of the value, UTF-8; "" for @ */
    uint32_t type;
    const unsigned char *data; /* as the registry holds it */
    size_t size;
    size_t start, end; /* where its lines stand in the text, in units, line end included */
    size_t line;       /* from 1 */
};

/** Return an error to stop the scan with it. */
typedef DWORD (*reg_visit)(void *context, const struct reg_event *event);

/**
 * Scan the whole text.
 *
 * @param path   for messages
 * @param error  receives file, line, what is wrong and what to do
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY; what `visit` returned.
 *         Events before the bad place have been delivered.
 */
DWORD reg_scan(const struct reg_text *text, const char *path, reg_visit visit, void *context,
               struct registration_error *error);

/** Whether the text is of the older kind, REGEDIT4, whose hex(2) and hex(7) hold 8-bit text. */
int reg_scan_is_version_4(const struct reg_text *text);

#endif /* REG_SCAN_H */
