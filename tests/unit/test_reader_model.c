/* SPDX-License-Identifier: MIT
 *
 * reader_model.c and reader_model_simple.c: what each reader is said to show of answers that tests/buffers does
 * not have. test_validator_variations_posix.c changes those of tests/buffers at each place.
 */
#include "unit.h"

#include <stdlib.h>

#define ANSWER_SIZE 65536
#define ANSWER_COUNTERS 100
#include "../faulty/frame/answer.h"
#include "os.h"
#include "reader_model.h"

#define BIT(reader) (1u << READER_##reader)

static uint64_t report_count; /* of the last call of reports_of, with those of equal subjects */

/* What readers report of the first `size` bytes of an answer, a line each. */
static const char *reports_of_bytes(const unsigned char *bytes, size_t size,
                                    struct readers_answer answer, uint32_t wanted)
{
    static char text[8192];
    struct findings findings = { 0 };
    unsigned char *exact = malloc(size ? size : 1); /* a sanitizer sees every read beside it */
    char *end = text;

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    answer.bytes = (struct span){ exact, size };
    reader_models_check(&findings, wanted, &answer);
    free(exact);
    assert_false(findings.is_incomplete);
    report_count = findings.dropped;
    *text = '\0';
    for (size_t i = 0; i < findings.count; i++) {
        report_count += findings.items[i].count;
        if (end < text + sizeof(text) - 600)
            end += snprintf(end, 600, "%s\n", findings.items[i].message);
    }
    findings_release(&findings);
    return text;
}

static const char *reports_of(const struct answer *answer, uint32_t wanted)
{
    return reports_of_bytes(answer->u.bytes, answer->size,
                            (struct readers_answer){ .count = answer->object_count }, wanted);
}

/* An object with some instances, "a", "b" and so on. Each counter has the value 5. */
static void begin(struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->first_counter = FIRST_COUNTER;
}

static void add_instances(struct answer *answer, unsigned count)
{
    const PERF_OBJECT_TYPE *object = object_at(answer, answer->object);

    for (unsigned i = 0; i < count; i++) {
        const WCHAR name[2] = { (WCHAR)('a' + i % 26), 0 };

        add_instance(answer, name);
        for (DWORD k = 0; k < object->NumCounters; k++)
            set_value(answer, k, 5);
    }
    end_object(answer);
}

static void one_counter(struct answer *answer, DWORD type, LONG instances)
{
    begin(answer);
    begin_object(answer, 0, instances);
    add_counter(answer, 2, type);
    if (instances > 0)
        add_instances(answer, (unsigned)instances);
}

static void a_sound_answer_has_no_reports(void **state)
{
    static struct answer answer;

    (void)state;
    begin(&answer);
    build_sound(&answer);
    /* Values of 4 bytes have spaces between them, which Nmap does not expect. */
    assert_string_equal(reports_of(&answer, READERS_ALL & ~BIT(nmap)), "");
    counter_at(&answer, 3)->CounterType = PERF_COUNTER_RAWCOUNT; /* a fraction without base */
    assert_string_equal(reports_of(&answer, 0), "");
    assert_string_equal(
        reports_of(&answer, BIT(netdata)),
        "netdata drops the counter (counter 2386 of object 2380 is not followed by its base)\n");
}

/* ---- the two Go parsers ---------------------------------------------------------------------- */

static void elapsed_times_are_file_times(void **state)
{
    static const struct {
        int64_t frequency, time;
        uint64_t value;
        const char *shown; /* seconds; NULL: those that are meant */
    } cases[] = {
        { 10000000, OS_TIME_OF_1970_100NS + 1, OS_TIME_OF_1970_100NS, NULL },
        { 10000000, OS_TIME_OF_1970_100NS + 1, OS_TIME_OF_1970_100NS - 10000000, "-1" },
        { 10000000, OS_TIME_OF_1970_100NS, OS_TIME_OF_1970_100NS, "0" },
        { 1000, OS_TIME_OF_1970_100NS + 1, OS_TIME_OF_1970_100NS + 3000, "3" },
        { 0, 0, 5, NULL },
        { -1, 0, 5, NULL },
    };
    static struct answer answer;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char wanted[100] = "";

        one_counter(&answer, PERF_ELAPSED_TIME, 1);
        object_at(&answer, 0)->PerfFreq.QuadPart = cases[i].frequency;
        object_at(&answer, 0)->PerfTime.QuadPart = cases[i].time;
        set_value(&answer, 0, cases[i].value);
        if (cases[i].shown)
            snprintf(wanted, sizeof(wanted), "leoluk shows %s s for counter 2382 of instance 0",
                     cases[i].shown);
        const char *text = reports_of(&answer, BIT(leoluk));
        if (strncmp(text, wanted, strlen(wanted)) != 0 || !*text != !*wanted)
            fail_msg("case %zu: %s", i, text);
    }
}

