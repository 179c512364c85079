/* SPDX-License-Identifier: MIT
 *
 * The program headers of the loaded libraries show which one an address is in: see library_of.h. dladdr
 * is not used: it also searches all symbols of the C library for the nearest one, which would take three
 * quarters of the instructions that the preload library adds to a process's start.
 */
#define _GNU_SOURCE
#include "library_of.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

/* A library, and an address in it. */
struct library {
    uintptr_t address;
    const void
        *headers; /* the program headers, of which each library has its own; NULL: not found */
    const char *name;
};

static int find(struct dl_phdr_info *info, size_t size, void *context)
{
    struct library *library = context;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD &&
            library->address - (info->dlpi_addr + header->p_vaddr) < header->p_memsz) {
            library->headers = info->dlpi_phdr;
            library->name = info->dlpi_name;
            return 1;
        }
    }
    return 0;
}

static struct library library_of(uintptr_t address)
{
    struct library library = { .address = address };

    dl_iterate_phdr(find, &library);
    return library;
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
    const void *libc = version ? library_of((uintptr_t)version).headers : NULL;

    return libc && library_of(function).headers == libc && library_of(other).headers == libc;
#endif
}

bool library_of_is_same(uintptr_t function, uintptr_t other)
{
    const void *headers = library_of(function).headers;

    return headers && headers == library_of(other).headers;
}

uintptr_t library_of_function(const char *name)
{
    const uintptr_t found = (uintptr_t)dlsym(RTLD_DEFAULT, name);

    /* The text of the error comes from malloc. The second dlerror frees it, while free is still ours. */
    if (!found)
        dlerror(), dlerror();
    return found;
}

bool library_of_is_cxx(uintptr_t function)
{
    const struct library library = library_of(function);
    const char *slash = library.name ? strrchr(library.name, '/') : NULL;
    const char *name = slash ? slash + 1 : library.name ? library.name : "";
    return strncmp(name, "libstdc++.", 10) == 0 || strncmp(name, "libc++.", 7) == 0 ||
           strncmp(name, "libc++abi.", 10) == 0;
}
