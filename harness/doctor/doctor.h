/* SPDX-License-Identifier: MIT
 *
 * The doctor: which entry of a counter registry is broken, why, and the smallest repair. It reads
 * inputs of one machine and never changes them; the caller applies a repair.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stddef.h>

#include "diagnosis.h"
#include "doctor_options.h"
#include "machine.h"

/**
 * Examine a machine.
 *
 * Faults that hide others are repaired in memory, and the machine is examined again until nothing new is
 * found. Then the inputs are restored.
 *
 * @param inputs     read by machine_input; their order decides which of one kind is believed
 * @param diagnosis  receives findings and repairs; release it with diagnosis_release in any case
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the inputs may lack values that could not be restored
 */
DWORD doctor_examine(struct machine_input *inputs, size_t count,
                     const struct doctor_options *options, struct diagnosis *diagnosis);

/** Whether the inputs show anything of a counter registry: a service, a number, a name. */
bool doctor_has_anything(const struct machine_input *inputs, size_t count);

#endif /* DOCTOR_H */
