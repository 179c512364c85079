/* SPDX-License-Identifier: MIT
 *
 * Changes to the text of a .reg file: what is not changed stays as it is, comments, order, line
 * ends and encoding included. The text must be one that reg_scan accepts. Paths are as in the tree
 * (CurrentControlSet for the current control set, whatever the text calls it).
 *
 * What is written looks as regedit writes it, so that setting a value back to what it was gives
 * back the file that regedit wrote, byte for byte.
 *
 * All return ERROR_SUCCESS, ERROR_NOT_ENOUGH_MEMORY (the text is as it was), or
 * ERROR_NO_UNICODE_TRANSLATION (a REGEDIT4 file cannot hold a character of the data).
 */
#ifndef REG_EDIT_H
#define REG_EDIT_H

#include "reg_buffer.h"
#include "reg_text.h"

/** Add the lines of one value to UTF-16 text, as regedit writes them in version 5.00. */
void reg_edit_add_value(struct reg_buffer *lines, const char *name, uint32_t type, const void *data,
                        size_t size);

/** Begin the text of an empty file: UTF-16 with a mark, version 5.00. */
DWORD reg_edit_begin(struct reg_text *text);

/** Set a value: in its place if it is there, else behind the last value of its key; a key that is
    not there is added at the end. */
DWORD reg_edit_set(struct reg_text *text, const char *path, const char *name, uint32_t type,
                   const void *data, size_t size);

/** Add a key without values at the end, if it is not there. */
DWORD reg_edit_add_key(struct reg_text *text, const char *path);

/** Remove a value. */
DWORD reg_edit_remove_value(struct reg_text *text, const char *path, const char *name);

/** Remove a key and its values; what the text has below it keeps it there, without values. */
DWORD reg_edit_remove_key(struct reg_text *text, const char *path);

#endif /* REG_EDIT_H */
