/* SPDX-License-Identifier: MIT
 *
 * Prints the table of rules and single explanations.
 */
#include "check_rules.h"

#include <string.h>

#include "claims.h"
#include "explanation.h"
#include "json_writer.h"
#include "text_lines.h"

/* ---- all rules ----------------------------------------------------------------------------- */

static void print_text(struct output *output, const bool is_left_out[RULE_COUNT])
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (is_left_out[i])
            continue;
        output_add_format(output, "%s  (%s)\n", rules[i].name,
                          rule_severity_name(rules[i].severity));
        text_lines_add(output, rules[i].description, 4, CHECK_DEFAULT_WIDTH);
        output_add_text(output, "    Remedy:\n");
        text_lines_add(output, rules[i].remedy, 8, CHECK_DEFAULT_WIDTH);
        output_add_text(output, "    Source:\n");
        text_lines_add(output, rules[i].source, 8, CHECK_DEFAULT_WIDTH);
    }
}

static void print_json(struct output *output, const bool is_left_out[RULE_COUNT])
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_array(&json);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (is_left_out[i])
            continue;
        json_writer_begin_object(&json);
        json_writer_key(&json, "rule");
        json_writer_string(&json, rules[i].name);
        json_writer_key(&json, "severity");
        json_writer_string(&json, rule_severity_name(rules[i].severity));
        json_writer_key(&json, "description");
        json_writer_string(&json, rules[i].description);
        json_writer_key(&json, "remedy");
        json_writer_string(&json, rules[i].remedy);
        json_writer_key(&json, "source");
        json_writer_string(&json, rules[i].source);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
}

/* Add a cell of a table. Characters with a meaning in Markdown are escaped. */
static void add_cell(struct output *output, const char *text)
{
    output_add_text(output, " ");
    for (; *text; text++) {
        if (strchr("\\|*_<", *text))
            output_add_byte(output, '\\');
        output_add_byte(output, *text);
    }
    output_add_text(output, " |");
}

static void print_markdown(struct output *output, const bool is_left_out[RULE_COUNT])
{
    output_add_text(
        output, "# Rules\n\n"
                "Generated from harness/rules/rules.def by `perfharness check --rules --format "
                "markdown`.\n\n"
                "What a V1 provider must do, as far as it can be seen from outside. An error is "
                "what Windows\ndiscards, what damages the consumer, or what makes it read wrong "
                "values; what Windows tolerates\nis a warning. The rules whose names "
                "begin with v2- are those of PERFLIB V2, seen by its\nemulation "
                "(harness/perflib/): `check --v2` tries them.\n\n"
                "| rule | severity | holds when it is kept | remedy | source |\n"
                "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (is_left_out[i])
            continue;
        output_add_format(output, "| `%s` | %s |", rules[i].name,
                          rule_severity_name(rules[i].severity));
        add_cell(output, rules[i].description);
        add_cell(output, rules[i].remedy);
        add_cell(output, rules[i].source);
        output_add_byte(output, '\n');
    }
}

void check_rules_print(struct output *output, enum check_format format,
                       const bool is_left_out[RULE_COUNT])
{
    if (format == CHECK_FORMAT_JSON)
        print_json(output, is_left_out);
    else if (format == CHECK_FORMAT_MARKDOWN)
        print_markdown(output, is_left_out);
    else
        print_text(output, is_left_out);
}

/* ---- one rule ------------------------------------------------------------------------------ */

/* A part of an explanation. One without a title is only in JSON, or in the first line. */
struct rule_part {
    const char *key, *title, *text;
    bool is_code;
};

static void explain_json(struct output *output, const struct rule_part *parts, size_t count)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    for (size_t i = 0; i < count; i++) {
        json_writer_key(&json, parts[i].key);
        json_writer_string(&json, parts[i].text);
    }
    json_writer_end_object(&json);
}

void check_rules_explain(struct output *output, enum check_format format, enum rule_id id,
                         size_t width)
{
    const struct rule *rule = &rules[id];
    const struct explanation *explanation = &explanations[id];
    const char *const grade = claim_grade_of_rule(rule->name);
    const struct rule_part parts[] = {
        { "rule", NULL, rule->name, false },
        { "severity", NULL, rule_severity_name(rule->severity), false },
        { "grade", NULL, grade, false },
        { "what", "What holds", rule->description, false },
        { "why", "Why", explanation->why, false },
        { "wrong", "Wrong", explanation->wrong, true },
        { "right", "Right", explanation->right, true },
        { "remedy", "Remedy", rule->remedy, false },
        { "windows_logs", "What Windows logs", explanation->logs, false },
        { "readers", "Which readers misread it", explanation->readers, false },
        { "source", "Source", rule->source, false },
    };
    const size_t count = sizeof(parts) / sizeof(parts[0]);

    if (format == CHECK_FORMAT_JSON) {
        explain_json(output, parts, count);
        return;
    }
    output_add_format(output, "%s  (%s, grade %s: %s)\n", rule->name,
                      rule_severity_name(rule->severity), grade ? grade : "D",
                      claim_grade_meaning(grade ? *grade : 'D'));
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].title || !parts[i].text)
            continue;
        output_add_format(output, "\n%s\n", parts[i].title);
        if (parts[i].is_code)
            text_lines_add_code(output, parts[i].text, 4);
        else
            text_lines_add(output, parts[i].text, 4, width);
    }
}
