/* SPDX-License-Identifier: MIT
 *
 * One table of numbers by hash and one of addresses by number: see call_sites.h. Entries are only
 * added: first the address, then its number in the hash table.
 */
#include "call_sites.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "os_region.h"
#include "spin_lock.h"

#define SITE_COUNT 65535u /* numbers have 16 bits, and 0 means unknown: see address_layout.h */
#define SLOT_BITS 17      /* twice as many slots as numbers, so that half are free */
#define SLOT_COUNT (1u << SLOT_BITS)

struct sites {
    _Atomic uintptr_t addresses[SITE_COUNT + 1];
    _Atomic uint16_t numbers[SLOT_COUNT];
};

static struct spin_lock lock;
static _Atomic(struct sites *) sites;
static uint32_t count;

static uint16_t find(struct sites *table, uintptr_t address, uint32_t *slot)
{
    uint32_t i = (uint32_t)((uint64_t)address * 0x9E3779B97F4A7C15u >> (64 - SLOT_BITS));

    for (;; i = (i + 1) & (SLOT_COUNT - 1)) {
        uint16_t number = atomic_load_explicit(&table->numbers[i], memory_order_acquire);
        if (number == 0 ||
            atomic_load_explicit(&table->addresses[number], memory_order_relaxed) == address) {
            *slot = i;
            return number;
        }
    }
}

static uint16_t add(uintptr_t address)
{
    struct sites *table = atomic_load_explicit(&sites, memory_order_relaxed);
    uint32_t slot;

    if (!table) {
        uint32_t error = os_last_error();
        table = os_pages_allocate(sizeof(*table));
        os_last_error_set(error);
        if (!table)
            return 0;
        atomic_store_explicit(&sites, table, memory_order_release);
    }
    uint16_t number = find(table, address, &slot);
    if (number != 0 || count == SITE_COUNT - 1)
        return number;
    number = (uint16_t)++count;
    atomic_store_explicit(&table->addresses[number], address, memory_order_relaxed);
    atomic_store_explicit(&table->numbers[slot], number, memory_order_release);
    return number;
}

uint16_t call_sites_number(uintptr_t address)
{
    struct sites *table = atomic_load_explicit(&sites, memory_order_acquire);
    uint32_t slot;
    uint16_t number = 0;

    if (!address)
        return 0;
    if (table)
        number = find(table, address, &slot);
    if (number == 0) {
        spin_lock_acquire(&lock);
        number = add(address);
        spin_lock_release(&lock);
    }
    return number;
}

const void *call_sites_address(uint16_t number)
{
    struct sites *table = atomic_load_explicit(&sites, memory_order_acquire);

    if (!table || number == 0)
        return NULL;
    return (const void *)atomic_load_explicit(&table->addresses[number], memory_order_relaxed);
}

const void *call_sites_location(void)
{
    static_assert(offsetof(struct sites, addresses) == 0 && SITE_COUNT + 1 == CALL_SITE_COUNT,
                  "who finds the table finds the addresses");
    return &sites;
}

void call_sites_lock(void)
{
    spin_lock_acquire(&lock);
}

void call_sites_unlock(void)
{
    spin_lock_release(&lock);
}

void call_sites_release(void)
{
    os_pages_free(atomic_load(&sites), sizeof(struct sites));
    call_sites_forget();
}

void call_sites_forget(void)
{
    atomic_store(&sites, NULL);
    count = 0;
    spin_lock_release(&lock);
}
