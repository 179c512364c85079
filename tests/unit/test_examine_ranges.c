/* SPDX-License-Identifier: MIT
 *
 * examine_ranges.c: which ranges of services cannot be right, what is reported about them, and what is offered.
 */
#include "unit.h"

#include "examination.h"
#include "failing_memory.h"
#include "perf_names.h"
#include "registration.h"

#define MOST 8 /* services of a world */

/* A machine. A service is its name, its numbers (two: help follows from them; "-" is a missing one), "o" and its
   Object List, and other values: "lib", "ini", or "=" and a name. "_" in a name is a blank. */
struct world {
    const char *services[MOST];
    const char *names;        /* pairs of first and last: each even index between them has a name */
    const char *german;       /* the same in another language; NULL: there is no such table */
    const char *backup;       /* a service of a backup: name, first, last */
    const char *query;        /* the same of what lodctr /q printed */
    uint32_t last_counter;    /* 0: it is missing */
    bool has_no_names;        /* the table of names is not known */
    bool is_damaged;          /* the table of names has a finding */
    bool is_of_backup;        /* the names are those of a backup */
    bool is_table;            /* the names are those of a file */
    bool is_last_counter_low; /* Last Counter has a finding */
};

static struct machine_input inputs[3];
static struct machine machine;
static struct diagnosis diagnosis;
static struct examination examination;
static long blocks; /* that were there before the test */

/* ---- a machine ----------------------------------------------------------------------------- */

static void release(void)
{
    diagnosis_release(&diagnosis);
    name_ranges_release(&examination.ranges);
    free(examination.services);
    free(examination.hints);
    memset(&examination, 0, sizeof(examination));
    machine_release(&machine);
    for (size_t i = 0; i < UNIT_COUNT(inputs); i++)
        machine_input_release(&inputs[i]);
}

static void add_value(size_t input, const char *path, const char *name, uint32_t type,
                      const void *data, size_t size)
{
    struct reg_key *key = reg_tree_add_key(&inputs[input].tree, path);

    assert_non_null(key);
    assert_int_equal(reg_tree_set(&inputs[input].tree, key, name, type, data, size), 0);
}

static void add_number(size_t input, const char *path, const char *name, uint32_t number)
{
    add_value(input, path, name, REG_DWORD, &number, sizeof(number));
}

static void add_text(const char *path, const char *name, const char *text, size_t length)
{
    WCHAR units[100];

    for (size_t i = 0; i < length; i++)
        units[i] = (WCHAR)text[i];
    add_value(0, path, name, REG_SZ, units, length * sizeof(*units));
}

static void add_service(size_t input, const char *text)
{
    char path[400];
    uint32_t numbers[RANGE_VALUE_COUNT];
    size_t count = 0, length = strcspn(text, " ");

    snprintf(path, sizeof(path), "%s\\%.*s\\Performance", REG_SERVICES, (int)length, text);
    for (char *at = path + strlen(REG_SERVICES); *at; at++)
        *at = *at == '_' ? ' ' : *at;
    assert_non_null(reg_tree_add_key(&inputs[input].tree, path));
    for (text += length; *text; text += length) {
        text++;
        length = strcspn(text, " ");
        if (*text == '-')
            numbers[count++] = UINT32_MAX;
        else if (*text >= '0' && *text <= '9')
            numbers[count++] = (uint32_t)strtoul(text, NULL, 10);
        else if (*text == 'o') {
            length = strlen(text);
            add_text(path, "Object List", text + 1, length - 1);
        } else if (*text == '=') {
            length = strlen(text);
            add_number(input, path, text + 1, 0);
        } else if (*text == 'i')
            add_text(path, "PerfIniFile", "a.ini", 5);
        else
            add_text(path, "Library", "a.dll", 5);
    }
    if (count == 2) {
        numbers[2] = numbers[0] + 1;
        numbers[3] = numbers[1] + 1;
        count = 4;
    }
    for (size_t i = 0; i < count; i++)
        if (numbers[i] != UINT32_MAX)
            add_number(input, path, machine_service_names[i], numbers[i]);
}

/* Add a table that has the name "n" at each even index of pairs. */
static void add_table(size_t input, const char *path, const char *pairs)
{
    static WCHAR units[20000];
    char number[20];
    size_t length = 0;

    for (const char *at = pairs; *at;) {
        char *end;
        const unsigned long first = strtoul(at, &end, 10), last = strtoul(end, &end, 10);
        for (unsigned long index = first; index <= last; index += 2) {
            snprintf(number, sizeof(number), "%lu", index);
            for (size_t i = 0; i <= strlen(number); i++)
                units[length++] = (WCHAR)number[i];
            units[length++] = 'n';
            units[length++] = 0;
        }
        at = end;
    }
    units[length++] = 0;
    add_value(input, path, "Counter", REG_MULTI_SZ, units, length * sizeof(*units));
}

/* Examine what the inputs show. */
static void examine_inputs_of(const struct world *world)
{
    assert_int_equal(machine_gather(inputs, UNIT_COUNT(inputs), &machine), 0);
    examination = (struct examination){
        .machine = &machine,
        .diagnosis = &diagnosis,
        .names = machine_find_names(&machine, PERF_ENGLISH, false),
        .names_finding = DIAGNOSIS_NONE,
        .short_names_finding = DIAGNOSIS_NONE,
        .last_finding = DIAGNOSIS_NONE,
        .names_are_of_backup = world->is_of_backup,
    };
    examination.names_are_believed = examination.names && !world->is_damaged;
    if (world->is_damaged)
        examination.names_finding =
            diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_names_slipped,
                                                                   .caused_by = DIAGNOSIS_NONE });
    if (world->is_last_counter_low)
        examination.last_finding =
            diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_last_counter_low,
                                                                   .caused_by = DIAGNOSIS_NONE });
    assert_int_equal(examine_claims(&examination), 0);
    examine_ranges(&examination);
}

