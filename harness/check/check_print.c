/* SPDX-License-Identifier: MIT
 *
 * Passes each result to the chosen format.
 */
#include "check_print.h"

#include "check_formats.h"

static const struct {
    void (*begin)(struct check_printer *printer); /* NULL: the format prints nothing there */
    void (*add)(struct check_printer *printer, const struct check_result *result);
    void (*end)(struct check_printer *printer);
} formats[] = {
    [CHECK_FORMAT_TEXT] = { .add = check_text_add, .end = check_text_end },
    [CHECK_FORMAT_JSON] = { check_json_begin, check_json_add, check_json_end },
    [CHECK_FORMAT_TAP] = { check_tap_begin, check_tap_add, check_tap_end },
    [CHECK_FORMAT_JUNIT] = { check_junit_begin, check_junit_add, check_junit_end },
    [CHECK_FORMAT_SARIF] = { check_sarif_begin, check_sarif_add, check_sarif_end },
    [CHECK_FORMAT_GITHUB] = { .add = check_github_add },
    [CHECK_FORMAT_JSON1] = { check_json1_begin, check_json1_add, check_json1_end },
};

void check_print_begin(struct check_printer *printer, struct output *output,
                       enum check_format format, size_t target_count)
{
    *printer = (struct check_printer){
        .output = output, .format = format, .target_count = target_count, .test_number = 1
    };
    json_writer_init(&printer->json, output);
    if (formats[format].begin)
        formats[format].begin(printer);
}

void check_print_add(struct check_printer *printer, const struct check_result *result)
{
    formats[printer->format].add(printer, result);
    printer->printed_count++;
    printer->broken_count += check_result_count_new(result, RULE_ERROR) > 0;
    printer->untested_count += check_result_is_untested(result);
}

void check_print_end(struct check_printer *printer)
{
    if (formats[printer->format].end)
        formats[printer->format].end(printer);
    printer->output->is_lost |= printer->notifications.is_lost;
    output_release(&printer->notifications);
}
