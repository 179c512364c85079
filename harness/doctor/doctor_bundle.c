/* SPDX-License-Identifier: MIT
 *
 * Writes bundles, see doctor_bundle.h.
 */
#include "doctor_bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examination.h"
#include "machine.h"
#include "perf_names.h"
#include "product_version.h"
#include "reg_buffer.h"
#include "registration.h"
#include "repair_file.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const perflib_values[] = { "Base Index",
                                              "Last Counter",
                                              "Last Help",
                                              "Version",
                                              "Disable Performance Counters",
                                              "Updating",
                                              "ExtCounterTestLevel",
                                              "Configuration Flags",
                                              "EventLogLevel" };

static const char *const service_values[] = { "Library",
                                              "Open",
                                              "Collect",
                                              "Close",
                                              "First Counter",
                                              "Last Counter",
                                              "First Help",
                                              "Last Help",
                                              "Object List",
                                              "Disable Performance Counters",
                                              "Open Timeout",
                                              "Collect Timeout",
                                              "Close Timeout",
                                              "Collect Supports Metadata",
                                              "Library Validation Code",
                                              "CategoryOptions",
                                              "PerfIniFile" };

static const char *const linkage_values[] = { "Export" };
static const char *const provider_values[] = { "ApplicationIdentity", "ProviderName" };
static const char *const start_values[] = { "Start" };
static const char *const language_values[] = { "InstallLanguage" };

/* Services that readers need, see examine_services.c. */
static const char *const helpers[] = { "PerfHost", "pla", "wmiApSrv", "RemoteRegistry" };

static bool is_text(const struct reg_value *value)
{
    return value->type == REG_SZ || value->type == REG_EXPAND_SZ || value->type == REG_MULTI_SZ;
}

/* A character of a path: slashes of both kinds are the same, and so are both cases. */
static char folded(char byte)
{
    return byte == '/' ? '\\' : text_utf8_lower(byte);
}

/* The length of a folder's name if a text begins with it, or 0. `folder` is folded ASCII. */
static size_t begins_folder(const char *text, const char *folder)
{
    for (size_t i = 0; folded(text[i]) == folder[i]; i++)
        if (!folder[i + 1])
            return i + 1;
    return 0;
}

/* Whether the name of another computer begins at a place in a text, as in \\server\share. No name begins at the end
   of the text, which strchr finds, too. */
static bool begins_computer(const char *text)
{
    return begins_folder(text, "\\\\") && !strchr("\\/?. ", text[2]);
}

/* Text without the names of users and of other computers: C:\Users\anna\x.dll becomes
   C:\Users\*\x.dll. */
static void mask(const char *text, struct output *masked)
{
    static const char *const folders[] = { "\\users\\", "\\documents and settings\\", "\\home\\",
                                           "\\\\?\\unc\\" };

    for (bool is_first = true; *text;) {
        size_t skip = is_first && begins_computer(text) ? 2 : 0;
        for (size_t i = 0; i < COUNT(folders) && !skip; i++)
            skip = begins_folder(text, folders[i]);
        output_add(masked, text, skip ? skip : 1);
        is_first = strchr(" \"(,\n", *text) != NULL;
        text += skip ? skip : 1;
        if (skip && *text) {
            output_add_byte(masked, '*');
            text += strcspn(text, "\\/\n\""); /* a user's name may have blanks */
        }
    }
}

/* Add a text, masked, with a zero at its end. */
static void add_masked_text(struct reg_buffer *to, const WCHAR *units, size_t length)
{
    struct output masked = { 0 };
    size_t size = text_utf8_size(units, length) + 1;
    char *narrow = malloc(size);

    if (!narrow) {
        to->is_lost = true;
        return;
    }
    text_to_utf8(units, length, narrow, size);
    mask(narrow, &masked);
    free(narrow);
    reg_buffer_add_sized_utf16(to, masked.data, masked.size);
    reg_buffer_add_unit(to, 0);
    to->is_lost = to->is_lost || masked.is_lost;
    output_release(&masked);
}

/* Add a value of one or more texts. It keeps its form: a list ends with a zero more, and bytes that end within a
   unit still do. */
static void add_masked(struct output *output, const char *name, const struct reg_value *value)
{
    const WCHAR *units = (const WCHAR *)(const void *)value->data;
    size_t length = value->size / sizeof(WCHAR);
    struct reg_buffer text = { 0 };

    while (length && !units[length - 1])
        length--;
    for (size_t at = 0; at <= length;) {
        size_t end = at;
        while (end < length && units[end])
            end++;
        add_masked_text(&text, units + at, end - at);
        at = end + 1;
    }
    if (value->type == REG_MULTI_SZ)
        reg_buffer_add_unit(&text, 0);
    if (text.is_lost)
        output->is_lost = true;
    else
        repair_file_add_value(output, name, value->type, text.data,
                              text.size - value->size % sizeof(WCHAR));
    reg_buffer_release(&text);
}

static void add_value(struct output *output, const struct reg_value *value)
{
    if (is_text(value))
        add_masked(output, value->node.name, value);
    else
        repair_file_add_value(output, value->node.name, value->type, value->data, value->size);
}

static void add_values(struct output *output, const struct reg_tree *tree,
                       const struct reg_key *key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct reg_value *value = reg_tree_value(tree, key, names[i]);
        if (value)
            add_value(output, value);
    }
    for (const struct reg_value *value = key->first_value; value; value = value->next)
        if (examine_services_is_misspelt_switch(value->node.name))
            add_value(output, value);
}

/* Whether a finding is about a key. */
static bool is_found(const struct diagnosis *diagnosis, const char *path)
{
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (text_utf8_equal_ignore_case(diagnosis->findings[i].key, path) &&
            doctor_faults[diagnosis->findings[i].fault].severity != FAULT_NOTE)
            return true;
    return false;
}

