/* SPDX-License-Identifier: MIT
 *
 * The probe cooked: counters, names, parents and clocks in the answers of Windows' own providers,
 * and what PDH computes of two samples. No rights are needed.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_system.h"
#include "trial.h"

#include <pdh.h>

#define NO_DATA_HERE "no provider has such a counter here"

/* ---- the counters of Global ------------------------------------------------------------------ */

static const DWORD types[] = {
    PERF_COUNTER_COUNTER,
    PERF_COUNTER_TIMER,
    PERF_COUNTER_QUEUELEN_TYPE,
    PERF_COUNTER_LARGE_QUEUELEN_TYPE,
    PERF_COUNTER_100NS_QUEUELEN_TYPE,
    PERF_COUNTER_OBJ_TIME_QUEUELEN_TYPE,
    PERF_COUNTER_BULK_COUNT,
    PERF_COUNTER_TEXT,
    PERF_COUNTER_RAWCOUNT,
    PERF_COUNTER_LARGE_RAWCOUNT,
    PERF_COUNTER_RAWCOUNT_HEX,
    PERF_COUNTER_LARGE_RAWCOUNT_HEX,
    PERF_SAMPLE_FRACTION,
    PERF_SAMPLE_COUNTER,
    PERF_COUNTER_TIMER_INV,
    PERF_SAMPLE_BASE,
    PERF_AVERAGE_TIMER,
    PERF_AVERAGE_BASE,
    PERF_AVERAGE_BULK,
    PERF_OBJ_TIME_TIMER,
    PERF_100NSEC_TIMER,
    PERF_100NSEC_TIMER_INV,
    PERF_COUNTER_MULTI_TIMER,
    PERF_COUNTER_MULTI_TIMER_INV,
    PERF_COUNTER_MULTI_BASE,
    PERF_100NSEC_MULTI_TIMER,
    PERF_100NSEC_MULTI_TIMER_INV,
    PERF_RAW_FRACTION,
    PERF_LARGE_RAW_FRACTION,
    PERF_RAW_BASE,
    PERF_LARGE_RAW_BASE,
    PERF_ELAPSED_TIME,
    PERF_COUNTER_DELTA,
    PERF_COUNTER_LARGE_DELTA,
    PERF_PRECISION_SYSTEM_TIMER,
    PERF_PRECISION_100NS_TIMER,
    PERF_PRECISION_OBJECT_TIMER,
    PERF_COUNTER_NODATA,
};

static bool is_known(DWORD type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (types[i] == type)
            return true;
    return false;
}

/* The type of the base that a type needs, or 0. */
static DWORD base_of(DWORD type)
{
    switch (type) {
    case PERF_RAW_FRACTION:
        return PERF_RAW_BASE;
    case PERF_LARGE_RAW_FRACTION:
    case PERF_PRECISION_SYSTEM_TIMER:
    case PERF_PRECISION_100NS_TIMER:
    case PERF_PRECISION_OBJECT_TIMER:
        return PERF_LARGE_RAW_BASE; /* PERF_PRECISION_TIMESTAMP has the same number */
    case PERF_SAMPLE_FRACTION:
        return PERF_SAMPLE_BASE;
    case PERF_AVERAGE_TIMER:
    case PERF_AVERAGE_BULK:
        return PERF_AVERAGE_BASE;
    case PERF_COUNTER_MULTI_TIMER:
    case PERF_COUNTER_MULTI_TIMER_INV:
    case PERF_100NSEC_MULTI_TIMER:
    case PERF_100NSEC_MULTI_TIMER_INV:
        return PERF_COUNTER_MULTI_BASE;
    default:
        return 0;
    }
}

static bool is_base(DWORD type)
{
    return type == PERF_RAW_BASE || type == PERF_LARGE_RAW_BASE || type == PERF_SAMPLE_BASE ||
           type == PERF_AVERAGE_BASE || type == PERF_COUNTER_MULTI_BASE;
}

