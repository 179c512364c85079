/* SPDX-License-Identifier: MIT
 *
 * perfharness doctor: what is broken in a counter registry, why, and the smallest repair. This
 * reads the inputs, prints the diagnosis, and writes or applies the repair; harness/doctor makes
 * the diagnosis.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "doctor.h"
#include "doctor_bundle.h"
#include "doctor_report.h"
#include "library_probe.h"
#include "options.h"
#include "os.h"
#include "registration_store.h"
#include "registration_system.h"
#include "repair_file.h"
#include "text.h"

#define MOST_INPUTS 64 /* chosen; with the registry and its backup */

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF, FORMAT_MARKDOWN };

struct command_doctor_options {
    int format;
    const char *repair, *undo, *bundle;
    struct option_texts preferred;
    bool apply, verbose;
};

static const struct command_option doctor_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct command_doctor_options, format),
      "text|json|sarif|markdown", "how to print the diagnosis", 0, 0 },
    { "repair", 0, OPTION_TEXT, offsetof(struct command_doctor_options, repair), "FILE.reg",
      "write the smallest change of numbers that repairs the registry", 0, 0 },
    { "undo", 0, OPTION_TEXT, offsetof(struct command_doctor_options, undo), "FILE.reg",
      "write what takes that change back", 0, 0 },
    { "prefer", 0, OPTION_TEXTS, offsetof(struct command_doctor_options, preferred), "ID",
      "choose this repair where several are possible, or one that is optional", 0, 0 },
    { "apply", 0, OPTION_FLAG, offsetof(struct command_doctor_options, apply), NULL,
      "make the change: in the file of --registry, or in the system's registry", 0, 0 },
    { "bundle", 0, OPTION_TEXT, offsetof(struct command_doctor_options, bundle), "FILE.reg",
      "write what a maintainer needs, without secrets", 0, 0 },
    { "verbose", 'v', OPTION_FLAG, offsetof(struct command_doctor_options, verbose), NULL,
      "show healthy oddities too", 0, 0 },
    OPTIONS_END,
};

struct doctor_run {
    const struct global_options *global;
    const struct command_doctor_options *options;
    struct machine_input inputs[MOST_INPUTS];
    size_t input_count;
    char registry_path[OS_PATH_SIZE]; /* path of the registration that counts; "": the system's */
    char backup_path[OS_PATH_SIZE];   /* of the backup beside the system's registry */
    bool has_registry;                /* --apply can change inputs[0] */
    struct diagnosis diagnosis;
};

/* ---- inputs ------------------------------------------------------------------------------ */

/* Read the backup that lodctr /R would use: it would undo later changes of the registry. */
static void read_backup(struct doctor_run *run)
{
    struct registration_error error;

    if (!registration_system_file(machine_input_file_names[MACHINE_FILE_BACKUP], run->backup_path,
                                  sizeof(run->backup_path)) ||
        !os_file_exists(run->backup_path))
        return;
    if (machine_input_read(run->backup_path, &run->inputs[run->input_count], &error))
        command_complain("%s: it is left out", error.message);
    else
        run->input_count++;
}

static int read_registry(struct doctor_run *run)
{
    struct registration_error error;
    struct machine_input *input = &run->inputs[run->input_count];
    int status = default_registration_find_file(run->global, run->registry_path,
                                                sizeof(run->registry_path), &error);
    DWORD failure;

    if (status != EXIT_FINE) {
        command_complain("%s", error.message);
        return status;
    }
    failure = *run->registry_path ? machine_input_read(run->registry_path, input, &error)
                                  : machine_input_read_system(input, &error);
    if (failure) {
        command_complain("%s", error.message);
        return EXIT_BAD_USAGE;
    }
    run->input_count++;
    run->has_registry = true;
    if (!*run->registry_path)
        read_backup(run);
    return EXIT_FINE;
}

static int read_inputs(struct doctor_run *run, int count, char **paths)
{
    struct registration_error error;

    if (count > MOST_INPUTS - 2) {
        command_complain("doctor: at most %d files; examine the others in a second run",
                         MOST_INPUTS - 2);
        return EXIT_BAD_USAGE;
    }
    if (count == 0 || run->global->registry_file) {
        int status = read_registry(run);
        if (status != EXIT_FINE)
            return status;
    }
    for (int i = 0; i < count; i++) {
        if (machine_input_read(paths[i], &run->inputs[run->input_count], &error)) {
            command_complain("%s", error.message);
            return EXIT_BAD_USAGE;
        }
        run->input_count++;
    }
    return EXIT_FINE;
}

/* ---- output ------------------------------------------------------------------------------ */

static int write_file(const char *path, struct output *content)
{
    DWORD error = content->is_lost ? ERROR_NOT_ENOUGH_MEMORY
                                   : os_file_write_all(path, content->data, content->size);

    output_release(content);
    return error ? command_complain_output(path, error) : EXIT_FINE;
}

