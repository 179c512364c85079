/* SPDX-License-Identifier: MIT
 *
 * An open-addressing table that only grows, and a table of recent frees in which a newer entry
 * replaces an older one: see faults.h.
 */
#include "faults.h"

#include <stddef.h>

#include "os.h"

#define NOTED_BITS 13 /* log2 of the remembered frees; chosen */
/* Entries that are examined, chosen; if all are in use, the table counts as full. */
#define PROBES 32u

/* Several threads may write this at the same time. A mixture of two frees matches no address. */
struct noted_free {
    _Atomic uintptr_t address;
    _Atomic uintptr_t site;
    _Atomic uint32_t heap;
};

static _Alignas(OS_TABLE_ALIGNMENT) struct fault_table table;
static _Alignas(OS_TABLE_ALIGNMENT) struct noted_free noted[1u << NOTED_BITS];

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static struct noted_free *noted_at(uint32_t heap, uintptr_t address)
{
    return &noted[mix(heap, address) >> (64 - NOTED_BITS)];
}

void faults_add(enum fault_kind kind, uint32_t heap, uintptr_t address, uintptr_t site,
                uintptr_t first_site)
{
    uint64_t key = mix(mix(mix(mix(0, kind), heap), site), first_site) | 1;

    for (uint32_t i = 0; i < PROBES; i++) {
        struct fault *fault = &table.faults[(key + i) % FAULT_COUNT];
        uint64_t found = atomic_load_explicit(&fault->key, memory_order_relaxed);
        if (found == 0 && atomic_compare_exchange_strong(&fault->key, &found, key)) {
            atomic_store_explicit(&fault->heap, heap, memory_order_relaxed);
            atomic_store_explicit(&fault->site, site, memory_order_relaxed);
            atomic_store_explicit(&fault->first_site, first_site, memory_order_relaxed);
            atomic_store_explicit(&fault->address, address, memory_order_relaxed);
            atomic_store_explicit(&fault->kind, kind, memory_order_release);
            found = key;
        }
        if (found == key) {
            atomic_fetch_add_explicit(&fault->count, 1, memory_order_relaxed);
            return;
        }
    }
    atomic_fetch_add_explicit(&table.dropped, 1, memory_order_relaxed);
}

void faults_note_free(uint32_t heap, uintptr_t address, uintptr_t site)
{
    struct noted_free *free = noted_at(heap, address);

    atomic_store_explicit(&free->address, address, memory_order_relaxed);
    atomic_store_explicit(&free->site, site, memory_order_relaxed);
    atomic_store_explicit(&free->heap, heap, memory_order_relaxed);
}

void faults_add_unknown(uint32_t heap, uintptr_t address, uintptr_t site)
{
    struct noted_free *free = noted_at(heap, address);

    if (atomic_load_explicit(&free->address, memory_order_relaxed) == address &&
        atomic_load_explicit(&free->heap, memory_order_relaxed) == heap)
        faults_add(FAULT_SECOND_FREE, heap, address, site,
                   atomic_load_explicit(&free->site, memory_order_relaxed));
    else
        faults_add(FAULT_UNKNOWN_FREE, heap, address, site, 0);
}

const struct fault_table *faults_location(void)
{
    return &table;
}
