/* SPDX-License-Identifier: MIT
 *
 * Reads, compares and writes baselines. Searches are linear, because a file has few entries.
 */
#include "baseline_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json_parser.h"
#include "json_writer.h"
#include "os.h"
#include "text.h"

/* Bytes; chosen: BASELINE_LIMIT entries of about 200 bytes are far smaller. */
#define FILE_LIMIT ((size_t)16 << 20)
#define DAY_100NS UINT64_C(864000000000) /* 24 hours */

/* ---- days ---------------------------------------------------------------------------------- */

static bool is_leap_year(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap_year(year));
}

uint32_t baseline_file_day(uint64_t time_100ns)
{
    uint64_t left = time_100ns / DAY_100NS;
    unsigned year = 1601, month = 1;

    for (; year < 9999 && left >= 365u + is_leap_year(year); year++)
        left -= 365u + is_leap_year(year);
    for (; month < 12 && left >= days_of_month(year, month); month++)
        left -= days_of_month(year, month);
    return year * 10000u + month * 100u + (uint32_t)left + 1;
}

uint32_t baseline_file_parse_day(const char *text)
{
    uint32_t digits = 0;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return 0;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7)
            continue;
        if (text[i] < '0' || text[i] > '9')
            return 0;
        digits = digits * 10 + (uint32_t)(text[i] - '0');
    }

    const unsigned year = digits / 10000, month = digits / 100 % 100, day = digits % 100;

    if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
        return 0;
    return digits;
}

/* ---- reading ------------------------------------------------------------------------------- */

static void release_entry(struct baseline_entry *entry)
{
    free(entry->target);
    free(entry->reason);
    free(entry->subject);
    free(entry->query);
    free(entry->expires);
    *entry = (struct baseline_entry){ 0 };
}

static bool add_entry(struct baseline_file *baseline, const struct baseline_entry *entry)
{
    struct baseline_entry *entries = array_reserve(baseline->entries, &baseline->capacity,
                                                   baseline->count + 1, sizeof(*entries));
    if (!entries)
        return false;
    baseline->entries = entries;
    entries[baseline->count++] = *entry;
    return true;
}

/* A file that is being read, and what is wrong with it. */
struct baseline_reading {
    struct baseline_file *baseline;
    struct json_parser json;
    uint32_t today;
    char *problem;
    size_t problem_size;
};

PRINTF_LIKE(2, 3)
static bool refuse(struct baseline_reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reading->problem, reading->problem_size, format, arguments);
    va_end(arguments);
    return false;
}

/* Replace a text by the next value. If two members have the same name, the last one counts. */
static void read_text(struct json_parser *json, char **text)
{
    char *value = NULL;

    if (!json_parser_string(json, &value))
        return;
    free(*text);
    *text = value;
}

static bool judge_entry(struct baseline_reading *reading, struct baseline_entry *entry,
                        const char *rule)
{
    const size_t number = reading->baseline->count + 1, line = reading->json.line;

    if (reading->json.problem)
        return false;
    if (!rule || !entry->target)
        return refuse(reading, "line %zu: entry %zu has no %s", line, number,
                      rule ? "target" : "rule");
    if (!rule_find(rule, &entry->rule))
        return refuse(reading, "line %zu: there is no rule \"%s\"; check --list-rules names all",
                      line, rule);
    if (!entry->reason || !entry->reason[strspn(entry->reason, " \t\r\n")])
        return refuse(reading,
                      "line %zu: the entry for %s of %s has no reason; say why it is accepted",
                      line, rule, entry->target);
    if (entry->expires) {
        const uint32_t last_day = baseline_file_parse_day(entry->expires);

        if (!last_day)
            return refuse(reading, "line %zu: \"%s\" is not a date of the form 2027-06-30", line,
                          entry->expires);
        entry->is_expired = last_day < reading->today;
    }
    return reading->baseline->count < BASELINE_LIMIT ||
           refuse(reading, "it has more than %d entries", BASELINE_LIMIT);
}

static bool read_entry(struct baseline_reading *reading)
{
    struct json_parser *json = &reading->json;
    struct baseline_entry entry = { 0 };
    char key[16], *rule = NULL;
    const struct {
        const char *name;
        char **text;
    } members[] = {
        { "rule", &rule },         { "target", &entry.target }, { "subject", &entry.subject },
        { "query", &entry.query }, { "reason", &entry.reason }, { "expires", &entry.expires },
    };
    const size_t member_count = sizeof(members) / sizeof(members[0]);

    json_parser_begin_object(json);
    while (json_parser_next_member(json, key, sizeof(key))) {
        size_t i = 0;

        while (i < member_count && strcmp(members[i].name, key) != 0)
            i++;
        if (i < member_count)
            read_text(json, members[i].text);
        else
            json_parser_skip(json);
    }

    bool is_good = judge_entry(reading, &entry, rule);

    free(rule);
    if (is_good && !add_entry(reading->baseline, &entry))
        is_good = refuse(reading, "memory ran out");
    if (!is_good)
        release_entry(&entry);
    return is_good;
}

