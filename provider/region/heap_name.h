/* SPDX-License-Identifier: MIT
 *
 * The name of a heap: <process>:<pid>:<heap>[:<n>], at most HEAP_NAME_LENGTH UTF-16 units, without
 * any character that has a meaning in a counter path, a terminal or a table. The publisher makes
 * names, and readers refuse regions with names that break these rules.
 */
#ifndef HEAP_NAME_H
#define HEAP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Longest instance name in UTF-16 units, terminator not counted: longer ones are cut by consumers.
 */
#define HEAP_NAME_LENGTH 127
/** Bytes of the longest name in UTF-8, terminator included: a UTF-16 unit takes at most 3 bytes. */
#define HEAP_NAME_UTF8_SIZE (3 * HEAP_NAME_LENGTH + 1)

/** A name with its terminator. */
typedef WCHAR heap_name[HEAP_NAME_LENGTH + 1];

/**
 * Clean a part of a name that comes from outside.
 *
 * @param text    UTF-8 of any length, bad bytes allowed; for NULL or "", `otherwise` is used
 * @return UTF-16 units, at least 1
 */
size_t heap_name_clean(const char *text, const char *otherwise, heap_name clean);

/**
 * Compose a whole name. If it is too long, the process is cut to 60 units (chosen), then the heap is cut.
 *
 * @param process, heap  clean
 * @param suffix         number after the name; 0: none
 * @return UTF-16 units
 */
size_t heap_name_compose(const WCHAR *process, uint32_t process_id, const WCHAR *heap,
                         uint32_t suffix, heap_name name);

/** The longest part of at most `capacity` units that ends with a whole character. */
size_t heap_name_cut(const WCHAR *name, size_t length, size_t capacity);

/** Add a number after a whole name, whose end is cut if there is no space. */
size_t heap_name_add_suffix(heap_name name, uint32_t suffix);

/** Whether `length` units, not terminated, are a valid name. */
bool heap_name_is_clean(const WCHAR *name, size_t length);

/** Whether a whole name belongs to that process. */
bool heap_name_is_of(const WCHAR *name, size_t length, uint32_t process_id);

/** A hash of a name, to find equal ones. */
uint32_t heap_name_hash(const WCHAR *name, size_t length);

#endif /* HEAP_NAME_H */
