/* SPDX-License-Identifier: MIT
 *
 * Tests an answer as Windows does at each level. Further tests are rules (harness/rules/).
 */
#include "test_level.h"

#include "span.h"
#include "winperf.h"

const struct test_level test_levels[5] = {
    /* Rule: PM_COLLECT_PROC, ExtCounterTestLevel */
    [1] = { .collect_into_copy = true, .check_bounds = true, .check_contents = true },
    [2] = { .collect_into_copy = true, .check_bounds = true },
    [3] = { .collect_into_copy = true },
    [4] = { .collect_into_copy = false }, /* the consumer's own buffer; the default */
};

/* The failures found so far. */
struct report {
    struct test_level_failure *failures;
    size_t count;
};

static void add(struct report *report, uint32_t event_id, uint32_t first, uint32_t second,
                bool is_fatal)
{
    if (report->count == TEST_LEVEL_FAILURES)
        return;
    report->failures[report->count++] = (struct test_level_failure){ .event_id = event_id,
                                                                     .numbers = { first, second },
                                                                     .is_fatal = is_fatal };
}

enum provider_guard test_level_guard(uint32_t level)
{
    return test_levels[level].check_bounds ? PROVIDER_GUARD_PATTERN : PROVIDER_GUARD_NONE;
}

static uint32_t clamp(int64_t value)
{
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Tests R1 to R3: the returned pointer, and the guards. */
static void check_bounds(struct report *report, uint32_t size,
                         const struct provider_observation *observation)
{
    const struct provider_damage *damage = &observation->damage;
    int64_t over = observation->moved - (int64_t)size;

    if (over > PROVIDER_GUARD_SIZE || damage->reserve_used)
        add(report, 1013,
            over > PROVIDER_GUARD_SIZE ? clamp(over) : damage->reserve_used + PROVIDER_GUARD_SIZE,
            0, true);
    else if (over > 0)
        /* its text names the returned size */
        add(report, 1001, clamp(observation->moved), 0, true);
    if (damage->before || damage->after)
        add(report, 1002, 0, 0, true);
    if (observation->moved != (int64_t)observation->total_bytes)
        add(report, 2000, clamp((int64_t)size - observation->moved),
            clamp((int64_t)size - (int64_t)observation->total_bytes), true);
}

/* Split a structure that begins with its ByteLength off the front. Returns false if it is not
   inside. */
static bool take_structure(struct span *rest, size_t smallest)
{
    const unsigned char *at = span_at(*rest, 0, smallest);

    return at && read_u32(at) >= smallest && span_take(rest, read_u32(at));
}

/* Test R5: the instances end where the object ends. */
static bool instances_fit(struct span object, const PERF_OBJECT_TYPE *header)
{
    struct span rest = object;

    span_take(&rest, header->DefinitionLength);
    for (LONG i = 0; i < header->NumInstances; i++)
        if (!take_structure(&rest, sizeof(PERF_INSTANCE_DEFINITION)) ||
            !take_structure(&rest, sizeof(PERF_COUNTER_BLOCK)))
            return false;
    return header->NumInstances <= 0 || rest.size == 0;
}

/* Whether the definitions lie inside the object, one after the other. */
static bool definitions_fit(struct span object, const PERF_OBJECT_TYPE *header)
{
    struct span rest = span_part(object, 0, header->DefinitionLength);

    if (!rest.data || header->HeaderLength < sizeof(*header) ||
        !span_take(&rest, header->HeaderLength))
        return false;
    for (DWORD i = 0; i < header->NumCounters; i++)
        if (!take_structure(&rest, sizeof(PERF_COUNTER_DEFINITION)))
            return false;
    return true;
}

/* Tests R4 and R5, object by object, up to the first that does not lead to the next. */
static void check_contents(struct report *report, struct span data, uint32_t object_count)
{
    bool has_definition_failure = false, has_instance_failure = false;
    size_t at = 0;

    for (uint32_t i = 0; i < object_count; i++) {
        PERF_OBJECT_TYPE header;
        const void *found = span_at(data, at, sizeof(header));
        if (!found) {
            add(report, 1003, object_count, 0, true);
            return;
        }
        memcpy(&header, found, sizeof(header));
        struct span object = span_part(data, at, header.TotalByteLength);
        if (!object.data || header.TotalByteLength < sizeof(header)) {
            add(report, 1003, object_count, 0, true);
            return;
        }
        if (!definitions_fit(object, &header)) {
            if (!has_definition_failure)
                add(report, 1019, header.ObjectNameTitleIndex, 0, true);
            has_definition_failure = true;
        } else if (!instances_fit(object, &header)) {
            if (!has_instance_failure)
                add(report, 1004, header.ObjectNameTitleIndex, 0, true);
            has_instance_failure = true;
        }
        at += header.TotalByteLength;
    }
    if (at != data.size)
        add(report, 1003, object_count, 0, true);
}

/* Whether the lengths of the answer and of each object are multiples of 8. */
static bool is_aligned(struct span data, uint32_t total_bytes, uint32_t object_count)
{
    size_t at = 0;

    if (total_bytes % 8 != 0)
        return false;
    for (uint32_t i = 0; i < object_count; i++) {
        const unsigned char *object = span_at(data, at, sizeof(PERF_OBJECT_TYPE));
        uint32_t length = object ? read_u32(object) : 0;
        if (length == 0)
            break; /* another test reports it */
        if (length % 8 != 0)
            return false;
        at += length;
    }
    return true;
}

size_t test_level_check(uint32_t level, uint32_t flags, uint32_t size,
                        const struct provider_observation *observation,
                        struct test_level_failure failures[TEST_LEVEL_FAILURES])
{
    const struct test_level *tests = &test_levels[level];
    struct report report = { failures, 0 };
    uint32_t total_bytes = observation->total_bytes;
    bool fits = total_bytes <= size && total_bytes <= observation->byte_count;
    struct span data = { observation->bytes, fits ? total_bytes : 0 };
    bool has_buffer_test = !(flags & CONFIGURATION_NO_BUFFER_TEST);

    /* At any level: bytes that do not exist cannot be passed on. */
    if (!fits)
        add(&report, 1020, size, total_bytes, true);
    if (tests->check_bounds && has_buffer_test)
        check_bounds(&report, size, observation);
    if (fits && tests->check_contents && has_buffer_test)
        check_contents(&report, data, observation->object_types);
    if (fits && !(flags & CONFIGURATION_NO_ALIGNMENT_TEST) &&
        !is_aligned(data, total_bytes, observation->object_types))
        add(&report, 1016, (uint32_t)observation->data_address, size - total_bytes, false);
    return report.count;
}
