/* SPDX-License-Identifier: MIT
 *
 * The switch of a mutated source: scripts/mutate writes every mutant of a file into one source, and
 * the environment variable MUTANT chooses the one that a process runs with.
 */
#ifndef MUTANT_H
#define MUTANT_H

#include <stdbool.h>

/** Whether mutant `number` (from 1, over all sources) is chosen. This also notes that its place was reached. */
bool mutant_is(int number);

#endif /* MUTANT_H */
