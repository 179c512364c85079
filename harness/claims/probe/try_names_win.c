/* SPDX-License-Identifier: MIT
 *
 * The probe query_names: the tables of names and of help texts.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define LARGEST (1u << 26) /* bytes of the largest buffer; chosen, far above any known table */
#define END_MARKER L"End Marker"

/* A table as the system answers it. */
struct table {
    LONG result;
    DWORD type;
    DWORD need; /* the size that a query without a buffer returns */
    LONG need_result;
    DWORD size;
    WCHAR *text; /* two zeros more than `size` */
};

static void read_table(struct table *table, HKEY key, const WCHAR *name)
{
    memset(table, 0, sizeof(*table));
    table->need_result = truth_system_query(key, name, &table->type, NULL, &table->need);
    const DWORD capacity = table->need < LARGEST ? table->need + 65536 : LARGEST;
    table->text = calloc(1, capacity + 2 * sizeof(WCHAR));
    table->size = capacity;
    table->result =
        table->text ? truth_system_query(key, name, &table->type, (BYTE *)table->text, &table->size)
                    : ERROR_NOT_ENOUGH_MEMORY;
    if (table->result)
        table->size = 0;
}

static void release_table(struct table *table)
{
    free(table->text);
}

/* The next pair. Returns its index text, or NULL at the end. */
static const WCHAR *next_pair(const struct table *table, const WCHAR **at, const WCHAR **text)
{
    if (!table->text)
        return NULL;

    const WCHAR *end = table->text + table->size / sizeof(WCHAR);
    const WCHAR *index = *at ? *at : table->text;

    if (index >= end || !*index)
        return NULL;
    *text = index + wcslen(index) + 1;
    if (*text > end)
        return NULL;
    *at = *text + wcslen(*text) + 1;
    return index;
}

/* The text of an index; NULL if it is not there. */
static const WCHAR *find_text(const struct table *table, unsigned long wanted)
{
    const WCHAR *at = NULL, *text, *index;

    while ((index = next_pair(table, &at, &text)) != NULL)
        if (wcstoul(index, NULL, 10) == wanted)
            return text;
    return NULL;
}

static bool is_same(const struct table *one, const struct table *other)
{
    return !one->result && !other->result && one->size == other->size &&
           memcmp(one->text, other->text, one->size) == 0;
}

/* Expect that two queries return the same table. */
static void expect_same(struct trial *trial, HKEY key, const WCHAR *name, const WCHAR *as)
{
    struct table one, other;

    read_table(&one, key, name);
    read_table(&other, key, as);
    trial_expect(trial, is_same(&one, &other), "\"%ls\": result %ld, %lu bytes; \"%ls\": %ld, %lu",
                 name, one.result, one.size, as, other.result, other.size);
    release_table(&one);
    release_table(&other);
}

static const WCHAR *const names[] = { L"Counter", L"Help", L"Counter 009", L"Help 009" };

#define NAME_COUNT (sizeof(names) / sizeof(*names))

void try_names_probe(struct trial *trial)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct table table;

        read_table(&table, HKEY_PERFORMANCE_DATA, names[i]);
        trial_expect(trial, table.need_result == ERROR_SUCCESS && table.need == table.size,
                     "\"%ls\" without a buffer: result %ld, size %lu; the table has %lu", names[i],
                     table.need_result, table.need, table.size);
        release_table(&table);
    }
}

void try_names_short(struct trial *trial)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct table table;
        BYTE byte[4];
        DWORD size = 0, type;

        read_table(&table, HKEY_PERFORMANCE_DATA, names[i]);
        const LONG result = truth_system_query(HKEY_PERFORMANCE_DATA, names[i], &type, byte, &size);
        trial_expect(trial, result == ERROR_MORE_DATA && size == table.size,
                     "\"%ls\" with size 0: result %ld, size %lu; the table has %lu", names[i],
                     result, size, table.size);
        release_table(&table);
    }
}

void try_names_type(struct trial *trial)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct table table;

        read_table(&table, HKEY_PERFORMANCE_DATA, names[i]);
        trial_expect(trial, !table.result && table.type == REG_MULTI_SZ,
                     "\"%ls\": result %ld, type %lu", names[i], table.result, table.type);
        release_table(&table);
    }
}

