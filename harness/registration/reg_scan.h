/* SPDX-License-Identifier: MIT
 *
 * The grammar of .reg files: one pass over the text reports one event for each key and value.
 * reg_tree reads with it and reg_edit edits with it, so both agree on the meaning of a line.
 *
 * Grammar (as regedit writes and reads it):
 *     header   "Windows Registry Editor Version 5.00" or "REGEDIT4"
 *     key      [HKEY_LOCAL_MACHINE\...]   HKLM, HKCU, HKCR, HKU, HKCC, HKDD are understood
 *     removal  [-HKEY_LOCAL_MACHINE\...]
 *     value    "name"=data   @=data       data: "text"  dword:1f  hex:0a,ff  hex(7):..  -
 *     comment  ; to the end of the line
 * A "\" at the end of a line continues hex data. In text, \\ and \" are the only escapes. In
 * REGEDIT4, hex(2) and hex(7) hold 8-bit text; events have it as UTF-16.
 */
#ifndef REG_SCAN_H
#define REG_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "reg_text.h"
#include "registration.h"
#include "wintypes.h"

/** The largest .reg file that is read; an export of a whole SYSTEM hive has some tens of MiB. */
#define REG_FILE_LIMIT (64u << 20)

enum reg_event_kind {
    REG_EVENT_KEY,          /* [path] */
    REG_EVENT_KEY_REMOVAL,  /* [-path] */
    REG_EVENT_VALUE,        /* "name"=data */
    REG_EVENT_VALUE_REMOVAL /* "name"=- */
};

/** An event is valid only during the call. */
struct reg_event {
    enum reg_event_kind kind;
    const char *path; /* UTF-8, as in the text, but with the long name of its root */
    const char *name; /* of the value, UTF-8; "" for @ */
    uint32_t type;
    const unsigned char *data; /* as in the registry */
    size_t size;
    size_t start, end; /* range of its lines in the text, in units, including line ends */
    size_t line;       /* from 1 */
};

/** Returns an error to stop the scan, which then returns the same error. */
typedef DWORD (*reg_visit)(void *context, const struct reg_event *event);

/**
 * Scan the whole text.
 *
 * @param path   for messages
 * @param error  receives the file, the line, the reason and the remedy
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY; an error of `visit`. The
 *         events before the place of the error have been reported.
 */
DWORD reg_scan(const struct reg_text *text, const char *path, reg_visit visit, void *context,
               struct registration_error *error);

/** Whether the text is REGEDIT4, the older version, in which hex(2) and hex(7) hold 8-bit text. */
int reg_scan_is_version_4(const struct reg_text *text);

#endif /* REG_SCAN_H */
