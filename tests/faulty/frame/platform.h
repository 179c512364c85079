/* SPDX-License-Identifier: MIT
 *
 * What faults need of a system: sleeping, threads, gates, handles, the current directory, the
 * environment. A provider of the gallery is one file without a library, so it cannot use
 * provider/os/.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wintypes.h"

#ifdef _WIN32

static inline void sleep_ms(unsigned milliseconds)
{
    Sleep(milliseconds);
}

static inline DWORD WINAPI run_thread(LPVOID function)
{
    ((void (*)(void))(uintptr_t)function)();
    return 0;
}

/* Start a thread that is never joined. */
static inline void start_thread(void (*function)(void))
{
    HANDLE thread = CreateThread(NULL, 0, run_thread, (LPVOID)(uintptr_t)function, 0, NULL);

    if (thread)
        CloseHandle(thread);
}

static inline unsigned this_thread(void)
{
    return GetCurrentThreadId();
}

/* Open a handle that is never closed. */
static inline void leak_handle(void)
{
    CreateEventW(NULL, TRUE, FALSE, NULL);
}

static inline void change_directory(void)
{
    SetCurrentDirectoryW(L"C:\\");
}

static inline int has_mark(const char *name)
{
    return GetEnvironmentVariableA(name, NULL, 0) != 0;
}

/* A decimal number in the environment, as the host has set it now. */
static inline DWORD environment_number(const char *name, DWORD otherwise)
{
    char value[32];

    return GetEnvironmentVariableA(name, value, sizeof(value)) ? strtoul(value, NULL, 10)
                                                               : otherwise;
}

/* Leave a mark in the process that outlives the library. */
static inline void set_mark(const char *name)
{
    SetEnvironmentVariableA(name, "1");
}

/* Create or open a gate by its name. It stays when the library is unloaded. Returns the number
   to wait at. */
static inline unsigned make_gate(const char *name)
{
    char number[16];
    const unsigned gate = (unsigned)(uintptr_t)CreateEventA(NULL, TRUE, FALSE, NULL);

    snprintf(number, sizeof(number), "%u", gate);
    SetEnvironmentVariableA(name, number);
    return gate;
}

static inline void wait_at_gate(unsigned gate)
{
    WaitForSingleObject((HANDLE)(uintptr_t)gate, INFINITE);
}

static inline void open_gate(const char *name)
{
    const unsigned gate = environment_number(name, 0);

    if (gate)
        SetEvent((HANDLE)(uintptr_t)gate);
}

#else

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static inline void sleep_ms(unsigned milliseconds)
{
    const struct timespec time = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 };

    nanosleep(&time, NULL);
}

static inline void *run_thread(void *function)
{
    ((void (*)(void))(uintptr_t)function)();
    return NULL;
}

/* Start a thread that is never joined. */
static inline void start_thread(void (*function)(void))
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_thread, (void *)(uintptr_t)function) == 0)
        pthread_detach(thread);
}

static inline unsigned this_thread(void)
{
    return (unsigned)(uintptr_t)pthread_self();
}

/* Open a handle that is never closed. */
static inline void leak_handle(void)
{
    if (open("/dev/null", O_RDONLY) < 0)
        abort();
}

static inline void change_directory(void)
{
    if (chdir("/") != 0)
        abort();
}

static inline int has_mark(const char *name)
{
    return getenv(name) != NULL;
}

/* A decimal number in the environment, as the host has set it now. */
static inline DWORD environment_number(const char *name, DWORD otherwise)
{
    return getenv(name) ? (DWORD)strtoul(getenv(name), NULL, 10) : otherwise;
}

/* Leave a mark in the process that outlives the library. */
static inline void set_mark(const char *name)
{
    setenv(name, "1", 1);
}

/* Create or open a gate by its name. It stays when the library is unloaded. Returns the number
   to wait at. */
static inline unsigned make_gate(const char *name)
{
    char number[16];
    int ends[2];

    if (pipe(ends) != 0)
        abort();
    snprintf(number, sizeof(number), "%d", ends[1]);
    setenv(name, number, 1);
    return (unsigned)ends[0];
}

static inline void wait_at_gate(unsigned gate)
{
    char byte;

    if (read((int)gate, &byte, 1) < 0)
        abort();
}

static inline void open_gate(const char *name)
{
    const DWORD gate = environment_number(name, 0);

    if (gate && write((int)gate, "", 1) < 0)
        abort();
}

#endif

#endif /* PLATFORM_H */
