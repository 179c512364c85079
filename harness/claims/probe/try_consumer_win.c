/* SPDX-License-Identifier: MIT
 *
 * The probes v2_consumer and v2_objects: the consumer's functions of PERFLIB V2, tried on Windows'
 * own sets. No rights are needed.
 */
#include <stdlib.h>
#include <string.h>

#include "winperf.h"
#include "perflib.h"
#include "truth_answer.h"
#include "trial.h"

#define SETS_MAX 4096          /* chosen: far more sets than any known system has */
#define BUFFER_SIZE (1u << 20) /* bytes; chosen: far more than the answer of one provider */

static struct {
    __typeof__(PerfEnumerateCounterSet) *sets;
    __typeof__(PerfEnumerateCounterSetInstances) *instances;
    __typeof__(PerfQueryCounterSetRegistrationInfo) *info;
    __typeof__(PerfOpenQueryHandle) *open;
    __typeof__(PerfCloseQueryHandle) *close;
    __typeof__(PerfAddCounters) *add;
    __typeof__(PerfDeleteCounters) *delete;
    __typeof__(PerfQueryCounterInfo) *counters;
    __typeof__(PerfQueryCounterData) *data;
} v2;

static bool begin(struct trial *trial)
{
    return trial_find(trial, "PerfOpenQueryHandle", &v2.open) &&
           trial_find(trial, "PerfCloseQueryHandle", &v2.close) &&
           trial_find(trial, "PerfAddCounters", &v2.add) &&
           trial_find(trial, "PerfQueryCounterData", &v2.data);
}

/* Begin a trial with the functions that Wine lacks. */
static bool begin_sets(struct trial *trial)
{
    return begin(trial) && trial_find(trial, "PerfEnumerateCounterSet", &v2.sets) &&
           trial_find(trial, "PerfEnumerateCounterSetInstances", &v2.instances) &&
           trial_find(trial, "PerfQueryCounterSetRegistrationInfo", &v2.info) &&
           trial_find(trial, "PerfDeleteCounters", &v2.delete) &&
           trial_find(trial, "PerfQueryCounterInfo", &v2.counters);
}

/* Open a query handle. */
static bool begin_query(struct trial *trial, HANDLE *query)
{
    if (!begin(trial))
        return false;
    const ULONG error = v2.open(NULL, query);
    if (error)
        trial_expect(trial, false, "PerfOpenQueryHandle: %lu", error);
    return !error;
}

/* A block that selects all counters of a set; an instance's name follows. */
struct block {
    PERF_COUNTER_IDENTIFIER identifier;
    WCHAR name[4];
};

static DWORD make_block(struct block *block, const GUID *set, const WCHAR *name)
{
    memset(block, 0, sizeof(*block));
    block->identifier.CounterSetGuid = *set;
    block->identifier.CounterId = PERF_WILDCARD_COUNTER;
    block->identifier.InstanceId = 0xFFFFFFFF;
    lstrcpyW(block->name, name);
    block->identifier.Size = *name ? sizeof(*block) : sizeof(block->identifier);
    return block->identifier.Size;
}

/* Find a set of this system with several instances or with one. Returns false if it has no such set. */
static bool find_set(struct trial *trial, bool has_instances, GUID *found,
                     PERF_COUNTERSET_REG_INFO *info)
{
    static GUID guids[SETS_MAX];
    DWORD count = 0, used;

    if (!begin_sets(trial))
        return false;
    if (v2.sets(NULL, guids, SETS_MAX, &count))
        count = 0;
    for (DWORD i = 0; i < count && i < SETS_MAX; i++)
        if (v2.info(NULL, &guids[i], PERF_REG_COUNTERSET_STRUCT, 0, (BYTE *)info, sizeof(*info),
                    &used) == 0 &&
            !!(info->InstanceType & PERF_COUNTERSET_FLAG_MULTIPLE) == has_instances) {
            *found = guids[i];
            return true;
        }
    trial_impossible(trial, "none of %lu sets of this system will do", count);
    return false;
}

void try_v2_open_query_null(struct trial *trial)
{
    if (!begin(trial))
        return;
    const ULONG error = v2.open(NULL, NULL);
    trial_expect(trial, error == 87, "no place for the handle: %lu", error);
}

void try_v2_close_query(struct trial *trial)
{
    HANDLE query;

    if (!begin_query(trial, &query))
        return;
    const ULONG error = v2.close(query);
    trial_expect(trial, !error, "close: %lu", error);
}

void try_v2_add_size(struct trial *trial)
{
    static const GUID unknown = { 0x7C1A2E59, 0, 0, { 0 } };
    static const ULONG sizes[] = { 0, 8 };
    struct block block;
    HANDLE query;

    if (!begin_query(trial, &query))
        return;
    for (size_t i = 0; i < 2; i++) {
        make_block(&block, &unknown, L"*");
        block.identifier.Size = sizes[i];
        const ULONG error = v2.add(query, &block.identifier, sizeof(block));
        trial_expect(trial, error == 87, "a block of size %lu: %lu", sizes[i], error);
    }
    v2.close(query);
}