/* Definitions begin where HeaderLength says, but both parsers look after 64 bytes. */
static void definitions_after_a_longer_header_are_misread(void **state)
{
    static struct answer answer;

    (void)state;
    begin(&answer);
    begin_object(&answer, 0, 1);
    answer_take(&answer, 8);
    object_at(&answer, 0)->HeaderLength += 8;
    object_at(&answer, 0)->DefinitionLength += 8;
    object_at(&answer, 0)->NumCounters = 1;
    answer_take(&answer, sizeof(PERF_COUNTER_DEFINITION));
    object_at(&answer, 0)->DefinitionLength += sizeof(PERF_COUNTER_DEFINITION);
    PERF_COUNTER_DEFINITION *counter =
        (PERF_COUNTER_DEFINITION *)(void *)(answer.u.bytes + sizeof(PERF_OBJECT_TYPE) + 8);
    counter->ByteLength = sizeof(*counter);
    counter->CounterNameTitleIndex = FIRST_COUNTER + 2;
    counter->DefaultScale = PERF_COUNTER_RAWCOUNT; /* this is taken for the type */
    counter->DetailLevel = 4; /* this for the size, and the type for the offset */
    counter->CounterType = PERF_COUNTER_RAWCOUNT_HEX;
    counter->CounterSize = 4;
    counter->CounterOffset = 8;
    answer.slot_count = 1;
    answer.offsets[0] = 8;
    answer.sizes[0] = 4;
    add_instances(&answer, 1);
    /* The first words of the block are its ByteLength, 16. */
    assert_string_equal(
        reports_of(&answer, BIT(leoluk)),
        "leoluk shows 16 for counter at position 0 of instance 0 of object 2380, which is 5\n");
    assert_string_equal(reports_of(&answer, BIT(nmap)),
                        "nmap shows 0 for counter 2382 of instance 0 of object 2380, which is 5: "
                        "it does not look at "
                        "CounterOffset, and takes a header of 64 bytes\n");
    counter->DetailLevel = 5;
    assert_string_equal(reports_of(&answer, BIT(nmap)),
                        "nmap loses the value of counter 2382 of instance 0 of object 2380, which "
                        "is 5: it looks for "
                        "it with the size of another field\n");
}

static void names_that_end_after_the_answer_are_empty(void **state)
{
    static struct answer answer;
    DWORD at;

    (void)state;
    one_counter(&answer, PERF_COUNTER_RAWCOUNT, 1);
    at = answer.instance;
    instance_of(&answer)->NameOffset = answer.size - at - 4;
    assert_string_equal(reports_of(&answer, BIT(leoluk)), ""); /* it ends with the answer */
    instance_of(&answer)->NameOffset++;
    assert_string_equal(reports_of(&answer, BIT(leoluk)),
                        "leoluk shows the name \"\" for instance 0 of object 2380: NameOffset and "
                        "NameLength lead past the end\n");
    instance_of(&answer)->NameOffset = UINT32_MAX;
    instance_of(&answer)->NameLength = 0;
    assert_string_equal(reports_of(&answer, BIT(leoluk)), "");
}

/* NumInstances is 0: both read a block that does not exist. */
static void an_object_without_instances_has_a_phantom(void **state)
{
    static struct answer answer;

    (void)state;
    one_counter(&answer, PERF_COUNTER_RAWCOUNT, 0);
    add_block(&answer);
    end_object(&answer);
    answer.size -= 12;
    object_at(&answer, 0)->TotalByteLength = answer.size; /* 4 bytes are left, so it is read */
    assert_string_equal(reports_of(&answer, BIT(windows_exporter)),
                        "windows_exporter shows a phantom instance \"\" of object 2380, whose "
                        "NumInstances is 0; its first value is 0, past the end\n");
    answer.size--;
    object_at(&answer, 0)->TotalByteLength = answer.size;
    assert_string_equal(reports_of(&answer, BIT(windows_exporter)),
                        "windows_exporter does not parse the answer: object 2380 has NumInstances "
                        "0, it reads an instance past the end (EOF); every object is lost\n");
    /* Only a header. */
    begin(&answer);
    begin_object(&answer, 0, 0);
    end_object(&answer);
    assert_string_equal(reports_of(&answer, BIT(leoluk)),
                        "leoluk shows a phantom instance \"\" of object 2380, whose NumInstances "
                        "is 0; its first value is 0, past the end\n");
}

