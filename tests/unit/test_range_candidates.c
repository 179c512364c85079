/* SPDX-License-Identifier: MIT
 *
 * range_candidates.c: where the indices of a service may really be, and which of these ranges are offered.
 */
#include "unit.h"

#include "failing_memory.h"
#include "perf_names.h"
#include "range_candidates.h"

#define MOST 300 /* services, names */

/* What is known of a machine. Numbers are separated by blanks; NULL is an empty list. */
struct world {
    const char
        *numbers; /* First and Last Counter, First and Last Help of service 0; "-" is missing */
    const char *objects; /* Object List of service 0 */
    const char *ranges;  /* pairs of first and last: of services 1, 2 and so on */
    const char *stale;   /* pairs: a service, and the last index of a range that begins at 2000 */
    const char *names;   /* pairs of first and last: each even index between them has a name */
    const char *hints;   /* pairs of index and service */
    bool has_no_names;   /* the table of names is not known */
};

static struct machine_service services[MOST];
static struct examined_service examined[MOST];
static struct machine machine = { .services = services, .service_count = 6 };
static struct machine_name names[MOST];
static struct machine_names table = { .table.names = names };
static struct range_hint hints[8];
static uint32_t objects[8];
static struct reg_value values[RANGE_VALUE_COUNT];
static struct diagnosis diagnosis;
static struct examination examination;
static struct range_candidates candidates;
static long blocks; /* that were there before the test */

/* Read the numbers of a list; "-" is UINT32_MAX. */
static size_t read_numbers(const char *text, uint32_t *numbers)
{
    size_t count = 0;

    for (const char *at = text; at && *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        numbers[count++] = *at == '-' ? UINT32_MAX : (uint32_t)strtoul(at, NULL, 10);
        at += length;
    }
    return count;
}

static void clear(void)
{
    name_ranges_release(&examination.ranges);
    diagnosis_release(&diagnosis);
    memset(services, 0, sizeof(services));
    memset(examined, 0, sizeof(examined));
    memset(values, 0, sizeof(values));
    for (size_t i = 0; i < MOST; i++) {
        services[i].name = "Other";
        examined[i].service = &services[i];
    }
    services[0].name = "Own";
    examination = (struct examination){ .machine = &machine,
                                        .diagnosis = &diagnosis,
                                        .names = &table,
                                        .services = examined,
                                        .hints = hints };
}

static void set_service(const struct world *world)
{
    uint32_t numbers[RANGE_VALUE_COUNT];
    struct machine_service *own = &services[0];
    size_t there = 0, count = read_numbers(world->numbers, numbers);

    for (size_t i = 0; i < count; i++)
        if (numbers[i] != UINT32_MAX) {
            own->values[i].is_number = true;
            own->values[i].number = numbers[i];
            there++;
        }
    own->object_count = read_numbers(world->objects, objects);
    own->objects = own->object_count ? objects : NULL;
    own->range = !there                       ? RANGE_NONE
                 : there != RANGE_VALUE_COUNT ? RANGE_PARTIAL
                 : machine_range_is_sane(numbers[0], numbers[1], numbers[2], numbers[3])
                     ? RANGE_SANE
                     : RANGE_MALFORMED;
    if (there == RANGE_VALUE_COUNT) {
        own->first = numbers[0];
        own->last = numbers[1];
    }
}

static void set_world(const struct world *world)
{
    uint32_t pairs[20];

    clear();
    set_service(world);
    size_t count = read_numbers(world->ranges, pairs) / 2;
    examination.ranges.ranges = malloc((count + 1) * sizeof(*examination.ranges.ranges));
    assert_non_null(examination.ranges.ranges);
    for (size_t i = 0; i < count; i++) {
        struct machine_service *service = &services[i + 1];
        service->first = pairs[2 * i];
        service->last = pairs[2 * i + 1];
        examination.ranges.ranges[i] = (struct name_range){ .first = service->first,
                                                            .last = service->last,
                                                            .service = service };
    }
    examination.ranges.range_count = count;
    examination.stale_count = read_numbers(world->stale, pairs) / 2;
    for (size_t i = 0; i < examination.stale_count; i++) {
        struct machine_service *service = &services[pairs[2 * i]];
        examined[pairs[2 * i]].is_stale = true;
        examination.stale[i] = &examined[pairs[2 * i]];
        if (!service->last) {
            service->first = 2000;
            service->last = pairs[2 * i + 1];
        }
    }
    table.table.count = 0;
    count = read_numbers(world->names, pairs) / 2;
    for (size_t i = 0; i < count; i++)
        for (uint64_t index = pairs[2 * i]; index <= pairs[2 * i + 1]; index += 2)
            names[table.table.count++] =
                (struct machine_name){ .index = (uint32_t)index, .text = TEXT16("n"), .length = 1 };
    examination.hint_count = read_numbers(world->hints, pairs) / 2;
    for (size_t i = 0; i < examination.hint_count; i++)
        hints[i] =
            (struct range_hint){ .index = pairs[2 * i], .service = &services[pairs[2 * i + 1]] };
    examination.not_installed_count = 1;
    examination.names_are_believed = !world->has_no_names;
    if (world->has_no_names)
        examination.names = NULL;
    assert_int_equal(
        name_ranges_sort(&examination.ranges, world->has_no_names ? NULL : &table.table), 0);
}

