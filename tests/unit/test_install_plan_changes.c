/* SPDX-License-Identifier: MIT
 *
 * install_plan.c: the changes of a plan, each compared with what it must be. A registry and a plan are
 * written as text, so that a case shows both. A line of a registry is a key, or a key, a value and its data:
 *
 *     S\our\Performance
 *     P:Last Counter=#1850       REG_DWORD
 *     P\009:Counter=*1|1847|     REG_MULTI_SZ; | is a terminator, and the list's own follows
 *     S\our:ImagePath="our.sys   REG_SZ
 *
 * P is the key of Perflib, S that of the services. A line of a plan adds a key (+), removes a key or a value (-),
 * or sets a value (=). The changes of the service itself begin with "service".
 */
#include "unit.h"

#include "install_plan.h"
#include "perf_names.h"
#include "printf_like.h"
#include "text.h"

#define MARK "Created By Perfharness"
#define OUR "S\\our\\Performance"
#define INDICES(first, last, first_help, last_help)                                                \
    OUR ":First Counter=#" #first "\n" OUR ":Last Counter=#" #last "\n" OUR                        \
        ":First Help=#" #first_help "\n" OUR ":Last Help=#" #last_help "\n"
#define OUR_INDICES INDICES(1848, 1850, 1849, 1851)
#define SET_INDICES                                                                                \
    "= " OUR ":First Counter=#1848\n= " OUR ":Last Counter=#1850\n= " OUR                          \
    ":First Help=#1849\n= " OUR ":Last Help=#1851\n"
#define REMOVE_INDICES                                                                             \
    "- " OUR ":First Counter\n- " OUR ":Last Counter\n- " OUR ":First Help\n- " OUR ":Last Help\n"

/* Perflib of a system, with the last indices before and after an installation of "our". */
#define SYSTEM "P:Base Index=#1847\nP:Last Counter=#1846\nP:Last Help=#1847\n"
#define SYSTEM_AFTER "P:Base Index=#1847\nP:Last Counter=#1850\nP:Last Help=#1851\n"
#define SET_LAST "= P:Last Counter=#1850\n= P:Last Help=#1851\n"
#define RESET_LAST "= P:Last Counter=#1846\n= P:Last Help=#1847\n"

/* Perflib that an installation made. */
#define MADE SYSTEM_AFTER "P:" MARK "=#1\n"
#define UNMAKE_VALUES "- P:Base Index\n- P:" MARK "\n- P:Last Counter\n- P:Last Help\n"

#define ENGLISH                                                                                    \
    "P\\009:Counter=*1|1847|1848|Object|1850|Count|\nP\\009:Help=*1849|About|1851|Count|\n"
#define REMOVE_ENGLISH "- P\\009:Counter\n- P\\009:Help\n- P\\009\n"

static struct reg_tree tree;
static struct registration_error error;

/* ---- registries and plans as text ---------------------------------------------------------- */

static void long_path(const char *path, size_t length, char *result, size_t size)
{
    snprintf(result, size, "%s%.*s", *path == 'P' ? REG_PERFLIB : REG_SERVICES, (int)length - 1,
             path + 1);
}

static size_t multi_string(const char *text, size_t length, WCHAR *units, size_t count)
{
    const size_t written = text_from_utf8(text, length, units, count - 1);

    for (size_t i = 0; i < written; i++)
        if (units[i] == '|')
            units[i] = 0;
    units[written] = 0;
    return (written + 1) * sizeof(*units);
}

static void put_line(const char *line, size_t length)
{
    char path[400], name[64];
    WCHAR units[200];
    const char *colon = memchr(line, ':', length), *end = line + length;

    long_path(line, colon ? (size_t)(colon - line) : length, path, sizeof(path));
    struct reg_key *key = reg_tree_add_key(&tree, path);
    assert_non_null(key);
    if (!colon)
        return;
    const char *data = memchr(colon, '=', (size_t)(end - colon));
    assert_non_null(data);
    snprintf(name, sizeof(name), "%.*s", (int)(data - colon) - 1, colon + 1);
    const char type = data[1];
    data += 2;
    if (type == '#') {
        const uint32_t number = (uint32_t)strtoul(data, NULL, 10);
        assert_int_equal(reg_tree_set(&tree, key, name, REG_DWORD, &number, 4), 0);
    } else {
        const size_t size = multi_string(data, (size_t)(end - data), units, UNIT_COUNT(units));
        assert_int_equal(
            reg_tree_set(&tree, key, name, type == '*' ? REG_MULTI_SZ : REG_SZ, units, size), 0);
    }
}