static bool is_multi(DWORD type)
{
    return base_of(type) == PERF_COUNTER_MULTI_BASE;
}

/* The counts of a walk over the counters of Global. */
struct counts {
    unsigned counters, wrong_size, unknown, wrong_scale;
    unsigned with_base, without_base, wrong_base;
    unsigned multi, multi_elsewhere;
    unsigned object_time, no_clock;
};

static bool has_wrong_size(const PERF_COUNTER_DEFINITION *counter)
{
    switch (counter->CounterType & 0x300) {
    case PERF_SIZE_DWORD:
        return counter->CounterSize != 4;
    case PERF_SIZE_LARGE:
        return counter->CounterSize != 8;
    default:
        return false;
    }
}

static void count_one(struct counts *counts, const PERF_OBJECT_TYPE *object,
                      const PERF_COUNTER_DEFINITION *counter, const PERF_COUNTER_DEFINITION *next)
{
    const DWORD type = counter->CounterType;

    counts->counters++;
    counts->wrong_size += has_wrong_size(counter);
    counts->unknown += !is_known(type);
    counts->wrong_scale += counter->DefaultScale < -7 || counter->DefaultScale > 7;
    if ((type & PERF_OBJECT_TIMER) == PERF_OBJECT_TIMER) {
        counts->object_time++;
        counts->no_clock += object->PerfFreq.QuadPart <= 0;
    }
    if (!base_of(type))
        return;
    counts->with_base++;
    counts->without_base += !next || !is_base(next->CounterType);
    counts->wrong_base += next && is_base(next->CounterType) && next->CounterType != base_of(type);
    if (is_multi(type) && next && is_base(next->CounterType)) {
        counts->multi++;
        counts->multi_elsewhere += next->CounterOffset != counter->CounterOffset + 8;
    }
}

/* The counter at a position; NULL after the last one or at a wrong length. */
static const PERF_COUNTER_DEFINITION *counter_at(const PERF_OBJECT_TYPE *object, DWORD position)
{
    size_t at = object->HeaderLength;

    for (DWORD i = 0; i < object->NumCounters; i++) {
        const PERF_COUNTER_DEFINITION *counter = (const void *)((const BYTE *)object + at);

        if (at + sizeof(*counter) > object->DefinitionLength ||
            counter->ByteLength < sizeof(*counter))
            return NULL;
        if (i == position)
            return counter;
        at += counter->ByteLength;
    }
    return NULL;
}

static bool count_all(struct trial *trial, struct counts *counts)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;
    const PERF_COUNTER_DEFINITION *counter;

    memset(counts, 0, sizeof(*counts));
    truth_answer_ask_all(&answer, L"Global");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++)
        for (DWORD j = 0; (counter = counter_at(object, j)) != NULL; j++)
            count_one(counts, object, counter, counter_at(object, j + 1));
    truth_answer_release(&answer);
    if (!counts->counters)
        trial_impossible(trial, "no provider has an object here");
    return counts->counters != 0;
}

/* Expect that of what was counted nothing is wrong, and that something was counted. */
static void expect_none(struct trial *trial, unsigned all, unsigned wrong, const char *what)
{
    if (!all)
        trial_impossible(trial, NO_DATA_HERE);
    else
        trial_expect(trial, !wrong, "%u counters, %u %s", all, wrong, what);
}

void try_counter_size(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.counters, counts.wrong_size, "of another size than their type's");
}

void try_counter_types(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.counters, counts.unknown, "of a type that winperf.h lacks");
}

void try_counter_scale(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.counters, counts.wrong_scale, "with a scale outside of -7 to 7");
}

void try_base_follows(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.with_base, counts.without_base, "that no base follows");
}

void try_base_kinds(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.with_base, counts.wrong_base, "with a base of another kind");
}

void try_base_of_multi_timers(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.multi, counts.multi_elsewhere,
                    "whose base is not 8 bytes after the value");
}

