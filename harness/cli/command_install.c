/* SPDX-License-Identifier: MIT
 *
 * perfharness install: does what lodctr does with an .ini file and its symbol file, in a .reg file
 * or the system's registry, all or nothing.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "counter_set.h"
#include "install_plan.h"
#include "options.h"
#include "registration_store.h"
#include "registration_system.h"
#include "registry_findings.h"
#include "self_installation.h"

struct install_options {
    struct install_service service;
    bool create, self;
};

static const struct command_option install_option_table[] = {
    { "create", 0, OPTION_FLAG, offsetof(struct install_options, create), NULL,
      "make the .reg file of --registry if it is not there", 0, 0 },
    { "library", 0, OPTION_TEXT, offsetof(struct install_options, service.library), "DLL",
      "make the service too, with this library", 0, 0 },
    { "open", 0, OPTION_TEXT, offsetof(struct install_options, service.open), "NAME",
      "its Open procedure", 0, 0 },
    { "collect", 0, OPTION_TEXT, offsetof(struct install_options, service.collect), "NAME",
      "its Collect procedure", 0, 0 },
    { "close", 0, OPTION_TEXT, offsetof(struct install_options, service.close), "NAME",
      "its Close procedure", 0, 0 },
    { "self", 0, OPTION_FLAG, offsetof(struct install_options, self), NULL,
      "install heapctrs itself on this Windows, files and registration", 0, 0 },
    OPTIONS_END,
};

static int status_of(DWORD error)
{
    return error == ERROR_SUCCESS ? EXIT_FINE : EXIT_BAD_USAGE;
}

/* Apply the service first, then the texts: by the system's lodctr if there is one, otherwise
   directly. */
static DWORD apply(struct registration_store *store, const char *ini_path,
                   const struct install_plan *plan)
{
    const struct registration_changes *service_changes = &plan->service_changes;
    const struct registration_changes *changes = &plan->changes;
    struct registration_error *error = plan->error;
    struct registration_changes all = { 0 };
    DWORD failure;

    if (!store->path) {
        failure = registration_store_apply(store, service_changes, error);
        if (failure)
            return failure;
        failure = registration_system_lodctr(ini_path);
        if (failure != ERROR_NOT_SUPPORTED) {
            if (failure)
                snprintf(error->message, sizeof(error->message),
                         "%.600s: the system's lodctr refused it (error %lu)%s", ini_path,
                         (unsigned long)failure,
                         service_changes->count ? "; the service's key was made all the same" : "");
            return failure;
        }
    }
    /* One list, so that it is all or nothing. Values that exist already are written again. */
    for (size_t i = 0; i < service_changes->count + changes->count; i++) {
        const struct registration_change *change =
            i < service_changes->count ? &service_changes->items[i]
                                       : &changes->items[i - service_changes->count];
        registration_changes_add(&all, change);
    }
    failure = registration_store_apply(store, &all, error);
    registration_changes_release(&all);
    return failure;
}

static void say_what_was_done(const struct counter_set *set, const struct install_result *result)
{
    printf("%s: %zu title%s installed, names %u to %u, help %u to %u%s\n", set->service,
           result->title_count, result->title_count == 1 ? "" : "s",
           (unsigned)result->first_counter, (unsigned)result->last_counter,
           (unsigned)result->first_help, (unsigned)result->last_help,
           result->is_service_new ? "; its service was made" : "");
    if (result->skipped_count)
        command_complain(
            "note: %zu of %zu languages have no name table there, and were left out; install the "
            "language of Windows first if they are needed",
            result->skipped_count, set->language_count);
    if (!set->object_count)
        command_complain("note: the .ini has no [objects]: the provider will be called for every "
                         "query; add the names of its objects");
}

/* Report what is damaged, from the table of faults, and how it can be repaired. */
static void say_what_is_damaged(const struct registration_store *store)
{
    struct registry_findings findings = { 0 };
    struct registration_error error;
    size_t at = 0;

    if (registry_findings_open(&findings, store->path ? store->path : "", &error))
        return;
    registry_findings_complain(&findings);
    if (registry_findings_next(&findings, NULL, &at))
        command_complain("perfharness doctor shows causes and repairs");
    registry_findings_close(&findings);
}

static int install(const struct global_options *global, const struct install_options *options,
                   const char *ini_path)
{
    struct registration_store store = { 0 };
    struct registration_error error;
    struct install_plan plan = { .tree = &store.tree, .error = &error };
    struct counter_set set;
    bool is_damaged = false;

    if (counter_set_read(ini_path, &set, &error)) {
        command_complain("%s", error.message);
        return EXIT_BAD_USAGE;
    }
    DWORD failure = registration_store_open(&store, global->registry_file, options->create, &error);
    plan.source = store.path ? store.path : "the registry";
    if (!failure) {
        failure = install_plan_install(&plan, &set, &options->service, options->create);
        is_damaged = failure == ERROR_INVALID_DATA;
    }
    if (!failure)
        failure = apply(&store, ini_path, &plan);
    if (failure)
        command_complain("%s", error.message);
    else
        say_what_was_done(&set, &plan.result);
    if (is_damaged)
        say_what_is_damaged(&store);
    install_plan_release(&plan);
    registration_store_close(&store);
    counter_set_release(&set);
    return status_of(failure);
}

static int run_install(const struct global_options *global, int argc, char **argv)
{
    struct install_options options = { 0 };

    if (!options_parse(install_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (options.self) {
        if (argc || options.create || options.service.library || global->registry_file) {
            command_complain(
                "install: --self installs heapctrs itself: give no .ini file, option or --registry "
                "with it");
            return EXIT_BAD_USAGE;
        }
        return self_installation_install();
    }
    if (argc != 1) {
        command_complain("install: name one .ini file; perfharness install --help says more");
        return EXIT_BAD_USAGE;
    }
    const struct install_service *service = &options.service;
    int given = (service->library != NULL) + (service->open != NULL) + (service->collect != NULL) +
                (service->close != NULL);
    if (given != 0 && given != 4) {
        command_complain(
            "install: --library, --open, --collect and --close belong together: give all four "
            "or none");
        return EXIT_BAD_USAGE;
    }
    if (options.create && !global->registry_file) {
        command_complain("install: --create makes a .reg file: name it with --registry FILE");
        return EXIT_BAD_USAGE;
    }
    return install(global, &options, argv[0]);
}

const struct command command_install = {
    .name = "install",
    .usage = "INI [--create] [--library DLL --open NAME --collect NAME --close NAME] | --self",
    .summary = "register the counters of an .ini file, as lodctr does",
    .help =
        "Gives the titles of the .ini file, and of the symbol file that it names, the next free\n"
        "indices, and writes names, help, First/Last Counter/Help and Object List: into the\n"
        ".reg file of --registry, or else the system's registry (Windows, Wine; needs\n"
        "administrator's rights). All or nothing. The service must have its Performance key,\n"
        "unless --library and the three procedures say what to put into it.\n"
        "\n"
        "--self installs our own provider on this Windows: it copies heapctrs.dll to a folder in\n"
        "System32 that only administrators can write to, registers it with its full path, and "
        "asks\n"
        "the system for its counters. All or nothing; it may be run again, and over an older\n"
        "version. A DLL that a program has open is renamed, and deleted when Windows starts "
        "next.\n",
    .options = install_option_table,
    .run = run_install,
};
