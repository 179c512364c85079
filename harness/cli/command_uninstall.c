/* SPDX-License-Identifier: MIT
 *
 * perfharness uninstall: does what unlodctr does, in a .reg file or the system's registry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "counter_set.h"
#include "install_plan.h"
#include "options.h"
#include "registration_store.h"
#include "registration_system.h"
#include "self_installation.h"
#include "text.h"

struct uninstall_options {
    bool self;
};

static const struct command_option uninstall_option_table[] = {
    { "self", 0, OPTION_FLAG, offsetof(struct uninstall_options, self), NULL,
      "remove what install --self has installed", 0, 0 },
    OPTIONS_END,
};

static bool is_ini(const char *argument)
{
    size_t length = strlen(argument);

    return length > 4 && text_utf8_equal_ignore_case(argument + length - 4, ".ini");
}

/* Remove the texts first: by the system's unlodctr if there is one, otherwise directly; then the
   service, if install created it. */
static DWORD apply(struct registration_store *store, const char *service, struct install_plan *plan)
{
    const struct registration_changes *service_changes = &plan->service_changes;
    struct registration_error *error = plan->error;
    DWORD failure = store->path ? ERROR_NOT_SUPPORTED : registration_system_unlodctr(service);

    if (failure && failure != ERROR_NOT_SUPPORTED) {
        snprintf(error->message, sizeof(error->message),
                 "\"%.200s\": the system's unlodctr refused it (error %lu)", service,
                 (unsigned long)failure);
        return failure;
    }
    if (!failure)
        return registration_store_apply(store, service_changes, error);
    for (size_t i = 0; i < service_changes->count; i++)
        registration_changes_add(&plan->changes, &service_changes->items[i]);
    return registration_store_apply(store, &plan->changes, error);
}

static int uninstall(const struct global_options *global, const char *service)
{
    struct registration_store store = { 0 };
    struct registration_error error;
    struct install_plan plan = { .tree = &store.tree, .error = &error };
    DWORD failure = registration_store_open(&store, global->registry_file, false, &error);

    plan.source = store.path ? store.path : "the registry";
    if (!failure)
        failure = install_plan_uninstall(&plan, service);
    bool is_nothing = failure == ERROR_FILE_NOT_FOUND && store.tree.node_count;
    if (!failure)
        failure = apply(&store, service, &plan);
    if (failure)
        command_complain("%s", error.message);
    else
        printf("%s: names %u to %u and help %u to %u removed%s\n", service,
               (unsigned)plan.result.first_counter, (unsigned)plan.result.last_counter,
               (unsigned)plan.result.first_help, (unsigned)plan.result.last_help,
               plan.result.is_service_new ? "; its service, which install had made, too" : "");
    install_plan_release(&plan);
    registration_store_close(&store);
    return !failure ? EXIT_FINE : is_nothing ? EXIT_NOTHING : EXIT_BAD_USAGE;
}

static int run_uninstall(const struct global_options *global, int argc, char **argv)
{
    struct uninstall_options options = { 0 };
    struct registration_error error;
    char *service;

    if (!options_parse(uninstall_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (options.self) {
        if (argc || global->registry_file) {
            command_complain(
                "uninstall: --self removes heapctrs itself: give no name, option or --registry "
                "with it");
            return EXIT_BAD_USAGE;
        }
        return self_installation_uninstall();
    }
    if (argc != 1) {
        command_complain(
            "uninstall: name one service, or the .ini file that it was installed from");
        return EXIT_BAD_USAGE;
    }
    if (!is_ini(argv[0]))
        return uninstall(global, argv[0]);
    if (counter_set_read_service(argv[0], &service, &error)) {
        command_complain("%s", error.message);
        return EXIT_BAD_USAGE;
    }
    int status = uninstall(global, service);
    free(service);
    return status;
}

const struct command command_uninstall = {
    .name = "uninstall",
    .usage = "SERVICE|INI | --self",
    .summary = "remove the counters of a service from the registration, as unlodctr does",
    .help =
        "Leaves the .reg file of --registry, or else the system's registry, as it was before\n"
        "install: names and help, First/Last Counter/Help and Object List go, the service stays\n"
        "unless install made it. Exit status 3 when it is not installed.\n"
        "\n"
        "--self removes our own provider from this Windows, files and registration; it is fine if\n"
        "there is nothing to remove.\n",
    .options = uninstall_option_table,
    .run = run_uninstall,
};
