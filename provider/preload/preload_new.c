/* SPDX-License-Identifier: MIT
 *
 * The operators new and delete of C++. Those of libstdc++ call malloc and free and would be seen
 * anyway; those of jemalloc, mimalloc and tcmalloc call their allocator directly. There are three
 * kinds of next operators, found out at the first call:
 *
 * - The C++ library's, or none that is loaded already: their work is done here, with the program's
 *   malloc and free. If malloc fails, the next operator is called, because it knows the new-handler
 *   and throws.
 * - Others that call malloc (a library that wraps operator new): the call is passed on, and malloc
 *   reports it.
 * - Others that do not: the call is passed on and reported.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "allocator_call.h"
#include "library_of.h"
#include "preload.h"

/* Parameters: p pointer, s size, a alignment, n std::nothrow. The second word is the mangled name. */
#define NEW_OPERATORS(OPERATOR)                                                                    \
    OPERATOR(new_s, _Znwm)                                                                         \
    OPERATOR(new_array_s, _Znam)                                                                   \
    OPERATOR(new_sn, _ZnwmRKSt9nothrow_t)                                                          \
    OPERATOR(new_array_sn, _ZnamRKSt9nothrow_t)                                                    \
    OPERATOR(new_sa, _ZnwmSt11align_val_t)                                                         \
    OPERATOR(new_array_sa, _ZnamSt11align_val_t)                                                   \
    OPERATOR(new_san, _ZnwmSt11align_val_tRKSt9nothrow_t)                                          \
    OPERATOR(new_array_san, _ZnamSt11align_val_tRKSt9nothrow_t)
#define DELETE_OPERATORS(OPERATOR)                                                                 \
    OPERATOR(delete_p, _ZdlPv)                                                                     \
    OPERATOR(delete_array_p, _ZdaPv)                                                               \
    OPERATOR(delete_ps, _ZdlPvm)                                                                   \
    OPERATOR(delete_array_ps, _ZdaPvm)                                                             \
    OPERATOR(delete_pn, _ZdlPvRKSt9nothrow_t)                                                      \
    OPERATOR(delete_array_pn, _ZdaPvRKSt9nothrow_t)                                                \
    OPERATOR(delete_pa, _ZdlPvSt11align_val_t)                                                     \
    OPERATOR(delete_array_pa, _ZdaPvSt11align_val_t)                                               \
    OPERATOR(delete_psa, _ZdlPvmSt11align_val_t)                                                   \
    OPERATOR(delete_array_psa, _ZdaPvmSt11align_val_t)                                             \
    OPERATOR(delete_pan, _ZdlPvSt11align_val_tRKSt9nothrow_t)                                      \
    OPERATOR(delete_array_pan, _ZdaPvSt11align_val_tRKSt9nothrow_t)

enum operator_number {
#define NUMBER(id, name) OPERATOR_##id,
    NEW_OPERATORS(NUMBER) DELETE_OPERATORS(NUMBER)
#undef NUMBER
        OPERATOR_COUNT
};

static const char *const names[OPERATOR_COUNT] = {
#define NAME(id, name) [OPERATOR_##id] = #name,
    NEW_OPERATORS(NAME) DELETE_OPERATORS(NAME)
#undef NAME
};

/* All operators have at most three parameters, each passed in one register of its own. So all of
   them can be called with three. */
typedef void *new_operator(uintptr_t size, uintptr_t second, uintptr_t third);
typedef void delete_operator(void *block, uintptr_t second, uintptr_t third);

static union {
    new_operator *allocate;
    delete_operator *release;
} next[OPERATOR_COUNT];

enum kind { UNKNOWN, IS_MALLOC, CALLS_MALLOC, IS_ALLOCATOR };
static _Atomic int kind;

static enum kind try_next(void)
{
    if (!next[OPERATOR_new_s].allocate || !next[OPERATOR_delete_p].release ||
        library_of_is_cxx((uintptr_t)next[OPERATOR_new_s].allocate))
        return IS_MALLOC;
    const uint64_t before = preload_malloc_own_allocations();
    void *block = next[OPERATOR_new_s].allocate(64, 0, 0);
    bool was_called = preload_malloc_own_allocations() != before;
    next[OPERATOR_delete_p].release(block, 0, 0);
    return was_called ? CALLS_MALLOC : IS_ALLOCATOR;
}

