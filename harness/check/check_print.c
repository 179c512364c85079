/* SPDX-License-Identifier: MIT
 *
 * Prints a report. Each rule is one test in TAP and JUnit: failed by an error, passed with remarks
 * by a warning, skipped when nothing was held against it. A target of which nothing was tested has
 * one more test, which fails: no format lets it look like a sound one.
 */
#include "check_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "json_writer.h"
#include "utf8.h"
#include "xml.h"

#define MESSAGE_WIDTH 96

/* What became of a rule. */
enum verdict { VERDICT_KEPT, VERDICT_WARNED, VERDICT_BROKEN, VERDICT_NOT_TRIED, VERDICT_COUNT };

static enum verdict verdict_of(const struct check_report *report, size_t rule)
{
    if (report->findings.broken[rule])
        return rules[rule].severity == RULE_ERROR ? VERDICT_BROKEN : VERDICT_WARNED;
    return report->was_checked[rule] ? VERDICT_KEPT : VERDICT_NOT_TRIED;
}

static void count_verdicts(const struct check_report *report, size_t counts[VERDICT_COUNT])
{
    memset(counts, 0, VERDICT_COUNT * sizeof(*counts));
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_concerns((enum rule_id)i, report->is_v2))
            counts[verdict_of(report, i)]++;
}

/* Whether a report says nothing of its target, so that "no error" would mislead. */
static bool is_untested(const struct check_report *report)
{
    const enum check_status status = check_report_status(report);

    return status == CHECK_NOT_TESTED || status == CHECK_UNREADABLE;
}

static const char *reason_of(const struct check_report *report)
{
    return report->reason ? report->reason : "no reason is known";
}

/* ---- text -------------------------------------------------------------------------------- */

/* A message in lines of some width, each indented. */
static void print_wrapped(struct output *output, const char *text, size_t indent)
{
    while (*text) {
        size_t length = strlen(text);

        if (length > MESSAGE_WIDTH - indent) {
            length = MESSAGE_WIDTH - indent;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = strcspn(text, " ");
        }
        output_add_repeated(output, ' ', indent);
        char line[2048];
        snprintf(line, sizeof(line), "%.*s", (int)(length < 2047 ? length : 2047), text);
        utf8_add_safe(output, line, SIZE_MAX);
        output_add_byte(output, '\n');
        text += length;
        text += strspn(text, " ");
    }
}

static void print_finding(struct output *output, const struct finding *finding)
{
    const struct rule *rule = &rules[finding->rule];

    output_add_format(output, "%-8s %s", rule_severity_name(rule->severity), rule->name);
    if (finding->query) {
        output_add_text(output, "  query \"");
        utf8_add_safe(output, finding->query, 60);
        output_add_format(output, "\", buffer of %" PRIu32 " bytes", finding->buffer_size);
    }
    if (finding->offset != FINDINGS_NO_OFFSET)
        output_add_format(output, ", offset %zu", finding->offset);
    if (finding->count > 1)
        output_add_format(output, " (%" PRIu64 " times)", finding->count);
    output_add_byte(output, '\n');
    print_wrapped(output, finding->message, 9);
    print_wrapped(output, rule->remedy, 9);
}

static void print_findings(struct output *output, const struct check_report *report,
                           enum rule_severity severity)
{
    for (size_t i = 0; i < report->findings.count; i++)
        if (rules[report->findings.items[i].rule].severity == severity)
            print_finding(output, &report->findings.items[i]);
}

