/* SPDX-License-Identifier: MIT
 *
 * Compares the portable headers with layouts.def and constants.def at compile time: in C and in
 * C++, for every target. It contains no code.
 */
#ifndef LAYOUT_ASSERTIONS_H
#define LAYOUT_ASSERTIONS_H

#include <assert.h>
#include <stddef.h>

#include "perflib.h"
#include "processsnapshot.h"
#include "winperf.h"
#include "wintypes.h"

#ifdef __cplusplus
#define ALIGNMENT_OF(type) alignof(type)
#else
#define ALIGNMENT_OF(type) _Alignof(type)
#endif

#define POINTER sizeof(void *)
#define BY_POINTER(x86, x64) (sizeof(void *) == 4 ? (x86) : (x64))

#define LAYOUT(type, size86, size64, align86, align64)                                             \
    static_assert(sizeof(type) == BY_POINTER(size86, size64), "size of " #type);                   \
    static_assert(ALIGNMENT_OF(type) == BY_POINTER(align86, align64), "alignment of " #type);
#define MEMBER(type, member, offset86, offset64, size)                                             \
    static_assert(offsetof(type, member) == BY_POINTER(offset86, offset64),                        \
                  "offset of " #type "." #member);                                                 \
    static_assert(sizeof(((type *)0)->member) == (size), "size of " #type "." #member);
#define CONSTANT(name, value)                                                                      \
    static_assert((long long)(name) == (long long)(value), "value of " #name);

#include "layouts.def"
#include "constants.def"

#undef LAYOUT
#undef MEMBER
#undef CONSTANT

static_assert(sizeof(WCHAR) == 2, "WCHAR has 16 bits");
static_assert(sizeof(GUID) == 16, "size of GUID");
static_assert(sizeof(SYSTEMTIME) == 16, "size of SYSTEMTIME");
static_assert(sizeof(FILETIME) == 8 && ALIGNMENT_OF(FILETIME) == 4, "layout of FILETIME");
static_assert(sizeof(LARGE_INTEGER) == 8 && ALIGNMENT_OF(LARGE_INTEGER) == 8,
              "layout of LARGE_INTEGER");
static_assert(sizeof(PERF_WILDCARD_INSTANCE) == 4, "PERF_WILDCARD_INSTANCE is UTF-16");
static_assert(sizeof(PERF_AGGREGATE_INSTANCE) == 14, "PERF_AGGREGATE_INSTANCE is UTF-16");

#endif /* LAYOUT_ASSERTIONS_H */
