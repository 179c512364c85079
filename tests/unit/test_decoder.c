/* SPDX-License-Identifier: MIT
 *
 * decoder.c and instance_finder.c: the meaning of data blocks, names included. The bytes are in
 * memory of exactly their size, so that a sanitizer sees every read beyond them.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "decoder.h"

#define HEADER_SIZE 96 /* PERF_DATA_BLOCK and a system name of up to 4 units */
#define TEXT_SIZE 2048

/* A data block around the objects of an answer; the caller frees its bytes. */
static struct span blob_of(const struct answer *answer, uint64_t time)
{
    unsigned char *bytes = calloc(1, HEADER_SIZE + answer->size);
    PERF_DATA_BLOCK header = {
        .Signature = { 'P', 'E', 'R', 'F' },
        .LittleEndian = 1,
        .Version = 1,
        .Revision = 1,
        .TotalByteLength = HEADER_SIZE + answer->size,
        .HeaderLength = HEADER_SIZE,
        .NumObjectTypes = answer->object_count,
        .SystemNameLength = 6,
        .SystemNameOffset = sizeof(header),
    };

    header.PerfTime.QuadPart = (LONGLONG)time;
    header.PerfFreq.QuadPart = 10;
    header.PerfTime100nSec.QuadPart = (LONGLONG)time;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), TEXT16("PC"), 6);
    memcpy(bytes + HEADER_SIZE, answer->u.bytes, answer->size);
    return (struct span){ bytes, HEADER_SIZE + answer->size };
}

static void add(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, TEXT_SIZE - used, format, arguments);
    va_end(arguments);
}

static void outline_instance(struct decoder *decoder, const struct decoded_object *object,
                             const struct decoded_instance *instance, char *text)
{
    add(text, " [%s%s%s", instance->parent ? instance->parent : "", instance->parent ? "/" : "",
        instance->name ? instance->name : "-");
    if (instance->occurrence)
        add(text, "#%u", (unsigned)instance->occurrence);
    for (size_t i = 0; i < object->counter_count; i++) {
        uint64_t raw;
        double cooked;

        if (!decoder_selects(decoder, i))
            continue;
        if (decoder_text(decoder, i)) {
            add(text, " \"%s\"", decoder_text(decoder, i));
            assert_false(decoder_raw(decoder, i, &raw));
        } else if (decoder_raw(decoder, i, &raw))
            add(text, " %u", (unsigned)raw);
        else {
            add(text, " none");
        }
        if (decoder_cook(decoder, i, &cooked))
            add(text, "=%g", cooked);
    }
    add(text, "]");
}

/* Everything that a decoder reports of two samples, as one line. */
static const char *outline(const struct decoder_input *input)
{
    static char text[TEXT_SIZE];
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct decoder *decoder;
    const DWORD error = decoder_open(&decoder, input);

    *text = '\0';
    if (error) {
        add(text, "error %u", (unsigned)error);
        return text;
    }
    add(text, "%s:", decoder_system_name(decoder));
    while ((object = decoder_next_object(decoder))) {
        add(text, " %u%s", (unsigned)object->definition.name_index,
            object->name ? object->name : "");
        while ((instance = decoder_next_instance(decoder)))
            outline_instance(decoder, object, instance, text);
        if (decoder_error(decoder))
            add(text, " stopped");
    }
    assert_null(decoder_next_object(decoder));
    if (decoder_error(decoder))
        add(text, " error %u", (unsigned)decoder_error(decoder));
    decoder_close(decoder);
    return text;
}

static const char *outline_of(struct span newer, struct span older)
{
    return outline(&(struct decoder_input){ .newer = newer, .older = older, .language = 9 });
}

/* An object with a rate, a fraction and its base, and one without instances. A second has 10 ticks of
   `time`: see blob_of. */