static void set_world(const struct world *world)
{
    release();
    inputs[0].name = "registry";
    inputs[0].is_system = true; /* it shows all services */
    inputs[1].name = "file";
    inputs[2].name = "query";
    inputs[2].kind = MACHINE_INPUT_QUERY;
    inputs[1].kind = world->is_table ? MACHINE_INPUT_TABLE : MACHINE_INPUT_BACKUP;
    for (size_t i = 0; i < MOST && world->services[i]; i++)
        add_service(0, world->services[i]);
    if (!world->has_no_names)
        add_table(world->is_table ? 1 : 0, REG_PERFLIB "\\009", world->names ? world->names : "");
    if (world->german)
        add_table(0, REG_PERFLIB "\\007", world->german);
    if (world->backup) {
        assert_non_null(reg_tree_add_key(&inputs[0].tree, REG_SERVICES));
        add_service(1, world->backup);
    }
    if (world->query)
        add_service(2, world->query);
    if (world->last_counter)
        add_number(0, REG_PERFLIB, "Last Counter", world->last_counter);
}

/* ---- what is found ------------------------------------------------------------------------- */

static const char *text_of(const struct diagnosis_fact *fact)
{
    static char text[2][50];
    static unsigned next;
    char *to = text[++next % 2];

    snprintf(to, sizeof(*text), "%s",
             !fact->is_known   ? ""
             : fact->is_absent ? "absent"
             : fact->is_number ? "number"
                               : fact->text);
    if (fact->is_number)
        snprintf(to, sizeof(*text), "%u", (unsigned)fact->number);
    return to;
}

/* Findings, each as "fault service value:actual>expected <cause (other) [repairs]", and "; " after each. "?" marks a
   repair that is optional. */
static const char *found(bool has_notes)
{
    static char text[3000];
    size_t length = 0;

    *text = 0;
    for (size_t i = 0; i < diagnosis.finding_count; i++) {
        const struct diagnosis_finding *finding = &diagnosis.findings[i];
        const char *separator = " [";
        if ((!has_notes && doctor_faults[finding->fault].severity == FAULT_NOTE) ||
            finding->fault == FAULT_names_slipped || finding->fault == FAULT_last_counter_low)
            continue;
        length += (size_t)snprintf(
            text + length, sizeof(text) - length, "%s%s%s%s%s%s%s%s%s%s%s%s%s",
            doctor_faults[finding->fault].id, finding->service ? " " : "",
            finding->service ? finding->service : "", finding->value ? " " : "",
            finding->value ? finding->value : "", finding->actual.is_known ? ":" : "",
            text_of(&finding->actual), finding->expected.is_known ? ">" : "",
            text_of(&finding->expected), finding->caused_by == DIAGNOSIS_NONE ? "" : " <",
            finding->caused_by == DIAGNOSIS_NONE
                ? ""
                : doctor_faults[diagnosis.findings[finding->caused_by].fault].id,
            finding->other ? " and " : "", finding->other ? finding->other : "");
        for (size_t k = 0; k < diagnosis.repair_count; k++) {
            if (diagnosis.repairs[k].finding != i)
                continue;
            length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s", separator,
                                       diagnosis.repairs[k].id + strlen("range-"),
                                       diagnosis.repairs[k].is_optional ? "?" : "");
            separator = " ";
        }
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s; ",
                                   *separator && !separator[1] ? "]" : "");
    }
    return text;
}

struct range_case {
    struct world world;
    const char *found;
};

static void check_found(const struct range_case *cases, size_t count, bool has_notes)
{
    for (size_t i = 0; i < count; i++) {
        set_world(&cases[i].world);
        examine_inputs_of(&cases[i].world);
        const char *text = found(has_notes);
        if (strcmp(text, cases[i].found) != 0)
            fail_msg("case %zu: %s", i, text);
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
    release();
    return failing_memory_blocks == blocks ? 0 : -1;
}

static void a_service_in_order_has_no_finding(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852", "B 1854 1854" }, .names = "1848 1854" }, "" },
        { { .services = { "A 1848 1852" }, .has_no_names = true }, "" },
        { { .services = { "A" }, .names = "1 1" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .last_counter = 1852 }, "" },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), true);
}

/* ---- broken numbers ------------------------------------------------------------------------ */

