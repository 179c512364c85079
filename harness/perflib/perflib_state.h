/* SPDX-License-Identifier: MIT
 *
 * The state that the parts of the emulation share: providers, their sets and their instances, in
 * the provider's own memory. Handles and blocks are looked up by address, so an unknown pointer is
 * never dereferenced.
 *
 * One lock protects the state. It is never held while a provider's code runs. A function that calls
 * a provider first acquires it, which makes PerfStopProvider wait, and then releases the lock.
 */
#ifndef PERFLIB_STATE_H
#define PERFLIB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

/** Rule: instance blocks of Windows have a cell of 8 bytes for each counter, of any type. */
#define PERFLIB_CELL_SIZE 8

#define PERFLIB_BUCKETS 128          /* buckets of each table below; a power of 2 */
#define PERFLIB_COUNTERS_LIMIT 64000 /* of a set; chosen: see perflib_emulation.h */

struct memory_check;
struct perflib_counterset;
struct perflib_provider;

struct perflib_instance {
    _Alignas(8) struct perflib_counterset *set;
    ULONG id; /* a copy: the provider can overwrite the block's header */
    struct perflib_instance *next, *previous; /* in the set, in order of creation */
    struct perflib_instance *same_address;    /* next in its bucket of the provider */
    struct perflib_instance *same_name;       /* next in its bucket of the set */
    PERF_COUNTERSET_INSTANCE *block; /* the provider has a pointer to it and may overwrite it. A
                                        cell for each counter follows, then the name */
    WCHAR name[];                    /* a copy; the block follows at a multiple of 8 */
};

/** The values of deleted instances, for each counter of a set that aggregates over its history. */
struct perflib_history {
    uint64_t total, minimum, maximum, count;
};

struct perflib_counterset {
    struct perflib_provider *provider;
    struct perflib_counterset *next; /* in the provider, in order of registration */
    PERF_COUNTERSET_INFO info;
    struct perflib_instance *first, *last;
    struct perflib_instance *by_name[PERFLIB_BUCKETS];
    struct perflib_history *history; /* after the counters; NULL: the type has no history */
    ULONG *by_id;                    /* positions of the counters, sorted by id */
    PERF_COUNTER_INFO counters[];    /* info.NumCounters */
};

struct perflib_memory {
    PERF_MEM_ALLOC allocate; /* never NULL */
    PERF_MEM_FREE free;
    void *context;
    struct memory_check *check; /* NULL, or the check that `context` is */
};

struct perflib_provider {
    struct perflib_provider *next;
    GUID guid;
    PERFLIBREQUEST callback; /* may be NULL */
    struct perflib_memory memory;
    struct findings *findings; /* NULL: not watched */
    bool is_remote;            /* a copy of another process's provider, made by perflib_remote.c */
    bool remote_is_listed;     /* among the providers, and not replaced by a newer copy */
    ULONG remote_status;       /* its callback's result of PERF_COLLECT_START there */
    uint32_t users;            /* running calls that use it without the lock */
    struct perflib_counterset *first_set;
    struct perflib_instance *by_address[PERFLIB_BUCKETS];
};

/** The lock. It is held only for short sections. */
void perflib_state_lock(void);
void perflib_state_unlock(void);

/** All providers, in order of their start; under the lock. */
struct perflib_provider *perflib_state_first_provider(void);

/** Add at the end of the list, or remove. Under the lock. */
void perflib_state_add_provider(struct perflib_provider *provider);
void perflib_state_remove_provider(struct perflib_provider *provider);

/**
 * The provider of a handle, or NULL, which is a finding if providers are watched. Under the lock.
 */
struct perflib_provider *perflib_state_find_provider(HANDLE handle);

/** The provider that a thread has acquired. The scope is on that thread's stack. */
struct perflib_scope {
    struct perflib_provider *provider;
    struct perflib_scope *outer; /* the enclosing scope of the same thread */
};

/** The same; the provider is not freed until perflib_state_release. Takes the lock itself. */
struct perflib_provider *perflib_state_acquire(HANDLE handle, struct perflib_scope *scope);
void perflib_state_release(struct perflib_scope *scope);