static struct span sample(uint64_t time, uint64_t rate, uint64_t part)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT);
    add_counter(&answer, 4, PERF_RAW_FRACTION);
    add_counter(&answer, 0, PERF_RAW_BASE);
    for (unsigned i = 0; i < 2; i++) {
        add_instance(&answer, i ? TEXT16("b") : TEXT16("a"));
        set_value(&answer, 0, rate + i);
        set_value(&answer, 1, part);
        set_value(&answer, 2, 40);
    }
    end_object(&answer);
    begin_object(&answer, 10, PERF_NO_INSTANCES);
    add_counter(&answer, 12, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    set_value(&answer, 0, 7);
    end_object(&answer);
    return blob_of(&answer, time);
}

static void one_sample_has_raw_values_and_fractions(void **state)
{
    const struct span newer = sample(100, 1000, 10);

    (void)state;
    assert_string_equal(outline_of(newer, (struct span){ 0 }),
                        "PC: 2380 [a 1000 10=25 40] [b 1001 10=25 40] 2390 [- 7=7]");
    free((void *)newer.data);
}

static void two_samples_have_rates(void **state)
{
    const struct span older = sample(100, 1000, 10), newer = sample(120, 1020, 20);

    (void)state;
    assert_string_equal(outline_of(newer, older),
                        "PC: 2380 [a 1020=10 20=50 40] [b 1021=10 20=50 40] 2390 [- 7=7]");
    free((void *)older.data);
    free((void *)newer.data);
}

/* Properties that must be equal in two samples; otherwise there is no rate. Offsets are those of
   the older sample: PERF_OBJECT_TYPE has 64 bytes, PERF_COUNTER_DEFINITION 40, and
   PERF_INSTANCE_DEFINITION 24. */
static void another_counter_has_no_rate(void **state)
{
    static const struct {
        const char *name;
        uint32_t offset, value;
    } cases[] = {
        { "another object", HEADER_SIZE + 12, FIRST_COUNTER + 20 },
        { "another counter", HEADER_SIZE + 64 + 4, FIRST_COUNTER + 20 },
        { "another type", HEADER_SIZE + 64 + 28, PERF_COUNTER_TIMER },
        { "another size", HEADER_SIZE + 64 + 32, 4 },
        { "no counters", HEADER_SIZE + 32, 0 },
        { "another instance", HEADER_SIZE + 64 + 3 * 40 + 24, 'x' },
        { "another identity", HEADER_SIZE + 64 + 3 * 40 + 12, 1 },
        { "no value", HEADER_SIZE + 64 + 36, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct span older = sample(100, 1000, 10), newer = sample(120, 1020, 20);

        memcpy((unsigned char *)older.data + cases[i].offset, &cases[i].value, 4);
        if (strncmp(outline_of(newer, older), "PC: 2380 [a 1020 20=50 40]", 26) != 0)
            fail_msg("%s: %s", cases[i].name, outline_of(newer, older));
        free((void *)older.data);
        free((void *)newer.data);
    }
}

static void an_older_sample_that_cannot_be_read_is_none(void **state)
{
    const struct span newer = sample(100, 1000, 10);
    const struct span older = { newer.data, 80 }; /* PERF_DATA_BLOCK has 88 bytes */

    (void)state;
    assert_string_equal(outline_of(newer, older),
                        "PC: 2380 [a 1000 10=25 40] [b 1001 10=25 40] 2390 [- 7=7]");
    free((void *)newer.data);
}

static void a_counter_is_paired_with_the_base_right_after_it(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 0, PERF_RAW_BASE); /* a base without a counter */
    add_counter(&answer, 2, PERF_RAW_FRACTION);
    add_counter(&answer, 0, PERF_RAW_BASE);
    add_counter(&answer, 0, PERF_RAW_BASE); /* a second base is ignored */
    add_counter(&answer, 4, 0x12345678);    /* a type that winperf.h does not name */
    add_counter(&answer, 0, PERF_RAW_BASE);
    add_counter(&answer, 6, PERF_COUNTER_RAWCOUNT)->CounterSize = 8;
    add_counter(&answer, 8, PERF_COUNTER_RAWCOUNT)->CounterSize = 5;
    add_block(&answer);
    for (DWORD i = 0; i < 8; i++)
        set_value(&answer, i, i + 1);
    end_object(&answer);

    const struct span newer = blob_of(&answer, 1);

    assert_string_equal(outline_of(newer, (struct span){ 0 }),
                        "PC: 2380 [- 1 2=66.6667 3 4 none 6 7=7 none]");
    free((void *)newer.data);
}

