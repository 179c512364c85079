/* SPDX-License-Identifier: MIT
 *
 * Reports for programs, see doctor_report.h: JSON of our own, and SARIF 2.1.0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_report.h"
#include "json_writer.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static void add_string(struct json_writer *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_string(json, text);
}

static void add_filled(struct json_writer *json, const char *key, const char *text,
                       const char *service)
{
    char *filled = doctor_report_fill(text, service);

    add_string(json, key, filled);
    json->output->is_lost = json->output->is_lost || !filled;
    free(filled);
}

static void add_fact(struct json_writer *json, const char *key, const struct diagnosis_fact *fact)
{
    json_writer_key(json, key);
    if (!fact->is_known || fact->is_absent)
        json_writer_null(json);
    else if (fact->is_number)
        json_writer_unsigned(json, fact->number);
    else
        json_writer_string(json, fact->text);
}

static void add_affects(struct json_writer *json, const struct diagnosis_finding *finding)
{
    char *filled = doctor_report_fill(doctor_faults[finding->fault].affects, finding->service);

    json_writer_key(json, "affects");
    json_writer_begin_array(json);
    for (const char *at = filled ? filled : ""; *at;) {
        const char *end = strstr(at, ", ");
        size_t length = end ? (size_t)(end - at) : strlen(at);
        json_writer_sized_string(json, at, length);
        at += length;
        at += strspn(at, ", ");
    }
    json_writer_end_array(json);
    json->output->is_lost = json->output->is_lost || !filled;
    free(filled);
}

static const char *message_of(const struct diagnosis_finding *finding, struct output *message)
{
    char *title = doctor_report_fill(doctor_faults[finding->fault].title, finding->service);

    output_add_text(message, title ? title : "");
    if (*finding->detail)
        output_add_format(message, ": %s", finding->detail);
    message->is_lost = message->is_lost || !title;
    free(title);
    return message->data ? message->data : "";
}

static const char *repair_of(const struct diagnosis *diagnosis,
                             const struct diagnosis_finding *finding)
{
    return finding->repair == DIAGNOSIS_NONE ? NULL : diagnosis->repairs[finding->repair].id;
}

static void add_finding(struct json_writer *json, const struct doctor_report *report,
                        size_t position)
{
    const struct diagnosis *diagnosis = report->diagnosis;
    const struct diagnosis_finding *finding = &diagnosis->findings[position];
    const struct doctor_fault *fault = &doctor_faults[finding->fault];
    const char grade[2] = { fault->grade, 0 };
    struct output message = { 0 };

    json_writer_begin_object(json);
    add_string(json, "id", fault->id);
    add_string(json, "severity", doctor_faults_severity_name(fault->severity));
    add_string(json, "grade", grade);
    add_string(json, "service", finding->service);
    add_string(json, "other_service", finding->other);
    add_string(json, "key", finding->key);
    add_string(json, "value", finding->value);
    add_fact(json, "actual", &finding->actual);
    add_fact(json, "expected", &finding->expected);
    add_affects(json, finding);
    add_string(json, "message", message_of(finding, &message));
    json->output->is_lost = json->output->is_lost || message.is_lost;
    output_release(&message);
    add_filled(json, "shows", fault->shows, finding->service);
    add_filled(json, "advice", fault->repair, finding->service);
    add_filled(json, "risk", fault->risk, finding->service);
    add_string(json, "caused_by",
               finding->caused_by == DIAGNOSIS_NONE
                   ? NULL
                   : doctor_faults[diagnosis->findings[finding->caused_by].fault].id);
    add_string(json, "repair", repair_of(diagnosis, finding));
    json_writer_key(json, "choices");
    json_writer_begin_array(json);
    for (size_t i = 0; i < diagnosis->repair_count; i++)
        if (diagnosis->repairs[i].finding == position && !diagnosis->repairs[i].is_chosen &&
            !diagnosis->repairs[i].is_withdrawn)
            json_writer_string(json, diagnosis->repairs[i].id);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

static void add_data(struct json_writer *json, const char *key, bool is_there, uint32_t type,
                     const void *data, size_t size)
{
    struct output text = { 0 };

    json_writer_key(json, key);
    if (!is_there) {
        json_writer_null(json);
    } else if (type == REG_DWORD && size == 4) {
        const unsigned char *bytes = data;
        json_writer_unsigned(json, (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                                       (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    } else {
        doctor_report_add_data(&text, true, type, data, size);
        json_writer_string(json, text.data);
    }
    output_release(&text);
}

static void add_change(struct json_writer *json, const struct diagnosis *diagnosis,
                       const struct diagnosis_change *change)
{
    json_writer_begin_object(json);
    add_string(json, "id", diagnosis->repairs[change->repair].id);
    add_string(json, "key", change->key);
    add_string(json, "value", change->value);
    add_data(json, "before", change->had_value, change->type_before, change->before,
             change->size_before);
    add_data(json, "after", change->has_value, change->type_after, change->after,
             change->size_after);
    add_string(json, "why", change->why);
    json_writer_key(json, "chosen");
    json_writer_bool(json, diagnosis_is_chosen(diagnosis, change));
    json_writer_end_object(json);
}

void doctor_json_write(const struct doctor_report *report, struct output *output)
{
    const struct diagnosis *diagnosis = report->diagnosis;
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    json_writer_key(&json, "inputs");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < report->input_count; i++) {
        json_writer_begin_object_on_one_line(&json);
        add_string(&json, "name", report->inputs[i].name);
        add_string(&json, "kind", machine_input_kind_name(report->inputs[i].kind));
        json_writer_key(&json, "is_cut");
        json_writer_bool(&json, report->inputs[i].is_cut);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_key(&json, "findings");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (doctor_report_shows(report, &diagnosis->findings[i]))
            add_finding(&json, report, i);
    json_writer_end_array(&json);
    json_writer_key(&json, "repairs");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < diagnosis->change_count; i++)
        if (!diagnosis->repairs[diagnosis->changes[i].repair].is_withdrawn)
            add_change(&json, diagnosis, &diagnosis->changes[i]);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- SARIF ------------------------------------------------------------------------------- */

