/* SPDX-License-Identifier: MIT
 *
 * perfharness check: every rule against one provider, or the structural rules against a saved
 * answer. Finds out what it is given, and how the provider is called; the check itself is
 * harness/check/.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "check_print.h"
#include "command.h"
#include "export_table.h"
#include "host.h"
#include "os.h"
#include "output.h"
#include "text.h"

#define BLOB_LIMIT ((size_t)1 << 30)
#define PROGRESS_AFTER 10000000u /* 100 ns: a second */
#define PROGRESS_EVERY 2000000u

enum { LIFECYCLE_BOTH, LIFECYCLE_WINDOWS, LIFECYCLE_WINE };

struct check_command {
    int format, lifecycle;
    bool rules;
    const char *open, *collect, *close, *service, *readers, *output;
    uint32_t time_ms, limit_ms;
    uint64_t seed;
};

static const struct command_option check_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct check_command, format), CHECK_FORMAT_WORDS,
      "how to print the findings (markdown: with --rules only)", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct check_command, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "rules", 0, OPTION_FLAG, offsetof(struct check_command, rules), NULL, "list all rules", 0,
      0 },
    { "service", 0, OPTION_TEXT, offsetof(struct check_command, service), "NAME",
      "the registered service that the library belongs to", 0, 0 },
    { "open", 0, OPTION_TEXT, offsetof(struct check_command, open), "NAME",
      "export to call as Open, of a library that is not registered", 0, 0 },
    { "collect", 0, OPTION_TEXT, offsetof(struct check_command, collect), "NAME",
      "export to call as Collect", 0, 0 },
    { "close", 0, OPTION_TEXT, offsetof(struct check_command, close), "NAME",
      "export to call as Close", 0, 0 },
    { "reader", 0, OPTION_TEXT, offsetof(struct check_command, readers), "NAME,...|all",
      "say what windows_exporter, leoluk, netdata, dotnet, oshi, far or nmap would misread", 0, 0 },
    { "lifecycle", 0, OPTION_CHOICE, offsetof(struct check_command, lifecycle), "both|windows|wine",
      "keep it loaded as Windows does, load it anew as Wine does", 0, 0 },
    { "time", 0, OPTION_SECONDS, offsetof(struct check_command, time_ms), "SECONDS",
      "go on with generated queries for that long", 0, 0 },
    { "seed", 0, OPTION_NUMBER64, offsetof(struct check_command, seed), "N",
      "of what is generated; the same seed makes the same calls", 0, 0 },
    { "timeout", 0, OPTION_SECONDS, offsetof(struct check_command, limit_ms), "SECONDS",
      "instead of the registered Open Timeout and Collect Timeout", 10, 600000 },
    OPTIONS_END,
};

/* ---- printing -----------------------------------------------------------------------------------
 */

static int print(const struct check_command *command, struct output *output, int status)
{
    if (output->is_lost) {
        command_complain("out of memory");
        status = EXIT_BAD_USAGE;
    } else if (command->output) {
        const DWORD error = os_file_write_all(command->output, output->data, output->size);

        if (error) {
            command_complain("%s: cannot be written (error %" PRIu32 ")", command->output,
                             (uint32_t)error);
            status = EXIT_BAD_USAGE;
        }
    } else {
        fwrite(output->data, 1, output->size, stdout);
    }
    output_release(output);
    return status;
}

static int print_report(const struct check_command *command, const char *provider,
                        const struct check_report *report)
{
    struct output output = { 0 };

    if (report->findings.is_incomplete)
        command_complain("out of memory: not all findings are listed");
    check_print(&output, (enum check_format)command->format, provider, report);
    return print(command, &output,
                 findings_count(&report->findings, RULE_ERROR) ? EXIT_BROKEN_RULE : EXIT_FINE);
}

/* A line on stderr that is written over while it goes on; only after a second, and only for people.
 */
struct progress {
    uint64_t begin, last;
    bool is_shown;
};

static void show_progress(void *context, const struct check_progress *progress)
{
    struct progress *shown = context;
    const uint64_t now = os_time_100ns();

    if (now - shown->begin < PROGRESS_AFTER || now - shown->last < PROGRESS_EVERY ||
        !os_is_terminal(2))
        return;
    shown->last = now;
    shown->is_shown = true;
    fprintf(stderr, "\r%-40.40s %8" PRIu64 " calls, %zu findings ", progress->stage,
            progress->call_count, progress->finding_count);
    fflush(stderr);
}

/* ---- what is checked
 * ------------------------------------------------------------------------------ */

/* The last part of a path of either system. */
static const char *file_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

/* Whether two libraries have one name, with .dll, .so or nothing behind it. */
static bool is_same_library(const char *left, const char *right)
{
    char names[2][256];
    const char *const paths[2] = { left, right };

    for (int i = 0; i < 2; i++) {
        snprintf(names[i], sizeof(names[i]), "%s", file_name(paths[i]));

        char *dot = strrchr(names[i], '.');

        if (dot && (text8_equal_ignore_case(dot, ".dll") || text8_equal_ignore_case(dot, ".so")))
            *dot = 0;
    }
    return text8_equal_ignore_case(names[0], names[1]);
}

