/* SPDX-License-Identifier: MIT
 *
 * JUnit's XML: a suite for each target, a test for each rule. A test fails if the rule has an error
 * that is not known, and is skipped if the rule was not tried. A target of which nothing was tested
 * has one more test, which is an error.
 */
#include "check_formats.h"

#include <inttypes.h>

#include "utf8.h"
#include "xml.h"

void check_junit_begin(struct check_printer *printer)
{
    output_add_format(printer->output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s",
                      printer->target_count > 1 ? "<testsuites>\n" : "");
}

static void add_xml(struct output *output, const char *text)
{
    struct output safe = { 0 };

    utf8_add_safe(&safe, text, SIZE_MAX);
    xml_add_escaped(output, safe.data ? safe.data : "");
    output->is_lost |= safe.is_lost;
    output_release(&safe);
}

static void print_messages(struct output *output, const struct check_result *result,
                           enum rule_id rule)
{
    const struct findings *findings = &result->report->findings;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        if (finding->rule != rule)
            continue;
        if (result->known && result->known[i]) {
            output_add_text(output, "known (");
            add_xml(output, result->known[i]->reason);
            output_add_text(output, "): ");
        }
        if (finding->query) {
            output_add_text(output, "&quot;");
            add_xml(output, finding->query);
            output_add_format(output, "&quot;, %" PRIu32 " bytes: ", finding->buffer_size);
        }
        add_xml(output, finding->message);
        output_add_text(output, ". ");
        add_xml(output, rules[rule].remedy);
        output_add_byte(output, '\n');
    }
}

static void begin_test(struct output *output, const char *target, const char *name)
{
    output_add_text(output, "  <testcase classname=\"");
    add_xml(output, target);
    output_add_format(output, "\" name=\"%s\"", name);
}

static void print_rule(struct output *output, const struct check_result *result, enum rule_id rule)
{
    begin_test(output, result->target, rules[rule].name);
    switch (check_result_verdict(result, rule)) {
    case CHECK_KEPT:
        output_add_text(output, "/>\n");
        break;
    case CHECK_NOT_TRIED:
        output_add_text(output, "><skipped message=\"");
        add_xml(output, check_result_reason(result, rule));
        output_add_text(output, "\"/></testcase>\n");
        break;
    case CHECK_FAILED:
        output_add_text(output, "><failure type=\"error\" message=\"");
        add_xml(output, rules[rule].description);
        output_add_text(output, "\">");
        print_messages(output, result, rule);
        output_add_text(output, "</failure></testcase>\n");
        break;
    case CHECK_KNOWN:
    case CHECK_WARNED:
        output_add_text(output, "><system-out>");
        print_messages(output, result, rule);
        output_add_text(output, "</system-out></testcase>\n");
        break;
    }
}

void check_junit_add(struct check_printer *printer, const struct check_result *result)
{
    struct output *output = printer->output;
    const struct check_report *report = result->report;
    const bool is_untested = check_result_is_untested(result);
    size_t counts[CHECK_VERDICTS];

    check_result_count_verdicts(result, counts);
    output_add_text(output, "<testsuite name=\"");
    add_xml(output, result->target);
    output_add_format(output,
                      "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\" "
                      "time=\"%.3f\">\n",
                      rules_count(report->is_v2) + is_untested, counts[CHECK_FAILED], is_untested,
                      counts[CHECK_NOT_TRIED], (double)report->duration_100ns / 1e7);
    if (is_untested) {
        begin_test(output, result->target, "something was tested");
        output_add_format(output, "><error type=\"%s\" message=\"",
                          check_report_status_name(check_report_status(report)));
        add_xml(output, check_result_why_untested(result));
        output_add_text(output, "\"/></testcase>\n");
    }
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_concerns((enum rule_id)i, report->is_v2))
            print_rule(output, result, (enum rule_id)i);
    output_add_text(output, "</testsuite>\n");
}

void check_junit_end(struct check_printer *printer)
{
    if (printer->target_count > 1)
        output_add_text(printer->output, "</testsuites>\n");
}