static bool read_file(struct baseline_reading *reading)
{
    struct json_parser *json = &reading->json;
    uint64_t schema = 0;
    bool has_entries = false;
    char key[16];

    json_parser_begin_object(json);
    while (json_parser_next_member(json, key, sizeof(key))) {
        if (strcmp(key, "schema") == 0) {
            json_parser_unsigned(json, &schema);
        } else if (strcmp(key, "entries") == 0) {
            has_entries = true;
            json_parser_begin_array(json);
            while (json_parser_next_element(json))
                if (!read_entry(reading))
                    return false;
        } else {
            json_parser_skip(json);
        }
    }
    if (!json_parser_end(json))
        return false;
    if (schema != 1)
        return refuse(reading, "it is not a baseline: \"schema\" is not 1");
    return has_entries || refuse(reading, "it is not a baseline: it has no \"entries\"");
}

bool baseline_file_read(struct baseline_file *baseline, const char *path, uint32_t today,
                        char *problem, size_t size)
{
    struct baseline_reading reading = {
        .baseline = baseline, .today = today, .problem = problem, .problem_size = size
    };
    void *data;
    size_t data_size;
    const DWORD error = os_file_read_all(path, &data, &data_size, FILE_LIMIT);

    if (error)
        return refuse(&reading, "it cannot be read (error %u)", (unsigned)error);
    *problem = 0;
    json_parser_init(&reading.json, data, data_size);

    const bool is_good = read_file(&reading);

    if (!is_good && !*problem)
        refuse(&reading, "line %zu: %s", reading.json.line,
               reading.json.problem ? reading.json.problem : "it is no baseline");
    free(data);
    return is_good;
}

/* ---- comparing ----------------------------------------------------------------------------- */

static bool is_same(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool is_of(const struct baseline_entry *entry, const char *target,
                  const struct finding *finding)
{
    return entry->rule == finding->rule &&
           strcmp(entry->target, text_utf8_file_name(target)) == 0 &&
           is_same(entry->subject, finding->subject) &&
           (!entry->query || is_same(entry->query, finding->query));
}

const struct baseline_entry *baseline_file_find(const struct baseline_file *baseline,
                                                const char *target, const struct finding *finding)
{
    for (size_t i = 0; i < baseline->count; i++)
        if (!baseline->entries[i].is_expired && is_of(&baseline->entries[i], target, finding))
            return &baseline->entries[i];
    return NULL;
}

bool baseline_file_record(struct baseline_file *baseline, const char *target,
                          const struct finding *finding)
{
    for (size_t i = 0; i < baseline->count; i++) {
        struct baseline_entry *entry = &baseline->entries[i];

        if (!is_of(entry, target, finding))
            continue;
        if (entry->is_expired) {
            free(entry->expires);
            entry->expires = NULL;
            entry->is_expired = false;
        }
        return true;
    }

    struct baseline_entry entry = { .rule = finding->rule,
                                    .target = text_utf8_copy(text_utf8_file_name(target)),
                                    .subject =
                                        finding->subject ? text_utf8_copy(finding->subject) : NULL,
                                    .reason = text_utf8_copy(BASELINE_NO_REASON) };

    if (entry.target && entry.reason && (entry.subject || !finding->subject) &&
        add_entry(baseline, &entry))
        return true;
    release_entry(&entry);
    return false;
}

void baseline_file_prune(struct baseline_file *baseline, const char *target,
                         const struct findings *findings, const bool was_tried[RULE_COUNT])
{
    const char *const name = text_utf8_file_name(target);
    size_t kept = 0;

    for (size_t i = 0; i < baseline->count; i++) {
        struct baseline_entry *entry = &baseline->entries[i];
        bool is_found = strcmp(entry->target, name) != 0 || !was_tried[entry->rule];

        for (size_t k = 0; k < findings->count && !is_found; k++)
            is_found = is_of(entry, target, &findings->items[k]);
        if (is_found)
            baseline->entries[kept++] = *entry;
        else
            release_entry(entry);
    }
    baseline->count = kept;
}

/* ---- writing ------------------------------------------------------------------------------- */

void baseline_file_write(const struct baseline_file *baseline, struct output *output)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    json_writer_key(&json, "entries");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < baseline->count; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];

        json_writer_begin_object(&json);
        json_writer_key(&json, "rule");
        json_writer_string(&json, rules[entry->rule].name);
        json_writer_key(&json, "target");
        json_writer_string(&json, entry->target);
        json_writer_key(&json, "subject");
        json_writer_string(&json, entry->subject);
        if (entry->query) {
            json_writer_key(&json, "query");
            json_writer_string(&json, entry->query);
        }
        json_writer_key(&json, "reason");
        json_writer_string(&json, entry->reason);
        json_writer_key(&json, "expires");
        json_writer_string(&json, entry->expires);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

void baseline_file_release(struct baseline_file *baseline)
{
    for (size_t i = 0; i < baseline->count; i++)
        release_entry(&baseline->entries[i]);
    free(baseline->entries);
    *baseline = (struct baseline_file){ 0 };
}
