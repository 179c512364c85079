/* SPDX-License-Identifier: MIT
 *
 * dlclose. The call stacks of a profile are walked by what is known of the code of each library.
 * The code of an unloaded library must be forgotten before another library takes its place.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "preload.h"
#include "unwind.h"

API int dlclose(void *library)
{
    static _Atomic uintptr_t next;
    int (*function)(void *);
    uintptr_t found = atomic_load(&next);

    if (!found) {
        found = (uintptr_t)dlsym(RTLD_NEXT, "dlclose");
        atomic_store(&next, found);
    }
    memcpy(&function, &found, sizeof(function));
    int result = function ? function(library) : -1;
    unwind_forget();
    return result;
}
