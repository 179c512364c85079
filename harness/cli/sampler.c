/* SPDX-License-Identifier: MIT
 *
 * Three sources of answers, as a table.
 */
#include "sampler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blob_query.h"
#include "event_printer.h"
#include "os.h"
#include "perf_names.h"
#include "recording.h"
#include "service_switch.h"
#include "system_query.h"
#include "text.h"

/* Bytes; chosen, because a recording may be long. */
#define FILE_LIMIT ((size_t)UINT32_MAX)

/* The differences between the sources. */
struct source {
    /* an unreadable registration is an error even if it was not requested */
    bool needs_registration;
    bool takes_v2; /* --v2 may add a provider */
    int (*open)(struct sampler *sampler, const struct global_options *global);
    DWORD (*take)(struct sampler *sampler, struct sample *sample);
    void (*close)(struct sampler *sampler);
};

struct sampler {
    const struct source *source;
    struct sampler_options options;
    WCHAR *value;
    struct registration registration;
    struct name_table system_names;
    struct host *host;
    struct event_printer *events;
    const char *registry_file; /* NULL: the system's */

    struct span file; /* the current file of options.files */
    size_t next_file, offset;
    bool has_reported_shift;
};

static WCHAR *to_utf16(const char *text)
{
    const size_t count = strlen(text) + 1;
    WCHAR *copy = malloc(count * sizeof(*copy));

    if (copy)
        text_from_utf8(text, count - 1, copy, count);
    return copy;
}

/* ---- registered providers ---------------------------------------------------------------- */

/* Write what Windows writes, into the registration of the options. */
static bool disable(void *context, const char *service)
{
    const struct sampler *sampler = context;
    struct registration_error problem;

    if (!service_switch_disable(sampler->registry_file, service, &problem))
        return true;
    command_complain("%s cannot be disabled: %s", service, problem.message);
    return false;
}

static void on_event(void *context, const struct host_event *event)
{
    const struct sampler *sampler = context;

    event_printer_print(sampler->events, event);
    if (sampler->options.on_event)
        sampler->options.on_event(sampler->options.event_context, event);
}

static int open_providers(struct sampler *sampler, const struct global_options *global)
{
    struct host_options options = {
        .library_path = command_library_path(global),
        .test_level = global->test_level,
        .lifecycle = (enum host_lifecycle)sampler->options.lifecycle,
    };
    int status = event_printer_open(&sampler->events, global->event_log);
    DWORD error;

    if (status)
        return status;
    options.on_event = on_event;
    options.event_context = sampler;
    options.trust = (enum host_trust)global->trust;
    sampler->registry_file = global->registry_file;
    options.on_disable = global->disables ? disable : NULL;
    options.disable_context = sampler;
    error = host_open(&sampler->host, &sampler->registration, &options);
    if (!error)
        return EXIT_FINE;
    command_complain(error == ERROR_INVALID_PARAMETER ? "the test level must be 1 to 4"
                                                      : "out of memory");
    return EXIT_BAD_USAGE;
}

static DWORD take_of_providers(struct sampler *sampler, struct sample *sample)
{
    const DWORD error = host_query_growing(sampler->host, sampler->value, &sample->type,
                                           &sample->data, &sample->size);

    if (error)
        command_complain("the query \"%s\" failed: %s", sampler->options.value,
                         error == ERROR_MORE_DATA ? "the answer does not fit in 1 GiB: a provider "
                                                    "always asks for more"
                                                  : "out of memory");
    return error;
}

static void close_providers(struct sampler *sampler)
{
    host_close(sampler->host);
    event_printer_close(sampler->events);
}

/* ---- the operating system ------------------------------------------------------------------ */