static void put(const char *registry)
{
    reg_tree_release(&tree);
    memset(&tree, 0, sizeof(tree));
    while (*registry) {
        const size_t length = strcspn(registry, "\n");
        put_line(registry, length);
        registry += length + (registry[length] == '\n');
    }
}

/* The text of a plan so far. */
struct transcript {
    char text[4000];
    size_t length;
};

PRINTF_LIKE(2, 3)
static void say(struct transcript *transcript, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    transcript->length +=
        (size_t)vsnprintf(transcript->text + transcript->length,
                          sizeof(transcript->text) - transcript->length, format, arguments);
    va_end(arguments);
    assert_true(transcript->length < sizeof(transcript->text));
}

static void say_data(struct transcript *transcript, const struct registration_change *change)
{
    char text[400];

    if (change->type == REG_DWORD) {
        uint32_t number;
        assert_int_equal(change->size, sizeof(number));
        memcpy(&number, change->data, sizeof(number));
        say(transcript, "=#%u", (unsigned)number);
        return;
    }
    const size_t count = change->size / sizeof(WCHAR);
    const WCHAR *units = change->data;
    assert_true(count > 0 && units[count - 1] == 0); /* the list's or the text's own terminator */
    for (size_t i = 0; i < count; i++)
        assert_true(units[i] < 0x80);
    for (size_t i = 0; i + 1 < count; i++)
        text[i] = units[i] ? (char)units[i] : '|';
    text[count - 1] = 0;
    say(transcript, "=%c%s", change->type == REG_MULTI_SZ ? '*' : '"', text);
}

static void say_changes(struct transcript *transcript, const struct registration_changes *changes,
                        const char *prefix)
{
    static const char signs[] = "+=--";

    for (size_t i = 0; i < changes->count; i++) {
        const struct registration_change *change = &changes->items[i];
        const bool is_service = strncmp(change->path, REG_SERVICES, strlen(REG_SERVICES)) == 0;
        const char *root = is_service ? REG_SERVICES : REG_PERFLIB;
        assert_memory_equal(change->path, root, strlen(root));
        say(transcript, "%s%c %c%s", prefix, signs[change->kind], is_service ? 'S' : 'P',
            change->path + strlen(root));
        if (change->name)
            say(transcript, ":%s", change->name);
        if (change->kind == REGISTRATION_SET_VALUE)
            say_data(transcript, change);
        say(transcript, "\n");
    }
}

/* Compare a plan with the changes that it must have or, after an error, its message with a part of it. */
static void compare(const char *name, DWORD failure, DWORD expected_failure,
                    const struct install_plan *plan, const char *expected)
{
    struct transcript transcript = { .length = 0 };

    if (failure != expected_failure)
        fail_msg("%s: error %lu, expected %lu: %s", name, (unsigned long)failure,
                 (unsigned long)expected_failure, failure ? error.message : "");
    if (failure) {
        if (!strstr(error.message, expected) || strncmp(error.message, "tree: ", 6) != 0)
            fail_msg("%s: \"%s\" in: %s", name, expected, error.message);
        return;
    }
    say_changes(&transcript, &plan->service_changes, "service ");
    say_changes(&transcript, &plan->changes, "");
    if (strcmp(transcript.text, expected) != 0)
        fail_msg("%s: expected:\n%s\ngot:\n%s", name, expected, transcript.text);
}

static int teardown(void **state)
{
    (void)state;
    reg_tree_release(&tree);
    memset(&tree, 0, sizeof(tree));
    return 0;
}

/* ---- installing ---------------------------------------------------------------------------- */

enum {
    LIBRARY = 1, /* the service is described */
    ALL = 2,     /* all languages */
    GERMAN = 4,  /* the set has 0x009 and 0x007 */
    FRENCH = 8,  /* and 0x00C, without texts, and 0x12345 */
    OBJECTS = 16 /* two objects */
};

