/* SPDX-License-Identifier: MIT
 *
 * Loads a provider and calls its procedures, with arguments placed so that an overrun of one of
 * them shows. The caller watches for faults and time-outs.
 */
#include "provider_call.h"

#include <stdio.h>
#include <string.h>

#include "process_state.h"
#include "system_registry.h"
#include "text.h"
#include "v2_redirect.h"

#define CANARY 0x5AC3B7E19D2F4866u /* any number without a pattern */

/* Collect's results with canaries between them, which show if 8 bytes are stored into a DWORD. */
struct arguments {
    uint64_t before_data;
    void *data;
    uint64_t after_data;
    uint64_t before_total_bytes;
    DWORD total_bytes;
    DWORD after_total_bytes[3];
    uint64_t before_object_types;
    DWORD object_types;
    DWORD after_object_types[3];
};

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static void set_environment(const struct provider_start *start)
{
    char number[16];

    os_environment_set("PERFLIB_SERVICE", start->service);
    snprintf(number, sizeof(number), "%u", (unsigned)start->first_counter);
    os_environment_set("PERFLIB_FIRST_COUNTER", start->has_indices ? number : NULL);
    snprintf(number, sizeof(number), "%u", (unsigned)start->first_help);
    os_environment_set("PERFLIB_FIRST_HELP", start->has_indices ? number : NULL);
}

/* An export's address, converted to any type of procedure. */
static bool find_export(const struct os_library *library, const char *name, void *procedure,
                        struct provider_observation *observation)
{
    void *address;

    if (!name)
        return true;
    address = os_library_symbol(library, name);
    if (!address) {
        observation->outcome = PROVIDER_NO_EXPORT;
        copy_text(observation->detail, sizeof(observation->detail), name);
        return false;
    }
    memcpy(procedure, &address, sizeof(address));
    return true;
}

/* All exports are looked up; the first that is missing is reported. */
static bool find_exports(struct provider_callee *callee, const struct provider_start *start,
                         struct provider_observation *observation)
{
    const struct os_library *library = &callee->library;

    if (start->is_v2)
        return find_export(library, start->open, &callee->start, observation) &&
               find_export(library, start->close, &callee->stop, observation);
    return find_export(library, start->open, &callee->open, observation) &&
           find_export(library, start->collect, &callee->collect, observation) &&
           find_export(library, start->close, &callee->close, observation);
}

static void load(struct provider_callee *callee, const struct provider_start *start,
                 struct provider_observation *observation)
{
    DWORD error = ERROR_SUCCESS;

    if (callee->is_loaded)
        return;
    set_environment(start);
    memset(callee, 0, sizeof(*callee));
    if (start->is_v2)
        error = v2_session_begin(start->manifest, start->first_counter, start->is_elsewhere,
                                 observation->detail, sizeof(observation->detail));
    if (!error && !start->is_elsewhere)
        error = os_library_open(&callee->library, start->library, observation->detail,
                                sizeof(observation->detail));
    if (error) {
        observation->outcome = PROVIDER_NOT_LOADED;
        observation->load_error = error;
        return;
    }
    callee->is_loaded = true;
    if (!start->is_elsewhere && !find_exports(callee, start, observation)) {
        os_library_close(&callee->library);
        callee->is_loaded = false;
    } else if (start->is_v2) {
        if (!start->is_elsewhere)
            v2_redirect_imports();
        callee->collect = v2_session_collect;
    }
}

const void *provider_call_code_of(const struct provider_callee *callee)
{
    const void *code = NULL;

    if (callee->start || callee->stop)
        memcpy(&code, callee->start ? (const void *)&callee->start : (const void *)&callee->stop,
               sizeof(code));
    else if (callee->collect != v2_session_collect)
        memcpy(&code,
               callee->collect ? (const void *)&callee->collect : (const void *)&callee->open,
               sizeof(code));
    return callee->is_loaded ? code : NULL;
}

/* Place a text of our own at the end of a page: a read past its terminator faults. */
static DWORD place_text(struct guarded_buffer *place, const WCHAR *text, size_t length,
                        WCHAR **placed)
{
    *placed = NULL;
    if (!text)
        return ERROR_SUCCESS;
    uint32_t size = (uint32_t)(length * sizeof(*text));
    DWORD error =
        guarded_buffer_place(place, PROVIDER_GUARD_PAGE_END, size, (uint32_t)((0 - size) & 7), 0);
    if (error)
        return error;
    memcpy(place->data, text, size);
    *placed = (WCHAR *)(void *)place->data;
    return ERROR_SUCCESS;
}

static void arm(struct arguments *arguments)
{
    const uint64_t canary = CANARY;

    arguments->before_data = arguments->after_data = canary;
    arguments->before_total_bytes = arguments->before_object_types = canary;
    memset(arguments->after_total_bytes, 0x5A, sizeof(arguments->after_total_bytes));
    memset(arguments->after_object_types, 0x5A, sizeof(arguments->after_object_types));
}

