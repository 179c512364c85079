/* SPDX-License-Identifier: MIT
 *
 * Writes the answer of a provider or of the system, as plain bytes, for a reader on another system:
 *
 *     raw_query_win dll PATH QUERY FILE [CONTEXT]   the objects that the DLL itself returns
 *     raw_query_win system QUERY FILE               the answer of RegQueryValueExW for
 *                                                   HKEY_PERFORMANCE_DATA
 *
 * The system's answer is written with 88 more bytes: Wine 8.0 places the objects 88 bytes after
 * where the header says.
 */
#include <stdio.h>
#include <stdlib.h>

#include "winperf.h"
#include "wintypes.h"

#include <shellapi.h>

enum { SHIFT = sizeof(PERF_DATA_BLOCK), LIMIT = 1 << 26 };

static int write_file(const WCHAR *path, const void *data, size_t size)
{
    FILE *file = _wfopen(path, L"wb");
    int is_written = file && fwrite(data, 1, size, file) == size;

    return (!file || fclose(file) || !is_written) ? 2 : 0;
}

static int fail(const char *what, DWORD error)
{
    fprintf(stderr, "%s: error %lu\n", what, error);
    return 1;
}

static int query_dll(const WCHAR *path, WCHAR *query, const WCHAR *file, WCHAR *context)
{
    HMODULE library = LoadLibraryW(path);
    PM_OPEN_PROC *open_provider;
    PM_COLLECT_PROC *collect;
    PM_CLOSE_PROC *close_provider;
    DWORD error = 0, size, count;

    if (!library)
        return fail("LoadLibrary", GetLastError());
    open_provider =
        (PM_OPEN_PROC *)(void (*)(void))GetProcAddress(library, "OpenHeapPerformanceData");
    collect =
        (PM_COLLECT_PROC *)(void (*)(void))GetProcAddress(library, "CollectHeapPerformanceData");
    close_provider =
        (PM_CLOSE_PROC *)(void (*)(void))GetProcAddress(library, "CloseHeapPerformanceData");
    if (!open_provider || !collect || !close_provider)
        return fail("GetProcAddress", GetLastError());
    open_provider(context);
    for (DWORD capacity = 1024; capacity <= LIMIT; capacity *= 2) {
        unsigned char *buffer = malloc(capacity);
        void *data = buffer;

        size = capacity;
        SetLastError(0xABCD);
        error = collect(query, &data, &size, &count);
        if (GetLastError() != 0xABCD)
            return fail("Collect changed the last error", GetLastError());
        if (!error) {
            if ((unsigned char *)data != buffer + size)
                return fail("pointer and size disagree", size);
            close_provider();
            FreeLibrary(library);
            printf("%lu objects, %lu bytes\n", count, size);
            return write_file(file, buffer, size);
        }
        free(buffer);
    }
    return fail("Collect", error);
}

static int query_system(const WCHAR *query, const WCHAR *file)
{
    for (DWORD capacity = 1024; capacity <= LIMIT; capacity *= 2) {
        unsigned char *buffer = calloc(1, capacity + 2 * SHIFT);
        DWORD size = capacity, type;
        LONG error = RegQueryValueExW(HKEY_PERFORMANCE_DATA, query, NULL, &type, buffer, &size);

        if (error == ERROR_SUCCESS) {
            RegCloseKey(HKEY_PERFORMANCE_DATA);
            printf("%lu bytes\n", size);
            return write_file(file, buffer, size + SHIFT);
        }
        free(buffer);
        if (error != ERROR_MORE_DATA)
            return fail("RegQueryValueEx", (DWORD)error);
    }
    return fail("RegQueryValueEx", ERROR_MORE_DATA);
}

int main(void)
{
    int count;
    WCHAR **arguments = CommandLineToArgvW(GetCommandLineW(), &count);

    if ((count == 5 || count == 6) && !wcscmp(arguments[1], L"dll"))
        return query_dll(arguments[2], arguments[3], arguments[4],
                         count == 6 ? arguments[5] : NULL);
    if (count == 4 && !wcscmp(arguments[1], L"system"))
        return query_system(arguments[2], arguments[3]);
    fprintf(stderr, "usage: raw_query_win dll PATH QUERY FILE [CONTEXT] | "
                    "system QUERY FILE\n");
    return 2;
}