static int print_report(const struct doctor_run *run)
{
    static void (*const print[])(const struct doctor_report *, struct output *) = {
        [FORMAT_TEXT] = doctor_report_text,
        [FORMAT_JSON] = doctor_json_write,
        [FORMAT_SARIF] = doctor_json_write_sarif,
        [FORMAT_MARKDOWN] = doctor_report_markdown,
    };
    const struct doctor_report report = { .diagnosis = &run->diagnosis,
                                          .inputs = run->inputs,
                                          .input_count = run->input_count,
                                          .shows_notes = run->options->verbose };
    struct output output = { 0 };
    int status = EXIT_FINE;

    print[run->options->format](&report, &output);
    if (output.is_lost) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    } else {
        fwrite(output.data, 1, output.size, stdout);
    }
    output_release(&output);
    if (status == EXIT_FINE && run->options->bundle) {
        struct output bundle = { 0 };
        doctor_bundle_write(&report, &bundle);
        status = write_file(run->options->bundle, &bundle);
    }
    return status;
}

/* ---- repairs ----------------------------------------------------------------------------- */

/* Whether every choice was made. If not, the choices are printed. */
static bool has_choices_made(const struct doctor_run *run)
{
    const struct diagnosis *diagnosis = &run->diagnosis;
    bool is_made = true;

    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        if (!diagnosis->findings[i].is_ambiguous)
            continue;
        is_made = false;
        command_complain("%s of %s: %s:", doctor_faults[diagnosis->findings[i].fault].id,
                         diagnosis->findings[i].key,
                         diagnosis->findings[i].is_contested
                             ? "its repair takes indices that the repair of another service takes "
                               "too; choose for which of them"
                             : "more than one repair is possible; choose one");
        for (size_t k = 0; k < diagnosis->repair_count; k++)
            if (diagnosis->repairs[k].finding == i && !diagnosis->repairs[k].is_withdrawn)
                command_complain("  --prefer %s: %s", diagnosis->repairs[k].id,
                                 diagnosis->repairs[k].what);
    }
    return is_made;
}

static bool are_preferred_known(const struct doctor_run *run)
{
    const struct option_texts *preferred = &run->options->preferred;

    for (size_t i = 0; i < preferred->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < run->diagnosis.repair_count; k++)
            is_known = is_known || text_utf8_equal_ignore_case(run->diagnosis.repairs[k].id,
                                                               preferred->items[i]);
        if (!is_known) {
            command_complain(
                "--prefer %s: there is no repair of that name here; without --prefer all are "
                "listed",
                preferred->items[i]);
            return false;
        }
    }
    return true;
}

/* Find a name for the undo file of --apply that does not exist yet. */
static bool find_undo_name(char *path, size_t size)
{
    for (int i = 1; i < 1000; i++) {
        snprintf(path, size, "perfharness-undo-%d.reg", i);
        if (!os_file_exists(path))
            return true;
    }
    return false;
}

/* Whether everything that the diagnosis saw is unchanged. */
static bool is_unchanged(const struct registration_store *store, const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->change_count; i++) {
        const struct diagnosis_change *change = &diagnosis->changes[i];
        const struct reg_key *key = reg_tree_find(&store->tree, change->key);
        const struct reg_value *value =
            key ? reg_tree_value(&store->tree, key, change->value) : NULL;
        if (!diagnosis_is_chosen(diagnosis, change))
            continue;
        if (!key || change->had_value != (value != NULL) ||
            (value && (value->type != change->type_before || value->size != change->size_before ||
                       memcmp(value->data ? (const void *)value->data : "", change->before,
                              value->size) != 0)))
            return false;
    }
    return true;
}

static int apply(const struct doctor_run *run, const char *undo_path)
{
    struct registration_store store = { 0 };
    struct registration_changes changes = { 0 };
    struct registration_error error = { "" };
    const char *path = *run->registry_path ? run->registry_path : NULL;
    DWORD failure = registration_store_open(&store, path, false, &error);

    if (!failure && !is_unchanged(&store, &run->diagnosis)) {
        failure = ERROR_INVALID_DATA;
        snprintf(error.message, sizeof(error.message),
                 "the registry changed while it was examined, or another input shows other values "
                 "than it has; nothing was changed: run doctor again on the registry alone");
    }
    if (!failure) {
        repair_file_changes(&run->diagnosis, &changes);
        failure = registration_store_apply(&store, &changes, &error);
    }
    registration_changes_release(&changes);
    registration_store_close(&store);
    if (failure) {
        command_complain("%s", error.message);
        return EXIT_BAD_USAGE;
    }
    command_complain("%zu value%s changed in %s; %s takes it back",
                     repair_file_count(&run->diagnosis),
                     repair_file_count(&run->diagnosis) == 1 ? " was" : "s were",
                     path ? path : "the registry", undo_path);
    return EXIT_FINE;
}

static int write_repair(const struct doctor_run *run, const char *path, bool undo)
{
    struct repair_paths paths = { .english = NULL };
    struct output content = { 0 };

    for (size_t i = 0; i < run->input_count; i++) {
        const struct machine_input *input = &run->inputs[i];
        if (input->is_system)
            paths.english = registration_system_english_key();
        if (!paths.services && *input->services_path)
            paths.services = input->services_path;
        if (!paths.perflib && *input->perflib_path)
            paths.perflib = input->perflib_path;
    }
    repair_file_write(&run->diagnosis, undo, &paths, &content);
    return write_file(path, &content);
}