/* All candidates, as "first-last/changes", then "g" for a guess, "o" if objects lie outside, and
   the names that get an owner. */
static const char *gathered(const struct world *world)
{
    static char text[RANGE_CANDIDATES_LIMIT * 50];
    size_t length = 0;

    set_world(world);
    candidates = (struct range_candidates){ .examination = &examination, .service = &services[0] };
    range_candidates_gather(&candidates);
    candidates.count = 0; /* ranges beyond the last one are not looked at */
    range_candidates_gather(&candidates);
    *text = 0;
    for (size_t i = 0; i < candidates.count; i++) {
        const struct range_candidate *at = &candidates.items[i];
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%u-%u/%u%s%s%zu ",
                             (unsigned)at->first, (unsigned)at->last, at->changes,
                             at->is_guess ? "g" : "", at->lacks_objects ? "o" : ":", at->owned);
    }
    return text;
}

struct gather_case {
    struct world world;
    const char *candidates;
};

static void check_cases(const struct gather_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = gathered(&cases[i].world);
        if (strcmp(found, cases[i].candidates) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

static int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    name_ranges_release(&examination.ranges);
    diagnosis_release(&diagnosis);
    return failing_memory_blocks == blocks ? 0 : -1;
}

/* ---- the service's own numbers ------------------------------------------------------------- */

static void a_range_follows_from_two_numbers_of_the_service(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "- - - -", .has_no_names = true }, "" },
        { { .numbers = "1848 - 1849 -", .has_no_names = true }, "" },
        { { .numbers = "- 1850 - 1851", .has_no_names = true }, "" },
        { { .numbers = "1848 - - 1851", .has_no_names = true }, "1848-1850/2:0 " },
        { { .numbers = "- 1850 1849 -", .has_no_names = true }, "1848-1850/2:0 " },
        { { .numbers = "- 1848 1849 -", .has_no_names = true }, "1848-1848/2:0 " },
        { { .numbers = "1848 1850 1849 1853", .has_no_names = true },
          "1848-1850/1:0 1848-1852/1:0 " },
        { { .numbers = "1848 1850 1851 1853", .has_no_names = true },
          "1848-1850/2:0 1848-1852/2:0 1850-1850/2:0 1850-1852/2:0 " },
        /* first and last are exchanged */
        { { .numbers = "1850 1848 1851 1849", .has_no_names = true }, "1848-1850/4:0 " },
        /* help of 0, the highest numbers, and odd ones */
        { { .numbers = "1848 - - 0", .has_no_names = true }, "" },
        { { .numbers = "- 4294967295 0 -", .has_no_names = true }, "" },
        { { .numbers = "1848 4294967294 1849 2147483647", .has_no_names = true },
          "1848-2147483646/1:0 " },
        { { .numbers = "1849 - - 1855", .has_no_names = true }, "" },
        { { .numbers = "1846 - - 1851", .has_no_names = true }, "" },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