static void numbers_that_break_a_rule_are_reported_with_the_rule(void **state)
{
    static const struct {
        const char *service, *rule;
    } cases[] = {
        { "A 1850 1848", "the last index is before the first" },
        { "A 1849 1850", "names must have even indices" },
        { "A 1848 1851", "names must have even indices" },
        { "A 1846 1850", "it lies in the system's own range, up to 1847" },
        { "A 1848 1850 1850 1851", "help must have odd indices" },
        { "A 1848 1850 1849 1850", "help must have odd indices" },
        { "A 1848 1850 1851 1851", "First Help must be First Counter + 1" },
        { "A 1848 1850 1849 1853", "Last Help must be Last Counter + 1" },
        { "A 1848 2147483648", "the indices are too high" },
        { "A 2147483648 2147483648", "the indices are too high" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct world world = { .services = { cases[i].service }, .has_no_names = true };
        set_world(&world);
        examine_inputs_of(&world);
        assert_int_equal(diagnosis.finding_count, 1);
        assert_int_equal(diagnosis.findings[0].fault, FAULT_range_malformed);
        const char *rule = strstr(diagnosis.findings[0].detail, ": ");
        assert_non_null(rule);
        if (strcmp(rule + 2, cases[i].rule) != 0)
            fail_msg("%s: %s", cases[i].service, diagnosis.findings[0].detail);
    }
}

static void the_first_wrong_number_is_shown(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1850 1849 1853" }, .names = "1848 1850" },
          "range-malformed A Last Help:1853>1851 [A-1848]; " },
        { { .services = { "A 1848 1850 1851 1851" }, .names = "1848 1850" },
          "range-malformed A First Help:1851>1849 [A-1848]; " },
        { { .services = { "A 1852 1850 1849 1851" }, .names = "1848 1850" },
          "range-malformed A First Counter:1852>1848 [A-1848]; " },
        { { .services = { "A 1848 1854 1849 1851" }, .names = "1848 1850" },
          "range-malformed A Last Counter:1854>1850 [A-1848]; " },
        { { .services = { "A 1848 1850 - -" }, .names = "1848 1850" },
          "range-incomplete A First Help:absent>1849 [A-1848]; " },
        { { .services = { "A 1848 1850 1849 -" }, .names = "1848 1850" },
          "range-incomplete A Last Help:absent>1851 [A-1848]; " },
        /* nothing can be offered */
        { { .services = { "A 1848 - 1849 -" }, .has_no_names = true },
          "range-incomplete A Last Counter:absent; " },
        { { .services = { "A 1849 1851 1850 1852" }, .has_no_names = true },
          "range-malformed A First Counter:1849; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void without_numbers_a_service_with_a_library_is_not_installed(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A lib" }, .names = "1848 1850" },
          "not-installed A First Counter:absent>1848 [A-1848]; " },
        { { .services = { "A" }, .names = "1848 1850" }, "" },
        { { .services = { "WmiApRpl lib" }, .names = "1848 1850" }, "" },
        { { .services = { "A lib", "B lib" }, .names = "1848 1850" },
          "not-installed A First Counter:absent; not-installed B First Counter:absent; " },
        /* .NET made it */
        { { .services = { "A lib =Counter Names" }, .names = "1848 1850" },
          "category-lost A First Counter:absent>1848 [A-1848]; " },
        { { .services = { "A lib =counter types" }, .names = "1848 1850" },
          "category-lost A First Counter:absent>1848 [A-1848]; " },
        { { .services = { "A lib =CategoryOptions" }, .names = "1848 1850" },
          "category-lost A First Counter:absent>1848 [A-1848]; " },
        { { .services = { "A lib =Category" }, .names = "1848 1850" },
          "not-installed A First Counter:absent>1848 [A-1848]; " },
        /* and is not .NET itself */
        { { .services = { ".net_Data lib =Counter Names" }, .names = "1848 1850" },
          "not-installed .net Data First Counter:absent>1848 [.net Data-1848]; " },
        { { .services = { ".NET_ lib =Counter Names" }, .names = "1848 1850" },
          "not-installed .NET  First Counter:absent>1848 [.NET -1848]; " },
        { { .services = { ".NET lib =Counter Names" }, .names = "1848 1850" },
          "category-lost .NET First Counter:absent>1848 [.NET-1848]; " },
        { { .services = { ".NETs_ lib =Counter Names" }, .names = "1848 1850" },
          "category-lost .NETs  First Counter:absent>1848 [.NETs -1848]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static const char *detail_of(const struct world *world)
{
    set_world(world);
    examine_inputs_of(world);
    assert_true(diagnosis.finding_count >= 1);
    return diagnosis.findings[0].detail;
}

static void what_is_missing_is_described_by_the_value_alone(void **state)
{
    (void)state;
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1848 - 1849 -" }, .names = "1 1" }), "");
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A lib ini =CategoryOptions" }, .names = "1 1" }),
        "");
}

static void its_ini_file_is_named_if_the_key_says_so(void **state)
{
    (void)state;
    assert_string_equal(detail_of(&(struct world){ .services = { "A lib" }, .names = "1 1" }), "");
    assert_string_equal(detail_of(&(struct world){ .services = { "A lib ini" }, .names = "1 1" }),
                        "its .ini is a.ini, see %windir%\\inf\\A");
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A lib =PerfIniFile" }, .names = "1 1" }), "");
}

/* ---- sane ranges without names ------------------------------------------------------------- */

