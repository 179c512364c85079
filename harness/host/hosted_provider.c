/* SPDX-License-Identifier: MIT
 *
 * Acts as perflib towards one provider: when it is opened and closed, what follows from each
 * outcome, and which event is due. provider_process.c makes the calls, provider_event.c the texts
 * of events.
 */
#include "hosted_provider.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library_path.h"
#include "os.h"
#include "provider_call.h"
#include "provider_event.h"
#include "test_level.h"
#include "validation_code.h"

/* Chosen, for CONFIGURATION_NO_TIMEOUTS: the harness itself never hangs. */
#define NO_TIMEOUT_MS 600000
#define LEAST_RESERVE (128u << 10) /* bytes; chosen, for stray writes: see reserve_for */
#define GARBAGE 0xCCCCCCCC         /* *lpNumObjectTypes on entry, which is not an input */

struct hosted_provider {
    const struct hosting *hosting;
    const struct service *service;
    char library[OS_PATH_SIZE]; /* path; "" until the provider is first needed */
    struct provider_process *process;
    bool is_open;
    bool is_given_up;        /* not used any more in this session */
    bool is_reported;        /* the events about its registration were reported */
    bool is_trusted;         /* it is the registered library, with HOST_TRUST_REGISTERED */
    uint32_t test_level;     /* 1..4, the level of its tests */
    uint32_t largest_answer; /* size of the largest answer so far */

    /* In-process only: */
    struct provider_start start;
    struct provider_callee callee;
    struct provider_call_memory memory;
};

/* ---- events ------------------------------------------------------------------------------- */

static struct provider_event_source source_of(const struct hosted_provider *provider)
{
    return (struct provider_event_source){
        .options = provider->hosting->options,
        .event_log_level = provider->hosting->event_log_level,
        .service = provider->service,
        .library = provider->library,
    };
}

/* Report the service as disabled: for good if that can be remembered, otherwise for this
   session. */
static void report_disabled(const struct hosted_provider *provider)
{
    const struct host_options *options = provider->hosting->options;
    const bool is_for_good = options->on_disable &&
                             options->on_disable(options->disable_context, provider->service->name);

    const struct provider_event_source source = source_of(provider);

    provider_event_report(&source, is_for_good ? 1017 : 1018, NULL, provider->service->name);
}

/* Perflib disables a provider that misbehaves, unless Configuration Flags forbid it. Wine never
   does. */
static void give_up(struct hosted_provider *provider)
{
    if (provider->is_given_up || provider->hosting->flags & CONFIGURATION_NO_DISABLING ||
        provider->hosting->options->lifecycle == HOST_LIFECYCLE_WINE)
        return;
    provider->is_given_up = true;
    report_disabled(provider);
}

/* ---- calls -------------------------------------------------------------------------------- */

/* Rule: Library Validation Code; see enum host_trust. */
static void decide_trust(struct hosted_provider *provider)
{
    provider->test_level = provider->hosting->test_level;
    if (provider->hosting->options->trust == HOST_TRUST_ALIKE)
        return;
    provider->is_trusted = validation_code_fits(provider->service, provider->library);
    if (provider->is_trusted)
        return;
    provider->test_level = TEST_LEVEL_STRICTEST;
    if (provider->service->validation_code) {
        const struct provider_event_source source = source_of(provider);

        provider_event_report(&source, 2003, NULL, provider->library, provider->service->name);
    }
}

static DWORD prepare(struct hosted_provider *provider)
{
    const struct service *service = provider->service;

    if (*provider->library)
        return ERROR_SUCCESS;
    /* If the library is not found, its first place is tried nevertheless, so that the loader's
       error is reported. */
    library_path_find(service, provider->hosting->options->library_path, provider->library,
                      sizeof(provider->library));
    provider->start = provider_start_of(service, provider->library);
    decide_trust(provider);
    if (provider->hosting->options->in_process)
        return ERROR_SUCCESS;
    return provider_process_start(&provider->process, &provider->start);
}

static DWORD call(struct hosted_provider *provider, const struct provider_call *what,
                  struct provider_observation *observation)
{
    if (provider->process)
        return provider_process_call(provider->process, what, observation);
    return provider_call_make(&provider->callee, &provider->start, what, &provider->memory,
                              observation);
}

static void release(const struct hosted_provider *provider,
                    struct provider_observation *observation)
{
    if (provider->process) /* in-process, the bytes belong to the call's memory */
        provider_observation_release(observation);
}

static DWORD simple_call(struct hosted_provider *provider, enum provider_call_kind kind,
                         uint32_t timeout_ms, struct provider_observation *observation)
{
    const struct provider_call what = { .kind = kind, .timeout_ms = timeout_ms };

    DWORD error = call(provider, &what, observation);
    release(provider, observation);
    return error;
}

