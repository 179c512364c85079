/* SPDX-License-Identifier: MIT
 *
 * See registry_findings.h.
 */
#include "registry_findings.h"

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "doctor.h"
#include "doctor_report.h"
#include "text.h"

DWORD registry_findings_open(struct registry_findings *findings, const char *path,
                             struct registration_error *error)
{
    static const struct doctor_options no_options;
    DWORD failure = *path ? machine_input_read(path, &findings->input, error)
                          : machine_input_read_system(&findings->input, error);

    if (failure)
        return failure;
    if (findings->input.kind != MACHINE_INPUT_REGISTRY) {
        snprintf(error->message, sizeof(error->message),
                 "%.600s: is no .reg file but a %s: perfharness doctor reads it", path,
                 machine_input_kind_name(findings->input.kind));
        machine_input_release(&findings->input);
        return ERROR_INVALID_DATA;
    }
    failure = doctor_examine(&findings->input, 1, &no_options, &findings->diagnosis);
    if (failure) {
        snprintf(error->message, sizeof(error->message), "out of memory");
        registry_findings_close(findings);
    }
    return failure;
}

char *registry_findings_line(const struct diagnosis_finding *finding)
{
    struct output line = { 0 };
    char *title = doctor_report_fill(doctor_faults[finding->fault].title, finding->service);

    output_add_text(&line, title ? title : "");
    if (*finding->detail)
        output_add_format(&line, ": %s", finding->detail);
    else if (finding->value) {
        output_add_format(&line, ": %s is ", finding->value);
        doctor_report_add_fact(&line, &finding->actual);
    }
    output_add_format(&line, " [%s]", doctor_faults[finding->fault].id);
    if (!title || line.is_lost)
        output_release(&line);
    free(title);
    return line.data;
}

const struct diagnosis_finding *registry_findings_next(const struct registry_findings *findings,
                                                       const char *service, size_t *at)
{
    while (*at < findings->diagnosis.finding_count) {
        const struct diagnosis_finding *finding = &findings->diagnosis.findings[(*at)++];
        bool is_about = !service || !finding->service ||
                        text_utf8_equal_ignore_case(finding->service, service) ||
                        (finding->other && text_utf8_equal_ignore_case(finding->other, service));
        if (is_about && doctor_faults[finding->fault].severity != FAULT_NOTE &&
            finding->caused_by == DIAGNOSIS_NONE)
            return finding;
    }
    return NULL;
}

void registry_findings_complain(const struct registry_findings *findings)
{
    const struct diagnosis_finding *finding;
    size_t at = 0;

    while ((finding = registry_findings_next(findings, NULL, &at))) {
        char *line = registry_findings_line(finding);
        if (line)
            command_complain("%s: %s",
                             doctor_faults_severity_name(doctor_faults[finding->fault].severity),
                             line);
        free(line);
    }
}

void registry_findings_close(struct registry_findings *findings)
{
    diagnosis_release(&findings->diagnosis);
    machine_input_release(&findings->input);
}