static void a_service_without_names_is_offered_runs_that_are_as_long(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1900 1904" }, .names = "1848 1852" },
          "names-absent A First Counter:1900>1848 [A-1848?]; " },
        { { .services = { "A 1900 1906" }, .names = "1848 1852" }, "names-absent A; " },
        { { .services = { "A 1900 1904", "B 1854 1854" }, .names = "1848 1860" },
          "names-absent A [A-1848? A-1856?]; " },
        { { .services = { "A 1948 1948" },
            .names = "1848 1848 1852 1852 1856 1856 1860 1860 1864 1864" },
          "names-absent A [A-1848? A-1852? A-1856? A-1860?]; " },
        { { .services = { "WmiApRpl 1900 1904" }, .names = "1848 1852" },
          "wmi-provider-unloaded WmiApRpl; " },
        /* two services without names and one run: the user says whose it is */
        { { .services = { "A 1900 1904", "B 1910 1914" }, .names = "1848 1852" },
          "names-absent A First Counter:1900>1848 [A-1848?]; names-absent B First "
          "Counter:1910>1848 [B-1848?]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void the_object_list_proves_whose_names_they_are(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1900 1904 o1848" }, .names = "1848 1852" },
          "range-stale A First Counter:1900>1848 [A-1848]; " },
        { { .services = { "A 1900 1904 o1850" }, .names = "1848 1852" },
          "range-stale A First Counter:1900>1850 [A-1850]; " },
        { { .services = { "A 1900 1904 o1856" }, .names = "1848 1852" },
          "names-absent A First Counter:1900>1848 [A-1848?]; " },
        /* an object without a name, in a run that is as long */
        { { .services = { "A 1900 1908 o1852" }, .names = "1848 1850 1854 1856" },
          "range-stale A First Counter:1900>1848 [A-1848]; " },
        { { .services = { "A 1900 1910 o1852" }, .names = "1848 1850 1854 1856" },
          "names-absent A; " },
        /* which of several runs */
        { { .services = { "A 2900 2902 o1873" },
            .names = "1848 1850 1854 1856 1860 1862 1872 1874" },
          "range-stale A [A-1848 A-1854 A-1860 A-1872]; " },
        { { .services = { "A 2900 2902 o1873" },
            .names = "1848 1850 1854 1856 1860 1862 1866 1868 1872 1874" },
          "names-absent A [A-1848? A-1854? A-1860? A-1866?]; " },
        /* it says where the names begin, and the gap not where they end */
        { { .services = { "A 1900 1902 o1848" }, .names = "1848 1852 1856 1856" },
          "range-stale A [A-1848-1852 A-1848-1856]; " },
        { { .services = { "A 1900 1904 o1848" }, .names = "1848 1852 1856 1856" },
          "range-stale A First Counter:1900>1848 [A-1848]; " },
        { { .services = { "A 1900 1908 o1848" }, .names = "1848 1852 1856 1856" },
          "range-stale A First Counter:1900>1848 [A-1848]; " },
        { { .services = { "A 1900 1906 o1848" }, .names = "1848 1852 1856 1856" },
          "range-stale A [A-1848-1852 A-1848-1856]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void names_that_end_below_several_services_are_cut(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852", "B 1900 1910", "C 1912 1920" }, .names = "1848 1852" },
          "names-cut Counter:1852>1920; names-absent B <names-cut; names-absent C <names-cut; " },
        { { .services = { "A 1848 1852", "C 1912 1920", "B 1900 1910" }, .names = "1848 1852" },
          "names-cut Counter:1852>1920; names-absent C <names-cut; names-absent B <names-cut; " },
        { { .services = { "A 1848 1852", "B 1854 1854", "C 1856 1856" }, .names = "1848 1852" },
          "names-cut Counter:1852>1856; names-absent B <names-cut; names-absent C <names-cut; " },
        { { .services = { "A 1848 1852", "B 1900 1910" }, .names = "1848 1852" },
          "names-absent B; " },
        { { .services = { "A 1848 1852", "B 1900 1910", "WmiApRpl 1912 1920" },
            .names = "1848 1852" },
          "names-absent B; wmi-provider-unloaded WmiApRpl; " },
        /* B has names elsewhere */
        { { .services = { "A 1848 1852", "B 1900 1902", "C 1912 1920" }, .names = "1848 1856" },
          "names-absent B First Counter:1900>1854 [B-1854?]; names-absent C; " },
        /* B is in a gap */
        { { .services = { "A 1848 1852", "B 1854 1862", "C 1912 1920" },
            .names = "1848 1852 1864 1870" },
          "names-absent B; names-absent C; " },
        { { .services = { "A 1848 1852", "B 1854 1862", "C 1912 1920", "D 1922 1922" },
            .names = "1848 1852 1864 1870" },
          "names-cut Counter:1870>1922; names-absent B; names-absent C <names-cut; names-absent D "
          "<names-cut; " },
        /* B has its first name */
        { { .services = { "B 1848 1910", "C 1912 1920" }, .names = "1848 1848" },
          "range-end B Last Counter:1910 [B-1848?]; names-absent C; " },
        /* an empty table is another fault */
        { { .services = { "B 1900 1910", "C 1912 1920" }, .names = "" },
          "names-absent B; names-absent C; " },
        { { .services = { "B 1900 1910", "C 1912 1920" }, .has_no_names = true }, "" },
        { { .services = { "A 1848 1852", "B 1900 1910", "C 1912 1920" },
            .names = "1848 1852",
            .is_damaged = true },
          "names-absent B <names-slipped; names-absent C <names-slipped; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void names_that_are_cut_are_those_of_a_key_or_a_file(void **state)
{
    struct world world = { .services = { "B 1900 1910", "C 1912 1920" }, .names = "1848 1852" };

    (void)state;
    set_world(&world);
    examine_inputs_of(&world);
    assert_int_equal(diagnosis.findings[0].fault, FAULT_names_cut);
    assert_string_equal(diagnosis.findings[0].key, REG_PERFLIB "\\009");
    world.is_table = true;
    set_world(&world);
    examine_inputs_of(&world);
    assert_int_equal(diagnosis.findings[0].fault, FAULT_names_cut);
    assert_string_equal(diagnosis.findings[0].key, "file");
}

/* ---- an end without a name ----------------------------------------------------------------- */

static void an_end_without_a_name_is_a_number_or_a_name_that_is_wrong(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852" }, .names = "1848 1850" },
          "range-end A Last Counter:1852 [A-1848?]; " },
        { { .services = { "A 1848 1852" }, .names = "1850 1852" },
          "range-end A First Counter:1848 [A-1850?]; " },
        { { .services = { "A 1848 1852" }, .names = "1850 1850" },
          "range-end A First Counter:1848; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1848 1852 1852" }, "" },
        /* Last Counter says that there are no more names */
        { { .services = { "A 1848 1852" }, .names = "1848 1850", .last_counter = 1850 },
          "range-end A Last Counter:1852>1850 [A-1848]; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1850", .last_counter = 1852 },
          "range-end A Last Counter:1852 [A-1848?]; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1850", .last_counter = 1848 },
          "range-end A Last Counter:1852 [A-1848?]; " },
        { { .services = { "A 1848 1852" }, .names = "1850 1850", .last_counter = 1850 },
          "range-end A First Counter:1848; " },
        /* another service has the end */
        { { .services = { "A 1848 1852", "B 1850 1850" }, .names = "1848 1850" },
          "range-end A Last Counter:1852>1848 [A-1848]; " },
        { { .services = { "A 1848 1852", "B 1854 1854" }, .names = "1848 1850 1854 1854" },
          "range-end A Last Counter:1852 [A-1848?]; " },
        /* the objects are elsewhere */
        { { .services = { "A 1852 1858 o1848" }, .names = "1848 1852" },
          "range-end A First Counter:1852>1848 [A-1848]; " },
        { { .services = { "A 1852 1858 o1852" }, .names = "1848 1852" },
          "range-end A Last Counter:1858 [A-1852?]; " },
        { { .services = { "A 1852 1858 o1860" }, .names = "1848 1852" },
          "range-end A Last Counter:1858 [A-1852?]; " },
        { { .services = { "A 1848 1852 o1848" }, .names = "1848 1850" },
          "range-end A Last Counter:1852 [A-1848?]; " },
        { { .services = { "A 1852 1858 o1848 1860" }, .names = "1848 1852" },
          "range-end A Last Counter:1858 [A-1852?]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void the_end_without_a_name_is_described(void **state)
{
    (void)state;
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1848 1852" }, .names = "1848 1850" }),
        "of the indices 1848 to 1852, the last has no name");
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1848 1852" }, .names = "1850 1852" }),
        "of the indices 1848 to 1852, the first has no name");
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1848 1852" }, .names = "1850 1850" }),
        "of the indices 1848 to 1852, neither the first nor the last has a name");
}

