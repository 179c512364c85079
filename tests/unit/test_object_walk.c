/* SPDX-License-Identifier: MIT
 *
 * object_walk.c: a valid data block with one or a few members changed. Each length is tested at its
 * limit, one beyond it, and as a range that begins inside and ends outside. The bytes are in memory
 * of exactly their size, so that a sanitizer sees every read beyond them.
 */
#include "unit.h"
#include "walk_rule.h"

#include "object_walk.h"

/* Offsets in the valid block: two instances of two counters, then an object without instances. */
#define FIRST 96                /* first object; the header has 88 bytes and a name of 4 */
#define COUNTER_0 (FIRST + 64)  /* 8 bytes at 8 of the counter block */
#define COUNTER_1 (FIRST + 104) /* 4 bytes at 16 */
#define INSTANCE_0 (FIRST + 144)
#define BLOCK_0 (FIRST + 176)
#define INSTANCE_1 (FIRST + 200)
#define BLOCK_1 (FIRST + 232)
#define SECOND (FIRST + 256) /* one counter, 8 bytes at 8, and a counter block of 16 bytes */
#define COUNTER_2 (SECOND + 64)
#define BLOCK_2 (SECOND + 104)
#define GOOD_SIZE (SECOND + 120)

#define GOOD_FIRST "2 counters, a = 1 2, b = 3 4"
#define GOOD GOOD_FIRST "; 1 counter, = 5"
#define LARGEST_SIZE 1024

/* A member to overwrite. A size of 0 ends a list. */
struct change {
    uint32_t offset, value;
};

/* The events of a walk, as text. */
struct outline {
    char objects[512];
    char breaches[512]; /* "rule@offset", separated by blanks */
    size_t calls;
    size_t stop_after; /* stop at this breach; 0: never */
};

static void add(char text[512], const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, 512 - used, format, arguments);
    va_end(arguments);
}

static bool note_breach(void *context, const struct walk_breach *breach)
{
    struct outline *outline = context;

    outline->calls++;
    add(outline->breaches, "%s%s@%zu", *outline->breaches ? " " : "", walk_rule_name(breach->rule),
        breach->offset);
    return outline->calls != outline->stop_after;
}

static void put(unsigned char *bytes, uint32_t offset, uint32_t value)
{
    memcpy(bytes + offset, &value, sizeof(value));
}

/* The offsets below are those of PERF_OBJECT_TYPE (64 bytes), PERF_COUNTER_DEFINITION (40),
   PERF_INSTANCE_DEFINITION (24) and PERF_DATA_BLOCK (88): see layouts.def. */
static void put_object(unsigned char *at, uint32_t size, uint32_t counters, int32_t instances)
{
    put(at, 0, size);
    put(at, 4, 64 + 40 * counters);
    put(at, 8, 64);
    put(at, 12, 2000);
    put(at, 32, counters);
    put(at, 40, (uint32_t)instances);
}

static void put_counter(unsigned char *at, uint32_t size, uint32_t offset)
{
    put(at, 0, 40);
    put(at, 4, 2002);
    put(at, 32, size);
    put(at, 36, offset);
}

static void put_instance(unsigned char *at, char name, uint32_t first, uint32_t second)
{
    put(at, 0, 32);
    put(at, 12, UINT32_MAX);
    put(at, 16, 24);
    put(at, 20, 4);
    put(at, 24, (uint32_t)name);
    put(at + 32, 0, 24);
    put(at + 32, 8, first);
    put(at + 32, 16, second);
}