void try_v2_add_unknown(struct trial *trial)
{
    static const GUID unknown = { 0x7C1A2E59, 0, 0, { 0 } };
    struct block block;
    HANDLE query;

    if (!begin_query(trial, &query))
        return;
    make_block(&block, &unknown, L"*");
    const ULONG error = v2.add(query, &block.identifier, sizeof(block));
    trial_expect(trial, !error && block.identifier.Status == 4200,
                 "an unknown set: %lu, Status %lu", error, block.identifier.Status);
    v2.close(query);
}

void try_v2_delete(struct trial *trial)
{
    PERF_COUNTERSET_REG_INFO info;
    struct block block;
    HANDLE query;
    GUID set;
    DWORD need = 1;

    if (!find_set(trial, false, &set, &info) || !begin_query(trial, &query))
        return;
    const DWORD size = make_block(&block, &set, L"");
    ULONG error = v2.add(query, &block.identifier, size);
    trial_observe(trial, "added: %lu, Status %lu", error, block.identifier.Status);
    block.identifier.Status = 1;
    error = v2.delete(query, &block.identifier, size);
    trial_expect(trial, !error && !block.identifier.Status, "deleted: %lu, Status %lu", error,
                 block.identifier.Status);
    error = v2.counters(query, NULL, 0, &need);
    trial_expect(trial, need == 0, "the query has %lu bytes of counters left", need);
    v2.close(query);
}

void try_v2_counter_order(struct trial *trial)
{
    static BYTE buffer[BUFFER_SIZE];
    PERF_COUNTERSET_REG_INFO info;
    struct block block;
    HANDLE query;
    GUID set;
    DWORD used = 0, expected = 0, wrong = 0;

    if (!find_set(trial, false, &set, &info) || !begin_query(trial, &query))
        return;
    const DWORD size = make_block(&block, &set, L"");
    v2.add(query, &block.identifier, size);
    const ULONG error = v2.counters(query, (void *)buffer, BUFFER_SIZE, &used);
    for (DWORD at = 0; !error && at + sizeof(PERF_COUNTER_IDENTIFIER) <= used; expected++) {
        const PERF_COUNTER_IDENTIFIER *one = (const void *)(buffer + at);

        wrong += one->Index != expected;
        if (one->Size < sizeof(*one))
            break;
        at += one->Size;
    }
    trial_expect(trial, !error && expected && !wrong, "%lu: %lu blocks, %lu with another Index",
                 error, expected, wrong);
    v2.close(query);
}

void try_v2_data_short(struct trial *trial)
{
    PERF_DATA_HEADER header;
    HANDLE query;
    DWORD need = 0;

    if (!begin_query(trial, &query))
        return;
    ULONG error = v2.data(query, NULL, 0, &need);
    trial_expect(trial, error == 8 && need == 48, "no buffer: %lu, needed %lu", error, need);
    need = 0;
    error = v2.data(query, &header, 8, &need);
    trial_expect(trial, error == 8 && need == 48, "8 bytes: %lu, needed %lu", error, need);
    v2.close(query);
}

void try_v2_data_empty(struct trial *trial)
{
    PERF_DATA_HEADER header = { 0 };
    HANDLE query;
    FILETIME time = { 0 };
    DWORD used = 0;

    if (!begin_query(trial, &query))
        return;
    const ULONG error = v2.data(query, &header, sizeof(header), &used);
    trial_expect(trial,
                 !error && used == 48 && header.dwTotalSize == 48 && header.dwNumCounters == 0,
                 "%lu: %lu bytes, dwTotalSize %lu, %lu counters", error, used, header.dwTotalSize,
                 header.dwNumCounters);
    SystemTimeToFileTime(&header.SystemTime, &time);
    const LONGLONG rest = header.PerfTime100NSec -
                          (LONGLONG)(((ULONGLONG)time.dwHighDateTime << 32) | time.dwLowDateTime);
    trial_expect(trial, rest >= 0 && rest < 10000, "SystemTime is %lld units of 100 ns before",
                 rest);
    v2.close(query);
}

void try_v2_enumerate_sets(struct trial *trial)
{
    static GUID guids[SETS_MAX];
    DWORD need = 0, count = 0;

    if (!begin_sets(trial))
        return;
    ULONG error = v2.sets(NULL, NULL, 0, &need);
    if (!need) {
        trial_impossible(trial, "this system has no set: %lu", error);
        return;
    }
    trial_expect(trial, error == 8, "no buffer: %lu, %lu GUIDs", error, need);
    error = v2.sets(NULL, guids, SETS_MAX, &count);
    trial_expect(trial, !error && count >= need && count < SETS_MAX, "with one: %lu, %lu GUIDs",
                 error, count);
}