static void ten_million_records_are_too_many(void **state)
{
    static struct answer answer;

    (void)state;
    for (DWORD more = 0; more < 2; more++) {
        one_counter(&answer, PERF_COUNTER_RAWCOUNT, 1);
        object_at(&answer, 0)->NumCounters = 10000000 + more;
        assert_true((strstr(reports_of(&answer, BIT(windows_exporter)), "runs out of memory") !=
                     NULL) == (more == 1));
        object_at(&answer, 0)->NumCounters = 1;
        object_at(&answer, 0)->NumInstances = (LONG)(10000000 + more);
        assert_true((strstr(reports_of(&answer, BIT(windows_exporter)), "runs out of memory") !=
                     NULL) == (more == 1));
    }
}

/* ---- data blocks ----------------------------------------------------------------------------- */

#define HEADER_SIZE 96 /* PERF_DATA_BLOCK and 8 bytes */

/* A data block with two sound objects. */
static PERF_DATA_BLOCK *build_blob(struct answer *answer)
{
    begin(answer);
    answer_take(answer, HEADER_SIZE);
    PERF_DATA_BLOCK *header = (PERF_DATA_BLOCK *)(void *)answer->u.bytes;
    memcpy(header->Signature, "P\0E\0R\0F", 8);
    header->LittleEndian = 1;
    header->HeaderLength = HEADER_SIZE;
    header->NumObjectTypes = 2;
    build_sound(answer);
    build_sound(answer);
    object_at(answer, answer->object)->ObjectNameTitleIndex = 4000;
    header->TotalByteLength = answer->size;
    return header;
}

static const char *reports_of_blob(const struct answer *answer, uint32_t wanted)
{
    return reports_of_bytes(answer->u.bytes, answer->size,
                            (struct readers_answer){ .is_blob = true }, wanted);
}

static void objects_after_the_total_length_are_phantoms(void **state)
{
    static struct answer answer;
    char wanted[200];

    (void)state;
    PERF_DATA_BLOCK *header = build_blob(&answer);
    assert_string_equal(reports_of_blob(&answer, READERS_ALL & ~(BIT(nmap) | BIT(far))), "");
    header->TotalByteLength = answer.object;
    snprintf(wanted, sizeof(wanted), "leoluk shows object 4000 at offset %u, where there is none\n",
             (unsigned)answer.object);
    assert_string_equal(reports_of_blob(&answer, BIT(leoluk)), wanted);
    header->TotalByteLength = HEADER_SIZE;
    assert_string_equal(reports_of_blob(&answer, BIT(leoluk)),
                        "leoluk shows object 2380 at offset 96, where there is none\n");
    header->TotalByteLength = answer.size;
    header->HeaderLength = 80; /* too short for the walk */
    assert_string_equal(reports_of_blob(&answer, BIT(leoluk)),
                        "leoluk shows object 0 at offset 80, where there is none\n");
    static const char *const rejected =
        "does not parse the answer: it rejects the data block (PERF_DATA_BLOCK: HeaderLength is 80";
    assert_non_null(strstr(reports_of_blob(&answer, BIT(netdata)), rejected));
    assert_non_null(strstr(reports_of_blob(&answer, BIT(dotnet)), rejected));
}

/* Wine's RegQueryValueEx puts the objects 88 bytes too far. */
static void shifted_objects_are_not_found(void **state)
{
    static struct answer answer;
    static unsigned char shifted[ANSWER_SIZE + 88];

    (void)state;
    build_blob(&answer)->TotalByteLength += 88;
    memset(shifted, 0, sizeof(shifted));
    memcpy(shifted, answer.u.bytes, HEADER_SIZE);
    memcpy(shifted + HEADER_SIZE + 88, answer.u.bytes + HEADER_SIZE, answer.size - HEADER_SIZE);
    const struct readers_answer blob = { .is_blob = true };
    assert_string_equal(
        reports_of_bytes(shifted, answer.size + 88, blob, BIT(leoluk)),
        "leoluk shows object 0, read at offset 96, in place of object 2380 at 184\n");
    assert_non_null(strstr(reports_of_bytes(shifted, answer.size + 88, blob, BIT(netdata)),
                           "does not parse the answer: it rejects the data block"));
    assert_non_null(strstr(reports_of_bytes(shifted, answer.size + 88, blob, BIT(dotnet)),
                           "does not parse the answer: it rejects the data block"));
}

