/* SPDX-License-Identifier: MIT
 *
 * Distinguishes libraries, services and saved answers, and finds the names of a provider's
 * procedures: those of the options, those registered, or those that its exports suggest.
 */
#include "check_target.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_kind.h"
#include "library_path.h"
#include "os.h"
#include "recording.h"
#include "printf_like.h"
#include "registry_findings.h"
#include "text.h"

#define BLOB_LIMIT ((size_t)1 << 30) /* bytes; chosen: a whole answer has some megabytes */

void check_target_source_open(struct check_source *source, const struct global_options *global)
{
    *source = (struct check_source){ .global = global };
    source->status = default_registration_find(global, &source->registration, &source->problem);
}

void check_target_source_close(struct check_source *source)
{
    registration_release(&source->registration);
}

/* Report on stderr and in the report why the target cannot be checked. */
PRINTF_LIKE(2, 3)
static void refuse(struct check_target *target, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    command_complain("%s", text);
    check_report_explain(&target->report, "%s", text);
}

/* ---- services ----------------------------------------------------------------------------- */

/* Whether two libraries have the same name, ignoring a suffix .dll or .so. */
static bool is_same_library(const char *left, const char *right)
{
    char names[2][256];
    const char *const paths[2] = { left, right };

    for (int i = 0; i < 2; i++) {
        snprintf(names[i], sizeof(names[i]), "%s", text_utf8_file_name(paths[i]));

        char *dot = strrchr(names[i], '.');

        if (dot &&
            (text_utf8_equal_ignore_case(dot, ".dll") || text_utf8_equal_ignore_case(dot, ".so")))
            *dot = 0;
    }
    return text_utf8_equal_ignore_case(names[0], names[1]);
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

static void take_service(struct check_target *target, const struct service *service,
                         const struct registration *registration)
{
    target->options.service = service;
    target->options.names = &registration->names;
    target->options.start = provider_start_of(service, target->path);
}

/* Store an absolute path, because the provider may change the current directory. */
static int take_library(struct check_target *target, const char *library)
{
    char path[OS_PATH_SIZE];
    const char *absolute =
        os_path_absolute(library, path, sizeof(path)) == ERROR_SUCCESS ? path : library;
    const size_t size = strlen(absolute) + 1;

    target->path = malloc(size);
    if (!target->path) {
        refuse(target, "out of memory");
        return EXIT_BAD_USAGE;
    }
    memcpy(target->path, absolute, size);
    target->options.start.library = target->path;
    return EXIT_FINE;
}

/* Add what the doctor finds about the service's registration. */
static void note_registry(struct check_target *target, const struct check_source *source)
{
    struct registry_findings findings = { 0 };
    const struct diagnosis_finding *finding;
    struct registration_error error;
    char path[OS_PATH_SIZE];
    size_t at = 0;

    if (default_registration_find_file(source->global, path, sizeof(path), &error) != EXIT_FINE ||
        registry_findings_open(&findings, path, &error))
        return;
    while ((finding = registry_findings_next(&findings, target->name, &at))) {
        char *line = registry_findings_line(finding);
        if (line)
            check_report_note(&target->report, "registry: %s", line);
        free(line);
    }
    registry_findings_close(&findings);
}

static int open_service(struct check_target *target, const struct check_source *source)
{
    const struct registration *registration = &source->registration;
    char found[OS_PATH_SIZE] = "";

    if (source->status != EXIT_FINE) {
        refuse(target, "%s", source->problem.message);
        return source->status;
    }

    const struct service *service = registration_find(registration, target->name);

    if (!service) {
        refuse(target, "%s: there is no such file, and no service of that name in %s", target->name,
               registration->source);
        return EXIT_NOTHING;
    }
    take_service(target, service, registration);
    if (service->disabled)
        check_report_note(&target->report, "disabled in the registration; checked nevertheless");
    note_registry(target, source);
    library_path_find(service, command_library_path(source->global), found, sizeof(found));
    return take_library(target, *found ? found : target->name);
}

/* ---- libraries ---------------------------------------------------------------------------- */

/* Find the exports of a library that is not registered: as given, otherwise guessed. */
static int find_exports(struct check_target *target, const struct check_names *names)
{
    struct provider_start *start = &target->options.start;
    struct {
        const char *prefix, *given, **name;
    } procedures[] = {
        { "Open", names->open, &start->open },
        { "Collect", names->collect, &start->collect },
        { "Close", names->close, &start->close },
    };

    for (size_t i = 0; i < 3; i++) {
        const char *name = procedures[i].given;

        if (!name)
            name = export_table_guess(&target->exports, procedures[i].prefix);
        if (!name) {
            refuse(target,
                   "%s: it is not registered, and not exactly one of its exports begins "
                   "with \"%s\": name it with --open, --collect and --close, or name "
                   "its service with --service and --registry",
                   target->name, procedures[i].prefix);
            return EXIT_BAD_USAGE;
        }
        *procedures[i].name = name;
    }
    if (!names->open || !names->collect || !names->close)
        check_report_note(&target->report,
                          "not registered: %s, %s and %s are taken for its Open, Collect and Close",
                          start->open, start->collect, start->close);
    return EXIT_FINE;
}

/* Names in the options have precedence over registered ones. */
static void rename_exports(struct provider_start *start, const struct check_names *names)
{
    start->open = names->open ? names->open : start->open;
    start->collect = names->collect ? names->collect : start->collect;
    start->close = names->close ? names->close : start->close;
}

static int open_library(struct check_target *target, const struct check_source *source,
                        const struct check_names *names)
{
    const struct registration *registration = &source->registration;
    const struct service *service = NULL;
    int status = take_library(target, target->name);

    if (status)
        return status;
    if (source->status == EXIT_FINE) {
        service = names->service ? registration_find(registration, names->service)
                                 : find_service_of(registration, target->name);
        if (!service && names->service) {
            refuse(target, "%s: no service %s there", registration->source, names->service);
            return EXIT_NOTHING;
        }
    } else if (names->service || source->global->registry_file) {
        refuse(target, "%s", source->problem.message);
        return source->status;
    } /* otherwise it need not be registered */

    if (!service)
        return find_exports(target, names);
    take_service(target, service, registration);
    rename_exports(&target->options.start, names);
    check_report_note(&target->report, "registered as service %s in %s", service->name,
                      registration->source);
    return EXIT_FINE;
}

static int open_v2_library(struct check_target *target, struct v2_options options)
{
    const struct service *service;

    options.library = target->name;
    if (strcmp(target->name, "running") == 0) {
        refuse(target, "check tests a library: --v2 ./running if it has that name");
        return EXIT_BAD_USAGE;
    }
    int status = v2_options_add(&options, &target->registration, &service);
    if (status)
        return status;
    take_service(target, service, &target->registration);
    if (!service->manifest) {
        target->options.names = NULL;
        check_report_note(&target->report,
                          "no --manifest: names, bases and aggregates are unknown");
    }
    check_report_note(&target->report, "started by %s, stopped by %s",
                      service->open ? service->open : "loading it",
                      service->close ? service->close : "unloading it");
    return take_library(target, service->library);
}

/* ---- saved answers ------------------------------------------------------------------------ */

/* Refuse a file that cannot be a saved answer, or that should be a library. The message says
   what it is. */
static bool refuse_file(struct check_target *target, const struct check_names *names)
{
    const struct span file = { target->blob, target->blob_size };
    const bool has_names = names->open || names->collect || names->close || names->service;
    char kind[FILE_KIND_TEXT_SIZE];
    bool is_cut;
    const enum file_kind found = file_kind_find(file, kind, &is_cut);

    if (recording_is_one(file)) {
        refuse(target,
               "%s is a recording: check takes one answer (query --format raw) or a provider; "
               "perfharness decode and replay read recordings",
               target->name);
        return true;
    }
    if (found == FILE_KIND_UNKNOWN && !has_names)
        return false;
    refuse(target, "%s is %s%s: neither a library nor a saved answer", target->name, kind,
           is_cut ? ", and is cut off" : "");
    return true;
}

static int open_blob(struct check_target *target, const struct check_source *source,
                     const struct check_names *names)
{
    const DWORD error =
        os_file_read_all(target->name, &target->blob, &target->blob_size, BLOB_LIMIT);

    if (error) {
        target->blob = NULL;
        refuse(target, "%s cannot be read: %s", target->name, command_file_error_text(error));
        return EXIT_BAD_USAGE;
    }
    if (refuse_file(target, names))
        return EXIT_BAD_USAGE;
    if (source->global->registry_file && source->status != EXIT_FINE) {
        refuse(target, "%s", source->problem.message);
        return source->status;
    }
    /* Only the options say from which registration a saved answer comes, and so which names it
       uses. */
    target->options.names = source->global->registry_file ? &source->registration.names : NULL;
    return EXIT_FINE;
}

/* ---- targets ------------------------------------------------------------------------------ */

static int open_target(struct check_target *target, const struct check_source *source,
                       const struct check_names *names)
{
    if (names->is_v2)
        return open_v2_library(target, names->v2);
    if (!os_file_exists(target->name))
        return open_service(target, source);
    if (export_table_read(&target->exports, target->name) == ERROR_SUCCESS &&
        target->exports.is_readable)
        return open_library(target, source, names);
    return open_blob(target, source, names);
}

int check_target_open(struct check_target *target, const struct check_source *source,
                      const struct check_names *names)
{
    const int status = open_target(target, source, names);

    if (status) {
        target->report.is_unreadable = true;
        check_report_explain(&target->report, "it cannot be opened, as stderr says");
    }
    return status;
}

int check_target_run(struct check_target *target, const struct check_source *source)
{
    if (target->blob) {
        const uint32_t level = source->global->test_level;

        target->report.test_level = level ? level : 1;
        check_blob((struct span){ target->blob, target->blob_size }, target->options.names,
                   target->options.readers, &target->report);
        return EXIT_FINE;
    }

    const DWORD error = check_provider(&target->options, &target->report);

    if (!error)
        return EXIT_FINE;
    target->report.is_unreadable = true;
    refuse(target, "%s: the check could not go on (error %" PRIu32 ")", target->name,
           (uint32_t)error);
    return EXIT_BAD_USAGE;
}

void check_target_close(struct check_target *target)
{
    check_report_release(&target->report);
    export_table_release(&target->exports);
    registration_release(&target->registration);
    free(target->path);
    free(target->blob);
    *target = (struct check_target){ 0 };
}
