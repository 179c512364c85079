/* SPDX-License-Identifier: MIT
 *
 * One query with a canary around the buffer, and what is in its answer.
 *
 * Wine places the objects 88 bytes after the place that HeaderLength gives, past the end of an
 * exact buffer: the room after the buffer is large enough for that, and objects are found at either
 * place. Only the claim about that place looks at is_shifted.
 */
#ifndef TRUTH_ANSWER_H
#define TRUTH_ANSWER_H

#include <stdbool.h>

#include "winperf.h"
#include "wintypes.h"

struct truth_answer {
    LONG result;
    DWORD type;
    DWORD size;   /* as the query left it */
    DWORD room;   /* as it was passed */
    DWORD before; /* bytes changed in front of the buffer */
    DWORD after;  /* the last changed byte after the buffer, counted from its end */
    bool is_shifted;
    BYTE *data; /* `room` bytes; with what follows it for a shifted answer */
};

/** One query with a buffer of `room` bytes, which are 0xA5 before. Release the answer. */
void truth_answer_ask(struct truth_answer *answer, HKEY key, const WCHAR *name, DWORD room);

/** Query HKEY_PERFORMANCE_DATA with a larger buffer until it fits. */
void truth_answer_ask_all(struct truth_answer *answer, const WCHAR *name);

void truth_answer_release(struct truth_answer *answer);

/** The header; NULL if the query failed or the answer is shorter. */
const PERF_DATA_BLOCK *truth_answer_header(const struct truth_answer *answer);

/** The object of that position, from 0; NULL after the last or at the first broken length. */
const PERF_OBJECT_TYPE *truth_answer_object(const struct truth_answer *answer, unsigned position);

/** The object of that title index; NULL if it is not there. */
const PERF_OBJECT_TYPE *truth_answer_find(const struct truth_answer *answer, DWORD index);

/** How many objects there are. */
unsigned truth_answer_count(const struct truth_answer *answer);

#endif /* TRUTH_ANSWER_H */
