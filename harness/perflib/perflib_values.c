/* SPDX-License-Identifier: MIT
 *
 * Raw values: a provider sets them, a consumer reads them. Each change is atomic for all other
 * threads. A decrement below 0 wraps, as in PERFLIB.
 */
#include "perflib_state.h"

#include <inttypes.h>
#include <string.h>

#include "perflib_report.h"

enum operation { OPERATION_SET, OPERATION_ADD, OPERATION_SUBTRACT, OPERATION_REFER };

struct change {
    enum operation operation;
    ULONG size; /* 4 or 8; 0: an address */
    uint64_t value;
    void *address;
};

static uint64_t changed(uint64_t old, const struct change *change)
{
    switch (change->operation) {
    case OPERATION_ADD:
        return old + change->value;
    case OPERATION_SUBTRACT:
        return old - change->value;
    default:
        return change->value;
    }
}

/* Change a cell and return its old value; for counters by reference 0. */
static uint64_t apply(void *cell, const struct change *change)
{
    uint64_t old = 0;

    if (change->operation == OPERATION_REFER) {
        memcpy(cell, &change->address, sizeof(change->address));
    } else if (change->size == 4) {
        old = *(uint32_t *)cell;
        *(uint32_t *)cell = (uint32_t)changed(old, change);
    } else {
        old = *(uint64_t *)cell;
        *(uint64_t *)cell = changed(old, change);
    }
    return old;
}

static ULONG change_value(HANDLE handle, PPERF_COUNTERSET_INSTANCE block, ULONG id,
                          const struct change *change)
{
    struct findings *findings = perflib_state_watched_findings();
    ULONG error = ERROR_SUCCESS;
    ULONG position = 0, value_size = 0;
    uint64_t old = 0;

    if (!block) {
        perflib_report(findings, RULE_v2_instance, "NULL",
                       "counter %u of an instance that is NULL was changed", (unsigned)id);
        return ERROR_INVALID_PARAMETER;
    }

    perflib_state_lock();
    struct perflib_provider *provider = perflib_state_find_provider(handle);
    struct perflib_instance *instance =
        provider ? perflib_state_find_instance(provider, block) : NULL;
    if (provider)
        findings = provider->findings;
    if (!provider) {
        error = ERROR_INVALID_HANDLE;
    } else if (!instance || !perflib_state_find_counter(instance->set, id, &position)) {
        error = ERROR_NOT_FOUND;
    } else {
        const PERF_COUNTER_INFO *counter = &instance->set->counters[position];
        const ULONG size =
            counter->Attrib & PERF_ATTRIB_BY_REFERENCE ? 0 : perflib_value_size(counter->Type);

        value_size = perflib_value_size(counter->Type);
        if (size == change->size)
            old = apply(perflib_cell(instance, position), change);
        else
            error = ERROR_INVALID_PARAMETER;
    }
    perflib_state_unlock();

    if (!provider)
        perflib_report(findings, RULE_v2_handle, NULL, "%p is not the handle of a started provider",
                       handle);
    else if (!instance)
        perflib_report(findings, RULE_v2_instance, NULL,
                       "a counter of %p was changed, which is not an instance of this provider",
                       (void *)block);
    else if (error == ERROR_NOT_FOUND)
        perflib_report(findings, RULE_v2_call_failed, "counter",
                       "counter %u was changed, which the counterset does not have", (unsigned)id);
    else if (error == ERROR_INVALID_PARAMETER)
        perflib_report(findings, RULE_v2_counter_width, NULL,
                       "counter %u was changed by a function for %s", (unsigned)id,
                       change->size == 0   ? "counters by reference"
                       : change->size == 4 ? "values of 4 bytes"
                                           : "values of 8 bytes");
    else if (change->operation == OPERATION_SUBTRACT && old < change->value)
        perflib_report(findings, RULE_v2_decrement_below_zero, NULL,
                       "counter %u, which was %" PRIu64 ", was decremented by %" PRIu64,
                       (unsigned)id, old, change->value);
    else if (change->operation == OPERATION_REFER && (uintptr_t)change->address % value_size)
        perflib_report(findings, RULE_v2_reference_alignment, NULL,
                       "counter %u of %u bytes refers to %p, which is not a multiple of its size",
                       (unsigned)id, (unsigned)value_size, change->address);
    return error;
}

bool perflib_values_read(struct perflib_instance *instance, ULONG position, uint64_t *value)
{
    const PERF_COUNTER_INFO *counter = &instance->set->counters[position];
    const void *source = perflib_cell(instance, position);
    const ULONG size = perflib_value_size(counter->Type);
    uint32_t narrow;

    if (counter->Attrib & PERF_ATTRIB_BY_REFERENCE) {
        memcpy(&source, source, sizeof(source));
        if (!source)
            return false;
    }
    if (size == 8) {
        memcpy(value, source, sizeof(*value));
    } else {
        memcpy(&narrow, source, sizeof(narrow));
        *value = narrow;
    }
    return true;
}

ULONG WINAPI PerfSetCounterRefValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block, ULONG id,
                                    PVOID address)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_REFER, 0, 0, address });
}

ULONG WINAPI PerfSetULongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block, ULONG id,
                                      ULONG value)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_SET, 4, value, NULL });
}

ULONG WINAPI PerfSetULongLongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block, ULONG id,
                                          ULONGLONG value)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_SET, 8, value, NULL });
}

ULONG WINAPI PerfIncrementULongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block,
                                            ULONG id, ULONG value)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_ADD, 4, value, NULL });
}

ULONG WINAPI PerfIncrementULongLongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block,
                                                ULONG id, ULONGLONG value)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_ADD, 8, value, NULL });
}

ULONG WINAPI PerfDecrementULongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block,
                                            ULONG id, ULONG value)
{
    const struct change change = { OPERATION_SUBTRACT, 4, value, NULL };

    return change_value(handle, block, id, &change);
}

ULONG WINAPI PerfDecrementULongLongCounterValue(HANDLE handle, PPERF_COUNTERSET_INSTANCE block,
                                                ULONG id, ULONGLONG value)
{
    return change_value(handle, block, id, &(struct change){ OPERATION_SUBTRACT, 8, value, NULL });
}
