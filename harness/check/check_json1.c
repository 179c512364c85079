/* SPDX-License-Identifier: MIT
 *
 * The JSON before schema 2: an object for one target, an array for several. The next release still
 * has it; the one after that does not.
 */
#include "check_formats.h"

#include "claims.h"

void check_json1_begin(struct check_printer *printer)
{
    if (printer->target_count > 1)
        json_writer_begin_array(&printer->json);
}

static void print_finding(struct json_writer *json, const struct finding *finding)
{
    struct output message = { 0 };

    json_writer_begin_object(json);
    json_writer_key(json, "rule");
    json_writer_string(json, rules[finding->rule].name);
    json_writer_key(json, "severity");
    json_writer_string(json, rule_severity_name(rules[finding->rule].severity));
    json_writer_key(json, "grade");
    json_writer_string(json, claim_grade_of_rule(rules[finding->rule].name));
    json_writer_key(json, "query");
    json_writer_string(json, finding->query);
    json_writer_key(json, "buffer_size");
    json_writer_unsigned(json, finding->buffer_size);
    json_writer_key(json, "offset");
    if (finding->offset == FINDINGS_NO_OFFSET)
        json_writer_null(json);
    else
        json_writer_unsigned(json, finding->offset);
    json_writer_key(json, "count");
    json_writer_unsigned(json, finding->count);
    json_writer_key(json, "message");
    output_add_format(&message, "%s. %s", finding->message, rules[finding->rule].remedy);
    json_writer_string(json, message.data);
    json->output->is_lost |= message.is_lost;
    output_release(&message);
    json_writer_end_object(json);
}

void check_json1_add(struct check_printer *printer, const struct check_result *result)
{
    struct json_writer *json = &printer->json;
    const struct check_report *report = result->report;
    size_t counts[CHECK_VERDICTS];

    check_result_count_verdicts(result, counts);
    json_writer_begin_object(json);
    json_writer_key(json, "provider");
    json_writer_string(json, result->target);
    json_writer_key(json, "test_level");
    json_writer_unsigned(json, report->test_level);
    json_writer_key(json, "passed");
    json_writer_unsigned(json, counts[CHECK_KEPT]);
    json_writer_key(json, "failed");
    json_writer_unsigned(json, counts[CHECK_FAILED]);
    json_writer_key(json, "warnings");
    json_writer_unsigned(json, counts[CHECK_WARNED]);
    json_writer_key(json, "not_tried");
    json_writer_unsigned(json, counts[CHECK_NOT_TRIED]);
    json_writer_key(json, "calls");
    json_writer_unsigned(json, report->call_count);
    json_writer_key(json, "findings");
    json_writer_begin_array(json);
    for (size_t i = 0; i < report->findings.count; i++)
        print_finding(json, &report->findings.items[i]);
    json_writer_end_array(json);
    json_writer_key(json, "notes");
    json_writer_begin_array(json);
    for (size_t i = 0; i < report->note_count; i++)
        json_writer_string(json, report->notes[i]);
    if (report->reason) /* this form has no status, so a note must say that nothing was tested */
        json_writer_string(json, report->reason);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

void check_json1_end(struct check_printer *printer)
{
    if (printer->target_count > 1)
        json_writer_end_array(&printer->json);
}