/* What is after the end of a list must not be read as a part of it. */
static DWORD install(int options, const char *service_name, struct install_plan *plan)
{
    char name[1200], object[] = "Object", count[] = "Count", about[] = "About", objekt[] = "Objekt",
                     hilfe[] = "Hilfe", long_code[] = "Long";
    uint32_t languages[] = { PERF_ENGLISH, 0x007, 0x00C, 0x12345, 0x011 }, objects[] = { 0, 2, 4 };
    struct name_table_entry entries[] = {
        { 0x007, NAME_TABLE_COUNTER, 0, objekt },
        { 0x007, NAME_TABLE_HELP, 0, hilfe },
        { PERF_ENGLISH, NAME_TABLE_COUNTER, 0, object },
        { PERF_ENGLISH, NAME_TABLE_COUNTER, 2, count },
        { PERF_ENGLISH, NAME_TABLE_HELP, 0, about },
        { 0x12345, NAME_TABLE_COUNTER, 0, long_code },
        { PERF_ENGLISH, NAME_TABLE_COUNTER, 6, object },
    };
    const struct counter_set set = {
        .service = name,
        .languages = languages,
        .language_count = options & FRENCH   ? 4
                          : options & GERMAN ? 2
                                             : 1,
        .objects = objects,
        .object_count = options & OBJECTS ? 2 : 0,
        .last_offset = 2,
        .texts = { entries, 6 },
    };
    const struct install_service described = { "our.dll", "O", "C", "X" }, none = { 0 };

    snprintf(name, sizeof(name), "%s", service_name);
    *plan = (struct install_plan){ .tree = &tree, .source = "tree", .error = &error };
    return install_plan_install(plan, &set, options & LIBRARY ? &described : &none,
                                (options & ALL) != 0);
}

struct install_case {
    const char *name, *registry;
    int options;
    DWORD failure;
    const char *expected;
};

#define DESCRIBED                                                                                  \
    "service + " OUR "\nservice = " OUR ":Library=\"our.dll\nservice = " OUR                       \
    ":Open=\"O\nservice = " OUR ":Collect=\"C\nservice = " OUR ":Close=\"X\nservice = " OUR        \
    ":" MARK "=#1\n"
#define SET_ENGLISH                                                                                \
    "= P\\009:Counter=*1|1847|1848|Object|1850|Count|\n= P\\009:Help=*1849|About|1851|Count|\n"
#define SET_GERMAN "= P\\007:Counter=*1|1847|1848|Objekt|\n= P\\007:Help=*1849|Hilfe|\n"
#define SET_BASE(mark) "= P:Base Index=#1847\n= P:" MARK "=#" #mark "\n"

