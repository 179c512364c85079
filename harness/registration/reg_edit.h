/* SPDX-License-Identifier: MIT
 *
 * Changes the text of a .reg file. All other parts stay as they are, including comments, order,
 * line ends and encoding. reg_scan must accept the text. Paths are as in the tree:
 * CurrentControlSet is the current control set, even if the text uses its number.
 *
 * New lines have regedit's form. Setting a value back to its old data therefore restores the file
 * that regedit wrote, byte for byte.
 *
 * All functions return ERROR_SUCCESS, ERROR_NOT_ENOUGH_MEMORY (the text is unchanged), or
 * ERROR_NO_UNICODE_TRANSLATION (a REGEDIT4 file cannot contain a character of the data, or half a
 * character at the end of a REG_EXPAND_SZ or REG_MULTI_SZ).
 */
#ifndef REG_EDIT_H
#define REG_EDIT_H

#include "reg_buffer.h"
#include "reg_text.h"

/** Add the lines of one value to UTF-16 text, in regedit's form of version 5.00. */
void reg_edit_add_value(struct reg_buffer *lines, const char *name, uint32_t type, const void *data,
                        size_t size);

/** Begin the text of an empty file: UTF-16 with a mark, version 5.00. */
DWORD reg_edit_begin(struct reg_text *text);

/**
 * Set a value: in its place if it exists, otherwise after the last value of its key. A key that
 * does not exist is added at the end.
 */
DWORD reg_edit_set(struct reg_text *text, const char *path, const char *name, uint32_t type,
                   const void *data, size_t size);

/** Add a key without values at the end, if it does not exist. */
DWORD reg_edit_add_key(struct reg_text *text, const char *path);

/** Remove a value. */
DWORD reg_edit_remove_value(struct reg_text *text, const char *path, const char *name);

/**
 * Remove a key and its values. Subkeys in the text are kept, and so is the key then, without
 * values.
 */
DWORD reg_edit_remove_key(struct reg_text *text, const char *path);

#endif /* REG_EDIT_H */