/* The only service that registers a library of that name, or NULL. */
static const struct service *find_service_of(const struct registration *registration,
                                             const char *library)
{
    const struct service *found = NULL;

    for (size_t i = 0; i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];

        if (!service->library || !is_same_library(service->library, library))
            continue;
        if (found)
            return NULL;
        found = service;
    }
    return found;
}

static void take_service(struct check_options *options, const struct service *service,
                         const struct registration *registration)
{
    struct provider_start *start = &options->start;

    options->service = service;
    options->names = &registration->names;
    start->open = service->open;
    start->collect = service->collect;
    start->close = service->close;
    start->context = service->linkage_export;
    start->context_length = service->linkage_export_length;
    start->service = service->name;
    start->has_indices = service->has_indices;
    start->first_counter = service->first_counter;
    start->first_help = service->first_help;
}

/* Names of the exports of a library that is not registered: as given, else guessed. */
static int find_exports(const struct check_command *command, struct check_options *options,
                        struct export_table *table, struct check_report *report)
{
    struct provider_start *start = &options->start;
    struct {
        const char *prefix, *given, **name;
    } procedures[] = {
        { "Open", command->open, &start->open },
        { "Collect", command->collect, &start->collect },
        { "Close", command->close, &start->close },
    };

    for (size_t i = 0; i < 3; i++) {
        const char *name = procedures[i].given;

        if (!name)
            name = export_table_guess(table, procedures[i].prefix);
        if (!name) {
            command_complain("%s: it is not registered, and not exactly one of its exports begins "
                             "with \"%s\": name it with --open, --collect and --close, or name "
                             "its service with --service and --registry",
                             start->library, procedures[i].prefix);
            return EXIT_BAD_USAGE;
        }
        if (!procedures[i].given)
            check_note(report, "not registered: %s taken for its %s procedure", name,
                       procedures[i].prefix);
        *procedures[i].name = name;
    }
    return EXIT_FINE;
}

static int run_check(const struct check_command *command, const struct check_options *options,
                     const char *provider, struct check_report *report)
{
    const DWORD error = check_provider(options, report);
    const struct progress *progress = options->progress_context;

    if (progress->is_shown)
        fprintf(stderr, "\r%79s\r", "");
    if (error) {
        command_complain("%s: the check could not go on (error %" PRIu32 ")", provider,
                         (uint32_t)error);
        return EXIT_BAD_USAGE;
    }
    return print_report(command, provider, report);
}

static int check_library(const struct global_options *global, const struct check_command *command,
                         const char *library, struct check_options *options)
{
    struct registration registration = { 0 };
    struct registration_error problem;
    struct export_table table = { 0 };
    struct check_report report = { 0 };
    int status = command_find_registration(global, &registration, &problem);
    const bool is_wanted = command->service || global->registry_file;
    char path[OS_PATH_SIZE];

    /* The provider may change the current directory. */
    options->start.library =
        os_path_absolute(library, path, sizeof(path)) == ERROR_SUCCESS ? path : library;
    if (status == EXIT_FINE) {
        const struct service *service = command->service
                                            ? registration_find(&registration, command->service)
                                            : find_service_of(&registration, library);

        if (service) {
            take_service(options, service, &registration);
            check_note(&report, "registered as service %s in %s", service->name,
                       registration.source);
        } else if (command->service) {
            command_complain("%s: no service %s there", registration.source, command->service);
            status = EXIT_NOTHING;
        }
    } else if (is_wanted) {
        command_complain("%s", problem.message);
    } else {
        status = EXIT_FINE; /* it need not be registered */
    }

    if (status == EXIT_FINE && export_table_read(&table, library) != ERROR_SUCCESS)
        status = EXIT_BAD_USAGE;
    if (status == EXIT_FINE && options->service) {
        options->start.open = command->open ? command->open : options->start.open;
        options->start.collect = command->collect ? command->collect : options->start.collect;
        options->start.close = command->close ? command->close : options->start.close;
    } else if (status == EXIT_FINE) {
        status = find_exports(command, options, &table, &report);
    }
    if (status == EXIT_FINE)
        status = run_check(command, options, library, &report);
    check_report_release(&report);
    export_table_release(&table);
    registration_release(&registration);
    return status;
}