static void the_lowest_object_may_be_the_first_index(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "- 1852 - -", .objects = "1850 1848 1852", .has_no_names = true },
          "1848-1852/3:0 " },
        { { .numbers = "- 1852 - -", .objects = "1849", .has_no_names = true }, "" },
        { { .numbers = "- 1852 - -", .objects = "1846", .has_no_names = true }, "" },
        /* an object before or after the range */
        { { .numbers = "1850 1854 - -", .objects = "1848", .has_no_names = true },
          "1850-1854/2o0 1848-1854/3:0 " },
        { { .numbers = "1850 1854 - -", .objects = "1856", .has_no_names = true },
          "1850-1854/2o0 1854-1856/4:0 " },
        { { .numbers = "1850 1854 - -", .objects = "1850 1854", .has_no_names = true },
          "1850-1854/2:0 " },
        { { .numbers = "1850 1854 - -", .objects = "1852 1856", .has_no_names = true },
          "1850-1854/2o0 1852-1854/3o0 " },
        /* three first indices, two last ones */
        { { .numbers = "1850 1854 1853 1857", .objects = "1848", .has_no_names = true },
          "1850-1854/2o0 1850-1856/2o0 1852-1854/2o0 1852-1856/2o0 1848-1854/3:0 1848-1856/3:0 " },
        { { .numbers = "1850 1854 1853 -", .objects = "1848", .names = "1848 1860" },
          "1850-1854/2o3 1852-1854/2o2 1848-1854/3:4 1848-1860/4:7 1850-1860/3o6 1852-1860/3o5 " },
        { { .numbers = "1850 1854 1853 -",
            .objects = "1848",
            .names = "1848 1852 1854 1856 1860 1862",
            .hints = "1854 1" },
          "1850-1854/2o3 1852-1854/2o2 1848-1854/3:4 " },
        { { .numbers = "1850 1854 1853 -",
            .objects = "1848",
            .names = "1848 1850 1854 1856",
            .hints = "1854 1" },
          "1850-1854/2o2 1848-1854/3:3 1848-1850/4:2 1850-1850/3go1 " },
        /* a part around an odd object is not considered */
        { { .numbers = "- 1900 - -", .objects = "1857", .names = "1848 1850 1854 1860 1900 1900" },
          "1848-1900/3g:7 1900-1900/3go1 " },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

static void a_range_without_an_object_list_has_no_objects(void **state)
{
    (void)state;
    set_world(&(struct world){ .objects = "1848 1852" });
    assert_true(range_candidates_has_objects(&services[0], 1848, 1852));
    assert_false(range_candidates_has_objects(&services[0], 1850, 1852));
    assert_false(range_candidates_has_objects(&services[0], 1848, 1850));
    set_world(&(struct world){ .objects = "" });
    assert_false(range_candidates_has_objects(&services[0], 1848, 1852));
}

static void a_range_has_names_at_both_ends_and_no_other_owner(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "1848 1852 - -", .names = "1848 1852" }, "1848-1852/2:3 " },
        { { .numbers = "1848 1852 - -", .names = "1850 1852" }, "1850-1852/3:2 " },
        { { .numbers = "1848 1852 - -", .names = "1848 1850" }, "1848-1850/3:2 " },
        { { .numbers = "1848 1852 - -", .names = "1848 1848 1852 1854", .hints = "1854 1" },
          "1848-1852/2:2 1848-1848/3g:1 1852-1852/3g:1 " },
        { { .numbers = "1848 1852 - -", .ranges = "1852 1854", .has_no_names = true }, "" },
        { { .numbers = "1848 1852 - -", .ranges = "1854 1856", .has_no_names = true },
          "1848-1852/2:0 " },
        { { .numbers = "1848 1852 - -", .ranges = "1850 1850", .names = "1848 1852" },
          "1848-1848/3:1 1852-1852/3:1 " },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

/* ---- runs of names without an owner ---------------------------------------------------------- */