static void put_good(unsigned char *bytes)
{
    memcpy(bytes, "P\0E\0R\0F\0", 8);
    put(bytes, 8, 1);
    put(bytes, 20, GOOD_SIZE);
    put(bytes, 24, FIRST);
    put(bytes, 28, 2);
    put(bytes, 80, 4);
    put(bytes, 84, 88);
    put(bytes, 88, 'H');
    put_object(bytes + FIRST, SECOND - FIRST, 2, 2);
    put_counter(bytes + COUNTER_0, 8, 8);
    put_counter(bytes + COUNTER_1, 4, 16);
    put_instance(bytes + INSTANCE_0, 'a', 1, 2);
    put_instance(bytes + INSTANCE_1, 'b', 3, 4);
    put_object(bytes + SECOND, GOOD_SIZE - SECOND, 1, WALK_NO_INSTANCES);
    put_counter(bytes + COUNTER_2, 8, 8);
    put(bytes, BLOCK_2, 16);
    put(bytes, BLOCK_2 + 8, 5);
}

static void outline_values(struct object_walk *walk, const struct walk_object *object,
                           const struct walk_instance *instance, struct outline *outline)
{
    struct walk_counter counter = { 0 };
    size_t offset = 0;
    char name[8] = "";

    for (size_t i = 0; i < instance->name.size && i < sizeof(name) - 1; i += 2)
        name[i / 2] = (char)instance->name.data[i];
    add(outline->objects, ", %s%s=", name, *name ? " " : "");
    while (object_walk_next_counter(walk, object, &offset, &counter)) {
        const struct span value = walk_value(instance, &counter);
        uint64_t number = 0;

        if (value.size) {
            memcpy(&number, value.data, value.size < 8 ? value.size : 8);
            add(outline->objects, " %u", (unsigned)number);
        } else {
            add(outline->objects, " -");
        }
    }
}

static void outline_objects(struct object_walk *walk, struct outline *outline)
{
    struct walk_object object;

    while (object_walk_next(walk, &object)) {
        struct walk_instances instances;
        struct walk_instance instance;

        assert_false(walk->is_stopped);

        add(outline->objects, "%s%u counter%s", *outline->objects ? "; " : "",
            (unsigned)object.counter_count, object.counter_count == 1 ? "" : "s");
        object_walk_begin_instances(&object, &instances);
        while (object_walk_next_instance(walk, &object, &instances, &instance)) {
            assert_false(walk->is_stopped);
            outline_values(walk, &object, &instance, outline);
        }
        assert_false(object_walk_next_instance(walk, &object, &instances, &instance));
    }
    assert_false(object_walk_next(walk, &object));
}

/* Walk the valid block with some changes, cut or lengthened to `size`. */
static void walk_changed(const struct change changes[], size_t count, size_t size,
                         struct outline *outline)
{
    unsigned char bytes[LARGEST_SIZE] = { 0 };
    unsigned char *exact = malloc(size);
    struct object_walk walk;
    struct walk_data_block block;

    put_good(bytes);
    for (size_t i = 0; i < count && changes[i].offset; i++)
        put(bytes, changes[i].offset, changes[i].value);
    memcpy(exact, bytes, size);
    if (object_walk_begin(&walk, (struct span){ exact, size }, note_breach, outline, &block))
        outline_objects(&walk, outline);
    else
        add(outline->objects, "unreadable");
    assert_int_equal(walk.breach_count, outline->calls);
    free(exact);
}