static int check_service(const struct global_options *global, const struct check_command *command,
                         const char *name, struct check_options *options)
{
    struct registration registration = { 0 };
    struct check_report report = { 0 };
    char found[OS_PATH_SIZE] = "", path[OS_PATH_SIZE];
    int status = command_open_registration(global, &registration);

    if (status != EXIT_FINE)
        return status;

    const struct service *service = registration_find(&registration, name);

    if (!service) {
        command_complain("%s: there is no such file, and no service of that name in %s", name,
                         registration.source);
        status = EXIT_NOTHING;
    } else {
        take_service(options, service, &registration);
        host_find_library(service, command_library_path(global), found, sizeof(found));
        if (os_path_absolute(found, path, sizeof(path)) != ERROR_SUCCESS)
            snprintf(path, sizeof(path), "%s", *found ? found : name);
        options->start.library = path;
        if (service->disabled)
            check_note(&report, "disabled in the registration; checked all the same");
        status = run_check(command, options, name, &report);
    }
    check_report_release(&report);
    registration_release(&registration);
    return status;
}

static int check_file(const struct global_options *global, const struct check_command *command,
                      const char *path, uint32_t wanted_readers)
{
    struct registration registration = { 0 };
    struct registration_error problem;
    struct check_report report = { 0 };
    size_t size;
    void *data;
    const DWORD error = os_file_read_all(path, &data, &size, BLOB_LIMIT);
    int status;

    if (error) {
        command_complain("%s: cannot be read (error %" PRIu32 ")%s", path, (uint32_t)error,
                         error == ERROR_FILE_TOO_LARGE ? ": it has more than 1 GiB" : "");
        return EXIT_BAD_USAGE;
    }
    if (global->registry_file) {
        status = command_find_registration(global, &registration, &problem);
        if (status != EXIT_FINE) {
            command_complain("%s", problem.message);
            free(data);
            return status;
        }
    }
    report.test_level = global->test_level ? global->test_level : 1;
    check_blob((struct span){ data, size }, global->registry_file ? &registration.names : NULL,
               wanted_readers, &report);
    status = print_report(command, path, &report);
    check_report_release(&report);
    registration_release(&registration);
    free(data);
    return status;
}

/* ---- the command
 * ----------------------------------------------------------------------------------- */

static bool is_library(const char *path)
{
    struct export_table table;
    bool result;

    if (export_table_read(&table, path) != ERROR_SUCCESS)
        return false;
    result = table.is_readable;
    export_table_release(&table);
    return result;
}

static int run(const struct global_options *global, int argc, char **argv)
{
    static const uint32_t lifecycles[] = { [LIFECYCLE_BOTH] = 0,
                                           [LIFECYCLE_WINDOWS] = CHECK_LIFECYCLE_WINDOWS,
                                           [LIFECYCLE_WINE] = CHECK_LIFECYCLE_WINE };
    struct check_command command = { 0 };
    struct progress progress = { .begin = os_time_100ns() };
    struct check_options options = { .test_level = global->test_level,
                                     .on_progress = show_progress,
                                     .progress_context = &progress };

    if (!options_parse(check_option_table, &command, &argc, argv))
        return EXIT_BAD_USAGE;
    if (command.rules) {
        struct output output = { 0 };

        if (argc || command.format == CHECK_FORMAT_TAP || command.format == CHECK_FORMAT_JUNIT) {
            command_complain("--rules takes no provider, and --format text, json or markdown");
            return EXIT_BAD_USAGE;
        }
        check_print_rules(&output, (enum check_format)command.format);
        return print(&command, &output, EXIT_FINE);
    }
    if (argc != 1 || command.format == CHECK_FORMAT_MARKDOWN) {
        command_complain(argc != 1 ? "check takes one library, service or file; see `perfharness "
                                     "check --help`"
                                   : "--format markdown is for --rules only");
        return EXIT_BAD_USAGE;
    }
    if (command.readers && !(options.readers = readers_parse(command.readers))) {
        command_complain("--reader %s: unknown; there are windows_exporter, leoluk, netdata, "
                         "dotnet, oshi, far, nmap and all",
                         command.readers);
        return EXIT_BAD_USAGE;
    }
    options.lifecycles = lifecycles[command.lifecycle];
    options.limit_ms = command.limit_ms;
    options.time_ms = command.time_ms;
    options.seed = command.seed;
    if (!os_file_exists(argv[0]))
        return check_service(global, &command, argv[0], &options);
    if (is_library(argv[0]))
        return check_library(global, &command, argv[0], &options);
    return check_file(global, &command, argv[0], options.readers);
}

const struct command command_check = {
    .name = "check",
    .usage = "LIBRARY|SERVICE|BLOB [OPTION]...",
    .summary = "every rule against one provider, or against a saved answer",
    .help = "Calls the provider in a process of its own, with many queries, buffer sizes, guards\n"
            "and life cycles, and names each rule that it breaks: query, buffer size, offset,\n"
            "remedy. A saved answer (query --format raw) is held against the structural rules.\n\n"
            "  perfharness check heapctrs.dll\n"
            "  perfharness check their.dll --open OpenTheirs --collect CollectTheirs "
            "--close CloseTheirs\n"
            "  perfharness check answer.bin --reader all\n"
            "  perfharness check --rules\n\n"
            "Exit status 1 when a rule is broken; warnings alone are no breach.\n",
    .options = check_option_table,
    .run = run,
};