static uint32_t time_limit(const struct hosted_provider *provider, uint32_t timeout_ms)
{
    if (provider->hosting->flags & CONFIGURATION_NO_TIMEOUTS || provider->is_trusted)
        return NO_TIMEOUT_MS;
    return timeout_ms ? timeout_ms : 1;
}

/* Load the library and call Open. *is_open receives whether the provider can be used now. */
static DWORD open(struct hosted_provider *provider)
{
    const struct service *service = provider->service;
    const struct provider_event_source source = source_of(provider);
    struct provider_observation observation;

    DWORD error = prepare(provider);
    const uint32_t limit = time_limit(provider, service->open_timeout_ms);
    if (!error)
        error = simple_call(provider, PROVIDER_LOAD, limit, &observation);
    if (error)
        return error;
    if (observation.outcome == PROVIDER_NOT_LOADED)
        provider_event_not_loaded(&source, &observation);
    else if (observation.outcome == PROVIDER_NO_EXPORT)
        provider_event_no_export(&source, &observation);
    else if (observation.outcome == PROVIDER_RETURNED && (service->open || service->is_v2)) {
        error = simple_call(provider, PROVIDER_OPEN, limit, &observation);
        if (error)
            return error;
    }

    switch (observation.outcome) {
    case PROVIDER_RETURNED:
        if (observation.return_code == ERROR_SUCCESS) {
            provider->is_open = true;
            return ERROR_SUCCESS;
        }
        provider_event_number(&source, 1008, observation.return_code);
        simple_call(provider, PROVIDER_UNLOAD, limit, &observation);
        break;
    case PROVIDER_NOT_LOADED:
    case PROVIDER_NO_EXPORT:
        break;
    case PROVIDER_HUNG:
        provider_event_hang(&source, 2002, &observation);
        return ERROR_SUCCESS; /* the service is not used in this query; the next one tries again */
    default:
        provider_event_exception(&source, 1009, &observation);
        break;
    }
    give_up(provider);
    return ERROR_SUCCESS;
}

/* Report the tests that failed. Returns false if one of them forbids the use of the answer. */
static bool passes_tests(const struct hosted_provider *provider, DWORD buffer_size,
                         const struct provider_observation *observation)
{
    const struct provider_event_source source = source_of(provider);
    struct test_level_failure failures[TEST_LEVEL_FAILURES];
    bool is_usable = true;

    size_t count = test_level_check(provider->test_level, provider->hosting->flags, buffer_size,
                                    observation, failures);
    for (size_t i = 0; i < count; i++) {
        const struct test_level_failure *failure = &failures[i];
        char first[24], second[16];
        snprintf(first, sizeof(first), "%" PRIu32, failure->numbers[0]);
        snprintf(second, sizeof(second), "%" PRIu32, failure->numbers[1]);
        if (failure->event_id == 1016)
            snprintf(first, sizeof(first), "0x%" PRIX64, observation->data_address);
        provider_event_report(&source, failure->event_id, NULL, provider->library,
                              provider->service->name, first, second);
        is_usable = is_usable && !failure->is_fatal;
    }
    return is_usable;
}

DWORD hosted_provider_open(struct hosted_provider **provider, const struct hosting *hosting,
                           const struct service *service)
{
    struct hosted_provider *made = calloc(1, sizeof(*made));

    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    made->hosting = hosting;
    made->service = service;
    *provider = made;
    return ERROR_SUCCESS;
}

void hosted_provider_report_registration(struct hosted_provider *provider)
{
    static const struct {
        enum service_fault fault;
        const char *value;
    } procedures[] = {
        { SERVICE_OPEN_MISSING, "Open" },
        { SERVICE_COLLECT_MISSING, "Collect" },
        { SERVICE_CLOSE_MISSING, "Close" },
    };
    const struct service *service = provider->service;
    const struct provider_event_source source = source_of(provider);
    char detail[600];

    if (provider->is_reported || !service->problem || service->disabled)
        return;
    provider->is_reported = true;
    snprintf(detail, sizeof(detail), "(%s: %s)", service->name, service->problem);
    /* ERROR_INVALID_DATA and STATUS_DATA_ERROR: a value is not what it must be. */
    if (!service->faults || service->faults & SERVICE_VALUE_DAMAGED)
        provider_event_report(&source, 2001, detail, service->name, "13", "0xC000003E");
    if (service->faults & SERVICE_VALUE_MISSING)
        provider_event_report(&source, 3004, detail, service->name);
    for (size_t i = 0; i < sizeof(procedures) / sizeof(*procedures); i++)
        if (service->faults & procedures[i].fault)
            provider_event_report(&source, 3003, NULL, procedures[i].value, service->name);
    if (service->faults & SERVICE_OBJECTS_TOO_MANY)
        provider_event_report(&source, 3002, detail);
}

bool hosted_provider_is_usable(const struct hosted_provider *provider)
{
    return !provider->is_given_up && !provider->service->problem && !provider->service->disabled &&
           provider->service->library && (provider->service->collect || provider->service->is_v2);
}