static const struct changed {
    const char *name;
    struct change changes[6];
    size_t size; /* 0: the size of the valid block */
    const char *breaches, *objects;
} changed[] = {
    { "nothing", { { 0 } }, 0, "", GOOD },

    /* PERF_DATA_BLOCK */
    { "a header less one byte", { { 0 } }, 87, "data-header@0", "unreadable" },
    { "a header and nothing else", { { 20, 88 }, { 24, 88 }, { 28, 0 }, { 80, 0 } }, 88, "", "" },
    { "another signature", { { 4, 'R' + ('G' << 16) } }, 0, "data-header@0", GOOD },
    { "big-endian", { { 8, 0 } }, 0, "data-header@8", GOOD },
    { "HeaderLength 87", { { 24, 87 } }, 0, "data-header-length@24", "unreadable" },
    { "HeaderLength: all bytes", { { 24, GOOD_SIZE }, { 28, 0 } }, 0, "", "" },
    { "HeaderLength: one byte more",
      { { 24, GOOD_SIZE + 1 }, { 28, 0 } },
      0,
      "data-header-length@24",
      "unreadable" },
    { "TotalByteLength: one byte more",
      { { 20, GOOD_SIZE + 1 } },
      0,
      "data-total-length@20",
      GOOD },
    { "TotalByteLength: where the second object begins",
      { { 20, SECOND }, { 28, 1 } },
      0,
      "data-total-length@20",
      GOOD_FIRST },
    { "TotalByteLength: one byte into the second object",
      { { 20, SECOND + 1 } },
      0,
      "data-total-length@20 object-length@352 object-count@352",
      GOOD_FIRST },
    { "TotalByteLength: HeaderLength",
      { { 20, FIRST } },
      0,
      "data-total-length@20 object-count@96",
      "" },
    { "TotalByteLength: less than HeaderLength",
      { { 20, FIRST - 1 } },
      0,
      "data-total-length@20",
      GOOD },
    { "system name: to the end of the header", { { 80, 8 } }, 0, "", GOOD },
    { "system name: begins inside, ends outside", { { 80, 9 } }, 0, "data-system-name@80", GOOD },
    { "system name: none, anywhere", { { 80, 0 }, { 84, UINT32_MAX } }, 0, "", GOOD },
    { "system name: begins outside", { { 84, FIRST + 1 } }, 0, "data-system-name@80", GOOD },
    { "NumObjectTypes: one more than exist", { { 28, 3 } }, 0, "object-count@472", GOOD },
    { "NumObjectTypes: one too few", { { 28, 1 } }, 0, "object-count@472", GOOD },

    /* PERF_OBJECT_TYPE */
    { "object: the first has TotalByteLength 63",
      { { FIRST, 63 } },
      0,
      "object-length@96 instance-walk@96 object-count@472",
      GOOD_FIRST },
    { "object: 63 bytes are left",
      { { 20, GOOD_SIZE + 63 } },
      GOOD_SIZE + 63,
      "object-length@472",
      GOOD },
    { "object: TotalByteLength 63", { { SECOND, 63 } }, 0, "object-length@352", GOOD },
    { "object: TotalByteLength 64, nothing but a header",
      { { SECOND, 64 },
        { SECOND + 4, 64 },
        { SECOND + 32, 0 },
        { SECOND + 40, 0 },
        { 20, SECOND + 64 } },
      SECOND + 64,
      "",
      GOOD_FIRST "; 0 counters" },
    { "object: one byte more than there is",
      { { SECOND, GOOD_SIZE - SECOND + 1 } },
      0,
      "object-length@352",
      GOOD },
    { "object: HeaderLength 63",
      { { SECOND + 8, 63 } },
      0,
      "header-length@360 no-instances-block@472",
      GOOD_FIRST "; 0 counters, =" },
    { "object: HeaderLength: all bytes",
      { { SECOND + 8, 120 }, { SECOND + 4, 120 }, { SECOND + 32, 0 }, { SECOND + 40, 0 } },
      0,
      "",
      GOOD_FIRST "; 0 counters" },
    { "object: HeaderLength: one byte more",
      { { SECOND + 8, 121 }, { SECOND + 4, 121 } },
      0,
      "header-length@360 no-instances-block@472",
      GOOD_FIRST "; 0 counters, =" },
    { "object: DefinitionLength: HeaderLength",
      { { SECOND + 4, 64 }, { SECOND + 32, 0 }, { SECOND + 64, 56 } },
      0,
      "",
      GOOD_FIRST "; 0 counters, =" },
    { "object: DefinitionLength: less than HeaderLength",
      { { SECOND + 4, 63 } },
      0,
      "definition-length@356 no-instances-block@472",
      GOOD_FIRST "; 0 counters, =" },
    { "object: DefinitionLength: all bytes",
      { { SECOND + 4, 120 }, { SECOND + 40, 0 }, { COUNTER_2, 56 } },
      0,
      "",
      GOOD_FIRST "; 1 counter" },
    { "object: DefinitionLength: one byte more",
      { { SECOND + 4, 121 } },
      0,
      "definition-length@356 no-instances-block@472",
      GOOD_FIRST "; 0 counters, =" },
    { "NumCounters: one more than exist", { { FIRST + 32, 3 } }, 0, "counter-count@128", GOOD },
    { "NumCounters: one too few",
      { { FIRST + 32, 1 } },
      0,
      "definition-length@100",
      "1 counter, a = 1, b = 3; 1 counter, = 5" },
    { "NumCounters: none",
      { { FIRST + 32, 0 } },
      0,
      "definition-length@100",
      "0 counters, a =, b =; 1 counter, = 5" },
    { "NumInstances: -3", { { FIRST + 40, (uint32_t)-3 } }, 0, "", "2 counters; 1 counter, = 5" },
    { "NumInstances: -2", { { FIRST + 40, (uint32_t)-2 } }, 0, "", "2 counters; 1 counter, = 5" },
    { "NumInstances: -4",
      { { FIRST + 40, (uint32_t)-4 } },
      0,
      "instance-count@136",
      "2 counters; 1 counter, = 5" },
    { "NumInstances: 0", { { FIRST + 40, 0 } }, 0, "", "2 counters; 1 counter, = 5" },
    { "NumInstances: one more than exist", { { FIRST + 40, 3 } }, 0, "instance-count@136", GOOD },
    { "NumInstances: one too few",
      { { FIRST + 40, 1 } },
      0,
      "instance-walk@96",
      "2 counters, a = 1 2; 1 counter, = 5" },
    { "NumInstances: -1",
      { { FIRST + 40, (uint32_t)-1 } },
      0,
      "",
      "2 counters, = 0 24; 1 counter, = 5" },

    /* PERF_COUNTER_DEFINITION */
    { "counter: ByteLength 39",
      { { COUNTER_0, 39 } },
      0,
      "counter-definition-length@160",
      "0 counters, a =, b =; 1 counter, = 5" },
    { "counter: ByteLength 80, over the next",
      { { COUNTER_0, 80 }, { FIRST + 32, 1 } },
      0,
      "",
      "1 counter, a = 1, b = 3; 1 counter, = 5" },
    { "counter: ByteLength: one byte beyond the definitions",
      { { COUNTER_1, 41 } },
      0,
      "counter-definition-length@200",
      "1 counter, a = 1, b = 3; 1 counter, = 5" },
    { "counter: ByteLength: begins inside, ends outside",
      { { COUNTER_0, 81 } },
      0,
      "counter-definition-length@160",
      "0 counters, a =, b =; 1 counter, = 5" },
    { "counter: ByteLength that wraps round",
      { { COUNTER_0, UINT32_MAX } },
      0,
      "counter-definition-length@160",
      "0 counters, a =, b =; 1 counter, = 5" },
    { "counter: at offset 4",
      { { COUNTER_1 + 36, 4 } },
      0,
      "",
      "2 counters, a = 1 0, b = 3 0; 1 counter, = 5" },
    { "counter: at offset 3",
      { { COUNTER_1 + 36, 3 } },
      0,
      "counter-offset@236",
      "2 counters, a = 1 0, b = 3 0; 1 counter, = 5" },
    { "counters: both inside the block's length",
      { { COUNTER_0 + 36, 3 }, { COUNTER_1 + 36, 0 } },
      0,
      "counter-offset@196 counter-offset@236",
      "2 counters, a = 0 24, b = 0 24; 1 counter, = 5" },
    { "counter: no bytes at offset 0",
      { { COUNTER_1 + 32, 0 }, { COUNTER_1 + 36, 0 } },
      0,
      "",
      "2 counters, a = 1 -, b = 3 -; 1 counter, = 5" },
    { "counter: ends with the block",
      { { COUNTER_1 + 36, 20 } },
      0,
      "",
      "2 counters, a = 1 0, b = 3 0; 1 counter, = 5" },
    { "counter: begins inside the block, ends outside",
      { { COUNTER_1 + 36, 21 } },
      0,
      "counter-offset@236 counter-offset@236",
      "2 counters, a = 1 -, b = 3 -; 1 counter, = 5" },
    { "counter: begins at the end of the block",
      { { COUNTER_1 + 36, 24 } },
      0,
      "counter-offset@236 counter-offset@236",
      "2 counters, a = 1 -, b = 3 -; 1 counter, = 5" },
    { "counter: offset and size that wrap round",
      { { COUNTER_1 + 32, 8 }, { COUNTER_1 + 36, 0xFFFFFFFC } },
      0,
      "counter-offset@236 counter-offset@236",
      "2 counters, a = 1 -, b = 3 -; 1 counter, = 5" },
    { "counter: the first is the widest",
      { { COUNTER_0 + 36, 17 } },
      0,
      "counter-offset@196 counter-offset@196",
      "2 counters, a = - 2, b = - 4; 1 counter, = 5" },
    { "counters: one at the end of the block, one beyond it",
      { { COUNTER_0 + 36, 16 }, { COUNTER_1 + 36, 24 } },
      0,
      "counter-offset@236 counter-offset@236",
      "2 counters, a = 2 -, b = 4 -; 1 counter, = 5" },
    { "counters: two that reach too far are both named, at the first instance",
      { { COUNTER_0 + 36, 24 }, { COUNTER_1 + 36, 28 } },
      0,
      "counter-offset@196 counter-offset@236 counter-offset@196",
      "2 counters, a = - -, b = - -; 1 counter, = 5" },

    /* PERF_INSTANCE_DEFINITION */
    { "instance: 23 bytes are left",
      { { SECOND + 40, 1 }, { SECOND, 127 }, { 20, GOOD_SIZE + 7 } },
      GOOD_SIZE + 7,
      "instance-count@392",
      GOOD_FIRST "; 1 counter" },
    { "instance: 24 bytes are left",
      { { SECOND + 40, 1 },
        { SECOND, 128 },
        { 20, GOOD_SIZE + 8 },
        { BLOCK_2, 24 },
        { BLOCK_2 + 8, 0 } },
      GOOD_SIZE + 8,
      "block-length@480",
      GOOD_FIRST "; 1 counter, = -" },
    { "instance: ByteLength 23",
      { { INSTANCE_1, 23 } },
      0,
      "instance-length@296",
      "2 counters, a = 1 2; 1 counter, = 5" },
    { "instance: ByteLength 24",
      { { INSTANCE_1, 24 }, { INSTANCE_1 + 20, 0 }, { INSTANCE_1 + 24, 32 } },
      0,
      "",
      "2 counters, a = 1 2, = 24 3; 1 counter, = 5" },
    { "instance: ByteLength: all bytes that are left",
      { { INSTANCE_1, 56 } },
      0,
      "block-length@352",
      "2 counters, a = 1 2, b = - -; 1 counter, = 5" },
    { "instance: ByteLength: begins inside, ends outside",
      { { INSTANCE_1, 57 } },
      0,
      "instance-length@296",
      "2 counters, a = 1 2; 1 counter, = 5" },
    { "instance: ByteLength of the last object, outside the bytes",
      { { SECOND + 40, 1 },
        { SECOND, 128 },
        { 20, GOOD_SIZE + 8 },
        { BLOCK_2, 25 + 64 },
        { BLOCK_2 + 16, 24 },
        { BLOCK_2 + 20, 64 } },
      GOOD_SIZE + 8,
      "instance-length@456",
      GOOD_FIRST "; 1 counter" },
    { "instance: ByteLength that wraps round",
      { { INSTANCE_1, UINT32_MAX } },
      0,
      "instance-length@296",
      "2 counters, a = 1 2; 1 counter, = 5" },
    { "name: to the end of the instance", { { INSTANCE_1 + 20, 8 } }, 0, "", GOOD },
    { "name: begins inside, ends outside",
      { { INSTANCE_1 + 20, 9 } },
      0,
      "name-place@312",
      "2 counters, a = 1 2, = 3 4; 1 counter, = 5" },
    { "name: begins outside",
      { { INSTANCE_1 + 16, 33 } },
      0,
      "name-place@312",
      "2 counters, a = 1 2, = 3 4; 1 counter, = 5" },
    { "name: at 23, inside the members",
      { { INSTANCE_1 + 16, 23 } },
      0,
      "name-place@312",
      "2 counters, a = 1 2, = 3 4; 1 counter, = 5" },
    { "name: none, anywhere",
      { { INSTANCE_1 + 16, UINT32_MAX }, { INSTANCE_1 + 20, 0 } },
      0,
      "",
      "2 counters, a = 1 2, = 3 4; 1 counter, = 5" },

    /* PERF_COUNTER_BLOCK */
    { "block: 3 bytes are left",
      { { SECOND, 107 }, { 20, GOOD_SIZE - 13 } },
      GOOD_SIZE - 13,
      "no-instances-block@456",
      GOOD_FIRST "; 1 counter, = -" },
    { "block: 3 bytes are left after an instance",
      { { INSTANCE_1, 53 }, { FIRST + 40, 2 } },
      0,
      "block-length@349",
      "2 counters, a = 1 2, b = - -; 1 counter, = 5" },
    { "block: 4 bytes are left",
      { { SECOND, 108 }, { 20, GOOD_SIZE - 12 }, { BLOCK_2, 4 } },
      GOOD_SIZE - 12,
      "counter-offset@452",
      GOOD_FIRST "; 1 counter, = -" },
    { "block: ByteLength 3",
      { { BLOCK_1, 3 } },
      0,
      "block-length@328",
      "2 counters, a = 1 2, b = - -; 1 counter, = 5" },
    { "block: ByteLength 4",
      { { BLOCK_1, 4 } },
      0,
      "counter-offset@196 counter-offset@236 instance-walk@96",
      "2 counters, a = 1 2, b = - -; 1 counter, = 5" },
    { "block: spare bytes after the only one",
      { { SECOND, 121 }, { 20, GOOD_SIZE + 1 } },
      GOOD_SIZE + 1,
      "",
      GOOD },
    { "block: begins inside, ends outside", { { BLOCK_1, 25 } }, 0, "block-length@328", GOOD },
    { "block: of the last object, outside the bytes",
      { { BLOCK_2, 17 } },
      0,
      "block-length@456",
      GOOD },
    { "block: spare bytes after the last instance",
      { { BLOCK_1, 23 } },
      0,
      "instance-walk@96",
      GOOD },
};