/* ---- netdata --------------------------------------------------------------------------------- */

static void netdata_reads_two_types_with_a_width_of_its_own(void **state)
{
    static const struct {
        DWORD type, size;
        uint64_t value, after; /* the bytes after it */
        const char *report;
    } cases[] = {
        { PERF_AVERAGE_TIMER, 4, 5, 0, "" },
        { PERF_AVERAGE_TIMER, 4, 5, 7,
          "shows 30064771077 for counter 2382 of instance 0 of object 2380, which is 5: it reads "
          "PERF_AVERAGE_TIMER with 8 bytes" },
        { PERF_AVERAGE_TIMER, 8, 5, 7, "" },
        { PERF_OBJ_TIME_TIMER, 8, 5, 7, "" },
        { PERF_OBJ_TIME_TIMER, 8, 0x100000005, 0,
          "shows 5 for counter 2382 of instance 0 of object 2380, which is 4294967301: it reads "
          "PERF_OBJ_TIME_TIMER with 4 bytes" },
        { PERF_OBJ_TIME_TIMER, 4, 5, 7, "" },
        { PERF_COUNTER_RAWCOUNT, 4, 5, 7, "" },
    };
    static struct answer answer;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char wanted[300] = "";

        one_counter(&answer, cases[i].type, 1);
        answer_take(&answer, 8); /* more of the block */
        counter_at(&answer, 0)->CounterSize = answer.sizes[0] = cases[i].size;
        block_of(&answer)->ByteLength = answer.size - answer.block;
        end_object(&answer);
        set_value(&answer, 0, cases[i].value);
        memcpy(answer.u.bytes + answer.block + 8 + cases[i].size, &cases[i].after, 8);
        if (*cases[i].report)
            snprintf(wanted, sizeof(wanted), "netdata %s\n", cases[i].report);
        const char *text = reports_of(&answer, BIT(netdata));
        /* Without its base a timer is dropped, which is another report. */
        if (strncmp(text, "netdata drops", 13) == 0)
            text = "";
        if (strncmp(text, wanted, strlen(wanted)) != 0 || !*text != !*wanted)
            fail_msg("case %zu: %s", i, text);
    }
    /* There are no 8 bytes at the end of the answer, and no value outside the block. */
    one_counter(&answer, PERF_AVERAGE_TIMER, 1);
    answer.size -= 4;
    block_of(&answer)->ByteLength -= 4;
    end_object(&answer);
    assert_string_equal(reports_of(&answer, BIT(netdata)),
                        "netdata drops the counter (counter 2382 of object 2380 is not followed by "
                        "its base)\n");
    block_of(&answer)->ByteLength -= 4;
    answer.size -= 4;
    end_object(&answer);
    assert_null(strstr(reports_of(&answer, BIT(netdata)), "with 8 bytes"));
    one_counter(&answer, PERF_AVERAGE_TIMER, 0);
    object_at(&answer, 0)->NumInstances = 2;
    add_instances(&answer, 2);
    /* The value of the first instance is outside its block, in the next instance. */
    counter_at(&answer, 0)->CounterOffset += 8;
    reports_of(&answer, BIT(netdata));
    assert_int_equal(report_count, 3); /* both values, and the base */
}

/* ---- OSHI, Far and Nmap ---------------------------------------------------------------------- */

