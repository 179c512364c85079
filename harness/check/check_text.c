/* SPDX-License-Identifier: MIT
 *
 * A result as text for users: findings by rule, errors first, a cause before its consequences,
 * which are indented below it. Findings that say the same of several subjects are one paragraph.
 */
#include "check_formats.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "text_lines.h"
#include "utf8.h"

#define INDENT 9         /* columns of the word before a text */
#define SHOWN_SUBJECTS 8 /* chosen; further ones are counted */

enum colour { COLOUR_NONE, COLOUR_ERROR, COLOUR_WARNING, COLOUR_NOTE, COLOUR_KNOWN };

struct text_printer {
    struct output *output;
    const struct check_style *style;
    const struct check_result *result;
    size_t width;
    bool is_rule_shown[RULE_COUNT]; /* the rule has a finding in the output */
    /* by finding; NULL if there was no memory: then findings are not merged */
    bool *is_printed;
};

static void colour(const struct text_printer *printer, enum colour colour)
{
    static const char *const sequences[] = { [COLOUR_NONE] = "\033[0m",
                                             [COLOUR_ERROR] = "\033[1;31m",
                                             [COLOUR_WARNING] = "\033[1;33m",
                                             [COLOUR_NOTE] = "\033[1;36m",
                                             [COLOUR_KNOWN] = "\033[2m" };

    if (printer->style->has_colours)
        output_add_text(printer->output, sequences[colour]);
}

static void print_lines(const struct text_printer *printer, const char *text, size_t indent)
{
    text_lines_add(printer->output, text, indent, printer->width);
}

/* ---- what findings have in common ---------------------------------------------------------- */

/* The length of a message without "of SUBJECT at offset N" at its end, which names the place. */
static size_t common_length(const struct finding *finding)
{
    char tail[160] = "";
    const size_t length = strlen(finding->message);
    int tail_length = 0;

    if (finding->subject && finding->offset != FINDINGS_NO_OFFSET)
        tail_length =
            snprintf(tail, sizeof(tail), " of %s at offset %zu", finding->subject, finding->offset);
    if (tail_length <= 0 || (size_t)tail_length >= sizeof(tail) || (size_t)tail_length > length ||
        strcmp(finding->message + length - (size_t)tail_length, tail) != 0)
        return length;

    size_t common = length - (size_t)tail_length;

    return common > 0 && finding->message[common - 1] == ',' ? common - 1 : common;
}

/* Bytes of the text in quotation marks at the start, or 0. */
static size_t quoted_length(const char *text, size_t length)
{
    const char *const end = length && text[0] == '"' ? memchr(text + 1, '"', length - 1) : NULL;

    return end ? (size_t)(end - text) + 1 : 0;
}

/* Whether two texts are equal except for numbers and texts in quotation marks. */
static bool is_same_but_numbers(const char *left, size_t left_length, const char *right,
                                size_t right_length)
{
    size_t i = 0, k = 0;

    while (i < left_length && k < right_length) {
        const size_t left_quoted = quoted_length(left + i, left_length - i);
        const size_t right_quoted = quoted_length(right + k, right_length - k);

        if (left_quoted && right_quoted) {
            i += left_quoted;
            k += right_quoted;
            continue;
        }
        const bool has_digits = isdigit((unsigned char)left[i]) && isdigit((unsigned char)right[k]);

        if (!has_digits && left[i] != right[k])
            return false;
        if (!has_digits) {
            i++, k++;
            continue;
        }
        while (i < left_length && isdigit((unsigned char)left[i]))
            i++;
        while (k < right_length && isdigit((unsigned char)right[k]))
            k++;
    }
    return i == left_length && k == right_length;
}

/* Whether two findings belong into one paragraph: they say the same of different subjects. */
static bool says_the_same(const struct finding *left, const struct finding *right)
{
    return left->rule == right->rule && left->subject && right->subject &&
           left->has_cause == right->has_cause &&
           (!left->has_cause || left->caused_by == right->caused_by) &&
           is_same_but_numbers(left->message, common_length(left), right->message,
                               common_length(right));
}