static uint32_t damage_of(const struct arguments *arguments)
{
    struct arguments sound;

    arm(&sound);
    return (arguments->before_data != sound.before_data || arguments->after_data != sound.after_data
                ? PROVIDER_WROTE_BESIDE_DATA
                : 0u) |
           (arguments->before_total_bytes != sound.before_total_bytes ||
                    memcmp(arguments->after_total_bytes, sound.after_total_bytes,
                           sizeof(sound.after_total_bytes)) != 0
                ? PROVIDER_WROTE_BESIDE_TOTAL_BYTES
                : 0u) |
           (arguments->before_object_types != sound.before_object_types ||
                    memcmp(arguments->after_object_types, sound.after_object_types,
                           sizeof(sound.after_object_types)) != 0
                ? PROVIDER_WROTE_BESIDE_OBJECT_TYPES
                : 0u);
}

static DWORD collect(struct provider_callee *callee, const struct provider_call *call,
                     struct provider_call_memory *memory, struct provider_observation *observation)
{
    struct guarded_buffer *buffer = &memory->buffer;
    size_t query_length = call->query ? text_length(call->query) + 1 : 0;
    uint32_t nulls = call->null_arguments;
    struct arguments arguments;
    WCHAR *query;

    DWORD error = guarded_buffer_place(buffer, call->guard, call->buffer_size, call->misalignment,
                                       call->reserve_size);
    if (!error)
        error = place_text(&memory->query, call->query, query_length, &query);
    if (error)
        return error;
    if (call->has_poison)
        memset(buffer->data, call->poison, buffer->size);
    arm(&arguments);
    void *data = nulls & PROVIDER_NULL_DATA ? NULL : buffer->data;
    arguments.data = data;
    arguments.total_bytes = call->buffer_size;
    arguments.object_types = call->object_types;

    uint64_t begin = os_clock_ticks();
    observation->return_code =
        callee->collect(query, nulls & PROVIDER_NULL_DATA_POINTER ? NULL : &arguments.data,
                        nulls & PROVIDER_NULL_TOTAL_BYTES ? NULL : &arguments.total_bytes,
                        nulls & PROVIDER_NULL_OBJECT_TYPES ? NULL : &arguments.object_types);
    observation->duration_100ns = os_clock_ticks() - begin;

    observation->data_is_null = !arguments.data;
    observation->moved = (int64_t)((uint64_t)(uintptr_t)arguments.data - (uint64_t)(uintptr_t)data);
    observation->total_bytes = arguments.total_bytes;
    observation->object_types = arguments.object_types;
    observation->data_address = (uintptr_t)data;
    observation->argument_damage = damage_of(&arguments);
    if (query && memcmp(query, call->query, query_length * sizeof(*query)) != 0)
        observation->argument_damage |= PROVIDER_WROTE_QUERY;
    guarded_buffer_check(buffer, &observation->damage);
    observation->bytes = buffer->data;
    observation->byte_count = buffer->size;
    if (call->copy_used_only && observation->return_code == ERROR_SUCCESS &&
        observation->total_bytes < buffer->size)
        observation->byte_count = observation->total_bytes;
    else if (call->copy_used_only && observation->return_code != ERROR_SUCCESS)
        observation->byte_count = 0;
    return ERROR_SUCCESS;
}

/* Call the system in place of a provider. */
static DWORD query_system(const struct provider_call *call, struct provider_call_memory *memory,
                          struct provider_observation *observation)
{
    struct guarded_buffer *buffer = &memory->buffer;
    DWORD type = 0, size = call->buffer_size - call->spare_size;

    DWORD error = guarded_buffer_place(buffer, call->guard, call->buffer_size, 0, 0);
    if (error)
        return error;
    if (call->has_poison)
        memset(buffer->data, call->poison, buffer->size);
    uint64_t begin = os_clock_ticks();
    observation->return_code = system_registry_query(call->query, &type, buffer->data, &size);
    observation->duration_100ns = os_clock_ticks() - begin;
    observation->total_bytes = size;
    observation->object_types = type;
    guarded_buffer_check(buffer, &observation->damage);
    observation->bytes = buffer->data;
    observation->byte_count = observation->return_code == ERROR_SUCCESS ? buffer->size : 0;
    return ERROR_SUCCESS;
}

static DWORD take_findings(const struct provider_call *call, struct provider_call_memory *memory,
                           struct provider_observation *observation)
{
    struct guarded_buffer *buffer = &memory->buffer;

    DWORD error = guarded_buffer_place(buffer, PROVIDER_GUARD_NONE, call->buffer_size, 0, 0);
    if (error)
        return error;
    observation->allocations = (uint32_t)v2_session_allocations();
    observation->total_bytes = (uint32_t)v2_session_take_findings(buffer->data, buffer->size);
    observation->bytes = buffer->data;
    observation->byte_count = observation->total_bytes;
    return ERROR_SUCCESS;
}

