/* SPDX-License-Identifier: MIT
 *
 * instance_finder.c: which instance is the same in two samples, and whose child it is. What the decoder makes
 * of it is in test_decoder.c.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "instance_finder.h"

#define MISSING (FIRST_COUNTER + 500) /* the index of no object */

static struct answer answer;

static int begin(void **state)
{
    (void)state;
    memset(&answer, 0, sizeof(answer));
    answer.first_counter = FIRST_COUNTER;
    return 0;
}

struct child {
    WCHAR name[24];
    uint32_t parent_object, parent_instance;
    int32_t id; /* 0: none */
};

static void add_object(DWORD symbol, const struct child *children, size_t count)
{
    begin_object(&answer, symbol, (LONG)count);
    add_counter(&answer, symbol + 2, PERF_COUNTER_RAWCOUNT);
    for (size_t i = 0; i < count; i++) {
        PERF_INSTANCE_DEFINITION *definition = add_instance(&answer, children[i].name);

        definition->ParentObjectTitleIndex = children[i].parent_object;
        definition->ParentObjectInstance = children[i].parent_instance;
        definition->UniqueID = children[i].id ? children[i].id : PERF_NO_UNIQUE_ID;
    }
    end_object(&answer);
}

/* A finder over the first `count` objects, whose bytes are in memory of their size. */
static struct instance_finder finder_of(uint32_t count)
{
    struct instance_finder finder;
    unsigned char *copy = malloc(answer.size);

    memcpy(copy, answer.u.bytes, answer.size);
    instance_finder_init_objects(&finder, (struct span){ copy, answer.size }, count);
    return finder;
}

static void release(struct instance_finder *finder)
{
    free((void *)(uintptr_t)finder->walk.bytes.data);
    instance_finder_release(finder);
}

/* What is known of an instance. */
struct seen {
    char name[64], parent[64]; /* "-": none */
    uint32_t occurrence;
    uint64_t key;
    size_t offset;
};

/* Identify the instances of an object; returns their number. */
static size_t identify(struct instance_finder *finder, uint32_t index, struct seen seen[24])
{
    struct walk_object object;
    struct walk_instances instances;
    struct walk_instance instance;
    size_t count = 0;

    assert_true(instance_finder_object(finder, index, &object));
    assert_true(instance_finder_begin(finder, &object, false));
    object_walk_begin_instances(&object, &instances);
    while (object_walk_next_instance(&finder->walk, &object, &instances, &instance)) {
        struct instance_identity identity;
        struct seen *next = &seen[count++];

        assert_true(instance_finder_identify(finder, &object, &instance, &identity));
        snprintf(next->name, sizeof(next->name), "%s", identity.name ? identity.name : "-");
        snprintf(next->parent, sizeof(next->parent), "%s", identity.parent ? identity.parent : "-");
        next->occurrence = identity.occurrence;
        next->key = identity.key;
        next->offset = instance.offset;
    }
    return count;
}

static const char *first_name(struct instance_finder *finder, uint32_t index)
{
    static struct seen seen[24];

    assert_int_equal(identify(finder, index, seen), 1);
    return seen[0].name;
}

static void the_first_object_of_an_index_is_found(void **state)
{
    static const struct child children[] = { { .name = TEXT16("one") },
                                             { .name = TEXT16("x") },
                                             { .name = TEXT16("two") } };
    struct walk_object object;

    (void)state;
    add_object(0, &children[0], 1);
    add_object(10, &children[1], 1);
    add_object(0, &children[2], 1);
    for (int again = 0; again < 2; again++) {
        struct instance_finder finder = finder_of(3);

        if (again)
            assert_string_equal(first_name(&finder, FIRST_COUNTER + 10), "x");
        assert_string_equal(first_name(&finder, FIRST_COUNTER), "one");
        assert_string_equal(first_name(&finder, FIRST_COUNTER + 10), "x");
        assert_false(instance_finder_object(&finder, MISSING, &object));
        release(&finder);
    }
}

static void bytes_without_a_readable_header_have_no_objects(void **state)
{
    static const struct child child = { .name = TEXT16("x") };
    const PERF_DATA_BLOCK header = {
        .Signature = { 'P', 'E', 'R', 'F' },
        .LittleEndian = 1,
        .Version = 1,
        .Revision = 1,
        .HeaderLength = sizeof(header),
        .NumObjectTypes = 1,
    };
    struct walk_object object;

    (void)state;
    add_object(0, &child, 1);
    for (unsigned change = 0; change < 3; change++) {
        const size_t size = change == 1 ? sizeof(header) - 1 : sizeof(header) + answer.size;
        unsigned char *bytes = calloc(1, sizeof(header) + answer.size);
        struct instance_finder finder;
        PERF_DATA_BLOCK changed = header;

        changed.TotalByteLength = (DWORD)size;
        changed.HeaderLength += change == 2 ? answer.size + 1 : 0;
        memcpy(bytes, &changed, sizeof(changed));
        memcpy(bytes + sizeof(changed), answer.u.bytes, answer.size);
        instance_finder_init(&finder, (struct span){ bytes, size });
        assert_int_equal(instance_finder_object(&finder, FIRST_COUNTER, &object), change == 0);
        assert_int_equal(instance_finder_object(&finder, FIRST_COUNTER, &object), change == 0);
        release(&finder);
    }

    struct instance_finder finder = finder_of(1);

    instance_finder_init(&finder, finder.walk.bytes); /* objects where a header is expected */
    assert_false(instance_finder_object(&finder, FIRST_COUNTER, &object));
    release(&finder);
}