/* Get names from the system itself. Wine 8.0 has only a stub, so the registration is used there. */
static int open_system(struct sampler *sampler, const struct global_options *global)
{
    static const struct {
        const WCHAR *query;
        enum name_table_kind kind;
    } tables[] = { { TEXT16("Counter 009"), NAME_TABLE_COUNTER },
                   { TEXT16("Help 009"), NAME_TABLE_HELP } };

    (void)global;
    for (size_t i = 0; i < 2; i++) {
        size_t broken;
        DWORD type, size;
        BYTE *data;
        bool is_shifted;

        if (system_query(tables[i].query, sampler->options.system_limit_ms, &type, &data, &size,
                         &is_shifted))
            continue;
        if (type == REG_MULTI_SZ)
            name_table_add(&sampler->system_names, PERF_ENGLISH, tables[i].kind,
                           (const WCHAR *)data, size / sizeof(WCHAR), &broken);
        free(data);
    }
    return EXIT_FINE;
}

static DWORD take_of_system(struct sampler *sampler, struct sample *sample)
{
    bool is_shifted = false;
    const DWORD error = system_query(sampler->value, sampler->options.system_limit_ms,
                                     &sample->type, &sample->data, &sample->size, &is_shifted);

    if (error == ERROR_NOT_SUPPORTED)
        command_complain("--system: there is no HKEY_PERFORMANCE_DATA on this system; it is for "
                         "Windows and Wine");
    else if (error == ERROR_GEN_FAILURE)
        command_complain("RegQueryValueEx(HKEY_PERFORMANCE_DATA, \"%s\"): %s",
                         sampler->options.value, system_query_failure());
    else if (error)
        command_complain("RegQueryValueEx(HKEY_PERFORMANCE_DATA, \"%s\") failed with error %lu; "
                         "perfharness query without --system asks the providers directly",
                         sampler->options.value, (unsigned long)error);
    if (is_shifted && !sampler->has_reported_shift) {
        command_complain(
            "the system's RegQueryValueEx puts the objects 88 bytes after where "
            "HeaderLength says (a fault of Wine, not of the provider); they were moved "
            "to their place");
        sampler->has_reported_shift = true;
    }
    return error;
}

static void close_system(struct sampler *sampler)
{
    (void)sampler;
    system_query_close();
}

/* ---- saved blobs and recordings ------------------------------------------------------------- */

static int open_files(struct sampler *sampler, const struct global_options *global)
{
    (void)sampler, (void)global; /* each file is opened in its turn */
    return EXIT_FINE;
}

static DWORD open_next_file(struct sampler *sampler)
{
    const char *path;
    void *data;
    size_t size;
    DWORD error;

    free((void *)(uintptr_t)sampler->file.data);
    sampler->file = (struct span){ 0 };
    sampler->offset = 0;
    if (sampler->next_file == sampler->options.file_count)
        return ERROR_NO_MORE_ITEMS;
    path = sampler->options.files[sampler->next_file++];
    error = os_file_read_all(path, &data, &size, FILE_LIMIT);
    if (error) {
        command_complain("%s cannot be read: %s", path, command_file_error_text(error));
        return error == ERROR_NO_MORE_ITEMS ? ERROR_READ_FAULT : error;
    }
    sampler->file = (struct span){ data, size };
    return ERROR_SUCCESS;
}

static DWORD take_of_file(struct sampler *sampler, struct sample *sample)
{
    struct recorded_sample recorded;
    struct recording_error damage;
    struct output answer = { 0 };
    DWORD error;

    while (!sampler->file.data ||
           !recording_next(sampler->file, &sampler->offset, &recorded, &damage)) {
        if (sampler->file.data && damage.message) {
            command_complain("%s, offset %zu: %s", sampler->options.files[sampler->next_file - 1],
                             damage.offset, damage.message);
            free((void *)(uintptr_t)sampler->file.data);
            sampler->file = (struct span){ 0 };
            return ERROR_INVALID_DATA;
        }
        error = open_next_file(sampler);
        if (error)
            return error;
    }
    error = blob_query(recorded.blob, sampler->options.value, &answer);
    if (error) {
        command_complain("%s: %s", sampler->options.files[sampler->next_file - 1],
                         error == ERROR_INVALID_DATA
                             ? "there is no PERF_DATA_BLOCK in it that can be read"
                             : "out of memory");
        output_release(&answer);
        return error;
    }
    *sample = (struct sample){ REG_BINARY, (BYTE *)answer.data, (DWORD)answer.size };
    return ERROR_SUCCESS;
}

