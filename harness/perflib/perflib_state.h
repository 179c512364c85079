/* SPDX-License-Identifier: MIT
 *
 * What the parts of the emulation share: providers, their sets and their instances, in memory of
 * the provider's own, found by address so that nothing unknown is ever followed.
 *
 * One lock guards it all. It is never held while a provider's code runs: whoever calls out acquires
 * the provider, which keeps PerfStopProvider waiting, and lets go of the lock.
 */
#ifndef PERFLIB_STATE_H
#define PERFLIB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

/** Rule: instance blocks of Windows have a cell of 8 bytes for each counter, of any type. */
#define PERFLIB_CELL_SIZE 8

#define PERFLIB_BUCKETS 128 /* of the tables below; a power of 2 */
#define PERFLIB_COUNTERS_LIMIT 64000

struct memory_check;
struct perflib_counterset;
struct perflib_provider;

struct perflib_instance {
    _Alignas(8) struct perflib_counterset *set;
    ULONG id; /* as created: the provider can write to the block's header */
    struct perflib_instance *next, *previous; /* of the set, in order of creation */
    struct perflib_instance *same_address;    /* next in its bucket of the provider */
    struct perflib_instance *same_name;       /* next in its bucket of the set */
    PERF_COUNTERSET_INSTANCE *block; /* what the provider has a pointer to, and may overwrite:
                                        after it a cell for each counter, then the name */
    WCHAR name[]; /* as created; the block follows, which begins at a multiple of 8 */
};

/** What deleted instances leave to a set that aggregates over its history, for each counter. */
struct perflib_history {
    uint64_t total, minimum, maximum, count;
};

struct perflib_counterset {
    struct perflib_provider *provider;
    struct perflib_counterset *next; /* of the provider, in order of registration */
    PERF_COUNTERSET_INFO info;
    struct perflib_instance *first, *last;
    struct perflib_instance *by_name[PERFLIB_BUCKETS];
    struct perflib_history *history; /* after the counters; NULL: the type has none */
    ULONG *by_id;                    /* positions of the counters, in the order of their ids */
    PERF_COUNTER_INFO counters[];    /* info.NumCounters */
};

struct perflib_memory {
    PERF_MEM_ALLOC allocate; /* never NULL */
    PERF_MEM_FREE free;
    void *context;
    struct memory_check *check; /* that context is, or NULL */
};

struct perflib_provider {
    struct perflib_provider *next;
    GUID guid;
    PERFLIBREQUEST callback; /* may be NULL */
    struct perflib_memory memory;
    struct findings *findings; /* NULL: not watched */
    bool is_remote;            /* a copy of another process's, made by perflib_remote.c */
    bool remote_is_listed;     /* among the providers, and not replaced by a newer copy */
    ULONG remote_status;       /* what its callback answered there to PERF_COLLECT_START */
    uint32_t users;            /* calls under way that use it without the lock */
    struct perflib_counterset *first_set;
    struct perflib_instance *by_address[PERFLIB_BUCKETS];
};

/** The lock; short sections. */
void perflib_lock(void);
void perflib_unlock(void);

/** All providers, in order of their start; under the lock. */
struct perflib_provider *perflib_first_provider(void);

/** Add at the end, or take out; under the lock. */
void perflib_add_provider(struct perflib_provider *provider);
void perflib_remove_provider(struct perflib_provider *provider);

/** The provider of a handle, or NULL (a finding, if anybody watches); under the lock. */
struct perflib_provider *perflib_find_provider(HANDLE handle);

/** Which provider a thread is busy with: on the stack of whoever acquires it. */
struct perflib_scope {
    struct perflib_provider *provider;
    struct perflib_scope *outer; /* of the same thread */
};

/** The same, kept alive until perflib_release; takes the lock itself. */
struct perflib_provider *perflib_acquire(HANDLE handle, struct perflib_scope *scope);
void perflib_release(struct perflib_scope *scope);

