/* SPDX-License-Identifier: MIT
 *
 * The probes query_buffer and query_header: sizes and results of a query, members of its header.
 * Nothing is registered, and no rights are needed.
 */
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

/* A query that is answered quickly: System is an object of Windows' own. */
#define QUICK L"2"

static const struct {
    HKEY key;
    const char *name;
} keys[] = {
    { HKEY_PERFORMANCE_DATA, "DATA" },
    { HKEY_PERFORMANCE_TEXT, "TEXT" },
    { HKEY_PERFORMANCE_NLSTEXT, "NLSTEXT" },
};

#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

static const WCHAR *const queries[] = { NULL, L"", L"Global", L"2", L"System", L"invalid name" };

#define QUERY_COUNT (sizeof(queries) / sizeof(*queries))

/* ---- query_buffer -------------------------------------------------------------------------- */

void try_query_null_data(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        for (size_t j = 0; j < QUERY_COUNT; j++) {
            const DWORD sizes[] = { 0, 1 << 20 };

            for (size_t k = 0; k < 2; k++) {
                DWORD size = sizes[k], type = MAXDWORD;
                const LONG result = truth_system_query(keys[i].key, queries[j], &type, NULL, &size);

                trial_expect(trial, result == ERROR_MORE_DATA && size == 0,
                             "%s \"%ls\" size %lu: result %ld, size %lu", keys[i].name,
                             queries[j] ? queries[j] : L"(NULL)", sizes[k], result, size);
            }
        }
}

void try_query_short_keeps_size(struct trial *trial)
{
    /* Less than a header, which has 88 bytes; and a header with a short name. */
    static const DWORD capacities[] = { 1, 10, 80, 96 };

    for (size_t i = 0; i < sizeof(capacities) / sizeof(*capacities); i++) {
        struct truth_answer answer;

        truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, QUICK, capacities[i]);
        if (answer.result == ERROR_SUCCESS)
            trial_observe(trial, "a buffer of %lu is enough", capacities[i]);
        else
            trial_expect(trial, answer.result == ERROR_MORE_DATA && answer.size == capacities[i],
                         "size %lu: result %ld, size %lu", capacities[i], answer.result,
                         answer.size);
        truth_answer_release(&answer);
    }
}

void try_query_short_size_unusable(struct trial *trial)
{
    struct truth_answer small, whole;

    truth_answer_ask_all(&whole, QUICK);
    truth_answer_ask(&small, HKEY_PERFORMANCE_DATA, QUICK, 80);
    if (!truth_answer_header(&whole))
        trial_impossible(trial, "the query fails: %ld", whole.result);
    else
        trial_expect(trial, small.result == ERROR_MORE_DATA && small.size < whole.size,
                     "buffer of 80: result %ld, size %lu; the answer has %lu bytes", small.result,
                     small.size, whole.size);
    truth_answer_release(&small);
    truth_answer_release(&whole);
}

void try_query_short_type(struct trial *trial)
{
    struct truth_answer answer;
    DWORD size = 0, type = MAXDWORD;

    truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, QUICK, 10);
    trial_expect(trial, answer.result == ERROR_MORE_DATA && answer.type == REG_BINARY,
                 "buffer of 10: result %ld, type %lu", answer.result, answer.type);
    truth_answer_release(&answer);
    const LONG result = truth_system_query(HKEY_PERFORMANCE_DATA, QUICK, &type, NULL, &size);
    trial_expect(trial, result == ERROR_MORE_DATA && type == REG_BINARY,
                 "no buffer: result %ld, type %lu", result, type);
}

void try_query_success(struct trial *trial)
{
    for (size_t j = 1; j < QUERY_COUNT; j++) {
        struct truth_answer answer;

        truth_answer_ask_all(&answer, queries[j]);
        const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
        trial_expect(trial, header && header->TotalByteLength == answer.size && answer.size >= 88,
                     "\"%ls\": result %ld, type %lu, size %lu, TotalByteLength %lu", queries[j],
                     answer.result, answer.type, answer.size, header ? header->TotalByteLength : 0);
        truth_answer_release(&answer);
    }
}