static const struct install_case installs[] = {
    { "an empty registry gets everything", "", LIBRARY | OBJECTS, ERROR_SUCCESS,
      "service + S\\our\n" DESCRIBED "+ P\n+ P\\009\n" SET_ENGLISH SET_INDICES "= " OUR
      ":Object List=\"1848 1850\n" SET_BASE(1) SET_LAST },
    { "a service that is there stays", "S\\our\n" SYSTEM, LIBRARY, ERROR_SUCCESS,
      DESCRIBED "+ P\\009\n" SET_ENGLISH SET_INDICES SET_LAST },
    { "a key with a description is not described again", OUR "\n" SYSTEM, LIBRARY,
      ERROR_INVALID_PARAMETER, "has a Performance key already" },
    { "a service must be described", SYSTEM, 0, ERROR_FILE_NOT_FOUND, "has no Performance key" },
    { "the texts of others stay",
      OUR "\n" SYSTEM "P\\009:Counter=*1|1847|2|System|\nP\\009:Help=*3|A system|\n", 0,
      ERROR_SUCCESS,
      "= P\\009:Counter=*1|1847|2|System|1848|Object|1850|Count|\n"
      "= P\\009:Help=*3|A system|1849|About|1851|Count|\n" SET_INDICES SET_LAST },
    { "an empty table gets the first pair", OUR "\n" SYSTEM "P\\009:Counter=*\nP\\009:Help=*\n", 0,
      ERROR_SUCCESS, SET_ENGLISH SET_INDICES SET_LAST },
    { "the older name of the table stays", OUR "\n" SYSTEM "P\\009:Counters=*1|1847|2|System|\n", 0,
      ERROR_SUCCESS,
      "= P\\009:Counters=*1|1847|2|System|1848|Object|1850|Count|\n"
      "= P\\009:Help=*1849|About|1851|Count|\n" SET_INDICES SET_LAST },
    { "without a base, Perflib gets one", OUR "\nP:Last Counter=#1846\nP:Last Help=#1847\n", 0,
      ERROR_SUCCESS, "+ P\\009\n" SET_ENGLISH SET_INDICES SET_BASE(2) SET_LAST },
    { "an empty Perflib gets everything, and is marked as older", OUR "\nP\n", 0, ERROR_SUCCESS,
      "+ P\\009\n" SET_ENGLISH SET_INDICES SET_BASE(2) SET_LAST },
    { "a language without a table is left out", OUR "\n" SYSTEM, GERMAN, ERROR_SUCCESS,
      "+ P\\009\n" SET_ENGLISH SET_INDICES SET_LAST },
    { "a language with a key is not", OUR "\n" SYSTEM "P\\007\nP\\009\n", GERMAN, ERROR_SUCCESS,
      SET_ENGLISH SET_GERMAN SET_INDICES SET_LAST },
    { "nor is any if all are wanted", OUR "\n" SYSTEM, GERMAN | ALL, ERROR_SUCCESS,
      "+ P\\009\n" SET_ENGLISH "+ P\\007\n" SET_GERMAN SET_INDICES SET_LAST },
    { "a language without texts gets no table", OUR "\n" SYSTEM "P\\009\nP\\007\nP\\00C\n", FRENCH,
      ERROR_SUCCESS, SET_ENGLISH SET_GERMAN SET_INDICES SET_LAST },
    { "a key that is no language is of no interest",
      OUR "\n" SYSTEM "P\\009\nP\\other:Counter=*9000|x|\n", 0, ERROR_SUCCESS,
      SET_ENGLISH SET_INDICES SET_LAST },
    { "a key of a service without indices too", OUR "\n" SYSTEM "P\\009\nS\\other\n", 0,
      ERROR_SUCCESS, SET_ENGLISH SET_INDICES SET_LAST },

    { "a table of another type", OUR "\n" SYSTEM "P\\009:Counter=\"1\n", 0, ERROR_INVALID_DATA,
      "Perflib\\009 Counter: it is not a REG_MULTI_SZ" },
    { "a broken table", OUR "\n" SYSTEM "P\\009:Help=*1|\n", 0, ERROR_INVALID_DATA,
      "Perflib\\009 Help: the text of index 1 is missing" },
    { "a broken table of another language", OUR "\n" SYSTEM "P\\007:Counter=*1|\n", 0,
      ERROR_INVALID_DATA, "Perflib\\007 Counter: the text" },
    { "a broken table of a language with a long code",
      OUR "\n" SYSTEM "P\\12345:Counter=*1|\nP\\009\n", FRENCH, ERROR_INVALID_DATA,
      "Perflib\\12345 Counter: the text" },
    { "a name with a help text's index", OUR "\n" SYSTEM "P\\009:Counter=*1847|x|\n", 0,
      ERROR_INVALID_DATA, "Perflib's Last Counter is 1846, but Perflib\\009 has texts up to 1847" },
    { "a help text above the last one", OUR "\n" SYSTEM "P\\009:Help=*1848|x|\n", 0,
      ERROR_INVALID_DATA, "Perflib's Last Help is 1847, but Perflib\\009 has texts up to 1848" },
    { "a last index of another type", OUR "\nP:Last Counter=#1846\nP:Last Help=\"1847\n", 0,
      ERROR_INVALID_DATA, "only one of" },
    { "two last indices of another type", OUR "\nP:Last Counter=\"1846\nP:Last Help=\"1847\n", 0,
      ERROR_INVALID_DATA, "are not of type REG_DWORD" },
    { "a single last index of another type", OUR "\nP:Last Help=\"1847\n", 0, ERROR_INVALID_DATA,
      "are not of type REG_DWORD" },
    { "the other last index of another type", OUR "\nP:Last Counter=\"1846\n", 0,
      ERROR_INVALID_DATA, "are not of type REG_DWORD" },
    { "an installed service", SYSTEM_AFTER OUR_INDICES, 0, ERROR_ALREADY_EXISTS,
      "is installed already (First Counter 1848)" },
    { "a service that is installed in part",
      SYSTEM OUR ":First Counter=#1848\n" OUR ":Last Counter=#1848\n" OUR ":First Help=#1849\n", 0,
      ERROR_ALREADY_EXISTS, "is installed already, incompletely (First Counter 1848)" },
};