static bool is_identical(const struct finding *left, const struct finding *right)
{
    const size_t length = common_length(left);

    return length == common_length(right) && memcmp(left->message, right->message, length) == 0;
}

/* The length of the object's part of "object 5600, counter 3", with the separator, or 0. */
static size_t object_length(const char *subject)
{
    const char *const counter = strstr(subject, ", counter ");

    return strncmp(subject, "object ", 7) == 0 && counter ? (size_t)(counter - subject) : 0;
}

/* ---- one finding, or several that say the same ---------------------------------------------- */

/* A group: its first finding, and later ones that say the same. */
struct text_group {
    size_t first, count;
    bool are_counters;  /* all subjects are counters of one object */
    bool are_identical; /* the numbers in the messages are equal, too */
};

/* Whether a finding has not been printed and belongs to a group that begins with another
   finding. */
static bool is_in_group(const struct text_printer *printer, size_t first, size_t other)
{
    const struct check_result *result = printer->result;
    const struct finding *items = result->report->findings.items;

    return !printer->is_printed[other] && says_the_same(&items[first], &items[other]) &&
           (!result->known || result->known[first] == result->known[other]);
}

static struct text_group group_of(const struct text_printer *printer, size_t first)
{
    const struct findings *findings = &printer->result->report->findings;
    const struct finding *head = &findings->items[first];
    const size_t length = head->subject ? object_length(head->subject) : 0;
    struct text_group group = {
        .first = first, .count = 1, .are_counters = length > 0, .are_identical = true
    };

    for (size_t i = first + 1; printer->is_printed && i < findings->count; i++) {
        const struct finding *other = &findings->items[i];

        if (!is_in_group(printer, first, i))
            continue;
        group.count++;
        group.are_identical &= is_identical(head, other);
        group.are_counters = group.are_counters && object_length(other->subject) == length &&
                             strncmp(head->subject, other->subject, length) == 0;
    }
    return group;
}

/* List the subjects of a group, "1, 2, 3, …", and mark its findings as printed. */
static void list_subjects(const struct text_printer *printer, const struct text_group *group,
                          struct output *list)
{
    const struct findings *findings = &printer->result->report->findings;
    size_t listed = 0;
    const size_t limit = printer->style->is_verbose ? SIZE_MAX : SHOWN_SUBJECTS;

    for (size_t i = group->first; i < findings->count; i++) {
        const char *subject = findings->items[i].subject;

        if (i > group->first && !is_in_group(printer, group->first, i))
            continue;
        printer->is_printed[i] = true;
        if (listed++ == limit)
            output_add_text(list, ", …");
        if (listed > limit)
            continue;
        if (group->are_counters)
            subject += object_length(subject) + strlen(", counter ");
        output_add_format(list, "%s%s", listed > 1 ? group->are_counters ? ", " : "; " : "",
                          subject);
    }
}

/* Print a text with a full stop, and release it. */
static void print_sentence(const struct text_printer *printer, struct output *text, size_t indent)
{
    if (text->size && !strchr(".!?", text->data[text->size - 1]))
        output_add_byte(text, '.');
    print_lines(printer, text->data ? text->data : "", indent);
    printer->output->is_lost |= text->is_lost;
    output_release(text);
}

static void print_group_message(const struct text_printer *printer, const struct text_group *group,
                                size_t indent)
{
    const struct finding *finding = &printer->result->report->findings.items[group->first];
    struct output text = { 0 }, list = { 0 };

    if (group->count == 1) {
        output_add_format(&text, "%.*s", (int)common_length(finding), finding->message);
        print_sentence(printer, &text, indent);
        if (printer->is_printed)
            printer->is_printed[group->first] = true;
        return;
    }
    list_subjects(printer, group, &list);
    output_add_format(&text, "%zu ", group->count);
    if (group->are_counters)
        output_add_format(&text, "counters of %.*s", (int)object_length(finding->subject),
                          finding->subject);
    else
        output_add_text(&text, "times");
    output_add_format(&text, " (%s)%s: %.*s", list.data ? list.data : "",
                      group->are_identical ? "" : ", the first of them",
                      (int)common_length(finding), finding->message);
    print_sentence(printer, &text, indent);
    printer->output->is_lost |= list.is_lost;
    output_release(&list);
}

