/* SPDX-License-Identifier: MIT
 *
 * Windows: malloc is not replaced, so these questions do not arise.
 */
#include "library_of.h"

bool library_of_is_glibc(uintptr_t function, uintptr_t other)
{
    (void)function;
    (void)other;
    return false;
}

bool library_of_is_same(uintptr_t function, uintptr_t other)
{
    (void)function;
    (void)other;
    return false;
}

uintptr_t library_of_function(const char *name)
{
    (void)name;
    return 0;
}

bool library_of_is_cxx(uintptr_t function)
{
    (void)function;
    return false;
}