/* ---- overlaps ------------------------------------------------------------------------------ */

static void ranges_that_overlap_may_end_where_the_other_begins(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852", "B 1854 1858" }, .names = "1848 1858" }, "" },
        { { .services = { "A 1848 1854", "B 1854 1858" }, .names = "1848 1858" },
          "ranges-overlap B First Counter:1854 and A [B-1856? A-1848?]; " },
        { { .services = { "B 1854 1858", "A 1848 1854" }, .names = "1848 1858" },
          "ranges-overlap B First Counter:1854 and A [B-1856? A-1848?]; " },
        { { .services = { "A 1848 1854", "B 1852 1858" },
            .names = "1848 1848 1852 1854 1858 1858" },
          "ranges-overlap B First Counter:1852 and A [B-1858? A-1848?]; " },
        { { .services = { "A 1848 1854", "B 1852 1858" }, .has_no_names = true },
          "ranges-overlap B First Counter:1852 and A; " },
        { { .services = { "A 1848 1854", "B 1852 1858" },
            .names = "1848 1858",
            .is_damaged = true },
          "ranges-overlap B First Counter:1852 and A; " },
        /* same ends, and one inside the other */
        { { .services = { "A 1848 1854", "B 1852 1854" }, .names = "1848 1854" },
          "ranges-overlap B First Counter:1852 and A [A-1848?]; " },
        { { .services = { "A 1848 1854", "B 1848 1850" }, .names = "1848 1854" },
          "ranges-overlap A First Counter:1848 and B [A-1852?]; " },
        { { .services = { "A 1848 1854", "B 1850 1852" }, .names = "1848 1854" },
          "ranges-overlap B First Counter:1850 and A; " },
        { { .services = { "A 1848 1854", "B 1848 1854" }, .names = "1848 1854" },
          "ranges-overlap B First Counter:1848 and A; " },
        /* the one that ends last is compared */
        { { .services = { "A 1848 1860", "B 1850 1852", "C 1856 1858" }, .names = "1848 1860" },
          "ranges-overlap B First Counter:1850 and A; ranges-overlap C First Counter:1856 and "
          "A; " },
        { { .services = { "A 1848 1854", "B 1854 1860", "C 1858 1862" }, .names = "1848 1862" },
          "ranges-overlap B First Counter:1854 and A [B-1856? A-1848?]; ranges-overlap C First "
          "Counter:1858 and B [C-1862? B-1854?]; " },
        { { .services = { "A 1848 1860", "B 1850 1860", "C 1856 1858" }, .names = "1848 1860" },
          "ranges-overlap B First Counter:1850 and A [A-1848?]; "
          "ranges-overlap C First Counter:1856 and A; " },
        /* names that are not even, and those of a backup, which lacks WmiApRpl's */
        { { .services = { "A 1848 1854", "B 1852 1858" },
            .names = "1848 1850 1851 1851 1852 1858" },
          "ranges-overlap B First Counter:1852 and A [B-1856?]; " },
        { { .services = { "A 1848 1854", "B 1852 1858" },
            .names = "1848 1854 1855 1855 1856 1858" },
          "ranges-overlap B First Counter:1852 and A [A-1848?]; " },
        { { .services = { "A 1848 1854", "WmiApRpl 1852 1858" },
            .names = "1848 1854",
            .is_of_backup = true },
          "ranges-overlap WmiApRpl First Counter:1852 and A [A-1848?]; " },
        /* 16 names fill the memory of a table */
        { { .services = { "A 1848 1854", "WmiApRpl 1852 1858" },
            .names = "2 24 1848 1854",
            .is_of_backup = true },
          "ranges-overlap WmiApRpl First Counter:1852 and A [A-1848?]; " },
        { { .services = { "A 1854 1858", "WmiApRpl 1848 1856" },
            .names = "1854 1858",
            .is_of_backup = true },
          "ranges-overlap A First Counter:1854 and WmiApRpl [A-1858?]; " },
        { { .services = { "A 1854 1858", "WmiApRpl 1850 1856" },
            .names = "1848 1848 1854 1858",
            .is_of_backup = true },
          "ranges-overlap A First Counter:1854 and WmiApRpl [A-1858?]; " },
        { { .services = { "A 1848 1854", "WmiApRpl 1852 1858" },
            .names = "1848 1854 1860 1860",
            .is_of_backup = true },
          "ranges-overlap WmiApRpl First Counter:1852 and A [A-1848?]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void a_service_whose_names_are_elsewhere_has_an_old_range(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1854", "B 1850 1852" }, .names = "1848 1854 1900 1902" },
          "range-stale B First Counter:1850>1900 [B-1900]; " },
        { { .services = { "A 1848 1850", "B 1850 1860" }, .names = "1848 1860 1900 1902" },
          "range-stale A First Counter:1848>1900 [A-1900]; " },
        { { .services = { "A 1848 1860", "B 1858 1862" }, .names = "1848 1862 1900 1912" },
          "range-stale A First Counter:1848>1900 [A-1900]; " },
        { { .services = { "A 1848 1850", "B 1850 1852" }, .names = "1848 1852 1900 1902" },
          "ranges-overlap B First Counter:1850 and A [B-1900? A-1900?]; " },
        { { .services = { "A 1848 1850", "B 1852 1854" }, .names = "1848 1854 1900 1902" }, "" },
        { { .services = { "A 1848 1870", "B 1850 1850", "C 1860 1862" },
            .names = "1848 1870 1900 1902" },
          "ranges-overlap B First Counter:1850 and A; "
          "range-stale C First Counter:1860>1900 [C-1900]; " },
        /* it is reported once */
        { { .services = { "A 1848 1858", "B 1850 1852", "C 1854 1856" },
            .names = "1848 1858 1900 1910" },
          "range-stale A First Counter:1848>1900 [A-1900]; " },
        { { .services = { "A 1848 1858", "B 1850 1852", "C 1852 1854" },
            .names = "1848 1858 1900 1902" },
          "range-stale B First Counter:1850>1900 [B-1900?]; range-stale C First Counter:1852>1900 "
          "[C-1900?]; " },
        { { .services = { "A 1848 1852", "B 1850 1860", "C 1858 1870" },
            .names = "1848 1870 1900 1910" },
          "range-stale B First Counter:1850>1900 [B-1900]; " },
        /* of several runs, and another service's of the same length */
        { { .services = { "A 1848 1854", "B 1850 1852", "C 1904 1904" },
            .names = "1848 1854 1900 1908" },
          "range-stale B [B-1900 B-1906]; " },
        { { .services = { "A 1848 1854", "B 1850 1852", "C 1856 1862", "D 1858 1860" },
            .names = "1848 1862 1900 1902" },
          "range-stale B First Counter:1850>1900 [B-1900?]; range-stale D First Counter:1858>1900 "
          "[D-1900?]; " },
        { { .services = { "A 1848 1854", "B 1850 1852 o1900" }, .names = "1848 1854 1900 1904" },
          "range-stale B First Counter:1850>1900 [B-1900]; " },
        { { .services = { "A 1848 1854", "B 1850 1852 o1900" },
            .names = "1848 1854 1900 1904 1908 1908" },
          "range-stale B [B-1900-1904 B-1900-1908]; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void a_service_is_counted_once_if_its_names_are_elsewhere(void **state)
{
    static const struct {
        struct world world;
        size_t count;
    } cases[] = {
        { { .services = { "A 1848 1850", "B 1852 1854" }, .names = "1848 1854 1900 1902" }, 0 },
        { { .services = { "A 1848 1854", "B 1850 1852" }, .names = "1848 1854 1900 1902" }, 1 },
        { { .services = { "A 1848 1852", "B 1850 1860", "C 1858 1870" },
            .names = "1848 1870 1900 1910" },
          1 },
        { { .services = { "A 1848 1850", "B 1850 1852" }, .names = "1848 1852 1900 1902" }, 2 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        set_world(&cases[i].world);
        examine_inputs_of(&cases[i].world);
        assert_int_equal(examination.stale_count, cases[i].count);
    }
}

static void an_old_range_is_described_by_that_of_the_other_service(void **state)
{
    (void)state;
    assert_string_equal(detail_of(&(struct world){ .services = { "A 1848 1854", "B 1850 1852" },
                                                   .names = "1848 1854 1900 1902" }),
                        "its indices 1850 to 1852 lie in the range of A, 1848 to 1854; its names "
                        "are elsewhere, without an owner");
    assert_string_equal(detail_of(&(struct world){ .services = { "A 1848 1850", "B 1850 1860" },
                                                   .names = "1848 1860 1900 1902" }),
                        "its indices 1848 to 1850 lie in the range of B, 1850 to 1860; its names "
                        "are elsewhere, without an owner");
}

/* Of each fault 500 findings are kept, but all services are looked at. */
static void more_services_than_findings_are_kept(void **state)
{
    static const struct {
        const char *service, *names;
        enum doctor_fault_id fault;
        size_t findings; /* one less if the first of the services overlaps with no other */
    } cases[] = {
        { "1849 1851", "1848 1850", FAULT_range_malformed, 501 },
        { "1848 - - -", "1848 1850", FAULT_range_incomplete, 501 },
        { "lib", "1848 1850", FAULT_not_installed, 501 },
        { "1900 1902 o1848", "1848 1850", FAULT_range_stale, 501 },
        { "1848 1852", "1848 1850", FAULT_range_end, 501 },
        { "1848 1850", "1848 1850", FAULT_ranges_overlap, 500 },
        { "1848 1850", "1848 1850", FAULT_ranges_overlap, 501 },
    };
    char text[50];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct world world = { .names = cases[i].names };
        const size_t services =
            cases[i].findings + (cases[i].fault == FAULT_ranges_overlap ? 1 : 0);
        set_world(&world);
        for (size_t k = 0; k < services; k++) {
            snprintf(text, sizeof(text), "S%zu %s", k, cases[i].service);
            add_service(0, text);
        }
        examine_inputs_of(&world);
        assert_int_equal(diagnosis.counts[cases[i].fault], cases[i].findings);
        assert_false(diagnosis.is_lost);
    }
}

/* Pairs of services with the same range, and a run that is as long. */
static void names_of_more_than_200_services_are_elsewhere(void **state)
{
    const struct world world = { .names = "1848 1850 1900 1902" };
    char text[50];

    (void)state;
    for (size_t count = EXAMINATION_MOST_STALE; count <= EXAMINATION_MOST_STALE + 1; count++) {
        set_world(&world);
        for (size_t k = 0; k < count; k++) {
            snprintf(text, sizeof(text), "S%zu 1848 1850", k);
            add_service(0, text);
        }
        examine_inputs_of(&world);
        assert_int_equal(examination.stale_count, count);
        assert_ptr_equal(examination.stale[0], &examination.services[1]);
        assert_ptr_equal(examination.stale[1], &examination.services[0]);
        assert_ptr_equal(examination.stale[EXAMINATION_MOST_STALE - 1],
                         &examination.services[EXAMINATION_MOST_STALE - 1]);
    }
}

static void an_overlap_with_wmi_is_repaired_by_its_own_tools(void **state)
{
    static const struct {
        const char *services[2];
        bool is_wmi;
    } cases[] = {
        { { "A 1848 1854", "B 1852 1858" }, false },
        { { "A 1848 1854", "wmiaprpl 1852 1858" }, true },
        { { "WmiApRpl 1848 1854", "B 1852 1858" }, true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct world world = { .services = { cases[i].services[0], cases[i].services[1] },
                                     .names = "1848 1858" };
        const char *detail = detail_of(&world);
        assert_int_equal(diagnosis.findings[0].fault, FAULT_ranges_overlap);
        assert_int_equal(strstr(detail, "wmiadap") != NULL, cases[i].is_wmi);
        assert_int_equal(examination.services[0].finding, 0);
        assert_int_equal(examination.services[1].finding, 0);
    }
}

/* ---- services in order --------------------------------------------------------------------- */

static void names_that_are_missing_inside_or_in_a_language_are_noted(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852" }, .names = "1848 1848 1852 1852" }, "names-gap A; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 4 1848 1852" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 4 1852 1852" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 4 1854 1854" },
          "language-lacks-names A Counter; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 4" },
          "language-lacks-names A Counter; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 32" },
          "language-lacks-names A Counter; " }, /* 16 names fill the memory of the table */
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 2" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 2 1846 1846" },
          "language-lacks-names A Counter; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1856" },
          "names-ownerless Counter:1854; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1854 1860 1860" },
          "names-ownerless Counter:1854; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1854", .is_damaged = true }, "" },
        /* English is no language that may lack them */
        { { .services = { "WmiApRpl 1900 1904" }, .names = "2 4", .is_of_backup = true },
          "names-gap WmiApRpl; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), true);
}

