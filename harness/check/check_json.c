/* SPDX-License-Identifier: MIT
 *
 * JSON of schema 2: one object for one or many targets.
 */
#include "check_formats.h"

#include "claims.h"

void check_json_begin(struct check_printer *printer)
{
    struct json_writer *json = &printer->json;

    json_writer_begin_object(json);
    json_writer_key(json, "schema");
    json_writer_unsigned(json, 2);
    json_writer_key(json, "targets");
    json_writer_begin_array(json);
}

static void print_location(struct json_writer *json, const struct finding_location *location)
{
    if (!location->function && !location->file) {
        json_writer_null(json);
        return;
    }
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "function");
    json_writer_string(json, location->function);
    json_writer_key(json, "file");
    json_writer_string(json, location->file);
    json_writer_key(json, "line");
    if (location->line)
        json_writer_unsigned(json, location->line);
    else
        json_writer_null(json);
    json_writer_end_object(json);
}

/* The members that a finding and an absent entry have in common. */
static void begin_finding(struct json_writer *json, enum rule_id rule, const char *subject,
                          const char *query)
{
    json_writer_begin_object(json);
    json_writer_key(json, "rule");
    json_writer_string(json, rules[rule].name);
    json_writer_key(json, "severity");
    json_writer_string(json, rule_severity_name(rules[rule].severity));
    json_writer_key(json, "grade");
    json_writer_string(json, claim_grade_of_rule(rules[rule].name));
    json_writer_key(json, "subject");
    json_writer_string(json, subject);
    json_writer_key(json, "query");
    json_writer_string(json, query);
}

static void print_finding(struct json_writer *json, const struct finding *finding,
                          const char *state)
{
    begin_finding(json, finding->rule, finding->subject, finding->query);
    json_writer_key(json, "count");
    json_writer_unsigned(json, finding->count);
    json_writer_key(json, "buffer_size");
    json_writer_unsigned(json, finding->buffer_size);
    json_writer_key(json, "offset");
    if (finding->offset == FINDINGS_NO_OFFSET)
        json_writer_null(json);
    else
        json_writer_unsigned(json, finding->offset);
    json_writer_key(json, "message");
    json_writer_string(json, finding->message);
    json_writer_key(json, "remedy");
    json_writer_string(json, rules[finding->rule].remedy);
    json_writer_key(json, "location");
    print_location(json, &finding->location);
    json_writer_key(json, "caused_by");
    json_writer_string(json, finding->has_cause ? rules[finding->caused_by].name : NULL);
    json_writer_key(json, "baseline");
    json_writer_string(json, state);
    json_writer_end_object(json);
}

/* A finding of the baseline that this run did not find. Unknown members are null. */
static void print_absent(struct json_writer *json, const struct baseline_entry *entry)
{
    static const char *const unknown[] = { "count",  "buffer_size", "offset",   "message",
                                           "remedy", "location",    "caused_by" };

    begin_finding(json, entry->rule, entry->subject, entry->query);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        json_writer_key(json, unknown[i]);
        json_writer_null(json);
    }
    json_writer_key(json, "baseline");
    json_writer_string(json, "absent");
    json_writer_end_object(json);
}

static void print_rule(struct json_writer *json, const struct check_result *result,
                       enum rule_id rule)
{
    const struct check_report *report = result->report;
    const bool is_broken = report->findings.broken[rule];

    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "rule");
    json_writer_string(json, rules[rule].name);
    json_writer_key(json, "result");
    json_writer_string(json, is_broken                   ? "broken"
                             : report->was_checked[rule] ? "kept"
                                                         : "not-tried");
    json_writer_key(json, "reason");
    json_writer_string(
        json, is_broken || report->was_checked[rule] ? NULL : check_result_reason(result, rule));
    json_writer_end_object(json);
}

void check_json_add(struct check_printer *printer, const struct check_result *result)
{
    struct json_writer *json = &printer->json;
    const struct check_report *report = result->report;

    json_writer_begin_object(json);
    json_writer_key(json, "target");
    json_writer_string(json, result->target);
    json_writer_key(json, "test_level");
    json_writer_unsigned(json, report->test_level);
    json_writer_key(json, "status");
    json_writer_string(json, check_report_status_name(check_report_status(report)));
    json_writer_key(json, "findings");
    json_writer_begin_array(json);
    for (size_t i = 0; i < report->findings.count; i++)
        print_finding(json, &report->findings.items[i], check_result_state(result, i));
    for (size_t i = 0; i < result->absent_count; i++)
        print_absent(json, result->absent[i]);
    json_writer_end_array(json);
    json_writer_key(json, "rules");
    json_writer_begin_array(json);
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_concerns((enum rule_id)i, report->is_v2))
            print_rule(json, result, (enum rule_id)i);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

void check_json_end(struct check_printer *printer)
{
    json_writer_end_array(&printer->json);
    json_writer_end_object(&printer->json);
}
