/* SPDX-License-Identifier: MIT
 *
 * Why a process shows no heaps: what it is, and whether the tracker is in it.
 */
#ifndef PROCESS_DIAGNOSIS_H
#define PROCESS_DIAGNOSIS_H

#include <stddef.h>
#include <stdint.h>

/** A sentence for people, with what to do. `size` is at least 1. */
void process_diagnosis_text(uint32_t process_id, char *text, size_t size);

#endif /* PROCESS_DIAGNOSIS_H */