/* A name ends at its terminator, wherever NameOffset leads. */
static void names_are_read_to_their_terminators(void **state)
{
    static struct answer answer;

    (void)state;
    one_counter(&answer, PERF_COUNTER_RAWCOUNT, 1);
    instance_of(&answer)->NameLength = 0;                  /* so no length leads past the end */
    memcpy(answer.u.bytes + answer.block + 12, "x\0y", 4); /* the last two units */
    instance_of(&answer)->NameOffset = answer.size - answer.instance - 4;
    assert_string_equal(
        reports_of(&answer, BIT(oshi)),
        "oshi shows the name \"xy\" for instance 0 of object 2380, which is \"\"\n");
    instance_of(&answer)->NameOffset = answer.size - answer.instance - 2;
    assert_string_equal(reports_of(&answer, BIT(oshi)),
                        "oshi shows the name \"y\" for instance 0 of object 2380, which is \"\"\n");
    instance_of(&answer)->NameOffset += 2;
    assert_string_equal(reports_of(&answer, BIT(oshi)), "");
    instance_of(&answer)->NameOffset = UINT32_MAX;
    assert_string_equal(reports_of(&answer, BIT(oshi)), "");
    /* The reader does not look at NameLength. */
    instance_of(&answer)->NameOffset = sizeof(PERF_INSTANCE_DEFINITION);
    instance_of(&answer)->NameLength = 0;
    assert_string_equal(reports_of(&answer, BIT(oshi)),
                        "oshi shows the name \"a\" for instance 0 of object 2380, which is \"\"\n");
    object_at(&answer, 0)->CodePage = 1252;
    assert_string_equal(reports_of(&answer, BIT(oshi)), "");
}

static void nmap_reads_values_one_after_the_other(void **state)
{
    static struct answer answer;

    (void)state;
    for (int is_wide = 0; is_wide < 2; is_wide++) {
        begin(&answer);
        begin_object(&answer, 0, 1);
        add_counter(&answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
        add_counter(&answer, 4, is_wide ? PERF_COUNTER_LARGE_RAWCOUNT : PERF_COUNTER_RAWCOUNT);
        for (DWORD i = 0; i < 2; i++)
            counter_at(&answer, i)->CounterOffset = answer.offsets[i] = 16 + 8 * i;
        answer.slot_count = 3;
        add_instances(&answer, 1);
        memcpy(answer.u.bytes + answer.block + 4, "\1\0\0\0\0\0\0\0\2", 9);
        const char *text = reports_of(&answer, BIT(nmap));
        assert_non_null(strstr(text, "shows 1 for counter 2382 of instance 0 of object 2380, which "
                                     "is 5: it does not look at CounterOffset\n"));
        assert_non_null(strstr(text, is_wide ? "shows 21474836482 for counter 2384 of instance 0 "
                                             : "shows 2 for counter 2384 of instance 0 "));
        counter_at(&answer, 0)->CounterSize = 3; /* such a value is not compared: 3 bytes follow */
        assert_string_equal(reports_of(&answer, BIT(nmap)),
                            is_wide ? "nmap shows 2199023255552 for counter 2384 of instance 0 of "
                                      "object 2380, which is 5: it does not look at CounterOffset\n"
                                    : "nmap shows 0 for counter 2384 of instance 0 of object 2380, "
                                      "which is 5: it does not look at CounterOffset\n");
        counter_at(&answer, 0)->CounterSize = 64; /* the next one is after the answer */
        assert_string_equal(reports_of(&answer, BIT(nmap)),
                            "nmap loses the value of counter 2384 of instance 0 of object 2380, "
                            "which is 5: it looks for it past the end\n");
    }
}

/* Far takes the first object for the one that it wants. */
static void far_takes_the_first_object(void **state)
{
    static const struct {
        const char *query;
        bool is_reported;
    } cases[] = {
        { NULL, true },      { "4000", true },       { "4001", false },  { "40", false },
        { "Global", false }, { "4000 2380", false }, { "", false },      { "/4000", false },
        { ":4000", false },  { "04000", true },      { "-4000", false }, { "+4000", false },
    };
    static struct answer answer;

    (void)state;
    begin(&answer);
    build_sound(&answer);
    build_sound(&answer);
    for (DWORD index = 4000; index <= 9000; index += 5000) {
        object_at(&answer, answer.object)->ObjectNameTitleIndex = index;
        for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
            char query[20], wanted[100] = "";

            snprintf(query, sizeof(query), "%s", cases[i].query ? cases[i].query : "");
            for (char *at = query; *at && index == 9000; at++)
                *at = *at == '4' ? '9' : *at;
            if (cases[i].is_reported)
                snprintf(
                    wanted, sizeof(wanted),
                    "far does not see object %u: it takes the first one, object 2380, for it\n",
                    (unsigned)index);
            const char *text = reports_of_bytes(
                answer.u.bytes, answer.size,
                (struct readers_answer){ .count = 2, .query = cases[i].query ? query : NULL },
                BIT(far));
            if (strcmp(text, wanted) != 0)
                fail_msg("%s: %s", query, text);
        }
    }
    object_at(&answer, answer.object)->ObjectNameTitleIndex = 0;
    assert_string_equal(reports_of_bytes(answer.u.bytes, answer.size,
                                         (struct readers_answer){ .count = 2, .query = "Global" },
                                         BIT(far)),
                        "");
}