static void close_files(struct sampler *sampler)
{
    free((void *)(uintptr_t)sampler->file.data);
}

/* ---- all sources ----------------------------------------------------------------------------- */

enum { PROVIDERS, SYSTEM, FILES };

static const struct source sources[] = {
    [PROVIDERS] = { .needs_registration = true,
                    .takes_v2 = true,
                    .open = open_providers,
                    .take = take_of_providers,
                    .close = close_providers },
    [SYSTEM] = { .open = open_system, .take = take_of_system, .close = close_system },
    [FILES] = { .open = open_files, .take = take_of_file, .close = close_files },
};

/* Saved blobs and the system's answers can be shown without names, and a V2 provider does not
   need other registrations. */
static int open_registration(struct sampler *sampler, const struct global_options *global)
{
    struct registration_error problem;
    int status;

    if (sampler->options.registration) {
        sampler->registration = *sampler->options.registration;
        sampler->registration.services += sampler->options.service;
        sampler->registration.service_count = 1;
        return EXIT_FINE;
    }
    if (!sampler->options.v2.library || global->registry_file) {
        status = default_registration_open(global, &sampler->registration);
        return sampler->source->needs_registration || global->registry_file ? status : EXIT_FINE;
    }
    if (default_registration_find(global, &sampler->registration, &problem) != EXIT_BAD_USAGE)
        return EXIT_FINE;
    command_complain("%s", problem.message);
    return EXIT_BAD_USAGE;
}

int sampler_open(struct sampler **opened, const struct global_options *global,
                 const struct sampler_options *options)
{
    struct sampler *sampler = calloc(1, sizeof(*sampler));
    int status;

    if (sampler) {
        sampler->options = *options;
        if (!sampler->options.value)
            sampler->options.value = "Global";
        sampler->value = to_utf16(sampler->options.value);
    }
    if (!sampler || !sampler->value) {
        command_complain_memory();
        free(sampler);
        return EXIT_BAD_USAGE;
    }

    if (!sampler->options.files && options->replay.count) {
        sampler->options.files = sampler->options.replay.items;
        sampler->options.file_count = options->replay.count;
    }
    sampler->source = &sources[sampler->options.files         ? FILES
                               : sampler->options.asks_system ? SYSTEM
                                                              : PROVIDERS];
    if (sampler->options.v2.library && !sampler->source->takes_v2) {
        command_complain("--v2 starts a provider here: it goes with neither --system nor --replay");
        status = EXIT_BAD_USAGE;
    } else {
        status = open_registration(sampler, global);
    }
    if (!status && !options->registration)
        status = v2_options_add(&sampler->options.v2, &sampler->registration, NULL);
    if (!status)
        status = sampler->source->open(sampler, global);
    if (status)
        sampler_close(sampler);
    else
        *opened = sampler;
    return status;
}

void sampler_close(struct sampler *sampler)
{
    if (!sampler)
        return;
    sampler->source->close(sampler);
    name_table_release(&sampler->system_names);
    if (!sampler->options.registration)
        registration_release(&sampler->registration);
    free(sampler->value);
    free(sampler);
}

const struct registration *sampler_registration(const struct sampler *sampler)
{
    return &sampler->registration;
}

bool sampler_asks_providers(const struct sampler *sampler)
{
    return sampler->source == &sources[PROVIDERS];
}

/* The system's stub of a table has a handful of entries; a real one has thousands. */
const struct name_table *sampler_names(const struct sampler *sampler)
{
    return sampler->system_names.count > 16 ? &sampler->system_names : &sampler->registration.names;
}

DWORD sampler_take(struct sampler *sampler, struct sample *sample)
{
    *sample = (struct sample){ 0 };
    return sampler->source->take(sampler, sample);
}

void sampler_release_sample(struct sample *sample)
{
    free(sample->data);
    *sample = (struct sample){ 0 };
}