static void print_text(struct output *output, const char *provider,
                       const struct check_report *report)
{
    size_t counts[VERDICT_COUNT];

    count_verdicts(report, counts);
    print_findings(output, report, RULE_ERROR);
    print_findings(output, report, RULE_WARNING);
    for (size_t i = 0; i < report->note_count; i++) {
        output_add_text(output, "note     ");
        utf8_add_safe(output, report->notes[i], SIZE_MAX);
        output_add_byte(output, '\n');
    }
    if (report->findings.count || report->note_count)
        output_add_byte(output, '\n');
    if (report->is_unreadable) {
        output_add_text(output, "not checked: ");
        utf8_add_safe(output, reason_of(report), SIZE_MAX);
        output_add_byte(output, '\n');
        return;
    }
    utf8_add_safe(output, provider, SIZE_MAX);
    if (is_untested(report)) {
        output_add_text(output, ": nothing was tested: ");
        utf8_add_safe(output, reason_of(report), SIZE_MAX);
        output_add_byte(output, '\n');
        utf8_add_safe(output, provider, SIZE_MAX);
    }
    output_add_format(output, ": %zu rules kept, %zu broken, %zu with warnings, %zu not tried\n",
                      counts[VERDICT_KEPT], counts[VERDICT_BROKEN], counts[VERDICT_WARNED],
                      counts[VERDICT_NOT_TRIED]);
    if (report->call_count)
        output_add_format(output, "%" PRIu64 " calls, %" PRIu64 " answers gone over, %.1f s\n",
                          report->call_count, report->answer_count,
                          (double)report->duration_100ns / 1e7);
    if (report->findings.dropped)
        output_add_format(output, "%" PRIu64 " further breaches are not listed\n",
                          report->findings.dropped);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void print_json_finding(struct json_writer *json, const struct finding *finding)
{
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
    json_writer_string(json, finding->message);
    json_writer_key(json, "remedy");
    json_writer_string(json, rules[finding->rule].remedy);
    json_writer_end_object(json);
}

static void print_json(struct output *output, const char *provider,
                       const struct check_report *report)
{
    size_t counts[VERDICT_COUNT];
    struct json_writer json;

    count_verdicts(report, counts);
    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "provider");
    json_writer_string(&json, provider);
    json_writer_key(&json, "test_level");
    json_writer_unsigned(&json, report->test_level);
    json_writer_key(&json, "status");
    json_writer_string(&json, check_status_name(check_report_status(report)));
    json_writer_key(&json, "reason");
    json_writer_string(&json, is_untested(report) ? reason_of(report) : NULL);
    json_writer_key(&json, "passed");
    json_writer_unsigned(&json, counts[VERDICT_KEPT]);
    json_writer_key(&json, "failed");
    json_writer_unsigned(&json, counts[VERDICT_BROKEN]);
    json_writer_key(&json, "warnings");
    json_writer_unsigned(&json, counts[VERDICT_WARNED]);
    json_writer_key(&json, "not_tried");
    json_writer_unsigned(&json, counts[VERDICT_NOT_TRIED]);
    json_writer_key(&json, "calls");
    json_writer_unsigned(&json, report->call_count);
    json_writer_key(&json, "findings");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < report->findings.count; i++)
        print_json_finding(&json, &report->findings.items[i]);
    json_writer_end_array(&json);
    json_writer_key(&json, "notes");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < report->note_count; i++)
        json_writer_string(&json, report->notes[i]);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- TAP --------------------------------------------------------------------------------- */

/* `number` is that of the first test; `provider` is put before each name, "" when there is only
 * one. Returns the number of the next test. */
static size_t print_tap(struct output *output, size_t number, const char *provider,
                        const struct check_report *report)
{
    if (is_untested(report)) {
        output_add_format(output, "not ok %zu - ", number++);
        if (*provider) {
            utf8_add_safe(output, provider, SIZE_MAX);
            output_add_text(output, ": ");
        }
        output_add_text(output, "something was tested\n# ");
        utf8_add_safe(output, reason_of(report), SIZE_MAX);
        output_add_byte(output, '\n');
    }
    if (report->is_unreadable)
        return number;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const enum verdict verdict = verdict_of(report, i);

        if (!rule_concerns((enum rule_id)i, report->is_v2))
            continue;
        output_add_format(output, "%s %zu - ", verdict == VERDICT_BROKEN ? "not ok" : "ok",
                          number++);
        if (*provider) {
            utf8_add_safe(output, provider, SIZE_MAX);
            output_add_text(output, ": ");
        }
        output_add_format(output, "%s%s\n", rules[i].name,
                          verdict == VERDICT_NOT_TRIED ? " # SKIP not tried" : "");
        for (size_t k = 0; k < report->findings.count; k++) {
            const struct finding *finding = &report->findings.items[k];

            if ((size_t)finding->rule != i)
                continue;
            output_add_format(output, "# %s: ", rule_severity_name(rules[i].severity));
            if (finding->query) {
                output_add_byte(output, '"');
                utf8_add_safe(output, finding->query, 60);
                output_add_format(output, "\", %" PRIu32 " bytes: ", finding->buffer_size);
            }
            utf8_add_safe(output, finding->message, SIZE_MAX);
            output_add_format(output, ". %s\n", rules[i].remedy);
        }
    }
    for (size_t i = 0; i < report->note_count; i++) {
        output_add_text(output, "# note: ");
        utf8_add_safe(output, report->notes[i], SIZE_MAX);
        output_add_byte(output, '\n');
    }
    return number;
}