/* Two samples of an object without instances, two seconds apart. It has `count` counters of these
   types; those with symbol 0 are bases. Then 4 bytes of the older sample are overwritten;
   FIRST_COUNTER at 12 is the title index that is there already. */
static const char *outline_changed(const DWORD symbols[], const DWORD types[], DWORD count,
                                   uint32_t offset, uint32_t value)
{
    struct span samples[2];

    for (unsigned time = 0; time < 2; time++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };

        begin_object(&answer, 0, PERF_NO_INSTANCES);
        for (DWORD i = 0; i < count; i++)
            add_counter(&answer, symbols[i], types[i]);
        add_block(&answer);
        for (DWORD i = 0; i < count; i++)
            set_value(&answer, i, i ? 110 + 10 * time : 100 + 40 * time);
        end_object(&answer);
        samples[time] = blob_of(&answer, 100 + 20 * time);
    }
    memcpy((unsigned char *)samples[0].data + HEADER_SIZE + offset, &value, 4);

    const char *text = outline_of(samples[1], samples[0]);

    free((void *)samples[0].data);
    free((void *)samples[1].data);
    return text;
}

static void an_average_needs_the_older_base(void **state)
{
    const DWORD symbols[] = { 2, 0 }, types[] = { PERF_AVERAGE_BULK, PERF_AVERAGE_BASE };

    (void)state;
    assert_string_equal(outline_changed(symbols, types, 2, 12, FIRST_COUNTER),
                        "PC: 2380 [- 140=4 120]");
    assert_string_equal(outline_changed(symbols, types, 2, 64 + 40 + 28, PERF_RAW_BASE),
                        "PC: 2380 [- 140 120]");
}

static void a_base_after_a_counter_that_needs_none_is_not_its_own(void **state)
{
    const DWORD symbols[] = { 2, 0 }, types[] = { PERF_COUNTER_BULK_COUNT, PERF_AVERAGE_BASE };

    (void)state;
    assert_string_equal(outline_changed(symbols, types, 2, 64 + 40 + 28, PERF_RAW_BASE),
                        "PC: 2380 [- 140=20 120]");
}

static void a_counter_that_the_older_sample_lacks_has_no_rate(void **state)
{
    const DWORD symbols[] = { 2, 2 };
    const DWORD types[] = { PERF_COUNTER_BULK_COUNT, PERF_COUNTER_BULK_COUNT };

    (void)state;
    assert_string_equal(outline_changed(symbols, types, 2, 12, FIRST_COUNTER),
                        "PC: 2380 [- 140=20 120=5]");
    assert_string_equal(outline_changed(symbols, types, 2, 32, 1), "PC: 2380 [- 140=20 120]");
}

static void a_computer_may_have_no_name(void **state)
{
    const struct span newer = sample(100, 1000, 10);

    (void)state;
    memset((unsigned char *)newer.data + 80, 0, 4);
    assert_string_equal(outline_of(newer, (struct span){ 0 }),
                        ": 2380 [a 1000 10=25 40] [b 1001 10=25 40] 2390 [- 7=7]");
    free((void *)newer.data);
}

static void text_is_shown_as_text(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 2, 0x00000B00)->CounterSize = 8; /* text, UTF-16 */
    add_counter(&answer, 4, 0x00000B00)->CounterSize = 0;
    add_block(&answer);
    memcpy(answer.u.bytes + answer.block + 8, TEXT16("four"), 8);
    end_object(&answer);

    const struct span newer = blob_of(&answer, 1);

    assert_string_equal(outline_of(newer, (struct span){ 0 }), "PC: 2380 [- \"four\" \"\"]");
    free((void *)newer.data);
}

