/* SPDX-License-Identifier: MIT
 *
 * One query with a canary around the buffer, and its answer.
 *
 * Wine places the objects 88 bytes after the place that HeaderLength gives, past the end of an
 * exact buffer. The space after the buffer is large enough for that, and objects are found at
 * either place. Only the claim about that place uses is_shifted.
 */
#ifndef TRUTH_ANSWER_H
#define TRUTH_ANSWER_H

#include <stdbool.h>

#include "winperf.h"
#include "wintypes.h"

struct truth_answer {
    LONG result;
    DWORD type;
    DWORD size;     /* *lpcbData after the query */
    DWORD capacity; /* *lpcbData before the query */
    DWORD before;   /* bytes changed before the buffer */
    DWORD after;    /* the last changed byte after the buffer, counted from its end */
    bool is_shifted;
    BYTE *data; /* `capacity` bytes, and what follows them for a shifted answer */
};

/** Make one query with a buffer of `capacity` bytes, which are 0xA5 before. Release the answer. */
void truth_answer_ask(struct truth_answer *answer, HKEY key, const WCHAR *name, DWORD capacity);

/** Query HKEY_PERFORMANCE_DATA with a larger buffer until it fits. */
void truth_answer_ask_all(struct truth_answer *answer, const WCHAR *name);

void truth_answer_release(struct truth_answer *answer);

/** The header; NULL if the query failed or the answer is shorter. */
const PERF_DATA_BLOCK *truth_answer_header(const struct truth_answer *answer);

/**
 * The object at that position, counted from 0; NULL after the last or at the first wrong length.
 */
const PERF_OBJECT_TYPE *truth_answer_object(const struct truth_answer *answer, unsigned position);

/** The object of that title index; NULL if it is not there. */
const PERF_OBJECT_TYPE *truth_answer_find(const struct truth_answer *answer, DWORD index);

/** The number of objects. */
unsigned truth_answer_count(const struct truth_answer *answer);

#endif /* TRUTH_ANSWER_H */