static void one_number_and_the_names_around_it_are_a_range(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "1848 - - -", .names = "1848 1852" }, "1848-1852/3:3 " },
        { { .numbers = "1850 - - -", .names = "1848 1852" }, "1848-1852/4:3 1850-1852/3:2 " },
        { { .numbers = "- 1850 - -", .names = "1848 1852" }, "1848-1852/4:3 1848-1850/3:2 " },
        { { .numbers = "- - 1851 -", .names = "1848 1852" }, "1848-1852/4:3 1850-1852/3:2 " },
        { { .numbers = "1854 - - -", .names = "1848 1852" }, "" },
        { { .numbers = "1850 - - -", .ranges = "1850 1850", .names = "1848 1852" }, "" },
        /* with a gap the service may have all names or those up to the gap */
        { { .numbers = "1848 - - -", .names = "1848 1850 1854 1856" },
          "1848-1856/3g:4 1848-1850/3g:2 " },
        { { .numbers = "- 1856 - -", .names = "1848 1850 1854 1856" },
          "1848-1856/3g:4 1854-1856/3g:2 " },
        { { .numbers = "1854 - - -", .names = "1848 1850 1854 1856 1860 1860" },
          "1848-1860/4g:5 1854-1860/3g:3 1854-1856/3g:2 " },
        { { .numbers = "1852 - - -", .names = "1848 1850 1854 1856" }, "" },
        /* a service with an Object List does not get all names because of one number */
        { { .numbers = "1850 - - -", .objects = "1848", .names = "1848 1852" },
          "1848-1852/4:3 1850-1852/3o2 " },
        { { .numbers = "1850 - - -", .objects = "1852", .names = "1848 1854" },
          "1852-1854/4:2 1850-1854/3:3 " },
        { { .numbers = "- 1852 - -", .objects = "1850", .names = "1848 1854" },
          "1850-1852/3:2 1850-1854/4:3 1848-1852/3:3 " },
        /* names far above each other */
        { { .numbers = "- 1850 1853 -", .names = "1848 1856" },
          "1850-1852/4:2 1848-1856/4:5 1852-1856/3:3 1848-1850/3:2 " },
        { { .numbers = "1848 - - 1863", .names = "1848 1852 1860 1864" },
          "1848-1862/2:5 1848-1864/3g:6 1848-1852/3g:3 1860-1864/4g:3 1860-1862/3g:2 " },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

static void names_around_an_index_of_another_broken_service_are_left_to_it(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0" }, "1848-1852/3:3 " },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1850 0" },
          "1848-1852/3:3 " },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1850 1" }, "" },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1852 1" }, "" },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1853 1" },
          "1848-1852/3:3 " },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1850 0 1852 1" }, "" },
        { { .numbers = "1848 - - -",
            .names = "1848 1852",
            .hints = "1840 1 1842 2 1844 1 1846 2 1847 1" },
          "1848-1852/3:3 " },
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1840 1 1842 2 1844 1 1850 2" },
          "" },
        { { .numbers = "1850 - - -", .names = "1848 1852", .hints = "1848 1 1850 0" },
          "1850-1852/3:2 " },
        /* both have the first index: the user chooses */
        { { .numbers = "1848 - - -", .names = "1848 1852", .hints = "1848 0 1848 1" },
          "1848-1852/3:3 " },
        { { .numbers = "- 1852 - -", .names = "1848 1852", .hints = "1848 1 1852 0" }, "" },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

static void names_beside_a_range_whose_names_are_elsewhere_have_no_known_end(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "1850 - - -", .names = "1848 1852", .ranges = "1854 1856" },
          "1848-1852/4:3 1850-1852/3:2 " },
        { { .numbers = "1850 - - -", .names = "1848 1852", .ranges = "1854 1856", .stale = "1 0" },
          "" },
        { { .numbers = "1850 - - -", .names = "1848 1852", .ranges = "1856 1858", .stale = "1 0" },
          "1848-1852/4:3 1850-1852/3:2 " },
        { { .numbers = "1852 - - -", .names = "1850 1854", .ranges = "1848 1848", .stale = "1 0" },
          "" },
        { { .numbers = "1854 - - -", .names = "1852 1856", .ranges = "1848 1848", .stale = "1 0" },
          "1852-1856/4:3 1854-1856/3:2 " },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

/* ---- the Object List ------------------------------------------------------------------------- */

