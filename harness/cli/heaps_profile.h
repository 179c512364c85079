/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps profile and heaps top.
 */
#ifndef HEAPS_PROFILE_H
#define HEAPS_PROFILE_H

#include <stdbool.h>

/** Whether this file handles a word after `heaps`. */
bool heaps_profile_is_word(const char *word);

/** Run it. argv[0] is the word. Returns the exit status. */
int heaps_profile_run(int argc, char **argv);

#endif /* HEAPS_PROFILE_H */