void try_query_grow(struct trial *trial)
{
    struct truth_answer answer;
    DWORD capacity = 100;

    for (int i = 0; i < 20; i++, capacity *= 2) {
        truth_answer_ask(&answer, HKEY_PERFORMANCE_DATA, QUICK, capacity);
        if (answer.result != ERROR_MORE_DATA)
            break;
        truth_answer_release(&answer);
    }
    trial_expect(trial, answer.result == ERROR_SUCCESS,
                 "a buffer that is doubled and passed with its full size: result %ld at %lu bytes",
                 answer.result, capacity);
    trial_expect(trial, answer.before == 0 && answer.after == 0,
                 "bytes written before and after it: %lu, %lu", answer.before, answer.after);
    truth_answer_release(&answer);
}

/* ---- query_header -------------------------------------------------------------------------- */

typedef void (*header_check)(struct trial *trial, const struct truth_answer *answer,
                             const PERF_DATA_BLOCK *header);

static void with_header(struct trial *trial, const WCHAR *query, header_check check)
{
    struct truth_answer answer;

    truth_answer_ask_all(&answer, query);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    if (header)
        check(trial, &answer, header);
    else
        trial_expect(trial, false, "\"%ls\": result %ld, type %lu, size %lu", query, answer.result,
                     answer.type, answer.size);
    truth_answer_release(&answer);
}

static void check_signature(struct trial *trial, const struct truth_answer *answer,
                            const PERF_DATA_BLOCK *header)
{
    (void)answer;
    trial_expect(trial, memcmp(header->Signature, L"PERF", 8) == 0 && header->LittleEndian == 1,
                 "signature %.4ls, LittleEndian %lu", header->Signature, header->LittleEndian);
}

void try_header_signature(struct trial *trial)
{
    with_header(trial, QUICK, check_signature);
}

static void check_version(struct trial *trial, const struct truth_answer *answer,
                          const PERF_DATA_BLOCK *header)
{
    (void)answer;
    trial_expect(trial, header->Version == 1 && header->Revision == 1, "Version %lu, Revision %lu",
                 header->Version, header->Revision);
}

void try_header_version(struct trial *trial)
{
    with_header(trial, QUICK, check_version);
}

static void check_length(struct trial *trial, const struct truth_answer *answer,
                         const PERF_DATA_BLOCK *header)
{
    (void)answer;
    trial_expect(trial, header->HeaderLength == ((88 + header->SystemNameLength + 7) & ~7u),
                 "HeaderLength %lu, SystemNameLength %lu", header->HeaderLength,
                 header->SystemNameLength);
}

void try_header_length(struct trial *trial)
{
    with_header(trial, QUICK, check_length);
}

static void check_name(struct trial *trial, const struct truth_answer *answer,
                       const PERF_DATA_BLOCK *header)
{
    WCHAR computer[256] = { 0 };
    DWORD length = 256;

    GetComputerNameW(computer, &length);
    trial_expect(trial, header->SystemNameOffset == 88, "SystemNameOffset %lu",
                 header->SystemNameOffset);
    if (trial_expect(trial, header->SystemNameLength == (length + 1) * sizeof(WCHAR),
                     "SystemNameLength %lu, the computer's name has %lu characters",
                     header->SystemNameLength, length))
        trial_expect(trial, memcmp(answer->data + 88, computer, header->SystemNameLength) == 0,
                     "name \"%.32ls\"", (const WCHAR *)(const void *)(answer->data + 88));
}

void try_header_name(struct trial *trial)
{
    with_header(trial, QUICK, check_name);
}

static void check_padding(struct trial *trial, const struct truth_answer *answer,
                          const PERF_DATA_BLOCK *header)
{
    const DWORD end = 88 + header->SystemNameLength;

    if (end >= header->HeaderLength)
        trial_impossible(trial, "the name of this computer leaves no padding");
    for (DWORD i = end; i < header->HeaderLength; i++)
        trial_expect(trial, answer->data[i] == 0xA5, "byte %lu is 0x%02X, it was 0xA5", i,
                     answer->data[i]);
}

void try_header_padding(struct trial *trial)
{
    with_header(trial, QUICK, check_padding);
}

static void check_default_object(struct trial *trial, const struct truth_answer *answer,
                                 const PERF_DATA_BLOCK *header)
{
    (void)answer;
    trial_expect(trial, header->DefaultObject == 238, "DefaultObject %ld", header->DefaultObject);
}