static void an_installation_changes_what_it_must_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(installs); i++) {
        const struct install_case *one = &installs[i];
        struct install_plan plan;

        put(one->registry);
        DWORD failure = install(one->options, "our", &plan);
        compare(one->name, failure, one->failure, &plan, one->expected);
        install_plan_release(&plan);
    }
}

static void an_installation_counts_what_it_installs(void **state)
{
    struct install_plan plan;

    (void)state;
    put(SYSTEM "P\\009\nP\\007\n");
    assert_int_equal(install(LIBRARY | FRENCH, "our", &plan), ERROR_SUCCESS);
    assert_true(plan.result.is_service_new);
    assert_int_equal(plan.result.title_count, 2); /* of English only */
    assert_int_equal(plan.result.language_count, 2);
    assert_int_equal(plan.result.skipped_count, 2);
    install_plan_release(&plan);

    put(SYSTEM OUR "\n");
    assert_int_equal(install(FRENCH | ALL, "our", &plan), ERROR_SUCCESS);
    assert_false(plan.result.is_service_new);
    assert_int_equal(plan.result.language_count, 4);
    assert_int_equal(plan.result.skipped_count, 0);
    install_plan_release(&plan);
}

static void a_name_of_a_service_fits_into_a_path(void **state)
{
    static const char *const refused[] = { "", "a\\b", "a/b" };
    const size_t longest = 1023 - strlen(REG_SERVICES "\\\\Performance");
    struct install_plan plan;
    char name[1100];

    (void)state;
    put(SYSTEM);
    for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
        DWORD failure = install(0, refused[i], &plan);
        compare(refused[i], failure, ERROR_INVALID_DATA, &plan, "cannot be a service's name");
        install_plan_release(&plan);
    }
    memset(name, 'n', sizeof(name));
    name[longest] = 0;
    assert_int_equal(install(0, name, &plan), ERROR_FILE_NOT_FOUND);
    install_plan_release(&plan);
    name[longest] = 'n';
    name[longest + 1] = 0;
    assert_int_equal(install(0, name, &plan), ERROR_INVALID_DATA);
    install_plan_release(&plan);
}

/* ---- uninstalling -------------------------------------------------------------------------- */

struct uninstall_case {
    const char *name, *registry;
    DWORD failure;
    const char *expected;
};

#define OUR_MARK OUR ":" MARK "=#1\n"
#define OUR_VALUES                                                                                 \
    OUR ":Library=\"our.dll\n" OUR ":Open=\"O\n" OUR ":Collect=\"C\n" OUR ":Close=\"X\n" OUR_MARK
#define SYSTEM_ENGLISH                                                                             \
    SYSTEM_AFTER "P\\009:Counter=*1|1847|2|System|1848|Object|1850|Count|\n"                       \
                 "P\\009:Help=*3|A system|1849|About|1851|Count|\n"
#define SET_SYSTEM_ENGLISH "= P\\009:Counter=*1|1847|2|System|\n= P\\009:Help=*3|A system|\n"
#define UNCHANGED SET_SYSTEM_ENGLISH REMOVE_INDICES RESET_LAST