/* Begin the next part of a sentence. */
static void add_separator(struct output *text)
{
    if (text->size)
        output_add_text(text, "; ");
}

/* Print where it was seen: place in the source, object, offset, query, buffer, and how often. */
static void print_circumstances(const struct text_printer *printer, const struct text_group *group,
                                size_t indent)
{
    const struct finding *finding = &printer->result->report->findings.items[group->first];
    const struct finding_location *location = &finding->location;
    const bool is_tail_cut = common_length(finding) < strlen(finding->message);
    struct output text = { 0 };

    if (location->file && location->line) {
        output_add_format(&text, "at %s:%u", location->file, location->line);
        if (location->function)
            output_add_format(&text, " (%s)", location->function);
        if (location->callers)
            output_add_format(&text, ", called from %s", location->callers);
    }
    if (is_tail_cut && group->count == 1) {
        add_separator(&text);
        output_add_format(&text, "%s, at offset %zu", finding->subject, finding->offset);
    }
    if (finding->query) {
        add_separator(&text);
        output_add_text(&text, "query \"");
        utf8_add_safe(&text, finding->query, 60);
        output_add_format(&text, "\", buffer of %" PRIu32 " bytes", finding->buffer_size);
    }
    if (finding->count > 1 && group->count == 1) {
        add_separator(&text);
        output_add_format(&text, "seen %" PRIu64 " times", finding->count);
    }
    if (text.size)
        print_lines(printer, text.data, indent);
    printer->output->is_lost |= text.is_lost;
    output_release(&text);
}

static void print_known(const struct text_printer *printer, size_t finding, size_t indent)
{
    const struct check_result *result = printer->result;
    struct output text = { 0 };

    if (!result->known || !result->known[finding])
        return;
    output_add_format(&text, "known: %s%s%s", result->known[finding]->reason,
                      result->known[finding]->expires ? " Until " : "",
                      result->known[finding]->expires ? result->known[finding]->expires : "");
    colour(printer, COLOUR_KNOWN);
    print_lines(printer, text.data ? text.data : "known", indent);
    colour(printer, COLOUR_NONE);
    output_release(&text);
}

/* ---- rules --------------------------------------------------------------------------------- */

/* Whether a finding is part of the output. */
static bool is_shown(const struct text_printer *printer, size_t finding)
{
    const enum rule_id rule = printer->result->report->findings.items[finding].rule;

    return !printer->style->is_quiet ||
           (rules[rule].severity == RULE_ERROR &&
            !(printer->result->known && printer->result->known[finding]));
}

/* Whether a finding belongs to a rule and to a cause (RULE_COUNT: it has no cause). */
static bool is_of(const struct text_printer *printer, size_t number, enum rule_id rule,
                  enum rule_id cause)
{
    const struct finding *finding = &printer->result->report->findings.items[number];
    const bool has_cause = finding->has_cause && finding->caused_by != finding->rule &&
                           printer->is_rule_shown[finding->caused_by];
    const enum rule_id its_cause = has_cause ? finding->caused_by : RULE_COUNT;

    return finding->rule == rule && its_cause == cause && is_shown(printer, number);
}

static void print_head(const struct text_printer *printer, enum rule_id rule, bool is_consequence,
                       size_t indent)
{
    const bool is_error = rules[rule].severity == RULE_ERROR;

    output_add_repeated(printer->output, ' ', indent);
    colour(printer, is_error ? COLOUR_ERROR : COLOUR_WARNING);
    output_add_format(printer->output, "%-8s", rule_severity_name(rules[rule].severity));
    colour(printer, COLOUR_NONE);
    output_add_format(printer->output, " %s%s\n", rules[rule].name,
                      is_consequence ? ", a consequence" : "");
}

