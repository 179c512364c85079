/* SPDX-License-Identifier: MIT
 *
 * SARIF 2.1.0 (OASIS): one run for all targets. Its rules are the whole table. A result has a
 * fingerprint that does not depend on offsets and sizes, so that a server recognises it in a later
 * run. Known findings are suppressed and keep their reason.
 */
#include "check_formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "explanation.h"
#include "hash.h"
#include "product_version.h"
#include "text.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static void key_string(struct json_writer *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_string(json, text);
}

/* Write "key": { "text": … }. */
static void key_message(struct json_writer *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_begin_object_on_one_line(json);
    key_string(json, "text", text);
    json_writer_end_object(json);
}

/* ---- the tool ------------------------------------------------------------------------------ */

static void print_rule(struct json_writer *json, enum rule_id id)
{
    const struct rule *rule = &rules[id];
    struct output help = { 0 };

    output_add_format(&help, "%s Remedy: %s Source: %s.", rule->description, rule->remedy,
                      rule->source);
    json_writer_begin_object(json);
    key_string(json, "id", rule->name);
    key_message(json, "shortDescription", rule->description);
    key_message(json, "fullDescription", explanations[id].why);
    key_message(json, "help", help.data ? help.data : rule->remedy);
    json_writer_key(json, "defaultConfiguration");
    json_writer_begin_object_on_one_line(json);
    key_string(json, "level", rule_severity_name(rule->severity));
    json_writer_end_object(json);
    json_writer_key(json, "properties");
    json_writer_begin_object_on_one_line(json);
    key_string(json, "grade", claim_grade_of_rule(rule->name));
    json_writer_end_object(json);
    json_writer_end_object(json);
    json->output->is_lost |= help.is_lost;
    output_release(&help);
}

void check_sarif_begin(struct check_printer *printer)
{
    struct json_writer *json = &printer->json;

    json_writer_begin_object(json);
    key_string(json, "$schema", SCHEMA);
    key_string(json, "version", "2.1.0");
    json_writer_key(json, "runs");
    json_writer_begin_array(json);
    json_writer_begin_object(json);
    json_writer_key(json, "tool");
    json_writer_begin_object(json);
    json_writer_key(json, "driver");
    json_writer_begin_object(json);
    key_string(json, "name", "perfharness");
    key_string(json, "version", product_version);
    key_string(json, "semanticVersion", product_version);
    json_writer_key(json, "rules");
    json_writer_begin_array(json);
    for (size_t i = 0; i < RULE_COUNT; i++)
        print_rule(json, (enum rule_id)i);
    json_writer_end_array(json);
    json_writer_end_object(json);
    json_writer_end_object(json);
    json_writer_key(json, "results");
    json_writer_begin_array(json);
}

/* ---- results ------------------------------------------------------------------------------- */

/* Write a path as a URI reference: absolute paths become file: URIs. */
static void key_uri(struct json_writer *json, const char *path)
{
    const bool has_drive =
        ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z')) &&
        path[1] == ':';
    struct output uri = { 0 };

    if (path[0] == '/' || path[0] == '\\' || has_drive)
        output_add_text(&uri, has_drive ? "file:///" : "file://");
    for (const char *at = path; *at; at++) {
        const unsigned char byte = (unsigned char)*at;
        const bool is_plain = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                              (byte >= '0' && byte <= '9') || strchr("-._~/", byte) ||
                              (has_drive && at == path + 1);
        if (byte == '\\')
            output_add_byte(&uri, '/');
        else if (is_plain)
            output_add_byte(&uri, *at);
        else
            output_add_format(&uri, "%%%02X", byte);
    }
    key_string(json, "uri", uri.data ? uri.data : "");
    json->output->is_lost |= uri.is_lost;
    output_release(&uri);
}

static void key_artifact(struct json_writer *json, const char *key, const char *path)
{
    json_writer_key(json, key);
    json_writer_begin_object_on_one_line(json);
    key_uri(json, path);
    json_writer_end_object(json);
}