/* Names of 7, 8 and 9 letters, because eight are hashed at once; neighbours of A, Z, a and z; letters that
   are not ASCII. The last one comes after longer ones, whose rest may not count. */
static void names_are_the_same_if_they_differ_in_case_only(void **state)
{
    static const struct {
        struct child child;
        int group;
    } names[] = {
        { { .name = TEXT16("a") }, 1 },
        { { .name = TEXT16("A") }, 1 },
        { { .name = TEXT16("b") }, 2 },
        { { .name = TEXT16("") }, 3 },
        { { .name = TEXT16("abcdefg") }, 4 },
        { { .name = TEXT16("abcdefgh") }, 5 },
        { { .name = TEXT16("ABCDEFGH") }, 5 },
        { { .name = TEXT16("abcdefghi") }, 6 },
        { { .name = TEXT16("abcdefghj") }, 7 },
        { { .name = TEXT16("bbcdefghi") }, 8 },
        { { .name = TEXT16("@[") }, 9 },
        { { .name = TEXT16("`{") }, 10 },
        { { .name = TEXT16("az") }, 11 },
        { { .name = TEXT16("AZ") }, 11 },
        { { .name = TEXT16("\u00C4b") }, 12 },
        { { .name = TEXT16("\u00E4B") }, 12 },
        { { .name = TEXT16("\u00D6b") }, 13 },
        { { .name = TEXT16("\u00C4@cdefghijklmnop") }, 14 },
        { { .name = TEXT16("\u00E4@CDEFGHIJKLMNOP") }, 14 },
        { { .name = TEXT16("\u00E4`cdefghijklmnop") }, 15 },
        { { .name = TEXT16("\u0416\u042F\U0001F600z") }, 16 },
        { { .name = TEXT16("\u0436\u044F\U0001F600Z") }, 16 },
        { { .name = TEXT16("\u00E4B") }, 12 },
        { { .name = TEXT16("b") }, 2 },
    };
    uint64_t keys[UNIT_COUNT(names)];

    (void)state;
    for (DWORD i = 0; i < UNIT_COUNT(names); i++)
        add_object(10 * i, &names[i].child, 1);

    struct instance_finder finder = finder_of(UNIT_COUNT(names));

    for (uint32_t i = 0; i < UNIT_COUNT(names); i++) {
        struct seen seen[24];

        assert_int_equal(identify(&finder, FIRST_COUNTER + 10 * i, seen), 1);
        assert_int_equal(seen[0].occurrence, 0);
        keys[i] = seen[0].key;
    }
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        for (size_t j = 0; j < i; j++)
            if ((keys[i] == keys[j]) != (names[i].group == names[j].group))
                fail_msg("name %zu and name %zu", i, j);
    release(&finder);
}

static void a_child_has_the_parent_at_its_position(void **state)
{
    static const struct {
        struct child child;
        const char *parent;
        uint32_t occurrence;
    } cases[] = {
        { { TEXT16("c"), FIRST_COUNTER, 0, 0 }, "A", 0 },
        { { TEXT16("c"), FIRST_COUNTER, 1, 0 }, "B", 0 },
        { { TEXT16("c"), FIRST_COUNTER, 0, 0 }, "A", 1 },
        { { TEXT16("c"), FIRST_COUNTER, 15, 0 }, "P", 0 },
        { { TEXT16("c"), FIRST_COUNTER, 16, 0 }, "-", 0 }, /* after the last one */
        { { TEXT16("c"), FIRST_COUNTER, UINT32_MAX, 0 }, "-", 1 },
        { { TEXT16("c"), MISSING, 0, 0 }, "-", 2 },
        { { TEXT16("c"), MISSING, 0, 0 }, "-", 3 },
        { { TEXT16("c"), 0, 0, 0 }, "-", 4 },                  /* 0 says that there is none */
        { { TEXT16("c"), FIRST_COUNTER + 20, 0, 0 }, "-", 5 }, /* an object without instances */
        { { TEXT16("d"), FIRST_COUNTER, 0, 0 }, "A", 0 },
    };
    struct child parents[16] = { 0 }, children[UNIT_COUNT(cases)];
    struct seen seen[24];

    (void)state;
    for (unsigned i = 0; i < 16; i++) /* as many as an array has memory for at first */
        parents[i].name[0] = (WCHAR)('A' + i);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        children[i] = cases[i].child;
    add_object(0, parents, 16);
    add_object(10, children, UNIT_COUNT(cases));
    begin_object(&answer, 20, PERF_NO_INSTANCES);
    add_counter(&answer, 22, PERF_COUNTER_RAWCOUNT);
    add_block(&answer);
    end_object(&answer);
    answer.first_counter = 0; /* an object with the index 0, which is no parent */
    add_object(0, parents, 1);

    struct instance_finder finder = finder_of(4);

    assert_int_equal(identify(&finder, FIRST_COUNTER + 10, seen), UNIT_COUNT(cases));
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        if (strcmp(seen[i].parent, cases[i].parent) != 0 ||
            seen[i].occurrence != cases[i].occurrence)
            fail_msg("case %zu: %s, %u", i, seen[i].parent, (unsigned)seen[i].occurrence);
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i].key != seen[j].key);
    }
    assert_int_equal(finder.list_count,
                     2); /* each object is listed once, and none that is missing */
    release(&finder);
}