/* Two threads may do this at once, with the same result. */
static enum kind find_next(void)
{
    int error = errno;

    for (int i = 0; i < OPERATOR_COUNT; i++) {
        void *found = dlsym(RTLD_NEXT, names[i]);
        memcpy(&next[i], &found, sizeof(found));
    }
    enum kind found = try_next();
    atomic_store_explicit(&kind, found, memory_order_release);
    errno = error;
    return found;
}

static inline enum kind next_kind(void)
{
    int known = atomic_load_explicit(&kind, memory_order_acquire);

    return __builtin_expect(known != UNKNOWN, 1) ? (enum kind)known : find_next();
}

/* Called if malloc failed or cannot do the work. RTLD_NEXT does not find a C++ library that was loaded
   by dlopen. Some C++ library is always loaded, because only its users call operators. */
static void *call_library(enum operator_number number, uintptr_t size, uintptr_t second,
                          uintptr_t third)
{
    static const char *const libraries[] = { "libstdc++.so.6", "libc++.so.1" };
    new_operator *found = next[number].allocate;

    for (size_t i = 0; !found && i < sizeof(libraries) / sizeof(*libraries); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        void *symbol = library ? dlsym(library, names[number]) : NULL;
        memcpy(&found, &symbol, sizeof(symbol));
    }
    if (!found)
        abort();
    return found(size, second, third);
}

/* An operator that throws never gets to allocator_call_end. This thread then asks for no figures any more,
   which is safe. */
static inline void *call_marked(new_operator *called, uintptr_t size, uintptr_t second,
                                uintptr_t third)
{
    if (allocator_call_is_nested())
        return called(size, second, third);
    allocator_call_begin();
    void *block = called(size, second, third);
    allocator_call_end();
    return block;
}

static inline void *allocate(enum operator_number number, uintptr_t size, uintptr_t second,
                             uintptr_t third, const void *site)
{
    switch (next_kind()) {
    case IS_ALLOCATOR:
        if (next[number].allocate)
            return preload_malloc_allocated(call_marked(next[number].allocate, size, second, third),
                                            size, site);
        break;
    case CALLS_MALLOC:
        break;
    default:
        if (number == OPERATOR_new_s || number == OPERATOR_new_array_s) {
            void *block = malloc(size ? size : 1);
            if (__builtin_expect(block != NULL, 1))
                return block;
        }
    }
    return call_library(number, size, second, third);
}

static inline void release(enum operator_number number, void *block, uintptr_t second,
                           uintptr_t third, const void *site)
{
    enum kind found = next_kind();

    if (found == IS_MALLOC || preload_malloc_is_own(block) || !next[number].release) {
        free(block);
        return;
    }
    if (found == IS_ALLOCATOR)
        preload_malloc_freed(block, site);
    if (found != IS_ALLOCATOR || allocator_call_is_nested()) {
        next[number].release(block, second, third);
        return;
    }
    allocator_call_begin();
    next[number].release(block, second, third);
    allocator_call_end();
}

#define DEFINE_NEW(id, name)                                                                       \
    API void *name(uintptr_t size, uintptr_t second, uintptr_t third);                             \
    API void *name(uintptr_t size, uintptr_t second, uintptr_t third)                              \
    {                                                                                              \
        return allocate(OPERATOR_##id, size, second, third, __builtin_return_address(0));          \
    }
#define DEFINE_DELETE(id, name)                                                                    \
    API void name(void *block, uintptr_t second, uintptr_t third);                                 \
    API void name(void *block, uintptr_t second, uintptr_t third)                                  \
    {                                                                                              \
        release(OPERATOR_##id, block, second, third, __builtin_return_address(0));                 \
    }

NEW_OPERATORS(DEFINE_NEW)
DELETE_OPERATORS(DEFINE_DELETE)