static void a_language_that_lacks_names_is_one_that_is_used(void **state)
{
    const struct world world = { .services = { "A 1848 1852" },
                                 .names = "1848 1852",
                                 .german = "2 4 1848 1852" };
    static const WCHAR units[] = { '3', 0, 'h', 0, '5', 0, 'h', 0, 0 };

    (void)state;
    set_world(&world);
    /* a second table of the same language, and help */
    add_value(0, REG_PERFLIB "\\007", "Counters", REG_MULTI_SZ, units, sizeof(units));
    add_value(0, REG_PERFLIB "\\007", "Help", REG_MULTI_SZ, units, sizeof(units));
    examine_inputs_of(&world);
    assert_string_equal(found(true), "");
    assert_string_equal(detail_of(&(struct world){
                            .services = { "A 1848 1852" }, .names = "1848 1852", .german = "2 4" }),
                        "language 007 lacks the indices 1848 to 1852");
    assert_string_equal(diagnosis.findings[0].key, REG_PERFLIB "\\007");
}

/* How many blocks of memory an examination needs of 600 services and so many languages, which lack their names. */
static long blocks_with_languages(size_t count)
{
    const struct world world = { .names = "1848 1850" };
    char text[100];

    set_world(&world);
    for (size_t i = 0; i < 600; i++) {
        snprintf(text, sizeof(text), "S%zu%s", i, i ? "" : " 1848 1850");
        add_service(0, text);
    }
    for (size_t i = 1; i < 600; i++) {
        snprintf(text, sizeof(text), "S%zu %zu %zu", i, 1848 + 4 * i, 1850 + 4 * i);
        add_service(0, text);
    }
    add_table(0, REG_PERFLIB "\\009", "1848 4250");
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof(text), REG_PERFLIB "\\1%02zu", i);
        add_table(0, text, "2 4");
    }
    long before = failing_memory_blocks;
    examine_inputs_of(&world);
    assert_int_equal(diagnosis.counts[FAULT_language_lacks_names], 600 * count);
    return failing_memory_blocks - before;
}