static void equal_names_are_distinguished_by_their_order(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, 4);
    add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT);
    for (unsigned i = 0; i < 4; i++) {
        add_instance(&answer, i % 2 ? TEXT16("\u00C4b") : TEXT16("\u00E4B"));
        set_value(&answer, 0, 10 * i);
    }
    end_object(&answer);

    const struct span older = blob_of(&answer, 100);

    /* The first instance has gone, and the others move up. */
    answer.size = 0;
    answer.object_count = 0;
    begin_object(&answer, 0, 3);
    add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT);
    for (unsigned i = 0; i < 3; i++) {
        add_instance(&answer, TEXT16("\u00C4b"));
        set_value(&answer, 0, 10 * i + 10);
    }
    end_object(&answer);

    const struct span newer = blob_of(&answer, 110);

    assert_string_equal(outline_of(newer, older), "PC: 2380 [\xC3\x84"
                                                  "b 10=10] [\xC3\x84"
                                                  "b#1 20=10] [\xC3\x84"
                                                  "b#2 30=10]");
    free((void *)older.data);
    free((void *)newer.data);
}

static void an_instance_with_an_identity_is_found_by_it(void **state)
{
    struct span samples[2];

    (void)state;
    for (unsigned time = 0; time < 2; time++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };

        begin_object(&answer, 0, 2);
        add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT);
        for (unsigned i = 0; i < 2; i++) {
            const unsigned identity = time ? 1 - i : i; /* in the opposite order */

            add_instance(&answer, TEXT16("x"))->UniqueID = (LONG)identity;
            set_value(&answer, 0, 100 * identity + 10 * time);
        }
        end_object(&answer);
        samples[time] = blob_of(&answer, 100 + 10 * time);
    }
    assert_string_equal(outline_of(samples[1], samples[0]), "PC: 2380 [x 110=10] [x#1 10=10]");
    free((void *)samples[0].data);
    free((void *)samples[1].data);
}

/* An object of `parents` instances, one with a child "0" of the given parent, and one without
   instances. 70 parents are more than the initial size of the list. */
static struct span family(unsigned parents, uint32_t parent_object, uint32_t parent_instance)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    begin_object(&answer, 0, (LONG)parents);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (unsigned i = 0; i < parents; i++) {
        const WCHAR name[3] = { (WCHAR)('A' + i / 26), (WCHAR)('a' + i % 26), 0 };

        add_instance(&answer, name);
    }
    end_object(&answer);
    begin_object(&answer, 10, 1);
    add_counter(&answer, 12, PERF_COUNTER_RAWCOUNT);
    add_instance(&answer, TEXT16("0"))->ParentObjectTitleIndex = parent_object;
    instance_of(&answer)->ParentObjectInstance = parent_instance;
    end_object(&answer);
    begin_object(&answer, 20, PERF_NO_INSTANCES);
    add_counter(&answer, 22, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    end_object(&answer);
    return blob_of(&answer, 1);
}

static void a_parent_is_found_by_object_and_position(void **state)
{
    static const struct {
        unsigned parents;
        uint32_t object, instance;
        const char *child;
    } cases[] = {
        { 2, FIRST_COUNTER, 0, "[Aa/0 0=0]" },
        { 2, FIRST_COUNTER, 1, "[Ab/0 0=0]" },
        { 2, FIRST_COUNTER, 2, "[0 0=0]" },
        { 2, FIRST_COUNTER, UINT32_MAX, "[0 0=0]" },
        { 70, FIRST_COUNTER, 69, "[Cr/0 0=0]" },
        { 70, FIRST_COUNTER, 70, "[0 0=0]" },
        { 2, 0, 0, "[0 0=0]" },
        { 2, FIRST_COUNTER + 30, 0, "[0 0=0]" },
        { 2, FIRST_COUNTER + 20, 0, "[0 0=0]" },   /* that object has no instances */
        { 2, FIRST_COUNTER + 10, 0, "[0/0 0=0]" }, /* an instance that is its own parent */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct span newer = family(cases[i].parents, cases[i].object, cases[i].instance);
        const char *text = strstr(outline_of(newer, (struct span){ 0 }), " 2390 ");

        if (!text || strncmp(text + 6, cases[i].child, strlen(cases[i].child)) != 0)
            fail_msg("case %zu: %s", i, text);
        free((void *)newer.data);
    }
}