static void print_region(struct json_writer *json, const struct check_result *result,
                         const struct finding *finding)
{
    const struct finding_location *location = &finding->location;
    const bool has_line = location->file && location->line;

    if (!has_line && !(result->report->is_blob && finding->offset != FINDINGS_NO_OFFSET))
        return;
    json_writer_key(json, "region");
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, has_line ? "startLine" : "byteOffset");
    json_writer_unsigned(json, has_line ? location->line : finding->offset);
    if (!has_line) {
        json_writer_key(json, "byteLength");
        json_writer_unsigned(json, 0);
    }
    json_writer_end_object(json);
}

static void print_location(struct json_writer *json, const struct check_result *result,
                           const struct finding *finding)
{
    const struct finding_location *location = &finding->location;
    const bool has_line = location->file && location->line;
    const char *const logical = location->function ? location->function : finding->subject;

    json_writer_key(json, "locations");
    json_writer_begin_array(json);
    json_writer_begin_object(json);
    json_writer_key(json, "physicalLocation");
    json_writer_begin_object(json);
    key_artifact(json, "artifactLocation", has_line ? location->file : result->target);
    print_region(json, result, finding);
    json_writer_end_object(json);
    if (logical) {
        json_writer_key(json, "logicalLocations");
        json_writer_begin_array(json);
        json_writer_begin_object_on_one_line(json);
        key_string(json, "fullyQualifiedName", logical);
        if (location->function)
            key_string(json, "kind", "function");
        json_writer_end_object(json);
        json_writer_end_array(json);
    }
    json_writer_end_object(json);
    json_writer_end_array(json);
}

/* Write what identifies the finding in later runs. */
static void print_fingerprint(struct json_writer *json, const char *target, enum rule_id rule,
                              const char *subject, const char *query)
{
    const char *const parts[] = { text_utf8_file_name(target), rules[rule].name, subject, query };
    uint64_t hash = HASH_BEGIN;
    char text[20];

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hash = hash_step(hash, parts[i] != NULL);
        if (parts[i])
            hash = hash_step(hash_text(hash, parts[i]), strlen(parts[i]));
    }
    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    json_writer_key(json, "partialFingerprints");
    json_writer_begin_object_on_one_line(json);
    key_string(json, "perfharnessFinding/v1", text);
    json_writer_end_object(json);
}