void try_object_clock(struct trial *trial)
{
    struct counts counts;

    if (count_all(trial, &counts))
        expect_none(trial, counts.object_time, counts.no_clock, "in objects without PerfFreq");
}

/* ---- instances and parents ------------------------------------------------------------------- */

struct instances {
    unsigned count, bad_text, path_characters, with_parent, parent_absent, parent_beyond;
};

static void look_at_name(struct instances *instances, const WCHAR *name, size_t length)
{
    bool is_bad = false, has_meaning = false;

    for (size_t i = 0; i < length && name[i]; i++) {
        const bool is_high = name[i] >= 0xD800 && name[i] < 0xDC00;
        const bool is_low = name[i] >= 0xDC00 && name[i] < 0xE000;

        is_bad |= name[i] < 0x20 || is_low ||
                  (is_high && (i + 1 >= length || name[i + 1] < 0xDC00 || name[i + 1] >= 0xE000));
        i += is_high;
        has_meaning |= i < length && name[i] && wcschr(L"\\/()#*", name[i]) != NULL;
    }
    instances->bad_text += is_bad;
    instances->path_characters += has_meaning;
}

static void look_at_parent(struct instances *instances, const struct truth_answer *answer,
                           const PERF_INSTANCE_DEFINITION *instance)
{
    if (!instance->ParentObjectTitleIndex)
        return;
    const PERF_OBJECT_TYPE *parent = truth_answer_find(answer, instance->ParentObjectTitleIndex);
    instances->with_parent++;
    instances->parent_absent += !parent;
    instances->parent_beyond +=
        parent && (LONG)instance->ParentObjectInstance >= parent->NumInstances;
}

static void look_at_object(struct instances *instances, const struct truth_answer *answer,
                           const PERF_OBJECT_TYPE *object)
{
    size_t at = object->DefinitionLength;

    for (LONG i = 0; i < object->NumInstances; i++) {
        const PERF_INSTANCE_DEFINITION *instance = (const void *)((const BYTE *)object + at);

        if (at + sizeof(*instance) > object->TotalByteLength ||
            instance->ByteLength < sizeof(*instance) ||
            instance->ByteLength > object->TotalByteLength - at - sizeof(PERF_COUNTER_BLOCK) ||
            instance->NameOffset > instance->ByteLength ||
            instance->NameLength > instance->ByteLength - instance->NameOffset)
            return;
        instances->count++;
        if (!object->CodePage)
            look_at_name(instances, (const void *)((const BYTE *)instance + instance->NameOffset),
                         instance->NameLength / sizeof(WCHAR));
        look_at_parent(instances, answer, instance);
        at += instance->ByteLength;
        const PERF_COUNTER_BLOCK *block = (const void *)((const BYTE *)object + at);
        if (block->ByteLength < sizeof(*block))
            return;
        at += block->ByteLength;
    }
}

static bool look_at_all(struct trial *trial, struct instances *instances)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;

    memset(instances, 0, sizeof(*instances));
    truth_answer_ask_all(&answer, L"Global");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++)
        look_at_object(instances, &answer, object);
    truth_answer_release(&answer);
    if (!instances->count)
        trial_impossible(trial, "no provider has an instance here");
    return instances->count != 0;
}

void try_name_text(struct trial *trial)
{
    struct instances instances;

    if (look_at_all(trial, &instances))
        trial_expect(trial, !instances.bad_text,
                     "%u instances, %u names with control characters or half a pair",
                     instances.count, instances.bad_text);
}

void try_name_characters(struct trial *trial)
{
    struct instances instances;

    if (look_at_all(trial, &instances))
        trial_expect(trial, !instances.path_characters,
                     "%u instances, %u names with a character of paths", instances.count,
                     instances.path_characters);
}

void try_parent_in_answer(struct trial *trial)
{
    struct instances instances;

    if (!look_at_all(trial, &instances))
        return;
    if (!instances.with_parent)
        trial_impossible(trial, "no instance has a parent here");
    else
        trial_expect(trial, !instances.parent_absent,
                     "%u instances with a parent, of %u it is not in the answer",
                     instances.with_parent, instances.parent_absent);
}