static void names_from_the_first_object_to_the_end_of_their_part_are_a_range(void **state)
{
    static const struct gather_case cases[] = {
        { { .objects = "1850", .names = "1848 1854" }, "1850-1854/4:3 " },
        { { .objects = "1852 1850", .names = "1848 1854" }, "1850-1854/4:3 " },
        { { .objects = "1848 1858", .names = "1848 1852 1856 1860 1864 1866" },
          "1848-1860/4g:6 1848-1866/4g:8 1848-1852/4go3 " },
        { { .objects = "1848", .names = "1848 1852 1856 1860" }, "1848-1852/4g:3 1848-1860/4g:6 " },
        { { .objects = "1848", .names = "1848 1852 1856 1860", .hints = "1856 1" },
          "1848-1852/4:3 " },
        { { .objects = "1848", .names = "1848 1852 1856 1860", .hints = "1850 1" }, "" },
        { { .objects = "1854", .names = "1848 1852 1856 1860" }, "" },
        { { .objects = "1848 1854", .names = "1848 1852 1856 1860" },
          "1848-1860/4g:6 1848-1852/4go3 " },
        { { .objects = "1854 1856", .names = "1848 1852 1856 1860" }, "" },
        { { .objects = "1849", .names = "1848 1852" }, "" },
        { { .objects = "1848 1856", .ranges = "1854 1854", .names = "1848 1852 1856 1858" },
          "1848-1852/4o3 " },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
}

/* The names that range_candidates_find_objects finds. */
static const char *run_of_objects(const struct world *world)
{
    static char text[40];
    struct name_run run;

    set_world(world);
    if (!range_candidates_find_objects(&examination, &services[0], &run))
        return "none";
    snprintf(text, sizeof(text), "%u-%u", (unsigned)run.first, (unsigned)run.last);
    return text;
}

static void the_length_of_the_range_says_where_names_end_if_a_part_ends_there(void **state)
{
    static const struct gather_case cases[] = {
        { { .numbers = "3000 3006 3001 3007", .objects = "1848", .names = "1848 1850 1854 1854" },
          "1848-1854" },
        { { .numbers = "3000 3004 3001 3005", .objects = "1848", .names = "1848 1850 1854 1854" },
          "1848-1850" },
        { { .numbers = "3000 3006 3001 3007", .objects = "1848", .names = "1848 1850 1854 1856" },
          "1848-1850" },
        { { .numbers = "3000 3010 3001 3011", .objects = "1848", .names = "1848 1850 1854 1856" },
          "1848-1850" },
        /* the range is too short for its objects */
        { { .numbers = "3000 3002 3001 3003",
            .objects = "1848 1854",
            .names = "1848 1850 1854 1856" },
          "1848-1856" },
        /* it ends with the last object */
        { { .numbers = "3000 3006 3001 3007",
            .objects = "1848 1854",
            .names = "1848 1850 1854 1854 1858 1858" },
          "1848-1854" },
        /* malformed numbers say no length */
        { { .numbers = "3000 3006 3001 3009", .objects = "1848", .names = "1848 1850 1854 1854" },
          "1848-1850" },
        { { .numbers = "1848 2147483646 1849 2147483647", .objects = "1848", .names = "1848 1850" },
          "1848-1850" },
        { { .numbers = "1848 2147483646 1849 2147483647",
            .objects = "4294967294",
            .names = "4294967294 4294967294" },
          "4294967294-4294967294" },
        { { .objects = "1856 1848", .names = "1848 1852 1856 1860" }, "1848-1860" },
        /* a part of another run ends there */
        { { .numbers = "3000 3010 3001 3011",
            .objects = "1848",
            .ranges = "1852 1854",
            .names = "1848 1850 1856 1858" },
          "1848-1850" },
        { { .objects = "", .names = "1848 1850" }, "none" },
        { { .objects = "1848", .names = "1850 1852" }, "none" },
        { { .objects = "1849 1850", .names = "1848 1852" }, "none" },
        { { .objects = "1848 1854", .names = "1848 1852 1856 1858" }, "none" },
        { { .objects = "1854 1856", .names = "1848 1852 1856 1858" }, "none" },
        { { .objects = "1848 1856", .ranges = "1854 1854", .names = "1848 1852 1856 1858" },
          "none" },
        { { .objects = "1852 1848 1850", .names = "1848 1854" }, "1848-1854" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *found = run_of_objects(&cases[i].world);
        if (strcmp(found, cases[i].candidates) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

/* ---- one service and one run ------------------------------------------------------------------ */

static void one_service_without_numbers_has_the_only_names_without_an_owner(void **state)
{
    static const struct gather_case cases[] = {
        { { .names = "1848 1852" }, "1848-1852/4:3 " },
        { { .names = "1848 1852 1856 1856" }, "" },                        /* two parts */
        { { .ranges = "1854 1854", .names = "1848 1852 1856 1856" }, "" }, /* two runs */
        { { .has_no_names = true }, "" },
        { { .names = "1848 1852", .numbers = "- 1846 - -" }, "" },
        { { .names = "1848 1852", .objects = "2" }, "" },
        /* another service's names are elsewhere, and its range is as long */
        { { .names = "1848 1852", .stale = "3 2004" }, "" },
        { { .names = "1848 1852", .stale = "3 2002" }, "1848-1852/4:3 " },
        { { .names = "1848 1852", .hints = "1850 1" }, "" },
    };

    (void)state;
    check_cases(cases, UNIT_COUNT(cases));
    /* of two such services it is not known which one has them */
    set_world(&cases[0].world);
    examination.not_installed_count = 2;
    candidates = (struct range_candidates){ .examination = &examination, .service = &services[0] };
    range_candidates_gather(&candidates);
    assert_int_equal(candidates.count, 0);
    /* WmiApRpl has left them */
    set_world(&cases[0].world);
    names[0].text = TEXT16("WMI Objects");
    names[0].length = 11;
    range_candidates_gather(&candidates);
    assert_int_equal(candidates.count, 0);
    names[0].length = 10;
    range_candidates_gather(&candidates);
    assert_int_equal(candidates.count, 1);
}

static void a_run_is_shared_by_services_whose_ranges_are_as_long(void **state)
{
    static const struct world world = { .names = "1848 1852", .stale = "2 2002 3 2004 5 2006" };
    const struct name_run run = { 1848, 1852, 3 };

    (void)state;
    set_world(&world);
    examination.services = NULL; /* only those that are stale are looked at */
    assert_true(range_candidates_is_run_shared(&examination, &run, NULL));
    assert_true(range_candidates_is_run_shared(&examination, &run, &examined[2]));
    assert_false(range_candidates_is_run_shared(&examination, &run, &examined[3]));
    examination.stale[0] = &examined[3];
    assert_true(range_candidates_is_run_shared(&examination, &run, &examined[2]));
    /* of very many services the owner is not known */
    for (size_t i = 0; i < EXAMINATION_MOST_STALE; i++)
        examination.stale[i] = &examined[2];
    examination.stale_count = EXAMINATION_MOST_STALE;
    assert_false(range_candidates_is_run_shared(&examination, &run, NULL));
    examination.stale_count++;
    assert_true(range_candidates_is_run_shared(&examination, &run, NULL));
}

/* ---- what is offered --------------------------------------------------------------------------- */

/* Add a candidate that differs from the others only in what the test sets. */
static void propose(const struct range_candidate *candidate)
{
    candidates.items[candidates.count++] = *candidate;
}

/* The ids of the repairs, with a blank after each; then the best candidate's first index. */
static const char *offered(bool is_optional)
{
    static char text[300];
    size_t length = 0;
    size_t finding =
        diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_range_malformed,
                                                               .caused_by = DIAGNOSIS_NONE });
    const struct range_candidate *best = range_candidates_offer(&candidates, finding, is_optional);

    *text = 0;
    assert_ptr_equal(best, candidates.count ? candidates.items : NULL);
    for (size_t i = 0; i < diagnosis.repair_count; i++) {
        assert_int_equal(diagnosis.repairs[i].is_optional, is_optional);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s ",
                                   diagnosis.repairs[i].id + strlen("range-Own-"));
    }
    snprintf(text + length, sizeof(text) - length, "%u", best ? (unsigned)best->first : 0);
    return text;
}

static void begin_offer(void)
{
    set_world(&(struct world){ .has_no_names = true });
    candidates = (struct range_candidates){ .examination = &examination, .service = &services[0] };
}

static void candidates_of_the_best_rank_are_offered(void **state)
{
    static const struct {
        struct range_candidate items[6];
        const char *offered;
    } cases[] = {
        { { { .first = 0 } }, "0" },
        { { { .first = 10, .last = 20 } }, "10 10" },
        /* those that have the objects */
        { { { .first = 10, .lacks_objects = true }, { .first = 20, .changes = 4 } }, "20 20" },
        { { { .first = 10, .changes = 4 }, { .first = 20, .lacks_objects = true } }, "10 10" },
        /* those that change less */
        { { { .first = 10, .changes = 2 }, { .first = 20, .changes = 1, .is_guess = true } },
          "20 20" },
        { { { .first = 10, .changes = 1, .is_guess = true }, { .first = 20, .changes = 2 } },
          "10 10" },
        /* those that are no guesses */
        { { { .first = 10, .is_guess = true, .owned = 9 }, { .first = 20 } }, "20 20" },
        { { { .first = 10 }, { .first = 20, .is_guess = true, .owned = 9 } }, "10 10" },
        /* those that give more names an owner */
        { { { .first = 10, .owned = 1 }, { .first = 20, .owned = 2 } }, "20 20" },
        { { { .first = 10, .owned = 2 }, { .first = 20, .owned = 1 } }, "10 10" },
        /* which says nothing about guesses: the user chooses */
        { { { .first = 20, .is_guess = true, .owned = 2 },
            { .first = 10, .is_guess = true, .owned = 1 } },
          "10 20 10" },
        /* equal ones are in the order of indices */
        { { { .first = 20, .last = 30 }, { .first = 10, .last = 40 } }, "10 20 10" },
        { { { .first = 10, .last = 40 }, { .first = 20, .last = 30 } }, "10 20 10" },
        { { { .first = 10, .last = 40 }, { .first = 10, .last = 30 } }, "10-30 10-40 10" },
        { { { .first = 10, .last = 30 }, { .first = 10, .last = 40 }, { .first = 20 } },
          "10-30 10-40 20 10" },
        { { { .first = 10, .last = 30 }, { .first = 10, .last = 40, .changes = 1 } }, "10 10" },
        /* four at most */
        { { { .first = 50 }, { .first = 40 }, { .first = 30 }, { .first = 20 }, { .first = 10 } },
          "10 20 30 40 10" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int is_optional = 0; is_optional < 2; is_optional++) {
            begin_offer();
            for (size_t k = 0; cases[i].items[k].first; k++)
                propose(&cases[i].items[k]);
            const char *found = offered(is_optional);
            if (strcmp(found, cases[i].offered) != 0)
                fail_msg("case %zu: %s", i, found);
        }
}

static void a_repair_changes_four_numbers_and_shows_the_first_name(void **state)
{
    const struct range_candidate range = { .first = 1848, .last = 1850 };
    static const uint32_t numbers[] = { 1848, 1850, 1849, 1851 };

    (void)state;
    set_world(&(struct world){ .names = "1848 1850" });
    size_t finding =
        diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_range_malformed,
                                                               .caused_by = DIAGNOSIS_NONE });
    range_candidates_add_repair(&examination, &services[0], DIAGNOSIS_NONE, &range, false);
    assert_int_equal(diagnosis.repair_count, 0);
    range_candidates_add_repair(&examination, &services[0], finding, &range, false);
    assert_int_equal(diagnosis.repair_count, 1);
    assert_string_equal(diagnosis.repairs[0].id, "range-Own-1848");
    assert_string_equal(diagnosis.repairs[0].what,
                        "give Own the indices 1848 to 1850, where its names begin with \"n\"");
    assert_int_equal(diagnosis.repairs[0].first, 1848);
    assert_int_equal(diagnosis.repairs[0].last, 1850);
    assert_int_equal(diagnosis.change_count, RANGE_VALUE_COUNT);
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        const unsigned char *after = diagnosis.changes[i].after;
        assert_string_equal(diagnosis.changes[i].value, machine_service_names[i]);
        assert_int_equal(after[0] | after[1] << 8, numbers[i]);
    }
    table.table.count = 0;
    range_candidates_add_repair(&examination, &services[0], finding, &range, false);
    assert_string_equal(diagnosis.repairs[1].what, "give Own the indices 1848 to 1850");
    table.table.count = 2;
    examination.names_are_believed = false;
    range_candidates_add_repair(&examination, &services[0], finding, &range, false);
    assert_string_equal(diagnosis.repairs[2].what, "give Own the indices 1848 to 1850");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_follows_from_two_numbers_of_the_service),
        TEST(the_lowest_object_may_be_the_first_index),
        TEST(a_range_without_an_object_list_has_no_objects),
        TEST(a_range_has_names_at_both_ends_and_no_other_owner),
        TEST(one_number_and_the_names_around_it_are_a_range),
        TEST(names_around_an_index_of_another_broken_service_are_left_to_it),
        TEST(names_beside_a_range_whose_names_are_elsewhere_have_no_known_end),
        TEST(names_from_the_first_object_to_the_end_of_their_part_are_a_range),
        TEST(the_length_of_the_range_says_where_names_end_if_a_part_ends_there),
        TEST(one_service_without_numbers_has_the_only_names_without_an_owner),
        TEST(a_run_is_shared_by_services_whose_ranges_are_as_long),
        TEST(candidates_of_the_best_rank_are_offered),
        TEST(a_repair_changes_four_numbers_and_shows_the_first_name),
    };

    return cmocka_run_group_tests_name("range_candidates", tests, NULL, NULL);
}