/* Bytes after the guard. A provider that ignores the size writes everything it has, so the
   reserve must hold what does not fit, and some more for stray writes. Only powers of 2 are
   used, so that the buffer seldom has to be placed again. */
static uint32_t reserve_for(const struct hosted_provider *provider, DWORD buffer_size)
{
    uint32_t reserve = LEAST_RESERVE;

    if (provider->largest_answer == 0)
        return 0; /* the size is not known yet */
    if (provider->largest_answer > buffer_size)
        while (reserve < 1u << 30 && reserve / 2 < provider->largest_answer)
            reserve *= 2;
    return reserve;
}

/* Evaluate a Collect that returned. */
static DWORD take_answer(struct hosted_provider *provider, BYTE *data, DWORD buffer_size,
                         const struct provider_observation *observation, DWORD *size, DWORD *count)
{
    if (observation->return_code == ERROR_MORE_DATA)
        return ERROR_MORE_DATA;
    if (observation->return_code != ERROR_SUCCESS) {
        const struct provider_event_source source = source_of(provider);

        provider_event_number(&source, 1014, observation->return_code);
        return ERROR_SUCCESS;
    }
    if (!passes_tests(provider, buffer_size, observation)) {
        give_up(provider);
        return ERROR_SUCCESS;
    }
    /* Without objects there are no bytes: *lpcbTotalBytes may be the size that the provider
       got, and the rest of the buffer belongs to the next providers. */
    if (observation->object_types == 0 ||
        (observation->object_types == GARBAGE && observation->moved == 0 &&
         observation->total_bytes == buffer_size))
        return ERROR_SUCCESS;
    if (observation->total_bytes > provider->largest_answer)
        provider->largest_answer = observation->total_bytes;
    memcpy(data, observation->bytes, observation->total_bytes);
    *size = observation->total_bytes;
    *count = observation->object_types;
    return ERROR_SUCCESS;
}

DWORD hosted_provider_collect(struct hosted_provider *provider, const WCHAR *query, BYTE *data,
                              DWORD buffer_size, DWORD *size, DWORD *count)
{
    const struct provider_event_source source = source_of(provider);
    struct provider_observation observation;

    *size = *count = 0;
    if (!provider->is_open) {
        DWORD error = open(provider);
        if (error || !provider->is_open)
            return error;
    }
    const struct provider_call what = {
        .kind = PROVIDER_COLLECT,
        .timeout_ms = time_limit(provider, provider->service->collect_timeout_ms),
        .query = query,
        .buffer_size = buffer_size,
        .guard = test_level_guard(provider->test_level),
        .reserve_size = reserve_for(provider, buffer_size),
        .object_types = GARBAGE,
        .copy_used_only = true,
    };
    DWORD error = call(provider, &what, &observation);
    if (error)
        return error;
    switch (observation.outcome) {
    case PROVIDER_RETURNED:
        error = take_answer(provider, data, buffer_size, &observation, size, count);
        break;
    case PROVIDER_HUNG:
        provider_event_hang(&source, 1015, &observation);
        provider->is_open = false;
        break;
    default:
        provider_event_exception(&source, 1010, &observation);
        provider->is_open = false;
        give_up(provider);
        break;
    }
    release(provider, &observation);
    return error;
}

void hosted_provider_give_up(struct hosted_provider *provider, DWORD buffer_size)
{
    const struct provider_event_source source = source_of(provider);
    char size[16];

    snprintf(size, sizeof(size), "%" PRIu32, (uint32_t)buffer_size);
    provider_event_report(&source, 1020, "It goes on answering ERROR_MORE_DATA.", provider->library,
                          provider->service->name, size, "more");
    provider->is_given_up = true;
    report_disabled(provider);
}

void hosted_provider_unload(struct hosted_provider *provider)
{
    const struct provider_event_source source = source_of(provider);
    struct provider_observation observation;
    const struct service *service = provider->service;
    uint32_t limit = time_limit(provider, service->close_timeout_ms ? service->close_timeout_ms
                                                                    : service->collect_timeout_ms);

    if (!provider->is_open)
        return;
    provider->is_open = false;
    observation.outcome = PROVIDER_RETURNED;
    if ((provider->service->close || provider->service->is_v2) &&
        simple_call(provider, PROVIDER_CLOSE, limit, &observation))
        return;
    if (observation.outcome == PROVIDER_RETURNED &&
        simple_call(provider, PROVIDER_UNLOAD, limit, &observation))
        return;
    if (observation.outcome != PROVIDER_RETURNED)
        provider_event_exception(&source, 1011, &observation);
}

void hosted_provider_close(struct hosted_provider *provider)
{
    if (!provider)
        return;
    hosted_provider_unload(provider);
    provider_process_stop(provider->process);
    provider_call_memory_release(&provider->memory);
    free(provider);
}
