/* SPDX-License-Identifier: MIT
 *
 * The probe provider_answer: what a reader gets of a provider's answer, and whether the answers of
 * all providers of this system are built as the claims say.
 */
#include <stddef.h>
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

/* ---- one provider's answer ------------------------------------------------------------------ */

/* Query both services. */
static void ask_both(struct truth_answer *answer)
{
    WCHAR query[64];
    const DWORD first = truth_service_plan()->first_index;

    wsprintfW(query, L"%u %u", first, first + TRUTH_SECOND_SERVICE);
    truth_answer_ask_all(answer, query);
}

static const PERF_OBJECT_TYPE *first_object(const struct truth_answer *answer)
{
    return truth_answer_find(answer, truth_service_plan()->first_index);
}

static const PERF_OBJECT_TYPE *second_object(const struct truth_answer *answer)
{
    return truth_answer_find(answer, truth_service_plan()->first_index + TRUTH_SECOND_SERVICE);
}

static struct truth_plan *begin(struct trial *trial, LONG fault)
{
    struct truth_plan *plan = truth_service_begin(trial);

    if (plan)
        plan->fault = fault;
    return plan;
}

void try_query_short_provider(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[64];
    const struct truth_plan *plan = begin(trial, TRUTH_FAULT_MORE_DATA);

    if (!plan)
        return;
    wsprintfW(query, L"%u %u", plan->first_index, plan->first_index + TRUTH_SECOND_SERVICE);
    truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, query, 1 << 20);
    trial_expect(trial, answer.result == ERROR_MORE_DATA,
                 "a provider that asks for more than 1 MiB: result %ld, size %lu", answer.result,
                 answer.size);
    truth_answer_release(&answer);
}

void try_header_object_count(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_COUNT_WRONG))
        return;
    ask_both(&answer);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    trial_expect(trial, header && header->NumObjectTypes == 4,
                 "one provider reports 3 objects, another 1: result %ld, NumObjectTypes %lu",
                 answer.result, header ? header->NumObjectTypes : 0);
    truth_answer_release(&answer);
}

void try_collect_more_data(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[64];

    if (!begin(trial, TRUTH_FAULT_LARGE))
        return;
    wsprintfW(query, L"%u", truth_service_plan()->first_index);
    truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, query, 4096);
    trial_expect(trial, answer.result == ERROR_MORE_DATA,
                 "Collect leaves the pointer and sets both counts to 0: result %ld", answer.result);
    truth_answer_release(&answer);
    ask_both(&answer);
    trial_expect(trial, first_object(&answer) != NULL, "larger buffer: result %ld, %lu bytes",
                 answer.result, answer.size);
    truth_answer_release(&answer);
}

void try_collect_no_data(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_NO_OBJECTS))
        return;
    ask_both(&answer);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    trial_expect(trial,
                 header && header->NumObjectTypes == 1 && !first_object(&answer) &&
                     second_object(&answer),
                 "a provider without data beside another: result %ld, NumObjectTypes %lu",
                 answer.result, header ? header->NumObjectTypes : 0);
    truth_answer_release(&answer);
}

void try_collect_count(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_NONE))
        return;
    ask_both(&answer);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    trial_expect(trial, header && header->NumObjectTypes == 2 && truth_answer_count(&answer) == 2,
                 "two objects with two instances each: NumObjectTypes %lu",
                 header ? header->NumObjectTypes : 0);
    truth_answer_release(&answer);
}

void try_collect_whole_or_nothing(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[64];
    const struct truth_plan *plan = begin(trial, TRUTH_FAULT_LARGE);

    if (!plan)
        return;
    wsprintfW(query, L"%u %u", plan->first_index, plan->first_index + TRUTH_SECOND_SERVICE);
    truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, query, 8192);
    trial_expect(trial, answer.result == ERROR_MORE_DATA,
                 "one of two providers does not fit: result %ld", answer.result);
    truth_answer_release(&answer);
}

void try_collect_exact_fit(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[64];

    if (!begin(trial, TRUTH_FAULT_NONE))
        return;
    wsprintfW(query, L"%u", truth_service_plan()->first_index);
    truth_answer_ask_all(&answer, query);
    const DWORD size = answer.size;
    truth_answer_release(&answer);
    truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, query, size);
    trial_expect(trial, answer.result == ERROR_SUCCESS && first_object(&answer),
                 "a buffer of exactly %lu bytes: result %ld", size, answer.result);
    trial_expect(trial, answer.before == 0 && answer.after == 0,
                 "bytes written before and after it: %lu, %lu", answer.before, answer.after);
    truth_answer_release(&answer);
}

/* The first value of the first instance. */
static DWORD first_number(const PERF_OBJECT_TYPE *object)
{
    const BYTE *at = (const BYTE *)object + object->DefinitionLength;
    const PERF_COUNTER_DEFINITION *counter =
        (const void *)((const BYTE *)object + object->HeaderLength);
    DWORD value;

    at += ((const PERF_INSTANCE_DEFINITION *)(const void *)at)->ByteLength;
    memcpy(&value, at + counter->CounterOffset, sizeof(value));
    return value;
}

