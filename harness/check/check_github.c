/* SPDX-License-Identifier: MIT
 *
 * Annotations of GitHub Actions: a workflow command for each finding. A known finding is a notice.
 * Rule: GitHub's "Workflow commands": % and line breaks are escaped everywhere, : and , in
 * properties.
 */
#include "check_formats.h"

#include <inttypes.h>
#include <string.h>

#include "utf8.h"

static void add_escaped(struct output *output, const char *text, bool is_property)
{
    struct output safe = { 0 };

    utf8_add_safe(&safe, text, SIZE_MAX);
    for (const char *at = safe.data ? safe.data : ""; *at; at++)
        if (*at == '%' || (is_property && strchr(":,", *at)))
            output_add_format(output, "%%%02X", (unsigned char)*at);
        else
            output_add_byte(output, *at);
    output->is_lost |= safe.is_lost;
    output_release(&safe);
}

static void begin_command(struct output *output, const char *command, const char *file,
                          unsigned line)
{
    output_add_format(output, "::%s file=", command);
    add_escaped(output, file, true);
    if (line)
        output_add_format(output, ",line=%u", line);
    output_add_text(output, ",title=");
}

static void print_finding(struct output *output, const struct check_result *result, size_t number)
{
    const struct finding *finding = &result->report->findings.items[number];
    const struct rule *rule = &rules[finding->rule];
    const struct baseline_entry *known = result->known ? result->known[number] : NULL;
    const struct finding_location *location = &finding->location;
    const bool has_place = location->file && location->line;

    begin_command(output, known ? "notice" : rule_severity_name(rule->severity),
                  has_place ? location->file : result->target, has_place ? location->line : 0);
    output_add_text(output, rule->name);
    output_add_text(output, "::");
    add_escaped(output, result->target, false);
    output_add_text(output, ": ");
    add_escaped(output, finding->message, false);
    if (finding->query) {
        output_add_text(output, " (query \"");
        add_escaped(output, finding->query, false);
        output_add_format(output, "\", buffer of %" PRIu32 " bytes)", finding->buffer_size);
    }
    output_add_text(output, ". ");
    add_escaped(output, rule->remedy, false);
    if (finding->has_cause)
        output_add_format(output, " (a consequence of %s)", rules[finding->caused_by].name);
    if (known) {
        output_add_text(output, " (known: ");
        add_escaped(output, known->reason, false);
        output_add_byte(output, ')');
    }
    output_add_byte(output, '\n');
}

void check_github_add(struct check_printer *printer, const struct check_result *result)
{
    struct output *output = printer->output;

    for (size_t i = 0; i < result->report->findings.count; i++)
        print_finding(output, result, i);
    if (!check_result_is_untested(result))
        return;
    begin_command(output, result->report->is_unreadable ? "error" : "warning", result->target, 0);
    output_add_format(output,
                      "%s::", check_report_status_name(check_report_status(result->report)));
    add_escaped(output, result->target, false);
    output_add_text(output, ": nothing was tested: ");
    add_escaped(output, check_result_why_untested(result), false);
    output_add_byte(output, '\n');
}