static void add_message(struct json_writer *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_begin_object_on_one_line(json);
    add_string(json, "text", text);
    json_writer_end_object(json);
}

static void add_rule(struct json_writer *json, const struct doctor_fault *fault)
{
    char *text = doctor_report_fill(fault->title, NULL);
    char *help = doctor_report_fill(fault->repair, NULL);

    json_writer_begin_object(json);
    add_string(json, "id", fault->id);
    add_message(json, "shortDescription", text ? text : "");
    add_message(json, "help", help ? help : "");
    json_writer_key(json, "defaultConfiguration");
    json_writer_begin_object_on_one_line(json);
    add_string(json, "level", doctor_faults_severity_name(fault->severity));
    json_writer_end_object(json);
    json_writer_end_object(json);
    json->output->is_lost = json->output->is_lost || !text || !help;
    free(text);
    free(help);
}

/* Add a path as a URI. Characters that are not allowed there are escaped. */
static void add_uri(struct json_writer *json, const char *path)
{
    struct output uri = { 0 };

    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || strchr("-._~/", byte);
        if (byte == '\\')
            output_add_byte(&uri, '/');
        else if (is_plain)
            output_add_byte(&uri, (char)byte);
        else
            output_add_format(&uri, "%%%02X", byte);
    }
    add_string(json, "uri", uri.data ? uri.data : "");
    json->output->is_lost = json->output->is_lost || uri.is_lost;
    output_release(&uri);
}

static void add_result(struct json_writer *json, const struct doctor_report *report,
                       const struct diagnosis_finding *finding)
{
    const struct doctor_fault *fault = &doctor_faults[finding->fault];
    struct output message = { 0 }, place = { 0 };

    json_writer_begin_object(json);
    add_string(json, "ruleId", fault->id);
    json_writer_key(json, "ruleIndex");
    json_writer_unsigned(json, (uint64_t)finding->fault);
    add_string(json, "level", doctor_faults_severity_name(fault->severity));
    add_message(json, "message", message_of(finding, &message));
    json_writer_key(json, "locations");
    json_writer_begin_array(json);
    json_writer_begin_object(json);
    json_writer_key(json, "physicalLocation");
    json_writer_begin_object(json);
    json_writer_key(json, "artifactLocation");
    json_writer_begin_object_on_one_line(json);
    add_uri(json, report->input_count ? report->inputs[0].name : "");
    json_writer_end_object(json);
    json_writer_end_object(json);
    json_writer_key(json, "logicalLocations");
    json_writer_begin_array(json);
    json_writer_begin_object_on_one_line(json);
    output_add_format(&place, "%s%s%s", finding->key, finding->value ? "\\" : "",
                      finding->value ? finding->value : "");
    add_string(json, "fullyQualifiedName", place.data ? place.data : "");
    json_writer_end_object(json);
    json_writer_end_array(json);
    json_writer_end_object(json);
    json_writer_end_array(json);
    json_writer_end_object(json);
    json->output->is_lost = json->output->is_lost || message.is_lost || place.is_lost;
    output_release(&message);
    output_release(&place);
}

void doctor_json_write_sarif(const struct doctor_report *report, struct output *output)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    add_string(&json, "$schema", SARIF_SCHEMA);
    add_string(&json, "version", "2.1.0");
    json_writer_key(&json, "runs");
    json_writer_begin_array(&json);
    json_writer_begin_object(&json);
    json_writer_key(&json, "tool");
    json_writer_begin_object(&json);
    json_writer_key(&json, "driver");
    json_writer_begin_object(&json);
    add_string(&json, "name", "perfharness doctor");
    json_writer_key(&json, "rules");
    json_writer_begin_array(&json);
    for (int i = 0; i < DOCTOR_FAULT_COUNT; i++)
        add_rule(&json, &doctor_faults[i]);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    json_writer_end_object(&json);
    json_writer_key(&json, "results");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < report->diagnosis->finding_count; i++)
        if (doctor_report_shows(report, &report->diagnosis->findings[i]))
            add_result(&json, report, &report->diagnosis->findings[i]);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}