static int repair(const struct doctor_run *run)
{
    const struct command_doctor_options *options = run->options;
    char undo_path[OS_PATH_SIZE] = "";
    int status = EXIT_FINE;

    if (!are_preferred_known(run) || !has_choices_made(run))
        return EXIT_BAD_USAGE;
    if (!repair_file_count(&run->diagnosis)) {
        command_complain("there is no number to repair; nothing was written");
        return EXIT_FINE;
    }
    if (options->undo)
        snprintf(undo_path, sizeof(undo_path), "%s", options->undo);
    else if (options->apply && !find_undo_name(undo_path, sizeof(undo_path))) {
        command_complain("--apply: name an undo file with --undo FILE.reg");
        return EXIT_BAD_USAGE;
    }
    if (*undo_path)
        status = write_repair(run, undo_path, true);
    if (status == EXIT_FINE && options->repair)
        status = write_repair(run, options->repair, false);
    if (status == EXIT_FINE && options->apply)
        status = apply(run, undo_path);
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static DWORD examine(struct doctor_run *run)
{
    struct library_probe probe = { .library_path = command_library_path(run->global) };
    const struct doctor_options options = {
        .preferred = run->options->preferred.items,
        .preferred_count = run->options->preferred.count,
        .probe = library_probe_look,
        .is_file_gone = library_probe_is_file_gone,
        .probe_context = &probe,
    };

    return doctor_examine(run->inputs, run->input_count, &options, &run->diagnosis);
}

/* The number of causes that the chosen repairs do not remove. */
static size_t count_unrepaired(const struct diagnosis *diagnosis)
{
    size_t count = 0;

    for (size_t i = 0; i < diagnosis->finding_count; i++)
        count += doctor_faults[diagnosis->findings[i].fault].severity != FAULT_NOTE &&
                 diagnosis->findings[i].caused_by == DIAGNOSIS_NONE &&
                 diagnosis->findings[i].repair == DIAGNOSIS_NONE;
    return count;
}

static int diagnose(struct doctor_run *run)
{
    const struct command_doctor_options *options = run->options;

    if (!doctor_has_anything(run->inputs, run->input_count)) {
        command_complain("%s: nothing about performance counters is there: no service with a "
                         "Performance key, no numbers of Perflib, no names; export the keys that "
                         "`perfharness doctor --help` lists",
                         run->inputs[0].name);
        return EXIT_NOTHING;
    }
    if (examine(run))
        return command_complain_memory();
    int status = print_report(run);
    if (status == EXIT_FINE && (options->repair || options->undo || options->apply))
        status = repair(run);
    if (status == EXIT_FINE && (options->apply ? count_unrepaired(&run->diagnosis)
                                               : diagnosis_count(&run->diagnosis, FAULT_WARNING)))
        status = EXIT_BROKEN_RULE;
    return status;
}

static int run_doctor(const struct global_options *global, int argc, char **argv)
{
    struct command_doctor_options options = { 0 };

    if (!options_parse(doctor_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (options.apply && argc && !global->registry_file) {
        command_complain(
            "doctor: --apply changes the registry, not a file that it is shown: run it "
            "without FILE on the machine itself, or name a .reg file with --registry");
        return EXIT_BAD_USAGE;
    }
    struct doctor_run *run = calloc(1, sizeof(*run));
    if (!run)
        return command_complain_memory();
    run->global = global;
    run->options = &options;
    int status = read_inputs(run, argc, argv);
    if (status == EXIT_FINE)
        status = diagnose(run);
    diagnosis_release(&run->diagnosis);
    for (size_t i = 0; i < run->input_count; i++)
        machine_input_release(&run->inputs[i]);
    free(run);
    return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .usage = "[FILE...] [--repair FILE.reg] [--undo FILE.reg] [--apply] [--format FORMAT]",
    .summary = "what is broken in a counter registry, why, and the smallest repair",
    .help =
        "Examines the file of --registry, or the system's registry with the backup beside it\n"
        "(PerfStringBackup.INI); with FILEs, those of a machine that need not be this one: .reg\n"
        "exports, also of hives that do not run, PerfStringBackup.INI or files of lodctr /S, the "
        "output\n"
        "of lodctr /q, perfc009.dat and perfh009.dat, a saved value \"Counter 009\", a saved "
        "answer of\n"
        "HKEY_PERFORMANCE_DATA. Several complement each other.\n"
        "\n"
        "Repairs are changes of numbers, the fewest that do. --apply writes an undo file first\n"
        "(--undo, or perfharness-undo-N.reg in the current folder) and changes all or nothing.\n"
        "Exit status: 0 healthy (after --apply: all is repaired), 1 broken, 2 unreadable or\n"
        "refused, 3 nothing there.\n"
        "\n"
        "  perfharness doctor                                   this machine\n"
        "  perfharness doctor export.reg PerfStringBackup.INI   another machine\n"
        "  perfharness doctor export.reg --repair fix.reg --undo back.reg\n",
    .options = doctor_option_table,
    .run = run_doctor,
};