/* Title indices from FIRST_COUNTER on. The first three have a name: "Thing", "Rate", "Share". */
static void name_things(struct name_table *names)
{
    static const WCHAR english[] = TEXT16("0\0Zero\0"
                                          "2380\0Thing\0"
                                          "2382\0Rate\0"
                                          "2384\0Share\0");
    static const WCHAR german[] = TEXT16("2380\0Ding\0");

    *names = (struct name_table){ 0 };
    name_table_add(names, 9, NAME_TABLE_COUNTER, english, UNIT_COUNT(english), &(size_t){ 0 });
    name_table_add(names, 7, NAME_TABLE_COUNTER, german, UNIT_COUNT(german), &(size_t){ 0 });
}

static void paths_select_objects_instances_and_counters(void **state)
{
    static const struct {
        const char *paths[2];
        uint32_t language;
        const char *outline;
    } cases[] = {
        { { "\\Thing(*)\\Rate" }, 9, "PC: 2380Thing [a 1000] [b 1001]" },
        { { "\\Thing(b)\\*" }, 9, "PC: 2380Thing [b 1001 10=25]" },
        { { "\\\\pc\\Thing(b)\\Rate" }, 9, "PC: 2380Thing [b 1001]" },
        { { "\\\\pd\\Thing(b)\\Rate" }, 9, "PC:" },
        { { "\\2380(b)\\2384" }, 9, "PC: 2380Thing [b 10=25]" },
        { { "\\Thing(c)\\Rate" }, 9, "PC: 2380Thing" },
        { { "\\2390\\2392" }, 9, "PC: 2390 [- 7=7]" },
        { { "\\2390\\*" }, 9, "PC: 2390 [- 7=7]" },
        { { "\\238\\*" }, 9, "PC:" },
        { { "\\Ding(a)\\Rate" }, 7, "PC: 2380Ding [a 1000]" }, /* "Rate" is the English name */
        { { "\\Ding(a)\\Rate" }, 9, "PC:" },
        { { "\\Thing(a)\\Rate", "\\Thing(b)\\Share" }, 9, "PC: 2380Thing [a 1000] [b 10=25]" },
        { { "\\Thing(a)\\Rate", "\\2390\\*" }, 9, "PC: 2380Thing [a 1000] 2390 [- 7=7]" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct counter_path paths[2];
        struct counter_path_error error;
        struct name_table names;
        struct decoder_input input = { .newer = sample(100, 1000, 10),
                                       .names = &names,
                                       .language = cases[i].language,
                                       .paths = paths };

        name_things(&names);
        for (; input.path_count < 2 && cases[i].paths[input.path_count]; input.path_count++)
            assert_int_equal(counter_path_parse(cases[i].paths[input.path_count],
                                                &paths[input.path_count], &error),
                             ERROR_SUCCESS);
        if (strcmp(outline(&input), cases[i].outline) != 0)
            fail_msg("%s: %s", cases[i].paths[0], outline(&input));
        while (input.path_count)
            counter_path_release(&paths[--input.path_count]);
        name_table_release(&names);
        free((void *)input.newer.data);
    }
}

static void a_base_is_selected_by_its_name(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct counter_path path;
    struct counter_path_error error;
    struct name_table names;

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 4, PERF_RAW_BASE);
    add_block(&answer);
    end_object(&answer);
    name_things(&names);
    assert_int_equal(counter_path_parse("\\Thing\\*", &path, &error), ERROR_SUCCESS);

    const struct decoder_input input = { .newer = blob_of(&answer, 1),
                                         .names = &names,
                                         .language = 9,
                                         .paths = &path,
                                         .path_count = 1 };

    assert_string_equal(outline(&input), "PC: 2380Thing [- 0]");
    counter_path_release(&path);
    name_table_release(&names);
    free((void *)input.newer.data);
}

