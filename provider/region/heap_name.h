/* SPDX-License-Identifier: MIT
 *
 * How a heap is shown: <process>:<pid>:<heap>[:<n>], at most HEAP_NAME_LENGTH UTF-16 units, free
 * of everything that a counter path, a terminal or a table gives a meaning. The publisher
 * composes names, and readers refuse regions with names that break these rules.
 */
#ifndef HEAP_NAME_H
#define HEAP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Longest instance name in UTF-16 units, terminator not counted. */
#define HEAP_NAME_LENGTH 127

/** A name with its terminator. */
typedef WCHAR heap_name[HEAP_NAME_LENGTH + 1];

/**
 * The part of a name that comes from outside, made harmless.
 *
 * @param text    UTF-8 of any length, bad bytes allowed; NULL or "": `otherwise` is taken
 * @return UTF-16 units, at least 1
 */
size_t heap_name_clean(const char *text, const char *otherwise, heap_name clean);

/**
 * Put a whole name together. What is too long is cut: the process to 60 units, then the heap.
 *
 * @param process, heap  clean
 * @param suffix         number behind the name; 0: none
 * @return UTF-16 units
 */
size_t heap_name_compose(const WCHAR *process, uint32_t process_id, const WCHAR *heap,
                         uint32_t suffix, heap_name name);

/** The longest part of at most `capacity` units that ends with a whole character. */
size_t heap_name_cut(const WCHAR *name, size_t length, size_t capacity);

/** Put a number behind a whole name, cutting its end if there is no room. */
size_t heap_name_add_suffix(heap_name name, uint32_t suffix);

/** Whether `length` units, not terminated, are a name that may be shown. */
bool heap_name_is_clean(const WCHAR *name, size_t length);

/** Whether a whole name is one of that process. */
bool heap_name_is_of(const WCHAR *name, size_t length, uint32_t process_id);

/** A hash of a name, for finding equal ones. */
uint32_t heap_name_hash(const WCHAR *name, size_t length);

#endif /* HEAP_NAME_H */
