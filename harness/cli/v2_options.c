/* SPDX-License-Identifier: MIT
 *
 * Makes a service of a V2 provider's library. The names of its countersets come from the manifest,
 * at the same indices as those of the bridge in the provider's process.
 */
#include "v2_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "command.h"
#include "export_table.h"
#include "manifest_catalog.h"
#include "manifest_file.h"
#include "os.h"
#include "perf_names.h"
#include "perflib_catalog.h"
#include "text.h"
#include "v1_bridge.h"

#define LIMIT_MS 10000 /* Open Timeout and Collect Timeout if nothing is registered */

/* ---- exports ----------------------------------------------------------------------------- */

static const char *find_word(const struct export_table *table, const char *const words[])
{
    for (; *words; words++)
        for (size_t i = 0; i < table->count; i++)
            if (strcmp(table->names[i], *words) == 0)
                return table->names[i];
    return NULL;
}

/* The name in ctrpp's code, otherwise the only export that begins like it, or NULL. */
static const char *guess(const struct export_table *table, const char *const words[],
                         const char *prefix)
{
    const char *name = find_word(table, words);

    return name ? name : export_table_guess(table, prefix);
}

static int find_exports(const struct v2_options *options, struct service *service)
{
    static const char *const starts[] = { "CounterInitialize", "PerfAutoInitialize", NULL };
    static const char *const stops[] = { "CounterCleanup", "PerfAutoCleanup", NULL };
    struct export_table table;
    const DWORD error = export_table_read(&table, options->library);

    if (error) {
        command_complain("%s: cannot be read%s", options->library,
                         error == ERROR_FILE_NOT_FOUND ? ": there is no such file" : "");
        return error == ERROR_FILE_NOT_FOUND ? EXIT_NOTHING : EXIT_BAD_USAGE;
    }
    if (!table.is_readable) {
        command_complain("%s: it is not a library; a V2 provider is a DLL or a shared object",
                         options->library);
        export_table_release(&table);
        return EXIT_BAD_USAGE;
    }
    service->open =
        text_utf8_copy(options->start ? options->start : guess(&table, starts, "Start"));
    service->close = text_utf8_copy(options->stop ? options->stop : guess(&table, stops, "Stop"));
    export_table_release(&table);
    return EXIT_FINE;
}

/* ---- indices and names ------------------------------------------------------------------- */

/* The first even index after everything that is registered. */
static uint32_t first_free_index(const struct registration *registration)
{
    uint32_t last = registration->has_last_counter ? registration->last_counter : 0;

    for (size_t i = 0; i < registration->service_count; i++)
        if (registration->services[i].has_indices && last < registration->services[i].last_counter)
            last = registration->services[i].last_counter;
    for (size_t i = 0; i < registration->names.count; i++)
        if (last < registration->names.entries[i].index &&
            registration->names.entries[i].index < UINT32_MAX / 2)
            last = registration->names.entries[i].index;
    return (last | 1) + 1;
}

/* Pairs of index and text, as in a name table. */
struct pairs {
    WCHAR *units;
    size_t count, capacity;
    uint32_t last; /* last index */
    bool is_lost;  /* there was no memory */
};

static void add_units(struct pairs *pairs, const WCHAR *text, size_t length)
{
    if (pairs->is_lost)
        return;
    WCHAR *units =
        array_reserve(pairs->units, &pairs->capacity, pairs->count + length, sizeof(*units));
    if (!units) {
        pairs->is_lost = true;
        return;
    }
    pairs->units = units;
    memcpy(pairs->units + pairs->count, text, length * sizeof(*text));
    pairs->count += length;
}

static bool add_pair(void *context, uint32_t index, const WCHAR *text)
{
    struct pairs *pairs = context;
    char digits[16];
    WCHAR number[16];

    snprintf(digits, sizeof(digits), "%" PRIu32, index);
    for (size_t i = 0; i <= strlen(digits); i++)
        number[i] = (WCHAR)digits[i];
    add_units(pairs, number, strlen(digits) + 1);
    add_units(pairs, text, text_length(text) + 1);
    pairs->last = index;
    return !pairs->is_lost;
}

