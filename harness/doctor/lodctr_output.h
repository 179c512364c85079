/* SPDX-License-Identifier: MIT
 *
 * The output of `lodctr /q`, as people paste it into reports. Line breaks may be lost, blanks may be tabs,
 * and the words may be of another language, so it is read by its shape: names in square brackets, numbers
 * as 0x0000ABCD (43981), the rest by position.
 */
#ifndef LODCTR_OUTPUT_H
#define LODCTR_OUTPUT_H

#include <stdbool.h>

#include "input_state.h"
#include "reg_text.h"

/** Whether a text contains such output: a name in square brackets, and a number of that form. */
bool lodctr_output_is(const struct reg_text *text);

/**
 * Read it into the input's tree.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD lodctr_output_parse(const struct reg_text *text, struct machine_input *input);

#endif /* LODCTR_OUTPUT_H */