/* Print all findings of a rule that have one cause. Returns whether there are any. */
static bool print_rule(const struct text_printer *printer, enum rule_id rule, enum rule_id cause,
                       size_t indent)
{
    const struct findings *findings = &printer->result->report->findings;
    bool has_head = false;

    for (size_t i = 0; i < findings->count; i++) {
        if (!is_of(printer, i, rule, cause) || (printer->is_printed && printer->is_printed[i]))
            continue;
        if (!has_head)
            print_head(printer, rule, cause != RULE_COUNT, indent);
        has_head = true;

        const struct text_group group = group_of(printer, i);

        print_group_message(printer, &group, indent + INDENT);
        print_circumstances(printer, &group, indent + INDENT);
        print_known(printer, i, indent + INDENT);
    }
    if (!has_head)
        return false;
    struct output remedy = { 0 };

    output_add_format(&remedy, "Remedy: %s", rules[rule].remedy);
    print_sentence(printer, &remedy, indent + INDENT);
    if (printer->style->is_verbose) {
        struct output source = { 0 };
        const char *grade = claim_grade_of_rule(rules[rule].name);

        output_add_format(&source, "Source (grade %s): %s", grade ? grade : "D",
                          rules[rule].source);
        print_lines(printer, source.data ? source.data : rules[rule].source, indent + INDENT);
        output_release(&source);
    }
    return true;
}

/* Print a rule, and below it its consequences, and theirs. A cycle of causes ends at the limit
   of depth. */
static void print_with_consequences(const struct text_printer *printer, enum rule_id rule,
                                    enum rule_id cause, unsigned depth)
{
    if (!print_rule(printer, rule, cause, depth * INDENT) || depth == 3)
        return;
    for (int severity = RULE_ERROR; severity >= RULE_WARNING; severity--)
        for (size_t i = 0; i < RULE_COUNT; i++)
            if ((int)rules[i].severity == severity)
                print_with_consequences(printer, (enum rule_id)i, rule, depth + 1);
}

/* Print findings that were not reached from a cause, for example if two rules are the cause of each
   other. */
static void print_rest(const struct text_printer *printer)
{
    const struct findings *findings = &printer->result->report->findings;

    for (size_t i = 0; printer->is_printed && i < findings->count; i++) {
        if (printer->is_printed[i] || !is_shown(printer, i))
            continue;

        const struct text_group group = group_of(printer, i);

        print_head(printer, findings->items[i].rule, false, 0);
        print_group_message(printer, &group, INDENT);
        print_circumstances(printer, &group, INDENT);
    }
}

/* ---- the rest of the report ----------------------------------------------------------------- */

static void print_notes(const struct text_printer *printer)
{
    const struct check_result *result = printer->result;

    for (size_t i = 0; i < result->absent_count; i++) {
        const struct baseline_entry *entry = result->absent[i];

        colour(printer, COLOUR_NOTE);
        output_add_text(printer->output, "absent  ");
        colour(printer, COLOUR_NONE);
        output_add_format(printer->output, " %s", rules[entry->rule].name);
        if (entry->subject) {
            output_add_text(printer->output, " of ");
            utf8_add_safe(printer->output, entry->subject, SIZE_MAX);
        }
        output_add_text(printer->output, ": the baseline has it, and it did not occur\n");
    }
    for (size_t i = 0; i < result->report->note_count; i++) {
        struct output text = { 0 };

        /* The first line begins after the word; the others are indented to that column. */
        text_lines_add(&text, result->report->notes[i], INDENT, printer->width);
        colour(printer, COLOUR_NOTE);
        output_add_text(printer->output, "note    ");
        colour(printer, COLOUR_NONE);
        output_add_text(printer->output, text.size > INDENT ? text.data + INDENT - 1 : "\n");
        printer->output->is_lost |= text.is_lost;
        output_release(&text);
    }
}

static void print_rules(const struct text_printer *printer)
{
    static const char *const words[] = { [CHECK_KEPT] = "kept",
                                         [CHECK_KNOWN] = "known",
                                         [CHECK_WARNED] = "warning",
                                         [CHECK_FAILED] = "broken",
                                         [CHECK_NOT_TRIED] = "not tried" };

    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (!rule_concerns((enum rule_id)i, printer->result->report->is_v2))
            continue;

        const enum check_verdict verdict = check_result_verdict(printer->result, (enum rule_id)i);

        output_add_format(printer->output, "%-9s %s", words[verdict], rules[i].name);
        if (verdict == CHECK_NOT_TRIED) {
            output_add_text(printer->output, ": ");
            utf8_add_safe(printer->output, check_result_reason(printer->result, (enum rule_id)i),
                          SIZE_MAX);
        }
        output_add_byte(printer->output, '\n');
    }
}

