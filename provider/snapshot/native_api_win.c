/* SPDX-License-Identifier: MIT
 *
 * Looks up ntdll's calls: see native_api.h.
 */
#include "native_api.h"

#include <string.h>

struct native_api native_api_find(void)
{
    static const char *const names[] = { "NtQueryInformationProcess", "NtQueryInformationThread",
                                         "NtQuerySystemInformation", "NtQueryObject",
                                         "NtQueryEvent" };
    FARPROC found[sizeof(names) / sizeof(names[0])];
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    struct native_api api;

    _Static_assert(sizeof(found) == sizeof(api), "a name for each call, in their order");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        found[i] = ntdll ? GetProcAddress(ntdll, names[i]) : NULL;
    memcpy(&api, found, sizeof(api));
    return api;
}
