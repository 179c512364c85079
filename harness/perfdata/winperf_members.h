/* SPDX-License-Identifier: MIT
 *
 * The offset of a member in its structure of winperf.h, in bytes. Findings and the readers of
 * foreign bytes identify members by these offsets.
 */
#ifndef WINPERF_MEMBERS_H
#define WINPERF_MEMBERS_H

#include <stddef.h>

#include "winperf.h"

#define DATA_BLOCK_MEMBER(member) offsetof(PERF_DATA_BLOCK, member)
#define OBJECT_MEMBER(member) offsetof(PERF_OBJECT_TYPE, member)
#define COUNTER_MEMBER(member) offsetof(PERF_COUNTER_DEFINITION, member)
#define INSTANCE_MEMBER(member) offsetof(PERF_INSTANCE_DEFINITION, member)

#endif /* WINPERF_MEMBERS_H */