void try_parent_position(struct trial *trial)
{
    struct instances instances;

    if (!look_at_all(trial, &instances))
        return;
    if (!instances.with_parent)
        trial_impossible(trial, "no instance has a parent here");
    else
        trial_expect(trial, !instances.parent_beyond,
                     "%u instances with a parent, %u positions are beyond its last instance",
                     instances.with_parent, instances.parent_beyond);
}

/* ---- two samples ----------------------------------------------------------------------------- */

/* Whether an object is the same in two answers: its counters, or its clock. */
static bool has_same_counters(const PERF_OBJECT_TYPE *one, const PERF_OBJECT_TYPE *other)
{
    const PERF_COUNTER_DEFINITION *first, *second;

    if (one->NumCounters != other->NumCounters)
        return false;
    for (DWORD i = 0; (first = counter_at(one, i)) != NULL; i++) {
        second = counter_at(other, i);
        if (!second || first->CounterNameTitleIndex != second->CounterNameTitleIndex ||
            first->CounterType != second->CounterType)
            return false;
    }
    return true;
}

static bool has_same_clock(const PERF_OBJECT_TYPE *one, const PERF_OBJECT_TYPE *other)
{
    return other->PerfTime.QuadPart >= one->PerfTime.QuadPart &&
           other->PerfFreq.QuadPart == one->PerfFreq.QuadPart;
}

static void compare_samples(struct trial *trial, const char *what,
                            bool (*is_same)(const PERF_OBJECT_TYPE *, const PERF_OBJECT_TYPE *))
{
    struct truth_answer first, second;
    const PERF_OBJECT_TYPE *object;
    unsigned count = 0, different = 0;

    truth_answer_ask_all(&first, L"Global");
    Sleep(100);
    truth_answer_ask_all(&second, L"Global");
    for (unsigned i = 0; (object = truth_answer_object(&first, i)) != NULL; i++) {
        const PERF_OBJECT_TYPE *again = truth_answer_find(&second, object->ObjectNameTitleIndex);

        count += again != NULL;
        different += again && !is_same(object, again);
    }
    if (count)
        trial_expect(trial, !different, "%u objects in two answers, %u with %s", count, different,
                     what);
    else
        trial_impossible(trial, "no provider has an object here");
    truth_answer_release(&first);
    truth_answer_release(&second);
}

void try_samples_same_counters(struct trial *trial)
{
    compare_samples(trial, "other counters", has_same_counters);
}

void try_samples_clock(struct trial *trial)
{
    compare_samples(trial, "another clock", has_same_clock);
}

/* ---- PDH ------------------------------------------------------------------------------------- */

typedef LONG(WINAPI *format_function)(DWORD, DWORD, LONGLONG *, PPDH_RAW_COUNTER, PPDH_RAW_COUNTER,
                                      PPDH_FMT_COUNTERVALUE);

static bool find_pdh(struct trial *trial, const char *name, void *function)
{
    HMODULE module = LoadLibraryW(L"pdh.dll");
    const FARPROC found = module && !truth_system_is_emulated ? GetProcAddress(module, name) : NULL;

    memcpy(function, &found, sizeof(found));
    if (!found)
        trial_impossible(trial, "this system has no %s", name);
    return found != NULL;
}

/* The value of two samples that are a second apart. */
static LONG format(format_function function, DWORD type, LONGLONG first, LONGLONG second,
                   double *value)
{
    LONGLONG base = 10000000;
    PDH_RAW_COUNTER one = { .FirstValue = first, .SecondValue = 0, .MultiCount = 2 };
    PDH_RAW_COUNTER two = { .FirstValue = second, .SecondValue = 10000000, .MultiCount = 2 };
    PDH_FMT_COUNTERVALUE result = { 0 };

    two.TimeStamp.dwLowDateTime = 10000000;
    const LONG status =
        function(type, PDH_FMT_DOUBLE | PDH_FMT_NOCAP100, &base, &two, &one, &result);
    *value = result.doubleValue;
    return status ? status : result.CStatus == 1 ? 0 : (LONG)result.CStatus;
}