void try_header_default_object(struct trial *trial)
{
    with_header(trial, L"", check_default_object);
    with_header(trial, QUICK, check_default_object);
    with_header(trial, L"invalid name", check_default_object);
}

static void check_total(struct trial *trial, const struct truth_answer *answer,
                        const PERF_DATA_BLOCK *header)
{
    size_t end = header->HeaderLength;
    const PERF_OBJECT_TYPE *object;

    for (unsigned i = 0; (object = truth_answer_object(answer, i)) != NULL; i++)
        end += object->TotalByteLength;
    trial_expect(trial, header->TotalByteLength == answer->size && end == answer->size,
                 "TotalByteLength %lu, size %lu, header and objects have %u bytes",
                 header->TotalByteLength, answer->size, (unsigned)end);
}

void try_header_total(struct trial *trial)
{
    with_header(trial, L"Global", check_total);
}

static void check_first_object(struct trial *trial, const struct truth_answer *answer,
                               const PERF_DATA_BLOCK *header)
{
    if (!header->NumObjectTypes)
        trial_impossible(trial, "no provider has an object here");
    else
        trial_expect(trial, !answer->is_shifted && truth_answer_object(answer, 0),
                     "HeaderLength %lu, the first object is %s", header->HeaderLength,
                     answer->is_shifted               ? "88 bytes after it"
                     : truth_answer_object(answer, 0) ? "there"
                                                      : "not there");
}

void try_header_first_object(struct trial *trial)
{
    /* without administrator rights, only Windows' own providers answer */
    truth_service_begin(trial);
    trial->is_impossible = false;
    trial->observed[0] = 0;
    with_header(trial, L"Global", check_first_object);
}

void try_header_perf_time(struct trial *trial)
{
    LARGE_INTEGER before, after, frequency;
    struct truth_answer answer;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&before);
    truth_answer_ask_all(&answer, QUICK);
    QueryPerformanceCounter(&after);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    if (trial_expect(trial, header != NULL, "result %ld", answer.result)) {
        trial_expect(trial,
                     header->PerfTime.QuadPart >= before.QuadPart &&
                         header->PerfTime.QuadPart <= after.QuadPart,
                     "PerfTime %lld, the clock before %lld, after %lld", header->PerfTime.QuadPart,
                     before.QuadPart, after.QuadPart);
        trial_expect(trial, header->PerfFreq.QuadPart == frequency.QuadPart,
                     "PerfFreq %lld, frequency %lld", header->PerfFreq.QuadPart,
                     frequency.QuadPart);
    }
    truth_answer_release(&answer);
}

static LONGLONG file_time(const FILETIME *time)
{
    return (LONGLONG)(((ULONGLONG)time->dwHighDateTime << 32) | time->dwLowDateTime);
}

void try_header_time_100ns(struct trial *trial)
{
    FILETIME before, after;
    struct truth_answer answer;

    GetSystemTimeAsFileTime(&before);
    truth_answer_ask_all(&answer, QUICK);
    GetSystemTimeAsFileTime(&after);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    if (trial_expect(trial, header != NULL, "result %ld", answer.result)) {
        /* The two clocks of Windows may differ by one tick of 15.6 ms. */
        const LONGLONG tick = 160000;

        trial_expect(trial,
                     header->PerfTime100nSec.QuadPart >= file_time(&before) - tick &&
                         header->PerfTime100nSec.QuadPart <= file_time(&after) + tick,
                     "PerfTime100nSec %lld, the time before %lld, after %lld",
                     header->PerfTime100nSec.QuadPart, file_time(&before), file_time(&after));
    }
    truth_answer_release(&answer);
}

static void check_system_time(struct trial *trial, const struct truth_answer *answer,
                              const PERF_DATA_BLOCK *header)
{
    FILETIME time = { 0 };
    SYSTEMTIME copy = header->SystemTime;

    (void)answer;
    if (trial_expect(trial, SystemTimeToFileTime(&copy, &time), "SystemTime is a time")) {
        const LONGLONG rest = header->PerfTime100nSec.QuadPart - file_time(&time);

        trial_expect(trial, rest >= 0 && rest < 10000,
                     "PerfTime100nSec is %lld units of 100 ns after SystemTime", rest);
    }
}

void try_header_system_time(struct trial *trial)
{
    with_header(trial, QUICK, check_system_time);
}
