/* SPDX-License-Identifier: MIT
 *
 * Reports for people, see doctor_report.h: one walk over the findings for text and for markdown,
 * which differ only in how a line is written.
 */
#include "doctor_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_buffer.h"
#include "text.h"
#include "text_lines.h"
#include "utf8.h"

#define WIDTH 98       /* columns; chosen */
#define LABEL_WIDTH 10 /* columns */
#define MOST_EFFECTS 8 /* lines for the effects of one cause; chosen. Others are counted */
#define MACHINE_ROOT "HKEY_LOCAL_MACHINE\\"

bool doctor_report_shows(const struct doctor_report *report,
                         const struct diagnosis_finding *finding)
{
    return report->shows_notes || doctor_faults[finding->fault].severity != FAULT_NOTE;
}

char *doctor_report_fill(const char *text, const char *service)
{
    struct text_pool pool = { 0 };
    const char *filled =
        text_pool_replace(&pool, text, "{service}", service ? service : "the service");
    char *copy = pool.is_lost ? NULL : malloc(strlen(filled) + 1);

    if (copy)
        memcpy(copy, filled, strlen(filled) + 1);
    text_pool_release(&pool);
    return copy;
}

void doctor_report_add_fact(struct output *output, const struct diagnosis_fact *fact)
{
    if (!fact->is_known || fact->is_absent) {
        output_add_text(output, "missing");
    } else if (fact->is_number) {
        output_add_format(output, "%u", (unsigned)fact->number);
    } else {
        output_add_byte(output, '"');
        output_add_text(output, fact->text);
        output_add_byte(output, '"');
    }
}

void doctor_report_add_data(struct output *output, bool is_there, unsigned type, const void *data,
                            size_t size)
{
    const unsigned char *bytes = data;

    if (!is_there) {
        output_add_text(output, "(not there)");
    } else if (type == REG_DWORD && size == 4) {
        output_add_format(output, "%u",
                          (unsigned)bytes[0] | (unsigned)bytes[1] << 8 | (unsigned)bytes[2] << 16 |
                              (unsigned)bytes[3] << 24);
    } else if (type == REG_SZ && size < 200) {
        char text[320];
        size_t length = size / sizeof(WCHAR);
        while (length && !((const WCHAR *)data)[length - 1])
            length--;
        text_to_utf8(data, length, text, sizeof(text));
        output_add_format(output, "\"%s\"", text);
    } else {
        output_add_format(output, "(%zu bytes)", size);
    }
}

/* ---- lines ------------------------------------------------------------------------------- */

struct writer {
    const struct doctor_report *report;
    struct output *output;
    bool is_markdown;
};

/* Text that markdown does not interpret. */
static void add_markdown(struct output *output, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_{}[]<>#|", *text))
            output_add_byte(output, '\\');
        output_add_byte(output, *text);
    }
}

/* Words in lines of WIDTH columns, the following lines indented. */
static void add_wrapped(struct writer *writer, const char *text, size_t indent)
{
    text_lines_add_after(writer->output, text, indent,
                         writer->report->is_unwrapped ? SIZE_MAX : WIDTH);
}

/* Write one line with a label. An empty label continues the line before. */
static void add_line(struct writer *writer, const char *label, const char *text)
{
    struct output *output = writer->output;

    if (!*text)
        return;
    if (!writer->is_markdown) {
        output_add_format(output, "  %-*s", LABEL_WIDTH, label);
        add_wrapped(writer, text, LABEL_WIDTH + 2);
        return;
    }
    if (*label)
        output_add_format(output, "* **%s**: ", label);
    else
        output_add_text(output, "  * ");
    struct output safe = { 0 };
    utf8_add_safe(&safe, text, SIZE_MAX);
    add_markdown(output, safe.data ? safe.data : "");
    output->is_lost = output->is_lost || safe.is_lost;
    output_release(&safe);
    output_add_byte(output, '\n');
}

static void add_filled(struct writer *writer, const char *label, const char *text,
                       const char *service)
{
    char *filled = doctor_report_fill(text, service);

    if (filled)
        add_line(writer, label, filled);
    else
        writer->output->is_lost = true;
    free(filled);
}

static void add_output(struct writer *writer, const char *label, struct output *text)
{
    if (text->is_lost)
        writer->output->is_lost = true;
    else if (text->size)
        add_line(writer, label, text->data);
    output_release(text);
}

/* ---- one finding ------------------------------------------------------------------------- */

static const char *short_key(const char *key, char *shortened, size_t size)
{
    size_t length = strlen(MACHINE_ROOT);

    if (strncmp(key, MACHINE_ROOT, length) != 0)
        return key;
    snprintf(shortened, size, "HKLM\\%s", key + length);
    return shortened;
}