/* Each language costs a few blocks for its table, and none for findings that are not kept. */
static void findings_that_are_not_kept_cost_no_memory(void **state)
{
    (void)state;
    const long few = blocks_with_languages(1);
    assert_true(blocks_with_languages(41) - few < 40 + 10);
}

static void names_without_an_owner_are_counted(void **state)
{
    (void)state;
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1848 1852" }, .names = "1848 1854" }),
        "1 name between 1854 and 1854");
    assert_string_equal(
        detail_of(&(struct world){ .services = { "A 1852 1852" }, .names = "1848 1856" }),
        "4 names between 1848 and 1856");
}

static void consequences_of_other_findings_are_reported_as_such(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852" },
            .names = "1848 1852",
            .last_counter = 1850,
            .is_last_counter_low = true },
          "range-above-last-counter A <last-counter-low; " },
        { { .services = { "A 1848 1852" },
            .names = "1848 1852",
            .last_counter = 1852,
            .is_last_counter_low = true },
          "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .is_last_counter_low = true },
          "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1852", .last_counter = 1850 }, "" },
        { { .services = { "A 1848 1852" }, .names = "1854 1854", .is_damaged = true },
          "names-absent A <names-slipped; " },
        { { .services = { "A 1848 1852" }, .names = "1846 1846", .is_damaged = true },
          "names-absent A <names-slipped; " },
        { { .services = { "A 1848 1852" }, .names = "2 32", .is_damaged = true },
          "names-absent A <names-slipped; " }, /* 16 names fill the memory of the table */
        { { .services = { "A 1848 1852" }, .names = "1852 1852", .is_damaged = true }, "" },
        { { .services = { "A 1848 1852" },
            .names = "1854 1854",
            .is_damaged = true,
            .is_of_backup = true },
          "" },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
}