static void each_changed_member_is_met_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(changed); i++) {
        const struct changed *test = &changed[i];
        struct outline outline = { 0 };

        walk_changed(test->changes, UNIT_COUNT(test->changes), test->size ? test->size : GOOD_SIZE,
                     &outline);
        if (strcmp(outline.breaches, test->breaches) != 0 ||
            strcmp(outline.objects, test->objects) != 0)
            fail_msg("%s: \"%s\", \"%s\"", test->name, outline.breaches, outline.objects);
    }
}

/* Whatever is met first, nothing is met after it, and no further step succeeds. */
static void a_walk_ends_where_the_callback_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(changed); i++) {
        struct outline outline = { .stop_after = 1 };
        const struct changed *test = &changed[i];
        const char *second = strchr(test->breaches, ' ');
        const size_t first = second ? (size_t)(second - test->breaches) : strlen(test->breaches);

        walk_changed(test->changes, UNIT_COUNT(test->changes), test->size ? test->size : GOOD_SIZE,
                     &outline);
        if (outline.calls > 1 || strlen(outline.breaches) != first ||
            strncmp(outline.breaches, test->breaches, first) != 0)
            fail_msg("%s: \"%s\"", test->name, outline.breaches);
        if (strncmp(test->breaches, "data-", 5) == 0)
            assert_string_equal(outline.objects, "unreadable");
    }
}