static void print_suppressions(struct json_writer *json, const struct baseline_entry *known)
{
    json_writer_key(json, "suppressions");
    json_writer_begin_array(json);
    if (known) {
        json_writer_begin_object_on_one_line(json);
        key_string(json, "kind", "external");
        key_string(json, "justification", known->reason);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

/* `has_target`: write the target, because no location names it. */
static void begin_result(struct json_writer *json, const struct check_result *result,
                         enum rule_id rule, bool has_target)
{
    json_writer_begin_object(json);
    key_string(json, "ruleId", rules[rule].name);
    json_writer_key(json, "ruleIndex");
    json_writer_unsigned(json, rule);
    key_string(json, "level", rule_severity_name(rules[rule].severity));
    if (has_target)
        key_artifact(json, "analysisTarget", result->target);
}

static void print_properties(struct json_writer *json, const struct finding *finding)
{
    json_writer_key(json, "properties");
    json_writer_begin_object(json);
    key_string(json, "subject", finding->subject);
    key_string(json, "query", finding->query);
    json_writer_key(json, "bufferSize");
    json_writer_unsigned(json, finding->buffer_size);
    json_writer_key(json, "offset");
    if (finding->offset == FINDINGS_NO_OFFSET)
        json_writer_null(json);
    else
        json_writer_unsigned(json, finding->offset);
    key_string(json, "remedy", rules[finding->rule].remedy);
    key_string(json, "grade", claim_grade_of_rule(rules[finding->rule].name));
    key_string(json, "causedBy", finding->has_cause ? rules[finding->caused_by].name : NULL);
    json_writer_end_object(json);
}

static void print_finding(struct json_writer *json, const struct check_result *result,
                          size_t number)
{
    const struct finding *finding = &result->report->findings.items[number];
    struct output message = { 0 };

    begin_result(json, result, finding->rule, finding->location.file && finding->location.line);
    output_add_text(&message, finding->message);
    if (finding->query)
        output_add_format(&message, " (query \"%s\", buffer of %" PRIu32 " bytes)", finding->query,
                          finding->buffer_size);
    output_add_format(&message, ". %s", rules[finding->rule].remedy);
    key_message(json, "message", message.data ? message.data : finding->message);
    json->output->is_lost |= message.is_lost;
    output_release(&message);

    print_location(json, result, finding);
    print_fingerprint(json, result->target, finding->rule, finding->subject, finding->query);
    json_writer_key(json, "occurrenceCount");
    json_writer_unsigned(json, finding->count < INT32_MAX ? finding->count : INT32_MAX);
    if (result->has_baseline) {
        key_string(json, "baselineState", check_result_state(result, number));
        print_suppressions(json, result->known ? result->known[number] : NULL);
    }
    print_properties(json, finding);
    json_writer_end_object(json);
}

static void print_absent(struct json_writer *json, const struct check_result *result,
                         const struct baseline_entry *entry)
{
    begin_result(json, result, entry->rule, true);
    key_message(json, "message", "The baseline has this finding; this run does not.");
    print_fingerprint(json, result->target, entry->rule, entry->subject, entry->query);
    key_string(json, "baselineState", "absent");
    print_suppressions(json, entry);
    json_writer_end_object(json);
}

void check_sarif_add(struct check_printer *printer, const struct check_result *result)
{
    struct json_writer *json = &printer->json;

    for (size_t i = 0; i < result->report->findings.count; i++)
        print_finding(json, result, i);
    for (size_t i = 0; i < result->absent_count; i++)
        print_absent(json, result, result->absent[i]);
    if (!check_result_is_untested(result))
        return;
    /* Kept for the end: two terminated texts for each target. */
    output_add(&printer->notifications, result->target, strlen(result->target) + 1);
    output_add_format(&printer->notifications, "%s: %s: %s", result->target,
                      check_report_status_name(check_report_status(result->report)),
                      check_result_why_untested(result));
    output_add_byte(&printer->notifications, 0);
}

void check_sarif_end(struct check_printer *printer)
{
    struct json_writer *json = &printer->json;
    const struct output *notifications = &printer->notifications;
    const char *at = notifications->is_lost ? NULL : notifications->data;
    const char *const end = at ? at + notifications->size : NULL;

    json_writer_end_array(json);
    json_writer_key(json, "invocations");
    json_writer_begin_array(json);
    json_writer_begin_object(json);
    json_writer_key(json, "executionSuccessful");
    json_writer_bool(json, at == NULL);
    json_writer_key(json, "toolExecutionNotifications");
    json_writer_begin_array(json);
    while (at < end) {
        const char *const text = at + strlen(at) + 1;

        json_writer_begin_object(json);
        key_string(json, "level", "error");
        key_message(json, "message", text);
        json_writer_key(json, "locations");
        json_writer_begin_array(json);
        json_writer_begin_object_on_one_line(json);
        json_writer_key(json, "physicalLocation");
        json_writer_begin_object(json);
        key_artifact(json, "artifactLocation", at);
        json_writer_end_object(json);
        json_writer_end_object(json);
        json_writer_end_array(json);
        json_writer_end_object(json);
        at = text + strlen(text) + 1;
    }
    json_writer_end_array(json);
    json_writer_end_object(json);
    json_writer_end_array(json);
    json_writer_end_object(json);
    json_writer_end_array(json);
    json_writer_end_object(json);
}