/* ---- costs ----------------------------------------------------------------------------------- */

/* Each instance has 28 bytes, and each of them is said to have all values. A model reads as many values as the
   answer has bytes. */
static void a_model_reads_no_more_values_than_there_are_bytes(void **state)
{
    enum { COUNTERS = 100, INSTANCES = 400, SIZE = 64 + COUNTERS * 40 + INSTANCES * 28 };
    static const struct {
        uint32_t reader;
        unsigned others; /* reports of other things */
    } cases[] = {
        { BIT(leoluk), 0 },
        { BIT(netdata), 1 },                /* it loses the object from the last instance on */
        { BIT(oshi), SIZE / COUNTERS + 2 }, /* each name, and where the last one leads */
    };
    static struct answer answer;

    (void)state;
    begin(&answer);
    begin_object(&answer, 0, INSTANCES);
    for (DWORD i = 0; i < COUNTERS; i++)
        add_counter(&answer, 2 * i + 2, PERF_COUNTER_RAWCOUNT)->CounterOffset = 4;
    answer.slot_count = 0;
    for (unsigned i = 0; i < INSTANCES; i++) {
        answer.instance = answer_take(&answer, sizeof(PERF_INSTANCE_DEFINITION));
        instance_of(&answer)->ByteLength = sizeof(PERF_INSTANCE_DEFINITION);
        answer.block = answer_take(&answer, 4);
        block_of(&answer)->ByteLength = 4;
    }
    /* That of the last one leads past the end, but no model comes there. */
    instance_of(&answer)->NameOffset = UINT32_MAX;
    instance_of(&answer)->NameLength = 2;
    end_object(&answer);
    assert_int_equal(answer.size, SIZE);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_null(strstr(reports_of(&answer, cases[i].reader), "lead past the end"));
        assert_int_equal(report_count, SIZE + cases[i].others);
    }
}

/* The same for Nmap, which compares only values that are there: each counter has the one value of a block. */
static void nmap_reads_no_more_values_than_there_are_bytes(void **state)
{
    enum { COUNTERS = 100, INSTANCES = 400, SIZE = 64 + COUNTERS * 40 + INSTANCES * 32 };
    static struct answer answer;

    (void)state;
    begin(&answer);
    begin_object(&answer, 0, INSTANCES);
    for (DWORD i = 0; i < COUNTERS; i++)
        add_counter(&answer, 2 * i + 2, PERF_COUNTER_RAWCOUNT)->CounterOffset = 4;
    for (unsigned i = 0; i < INSTANCES; i++) {
        answer.instance = answer_take(&answer, sizeof(PERF_INSTANCE_DEFINITION));
        instance_of(&answer)->ByteLength = sizeof(PERF_INSTANCE_DEFINITION);
        answer.block = answer_take(&answer, 8);
        block_of(&answer)->ByteLength = 8;
        memcpy(answer.u.bytes + answer.block + 4, "\5", 1);
    }
    end_object(&answer);
    assert_int_equal(answer.size, SIZE);
    reports_of(&answer, BIT(nmap));
    assert_true(report_count > SIZE / 10 * 8 && report_count <= SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_answer_has_no_reports),
        cmocka_unit_test(elapsed_times_are_file_times),
        cmocka_unit_test(definitions_after_a_longer_header_are_misread),
        cmocka_unit_test(names_that_end_after_the_answer_are_empty),
        cmocka_unit_test(an_object_without_instances_has_a_phantom),
        cmocka_unit_test(ten_million_records_are_too_many),
        cmocka_unit_test(objects_after_the_total_length_are_phantoms),
        cmocka_unit_test(shifted_objects_are_not_found),
        cmocka_unit_test(netdata_reads_two_types_with_a_width_of_its_own),
        cmocka_unit_test(names_are_read_to_their_terminators),
        cmocka_unit_test(nmap_reads_values_one_after_the_other),
        cmocka_unit_test(far_takes_the_first_object),
        cmocka_unit_test(a_model_reads_no_more_values_than_there_are_bytes),
        cmocka_unit_test(nmap_reads_no_more_values_than_there_are_bytes),
    };

    return cmocka_run_group_tests_name("reader model", tests, NULL, NULL);
}