static bool is_damaged(const struct provider_observation *observation)
{
    const struct provider_damage *damage = &observation->damage;

    return damage->before || damage->after || damage->reserve_used || observation->argument_damage;
}

static bool is_plain_refusal(const struct provider_observation *observation)
{
    return observation->return_code == ERROR_MORE_DATA && !observation->data_is_null &&
           observation->moved == 0 && observation->total_bytes == 0 &&
           observation->object_types == 0;
}

/* Whether an export cannot be called: it was not named, or no library is loaded. */
static bool refuse(const struct provider_callee *callee, bool has_export, const char *kind,
                   struct provider_observation *observation)
{
    if (!callee->is_loaded) {
        observation->outcome = PROVIDER_GONE;
        return true;
    }
    if (!has_export) {
        observation->outcome = PROVIDER_NO_EXPORT;
        copy_text(observation->detail, sizeof(observation->detail), kind);
        return true;
    }
    return false;
}

static DWORD make_once(struct provider_callee *callee, const struct provider_start *start,
                       const struct provider_call *call, struct provider_call_memory *memory,
                       struct provider_observation *observation)
{
    uint64_t begin;
    WCHAR *context;
    DWORD error;

    switch (call->kind) {
    case PROVIDER_LOAD:
        begin = os_clock_ticks();
        load(callee, start, observation);
        break;
    case PROVIDER_OPEN:
        if (start->is_v2) {
            if (refuse(callee, true, "", observation))
                return ERROR_SUCCESS;
            begin = os_clock_ticks();
            observation->return_code = v2_session_open(callee->start, call->failing_allocation);
            break;
        }
        if (refuse(callee, callee->open, "Open", observation))
            return ERROR_SUCCESS;
        error = place_text(&memory->context, start->context, start->context_length, &context);
        if (error)
            return error;
        begin = os_clock_ticks();
        observation->return_code = callee->open(context);
        break;
    case PROVIDER_COLLECT:
        if (refuse(callee, callee->collect, "Collect", observation))
            return ERROR_SUCCESS;
        return collect(callee, call, memory, observation);
    case PROVIDER_CLOSE:
        if (refuse(callee, start->is_v2 || callee->close, "Close", observation))
            return ERROR_SUCCESS;
        begin = os_clock_ticks();
        observation->return_code = start->is_v2 ? v2_session_close(callee->stop) : callee->close();
        break;
    case PROVIDER_UNLOAD:
        if (refuse(callee, true, "", observation))
            return ERROR_SUCCESS;
        begin = os_clock_ticks();
        if (!start->is_elsewhere)
            os_library_close(&callee->library);
        callee->is_loaded = false;
        if (start->is_v2)
            v2_session_end();
        break;
    case PROVIDER_V2_FINDINGS:
        return take_findings(call, memory, observation);
    case PROVIDER_SYSTEM_QUERY:
        return query_system(call, memory, observation);
    case PROVIDER_SYSTEM_CLOSE:
        observation->return_code = system_registry_close();
        return ERROR_SUCCESS;
    case PROVIDER_RESOURCES:
    default:
        process_state_count_resources(&observation->resources);
        return ERROR_SUCCESS;
    }
    observation->duration_100ns = os_clock_ticks() - begin;
    return ERROR_SUCCESS;
}

DWORD provider_call_make(struct provider_callee *callee, const struct provider_start *start,
                         const struct provider_call *call, struct provider_call_memory *memory,
                         struct provider_observation *observation)
{
    const uint32_t count = provider_request_count(call);
    struct process_state before, after;
    struct provider_call once = *call;
    uint32_t first_code = 0;

    memset(observation, 0, sizeof(*observation));
    process_state_take(&before);
    for (uint32_t made = 1; made <= count; made++) {
        if (memory->progress) {
            atomic_store(&memory->progress->size, once.buffer_size);
            atomic_store(&memory->progress->begun, made);
        }
        DWORD error = make_once(callee, start, &once, memory, observation);
        if (error)
            return error;
        observation->repeated = made;
        observation->size = once.buffer_size;
        if (made == 1)
            first_code = observation->return_code;
        if (observation->outcome != PROVIDER_RETURNED || is_damaged(observation) ||
            observation->return_code != first_code ||
            (call->size_step && !is_plain_refusal(observation)))
            break;
        once.buffer_size -= made < count ? call->size_step : 0;
    }
    process_state_take(&after);
    observation->side_effects = process_state_compare(&before, &after);
    observation->duration_100ns = observation->duration_100ns * 10000000u / os_clock_frequency();
    return ERROR_SUCCESS;
}

void provider_call_memory_release(struct provider_call_memory *memory)
{
    guarded_buffer_release(&memory->buffer);
    guarded_buffer_release(&memory->query);
    guarded_buffer_release(&memory->context);
}
