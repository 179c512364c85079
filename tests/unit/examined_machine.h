/* SPDX-License-Identifier: MIT
 *
 * For tests of one stage of the doctor: inputs whose values the test sets one by one, the examination that
 * reaches the stage, and what the stage found, as lines of text. The test is linked with failing_memory.h.
 */
#ifndef EXAMINED_MACHINE_H
#define EXAMINED_MACHINE_H

#include "unit.h"

#include "examination.h"
#include "failing_memory.h"
#include "perf_names.h"
#include "registration.h"

#define INPUTS 3
#define A REG_SERVICES "\\A\\Performance"
#define B REG_SERVICES "\\B\\Performance"
#define ENGLISH REG_PERFLIB "\\009"

static struct machine_input inputs[INPUTS];
static struct machine machine;
static struct doctor_options options;
static struct diagnosis diagnosis;
static struct examination examination;
static char shown[100000];
static long blocks; /* that were there before the test */

/* Free what an examination has made. */
static inline void end_examination(void)
{
    free(examination.services);
    free(examination.hints);
    name_ranges_release(&examination.ranges);
    memset(&examination, 0, sizeof(examination));
    diagnosis_release(&diagnosis);
    machine_release(&machine);
}

static inline void clear_inputs(void)
{
    end_examination();
    for (size_t i = 0; i < INPUTS; i++) {
        machine_input_release(&inputs[i]);
        memset(&inputs[i], 0, sizeof(inputs[i]));
        inputs[i].name = i == 0 ? "first" : i == 1 ? "second" : "third";
    }
}

static inline int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    memset(&options, 0, sizeof(options));
    clear_inputs();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    failing_memory_countdown = 0;
    clear_inputs();
    return failing_memory_blocks == blocks ? 0 : -1;
}

/* ---- inputs ------------------------------------------------------------------------------ */

static inline struct reg_key *add_key(size_t input, const char *path)
{
    struct reg_key *key = reg_tree_add_key(&inputs[input].tree, path);

    assert_non_null(key);
    return key;
}

/* The data lie in memory of exactly their size. */
static inline void add_value(size_t input, const char *path, const char *name, uint32_t type,
                             const void *data, size_t size)
{
    assert_int_equal(
        reg_tree_set(&inputs[input].tree, add_key(input, path), name, type, data, size), 0);
}

static inline void add_number(size_t input, const char *path, const char *name, uint32_t number)
{
    add_value(input, path, name, REG_DWORD, &number, sizeof(number));
}

/* A text, of any type, without its last `cut` bytes; '|' is a zero character, '^' half a character. */
static inline void add_text(size_t input, const char *path, const char *name, uint32_t type,
                            const char *text, size_t cut)
{
    WCHAR units[1000];
    size_t length = strlen(text);

    assert_true(length <= UNIT_COUNT(units));
    for (size_t i = 0; i < length; i++)
        units[i] = text[i] == '|' ? 0 : text[i] == '^' ? 0xD800 : (WCHAR)text[i];
    add_value(input, path, name, type, units, length * sizeof(*units) - cut);
}

static inline void remove_value(size_t input, const char *path, const char *name)
{
    reg_tree_remove_value(&inputs[input].tree, add_key(input, path), name);
}

static inline void add_range(size_t input, const char *path, uint32_t first, uint32_t last)
{
    const uint32_t numbers[RANGE_VALUE_COUNT] = { first, last, first + 1, last + 1 };

    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++)
        add_number(input, path, machine_service_names[i], numbers[i]);
}

/* Library, Open, Collect and Close. */
static inline void add_library(size_t input, const char *path)
{
    for (size_t i = MACHINE_SERVICE_LIBRARY; i <= MACHINE_SERVICE_CLOSE; i++)
        add_text(input, path, machine_service_names[i], REG_SZ, "x|", 0);
}

/* ---- the examination ----------------------------------------------------------------------- */

/* Gather `count` inputs, and begin an examination as doctor.c does. */
static inline void begin_examination(size_t count)
{
    end_examination();
    assert_int_equal(machine_gather(inputs, count, &machine), ERROR_SUCCESS);
    examination.machine = &machine;
    examination.options = &options;
    examination.diagnosis = &diagnosis;
    examination.names = machine_find_names(&machine, PERF_ENGLISH, false);
    examination.help = machine_find_names(&machine, PERF_ENGLISH, true);
    examination.names_are_believed = examination.names != NULL;
    examination.names_finding = examination.last_finding = DIAGNOSIS_NONE;
    examination.short_names_finding = DIAGNOSIS_NONE;
}

/* ---- what was found ------------------------------------------------------------------------ */

static inline void show(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void show(const char *format, ...)
{
    const size_t length = strlen(shown);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(shown + length, sizeof(shown) - length, format, arguments);
    va_end(arguments);
    assert_true(strlen(shown) + 1 < sizeof(shown));
}

static inline void show_fact(const struct diagnosis_fact *fact)
{
    if (!fact->is_known)
        show("?");
    else if (fact->is_absent)
        show("-");
    else if (fact->is_number)
        show("%u", (unsigned)fact->number);
    else
        show("'%s'", fact->text);
}

static inline void show_change(const struct diagnosis_change *change)
{
    uint32_t number = 0;

    show(" %s", change->value);
    if (!change->has_value)
        show("-");
    else if (change->type_after == REG_DWORD) {
        memcpy(&number, change->after, sizeof(number));
        show("=%u", (unsigned)number);
    } else {
        show("=");
        for (size_t i = 0; i < change->size_after / sizeof(WCHAR); i++)
            show("%c", ((const WCHAR *)change->after)[i] ? ((const WCHAR *)change->after)[i] : '|');
    }
}

/* Each finding is a line: fault, service, last part of the key, value, detail, [actual->expected], the fault
   that causes it, and its repairs with their changes; '?' marks a repair that is optional. */
static inline const char *show_findings(void)
{
    *shown = 0;
    for (size_t i = 0; i < diagnosis.finding_count; i++) {
        const struct diagnosis_finding *finding = &diagnosis.findings[i];
        const char *key = strrchr(finding->key, '\\');
        show("%s %s %s %s: %s [", doctor_faults[finding->fault].id,
             finding->service ? finding->service : "-", key ? key + 1 : finding->key,
             finding->value ? finding->value : "-", finding->detail);
        show_fact(&finding->actual);
        show("->");
        show_fact(&finding->expected);
        show("]");
        if (finding->caused_by != DIAGNOSIS_NONE)
            show(" by %s", doctor_faults[diagnosis.findings[finding->caused_by].fault].id);
        for (size_t k = 0; k < diagnosis.repair_count; k++) {
            if (diagnosis.repairs[k].finding != i)
                continue;
            show("; %s%s:", diagnosis.repairs[k].id, diagnosis.repairs[k].is_optional ? "?" : "");
            for (size_t c = 0; c < diagnosis.change_count; c++)
                if (diagnosis.changes[c].repair == k)
                    show_change(&diagnosis.changes[c]);
        }
        show("\n");
    }
    return shown;
}

#endif /* EXAMINED_MACHINE_H */
