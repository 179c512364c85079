/* SPDX-License-Identifier: MIT
 *
 * The frame of every provider of the gallery. A provider includes this, defines functions for what
 * it does differently from a sound one, names them by #defines, and includes exports.h:
 *
 *     / * rule: default-counter * /
 *     #include "frame/faulty.h"
 *
 *     static void spoil(struct answer *answer)
 *     {
 *         object_at(answer, 0)->DefaultCounter = 7;
 *     }
 *     #define SPOIL spoil
 *     #include "frame/exports.h"
 *
 * exports.h lists the hooks and what a sound provider does in them.
 *
 * Its one object has symbol offset 0 and answers to Global and its index. Title indices begin at
 * PERFLIB_FIRST_COUNTER of the environment, which the harness sets from a registration, otherwise
 * at 2380.
 */
#ifndef FAULTY_H
#define FAULTY_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "platform.h"

/* One Collect: the query as it was passed, and the caller's variables. */
struct call {
    const WCHAR *query;
    void **data;
    DWORD *size;
    DWORD *count;
};

static unsigned open_count;    /* Opens not yet closed */
static unsigned collect_count; /* Collects since loading */

/* Crash: write to an address without memory. */
static inline void crash_now(void)
{
    volatile uintptr_t place = 16;

    *(volatile int *)place = 1;
}

static inline DWORD first_counter(void)
{
    return environment_number("PERFLIB_FIRST_COUNTER", FIRST_COUNTER);
}

static inline bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == '\t';
}

/* The length of the next word of a query; 0 at the end. *at receives its start. */
static inline size_t next_word(const WCHAR **at)
{
    size_t length = 0;

    while (is_blank(**at))
        (*at)++;
    while ((*at)[length] && !is_blank((*at)[length]))
        length++;
    return length;
}

static inline bool is_word(const WCHAR *at, size_t length, const char *word)
{
    size_t i = 0;

    for (; i < length && word[i]; i++) {
        const WCHAR unit = at[i] >= 'A' && at[i] <= 'Z' ? (WCHAR)(at[i] + 32) : at[i];
        const char letter = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];

        if (unit != (WCHAR)letter)
            return false;
    }
    return i == length && !word[i];
}

/* Whether a query contains the keyword. */
static inline bool has_word(const WCHAR *query, const char *word)
{
    for (size_t length; query && (length = next_word(&query)) > 0; query += length)
        if (is_word(query, length, word))
            return true;
    return false;
}

/* Whether a query that is a list of numbers contains this one. */
static inline bool has_index(const WCHAR *query, DWORD index)
{
    for (size_t length; query && (length = next_word(&query)) > 0; query += length) {
        uint64_t number = 0;
        size_t i = 0;

        if (is_word(query, length, "Foreign"))
            return false;
        for (; i < length && query[i] >= '0' && query[i] <= '9' && number <= UINT32_MAX; i++)
            number = number * 10 + (uint64_t)(query[i] - '0');
        if (i == length && number == index)
            return true;
    }
    return false;
}

/* Whether the query selects the object of that symbol offset: by Global or by its index. */
static inline bool asks_for(const struct answer *answer, DWORD symbol)
{
    return has_word(answer->query, "Global") ||
           has_index(answer->query, answer->first_counter + symbol);
}

/* The reply of a sound provider: all or nothing. */
static inline DWORD reply_sound(struct call *call, const struct answer *answer)
{
    const DWORD space = *call->size;

    *call->size = 0;
    *call->count = 0;
    if (answer->size == 0)
        return ERROR_SUCCESS;
    if (space < answer->size)
        return ERROR_MORE_DATA;
    memcpy(*call->data, answer->u.bytes, answer->size);
    *call->data = (unsigned char *)*call->data + answer->size;
    *call->size = answer->size;
    *call->count = answer->object_count;
    return ERROR_SUCCESS;
}

#endif /* FAULTY_H */