/* English names, and those of a language that something was found about. Wine's English names are in
   CurrentLanguage, and its 009 has no values. */
static void add_names(struct output *output, const struct diagnosis *diagnosis,
                      const struct reg_tree *tree, const struct reg_key *perflib)
{
    static const char *const names[] = { "Counter", "Counters", "Help" };
    const struct reg_key *english = reg_tree_child(tree, perflib, "009");
    bool has_english = english && english->first_value;
    bool has_found_language =
        diagnosis_find(diagnosis, FAULT_current_language, NULL) != DIAGNOSIS_NONE ||
        diagnosis_find(diagnosis, FAULT_language_above_last_counter, NULL) != DIAGNOSIS_NONE;

    for (const struct reg_key *key = perflib->first_child; key; key = key->next) {
        uint32_t language = 0;
        char path[300];
        bool is_current = text_utf8_equal_ignore_case(key->node.name, "CurrentLanguage");
        if (!is_current && !registration_parse_language(key->node.name, &language))
            continue;
        bool is_english = is_current ? !has_english : language == PERF_ENGLISH;
        snprintf(path, sizeof(path), "%s\\%.200s", REG_PERFLIB, key->node.name);
        if (!is_english && !has_found_language && !is_found(diagnosis, path))
            continue;
        repair_file_add_key(output, path);
        for (size_t i = 0; i < COUNT(names); i++) {
            const struct reg_value *value = reg_tree_value(tree, key, names[i]);
            if (value)
                repair_file_add_value(output, names[i], value->type, value->data, value->size);
        }
    }
}

static void add_providers(struct output *output, const struct reg_tree *tree,
                          const struct reg_key *perflib)
{
    const struct reg_key *providers = reg_tree_child(tree, perflib, "_V2Providers");
    char path[600];

    if (!providers)
        return;
    repair_file_add_key(output, REG_PERFLIB "\\_V2Providers");
    for (const struct reg_key *key = providers->first_child; key; key = key->next) {
        snprintf(path, sizeof(path), "%s\\_V2Providers\\%.255s", REG_PERFLIB, key->node.name);
        repair_file_add_key(output, path);
        add_values(output, tree, key, provider_values, COUNT(provider_values));
    }
}

static void add_service(struct output *output, const struct reg_tree *tree,
                        const struct reg_key *service)
{
    const struct reg_key *performance = reg_tree_child(tree, service, "Performance");
    const struct reg_key *linkage = reg_tree_child(tree, service, "Linkage");
    char path[1300];

    for (size_t i = 0; i < COUNT(helpers); i++)
        if (text_utf8_equal_ignore_case(service->node.name, helpers[i]) && service->first_value) {
            snprintf(path, sizeof(path), "%s\\%s", REG_SERVICES, service->node.name);
            repair_file_add_key(output, path);
            add_values(output, tree, service, start_values, COUNT(start_values));
        }
    if (!performance)
        return;
    snprintf(path, sizeof(path), "%s\\%.1000s\\Performance", REG_SERVICES, service->node.name);
    repair_file_add_key(output, path);
    add_values(output, tree, performance, service_values, COUNT(service_values));
    if (!reg_tree_value(tree, linkage, "Export"))
        return;
    snprintf(path, sizeof(path), "%s\\%.1000s\\Linkage", REG_SERVICES, service->node.name);
    repair_file_add_key(output, path);
    add_values(output, tree, linkage, linkage_values, COUNT(linkage_values));
}

static void add_input(struct output *output, const struct diagnosis *diagnosis,
                      const struct machine_input *input)
{
    const struct reg_tree *tree = &input->tree;
    const struct reg_key *perflib = reg_tree_find(tree, REG_PERFLIB);
    const struct reg_key *services = reg_tree_find(tree, REG_SERVICES);
    const struct reg_key *language = reg_tree_find(tree, REG_LANGUAGE);

    if (perflib) {
        repair_file_add_key(output, REG_PERFLIB);
        add_values(output, tree, perflib, perflib_values, COUNT(perflib_values));
        add_names(output, diagnosis, tree, perflib);
        add_providers(output, tree, perflib);
    }
    for (const struct reg_key *key = services ? services->first_child : NULL; key; key = key->next)
        add_service(output, tree, key);
    if (!language)
        return;
    repair_file_add_key(output, REG_LANGUAGE);
    add_values(output, tree, language, language_values, COUNT(language_values));
}

void doctor_bundle_write(const struct doctor_report *report, struct output *output)
{
    struct doctor_report unwrapped = *report;
    struct output head = { 0 }, text = { 0 }, masked = { 0 };

    unwrapped.is_unwrapped = true; /* a name that is to be masked may have blanks */
    doctor_report_text(&unwrapped, &text);
    mask(text.data ? text.data : "", &masked);
    output_add_format(
        &head,
        "Made by perfharness %s doctor --bundle. Do not import it: it is the state of "
        "a broken registry.",
        product_version);
    repair_file_begin(output);
    repair_file_add_comment(output, head.data ? head.data : "");
    repair_file_add_comment(output, masked.data ? masked.data : "");
    output->is_lost = output->is_lost || head.is_lost || text.is_lost || masked.is_lost;
    output_release(&head);
    output_release(&text);
    output_release(&masked);
    /* In a .reg file the last line about a value counts, so the input that is believed most
       comes last. */
    for (int kind = MACHINE_INPUT_ANSWER; kind >= MACHINE_INPUT_REGISTRY; kind--)
        for (size_t i = report->input_count; i > 0; i--)
            if ((int)report->inputs[i - 1].kind == kind)
                add_input(output, report->diagnosis, &report->inputs[i - 1]);
}
