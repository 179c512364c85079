/* SPDX-License-Identifier: MIT
 *
 * v1_bridge.c and manifest_catalog.c: countersets of a manifest as PERF_OBJECT_TYPE blocks, walked
 * by the walk that all consumers of the harness share.
 */
#include "unit.h"

#include "manifest.h"
#include "manifest_catalog.h"
#include "object_walk.h"
#include "perflib_catalog.h"
#include "perflib_emulation.h"
#include "v1_bridge.h"
#include "walk_rule.h"

#define FIRST 5000

static const char manifest_text[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation><counters xmlns='http://schemas.microsoft.com/win/2005/12/counters'"
    " schemaVersion='1.1'><provider symbol='P' applicationIdentity='a.exe'"
    " providerGuid='{00000001-0000-0000-0000-000000000000}'>"
    "<counterSet symbol='Many' uri='m' name='Many' description='Many help' instances='multiple'"
    " guid='{00000002-0000-0000-0000-000000000000}'>"
    "<counter id='1' uri='1' name='Average' description='Average help' baseID='4'"
    " type='perf_average_bulk' detailLevel='advanced'/>"
    "<counter id='2' uri='2' name='Count' description='Count help' type='perf_counter_rawcount'"
    " detailLevel='standard' defaultScale='-10'/>"
    "<counter id='3' uri='3' type='perf_counter_rawcount' detailLevel='standard'>"
    "<counterAttributes><counterAttribute name='noDisplay'/></counterAttributes></counter>"
    "<counter id='4' uri='4' type='perf_average_base' detailLevel='standard'>"
    "<counterAttributes><counterAttribute name='noDisplay'/></counterAttributes></counter>"
    "</counterSet>"
    "<counterSet symbol='One' uri='o' name='One' description='One help'"
    " guid='{00000003-0000-0000-0000-000000000000}'>"
    "<counter id='7' uri='7' name='Elapsed' description='E' perfTimeID='8' perfFreqID='9'"
    " type='perf_elapsed_time' detailLevel='standard'/>"
    "<counter id='8' uri='8' name='Time' description='T' type='perf_counter_large_rawcount'"
    " detailLevel='standard'/>"
    "<counter id='9' uri='9' name='Freq' description='F' type='perf_counter_large_rawcount'"
    " detailLevel='standard'/>"
    "</counterSet></provider></counters></instrumentation></instrumentationManifest>";

static GUID provider_guid = { 1, 0, 0, { 0 } };
static const GUID many = { 2, 0, 0, { 0 } }, one = { 3, 0, 0, { 0 } };

struct scene {
    HANDLE provider;
    struct v1_bridge *bridge;
    void *data; /* of the last collection */
    DWORD size, count;
};

/* The template of a set, as in the code that ctrpp generates. */
static void register_template(HANDLE provider, const struct manifest_set *set)
{
    struct {
        PERF_COUNTERSET_INFO info;
        PERF_COUNTER_INFO counters[8];
    } template = { { set->guid, provider_guid, (ULONG)set->counter_count, set->instances->value },
                   { { 0 } } };

    for (size_t i = 0; i < set->counter_count; i++)
        template.counters[i] = (PERF_COUNTER_INFO){
            .CounterId = set->counters[i].id.value,
            .Type = set->counters[i].type->value,
            .Attrib = set->counters[i].attributes,
            .DetailLevel = set->counters[i].detail_level->value,
            .Scale = set->counters[i].default_scale,
        };
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.info, sizeof(template)), 0);
}