void try_v2_enumerate_instances(struct trial *trial)
{
    static BYTE buffer[BUFFER_SIZE];
    PERF_COUNTERSET_REG_INFO info;
    GUID set;
    DWORD used = 0, count = 0, odd = 0;

    if (!find_set(trial, true, &set, &info))
        return;
    const ULONG error = v2.instances(NULL, &set, (void *)buffer, BUFFER_SIZE, &used);
    for (DWORD at = 0; !error && at + sizeof(PERF_INSTANCE_HEADER) <= used; count++) {
        const PERF_INSTANCE_HEADER *one = (const void *)(buffer + at);

        odd += one->Size % 8 != 0;
        if (one->Size < sizeof(*one))
            break;
        at += one->Size;
    }
    if (!count)
        trial_impossible(trial, "the set has no instances: %lu", error);
    else
        trial_expect(trial, !odd, "%lu: %lu instances, %lu sizes are no multiples of 8", error,
                     count, odd);
}

void try_v2_registration_info(struct trial *trial)
{
    PERF_COUNTERSET_REG_INFO info;
    GUID set;

    if (find_set(trial, true, &set, &info))
        trial_expect(trial,
                     memcmp(&info.CounterSetGuid, &set, sizeof(set)) == 0 && info.NumCounters,
                     "a set: %lu counters, instance type %lu", info.NumCounters, info.InstanceType);
}

void try_v2_wildcards(struct trial *trial)
{
    PERF_COUNTERSET_REG_INFO info;
    struct block block;
    HANDLE query;
    GUID set;

    if (!find_set(trial, true, &set, &info))
        return;
    if (begin_query(trial, &query)) {
        const ULONG error = v2.add(query, &block.identifier, make_block(&block, &set, L"*"));

        trial_expect(trial, !error && !block.identifier.Status,
                     "a set with instances and \"*\": %lu, Status %lu", error,
                     block.identifier.Status);
        v2.close(query);
    }
    if (find_set(trial, false, &set, &info) && begin_query(trial, &query)) {
        const ULONG error = v2.add(query, &block.identifier, make_block(&block, &set, L""));

        trial_expect(trial, !error && !block.identifier.Status,
                     "one without and an empty name: %lu, Status %lu", error,
                     block.identifier.Status);
        v2.close(query);
    }
}

/* ---- v2_objects ----------------------------------------------------------------------------- */

/* Count the objects of Global that are missing in OLD_Global: those are of PERFLIB V2. */
static unsigned count_new(struct trial *trial, DWORD *first, unsigned *old_count)
{
    struct truth_answer all, old;
    const PERF_OBJECT_TYPE *object;
    unsigned count = 0;

    *first = 0;
    truth_answer_ask_all(&all, L"Global");
    truth_answer_ask_all(&old, L"OLD_Global");
    for (unsigned i = 0; (object = truth_answer_object(&all, i)) != NULL; i++)
        if (!truth_answer_find(&old, object->ObjectNameTitleIndex)) {
            count++;
            *first = object->ObjectNameTitleIndex;
        }
    *old_count = truth_answer_count(&old);
    if (!truth_answer_count(&all))
        trial_impossible(trial, "no provider has an object here");
    truth_answer_release(&all);
    truth_answer_release(&old);
    return count;
}

/* Whether this system has sets of PERFLIB V2 at all. */
static bool has_sets(struct trial *trial)
{
    DWORD count = 0;

    if (!begin_sets(trial))
        return false;
    v2.sets(NULL, NULL, 0, &count);
    if (!count)
        trial_impossible(trial, "this system has no set");
    return count != 0;
}

void try_word_old(struct trial *trial)
{
    DWORD first;
    unsigned old_count;

    if (!has_sets(trial))
        return;
    const unsigned count = count_new(trial, &first, &old_count);
    trial_expect(trial, count != 0, "OLD_Global has %u objects, Global has %u others", old_count,
                 count);
}

void try_v2_objects(struct trial *trial)
{
    struct truth_answer answer;
    DWORD first;
    unsigned old_count;
    WCHAR query[16];

    if (!has_sets(trial))
        return;
    const unsigned count = count_new(trial, &first, &old_count);
    if (!trial_expect(trial, count != 0, "%u objects of Global are sets", count))
        return;
    wsprintfW(query, L"%u", first);
    truth_answer_ask_all(&answer, query);
    trial_expect(trial, truth_answer_find(&answer, first) != NULL,
                 "asked for its index, %lu is %s the answer", first,
                 truth_answer_find(&answer, first) ? "in" : "not in");
    truth_answer_release(&answer);
}