void try_collect_buffer_contents(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_NONE))
        return;
    ask_both(&answer);
    const PERF_OBJECT_TYPE *object = first_object(&answer);
    if (trial_expect(trial, object != NULL, "a buffer full of 0xA5: result %ld", answer.result))
        trial_expect(trial, first_number(object) == TRUTH_NUMBER, "the value is %lu of %u",
                     first_number(object), TRUTH_NUMBER);
    truth_answer_release(&answer);
}

void try_collect_buffer_place(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_UNALIGNED))
        return;
    ask_both(&answer);
    const struct truth_call *first = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
    const struct truth_call *second = truth_service_call(TRUTH_CALL_COLLECT, 2, 0);
    if (!first || !second || truth_system_is_emulated || second->buffer < first->buffer)
        trial_impossible(trial, "the two providers are not called one after the other");
    else
        trial_expect(trial, second->buffer % 8 != 0,
                     "after an answer of 4 bytes too many the next Collect is given an address "
                     "that is %u bytes after a multiple of 8",
                     (unsigned)(second->buffer % 8));
    truth_answer_release(&answer);
}

void try_object_code_page(struct trial *trial)
{
    struct truth_answer answer;

    if (!begin(trial, TRUTH_FAULT_CODE_PAGE))
        return;
    ask_both(&answer);
    const PERF_OBJECT_TYPE *first = first_object(&answer), *second = second_object(&answer);
    if (trial_expect(trial, first && second, "result %ld", answer.result)) {
        const BYTE *name =
            (const BYTE *)first + first->DefinitionLength + sizeof(PERF_INSTANCE_DEFINITION);

        trial_expect(trial, first->CodePage == 1252 && memcmp(name, "eins", 5) == 0,
                     "names in code page %lu come through", first->CodePage);
        trial_expect(trial, second->CodePage == 0, "CodePage %lu beside UTF-16", second->CodePage);
    }
    truth_answer_release(&answer);
}

/* ---- the answers of all providers ----------------------------------------------------------- */

/* The counts of one walk over Global. */
struct tally {
    unsigned objects, singles, instances, counters;
    unsigned bad_lengths;     /* object-lengths */
    unsigned bad_counters;    /* counter-lengths */
    unsigned bad_number;      /* NumCounters does not lead to DefinitionLength */
    unsigned bad_single;      /* a single block does not lead to the end */
    unsigned not_after_block; /* something follows a single block */
    unsigned bad_instances;   /* instances do not lead to the end */
    unsigned bad_instance;    /* instance-lengths */
    unsigned bad_block;       /* block-lengths */
    unsigned odd_lengths;     /* record-alignment */
    unsigned odd_values;      /* counter-alignment */
    unsigned uncounted;       /* NameLength does not count a terminator */
    unsigned unterminated;
};

static void walk_counters(struct tally *tally, const PERF_OBJECT_TYPE *object)
{
    size_t at = object->HeaderLength;

    for (DWORD i = 0; i < object->NumCounters; i++) {
        const PERF_COUNTER_DEFINITION *counter = (const void *)((const BYTE *)object + at);

        if (at + sizeof(*counter) > object->DefinitionLength)
            break;
        tally->counters++;
        tally->bad_counters += counter->ByteLength < sizeof(*counter);
        tally->odd_values += counter->CounterSize == 8 && counter->CounterOffset % 8 != 0;
        if (counter->ByteLength < sizeof(*counter))
            return;
        at += counter->ByteLength;
    }
    tally->bad_number += at != object->DefinitionLength;
}

/* Walk over the counter block at an offset. Returns the offset after it; 0 if it is wrong. */
static size_t walk_block(struct tally *tally, const PERF_OBJECT_TYPE *object, size_t at)
{
    const PERF_COUNTER_BLOCK *block = (const void *)((const BYTE *)object + at);

    if (at + sizeof(*block) > object->TotalByteLength)
        return 0;
    tally->bad_block += block->ByteLength < sizeof(*block);
    tally->odd_lengths += block->ByteLength % 8 != 0;
    if (block->ByteLength < sizeof(*block) || block->ByteLength > object->TotalByteLength - at)
        return 0;
    return at + block->ByteLength;
}

static void walk_name(struct tally *tally, const PERF_OBJECT_TYPE *object,
                      const PERF_INSTANCE_DEFINITION *instance)
{
    const WCHAR *name = (const void *)((const BYTE *)instance + instance->NameOffset);
    const DWORD length = instance->NameLength / sizeof(WCHAR);

    if (object->CodePage || !length)
        return;
    tally->unterminated += wmemchr(name, 0, length) == NULL;
    tally->uncounted += name[length - 1] != 0;
}

