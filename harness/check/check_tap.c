/* SPDX-License-Identifier: MIT
 *
 * TAP 13: each rule is a test. A test fails if the rule has an error, and is skipped if the rule
 * was not tried. Known findings are marked as TODO, so that they do not fail the stream. A target
 * of which nothing was tested has one more test, which fails.
 */
#include "check_formats.h"

#include <inttypes.h>

#include "utf8.h"

void check_tap_begin(struct check_printer *printer)
{
    output_add_text(printer->output, "TAP version 13\n");
}

static void begin_test(struct check_printer *printer, bool is_good, const char *target)
{
    output_add_format(printer->output, "%s %zu - ", is_good ? "ok" : "not ok",
                      printer->test_number++);
    if (printer->target_count > 1) {
        utf8_add_safe(printer->output, target, SIZE_MAX);
        output_add_text(printer->output, ": ");
    }
}

static void print_findings(struct output *output, const struct check_result *result,
                           enum rule_id rule)
{
    const struct findings *findings = &result->report->findings;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        if (finding->rule != rule)
            continue;
        output_add_format(output, "# %s: ", rule_severity_name(rules[rule].severity));
        if (finding->query) {
            output_add_byte(output, '"');
            utf8_add_safe(output, finding->query, 60);
            output_add_format(output, "\", %" PRIu32 " bytes: ", finding->buffer_size);
        }
        utf8_add_safe(output, finding->message, SIZE_MAX);
        output_add_format(output, ". %s\n", rules[rule].remedy);
        if (result->known && result->known[i]) {
            output_add_text(output, "# known: ");
            utf8_add_safe(output, result->known[i]->reason, SIZE_MAX);
            output_add_byte(output, '\n');
        }
    }
}

static void print_rule(struct check_printer *printer, const struct check_result *result,
                       enum rule_id rule)
{
    const enum check_verdict verdict = check_result_verdict(result, rule);
    const bool is_known_error = verdict == CHECK_KNOWN && rules[rule].severity == RULE_ERROR;

    begin_test(printer, verdict != CHECK_FAILED && !is_known_error, result->target);
    output_add_text(printer->output, rules[rule].name);
    if (verdict == CHECK_NOT_TRIED) {
        output_add_text(printer->output, " # SKIP ");
        utf8_add_safe(printer->output, check_result_reason(result, rule), SIZE_MAX);
    } else if (is_known_error) {
        output_add_text(printer->output, " # TODO known");
    }
    output_add_byte(printer->output, '\n');
    print_findings(printer->output, result, rule);
}

void check_tap_add(struct check_printer *printer, const struct check_result *result)
{
    struct output *output = printer->output;
    const struct check_report *report = result->report;

    if (check_result_is_untested(result)) {
        begin_test(printer, false, result->target);
        output_add_text(output, "something was tested\n# ");
        utf8_add_safe(output, check_result_why_untested(result), SIZE_MAX);
        output_add_byte(output, '\n');
    }
    if (report->is_unreadable)
        return;
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_concerns((enum rule_id)i, report->is_v2))
            print_rule(printer, result, (enum rule_id)i);
    for (size_t i = 0; i < report->note_count; i++) {
        output_add_text(output, "# note: ");
        utf8_add_safe(output, report->notes[i], SIZE_MAX);
        output_add_byte(output, '\n');
    }
}

/* The plan is at the end, so an output that is cut off has no plan. */
void check_tap_end(struct check_printer *printer)
{
    output_add_format(printer->output, "1..%zu\n", printer->test_number - 1);
}
