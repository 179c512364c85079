/* SPDX-License-Identifier: MIT
 *
 * Which live heap an argument means: its whole name, or PROCESS/HEAP, the process by name or id.
 */
#ifndef HEAP_CHOICE_H
#define HEAP_CHOICE_H

#include <stddef.h>

#include "region_reader.h"

/**
 * Find the live heap that an argument means.
 *
 * @param reader  refreshed
 * @param index   receives its place in the reader
 * @param name    receives its whole name
 * @return EXIT_FINE; EXIT_NOTHING: no heap matches; EXIT_BAD_USAGE: several do. The last two were
 *         reported on stderr
 */
int heap_choice_find(const struct region_reader *reader, const char *wanted, size_t *index,
                     char *name, size_t size);

#endif /* HEAP_CHOICE_H */