static int set_up(void **state)
{
    static struct manifest_messages messages;
    struct scene *scene = calloc(1, sizeof(*scene));
    struct manifest manifest;

    *state = scene;
    if (manifest_parser_parse(manifest_text, sizeof(manifest_text) - 1, NULL, &manifest, &messages))
        fail_msg("%s", messages.count ? messages.items[0].text : "no message");
    assert_int_equal(manifest_catalog_register(&manifest), 0);
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_ALREADY_EXISTS);
    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &scene->provider), 0);
    for (size_t i = 0; i < manifest.set_count; i++)
        register_template(scene->provider, &manifest.sets[i]);
    manifest_parser_release(&manifest);
    assert_int_equal(v1_bridge_open(&scene->bridge, FIRST + 1), ERROR_INVALID_PARAMETER);
    assert_int_equal(v1_bridge_open(&scene->bridge, FIRST), 0);
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    v1_bridge_close(scene->bridge);
    PerfStopProvider(scene->provider);
    perflib_catalog_clear();
    free(scene->data);
    free(scene);
    return 0;
}

static bool fail_on_breach(void *context, const struct walk_breach *breach)
{
    (void)context;
    fail_msg("%s at %zu: %s", walk_rule_name(breach->rule), breach->offset, breach->message);
    return false;
}

/* Collect into a buffer that fits exactly. A smaller one is refused and stays unchanged. */
static void collect(struct scene *scene, struct v1_selection selection)
{
    static unsigned char probe[65536];
    void *at = probe;
    DWORD size = sizeof(probe), count = 0xdeadbeef;

    assert_int_equal(v1_bridge_collect(scene->bridge, &selection, &at, &size, &count), 0);
    assert_ptr_equal(at, probe + size);
    free(scene->data);
    scene->data = malloc(size + 1);
    memset(scene->data, 0xA5, size);
    for (DWORD space = 0; space < size; space += 8) {
        DWORD left = space;

        at = scene->data;
        assert_int_equal(v1_bridge_collect(scene->bridge, &selection, &at, &left, &count),
                         ERROR_MORE_DATA);
        assert_true(at == scene->data && left == 0 && count == 0);
        const unsigned char *bytes = scene->data;
        for (DWORD i = space; i < size; i++)
            assert_int_equal(bytes[i], 0xA5); /* nothing after the buffer is written */
    }
    at = scene->data;
    scene->size = size;
    assert_int_equal(v1_bridge_collect(scene->bridge, &selection, &at, &scene->size, &scene->count),
                     0);
    assert_int_equal(scene->size, size);
}

static void begin_walk(struct scene *scene, struct object_walk *walk)
{
    object_walk_begin_objects(walk, (struct span){ scene->data, scene->size }, scene->count,
                              fail_on_breach, NULL);
}

static const struct v1_selection all = { .all = true };

static uint64_t value_of(const struct object_walk *walk, const struct walk_object *object,
                         const struct walk_instance *instance, uint32_t position)
{
    struct walk_counter counter;
    size_t offset = 0;
    uint64_t value = 0;

    do
        assert_true(object_walk_next_counter(walk, object, &offset, &counter));
    while (counter.position != position);
    const struct span span = walk_value(instance, &counter);
    memcpy(&value, span.data, span.size);
    return value;
}

