/* SPDX-License-Identifier: MIT
 *
 * Stacks as a file for pprof and speedscope (profile.proto, compressed with gzip).
 */
#ifndef STACK_PPROF_H
#define STACK_PPROF_H

#include "stack_print.h"

/**
 * Write the file.
 *
 * @param process_id  of the process whose addresses these are: its mappings go into the file, so that pprof
 *                    can find more names. 0: it has ended
 */
void stack_pprof_write(struct output *output, const struct leak_snapshot *snapshot,
                       const struct stack_print_options *options, uint32_t process_id);

#endif /* STACK_PPROF_H */