static void every_cut_block_is_read_inside_its_bytes(void **state)
{
    (void)state;
    for (size_t size = 1; size < GOOD_SIZE; size++) {
        struct outline outline = { 0 };

        walk_changed(NULL, 0, size, &outline);
        assert_true(outline.calls > 0);
    }
}

/* Wine's RegQueryValueEx puts the objects 88 bytes too far; TotalByteLength leaves out that gap.
   `gap` has the numbers at the place where an object would have its three lengths. */
static void walk_shifted(const uint32_t gap[3], uint32_t count, uint32_t total, size_t spare,
                         struct outline *outline)
{
    unsigned char bytes[LARGEST_SIZE] = { 0 };
    const size_t size = GOOD_SIZE + spare;
    unsigned char *exact = malloc(size);
    struct object_walk walk;
    struct walk_data_block block;

    put_good(bytes);
    memmove(bytes + FIRST + WALK_DATA_BLOCK_SIZE, bytes + FIRST, GOOD_SIZE - FIRST);
    memset(bytes + FIRST, 0, WALK_DATA_BLOCK_SIZE);
    memcpy(bytes + FIRST, gap, 12);
    put(bytes, 20, total);
    put(bytes, 28, count);
    memcpy(exact, bytes, size);
    if (object_walk_begin(&walk, (struct span){ exact, size }, note_breach, outline, &block))
        outline_objects(&walk, outline);
    else
        add(outline->objects, "unreadable");
    free(exact);
}

