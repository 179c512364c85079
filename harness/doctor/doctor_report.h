/* SPDX-License-Identifier: MIT
 *
 * A diagnosis as text for people, as markdown for a ticket, as JSON and as SARIF.
 */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnosis.h"
#include "machine_input.h"
#include "output.h"

/** What was examined, for all formats. */
struct doctor_report {
    const struct diagnosis *diagnosis;
    const struct machine_input *inputs;
    size_t input_count;
    bool shows_notes;  /* healthy oddities too */
    bool is_unwrapped; /* text: lines are not broken */
};

/** Text: the cause first, then its effects, the repair and its risk. */
void doctor_report_text(const struct doctor_report *report, struct output *output);

/** The same as markdown. */
void doctor_report_markdown(const struct doctor_report *report, struct output *output);

/** JSON, {"schema": 1, ...}. */
void doctor_json_write(const struct doctor_report *report, struct output *output);

/** SARIF 2.1.0. */
void doctor_json_write_sarif(const struct doctor_report *report, struct output *output);

/** Whether a finding is shown: notes only on request. */
bool doctor_report_shows(const struct doctor_report *report,
                         const struct diagnosis_finding *finding);

/** A text of the table with the service's name in it; free with free(); NULL: out of memory. */
char *doctor_report_fill(const char *text, const char *service);

/** Write a fact: "9006", "\"System\""; "missing" if it is absent or unknown. */
void doctor_report_add_fact(struct output *output, const struct diagnosis_fact *fact);

/** A value before or after a change, for people: a number, a text, its size, or "(not there)". */
void doctor_report_add_data(struct output *output, bool is_there, unsigned type, const void *data,
                            size_t size);

#endif /* DOCTOR_REPORT_H */
