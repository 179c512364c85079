/* SPDX-License-Identifier: MIT
 *
 * Fills in the strings of events. hosted_provider.c decides which event is due.
 */
#include "provider_event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "event_table.h"
#include "os.h"
#include "symbol_file.h"

/* Rule: EventLogLevel, Windows Server registry reference. */
static bool is_severe_enough(enum os_event_level level, uint32_t event_log_level)
{
    return event_log_level >= (level == OS_EVENT_ERROR ? 1u : level == OS_EVENT_WARNING ? 2u : 3u);
}

void provider_event_report(const struct provider_event_source *source, uint32_t id,
                           const char *detail, ...)
{
    const struct host_options *options = source->options;
    const struct event_definition *definition = event_table_find(id);
    const char *strings[EVENT_TABLE_STRINGS];
    char text[2048];
    va_list arguments;

    if (!options->on_event)
        return;
    size_t count = event_table_string_count(definition);
    va_start(arguments, detail);
    for (size_t i = 0; i < count; i++)
        strings[i] = va_arg(arguments, const char *);
    va_end(arguments);
    event_table_format(definition, strings, count, text, sizeof(text));
    size_t used = strlen(text);
    if (detail && *detail)
        snprintf(text + used, sizeof(text) - used, " %s", detail);
    const struct host_event event = {
        .id = id,
        .level = definition->level,
        .service = source->service->name,
        .text = text,
        .strings = strings,
        .string_count = count,
        .is_logged = is_severe_enough(definition->level, source->event_log_level),
    };
    options->on_event(options->event_context, &event);
}

void provider_event_number(const struct provider_event_source *source, uint32_t id, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof(text), "%" PRIu32, number);
    provider_event_report(source, id, NULL, source->service->name, source->library, text);
}

void provider_event_exception(const struct provider_event_source *source, uint32_t id,
                              const struct provider_observation *observation)
{
    char code[16], address[24], fault[PROVIDER_FAULT_TEXT] = "",
                                detail[PROVIDER_FAULT_TEXT + 64] = "";

    provider_observation_describe_fault(&observation->fault, fault, sizeof(fault));
    if (observation->outcome == PROVIDER_EXITED)
        snprintf(detail, sizeof(detail), "It ended its process with status %" PRIu32 ".",
                 observation->exit_status);
    else if (observation->outcome == PROVIDER_THREAD_ENDED)
        snprintf(detail, sizeof(detail), "It ended the thread that it was called on.");
    else if (observation->outcome == PROVIDER_CRASHED ||
             observation->outcome == PROVIDER_STACK_OVERFLOW)
        snprintf(detail, sizeof(detail), "(%s)", fault);
    snprintf(code, sizeof(code), "0x%08" PRIX32, observation->fault.code);
    snprintf(address, sizeof(address), "0x%" PRIX64, observation->fault.instruction);
    provider_event_report(source, id, detail, source->library, source->service->name, code,
                          address);
}

void provider_event_hang(const struct provider_event_source *source, uint32_t id,
                         const struct provider_observation *observation)
{
    char place[PROVIDER_FAULT_TEXT], detail[PROVIDER_FAULT_TEXT + 16] = "";

    provider_observation_fault_place(&observation->fault, place, sizeof(place));
    if (*place)
        snprintf(detail, sizeof(detail), "(it was%s)", place);
    provider_event_report(source, id, detail, source->service->name, source->library);
}

void provider_event_not_loaded(const struct provider_event_source *source,
                               const struct provider_observation *observation)
{
    char error[16], detail[700];
    int bits = symbol_file_bits(source->library);
    uint32_t id = 1023;

    if (observation->load_error == ERROR_BAD_EXE_FORMAT && bits && bits != (int)sizeof(void *) * 8)
        id = bits == 32 ? 1021 : 1022;
    snprintf(error, sizeof(error), "%" PRIu32, observation->load_error);
    snprintf(detail, sizeof(detail), "Service %s%s%s", source->service->name,
             *observation->detail ? ": " : ".", observation->detail);
    provider_event_report(source, id, detail, source->library, error);
}

void provider_event_no_export(const struct provider_event_source *source,
                              const struct provider_observation *observation)
{
    const struct service *service = source->service;
    const char *name = observation->detail;
    uint32_t id = service->open && strcmp(name, service->open) == 0         ? 1005
                  : service->collect && strcmp(name, service->collect) == 0 ? 1006
                                                                            : 1007;

    /* 127: ERROR_PROC_NOT_FOUND. */
    provider_event_report(source, id, NULL, name, source->library, service->name, "127");
}