/* ---- JUnit ------------------------------------------------------------------------------- */

static void add_xml(struct output *output, const char *text)
{
    struct output safe = { 0 };

    utf8_add_safe(&safe, text, SIZE_MAX);
    xml_add_escaped(output, safe.data ? safe.data : "");
    output->is_lost |= safe.is_lost;
    output_release(&safe);
}

static void print_junit_messages(struct output *output, const struct check_report *report,
                                 size_t rule)
{
    for (size_t k = 0; k < report->findings.count; k++) {
        const struct finding *finding = &report->findings.items[k];

        if ((size_t)finding->rule != rule)
            continue;
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

static void print_junit(struct output *output, const char *provider,
                        const struct check_report *report)
{
    size_t counts[VERDICT_COUNT];

    count_verdicts(report, counts);
    output_add_text(output, "<testsuite name=\"");
    add_xml(output, provider);
    output_add_format(output,
                      "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\" "
                      "time=\"%.3f\">\n",
                      rules_count(report->is_v2) + is_untested(report), counts[VERDICT_BROKEN],
                      is_untested(report), counts[VERDICT_NOT_TRIED],
                      (double)report->duration_100ns / 1e7);
    if (is_untested(report)) {
        output_add_text(output, "  <testcase classname=\"");
        add_xml(output, provider);
        output_add_format(output, "\" name=\"something was tested\"><error type=\"%s\" message=\"",
                          check_status_name(check_report_status(report)));
        add_xml(output, reason_of(report));
        output_add_text(output, "\"/></testcase>\n");
    }
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (!rule_concerns((enum rule_id)i, report->is_v2))
            continue;
        output_add_text(output, "  <testcase classname=\"");
        add_xml(output, provider);
        output_add_format(output, "\" name=\"%s\"", rules[i].name);
        switch (verdict_of(report, i)) {
        case VERDICT_KEPT:
        case VERDICT_COUNT:
            output_add_text(output, "/>\n");
            break;
        case VERDICT_NOT_TRIED:
            output_add_text(output, "><skipped message=\"not tried\"/></testcase>\n");
            break;
        case VERDICT_BROKEN:
            output_add_text(output, "><failure type=\"error\" message=\"");
            add_xml(output, rules[i].description);
            output_add_text(output, "\">");
            print_junit_messages(output, report, i);
            output_add_text(output, "</failure></testcase>\n");
            break;
        case VERDICT_WARNED:
            output_add_text(output, "><system-out>");
            print_junit_messages(output, report, i);
            output_add_text(output, "</system-out></testcase>\n");
            break;
        }
    }
    output_add_text(output, "</testsuite>\n");
}

/* ---- one report after another ------------------------------------------------------------- */

void check_printer_begin(struct check_printer *printer, struct output *output,
                         enum check_format format, size_t provider_count)
{
    const bool are_several = provider_count > 1;

    *printer = (struct check_printer){
        .output = output, .format = format, .provider_count = provider_count, .test_number = 1
    };
    if (format == CHECK_FORMAT_JSON && are_several)
        output_add_text(output, "[\n");
    else if (format == CHECK_FORMAT_TAP)
        output_add_text(output, "TAP version 13\n");
    else if (format == CHECK_FORMAT_JUNIT)
        output_add_format(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s",
                          are_several ? "<testsuites>\n" : "");
}

void check_printer_add(struct check_printer *printer, const char *provider,
                       const struct check_report *report)
{
    struct output *output = printer->output;
    const bool are_several = printer->provider_count > 1;

    switch (printer->format) {
    case CHECK_FORMAT_JSON:
        if (printer->printed_count > 0)
            output_add_text(output, ",\n");
        print_json(output, provider, report);
        break;
    case CHECK_FORMAT_TAP:
        printer->test_number =
            print_tap(output, printer->test_number, are_several ? provider : "", report);
        break;
    case CHECK_FORMAT_JUNIT:
        print_junit(output, provider, report);
        break;
    default:
        if (printer->printed_count > 0)
            output_add_byte(output, '\n');
        print_text(output, provider, report);
    }
    printer->printed_count++;
    printer->broken_count += findings_count(&report->findings, RULE_ERROR) > 0;
    printer->untested_count += is_untested(report);
}

void check_printer_end(struct check_printer *printer)
{
    struct output *output = printer->output;

    if (printer->format == CHECK_FORMAT_TAP) /* at the end: an output that is cut short has none */
        output_add_format(output, "1..%zu\n", printer->test_number - 1);
    if (printer->provider_count < 2)
        return;
    if (printer->format == CHECK_FORMAT_JSON)
        output_add_text(output, "]\n");
    else if (printer->format == CHECK_FORMAT_JUNIT)
        output_add_text(output, "</testsuites>\n");
    else if (printer->format == CHECK_FORMAT_TEXT) {
        output_add_format(output, "\n%zu checked, %zu of them break a rule",
                          printer->printed_count - printer->untested_count, printer->broken_count);
        if (printer->untested_count)
            output_add_format(output, "; %zu could not be tested", printer->untested_count);
        output_add_byte(output, '\n');
    }
}

/* ---- rules ------------------------------------------------------------------------------- */

static void print_rules_text(struct output *output)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        output_add_format(output, "%s  (%s)\n", rules[i].name,
                          rule_severity_name(rules[i].severity));
        print_wrapped(output, rules[i].description, 4);
        output_add_text(output, "    Remedy:\n");
        print_wrapped(output, rules[i].remedy, 8);
        output_add_text(output, "    Source:\n");
        print_wrapped(output, rules[i].source, 8);
    }
}