static void sets_become_objects_with_bases_after_their_counters(void **state)
{
    static const struct {
        uint32_t name, type;
    } expected[] = { { FIRST + 2, PERF_AVERAGE_BULK },
                     { 0, PERF_AVERAGE_BASE },
                     { FIRST + 4, PERF_COUNTER_RAWCOUNT } };
    struct scene *scene = *state;
    struct object_walk walk;
    struct walk_object object;
    struct walk_counter counter;
    struct walk_instances instances;
    struct walk_instance instance;
    size_t offset = 0;
    PERF_COUNTERSET_INSTANCE *a = PerfCreateInstance(scene->provider, &many, TEXT16("alpha"), 1);

    PerfCreateInstance(scene->provider, &many, TEXT16("b"), 2);
    PerfSetULongLongCounterValue(scene->provider, a, 1, 1ull << 40);
    PerfSetULongCounterValue(scene->provider, a, 2, 22);
    PerfSetULongCounterValue(scene->provider, a, 4, 44);
    collect(scene, all);
    assert_int_equal(scene->count, 1); /* the single set has no instance yet */
    begin_walk(scene, &walk);
    assert_true(object_walk_next(&walk, &object));
    assert_int_equal(object.name_index, FIRST);
    assert_int_equal(object.help_index, FIRST + 1);
    assert_int_equal(object.detail_level, PERF_DETAIL_NOVICE);
    assert_int_equal(object.instance_count, 2);
    for (size_t i = 0; i < UNIT_COUNT(expected); i++) {
        assert_true(object_walk_next_counter(&walk, &object, &offset, &counter));
        assert_int_equal(counter.name_index, expected[i].name);
        assert_int_equal(counter.type, expected[i].type);
    }
    assert_int_equal(counter.default_scale, -7); /* the manifest says -10, and -7 is the least */
    assert_false(object_walk_next_counter(&walk, &object, &offset, &counter));

    object_walk_begin_instances(&object, &instances);
    assert_true(object_walk_next_instance(&walk, &object, &instances, &instance));
    assert_int_equal(instance.name.size, 12);
    assert_memory_equal(instance.name.data, TEXT16("alpha"), 12);
    assert_int_equal(instance.unique_id, PERF_NO_UNIQUE_ID);
    assert_true(value_of(&walk, &object, &instance, 0) == 1ull << 40);
    assert_true(value_of(&walk, &object, &instance, 1) == 44);
    assert_true(value_of(&walk, &object, &instance, 2) == 22);
    assert_true(object_walk_next_instance(&walk, &object, &instances, &instance));
    assert_false(object_walk_next_instance(&walk, &object, &instances, &instance));
    assert_false(object_walk_next(&walk, &object));
}

static void a_single_instance_is_an_object_without_instances_and_has_its_own_clock(void **state)
{
    struct scene *scene = *state;
    struct object_walk walk;
    struct walk_object object;
    struct walk_instances instances;
    struct walk_instance instance;
    const uint32_t index = FIRST + 2 * 5; /* after the first set and its four counters */
    PERF_COUNTERSET_INSTANCE *single = PerfCreateInstance(scene->provider, &one, TEXT16("x"), 0);

    PerfSetULongLongCounterValue(scene->provider, single, 7, 70);
    PerfSetULongLongCounterValue(scene->provider, single, 8, 100);
    PerfSetULongLongCounterValue(scene->provider, single, 9, 10);
    collect(scene, (struct v1_selection){ false, &index, 1 });
    assert_int_equal(scene->count, 1);
    begin_walk(scene, &walk);
    assert_true(object_walk_next(&walk, &object));
    assert_int_equal(object.name_index, index);
    assert_int_equal(object.instance_count, WALK_NO_INSTANCES);
    assert_true(object.perf_time == 100 && object.perf_freq == 10);
    object_walk_begin_instances(&object, &instances);
    assert_true(object_walk_next_instance(&walk, &object, &instances, &instance));
    assert_true(value_of(&walk, &object, &instance, 0) == 70);
}

static void only_what_is_asked_for_is_answered(void **state)
{
    struct scene *scene = *state;
    const uint32_t others[] = { FIRST + 2, FIRST - 2, 238 };

    collect(scene, (struct v1_selection){ false, others, UNIT_COUNT(others) });
    assert_int_equal(scene->count, 0);
    assert_int_equal(scene->size, 0);
}

static void a_stopped_provider_leaves_and_comes_back_under_its_index(void **state)
{
    struct scene *scene = *state;
    struct object_walk walk;
    struct walk_object object;

    collect(scene, all);
    assert_int_equal(scene->count, 1);
    begin_walk(scene, &walk);
    assert_true(object_walk_next(&walk, &object));
    assert_int_equal(object.instance_count, 0);
    PerfStopProvider(scene->provider);
    collect(scene, all);
    assert_int_equal(scene->count, 0);

    static struct manifest_messages messages;
    struct manifest manifest;
    assert_int_equal(
        manifest_parser_parse(manifest_text, sizeof(manifest_text) - 1, NULL, &manifest, &messages),
        0);
    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &scene->provider), 0);
    register_template(scene->provider, &manifest.sets[0]);
    manifest_parser_release(&manifest);
    collect(scene, all);
    assert_int_equal(scene->count, 1);
    begin_walk(scene, &walk);
    assert_true(object_walk_next(&walk, &object));
    assert_int_equal(object.name_index, FIRST);
}

