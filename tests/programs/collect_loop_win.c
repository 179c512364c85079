/* SPDX-License-Identifier: MIT
 *
 * A consumer on Windows that collects for some time and watches one heap:
 *
 *     collect_loop_win LIBRARY MILLISECONDS WITNESS [restricted]
 *
 * Each answer must have an instance whose name ends in WITNESS, with 7 blocks of 100 bytes in use.
 * With `restricted` it uses a token without privileges and without the rights of administrators. It
 * prints the number of collects and the time of the longest. The exit status is 1 if one failed,
 * took more than 5 s, or did not show the witness with these figures.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stdbool.h>

#include "winperf.h"

static PM_OPEN_PROC *open_provider;
static PM_COLLECT_PROC *collect;
static PM_CLOSE_PROC *close_provider;

static bool restrict_rights(void)
{
    BYTE administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(administrators);
    HANDLE own, restricted, thread;

    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own))
        return false;
    SID_AND_ATTRIBUTES denied = { administrators, 0 };
    if (!CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 1, &denied, 0, NULL, 0, NULL,
                               &restricted) ||
        !DuplicateTokenEx(restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation,
                          TokenImpersonation, &thread))
        return false;
    return SetThreadToken(NULL, thread);
}

static uint32_t u32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t u64(const unsigned char *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* Whether the object "Custom Heap" shows the witness with its figures. */
static bool shows_witness(const unsigned char *object, uint32_t size, const char *witness)
{
    uint32_t at = u32(object + 4), count = u32(object + 40);
    size_t length = strlen(witness);

    for (uint32_t i = 0; i < count; i++) {
        if (at > size - 32 || u32(object + at) > size - at - 8)
            return false;
        const unsigned char *name = object + at + 24;
        size_t units = u32(object + at + 20) / 2 - 1;
        at += u32(object + at);
        bool is_it = units >= length;
        for (size_t n = 0; is_it && n < length; n++)
            is_it = name[2 * (units - length + n)] == (unsigned char)witness[n];
        /* Bytes in Use is the first counter, Blocks in Use the third. */
        if (is_it)
            return u64(object + at + 8) == 700 && u64(object + at + 24) == 7;
        at += u32(object + at);
    }
    return false;
}

int main(int argc, char *argv[])
{
    WCHAR query[] = L"1848";
    static BYTE buffer[1 << 22];
    DWORD longest = 0, collects = 0;
    HMODULE library = argc >= 4 ? LoadLibraryA(argv[1]) : NULL;
    FARPROC symbol;

    if (!library) {
        fprintf(stderr, "usage: collect_loop_win LIBRARY MILLISECONDS WITNESS [restricted] (%lu)\n",
                (unsigned long)GetLastError());
        return 2;
    }
    symbol = GetProcAddress(library, "OpenHeapPerformanceData");
    memcpy(&open_provider, &symbol, sizeof(symbol));
    symbol = GetProcAddress(library, "CollectHeapPerformanceData");
    memcpy(&collect, &symbol, sizeof(symbol));
    symbol = GetProcAddress(library, "CloseHeapPerformanceData");
    memcpy(&close_provider, &symbol, sizeof(symbol));
    if (argc > 4 && !restrict_rights()) {
        printf("no restricted token here: %lu\n", (unsigned long)GetLastError());
        return 3;
    }
    open_provider(NULL);
    DWORD end = GetTickCount() + (DWORD)strtoul(argv[2], NULL, 10);
    while ((LONG)(end - GetTickCount()) > 0) {
        void *data = buffer;
        DWORD size = sizeof(buffer), count = 0, begin = GetTickCount();
        DWORD error = collect(query, &data, &size, &count);
        DWORD took = GetTickCount() - begin;

        longest = took > longest ? took : longest;
        collects++;
        if (error || count != 1 || took > 5000 || !shows_witness(buffer, size, argv[3])) {
            printf("collect %lu: error %lu, %lu objects, %lu ms, or no witness\n",
                   (unsigned long)collects, (unsigned long)error, (unsigned long)count,
                   (unsigned long)took);
            return 1;
        }
        Sleep(10);
    }
    close_provider();
    printf("%lu collects, the longest %lu ms\n", (unsigned long)collects, (unsigned long)longest);
    return 0;
}