static void walk_instances(struct tally *tally, const PERF_OBJECT_TYPE *object)
{
    size_t at = object->DefinitionLength;

    for (LONG i = 0; i < object->NumInstances; i++) {
        const PERF_INSTANCE_DEFINITION *instance = (const void *)((const BYTE *)object + at);
        const size_t rest = object->TotalByteLength - at;

        if (rest < sizeof(*instance) || instance->ByteLength < sizeof(*instance) ||
            instance->ByteLength > rest) {
            tally->bad_instance++;
            return;
        }
        tally->instances++;
        tally->odd_lengths += instance->ByteLength % 8 != 0;
        if (instance->NameOffset > instance->ByteLength ||
            instance->NameLength > instance->ByteLength - instance->NameOffset)
            tally->bad_instance++;
        else
            walk_name(tally, object, instance);
        at = walk_block(tally, object, at + instance->ByteLength);
        if (!at) {
            tally->bad_instances++;
            return;
        }
    }
    tally->bad_instances += at != object->TotalByteLength;
}

static void walk_object(struct tally *tally, const PERF_OBJECT_TYPE *object, size_t rest)
{
    tally->objects++;
    if (object->HeaderLength < sizeof(*object) || object->DefinitionLength < object->HeaderLength ||
        object->TotalByteLength < object->DefinitionLength || object->TotalByteLength > rest) {
        tally->bad_lengths++;
        return;
    }
    walk_counters(tally, object);
    if (object->NumInstances == PERF_NO_INSTANCES) {
        const size_t end = walk_block(tally, object, object->DefinitionLength);

        tally->singles++;
        tally->bad_single += !end;
        tally->not_after_block += end && end != object->TotalByteLength;
    } else if (object->NumInstances >= 0) {
        walk_instances(tally, object);
    }
}

/* Walk over all objects of Global, including those of the temporary provider if there is one. */
static bool take_tally(struct trial *trial, struct tally *tally)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;

    memset(tally, 0, sizeof(*tally));
    truth_service_begin(trial);
    /* without administrator rights, only Windows' own providers are tried */
    trial->is_impossible = false;
    trial->observed[0] = 0;
    truth_answer_ask_all(&answer, L"Global");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++) {
        const size_t place = (size_t)((const BYTE *)object - answer.data);

        walk_object(tally, object,
                    answer.size + (answer.is_shifted ? sizeof(PERF_DATA_BLOCK) : 0) - place);
    }
    truth_answer_release(&answer);
    if (!tally->objects)
        trial_impossible(trial, "no provider has an object here");
    return tally->objects != 0;
}

void try_object_lengths(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_lengths, "%u objects, %u with wrong lengths", tally.objects,
                     tally.bad_lengths);
}

void try_object_counters(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_number,
                     "%u objects, %u whose NumCounters does not lead to DefinitionLength",
                     tally.objects, tally.bad_number);
}

void try_object_single(struct trial *trial)
{
    struct tally tally;

    if (!take_tally(trial, &tally))
        return;
    if (!tally.singles)
        trial_impossible(trial, "no object without instances is here");
    else
        trial_expect(trial, !tally.bad_single, "%u objects with -1 instances, %u without a block",
                     tally.singles, tally.bad_single);
}

void try_object_ends_with_block(struct trial *trial)
{
    struct tally tally;

    if (!take_tally(trial, &tally))
        return;
    if (!tally.singles)
        trial_impossible(trial, "no object without instances is here");
    else
        trial_expect(trial, !tally.not_after_block,
                     "%u objects with -1 instances, after the block of %u there is more",
                     tally.singles, tally.not_after_block);
}

void try_object_instances(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_instances,
                     "%u instances; those of %u objects do not lead to its end", tally.instances,
                     tally.bad_instances);
}

void try_record_alignment(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.odd_lengths,
                     "%u instances, %u lengths of instances and blocks are no multiples of 8",
                     tally.instances, tally.odd_lengths);
}

void try_counter_lengths(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_counters, "%u counters, %u with less than 40 bytes",
                     tally.counters, tally.bad_counters);
}

void try_counter_alignment(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.odd_values,
                     "%u counters, %u of 8 bytes at an offset that is no multiple of 8",
                     tally.counters, tally.odd_values);
}

void try_instance_lengths(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_instance, "%u instances, %u with wrong lengths",
                     tally.instances, tally.bad_instance);
}

void try_block_lengths(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.bad_block, "%u instances, %u counter blocks below 4 bytes",
                     tally.instances, tally.bad_block);
}

void try_name_length(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.uncounted,
                     "%u instances, %u whose NameLength does not end with a terminator",
                     tally.instances, tally.uncounted);
}

void try_name_terminator(struct trial *trial)
{
    struct tally tally;

    if (take_tally(trial, &tally))
        trial_expect(trial, !tally.unterminated, "%u instances, %u whose name has no terminator",
                     tally.instances, tally.unterminated);
}