static ULONG refused_code; /* this request is answered with an error */
static ULONG codes[8];
static size_t code_count;

static ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    (void)buffer;
    (void)size;
    if (code_count < UNIT_COUNT(codes))
        codes[code_count++] = code;
    return code == refused_code ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static void a_provider_learns_once_that_it_is_read_and_may_refuse(void **state)
{
    static const ULONG expected[] = { PERF_ADD_COUNTER,   PERF_ENUM_INSTANCES, PERF_COLLECT_START,
                                      PERF_COLLECT_END,   PERF_COLLECT_START,  PERF_COLLECT_END,
                                      PERF_REMOVE_COUNTER };
    static struct manifest_messages messages;
    struct scene *scene = *state;
    unsigned char space[4096];
    struct manifest manifest;
    const uint32_t index = FIRST;
    const struct v1_selection selection = { false, &index, 1 };

    PerfStopProvider(scene->provider);
    assert_int_equal(
        manifest_parser_parse(manifest_text, sizeof(manifest_text) - 1, NULL, &manifest, &messages),
        0);
    assert_int_equal(PerfStartProvider(&provider_guid, on_request, &scene->provider), 0);
    register_template(scene->provider, &manifest.sets[0]);
    manifest_parser_release(&manifest);
    refused_code = PERF_ADD_COUNTER;
    for (DWORD accepted = 0; accepted < 3; accepted++) {
        void *at = space;
        DWORD size = sizeof(space), count = 0;

        if (accepted == 1) {
            code_count = 0;
            refused_code = 0;
        }
        assert_int_equal(v1_bridge_collect(scene->bridge, &selection, &at, &size, &count), 0);
        assert_int_equal(count, accepted > 0);
    }
    v1_bridge_close(scene->bridge);
    scene->bridge = NULL;
    assert_int_equal(code_count, UNIT_COUNT(expected));
    assert_memory_equal(codes, expected, sizeof(expected));
}

struct text_list {
    uint32_t indices[16];
    WCHAR first_units[16];
    size_t count;
};

static bool list_text(void *context, uint32_t index, const WCHAR *text)
{
    struct text_list *list = context;

    list->indices[list->count] = index;
    list->first_units[list->count++] = text[0];
    return list->count < 16;
}

static void names_and_help_are_at_the_indices_of_the_objects(void **state)
{
    static const uint32_t names[] = { FIRST,      FIRST + 2,  FIRST + 4, FIRST + 10,
                                      FIRST + 12, FIRST + 14, FIRST + 16 };
    struct scene *scene = *state;
    struct text_list list = { .count = 0 };

    v1_bridge_texts(scene->bridge, false, list_text, &list);
    assert_int_equal(list.count, UNIT_COUNT(names));
    assert_memory_equal(list.indices, names, sizeof(names));
    assert_memory_equal(list.first_units, TEXT16("MACOETF"), sizeof(WCHAR) * 7);
    list.count = 0;
    v1_bridge_texts(scene->bridge, true, list_text, &list);
    assert_int_equal(list.count, UNIT_COUNT(names));
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.indices[i], names[i] + 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sets_become_objects_with_bases_after_their_counters),
        TEST(a_single_instance_is_an_object_without_instances_and_has_its_own_clock),
        TEST(only_what_is_asked_for_is_answered),
        TEST(a_stopped_provider_leaves_and_comes_back_under_its_index),
        TEST(a_provider_learns_once_that_it_is_read_and_may_refuse),
        TEST(names_and_help_are_at_the_indices_of_the_objects),
    };

    return cmocka_run_group_tests_name("v1_bridge", tests, NULL, NULL);
}