void try_names_case(struct trial *trial)
{
    expect_same(trial, HKEY_PERFORMANCE_TEXT, L"cOuNtEr", L"Counter");
    expect_same(trial, HKEY_PERFORMANCE_TEXT, L"hElP", L"Help");
}

void try_names_suffix(struct trial *trial)
{
    expect_same(trial, HKEY_PERFORMANCE_TEXT, L"cOuNtErwine", L"Counter");
    expect_same(trial, HKEY_PERFORMANCE_TEXT, L"hElPwine", L"Help");
}

void try_names_explain(struct trial *trial)
{
    expect_same(trial, HKEY_PERFORMANCE_DATA, L"Explain 009", L"Help 009");
}

void try_names_first(struct trial *trial)
{
    struct table table;
    const WCHAR *at = NULL, *text = L"", *index;

    read_table(&table, HKEY_PERFORMANCE_TEXT, L"Counter");
    index = next_pair(&table, &at, &text);
    trial_expect(trial, index && wcscmp(index, L"1") == 0 && wcscmp(text, L"1847") == 0,
                 "the first pair is \"%ls\", \"%ls\"", index ? index : L"", text);
    release_table(&table);
}

void try_names_end_marker(struct trial *trial)
{
    struct table table;
    const WCHAR *text;

    read_table(&table, HKEY_PERFORMANCE_TEXT, L"Counter");
    text = find_text(&table, 1846);
    trial_expect(trial, text && wcscmp(text, END_MARKER) == 0, "name 1846 is \"%ls\"",
                 text ? text : L"(none)");
    release_table(&table);
    read_table(&table, HKEY_PERFORMANCE_TEXT, L"Help");
    text = find_text(&table, 1847);
    trial_expect(trial, text && wcscmp(text, END_MARKER) == 0, "help 1847 is \"%ls\"",
                 text ? text : L"(none)");
    release_table(&table);
}

/* Compare all indices of a table. The first pair, "1", describes the table itself. */
static void expect_parity(struct trial *trial, const WCHAR *name, unsigned long parity)
{
    struct table table;
    const WCHAR *at = NULL, *text, *index;
    unsigned count = 0, wrong = 0;

    read_table(&table, HKEY_PERFORMANCE_TEXT, name);
    while ((index = next_pair(&table, &at, &text)) != NULL) {
        const unsigned long number = wcstoul(index, NULL, 10);

        count += number != 1;
        wrong += number != 1 && number % 2 != parity;
    }
    trial_expect(trial, count && !wrong, "\"%ls\": %u indices, %u of the wrong parity", name, count,
                 wrong);
    release_table(&table);
}

void try_names_parity(struct trial *trial)
{
    expect_parity(trial, L"Counter", 0);
    expect_parity(trial, L"Help", 1);
}

/* Objects of Windows whose help text is known to begin like their name. */
void try_names_help_next(struct trial *trial)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;
    unsigned count = 0, wrong = 0;

    truth_answer_ask_all(&answer, L"Global");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++) {
        count++;
        wrong += object->ObjectHelpTitleIndex != object->ObjectNameTitleIndex + 1;
    }
    if (count)
        trial_expect(trial, !wrong, "%u objects, %u whose help index is not the next", count,
                     wrong);
    else
        trial_impossible(trial, "no provider has an object here");
    truth_answer_release(&answer);
}

static void expect_order(struct trial *trial, const WCHAR *name)
{
    struct table table;
    const WCHAR *at = NULL, *text, *index;
    unsigned long last = 0;
    unsigned count = 0, wrong = 0;

    read_table(&table, HKEY_PERFORMANCE_TEXT, name);
    while ((index = next_pair(&table, &at, &text)) != NULL) {
        const unsigned long number = wcstoul(index, NULL, 10);

        count++;
        wrong += number <= last;
        last = number;
    }
    trial_expect(trial, count && !wrong, "\"%ls\": %u pairs, %u out of order", name, count, wrong);
    release_table(&table);
}

void try_names_increase(struct trial *trial)
{
    expect_order(trial, L"Counter");
    expect_order(trial, L"Help");
}