/** Whether the calling thread is inside a call that acquired this provider. */
bool perflib_is_busy_with(const struct perflib_provider *provider);

/** Begin and end a scope for a provider that is kept alive otherwise. */
void perflib_enter(struct perflib_scope *scope, struct perflib_provider *provider);
void perflib_leave(struct perflib_scope *scope);

/** Set of a provider, instance of an address, position of a counter; under the lock. */
struct perflib_counterset *perflib_find_set(struct perflib_provider *provider, const GUID *guid);
struct perflib_instance *perflib_find_instance(struct perflib_provider *provider,
                                               const PERF_COUNTERSET_INSTANCE *block);
bool perflib_find_counter(const struct perflib_counterset *set, ULONG id, ULONG *position);

/** What of an instance's header and name its provider has overwritten; NULL: nothing. */
const char *perflib_instance_damage(const struct perflib_instance *instance);

/** What is wrong with a template, as far as can be seen without memory; NULL: nothing. */
const char *perflib_template_fault(const PERF_COUNTERSET_INFO *template, size_t size);

/** Bytes of a set with a template that has no fault, and filling them, which were zeroed.
    False: two counters have one identifier. */
size_t perflib_set_size(const PERF_COUNTERSET_INFO *template);
bool perflib_set_init(struct perflib_counterset *set, const PERF_COUNTERSET_INFO *template);

/** Append a set to its provider; under the lock. False: the provider has one with that GUID. */
bool perflib_add_set(struct perflib_provider *provider, struct perflib_counterset *set);

/** Bytes of an instance, and filling them, which were zeroed. `length` is in units. */
size_t perflib_instance_size(const struct perflib_counterset *set, size_t length);
void perflib_instance_init(struct perflib_instance *instance, struct perflib_counterset *set,
                           const WCHAR *name, size_t length, ULONG id);

/** Add an instance to its set and provider; under the lock. */
void perflib_add_instance(struct perflib_provider *provider, struct perflib_instance *instance);

/** Set of whichever provider has it, or NULL; under the lock. */
struct perflib_counterset *perflib_find_provided_set(const GUID *guid);

/** Buckets. */
size_t perflib_address_bucket(const void *block);
size_t perflib_name_bucket(const WCHAR *name);

/** The cell of a counter, aligned to 8. */
static inline void *perflib_cell(struct perflib_instance *instance, ULONG position)
{
    return (unsigned char *)(instance->block + 1) + (size_t)PERFLIB_CELL_SIZE * position;
}

/** Bytes of a counter's raw value: 8 where the type's size bits say LARGE, else 4. */
static inline ULONG perflib_value_size(ULONG type)
{
    return (type & PERF_SIZE_VARIABLE_LEN) == PERF_SIZE_LARGE ? 8 : 4;
}

/** Read a raw value; false when a counter by reference has no address. Under the lock. */
bool perflib_read(struct perflib_instance *instance, ULONG position, uint64_t *value);

/** Where the breaches of providers go that start now; NULL: nowhere. */
struct findings *perflib_watched_findings(void);

/** Count an error of a provider or a set that was refused, and report it; returns it. */
ULONG perflib_refuse(struct findings *findings, const char *function, ULONG error,
                     const char *reason);

/** Memory of a provider: zeroed, or NULL. Never under the lock. */
void *perflib_allocate(struct perflib_memory *memory, size_t size);
void perflib_free(struct perflib_memory *memory, void *block);

bool perflib_guid_equal(const GUID *left, const GUID *right);

/**
 * Tell a provider what a consumer does, on a thread of its own. Never under the lock; the provider
 * is acquired.
 *
 * @param buffer  copied
 * @return what the callback returned; ERROR_SUCCESS when there is none or it takes over 1 second
 */
ULONG perflib_call_back(struct perflib_provider *provider, ULONG code, const void *buffer,
                        ULONG size);

#endif /* PERFLIB_STATE_H */
