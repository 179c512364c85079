/* SPDX-License-Identifier: MIT
 *
 * Enough of Windows' windows.h to compile a V1 provider natively and check it there: types, reading the
 * registry, interlocked operations, memory. Only native builds name this folder (-I include/native -I
 * include): in include/ itself this header would hide that of mingw.
 *
 * There is no registry natively. "First Counter" and "First Help" of every key are NATIVE_FIRST_COUNTER
 * and the next number; any other value is not found. Define it where the registration that is given to
 * perfharness (--registry) has another range: cc -DNATIVE_FIRST_COUNTER=5000 …
 */
#ifndef HEAPCTRS_NATIVE_WINDOWS_H
#define HEAPCTRS_NATIVE_WINDOWS_H

#ifdef _WIN32
#error "this header is for native builds: do not name include/native to a compiler for Windows"
#endif

#include <string.h>

#include "winperf.h"
#include "wintypes.h"

#ifndef NATIVE_FIRST_COUNTER
#define NATIVE_FIRST_COUNTER 2380
#endif

#ifndef ERROR_SUCCESS
#define ERROR_SUCCESS 0
#endif
#ifndef ERROR_FILE_NOT_FOUND
#define ERROR_FILE_NOT_FOUND 2
#endif
#ifndef ERROR_MORE_DATA
#define ERROR_MORE_DATA 234
#endif
#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif

/* ---- the registry: read only --------------------------------------------------------------- */

typedef HANDLE HKEY, *PHKEY;

#ifndef HKEY_LOCAL_MACHINE
#define HKEY_LOCAL_MACHINE ((HKEY)(ULONG_PTR)0x80000002u)
#endif
#define KEY_READ 0x20019
#ifndef REG_DWORD
#define REG_DWORD 4
#endif

FORCEINLINE LONG RegOpenKeyExW(HKEY key, LPCWSTR name, DWORD options, DWORD access, PHKEY result)
{
    (void)name;
    (void)options;
    (void)access;
    *result = key;
    return ERROR_SUCCESS;
}

/* Whether a UTF-16 text is the given one. */
FORCEINLINE BOOL native_is_name(LPCWSTR text, const char *name)
{
    for (; *name; text++, name++)
        if (*text != (unsigned char)*name)
            return FALSE;
    return *text == 0;
}

FORCEINLINE LONG RegQueryValueExW(HKEY key, LPCWSTR name, LPDWORD reserved, LPDWORD type,
                                  LPBYTE data, LPDWORD size)
{
    const DWORD value = NATIVE_FIRST_COUNTER + (native_is_name(name, "First Help") ? 1u : 0u);

    (void)key;
    (void)reserved;
    if (!native_is_name(name, "First Counter") && !native_is_name(name, "First Help"))
        return ERROR_FILE_NOT_FOUND;
    if (type)
        *type = REG_DWORD;
    if (data && size && *size < sizeof(value))
        return ERROR_MORE_DATA;
    if (data)
        memcpy(data, &value, sizeof(value));
    if (size)
        *size = sizeof(value);
    return ERROR_SUCCESS;
}

FORCEINLINE LONG RegCloseKey(HKEY key)
{
    (void)key;
    return ERROR_SUCCESS;
}

/* ---- interlocked operations, memory -------------------------------------------------------- */

#define InterlockedIncrement(value) __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(value) __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST)
#define ZeroMemory(memory, size) memset(memory, 0, size)
#define CopyMemory(to, from, size) memcpy(to, from, size)

#endif /* HEAPCTRS_NATIVE_WINDOWS_H */
