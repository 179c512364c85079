/* SPDX-License-Identifier: MIT
 *
 * How the parts of the validator add findings, and checks that several parts make.
 */
#ifndef VALIDATOR_REPORT_H
#define VALIDATOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printf_like.h"
#include "rules.h"
#include "validator_state.h"

/** The counter of the current object that a breach concerns. */
struct validator_counter {
    bool is_given; /* false: the breach concerns the object, or a part that is not a counter */
    uint32_t position, name_index; /* as in struct walk_counter */
};

#define VALIDATOR_NO_COUNTER ((struct validator_counter){ .is_given = false })

static inline struct validator_counter validator_counter_of(const struct walk_counter *counter)
{
    return (struct validator_counter){ true, counter->position, counter->name_index };
}

/**
 * Add a finding about the current object.
 *
 * @param counter  the counter that it is about, or VALIDATOR_NO_COUNTER
 * @return whether the check continues
 */
PRINTF_LIKE(5, 6)
bool validator_report(struct validator_state *state, enum rule_id rule, size_t offset,
                      struct validator_counter counter, const char *format, ...);

/** Check a title index pair (name, help) of an object or a counter at `offset`. */
void validator_report_check_indices(struct validator_state *state, const char *structure,
                                    size_t offset, struct validator_counter counter,
                                    uint32_t name_index, uint32_t help_index);

/**
 * Add a finding that concerns no object: the data block, or the answer as a whole.
 *
 * @return whether the check continues
 */
PRINTF_LIKE(4, 5)
bool validator_report_answer(struct validator_state *state, enum rule_id rule, size_t offset,
                             const char *format, ...);

/** The object of that title index, or NULL. */
const struct validator_object *validator_report_find_object(const struct validator_state *state,
                                                            uint32_t name_index);

#endif /* VALIDATOR_REPORT_H */