static void add_where(struct writer *writer, const struct diagnosis_finding *finding)
{
    struct output text = { 0 };
    char key[1300];

    output_add_text(&text, short_key(finding->key, key, sizeof(key)));
    if (finding->value)
        output_add_format(&text, ", %s", finding->value);
    if (finding->value && (finding->actual.is_known || finding->expected.is_known)) {
        output_add_text(&text, " is ");
        doctor_report_add_fact(&text, &finding->actual);
        if (finding->expected.is_known) {
            output_add_text(&text,
                            finding->expected.is_absent ? ", should not be there" : ", should be ");
            if (!finding->expected.is_absent)
                doctor_report_add_fact(&text, &finding->expected);
        }
    }
    add_output(writer, "where", &text);
}

static void add_effects(struct writer *writer, size_t cause)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;
    size_t count = 0;

    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        const struct diagnosis_finding *finding = &diagnosis->findings[i];
        if (finding->caused_by != cause || !doctor_report_shows(writer->report, finding) ||
            count++ >= MOST_EFFECTS)
            continue;
        struct output text = { 0 };
        char *title = doctor_report_fill(doctor_faults[finding->fault].title, finding->service);
        output_add_format(&text, "%s: %s", doctor_faults[finding->fault].id, title ? title : "");
        if (*finding->detail)
            output_add_format(&text, " (%s)", finding->detail);
        text.is_lost = text.is_lost || !title;
        free(title);
        add_output(writer, count == 1 ? "effect" : "", &text);
    }
    if (count > MOST_EFFECTS) {
        struct output text = { 0 };
        output_add_format(&text, "and %zu more", count - MOST_EFFECTS);
        add_output(writer, "", &text);
    }
}

static const struct diagnosis_change *next_change(const struct diagnosis *diagnosis, size_t repair,
                                                  size_t *at)
{
    while (*at < diagnosis->change_count)
        if (diagnosis->changes[(*at)++].repair == repair)
            return &diagnosis->changes[*at - 1];
    return NULL;
}

/* Describe each change. A text that several changes share is written after the last of them. */
static void add_changes(struct writer *writer, size_t repair)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;
    const struct diagnosis_change *change, *next;
    size_t at = 0;

    for (change = next_change(diagnosis, repair, &at); change; change = next) {
        struct output text = { 0 };
        next = next_change(diagnosis, repair, &at);
        output_add_format(&text, "%s: ", change->value);
        doctor_report_add_data(&text, change->had_value, change->type_before, change->before,
                               change->size_before);
        output_add_text(&text, " becomes ");
        doctor_report_add_data(&text, change->has_value, change->type_after, change->after,
                               change->size_after);
        if (!next || strcmp(next->why, change->why) != 0)
            output_add_format(&text, "; %s", change->why);
        add_output(writer, "", &text);
    }
}

static void add_repairs(struct writer *writer, size_t position)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;
    const struct diagnosis_finding *finding = &diagnosis->findings[position];
    bool is_first = true;

    if (finding->repair != DIAGNOSIS_NONE) {
        struct output text = { 0 };
        output_add_format(&text, "%s (%s)", diagnosis->repairs[finding->repair].what,
                          diagnosis->repairs[finding->repair].id);
        add_output(writer, "repair", &text);
        add_changes(writer, finding->repair);
    }
    for (size_t i = 0; i < diagnosis->repair_count; i++) {
        const struct diagnosis_repair *repair = &diagnosis->repairs[i];
        if (repair->finding != position || repair->is_chosen || repair->is_withdrawn ||
            (!repair->is_optional && !finding->is_ambiguous))
            continue;
        struct output text = { 0 };
        output_add_format(&text, "--prefer %s: %s", repair->id, repair->what);
        add_output(writer, !is_first ? "" : finding->is_ambiguous ? "choose" : "possible", &text);
        is_first = false;
    }
}

