/* SPDX-License-Identifier: MIT
 *
 * Which places of a site's stack are shown, and how. The innermost frames of a stack only allocate memory
 * (operator new, std::allocator, malloc and its wrappers); the outermost only start a program or a thread.
 * Both are left out unless all frames are wanted.
 */
#ifndef LEAK_STACK_H
#define LEAK_STACK_H

#include "leak_snapshot.h"

/** The places to show: from `first`, the innermost, up to but without `end`. At least one. */
struct leak_stack {
    size_t first, end;
};

/** Choose the places of a site to show; see leak_site_place. A call site has one place. */
struct leak_stack leak_stack_of(const struct leak_snapshot *snapshot, const struct leak_site *site,
                                bool has_all);

/**
 * Write a place: "function (file:line)", "module+0x1c", an address, or "(not recorded)". In names of more than
 * 100 characters, arguments of templates and of functions become "...".
 */
void leak_stack_place(const struct leak_snapshot *snapshot, const struct leak_place *place,
                      char *text, size_t size);

/** Write a place's function without its line; the place, if it has no name. */
void leak_stack_function(const struct leak_snapshot *snapshot, const struct leak_place *place,
                         char *text, size_t size);

/** The length of the name in "function (file:line)", and where the file begins, or NULL. */
size_t leak_stack_name_length(const char *symbol, const char **file);

#endif /* LEAK_STACK_H */
