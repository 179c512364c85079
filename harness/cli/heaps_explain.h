/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps explain.
 */
#ifndef HEAPS_EXPLAIN_H
#define HEAPS_EXPLAIN_H

#include <stdbool.h>

/** Whether this file handles a word after `heaps`. */
bool heaps_explain_is_word(const char *word);

/** Run it; argv[0] is that word. */
int heaps_explain_run(int argc, char **argv);

#endif /* HEAPS_EXPLAIN_H */