static void print_summary(const struct text_printer *printer)
{
    struct output *output = printer->output;
    const struct check_result *result = printer->result;
    const struct check_report *report = result->report;
    size_t counts[CHECK_VERDICTS];

    if (report->is_unreadable) { /* the reason names the target */
        output_add_text(output, "not checked: ");
        utf8_add_safe(output, check_result_why_untested(result), SIZE_MAX);
        output_add_byte(output, '\n');
        return;
    }
    utf8_add_safe(output, result->target, SIZE_MAX);
    if (check_result_is_untested(result)) {
        output_add_text(output, ": nothing was tested: ");
        utf8_add_safe(output, check_result_why_untested(result), SIZE_MAX);
        output_add_byte(output, '\n');
        utf8_add_safe(output, result->target, SIZE_MAX);
    }
    check_result_count_verdicts(result, counts);
    output_add_format(output, ": %zu rules kept, %zu broken, %zu with warnings, %zu not tried",
                      counts[CHECK_KEPT], counts[CHECK_FAILED], counts[CHECK_WARNED],
                      counts[CHECK_NOT_TRIED]);
    if (counts[CHECK_KNOWN])
        output_add_format(output, ", %zu known", counts[CHECK_KNOWN]);
    output_add_byte(output, '\n');
    if (report->call_count)
        output_add_format(output, "%" PRIu64 " calls, %" PRIu64 " answers examined, %.1f s\n",
                          report->call_count, report->answer_count,
                          (double)report->duration_100ns / 1e7);
    if (report->findings.dropped)
        output_add_format(output, "%" PRIu64 " further breaches are not listed\n",
                          report->findings.dropped);
}

void check_text_add(struct check_printer *printer, const struct check_result *result)
{
    const struct check_style *style = &printer->style;
    const size_t begin = printer->output->size;
    struct text_printer text = { .output = printer->output,
                                 .style = style,
                                 .result = result,
                                 .width = style->width ? style->width : CHECK_DEFAULT_WIDTH };

    /* Without memory, the same text may be printed twice, but nothing is left out. */
    text.is_printed = calloc(result->report->findings.count + 1, sizeof(*text.is_printed));
    printer->output->is_lost |= !text.is_printed;
    for (size_t i = 0; i < result->report->findings.count; i++)
        text.is_rule_shown[result->report->findings.items[i].rule] |= is_shown(&text, i);
    if (printer->has_text)
        output_add_byte(printer->output, '\n');

    const size_t findings_begin = printer->output->size;

    for (int severity = RULE_ERROR; severity >= RULE_WARNING; severity--)
        for (size_t i = 0; i < RULE_COUNT; i++)
            if ((int)rules[i].severity == severity)
                print_with_consequences(&text, (enum rule_id)i, RULE_COUNT, 0);
    print_rest(&text);
    if (!style->is_quiet)
        print_notes(&text);
    if (printer->output->size > findings_begin)
        output_add_byte(printer->output, '\n');
    if (style->is_verbose) {
        print_rules(&text);
        output_add_byte(printer->output, '\n');
    }
    if (!style->is_quiet || printer->output->size > findings_begin ||
        check_result_is_untested(result)) {
        print_summary(&text);
        printer->has_text = true;
    } else if (printer->output->data) { /* remove a superfluous blank line */
        printer->output->size = begin;
        printer->output->data[begin] = 0;
    }
    free(text.is_printed);
}

void check_text_end(struct check_printer *printer)
{
    struct output *output = printer->output;

    if (printer->target_count < 2 || printer->style.is_quiet)
        return;
    output_add_format(output, "\n%zu checked, %zu of them break a rule",
                      printer->printed_count - printer->untested_count, printer->broken_count);
    if (printer->untested_count)
        output_add_format(output, "; %zu could not be tested", printer->untested_count);
    output_add_byte(output, '\n');
}