static void too_many_paths_are_refused(void **state)
{
    static const struct counter_path paths[DECODER_PATHS + 1];
    struct decoder_input input = { .newer = sample(1, 1, 1), .paths = paths };
    struct decoder *decoder;

    (void)state;
    input.path_count = DECODER_PATHS + 1;
    assert_int_equal(decoder_open(&decoder, &input), ERROR_INVALID_PARAMETER);
    input.path_count = DECODER_PATHS;
    assert_int_equal(decoder_open(&decoder, &input), ERROR_SUCCESS);
    decoder_close(decoder);
    decoder_close(NULL);
    free((void *)input.newer.data);
}

static void as_many_paths_as_fit_are_all_looked_at(void **state)
{
    struct counter_path paths[DECODER_PATHS] = { 0 };
    struct counter_path_error error;
    struct decoder_input input = { .newer = sample(100, 1000, 10),
                                   .paths = paths,
                                   .path_count = DECODER_PATHS };

    (void)state;
    for (size_t i = 0; i < DECODER_PATHS; i++)
        assert_int_equal(counter_path_parse(i == DECODER_PATHS - 1 ? "\\2390\\2392" : "\\1\\2",
                                            &paths[i], &error),
                         ERROR_SUCCESS);
    assert_string_equal(outline(&input), "PC: 2390 [- 7=7]");
    for (size_t i = 0; i < DECODER_PATHS; i++)
        counter_path_release(&paths[i]);
    free((void *)input.newer.data);
}

/* The path after the last one would select everything. */
static void a_path_beyond_their_number_selects_nothing(void **state)
{
    struct counter_path paths[DECODER_PATHS + 1] = { 0 };
    struct counter_path_error error;
    struct decoder_input input = { .newer = sample(100, 1000, 10), .paths = paths };

    (void)state;
    for (size_t i = 0; i <= DECODER_PATHS; i++)
        assert_int_equal(counter_path_parse(i == 0               ? "\\2380(b)\\2384"
                                            : i == DECODER_PATHS ? "\\2380(*)\\*"
                                                                 : "\\1\\2",
                                            &paths[i], &error),
                         ERROR_SUCCESS);
    for (input.path_count = DECODER_PATHS - 1; input.path_count <= DECODER_PATHS;
         input.path_count++)
        assert_string_equal(outline(&input), "PC: 2380 [b 10=25]");
    for (size_t i = 0; i <= DECODER_PATHS; i++)
        counter_path_release(&paths[i]);
    free((void *)input.newer.data);
}

/* It comes first, when the decoder has no memory for counters yet. */
static void an_object_may_have_no_counters(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, 1);
    add_instance(&answer, TEXT16("a"));
    end_object(&answer);
    begin_object(&answer, 10, PERF_NO_INSTANCES);
    add_counter(&answer, 12, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    end_object(&answer);

    const struct span newer = blob_of(&answer, 1);

    assert_string_equal(outline_of(newer, (struct span){ 0 }), "PC: 2380 [a] 2390 [- 0=0]");
    free((void *)newer.data);
}

