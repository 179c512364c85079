/* SPDX-License-Identifier: MIT
 *
 * Which library a function is in. library_of_posix.c and library_of_win.c define the same
 * functions.
 */
#ifndef LIBRARY_OF_H
#define LIBRARY_OF_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Whether two functions are both in glibc itself, in a process in which glibc does not tag memory.
 * Other allocators and glibc's own libraries for debugging do not count.
 */
bool library_of_is_glibc(uintptr_t function, uintptr_t other);

/** Whether two functions are in the same library, or both in the program itself. */
bool library_of_is_same(uintptr_t function, uintptr_t other);

/** The address of a function by its name, as the program would find it; 0: there is none. */
uintptr_t library_of_function(const char *name);

/** Whether a function is in the C++ library of GNU or LLVM. */
bool library_of_is_cxx(uintptr_t function);

#endif /* LIBRARY_OF_H */