/** Whether the calling thread is inside a call that acquired this provider. */
bool perflib_state_is_busy_with(const struct perflib_provider *provider);

/** Begin and end a scope for a provider that is protected in another way. */
void perflib_state_enter(struct perflib_scope *scope, struct perflib_provider *provider);
void perflib_state_leave(struct perflib_scope *scope);

/** Find a set by GUID, an instance by address, a counter's position by id. Under the lock. */
struct perflib_counterset *perflib_state_find_set(struct perflib_provider *provider,
                                                  const GUID *guid);
struct perflib_instance *perflib_state_find_instance(struct perflib_provider *provider,
                                                     const PERF_COUNTERSET_INSTANCE *block);
bool perflib_state_find_counter(const struct perflib_counterset *set, ULONG id, ULONG *position);

/**
 * The name of the part of an instance's header or name that its provider has overwritten, or NULL.
 */
const char *perflib_sets_instance_damage(const struct perflib_instance *instance);

/** What is wrong with a template, or NULL. Faults that need memory to find are not included. */
const char *perflib_sets_template_fault(const PERF_COUNTERSET_INFO *template, size_t size);

/**
 * The bytes of a set with a valid template, and a function that fills such bytes, which must be
 * zeroed. False: two counters have the same identifier.
 */
size_t perflib_sets_size(const PERF_COUNTERSET_INFO *template);
bool perflib_sets_init(struct perflib_counterset *set, const PERF_COUNTERSET_INFO *template);

/**
 * Append a set to its provider. Under the lock. False: the provider already has a set with that
 * GUID.
 */
bool perflib_sets_add(struct perflib_provider *provider, struct perflib_counterset *set);

/**
 * The bytes of an instance, and a function that fills such bytes, which must be zeroed. `length` is
 * in units.
 */
size_t perflib_sets_instance_size(const struct perflib_counterset *set, size_t length);
void perflib_sets_init_instance(struct perflib_instance *instance, struct perflib_counterset *set,
                                const WCHAR *name, size_t length, ULONG id);

/** Add an instance to its set and provider. Under the lock. */
void perflib_sets_add_instance(struct perflib_provider *provider,
                               struct perflib_instance *instance);

/** The first set with that GUID of any provider, or NULL. Under the lock. */
struct perflib_counterset *perflib_state_find_provided_set(const GUID *guid);

/** The bucket of an address or a name. */
size_t perflib_state_address_bucket(const void *block);
size_t perflib_state_name_bucket(const WCHAR *name);

/** The cell of a counter, aligned to 8 bytes. */
static inline void *perflib_cell(struct perflib_instance *instance, ULONG position)
{
    return (unsigned char *)(instance->block + 1) + (size_t)PERFLIB_CELL_SIZE * position;
}

/** Bytes of a counter's raw value: 8 if the type's size bits are PERF_SIZE_LARGE, otherwise 4. */
static inline ULONG perflib_value_size(ULONG type)
{
    return (type & PERF_SIZE_VARIABLE_LEN) == PERF_SIZE_LARGE ? 8 : 4;
}

/** Read a raw value. False: the counter is by reference and has no address. Under the lock. */
bool perflib_values_read(struct perflib_instance *instance, ULONG position, uint64_t *value);

/** The findings that receive the breaches of providers that start now, or NULL. */
struct findings *perflib_state_watched_findings(void);

/** Count and report the error of a refused provider or set. Returns the error. */
ULONG perflib_state_refuse(struct findings *findings, const char *function, ULONG error,
                           const char *reason);

/** A zeroed block of a provider's memory, or NULL. Never under the lock. */
void *perflib_state_allocate(struct perflib_memory *memory, size_t size);
void perflib_state_free(struct perflib_memory *memory, void *block);

bool perflib_state_guid_equal(const GUID *left, const GUID *right);

/**
 * Report a consumer's action to a provider, on a new thread. Never under the lock. The caller has
 * acquired the provider.
 *
 * @param buffer  copied
 * @return the result of the callback; ERROR_SUCCESS if there is no callback or it takes more than 1
 *         s
 */
ULONG perflib_control_call(struct perflib_provider *provider, ULONG code, const void *buffer,
                           ULONG size);

#endif /* PERFLIB_STATE_H */