void try_cooked_fell(struct trial *trial)
{
    format_function function;
    double value;

    if (!find_pdh(trial, "PdhFormatFromRawValue", &function))
        return;
    const LONG good = format(function, PERF_COUNTER_BULK_COUNT, 1000, 2000, &value);
    trial_expect(trial, !good && value > 999 && value < 1001, "1000 in a second: status 0x%lX, %g",
                 good, value);
    const LONG bad = format(function, PERF_COUNTER_BULK_COUNT, 2000, 1000, &value);
    trial_expect(trial, bad != 0, "a value that fell: status 0x%lX, %g", bad, value);
}

void try_samples_increase(struct trial *trial)
{
    static const DWORD kinds[] = { PERF_COUNTER_BULK_COUNT, PERF_100NSEC_TIMER,
                                   PERF_COUNTER_TIMER };
    format_function function;
    double value;

    if (!find_pdh(trial, "PdhFormatFromRawValue", &function))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const LONG status = format(function, kinds[i], 2000, 1000, &value);

        trial_expect(trial, status != 0, "type 0x%08lX, a value that fell: status 0x%lX", kinds[i],
                     status);
    }
}

void try_cooked_two_samples(struct trial *trial)
{
    format_function function;
    LONGLONG base = 10000000;
    PDH_RAW_COUNTER one = { .FirstValue = 1000 };
    PDH_FMT_COUNTERVALUE result = { 0 };

    if (!find_pdh(trial, "PdhFormatFromRawValue", &function))
        return;
    const LONG status =
        function(PERF_COUNTER_BULK_COUNT, PDH_FMT_DOUBLE, &base, &one, NULL, &result);
    trial_expect(trial, status != 0, "a rate with one sample: status 0x%lX", status);
}

void try_cooked_object_time(struct trial *trial)
{
    format_function function;
    double value;

    if (!find_pdh(trial, "PdhFormatFromRawValue", &function))
        return;
    const LONG status = format(function, PERF_OBJ_TIME_TIMER, 0, 5000000, &value);
    trial_expect(trial, !status && value > 49.9 && value < 50.1,
                 "half of the object's own time: status 0x%lX, %g", status, value);
}

void try_cooked_multi_inverse(struct trial *trial)
{
    format_function function;
    double value;

    if (!find_pdh(trial, "PdhFormatFromRawValue", &function))
        return;
    /* Two sources that were idle for half a second together: 100 * (2 - 0.5). */
    const LONG status = format(function, PERF_100NSEC_MULTI_TIMER_INV, 0, 5000000, &value);
    trial_expect(trial, !status && value > 149 && value < 151,
                 "two sources with half a second: status 0x%lX, %g", status, value);
}

typedef LONG(WINAPI *expand_function)(LPCWSTR, LPCWSTR, PZZWSTR, LPDWORD, DWORD);

/* Several processes may have one name, for example svchost. */
void try_name_twice(struct trial *trial)
{
    expand_function expand;
    DWORD size = 1 << 20;
    unsigned count = 0, numbered = 0;

    if (!find_pdh(trial, "PdhExpandWildCardPathW", &expand))
        return;
    WCHAR *paths = calloc(size, sizeof(*paths));
    const LONG status = paths ? expand(NULL, L"\\Process(*)\\ID Process", paths, &size, 0) : -1;
    for (const WCHAR *at = paths; !status && *at; at += wcslen(at) + 1) {
        count++;
        numbered += wcsstr(at, L"#1)") != NULL;
    }
    free(paths);
    if (count < 2)
        trial_impossible(trial, "PDH lists no processes: status 0x%lX", status);
    else
        trial_expect(trial, numbered != 0, "%u processes, %u of them with #1", count, numbered);
}
