/* SPDX-License-Identifier: MIT
 *
 * The three procedures of a provider of the gallery, and the hooks in them. A hook that a provider
 * does not define does what a sound provider does:
 *
 *     ON_LOAD()          in DllMain or a constructor              nothing
 *     ON_UNLOAD()        in DllMain or a destructor               nothing
 *     ON_OPEN()          in Open; its result is Open's            ERROR_SUCCESS
 *     ON_CLOSE()         in Close, before it counts               nothing
 *     CLOSE_RESULT       what Close returns                       ERROR_SUCCESS
 *     COUNT_CLOSE()      in Close                                 one Open less
 *     ON_COLLECT(call)   at the start of Collect                  nothing
 *     WANTS(query)       whether the object is requested          Global, its index
 *     BUILD(answer)      the objects                              build_sound
 *     SPOIL(answer)      changes the answer that was built        nothing
 *     REPLY(call, answer) copy it into the caller's buffer        reply_sound
 *     NEEDS_OPEN         Collect without Open has no data         1
 *     TOLERATES_NULL     NULL arguments have no data              1
 *     IS_UNGUARDED       several threads may be in Collect        not defined
 *     OPEN_NAME, COLLECT_NAME, CLOSE_NAME                         OpenFaultyData, ...
 */
#include "faulty.h"
#include "../export.h"

#ifndef ON_LOAD
#define ON_LOAD() ((void)0)
#endif
#ifndef ON_UNLOAD
#define ON_UNLOAD() ((void)0)
#endif
#ifndef ON_OPEN
#define ON_OPEN() ERROR_SUCCESS
#endif
#ifndef ON_CLOSE
#define ON_CLOSE() ((void)0)
#endif
#ifndef CLOSE_RESULT
#define CLOSE_RESULT ERROR_SUCCESS
#endif
#ifndef COUNT_CLOSE
#define COUNT_CLOSE() (open_count -= open_count > 0)
#endif
#ifndef ON_COLLECT
#define ON_COLLECT(call) ((void)0)
#endif
#ifndef WANTS
#define WANTS(query) (has_word(query, "Global") || has_index(query, first_counter()))
#endif
#ifndef BUILD
#define BUILD build_sound
#endif
#ifndef SPOIL
#define SPOIL(answer) ((void)0)
#endif
#ifndef REPLY
#define REPLY reply_sound
#endif
#ifndef NEEDS_OPEN
#define NEEDS_OPEN 1
#endif
#ifndef TOLERATES_NULL
#define TOLERATES_NULL 1
#endif
#ifndef OPEN_NAME
#define OPEN_NAME OpenFaultyData
#endif
#ifndef COLLECT_NAME
#define COLLECT_NAME CollectFaultyData
#endif
#ifndef CLOSE_NAME
#define CLOSE_NAME CloseFaultyData
#endif

/* One query at a time. */
static volatile int lock;

static void acquire(void)
{
    while (__sync_lock_test_and_set(&lock, 1))
        ;
}

static void release(void)
{
    __sync_lock_release(&lock);
}

PROVIDER_EXPORT DWORD APIENTRY OPEN_NAME(LPWSTR context);
PROVIDER_EXPORT DWORD APIENTRY COLLECT_NAME(LPWSTR query, LPVOID *data, LPDWORD size,
                                            LPDWORD count);
PROVIDER_EXPORT DWORD APIENTRY CLOSE_NAME(void);

DWORD APIENTRY OPEN_NAME(LPWSTR context)
{
    DWORD error;

    (void)context;
    error = ON_OPEN();
    acquire();
    if (!error)
        open_count++;
    release();
    return error;
}

static DWORD collect(struct call *call)
{
    static struct answer answer;
    DWORD error;

    memset(&answer, 0, sizeof(answer));
    answer.first_counter = first_counter();
    answer.query = call->query;
    answer.ticks = 1000u + collect_count++;
    if ((!NEEDS_OPEN || open_count > 0) && WANTS(call->query)) {
        BUILD(&answer);
        SPOIL(&answer);
    }
    error = REPLY(call, &answer);
    return error;
}

DWORD APIENTRY COLLECT_NAME(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count)
{
    struct call call = { query, data, size, count };
    DWORD error;

    if (TOLERATES_NULL && (!data || !*data || !size || !count)) {
        if (size)
            *size = 0;
        if (count)
            *count = 0;
        return ERROR_SUCCESS;
    }
    ON_COLLECT(&call);
#ifndef IS_UNGUARDED
    acquire();
#endif
    error = collect(&call);
#ifndef IS_UNGUARDED
    release();
#endif
    return error;
}

DWORD APIENTRY CLOSE_NAME(void)
{
    ON_CLOSE();
    acquire();
    COUNT_CLOSE();
    release();
    return CLOSE_RESULT;
}

#ifdef _WIN32
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        ON_LOAD();
    if (reason == DLL_PROCESS_DETACH)
        ON_UNLOAD();
    return TRUE;
}
#else
__attribute__((constructor)) static void load(void)
{
    ON_LOAD();
}

__attribute__((destructor)) static void unload(void)
{
    ON_UNLOAD();
}
#endif
