/* SPDX-License-Identifier: MIT
 *
 * perfharness truth: prints the list of claims about Windows, or one of them. harness/claims/ has
 * the list.
 */
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "command.h"
#include "json_writer.h"
#include "options.h"
#include "output.h"
#include "text_lines.h"

#define TEXT_WIDTH 96   /* columns */
#define FIELD_INDENT 12 /* columns before the text of a field */

enum { FORMAT_TEXT, FORMAT_JSON };

struct truth_options {
    int format;
    bool list;
    const char *explain;
};

static const struct command_option truth_option_table[] = {
    { "list", 0, OPTION_FLAG, offsetof(struct truth_options, list), NULL, "all claims; the default",
      0, 0 },
    { "explain", 0, OPTION_TEXT, offsetof(struct truth_options, explain), "ID",
      "one claim: its source, its probe, and what rests on it", 0, 0 },
    { "format", 'f', OPTION_CHOICE, offsetof(struct truth_options, format), "text|json",
      "how to print them", 0, 0 },
    OPTIONS_END,
};

/* ---- text -------------------------------------------------------------------------------- */

static void add_field(struct output *output, const char *name, const char *text)
{
    output_add_format(output, "  %-10s", name);
    text_lines_add_after(output, text, FIELD_INDENT, TEXT_WIDTH);
}

static void print_totals(struct output *output)
{
    output_add_format(output, "%zu claims:", claims_count);
    for (char grade = 'A'; claim_grade_meaning(grade); grade++)
        output_add_format(output, "%s %zu %c", grade == 'A' ? "" : ",", claims_count_grade(grade),
                          grade);
    output_add_format(output, "; %zu confirmed, %zu refuted, %zu not probed\n",
                      claims_count_state(CLAIM_CONFIRMED), claims_count_state(CLAIM_REFUTED),
                      claims_count_state(CLAIM_NOT_PROBED));
    for (char grade = 'A'; claim_grade_meaning(grade); grade++)
        output_add_format(output, "  %c  %s\n", grade, claim_grade_meaning(grade));
}

static void print_list(struct output *output)
{
    for (size_t i = 0; i < claims_count; i++) {
        output_add_format(output, "%c  %s\n   ", claims[i].grade, claims[i].id);
        text_lines_add_after(output, claims[i].text, 3, TEXT_WIDTH);
    }
    output_add_byte(output, '\n');
    print_totals(output);
}

static void print_claim(struct output *output, const struct claim *claim)
{
    char grade[80];

    output_add_format(output, "%s\n", claim->id);
    add_field(output, "claim", claim->text);
    snprintf(grade, sizeof(grade), "%c: %s", claim->grade, claim_grade_meaning(claim->grade));
    add_field(output, "grade", grade);
    add_field(output, "source", claim->source);
    if (claim->probe) {
        add_field(output, "probe", claim->probe->name);
        output_add_repeated(output, ' ', FIELD_INDENT);
        text_lines_add_after(output, claim->probe->does, FIELD_INDENT, TEXT_WIDTH);
    } else {
        add_field(output, "no probe", claim->no_probe);
    }
    add_field(output, "state", claim_state_name(claim_state(claim)));
    if (*claim->covers)
        add_field(output, "used by", claim->covers);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void add_string(struct json_writer *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_string(json, text);
}

static void print_json(struct output *output, const struct claim *first, size_t count)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    json_writer_key(&json, "claims");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = &first[i];

        json_writer_begin_object(&json);
        add_string(&json, "id", claim->id);
        add_string(&json, "text", claim->text);
        json_writer_key(&json, "grade");
        json_writer_sized_string(&json, &claim->grade, 1);
        add_string(&json, "source", claim->source);
        add_string(&json, "probe", claim->probe ? claim->probe->name : NULL);
        add_string(&json, "no_probe", claim->no_probe);
        add_string(&json, "state", claim_state_name(claim_state(claim)));
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- the command ------------------------------------------------------------------------- */

static void complain_of_id(const char *id)
{
    const struct claim *nearest = NULL;
    size_t nearest_distance = 4; /* in letters: with more differences, it is not a typing error */

    for (size_t i = 0; i < claims_count; i++) {
        const size_t distance = options_distance(id, claims[i].id);
        const bool is_part = *id && strstr(claims[i].id, id);

        if (distance < nearest_distance || (!nearest && is_part)) {
            nearest = &claims[i];
            nearest_distance = distance < nearest_distance ? distance : nearest_distance;
        }
    }
    if (nearest)
        command_complain("truth: no claim \"%s\"; did you mean \"%s\"?", id, nearest->id);
    else
        command_complain("truth: no claim \"%s\"; `perfharness truth` lists them", id);
}

static int run_truth(const struct global_options *global, int argc, char **argv)
{
    struct truth_options options = { 0 };
    struct output output = { 0 };
    const struct claim *claim = NULL;
    int status = EXIT_FINE;

    (void)global;
    if (!options_parse(truth_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc) {
        command_complain("truth: \"%s\" is too much; one claim: --explain ID", argv[0]);
        return EXIT_BAD_USAGE;
    }
    if (options.explain && options.list) {
        command_complain("truth: --list and --explain exclude each other: give one of them");
        return EXIT_BAD_USAGE;
    }
    if (options.explain) {
        claim = claim_find(options.explain);
        if (!claim) {
            complain_of_id(options.explain);
            return EXIT_BAD_USAGE;
        }
    }
    if (options.format == FORMAT_JSON)
        print_json(&output, claim ? claim : claims, claim ? 1 : claims_count);
    else if (claim)
        print_claim(&output, claim);
    else
        print_list(&output);
    if (output.is_lost) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    } else {
        fwrite(output.data, 1, output.size, stdout);
    }
    output_release(&output);
    return status;
}

const struct command command_truth = {
    .name = "truth",
    .usage = "[--list | --explain ID] [--format FORMAT]",
    .summary = "what is claimed about Windows: graded, sourced, and how it can be tried",
    .help = "A claim is one sentence about what can be observed: of queries, test levels,\n"
            "installations, ctrpp, PERFLIB V2 and process snapshots. Its grade is how well it is\n"
            "known: A observed on Windows and published, B Microsoft's documentation, C several\n"
            "independent consumers rely on it, D our choice where nothing is known.\n"
            "A probe is named for each claim that windows-truth.exe can try on Windows; `make\n"
            "truth RESULTS=FILE` marks the claims with what it found. Until then a claim is\n"
            "\"not-probed\".\n"
            "Exit status: 0, or 2 for a claim that does not exist.\n"
            "\n"
            "  perfharness truth                                 all claims, and the totals\n"
            "  perfharness truth --explain query-short-keeps-size\n"
            "  perfharness truth --format json                   for programs\n",
    .options = truth_option_table,
    .run = run_truth,
};