static void counters_of_one_title_index_are_numbered(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    const struct decoded_object *object;
    struct decoder *decoder;

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    for (DWORD i = 0; i < 4; i++)
        add_counter(&answer, i == 2 ? 4 : 2, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    end_object(&answer);

    const struct span newer = blob_of(&answer, 1);

    assert_int_equal(decoder_open(&decoder, &(struct decoder_input){ .newer = newer }),
                     ERROR_SUCCESS);
    object = decoder_next_object(decoder);
    assert_int_equal(object->counters[0].duplicate, 0);
    assert_int_equal(object->counters[1].duplicate, 1);
    assert_int_equal(object->counters[2].duplicate, 0);
    assert_int_equal(object->counters[3].duplicate, 2);
    decoder_close(decoder);
    free((void *)newer.data);
}

static void a_counter_that_follows_a_fraction_is_not_its_base(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 2, PERF_RAW_FRACTION);
    add_counter(&answer, 4, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    set_value(&answer, 0, 1);
    set_value(&answer, 1, 2);
    end_object(&answer);

    const struct span newer = blob_of(&answer, 1);

    assert_string_equal(outline_of(newer, (struct span){ 0 }), "PC: 2380 [- 1 2=2]");
    free((void *)newer.data);
}

static bool stop(void *context, const struct walk_breach *breach)
{
    size_t *offset = context;

    *offset = breach->offset;
    return false;
}

static void a_breach_that_stops_is_an_error(void **state)
{
    static const struct {
        uint32_t offset, value;
        const char *outline;
    } cases[] = {
        { 8, 0, "error 13" }, /* 13: ERROR_INVALID_DATA */
        { HEADER_SIZE + 8, 63, "PC: error 13" },
        { HEADER_SIZE + 40, 3, "PC: 2380 [a 1000 10=25 40] [b 1001 10=25 40] stopped error 13" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t offset = 0;
        struct decoder_input input = { .newer = sample(100, 1000, 10),
                                       .on_breach = stop,
                                       .context = &offset };

        memcpy((unsigned char *)input.newer.data + cases[i].offset, &cases[i].value, 4);
        assert_string_equal(outline(&input), cases[i].outline);
        assert_int_equal(offset, cases[i].offset);
        assert_int_equal(decoder_check(input.newer, stop, &offset), 1);
        free((void *)input.newer.data);
    }
}

static bool go_on(void *context, const struct walk_breach *breach)
{
    (void)context, (void)breach;
    return true;
}

static void every_breach_is_counted(void **state)
{
    const struct span newer = sample(100, 1000, 10);
    const uint32_t wrong[2] = { 3, 1 };

    (void)state;
    assert_int_equal(decoder_check(newer, go_on, NULL), 0);
    memcpy((unsigned char *)newer.data + HEADER_SIZE + 64 + 36, &wrong[0], 4);
    memcpy((unsigned char *)newer.data + 28, &wrong[1], 4);
    assert_int_equal(decoder_check(newer, go_on, NULL), 2);
    free((void *)newer.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_has_raw_values_and_fractions),
        cmocka_unit_test(two_samples_have_rates),
        cmocka_unit_test(another_counter_has_no_rate),
        cmocka_unit_test(an_older_sample_that_cannot_be_read_is_none),
        cmocka_unit_test(a_counter_is_paired_with_the_base_right_after_it),
        cmocka_unit_test(an_average_needs_the_older_base),
        cmocka_unit_test(a_base_after_a_counter_that_needs_none_is_not_its_own),
        cmocka_unit_test(a_counter_that_the_older_sample_lacks_has_no_rate),
        cmocka_unit_test(a_computer_may_have_no_name),
        cmocka_unit_test(a_base_is_selected_by_its_name),
        cmocka_unit_test(text_is_shown_as_text),
        cmocka_unit_test(equal_names_are_distinguished_by_their_order),
        cmocka_unit_test(an_instance_with_an_identity_is_found_by_it),
        cmocka_unit_test(a_parent_is_found_by_object_and_position),
        cmocka_unit_test(paths_select_objects_instances_and_counters),
        cmocka_unit_test(too_many_paths_are_refused),
        cmocka_unit_test(as_many_paths_as_fit_are_all_looked_at),
        cmocka_unit_test(a_path_beyond_their_number_selects_nothing),
        cmocka_unit_test(an_object_may_have_no_counters),
        cmocka_unit_test(counters_of_one_title_index_are_numbered),
        cmocka_unit_test(a_counter_that_follows_a_fraction_is_not_its_base),
        cmocka_unit_test(a_breach_that_stops_is_an_error),
        cmocka_unit_test(every_breach_is_counted),
    };

    return cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
}