static void shifted_objects_are_found_and_named(void **state)
{
    static const uint32_t nothing[3];
    struct outline whole = { 0 }, cut = { 0 }, longer = { 0 }, none = { 0 }, stopped = { 0 };

    (void)state;
    walk_shifted(nothing, 2, GOOD_SIZE, 88, &whole);
    assert_string_equal(whole.breaches, "data-total-length@20 data-shifted@24");
    assert_string_equal(whole.objects, GOOD);

    /* A buffer of TotalByteLength bytes cuts the last 88. */
    walk_shifted(nothing, 2, GOOD_SIZE, 0, &cut);
    assert_string_equal(cut.breaches, "data-shifted@24 object-length@440 object-count@440");

    /* Bytes after the last object are not an object. */
    walk_shifted(nothing, 2, GOOD_SIZE, 100, &longer);
    assert_string_equal(longer.breaches, "data-total-length@20 data-shifted@24");
    assert_string_equal(longer.objects, GOOD);

    walk_shifted(nothing, 0, GOOD_SIZE, 88, &none);
    assert_string_equal(none.breaches,
                        "data-total-length@20 object-length@96 header-length@104 object-count@472");

    stopped.stop_after = 2;
    walk_shifted(nothing, 2, GOOD_SIZE, 88, &stopped);
    assert_string_equal(stopped.breaches, "data-total-length@20 data-shifted@24");
    assert_string_equal(stopped.objects, "unreadable");
}