static void count_empty(struct trial *trial, const WCHAR *name)
{
    struct table table;
    const WCHAR *at = NULL, *text, *index;
    unsigned empty = 0, count = 0;

    read_table(&table, HKEY_PERFORMANCE_TEXT, name);
    while ((index = next_pair(&table, &at, &text)) != NULL) {
        empty += !*text;
        count++;
    }
    trial_expect(trial, count && !empty, "\"%ls\": %u pairs, %u with an empty text", name, count,
                 empty);
    release_table(&table);
}

void try_names_empty_text(struct trial *trial)
{
    count_empty(trial, L"Counter");
    count_empty(trial, L"Help");
}

/* Whether an object belongs to the temporary provider, which has no names. */
static bool is_temporary(const PERF_OBJECT_TYPE *object)
{
    const struct truth_plan *plan = truth_service_plan();

    return plan && object->ObjectNameTitleIndex - plan->first_index <= TRUTH_SECOND_SERVICE;
}

void try_names_every_index(struct trial *trial)
{
    struct truth_answer answer;
    struct table table;
    const PERF_OBJECT_TYPE *object;
    unsigned count = 0, nameless = 0;

    truth_answer_ask_all(&answer, L"Global");
    read_table(&table, HKEY_PERFORMANCE_TEXT, L"Counter");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++) {
        if (is_temporary(object))
            continue;
        count++;
        nameless += !find_text(&table, object->ObjectNameTitleIndex);
    }
    if (count)
        trial_expect(trial, !nameless, "%u objects, %u without a name", count, nameless);
    else
        trial_impossible(trial, "no provider has an object here");
    release_table(&table);
    truth_answer_release(&answer);
}

void try_names_language_digits(struct trial *trial)
{
    expect_same(trial, HKEY_PERFORMANCE_DATA, L"Counter 9", L"Counter 009");
    expect_same(trial, HKEY_PERFORMANCE_DATA, L"Help 9", L"Help 009");
}

/* Find keys of languages below Perflib whose names have four digits. */
void try_names_language_four(struct trial *trial)
{
    HKEY perflib;
    WCHAR name[64];
    unsigned count = 0;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                      L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib", 0,
                      KEY_READ | KEY_WOW64_64KEY, &perflib)) {
        trial_impossible(trial, "Perflib has no key here");
        return;
    }
    for (DWORD i = 0;; i++) {
        DWORD length = 64;
        struct table table;
        WCHAR query[80];

        if (RegEnumKeyExW(perflib, i, name, &length, NULL, NULL, NULL, NULL))
            break;
        if (length != 4 || wcsspn(name, L"0123456789abcdefABCDEF") != 4)
            continue;
        count++;
        wsprintfW(query, L"Counter %s", name);
        read_table(&table, HKEY_PERFORMANCE_DATA, query);
        trial_expect(trial, !table.result && table.size > 4, "\"%ls\": result %ld, %lu bytes",
                     query, table.result, table.size);
        release_table(&table);
    }
    if (!count)
        trial_impossible(trial, "no language with four digits is installed");
    RegCloseKey(perflib);
}

void try_names_language_none(struct trial *trial)
{
    expect_same(trial, HKEY_PERFORMANCE_DATA, L"Counter 07F", L"Counter 009");
}

/* Help can be distinguished from English only if another language has a table of names. */
void try_names_help_english(struct trial *trial)
{
    static const WCHAR *const languages[] = { L"007", L"00A", L"00C", L"010", L"011", L"019" };

    for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
        WCHAR counter[32], help[32];
        struct table english, other;

        wsprintfW(counter, L"Counter %s", languages[i]);
        wsprintfW(help, L"Help %s", languages[i]);
        read_table(&english, HKEY_PERFORMANCE_DATA, L"Counter 009");
        read_table(&other, HKEY_PERFORMANCE_DATA, counter);
        if (!other.result && other.size && !is_same(&english, &other))
            expect_same(trial, HKEY_PERFORMANCE_DATA, help, L"Help 009");
        release_table(&english);
        release_table(&other);
    }
    if (!trial->expected_count)
        trial_impossible(trial, "only English names are installed");
}
