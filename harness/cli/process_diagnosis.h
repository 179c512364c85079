/* SPDX-License-Identifier: MIT
 *
 * Why a process shows no heaps: what kind of program it is, and whether it contains the tracker.
 */
#ifndef PROCESS_DIAGNOSIS_H
#define PROCESS_DIAGNOSIS_H

#include <stddef.h>
#include <stdint.h>

/** Write a sentence for users that says what to do. `size` is at least 1. */
void process_diagnosis_text(uint32_t process_id, char *text, size_t size);

#endif /* PROCESS_DIAGNOSIS_H */
