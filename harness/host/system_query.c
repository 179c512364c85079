/* SPDX-License-Identifier: MIT
 *
 * Queries the operating system and repairs what Wine does to the answer. The query is a call of
 * provider_process.c like any other, so a provider that crashes ends only the child.
 */
#include "system_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider_process.h"
#include "os.h"
#include "span.h"
#include "winperf.h"

/* Buffers for an answer, in bytes; the last as in host.c. */
#define FIRST_BUFFER_SIZE (256u * 1024)
#define LAST_BUFFER_SIZE (1u << 30)
#define SPARE 8192u /* spare_size of the call; chosen: more than the shift of 88 bytes */
#define DEFAULT_LIMIT_MS 120000 /* chosen: Windows waits 10 s for each provider */
#define POISON 0xA5

static struct provider_process *process;
static char failure[700];

/* Whether that many objects, walked from `at`, end at `end`. */
static bool objects_end_at(struct span data, size_t at, size_t end, DWORD count)
{
    for (DWORD i = 0; i < count; i++) {
        const unsigned char *object = span_at(data, at, sizeof(PERF_OBJECT_TYPE));
        uint32_t length = object ? read_u32(object) : 0;
        if (length < sizeof(PERF_OBJECT_TYPE) || length > data.size - at)
            return false;
        at += length;
    }
    return at == end;
}

bool system_query_unshift(BYTE *data, DWORD size, DWORD buffer_size, unsigned char poison)
{
    const size_t shift = sizeof(PERF_DATA_BLOCK);
    struct span whole = { data, buffer_size };
    PERF_DATA_BLOCK header;

    if (size < sizeof(header) || size > buffer_size)
        return false;
    memcpy(&header, data, sizeof(header));
    if (header.NumObjectTypes == 0 || header.HeaderLength < sizeof(header) ||
        header.HeaderLength > size || buffer_size - size < shift)
        return false;
    if (objects_end_at(whole, header.HeaderLength, size, header.NumObjectTypes))
        return false;
    if (!objects_end_at(whole, header.HeaderLength + shift, size + shift, header.NumObjectTypes)) {
        /* Neither place can be walked, because a provider is at fault. The place that was written
           is used. */
        for (size_t i = 0; i < shift; i++)
            if (data[header.HeaderLength + i] != poison)
                return false;
    }
    memmove(data + header.HeaderLength, data + header.HeaderLength + shift,
            size - header.HeaderLength);
    return true;
}

static void explain(const struct provider_observation *observation, uint32_t limit_ms)
{
    const struct provider_fault *fault = &observation->fault;

    if (observation->outcome == PROVIDER_HUNG)
        snprintf(failure, sizeof(failure), "RegQueryValueEx did not return within %.1f s%s%s",
                 limit_ms / 1000.0, *fault->module ? "; it was in " : "", fault->module);
    else if (observation->outcome == PROVIDER_EXITED)
        snprintf(failure, sizeof(failure),
                 "a provider ended the process that asked, with status %" PRIu32,
                 observation->exit_status);
    else
        snprintf(failure, sizeof(failure),
                 "%s in %s+0x%" PRIx64 "%s%s: a provider's fault, which "
                 "this system lets end the process that asked",
                 *fault->name ? fault->name : "the process that asked ended",
                 *fault->module ? fault->module : "an unknown module", fault->module_offset,
                 *fault->symbol ? ", function " : "", fault->symbol);
}

/* One call of the system. */
struct attempt {
    const WCHAR *name;
    DWORD buffer_size;
    uint32_t left_ms, limit_ms; /* for this call; for all of them */
};

/* Make one call. On success *bytes has `buffer_size` bytes. */
static DWORD ask(const struct attempt *attempt, BYTE **bytes, DWORD *type, DWORD *size)
{
    const DWORD buffer_size = attempt->buffer_size;
    const struct provider_call call = {
        .kind = PROVIDER_SYSTEM_QUERY,
        .query = attempt->name,
        .buffer_size = buffer_size,
        .spare_size = SPARE,
        .has_poison = true,
        .poison = POISON,
        .timeout_ms = attempt->left_ms,
    };
    struct provider_observation observation;

    DWORD error = provider_process_call(process, &call, &observation);
    if (error)
        return error;
    if (observation.outcome != PROVIDER_RETURNED) {
        explain(&observation, attempt->limit_ms);
        error = ERROR_GEN_FAILURE;
    } else {
        error = observation.return_code;
    }
    if (!error &&
        (observation.byte_count != buffer_size || observation.total_bytes > buffer_size - SPARE))
        error = ERROR_INVALID_DATA;
    if (error) {
        provider_observation_release(&observation);
        return error;
    }
    *bytes = observation.bytes;
    *type = observation.object_types;
    *size = observation.total_bytes;
    return ERROR_SUCCESS;
}

DWORD system_query(const WCHAR *value_name, uint32_t limit_ms, DWORD *type, BYTE **data,
                   DWORD *size, bool *is_shifted)
{
    const uint32_t limit = limit_ms ? limit_ms : DEFAULT_LIMIT_MS;
    const uint64_t begin = os_clock_ticks();
    const struct provider_start start = { .library = "the system" };

    if (!process) {
        DWORD error = provider_process_start(&process, &start);
        if (error)
            return error;
    }
    for (DWORD buffer_size = FIRST_BUFFER_SIZE; buffer_size <= LAST_BUFFER_SIZE; buffer_size *= 2) {
        DWORD kind, used;
        BYTE *bytes;

        const uint64_t passed = (os_clock_ticks() - begin) / (os_clock_frequency() / 1000);
        struct attempt attempt = { .name = value_name ? value_name : TEXT16(""),
                                   .buffer_size = buffer_size,
                                   .left_ms = passed < limit ? (uint32_t)(limit - passed) : 1,
                                   .limit_ms = limit };
        DWORD error = ask(&attempt, &bytes, &kind, &used);
        if (error == ERROR_MORE_DATA)
            continue;
        if (error)
            return error;
        *is_shifted = kind == REG_BINARY && system_query_unshift(bytes, used, buffer_size, POISON);
        *type = kind;
        *data = bytes;
        *size = used;
        return ERROR_SUCCESS;
    }
    return ERROR_MORE_DATA;
}

const char *system_query_failure(void)
{
    return failure;
}

void system_query_close(void)
{
    const struct provider_call call = { .kind = PROVIDER_SYSTEM_CLOSE };
    struct provider_observation observation;

    if (!process)
        return;
    if (provider_process_is_alive(process) &&
        provider_process_call(process, &call, &observation) == ERROR_SUCCESS)
        provider_observation_release(&observation);
    provider_process_stop(process);
    process = NULL;
}
