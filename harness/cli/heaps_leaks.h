/* SPDX-License-Identifier: MIT
 *
 * The words after `perfharness heaps`: leaks, snapshot and diff.
 */
#ifndef HEAPS_LEAKS_H
#define HEAPS_LEAKS_H

#include <stdbool.h>

/** Whether this file handles a word after `heaps`. */
bool heaps_leaks_is_word(const char *word);

/** Run it. argv[0] is the word. */
int heaps_leaks_run(int argc, char **argv);

#endif /* HEAPS_LEAKS_H */