static void print_rules_json(struct output *output)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_array(&json);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        json_writer_begin_object(&json);
        json_writer_key(&json, "rule");
        json_writer_string(&json, rules[i].name);
        json_writer_key(&json, "severity");
        json_writer_string(&json, rule_severity_name(rules[i].severity));
        json_writer_key(&json, "description");
        json_writer_string(&json, rules[i].description);
        json_writer_key(&json, "remedy");
        json_writer_string(&json, rules[i].remedy);
        json_writer_key(&json, "source");
        json_writer_string(&json, rules[i].source);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
}

/* A cell of a table: what Markdown gives a meaning is escaped. */
static void add_cell(struct output *output, const char *text)
{
    output_add_text(output, " ");
    for (; *text; text++) {
        if (strchr("\\|*_<", *text))
            output_add_byte(output, '\\');
        output_add_byte(output, *text);
    }
    output_add_text(output, " |");
}

static void print_rules_markdown(struct output *output)
{
    output_add_text(
        output, "# Rules\n\n"
                "Generated from harness/rules/rules.def by `perfharness check --rules --format "
                "markdown`.\n\n"
                "What a V1 provider must do, as far as it can be seen from outside. An error is "
                "what Windows\ndiscards, what damages the consumer, or what makes it read wrong "
                "values; what Windows tolerates\nis a warning. The rules whose names "
                "begin with v2- are those of PERFLIB V2, seen by its\nemulation "
                "(harness/perflib/): `check --v2` tries them.\n\n"
                "| rule | severity | holds when it is kept | remedy | source |\n"
                "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < RULE_COUNT; i++) {
        output_add_format(output, "| `%s` | %s |", rules[i].name,
                          rule_severity_name(rules[i].severity));
        add_cell(output, rules[i].description);
        add_cell(output, rules[i].remedy);
        add_cell(output, rules[i].source);
        output_add_byte(output, '\n');
    }
}

void check_print_rules(struct output *output, enum check_format format)
{
    if (format == CHECK_FORMAT_JSON)
        print_rules_json(output);
    else if (format == CHECK_FORMAT_MARKDOWN)
        print_rules_markdown(output);
    else
        print_rules_text(output);
}