static const struct uninstall_case uninstalls[] = {
    { "what an installation made goes",
      MADE ENGLISH OUR_VALUES OUR_INDICES OUR ":Object List=\"1848\n", ERROR_SUCCESS,
      "service - " OUR "\nservice - S\\our\n" REMOVE_ENGLISH REMOVE_INDICES "- " OUR
      ":Object List\n" UNMAKE_VALUES "- P\n" },
    { "also from a Perflib without a base",
      "P:Last Counter=#1850\nP:Last Help=#1851\n" ENGLISH OUR_INDICES, ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES "- P:Last Counter\n- P:Last Help\n- P\n" },
    { "a base of another type does not count",
      "P:Base Index=\"1847\nP:Last Counter=#1850\nP:Last Help=#1851\n" ENGLISH OUR_INDICES,
      ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES "- P:Base Index\n- P:Last Counter\n- P:Last Help\n- P\n" },
    { "a Perflib that was there before stays", SYSTEM_AFTER "P:" MARK "=#2\n" ENGLISH OUR_INDICES,
      ERROR_SUCCESS, REMOVE_ENGLISH REMOVE_INDICES UNMAKE_VALUES },
    { "another value of Perflib stays", MADE "P:Other=#1\n" ENGLISH OUR_INDICES, ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES UNMAKE_VALUES },
    { "another value of a language stays", MADE ENGLISH "P\\009:Other=#1\n" OUR_INDICES,
      ERROR_SUCCESS, "- P\\009:Counter\n- P\\009:Help\n" REMOVE_INDICES RESET_LAST },
    { "a key in that of a language stays", MADE ENGLISH "P\\009\\below\n" OUR_INDICES,
      ERROR_SUCCESS, "- P\\009:Counter\n- P\\009:Help\n" REMOVE_INDICES RESET_LAST },
    { "a language without values stays", MADE ENGLISH "P\\007\n" OUR_INDICES, ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES RESET_LAST },
    { "a language without texts of the service stays",
      MADE ENGLISH "P\\007:Counter=*1|1847|\n" OUR_INDICES, ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES RESET_LAST },
    { "names of others stay",
      MADE "P\\009:Counter=*1|1847|1844|x|1848|Object|\nP\\009:Help=*1849|About|\n" OUR_INDICES,
      ERROR_SUCCESS,
      "= P\\009:Counter=*1|1847|1844|x|\n- P\\009:Help\n" REMOVE_INDICES RESET_LAST },
    { "help texts of others stay",
      MADE "P\\009:Counter=*1|1847|1848|Object|\nP\\009:Help=*1845|x|1849|About|\n" OUR_INDICES,
      ERROR_SUCCESS, "- P\\009:Counter\n= P\\009:Help=*1845|x|\n" REMOVE_INDICES RESET_LAST },
    { "a help text with the index of a name stays",
      MADE "P\\009:Counter=*1|1847|1848|Object|\nP\\009:Help=*1848|x|1849|About|\n" OUR_INDICES,
      ERROR_SUCCESS, "- P\\009:Counter\n= P\\009:Help=*1848|x|\n" REMOVE_INDICES RESET_LAST },
    { "a language with names only goes", MADE "P\\009:Counter=*1848|Object|\n" OUR_INDICES,
      ERROR_SUCCESS, "- P\\009:Counter\n- P\\009\n" REMOVE_INDICES UNMAKE_VALUES "- P\n" },
    { "a pair before the first one stays",
      MADE "P\\009:Counter=*0|x|1|1847|1848|Object|\n" OUR_INDICES, ERROR_SUCCESS,
      "= P\\009:Counter=*0|x|1|1847|\n" REMOVE_INDICES RESET_LAST },
    { "a service before it keeps Perflib",
      "P:Last Counter=#1852\nP:Last Help=#1853\n"
      "P\\009:Counter=*1|1847|1850|Object|1852|Count|\nP\\009:Help=*1851|About|\n" INDICES(
          1850, 1852, 1851, 1853),
      ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES "= P:Last Counter=#1848\n= P:Last Help=#1849\n" },
    { "the texts of a system stay", SYSTEM_ENGLISH OUR_INDICES, ERROR_SUCCESS, UNCHANGED },
    { "so does the first pair of a system", SYSTEM_AFTER ENGLISH OUR_INDICES, ERROR_SUCCESS,
      "= P\\009:Counter=*1|1847|\n= P\\009:Help=*\n" REMOVE_INDICES RESET_LAST },
    { "and the Perflib of a system without languages", SYSTEM_AFTER OUR_INDICES, ERROR_SUCCESS,
      REMOVE_INDICES RESET_LAST },
    { "a key that is no language is of no interest",
      MADE ENGLISH "P\\other:Counter=*1848|x|\n" OUR_INDICES, ERROR_SUCCESS,
      REMOVE_ENGLISH REMOVE_INDICES UNMAKE_VALUES "- P\n" },
    { "without Perflib only the service has indices", INDICES(1844, 1846, 1845, 1847),
      ERROR_SUCCESS, REMOVE_INDICES "= P:Last Counter=#1842\n= P:Last Help=#1843\n" },
    { "without Perflib no last indices are set", OUR_INDICES, ERROR_SUCCESS, REMOVE_INDICES },

    { "a key with other values stays", SYSTEM_ENGLISH OUR_VALUES OUR ":Other=#1\n" OUR_INDICES,
      ERROR_SUCCESS, UNCHANGED },
    { "a key with a key in it stays", SYSTEM_ENGLISH OUR_VALUES OUR "\\below\n" OUR_INDICES,
      ERROR_SUCCESS, UNCHANGED },
    { "a service with values stays", SYSTEM_ENGLISH OUR_MARK "S\\our:ImagePath=\"x\n" OUR_INDICES,
      ERROR_SUCCESS, "service - " OUR "\n" UNCHANGED },
    { "a service with an earlier key stays",
      SYSTEM_ENGLISH "S\\our\\Linkage\n" OUR_MARK OUR_INDICES, ERROR_SUCCESS,
      "service - " OUR "\n" UNCHANGED },
    { "a service with a later key stays", SYSTEM_ENGLISH OUR_MARK "S\\our\\Linkage\n" OUR_INDICES,
      ERROR_SUCCESS, "service - " OUR "\n" UNCHANGED },

    { "a service that is not there", "", ERROR_FILE_NOT_FOUND, "no service \"our\"" },
    { "a Perflib without a last help text", "P:Last Counter=#1850\n" ENGLISH OUR_INDICES,
      ERROR_INVALID_DATA, "only one of Last Counter and Last Help" },
    { "a service without indices", OUR "\n", ERROR_FILE_NOT_FOUND, "is not installed" },
    { "an odd first name", SYSTEM_ENGLISH INDICES(1847, 1850, 1849, 1851), ERROR_INVALID_DATA,
      "(names 1847 to 1850, help 1849 to 1851)" },
    { "a last name before the first", SYSTEM_ENGLISH INDICES(1848, 1846, 1849, 1851),
      ERROR_INVALID_DATA, "are not complete, or not in order" },
    { "an even first help text", SYSTEM_ENGLISH INDICES(1848, 1850, 1850, 1851), ERROR_INVALID_DATA,
      "are not complete, or not in order" },
    { "a last help text before the first", SYSTEM_ENGLISH INDICES(1848, 1850, 1849, 1848),
      ERROR_INVALID_DATA, "are not complete, or not in order" },
    { "one help text", SYSTEM_ENGLISH INDICES(1848, 1850, 1849, 1849), ERROR_SUCCESS,
      "= P\\009:Counter=*1|1847|2|System|\n= P\\009:Help=*3|A system|1851|Count|\n" REMOVE_INDICES
          RESET_LAST },
    { "a broken table of names", SYSTEM_AFTER "P\\009:Counter=*1|\n" OUR_INDICES,
      ERROR_INVALID_DATA, "Perflib\\009 Counter: the text" },
    { "a broken table of help texts", SYSTEM_AFTER "P\\007:Help=\"1\n" OUR_INDICES,
      ERROR_INVALID_DATA, "Perflib\\007 Help: it is not a REG_MULTI_SZ" },
    { "services without all indices overlap with no other",
      SYSTEM_ENGLISH OUR_INDICES "S\\a\nS\\b\\Performance:Last Counter=#1850\n"
                                 "S\\c\\Performance:First Counter=#1848\n",
      ERROR_SUCCESS, UNCHANGED },
    { "a service with the same indices",
      SYSTEM_ENGLISH OUR_INDICES
      "S\\a\\Performance:First Counter=#1850\nS\\a\\Performance:Last Counter=#1860\n",
      ERROR_INVALID_DATA, "1848 to 1850 overlap with those of \"a\" (1850 to 1860)" },
};

static void a_removal_changes_what_it_must_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(uninstalls); i++) {
        const struct uninstall_case *one = &uninstalls[i];
        struct install_plan plan = { .tree = &tree, .source = "tree", .error = &error };

        put(one->registry);
        DWORD failure = install_plan_uninstall(&plan, "our");
        compare(one->name, failure, one->failure, &plan, one->expected);
        if (!failure && plan.result.is_service_new != (plan.service_changes.count > 0))
            fail_msg("%s: is_service_new is %d", one->name, plan.result.is_service_new);
        install_plan_release(&plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_installation_changes_what_it_must_and_nothing_else, teardown),
        cmocka_unit_test_teardown(an_installation_counts_what_it_installs, teardown),
        cmocka_unit_test_teardown(a_name_of_a_service_fits_into_a_path, teardown),
        cmocka_unit_test_teardown(a_removal_changes_what_it_must_and_nothing_else, teardown),
    };

    return cmocka_run_group_tests_name("install_plan", tests, NULL, NULL);
}