static DWORD add_texts(struct v1_bridge *bridge, struct registration *registration, bool is_help,
                       uint32_t *last)
{
    struct pairs pairs = { 0 };
    size_t broken;

    v1_bridge_texts(bridge, is_help, add_pair, &pairs);
    add_units(&pairs, TEXT16(""), 1);
    DWORD error = pairs.is_lost ? ERROR_NOT_ENOUGH_MEMORY
                                : name_table_add(&registration->names, PERF_ENGLISH,
                                                 is_help ? NAME_TABLE_HELP : NAME_TABLE_COUNTER,
                                                 pairs.units, pairs.count, &broken);
    free(pairs.units);
    if (*last < pairs.last)
        *last = pairs.last;
    return error;
}

/* Add the manifest's sets, numbered like those of the bridge. */
static int add_names(const char *path, struct service *service, struct registration *registration)
{
    static const struct manifest_options options = { .is_vista = true };
    struct v1_bridge *bridge = NULL;
    struct manifest manifest;
    uint32_t last_counter = 0, last_help = 0;

    int status = manifest_file_read(path, &options, &manifest);
    if (status)
        return status;
    if (manifest.is_kernel_mode) {
        command_complain("%s:%u: providerType=\"kernelMode\": only user-mode providers can be "
                         "started here",
                         path, (unsigned)manifest.place.line);
        manifest_parser_release(&manifest);
        return EXIT_BAD_USAGE;
    }
    DWORD error = manifest_catalog_register(&manifest);
    manifest_parser_release(&manifest);
    if (!error)
        error = v1_bridge_open(&bridge, service->first_counter);
    if (!error)
        error = add_texts(bridge, registration, false, &last_counter);
    if (!error)
        error = add_texts(bridge, registration, true, &last_help);
    v1_bridge_close(bridge);
    perflib_catalog_clear();
    if (error) {
        command_complain("%s: out of memory", path);
        return EXIT_BAD_USAGE;
    }
    service->last_counter = (last_counter > last_help ? last_counter : last_help) & ~1u;
    service->last_help = service->last_counter + 1;
    service->has_indices = service->last_counter >= service->first_counter;
    return EXIT_FINE;
}

/* ---- the service ------------------------------------------------------------------------- */

/* The library's file name without folder and suffix. */
static char *name_of_library(const char *path)
{
    char *copy = text_utf8_copy(text_utf8_file_name(path));
    char *dot = copy ? strrchr(copy, '.') : NULL;

    if (dot && dot != copy)
        *dot = 0;
    return copy;
}

static char *absolute(const char *path)
{
    char buffer[OS_PATH_SIZE];

    return text_utf8_copy(os_path_absolute(path, buffer, sizeof(buffer)) ? path : buffer);
}

int v2_options_add(const struct v2_options *options, struct registration *registration,
                   const struct service **added)
{
    const bool is_elsewhere = options->library && strcmp(options->library, "running") == 0;

    if (!options->library && !options->manifest && !options->start && !options->stop)
        return EXIT_FINE;
    if (!options->library || (is_elsewhere && (options->start || options->stop))) {
        command_complain("--manifest, --start and --stop belong to a V2 provider: name its library "
                         "with --v2 LIBRARY; for running programs, --v2 running takes --manifest");
        return EXIT_BAD_USAGE;
    }

    /* In the registration at once, so that registration_release frees it. */
    struct service *services =
        array_reserve(registration->services, &registration->service_capacity,
                      registration->service_count + 1, sizeof(*services));
    if (!services)
        return command_complain_memory();
    registration->services = services;
    struct service *service = &services[registration->service_count];
    *service = (struct service){ .is_v2 = true,
                                 .first_counter = first_free_index(registration),
                                 .open_timeout_ms = LIMIT_MS,
                                 .collect_timeout_ms = LIMIT_MS,
                                 .is_elsewhere = is_elsewhere,
                                 .supports_metadata = true };
    service->first_help = service->first_counter + 1;
    registration->service_count++;
    service->name = name_of_library(options->library);
    service->library = is_elsewhere ? text_utf8_copy(options->library) : absolute(options->library);
    if (options->manifest)
        service->manifest = absolute(options->manifest);
    if (!service->name || !service->library || (options->manifest && !service->manifest))
        return command_complain_memory();
    int status = is_elsewhere ? EXIT_FINE : find_exports(options, service);
    if (!status && options->manifest)
        status = add_names(options->manifest, service, registration);
    if (!status && added)
        *added = service;
    return status;
}