static void a_parent_without_a_name_is_a_parent(void **state)
{
    static const struct child parent = { .name = TEXT16("") };
    static const struct child child = { TEXT16(""), FIRST_COUNTER, 0, 0 };
    struct seen seen[24];

    (void)state;
    add_object(0, &parent, 1);
    add_object(10, &child, 1);

    struct instance_finder finder = finder_of(2);

    assert_int_equal(identify(&finder, FIRST_COUNTER + 10, seen), 1);
    assert_string_equal(seen[0].parent, "");
    assert_string_equal(seen[0].name, "");
    release(&finder);
}

/* A number that a provider made up reserves no more than its bytes can contain. There is memory for 100,000
   instances, but hardly for the other number. */
static void memory_is_bounded_by_the_bytes_of_the_object(void **state)
{
    static const struct child child = { .name = TEXT16("x") };
    static const LONG counts[] = { 100000, 0x7FFFFFFF };

    (void)state;
    add_object(0, &child, 1);
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        struct walk_object object;

        object_at(&answer, 0)->NumInstances = counts[i];

        struct instance_finder finder = finder_of(1);

        assert_true(instance_finder_object(&finder, FIRST_COUNTER, &object));
        assert_true(instance_finder_begin(&finder, &object, true));
        /* The memory follows from the one instance that exists, not from the number that is claimed. */
        assert_true(finder.seen.capacity < 1000);
        assert_true(finder.places.capacity < 1000);
        release(&finder);
    }
}

/* Whether the finder has an instance with that key, and where. */
static bool find(struct instance_finder *finder, uint32_t index, uint64_t key, size_t *offset)
{
    const struct instance_identity identity = { .key = key };
    struct walk_object object;
    struct walk_instance instance;

    assert_true(instance_finder_object(finder, index, &object));
    if (!instance_finder_find(finder, &object, &identity, &instance))
        return false;
    *offset = instance.offset;
    return true;
}

static void an_instance_is_found_in_another_sample(void **state)
{
    static const struct child children[] = {
        { TEXT16("x"), 0, 0, 5 }, { TEXT16("x"), 0, 0, 5 }, /* the same twice: the first counts */
        { TEXT16("x"), 0, 0, 6 }, { TEXT16("y"), 0, 0, 0 }, { TEXT16("y"), 0, 0, 0 },
    };
    struct seen seen[24];
    struct walk_object object;

    (void)state;
    add_object(0, children, UNIT_COUNT(children));

    struct instance_finder finder = finder_of(1);

    identify(&finder, FIRST_COUNTER, seen);
    assert_true(seen[0].key == seen[1].key);
    for (int is_indexed = 0; is_indexed < 2; is_indexed++) {
        static const size_t expected[] = { 0, 0, 2, 3, 4 };

        assert_true(instance_finder_object(&finder, FIRST_COUNTER, &object));
        assert_true(instance_finder_begin(&finder, &object, is_indexed));
        for (size_t i = 0; i < UNIT_COUNT(children); i++) {
            size_t offset = 0;

            assert_int_equal(find(&finder, FIRST_COUNTER, seen[i].key, &offset), is_indexed);
            if (is_indexed)
                assert_int_equal(offset, seen[expected[i]].offset);
        }
    }
    size_t offset;
    assert_false(find(&finder, FIRST_COUNTER, 4711, &offset)); /* no instance has this key */
    assert_true(instance_finder_begin(&finder, NULL, true));   /* the sample has no such object */
    assert_false(find(&finder, FIRST_COUNTER, seen[0].key, &offset));
    release(&finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_object_of_an_index_is_found, begin),
        cmocka_unit_test_setup(bytes_without_a_readable_header_have_no_objects, begin),
        cmocka_unit_test_setup(names_are_the_same_if_they_differ_in_case_only, begin),
        cmocka_unit_test_setup(a_child_has_the_parent_at_its_position, begin),
        cmocka_unit_test_setup(a_parent_without_a_name_is_a_parent, begin),
        cmocka_unit_test_setup(memory_is_bounded_by_the_bytes_of_the_object, begin),
        cmocka_unit_test_setup(an_instance_is_found_in_another_sample, begin),
    };

    return cmocka_run_group_tests_name("instance_finder", tests, NULL, NULL);
}