static void add_finding(struct writer *writer, size_t position)
{
    const struct diagnosis_finding *finding = &writer->report->diagnosis->findings[position];
    const struct doctor_fault *fault = &doctor_faults[finding->fault];
    char *title = doctor_report_fill(fault->title, finding->service);
    struct output head = { 0 };

    if (writer->is_markdown) {
        output_add_format(writer->output, "\n### %s: %s (%s, grade %c)\n\n",
                          doctor_faults_severity_name(fault->severity), fault->id,
                          fault->severity == FAULT_NOTE ? "healthy" : "broken", fault->grade);
    } else {
        output_add_format(writer->output, "\n%s %s (grade %c)\n",
                          doctor_faults_severity_name(fault->severity), fault->id, fault->grade);
    }
    output_add_text(&head, title ? title : "");
    head.is_lost = head.is_lost || !title;
    free(title);
    if (*finding->detail)
        output_add_format(&head, "; %s", finding->detail);
    add_output(writer, fault->severity == FAULT_NOTE ? "what" : "cause", &head);
    add_where(writer, finding);
    add_filled(writer, "hurts", fault->affects, finding->service);
    add_filled(writer, "shows", fault->shows, finding->service);
    add_effects(writer, position);
    add_repairs(writer, position);
    add_filled(writer, "advice", fault->repair, finding->service);
    add_filled(writer, "risk", fault->risk, finding->service);
}

/* ---- the whole --------------------------------------------------------------------------- */

static void add_inputs(struct writer *writer)
{
    for (size_t i = 0; i < writer->report->input_count; i++) {
        const struct machine_input *input = &writer->report->inputs[i];
        struct output text = { 0 };
        output_add_format(&text, "%s (%s)%s", input->name, machine_input_kind_name(input->kind),
                          input->is_cut ? ", cut short" : "");
        add_output(writer, "examined", &text);
    }
}

static void add_count(struct output *text, size_t count, const char *what)
{
    output_add_format(text, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void add_summary(struct writer *writer)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;
    size_t errors = diagnosis_count(diagnosis, FAULT_ERROR);
    size_t warnings = diagnosis_count(diagnosis, FAULT_WARNING) - errors;
    size_t causes = 0, ambiguous = 0, values = 0;
    struct output text = { 0 };

    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        const struct diagnosis_finding *finding = &diagnosis->findings[i];
        causes += doctor_faults[finding->fault].severity != FAULT_NOTE &&
                  finding->caused_by == DIAGNOSIS_NONE;
        ambiguous += finding->is_ambiguous;
    }
    for (size_t i = 0; i < diagnosis->change_count; i++)
        values += diagnosis_is_chosen(diagnosis, &diagnosis->changes[i]);
    if (!errors && !warnings) {
        output_add_text(&text, "healthy: nothing is wrong with what was examined");
    } else {
        add_count(&text, errors, "error");
        output_add_text(&text, ", ");
        add_count(&text, warnings, "warning");
        output_add_text(&text, ", from ");
        add_count(&text, causes, "cause");
        if (values) {
            output_add_text(&text, "; ");
            add_count(&text, values, "value");
            output_add_text(&text, " can be repaired with --repair FILE.reg --undo UNDO.reg");
        }
        if (ambiguous)
            output_add_format(&text, "; %zu need%s a choice (--prefer ID)", ambiguous,
                              ambiguous == 1 ? "s" : "");
    }
    output_add_byte(writer->output, '\n');
    if (writer->is_markdown) {
        add_markdown(writer->output, text.data ? text.data : "");
        output_add_byte(writer->output, '\n');
        writer->output->is_lost = writer->output->is_lost || text.is_lost;
        output_release(&text);
        return;
    }
    add_wrapped(writer, text.data ? text.data : "", 0);
    writer->output->is_lost = writer->output->is_lost || text.is_lost;
    output_release(&text);
}

static void add_dropped(struct writer *writer)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;

    for (int i = 0; i < DOCTOR_FAULT_COUNT; i++)
        if (diagnosis->counts[i] > DIAGNOSIS_MOST_OF_A_FAULT &&
            (writer->report->shows_notes || doctor_faults[i].severity != FAULT_NOTE))
            output_add_format(writer->output, "\n%zu further findings of %s are not listed\n",
                              diagnosis->counts[i] - DIAGNOSIS_MOST_OF_A_FAULT,
                              doctor_faults[i].id);
}

static void add_all(struct writer *writer)
{
    const struct diagnosis *diagnosis = writer->report->diagnosis;

    if (writer->is_markdown)
        output_add_text(writer->output, "## Counter registry: diagnosis by perfharness doctor\n\n");
    add_inputs(writer);
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (doctor_report_shows(writer->report, &diagnosis->findings[i]) &&
            diagnosis->findings[i].caused_by == DIAGNOSIS_NONE)
            add_finding(writer, i);
    add_dropped(writer);
    add_summary(writer);
}

void doctor_report_text(const struct doctor_report *report, struct output *output)
{
    add_all(&(struct writer){ .report = report, .output = output });
}

void doctor_report_markdown(const struct doctor_report *report, struct output *output)
{
    add_all(&(struct writer){ .report = report, .output = output, .is_markdown = true });
}
