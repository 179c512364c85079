/* SPDX-License-Identifier: MIT
 *
 * What Wine's test suite of PERFLIB V2 (dlls/advapi32/tests/perf.c, fetched by scripts/third-party)
 * needs of Wine's test frame and of Windows, on both systems. Tests become lines of TAP, and the
 * consumer functions that it looks up in advapi32 are those of the emulation.
 */
#ifndef WINE_TEST_H
#define WINE_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifndef _WIN32
#include <unistd.h>
#endif

static int tests_made, tests_failed;

static inline void ok_at(int line, bool condition, const char *format, ...)
{
    va_list arguments;

    printf("%s %d - perf.c line %d\n", condition ? "ok" : "not ok", ++tests_made, line);
    if (condition)
        return;
    tests_failed++;
    va_start(arguments, format);
    printf("# ");
    vprintf(format, arguments);
    va_end(arguments);
}

#define ok(condition, ...) ok_at(__LINE__, (condition) != 0, __VA_ARGS__)
#define win_skip(...) (printf("# skipped: "), printf(__VA_ARGS__))
#define debugstr_guid(guid) "(a GUID)"
#define debugstr_w(text) "(a text)"

#define START_TEST(name)                                                                           \
    static void run_##name(void);                                                                  \
    int main(void)                                                                                 \
    {                                                                                              \
        run_##name();                                                                              \
        printf("1..%d\n", tests_made);                                                             \
        return tests_failed != 0;                                                                  \
    }                                                                                              \
    static void run_##name(void)

/* The functions that perf.c looks up in advapi32. */
static inline void *emulated_function(const char *name)
{
#define PERFLIB_FUNCTION(function)                                                                 \
    if (strcmp(name, #function) == 0)                                                              \
        return (void *)function;
#include "perflib_functions.def"
#undef PERFLIB_FUNCTION
    return NULL;
}

#define GetProcAddress(module, name) ((void)(module), emulated_function(name))

#ifndef _WIN32

#define GetModuleHandleA(name) ((void *)(name))
#define GetCurrentProcess() ((HANDLE)(intptr_t)-1)
#define DUPLICATE_SAME_ACCESS 2
#define IsEqualGUID(left, right) (memcmp(left, right, sizeof(GUID)) == 0)
#define DEFINE_GUID(name, a, b, c, d, e, f, g, h, i, j, k)                                         \
    static const GUID name = { a, b, c, { d, e, f, g, h, i, j, k } }

/* A provider's handle is never one of the system's. */
static inline BOOL DuplicateHandle(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                   DWORD access, BOOL inherit, DWORD options)
{
    (void)from, (void)handle, (void)to, (void)copy, (void)access, (void)inherit, (void)options;
    SetLastError(ERROR_INVALID_HANDLE);
    return 0;
}

/* Ask the kernel whether it could write there, by reading into it what is there already. */
static inline BOOL IsBadWritePtr(void *at, size_t size)
{
    int ends[2];
    bool is_writable = false;

    if (pipe(ends) != 0)
        return 1;
    if (write(ends[1], at, size) == (ssize_t)size)
        is_writable = read(ends[0], at, size) == (ssize_t)size;
    close(ends[0]);
    close(ends[1]);
    return !is_writable;
}

static inline int lstrcmpW(const WCHAR *left, const WCHAR *right)
{
    while (*left && *left == *right)
        left++, right++;
    return *left - *right;
}

static inline int64_t clock_100ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 10000000 + now.tv_nsec / 100;
}

static inline void QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    frequency->QuadPart = 10000000;
}

static inline void QueryPerformanceCounter(LARGE_INTEGER *counter)
{
    counter->QuadPart = clock_100ns(CLOCK_MONOTONIC);
}

#define EPOCH_100NS 116444736000000000 /* time from 1601 to 1970 */

static inline void NtQuerySystemTime(LARGE_INTEGER *now)
{
    now->QuadPart = clock_100ns(CLOCK_REALTIME) + EPOCH_100NS;
}

static inline void SystemTimeToFileTime(const SYSTEMTIME *time, FILETIME *file_time)
{
    struct tm parts = { .tm_year = time->wYear - 1900,
                        .tm_mon = time->wMonth - 1,
                        .tm_mday = time->wDay,
                        .tm_hour = time->wHour,
                        .tm_min = time->wMinute,
                        .tm_sec = time->wSecond };
    const int64_t ticks =
        (int64_t)timegm(&parts) * 10000000 + time->wMilliseconds * 10000 + EPOCH_100NS;

    memcpy(file_time, &ticks, sizeof(ticks));
}

#endif

#endif /* WINE_TEST_H */
