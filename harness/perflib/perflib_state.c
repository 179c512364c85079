/* SPDX-License-Identifier: MIT
 *
 * The list of providers, searches in it, a provider's memory, and the watch over all of them.
 */
#include "perflib_state.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "memory_check.h"
#include "os.h"
#include "perflib_report.h"

static struct os_lock state_lock;
static struct perflib_provider *providers;

static struct perflib_watch watch;
static atomic_uint_least64_t watched_allocations, watched_refusals;

static _Thread_local struct perflib_scope *innermost;

void perflib_state_watch(const struct perflib_watch *wanted)
{
    watch = wanted ? *wanted : (struct perflib_watch){ 0 };
    watched_allocations = watched_refusals = 0;
}

uint64_t perflib_state_watched_refusals(void)
{
    return watched_refusals;
}

uint64_t perflib_state_watched_allocations(void)
{
    return watched_allocations;
}

struct findings *perflib_state_watched_findings(void)
{
    return watch.findings;
}

void perflib_state_lock(void)
{
    os_lock_acquire(&state_lock);
}

void perflib_state_unlock(void)
{
    os_lock_release(&state_lock);
}

struct perflib_provider *perflib_state_first_provider(void)
{
    return providers;
}

void perflib_state_add_provider(struct perflib_provider *provider)
{
    struct perflib_provider **link = &providers;

    while (*link)
        link = &(*link)->next;
    *link = provider;
    provider->next = NULL;
}

void perflib_state_remove_provider(struct perflib_provider *provider)
{
    struct perflib_provider **link = &providers;

    while (*link != provider)
        link = &(*link)->next;
    *link = provider->next;
}

size_t perflib_state_forget_providers(void)
{
    struct perflib_provider **link = &providers;
    size_t count = 0;

    perflib_state_lock();
    while (*link) {
        if ((*link)->is_remote) {
            link = &(*link)->next;
            continue;
        }
        *link = (*link)->next;
        count++;
    }
    perflib_state_unlock();
    return count;
}

ULONG perflib_state_refuse(struct findings *findings, const char *function, ULONG error,
                           const char *reason)
{
    if (error)
        watched_refusals++;
    if (error && error != ERROR_NOT_ENOUGH_MEMORY)
        perflib_report(findings, RULE_v2_call_failed, function, "%s returned error %u: %s",
                       function, (unsigned)error, reason);
    return error;
}

struct perflib_provider *perflib_state_find_provider(HANDLE handle)
{
    for (struct perflib_provider *provider = providers; provider; provider = provider->next)
        if (provider == handle && !provider->is_remote)
            return provider;
    return NULL;
}

void perflib_state_enter(struct perflib_scope *scope, struct perflib_provider *provider)
{
    scope->provider = provider;
    scope->outer = innermost;
    innermost = scope;
}

void perflib_state_leave(struct perflib_scope *scope)
{
    innermost = scope->outer;
}

bool perflib_state_is_busy_with(const struct perflib_provider *provider)
{
    for (const struct perflib_scope *scope = innermost; scope; scope = scope->outer)
        if (scope->provider == provider)
            return true;
    return false;
}

struct perflib_provider *perflib_state_acquire(HANDLE handle, struct perflib_scope *scope)
{
    perflib_state_lock();
    struct perflib_provider *provider = perflib_state_find_provider(handle);
    if (provider)
        provider->users++;
    perflib_state_unlock();
    if (provider)
        perflib_state_enter(scope, provider);
    else
        perflib_report(watch.findings, RULE_v2_handle, NULL,
                       "%p is no provider's handle: never started, or stopped already", handle);
    return provider;
}

void perflib_state_release(struct perflib_scope *scope)
{
    perflib_state_leave(scope);
    perflib_state_lock();
    scope->provider->users--;
    perflib_state_unlock();
}

struct perflib_counterset *perflib_state_find_set(struct perflib_provider *provider,
                                                  const GUID *guid)
{
    struct perflib_counterset *set = provider->first_set;

    while (set && !perflib_state_guid_equal(&set->info.CounterSetGuid, guid))
        set = set->next;
    return set;
}

struct perflib_counterset *perflib_state_find_provided_set(const GUID *guid)
{
    struct perflib_counterset *set = NULL;

    for (struct perflib_provider *provider = providers; provider && !set; provider = provider->next)
        set = perflib_state_find_set(provider, guid);
    return set;
}

struct perflib_instance *perflib_state_find_instance(struct perflib_provider *provider,
                                                     const PERF_COUNTERSET_INSTANCE *block)
{
    struct perflib_instance *instance = provider->by_address[perflib_state_address_bucket(block)];

    while (instance && instance->block != block)
        instance = instance->same_address;
    return instance;
}

bool perflib_state_find_counter(const struct perflib_counterset *set, ULONG id, ULONG *position)
{
    ULONG first = 0, end = set->info.NumCounters;

    while (first < end) {
        const ULONG middle = first + (end - first) / 2;
        const ULONG found = set->counters[set->by_id[middle]].CounterId;

        if (found == id) {
            *position = set->by_id[middle];
            return true;
        }
        if (found < id)
            first = middle + 1;
        else
            end = middle;
    }
    return false;
}

size_t perflib_state_address_bucket(const void *block)
{
    const uintptr_t address = (uintptr_t)block / 16;

    return (address ^ address / PERFLIB_BUCKETS) % PERFLIB_BUCKETS;
}

size_t perflib_state_name_bucket(const WCHAR *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a, without case */

    for (; *name; name++) {
        const WCHAR upper = *name >= 'a' && *name <= 'z' ? (WCHAR)(*name - 'a' + 'A') : *name;
        hash = (hash ^ upper) * 16777619u;
    }
    return (hash ^ hash >> 16) % PERFLIB_BUCKETS;
}

void *perflib_state_allocate(struct perflib_memory *memory, size_t size)
{
    if (++watched_allocations == watch.failing_allocation)
        return NULL;

    void *block = memory->allocate(size, memory->context);
    if ((uintptr_t)block % _Alignof(struct perflib_instance)) {
        /* Windows would use it; here it would be undefined behaviour. The check has reported it. */
        memory->free(block, memory->context);
        return NULL;
    }
    if (block)
        memset(block, 0, size);
    return block;
}

void perflib_state_free(struct perflib_memory *memory, void *block)
{
    memory->free(block, memory->context);
}

bool perflib_state_guid_equal(const GUID *left, const GUID *right)
{
    return memcmp(left, right, sizeof(*left)) == 0;
}