/* Objects are looked for 88 bytes later only if no object can be in the right place. */
static void an_object_in_the_right_place_is_not_shifted(void **state)
{
    static const struct {
        const char *name;
        uint32_t lengths[3]; /* TotalByteLength, DefinitionLength, HeaderLength */
        bool is_object;
    } cases[] = {
        { "the smallest", { 64, 64, 64 }, true },
        { "all bytes", { GOOD_SIZE + 88 - FIRST, 64, 64 }, true },
        { "begins inside, ends outside", { GOOD_SIZE + 88 - FIRST + 1, 64, 64 }, false },
        { "TotalByteLength less than DefinitionLength", { 64, 65, 64 }, false },
        { "DefinitionLength less than HeaderLength", { 128, 64, 65 }, false },
        { "HeaderLength less than a header", { 64, 64, 63 }, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct outline outline = { 0 };

        walk_shifted(cases[i].lengths, 2, GOOD_SIZE + 88, 88, &outline);
        if ((strstr(outline.breaches, "data-shifted") == NULL) != cases[i].is_object)
            fail_msg("%s: \"%s\"", cases[i].name, outline.breaches);
    }
}

static void objects_alone_are_walked_as_collect_wrote_them(void **state)
{
    (void)state;
    for (uint32_t announced = 1; announced <= 3; announced++) {
        unsigned char bytes[LARGEST_SIZE] = { 0 };
        const size_t size = GOOD_SIZE - FIRST;
        unsigned char *exact = malloc(size);
        struct outline outline = { 0 };
        struct object_walk walk;

        put_good(bytes);
        memcpy(exact, bytes + FIRST, size);
        object_walk_begin_objects(&walk, (struct span){ exact, size }, announced, note_breach,
                                  &outline);
        outline_objects(&walk, &outline);
        assert_string_equal(outline.objects, GOOD);
        assert_string_equal(outline.breaches, announced == 2 ? "" : "object-count@376");
        free(exact);
    }
}

static void a_walk_without_callback_counts_and_goes_on(void **state)
{
    unsigned char bytes[LARGEST_SIZE] = { 0 };
    struct object_walk walk;
    struct walk_data_block block;
    struct outline outline = { 0 };

    (void)state;
    put_good(bytes);
    put(bytes, 8, 0);
    put(bytes, COUNTER_1 + 36, 3);
    assert_true(object_walk_begin(&walk, (struct span){ bytes, GOOD_SIZE }, NULL, NULL, &block));
    outline_objects(&walk, &outline);
    assert_string_equal(outline.objects, "2 counters, a = 1 0, b = 3 0; 1 counter, = 5");
    assert_int_equal(walk.breach_count, 2);

    /* Of two counters outside a block, one is a breach. */
    put_good(bytes);
    put(bytes, COUNTER_0 + 36, 24);
    put(bytes, COUNTER_1 + 36, 28);
    assert_true(object_walk_begin(&walk, (struct span){ bytes, GOOD_SIZE }, NULL, NULL, &block));
    outline_objects(&walk, &outline);
    assert_int_equal(walk.breach_count, 2);
}

static void a_counter_names_its_place(void **state)
{
    unsigned char bytes[LARGEST_SIZE] = { 0 };
    struct object_walk walk;
    struct walk_data_block block;
    struct walk_object object;
    struct walk_counter counter;
    size_t offset = 0;

    (void)state;
    put_good(bytes);
    assert_true(object_walk_begin(&walk, (struct span){ bytes, GOOD_SIZE }, NULL, NULL, &block));
    assert_true(object_walk_next(&walk, &object));
    memset(&counter, 0x11, sizeof(counter));
    assert_true(object_walk_next_counter(&walk, &object, &offset, &counter));
    assert_int_equal(counter.position, 0);
    assert_int_equal(counter.offset, COUNTER_0);
    assert_true(object_walk_next_counter(&walk, &object, &offset, &counter));
    assert_int_equal(counter.position, 1);
    assert_int_equal(counter.offset, COUNTER_1);
    assert_false(object_walk_next_counter(&walk, &object, &offset, &counter));
}

static void a_counter_without_title_is_named_by_its_place(void **state)
{
    char name[WALK_COUNTER_NAME_SIZE];

    (void)state;
    object_walk_counter_name(1, 7, name);
    assert_string_equal(name, "counter 1");
    object_walk_counter_name(0, 7, name);
    assert_string_equal(name, "counter at position 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_changed_member_is_met_where_it_is),
        cmocka_unit_test(a_walk_ends_where_the_callback_says_so),
        cmocka_unit_test(every_cut_block_is_read_inside_its_bytes),
        cmocka_unit_test(shifted_objects_are_found_and_named),
        cmocka_unit_test(an_object_in_the_right_place_is_not_shifted),
        cmocka_unit_test(objects_alone_are_walked_as_collect_wrote_them),
        cmocka_unit_test(a_walk_without_callback_counts_and_goes_on),
        cmocka_unit_test(a_counter_names_its_place),
        cmocka_unit_test(a_counter_without_title_is_named_by_its_place),
    };

    return cmocka_run_group_tests_name("object_walk", tests, NULL, NULL);
}
