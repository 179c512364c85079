/* SPDX-License-Identifier: MIT
 *
 * dladdr says which library an address is in: see library_of.h.
 */
#define _GNU_SOURCE
#include "library_of.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The base address of the library that contains an address; NULL if none does. */
static const void *base_of(uintptr_t address)
{
    Dl_info info;

    return dladdr((const void *)address, &info) ? info.dli_fbase : NULL;
}

bool library_of_is_glibc(uintptr_t function, uintptr_t other)
{
#if defined(__aarch64__) /* memory tags: glibc.mem.tagging changes sizes and pointers */
    (void)function;
    (void)other;
    return false;
#else
    /* Only glibc defines this symbol; no library that wraps malloc does. */
    void *version = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    const void *libc = version ? base_of((uintptr_t)version) : NULL;

    return libc && base_of(function) == libc && base_of(other) == libc;
#endif
}

bool library_of_is_same(uintptr_t function, uintptr_t other)
{
    const void *base = base_of(function);

    return base && base == base_of(other);
}

uintptr_t library_of_function(const char *name)
{
    const uintptr_t found = (uintptr_t)dlsym(RTLD_DEFAULT, name);

    /* The text of the error is malloc's: the second call frees it, while its free is still ours. */
    if (!found)
        dlerror(), dlerror();
    return found;
}

bool library_of_is_cxx(uintptr_t function)
{
    Dl_info info;

    if (!dladdr((const void *)function, &info) || !info.dli_fname)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    const char *name = slash ? slash + 1 : info.dli_fname;
    return strncmp(name, "libstdc++.", 10) == 0 || strncmp(name, "libc++.", 7) == 0 ||
           strncmp(name, "libc++abi.", 10) == 0;
}
