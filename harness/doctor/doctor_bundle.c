/* SPDX-License-Identifier: MIT
 *
 * Writes bundles, see doctor_bundle.h.
 */
#include "doctor_bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "reg_buffer.h"
#include "registration_read.h"
#include "repair_file.h"
#include "text.h"

static const char *const perflib_values[] = { "Base Index",
                                              "Last Counter",
                                              "Last Help",
                                              "Version",
                                              "Disable Performance Counters",
                                              "Updating",
                                              "ExtCounterTestLevel",
                                              "Configuration Flags" };

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
                                              "Collect Supports Metadata" };

static bool is_text(const struct reg_value *value)
{
    return (value->type == REG_SZ || value->type == REG_EXPAND_SZ) &&
           value->size % sizeof(WCHAR) == 0;
}

/* Text without the names of users: "C:\\Users\\anna\\x.dll" becomes "C:\\Users\\*\\x.dll". */
static void mask(const char *text, struct output *masked)
{
    static const char *const folders[] = { "\\Users\\", "\\Documents and Settings\\", "/home/" };

    while (*text) {
        size_t skip = 0;
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !skip; i++) {
            size_t length = strlen(folders[i]);
            if (strlen(text) >= length &&
                text8_compare_ignore_case(text, length, folders[i], length) == 0)
                skip = length;
        }
        output_add(masked, text, skip ? skip : 1);
        text += skip ? skip : 1;
        if (skip && *text) {
            output_add_byte(masked, '*');
            text += strcspn(text, "\\/ \n\"");
        }
    }
}

static void add_masked(struct output *output, const char *name, const struct reg_value *value)
{
    size_t length = value->size / sizeof(WCHAR);
    const WCHAR *units = (const WCHAR *)(const void *)value->data;
    struct reg_buffer text = { 0 };
    struct output masked = { 0 };

    while (length && !units[length - 1])
        length--;
    size_t size = text_utf8_size(units, length) + 1;
    char *narrow = malloc(size);
    if (!narrow) {
        output->is_lost = true;
        return;
    }
    text_to_utf8(units, length, narrow, size);
    mask(narrow, &masked);
    free(narrow);
    reg_buffer_add_utf16(&text, masked.data ? masked.data : "");
    reg_buffer_add_unit(&text, 0);
    if (text.is_lost || masked.is_lost)
        output->is_lost = true;
    else
        repair_file_add_value(output, name, value->type, text.data, text.size);
    reg_buffer_release(&text);
    output_release(&masked);
}

static void add_values(struct output *output, const struct reg_tree *tree,
                       const struct reg_key *key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct reg_value *value = reg_tree_value(tree, key, names[i]);
        if (value && is_text(value))
            add_masked(output, names[i], value);
        else if (value)
            repair_file_add_value(output, names[i], value->type, value->data, value->size);
    }
}

static void add_names(struct output *output, const struct reg_tree *tree,
                      const struct reg_key *perflib)
{
    static const char *const names[] = { "Counter", "Counters", "Help" };

    for (const struct reg_key *key = perflib->first_child; key; key = key->next) {
        uint32_t language;
        char path[300];
        if (!registration_parse_language(key->node.name, &language) || language != MACHINE_ENGLISH)
            continue;
        snprintf(path, sizeof(path), "%s\\%s", REG_PERFLIB, key->node.name);
        repair_file_add_key(output, path);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
            const struct reg_value *value = reg_tree_value(tree, key, names[i]);
            if (value)
                repair_file_add_value(output, names[i], value->type, value->data, value->size);
        }
    }
}

static void add_input(struct output *output, const struct machine_input *input)
{
    const struct reg_tree *tree = &input->tree;
    const struct reg_key *perflib = reg_tree_find(tree, REG_PERFLIB);
    const struct reg_key *services = reg_tree_find(tree, REG_SERVICES);
    char path[1300];

    if (perflib) {
        repair_file_add_key(output, REG_PERFLIB);
        add_values(output, tree, perflib, perflib_values,
                   sizeof(perflib_values) / sizeof(*perflib_values));
        add_names(output, tree, perflib);
    }
    for (const struct reg_key *key = services ? services->first_child : NULL; key;
         key = key->next) {
        const struct reg_key *performance = reg_tree_child(tree, key, "Performance");
        if (!performance)
            continue;
        snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, key->node.name);
        repair_file_add_key(output, path);
        add_values(output, tree, performance, service_values,
                   sizeof(service_values) / sizeof(*service_values));
    }
}

void doctor_bundle_write(const struct doctor_report *report, struct output *output)
{
    struct output text = { 0 }, masked = { 0 };

    doctor_report_text(report, &text);
    mask(text.data ? text.data : "", &masked);
    repair_file_begin(output);
    repair_file_add_comment(output,
                            "Made by perfharness doctor --bundle. Do not import it: it is the "
                            "state of a broken registry.");
    repair_file_add_comment(output, masked.data ? masked.data : "");
    output->is_lost = output->is_lost || text.is_lost || masked.is_lost;
    output_release(&text);
    output_release(&masked);
    /* Of two lines about one value the later counts: what is believed most comes last. */
    for (int kind = MACHINE_INPUT_ANSWER; kind >= MACHINE_INPUT_REGISTRY; kind--)
        for (size_t i = report->input_count; i > 0; i--)
            if ((int)report->inputs[i - 1].kind == kind)
                add_input(output, &report->inputs[i - 1]);
}