static void the_first_finding_about_a_range_is_the_cause_of_others(void **state)
{
    struct world world = { .services = { "A 1848 1854", "B 1852 1858" },
                           .names = "1848 1858",
                           .last_counter = 1856,
                           .is_last_counter_low = true };

    (void)state;
    set_world(&world);
    examine_inputs_of(&world);
    assert_string_equal(found(false),
                        "range-above-last-counter B <last-counter-low; "
                        "ranges-overlap B First Counter:1852 and A [B-1856? A-1848?]; ");
    assert_int_equal(examination.services[0].finding, 2);
    assert_int_equal(examination.services[1].finding, 1);
    world.last_counter = 1850;
    set_world(&world);
    examine_inputs_of(&world);
    assert_int_equal(examination.services[0].finding, 1);
    assert_int_equal(examination.services[1].finding, 2);
    assert_int_equal(diagnosis.counts[FAULT_ranges_overlap], 1);
    /* a range that is old is reported whatever is known of the other one */
    const struct world old = { .services = { "A 1848 1860", "B 1850 1852" },
                               .names = "1848 1860 1900 1902",
                               .last_counter = 1858,
                               .is_last_counter_low = true };
    set_world(&old);
    examine_inputs_of(&old);
    assert_string_equal(found(false), "range-above-last-counter A <last-counter-low; "
                                      "range-stale B First Counter:1850>1900 [B-1900]; ");
}

static void a_service_that_only_a_backup_has_lost_its_key(void **state)
{
    static const struct range_case cases[] = {
        { { .services = { "A 1848 1852" }, .names = "1848 1856", .backup = "B 1854 1856" },
          "performance-key-missing B:absent; " },
        { { .services = { "A 1848 1852" }, .names = "1848 1856", .backup = "A 1854 1856" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1854", .backup = "B 1854 1856" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1856", .backup = "B 1852 1856" }, "" },
        { { .services = { "A 1848 1852" },
            .names = "1848 1856",
            .backup = "B 1854 1856",
            .is_damaged = true },
          "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1856", .backup = "B 1854 1855" }, "" },
        { { .services = { "A 1848 1852" }, .names = "1848 1856", .query = "B 1854 1856" },
          "performance-key-missing B:absent; " },
        { { .services = { "A 1848 1852" },
            .names = "1848 1856",
            .backup = "B 1854 1856",
            .query = "B 1854 1854" },
          "performance-key-missing B:absent; " },
    };

    (void)state;
    check_found(cases, UNIT_COUNT(cases), false);
    assert_string_equal(detail_of(&(struct world){ .services = { "A 1848 1852" },
                                                   .names = "1848 1856",
                                                   .backup = "B 1854 1856" }),
                        "file shows that it has the indices 1854 to 1856, named \"n\" and on");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_service_in_order_has_no_finding),
        TEST(numbers_that_break_a_rule_are_reported_with_the_rule),
        TEST(the_first_wrong_number_is_shown),
        TEST(without_numbers_a_service_with_a_library_is_not_installed),
        TEST(what_is_missing_is_described_by_the_value_alone),
        TEST(its_ini_file_is_named_if_the_key_says_so),
        TEST(a_service_without_names_is_offered_runs_that_are_as_long),
        TEST(the_object_list_proves_whose_names_they_are),
        TEST(names_that_end_below_several_services_are_cut),
        TEST(names_that_are_cut_are_those_of_a_key_or_a_file),
        TEST(an_end_without_a_name_is_a_number_or_a_name_that_is_wrong),
        TEST(the_end_without_a_name_is_described),
        TEST(ranges_that_overlap_may_end_where_the_other_begins),
        TEST(a_service_whose_names_are_elsewhere_has_an_old_range),
        TEST(a_service_is_counted_once_if_its_names_are_elsewhere),
        TEST(an_old_range_is_described_by_that_of_the_other_service),
        TEST(more_services_than_findings_are_kept),
        TEST(names_of_more_than_200_services_are_elsewhere),
        TEST(an_overlap_with_wmi_is_repaired_by_its_own_tools),
        TEST(names_that_are_missing_inside_or_in_a_language_are_noted),
        TEST(a_language_that_lacks_names_is_one_that_is_used),
        TEST(findings_that_are_not_kept_cost_no_memory),
        TEST(names_without_an_owner_are_counted),
        TEST(consequences_of_other_findings_are_reported_as_such),
        TEST(the_first_finding_about_a_range_is_the_cause_of_others),
        TEST(a_service_that_only_a_backup_has_lost_its_key),
    };

    return cmocka_run_group_tests_name("examine_ranges", tests, NULL, NULL);
}
