/* SPDX-License-Identifier: MIT
 *
 * Makes calls of the provider, and judges what they do to their process: crashes, hangs, exits,
 * times, side effects, missing procedures. check_collect.c judges what Collect returns.
 */
#include "check_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_location.h"
#include "check_options.h"
#include "check_limits.h"
#include "check_report.h"
#include "check_state.h"
#include "export_table.h"
#include "file_kind.h"
#include "hash.h"
#include "os.h"
#include "text.h"

/* All are chosen; the last two hold on a machine under load. */
#define SLOW_PART 5                    /* a call that takes a SLOW_PART-th of its limit is slow */
#define FILE_LIMIT ((size_t)512 << 20) /* bytes of a library; as in export_table.c */
#define OWN_CALL_LIMIT_MS 10000        /* for a call that runs no code of the provider */
#define FILLED_BYTES_IN_MS 8192        /* bytes of a buffer that are filled in a millisecond */
#define OVERHEAD_MS 1000 /* the harness's own work; check_limits_of_call adds another */

const char *check_call_procedure_of(const struct check *check, enum provider_call_kind kind)
{
    const struct provider_start *start = &check->options->start;

    switch (kind) {
    case PROVIDER_LOAD:
        return "loading";
    case PROVIDER_OPEN:
        return start->open ? start->open : start->is_v2 ? "the start" : "Open";
    case PROVIDER_COLLECT:
        return start->collect ? start->collect : "Collect";
    case PROVIDER_CLOSE:
        return start->close ? start->close : start->is_v2 ? "the stop" : "Close";
    case PROVIDER_UNLOAD:
        return "unloading";
    case PROVIDER_V2_FINDINGS:
        return "waiting";
    default:
        return "counting resources";
    }
}

/* Describe when a call was made, for messages: " (in Collect 3 after Open 1, while trying
   "buffer sizes")". */
static void describe_circumstances(const struct check *check, const struct provider_call *call,
                                   const struct provider_observation *observation, char *text,
                                   size_t size)
{
    const char *procedure = check_call_procedure_of(check, call->kind);
    char order[160] = "";

    switch (call->kind) {
    case PROVIDER_LOAD:
        if (check->life.loads)
            snprintf(order, sizeof(order), "loaded for the %u. time in one process, ",
                     check->life.loads + 1);
        break;
    case PROVIDER_OPEN:
        snprintf(order, sizeof(order), "%s %u since it was loaded, ", procedure,
                 check->life.opens + 1);
        break;
    case PROVIDER_COLLECT:
        if (check->life.opens)
            snprintf(order, sizeof(order), "%s %u after Open %u, ", procedure,
                     check->life.collects + observation->repeated + 1, check->life.opens);
        else
            snprintf(order, sizeof(order), "before any Open, ");
        break;
    case PROVIDER_CLOSE:
    case PROVIDER_UNLOAD:
        snprintf(order, sizeof(order), "after %u Opens, the last followed by %u Collects, ",
                 check->life.opens, check->life.collects);
        break;
    default:
        break;
    }
    snprintf(text, size, " (%swhile trying \"%s\")", order, check->stage.name);
}

/* Report a fault at a guard page, or after the end of the query: each is a rule of its own. */
static bool report_guard_fault(struct check *check, const struct provider_call *call,
                               const char *query, const struct provider_fault *fault,
                               const char *place)
{
    const char *const verb = fault->is_write ? "writes" : "reads";

    if (!fault->has_address)
        return false;
    if (fault->in_query_memory) {
        check_report_breach(check, fault->is_write ? RULE_query_modified : RULE_read_outside, query,
                            call->buffer_size, "query string",
                            "%s %s outside the query string and its terminator%s",
                            check_call_procedure_of(check, call->kind), verb, place);
        return true;
    }
    if (strstr(fault->symbol, "free") || strstr(fault->symbol, "realloc")) {
        check_report_breach(check, RULE_heap_damage, query, call->buffer_size, "heap",
                            "%s frees or resizes memory that is not its own, the buffer of %" PRIu32
                            " bytes perhaps, or its heap is damaged%s",
                            check_call_procedure_of(check, call->kind), call->buffer_size, place);
        return true;
    }
    if (!fault->in_buffer_memory)
        return false;
    if (fault->buffer_offset >= 0 && fault->buffer_offset < (int64_t)call->buffer_size) {
        check_report_breach(check, RULE_heap_damage, query, call->buffer_size, "buffer",
                            "%s gets a buffer of %" PRIu32
                            " bytes that no longer exists at offset %" PRId64
                            ": it was freed or unmapped%s",
                            check_call_procedure_of(check, call->kind), call->buffer_size,
                            fault->buffer_offset, place);
        return true;
    }

    const bool is_before = fault->buffer_offset < 0;
    const int64_t distance =
        is_before ? -fault->buffer_offset : fault->buffer_offset - (int64_t)call->buffer_size;

    check_report_breach(check,
                        !fault->is_write                  ? RULE_read_outside
                        : distance >= PROVIDER_GUARD_SIZE ? RULE_heap_damage
                        : is_before                       ? RULE_guard_underrun
                                                          : RULE_guard_overrun,
                        query, call->buffer_size, NULL,
                        "%s %s at 0x%" PRIx64 ", %" PRId64 " bytes %s the buffer of %" PRIu32
                        " bytes%s",
                        check_call_procedure_of(check, call->kind), verb, fault->address, distance,
                        is_before ? "before" : "after the end of", call->buffer_size, place);
    return true;
}

/* Report a fault after unloading. Unloading caused it: the call and the stage in which it shows do not
   matter. */
static void report_left_over(struct check *check, enum provider_call_kind kind, const char *what)
{
    struct findings *const findings = check->findings;
    char when[160];

    if (kind == PROVIDER_UNLOAD || kind == PROVIDER_RESOURCES)
        snprintf(when, sizeof(when), "%s", kind == PROVIDER_UNLOAD ? "at once" : "a moment later");
    else
        snprintf(when, sizeof(when), "later, during %s", check_call_procedure_of(check, kind));
    check->findings = &check->report->findings;
    check_report_mark(check, RULE_unload_crash);
    check_report_breach(check, RULE_unload_crash, NULL, 0, "after unloading",
                        "Code of the library runs after unloading, and crashes %s: %s", when, what);
    check->findings = findings;
}

/* Report a file that no loader accepts. Its kind is more informative than the loader's own
   message. */
static bool report_wrong_file(struct check *check, enum rule_id rule)
{
    const char *library = check->options->start.library;
    char kind[FILE_KIND_TEXT_SIZE];
    struct span file = { 0 };
    void *data = NULL;
    bool is_cut, is_wrong;

    if (os_file_read_all(library, &data, &file.size, FILE_LIMIT))
        return false;
    file.data = data;

    const enum file_kind found = file_kind_find(file, kind, &is_cut);

    is_wrong =
        is_cut || rule == RULE_library_bitness || (found != FILE_KIND_PE && found != FILE_KIND_ELF);
    if (is_wrong)
        check_report_breach(check, rule, NULL, 0, NULL, "%s cannot be loaded: it is %s%s%s",
                            library, kind, is_cut ? ", and is cut off" : "",
                            is_cut ? "" : file_kind_program(file));
    free(data);
    return is_wrong;
}

static void report_crash(struct check *check, const struct provider_call *call, const char *query,
                         const struct provider_observation *observation)
{
    const struct provider_fault *fault = &observation->fault;
    const char *procedure = check_call_procedure_of(check, call->kind);
    char place[PROVIDER_FAULT_TEXT], what[PROVIDER_FAULT_TEXT], when[256];
    enum rule_id rule = call->kind == PROVIDER_LOAD        ? RULE_load_crash
                        : call->kind == PROVIDER_UNLOAD    ? RULE_unload_crash
                        : call->kind == PROVIDER_RESOURCES ? RULE_unload_crash
                                                           : RULE_crash;

    if (observation->outcome == PROVIDER_STACK_OVERFLOW)
        rule = RULE_stack_overflow;
    else if (fault->code == PROVIDER_HEAP_DAMAGED)
        rule = RULE_heap_damage;
    if (call->kind == PROVIDER_LOAD && report_wrong_file(check, RULE_library_load))
        return;
    provider_observation_fault_place(fault, place, sizeof(place));
    if (call->kind == PROVIDER_COLLECT && rule == RULE_crash && !fault->is_left_over &&
        report_guard_fault(check, call, query, fault, place))
        return;
    provider_observation_describe_fault(fault, what, sizeof(what));
    describe_circumstances(check, call, observation, when, sizeof(when));
    if (fault->is_left_over)
        report_left_over(check, call->kind, what);
    else
        check_report_breach(check, rule, query, call->buffer_size, procedure, "%s crashes: %s%s",
                            procedure, what, when);
}

static void report_hang(struct check *check, const struct provider_call *call, const char *query,
                        const struct provider_observation *observation)
{
    char place[PROVIDER_FAULT_TEXT], when[256];

    provider_observation_fault_place(&observation->fault, place, sizeof(place));
    describe_circumstances(check, call, observation, when, sizeof(when));
    check_report_breach(
        check,
        call->kind == PROVIDER_LOAD     ? RULE_load_hang
        : call->kind == PROVIDER_UNLOAD ? RULE_unload_hang
                                        : RULE_hang,
        query, call->buffer_size, check_call_procedure_of(check, call->kind),
        "%s is not back after %" PRIu32 " ms%s%s", check_call_procedure_of(check, call->kind),
        call->single_timeout_ms ? call->single_timeout_ms : call->timeout_ms, place, when);
}

static void report_load_error(struct check *check, const struct provider_observation *observation)
{
    const char *library = check->options->start.library;
    enum rule_id rule = RULE_library_load;
    struct export_table table;

    switch (observation->load_error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        rule = RULE_library_missing;
        break;
    case ERROR_BAD_EXE_FORMAT:
        rule = RULE_library_bitness;
        break;
    case ERROR_NOACCESS: /* Windows' loader catches exceptions in DllMain and returns this error */
        rule = RULE_load_crash;
        break;
    default:
        break;
    }
    /* Some systems report "not found" for an image of another machine. */
    if (export_table_read(&table, library) == ERROR_SUCCESS) {
        if (table.is_readable && !table.is_native)
            rule = RULE_library_bitness;
        export_table_release(&table);
    }
    if (report_wrong_file(check, rule))
        return;
    check_report_breach(check, rule, NULL, 0, NULL, "%s cannot be loaded: error %" PRIu32 "%s%s",
                        library, observation->load_error, observation->detail[0] ? ", " : "",
                        observation->detail);
}

/* Whether the library exports `name` as _name@8, name@8 or _name. */
static bool find_decorated(const struct check *check, const char *name, char *found, size_t size)
{
    struct export_table table;
    bool is_found = false;

    if (export_table_read(&table, check->options->start.library) != ERROR_SUCCESS)
        return false;
    for (size_t i = 0; i < table.count && !is_found; i++) {
        const char *export = table.names[i] + (table.names[i][0] == '_');
        const size_t length = strlen(name);

        if (strncmp(export, name, length) == 0 && (export[length] == 0 || export[length] == '@') &&
            strcmp(table.names[i], name) != 0) {
            snprintf(found, size, "%s", table.names[i]);
            is_found = true;
        }
    }
    export_table_release(&table);
    return is_found;
}

static void report_missing_export(struct check *check,
                                  const struct provider_observation *observation)
{
    char found[256];

    if (find_decorated(check, observation->detail, found, sizeof(found)))
        check_report_breach(check, RULE_export_decorated, NULL, 0, observation->detail,
                            "%s does not export %s, but %s", check->options->start.library,
                            observation->detail, found);
    else
        check_report_breach(check, RULE_export_missing, NULL, 0, observation->detail,
                            "%s does not export %s", check->options->start.library,
                            observation->detail);
}

/* ---- calls that returned ----------------------------------------------------------------- */

static void judge_time(struct check *check, const struct provider_call *call, const char *query,
                       uint64_t duration_100ns)
{
    const uint32_t limit_ms =
        call->kind == PROVIDER_COLLECT ? check->collect_limit_ms : check->open_limit_ms;
    const uint64_t limit = (uint64_t)limit_ms * TICKS_PER_MS;
    const char *procedure = check_call_procedure_of(check, call->kind);

    if (duration_100ns > limit)
        check_report_breach(check, RULE_timeout, query, call->buffer_size, procedure,
                            "%s took %" PRIu64 " ms; Windows waits %" PRIu32 " ms", procedure,
                            duration_100ns / TICKS_PER_MS, limit_ms);
    else if (duration_100ns > limit / SLOW_PART)
        check_report_breach(check, RULE_slow, query, call->buffer_size, procedure,
                            "%s took %" PRIu64 " ms; Windows waits %" PRIu32 " ms", procedure,
                            duration_100ns / TICKS_PER_MS, limit_ms);
}

static void judge_side_effects(struct check *check, const struct provider_call *call,
                               const char *query, uint32_t effects)
{
    static const struct {
        uint32_t effect;
        enum rule_id rule;
        const char *name;
    } names[] = {
        { PROVIDER_CHANGED_ERROR_MODE, RULE_side_effect, "the error mode" },
        { PROVIDER_CHANGED_PRIORITY, RULE_side_effect, "the thread's priority" },
        { PROVIDER_CHANGED_FLOATING_POINT, RULE_side_effect, "the floating-point control word" },
        { PROVIDER_CHANGED_DIRECTORY, RULE_side_effect, "the current directory" },
        { PROVIDER_CHANGED_SIGNALS, RULE_side_effect, "signal handlers or the signal mask" },
        { PROVIDER_CHANGED_LOCALE, RULE_side_effect, "the locale" },
        { PROVIDER_LIMITED_MEMORY, RULE_process_limits, "memory" },
        { PROVIDER_LIMITED_TIME, RULE_process_limits, "processor time" },
        { PROVIDER_LIMITED_FILES, RULE_process_limits, "the number or size of files" },
        { PROVIDER_LIMITED_PROCESSES, RULE_process_limits, "the number of processes" },
    };
    const bool is_load = call->kind == PROVIDER_LOAD || call->kind == PROVIDER_UNLOAD;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (effects & names[i].effect && names[i].rule == RULE_process_limits)
            check_report_breach(check, RULE_process_limits, query, call->buffer_size, names[i].name,
                                "%s lowers the limit of its process for %s",
                                check_call_procedure_of(check, call->kind), names[i].name);
        else if (effects & names[i].effect && !is_load)
            check_report_breach(check, RULE_side_effect, query, call->buffer_size, names[i].name,
                                "%s changes %s", check_call_procedure_of(check, call->kind),
                                names[i].name);
}

/* A hash of where a call died at a guard; 0 if it died otherwise. */
static uint64_t place_of_death(const struct provider_call *call,
                               const struct provider_observation *observation)
{
    const struct provider_fault *fault = &observation->fault;
    uint64_t hash = HASH_BEGIN;

    if (observation->outcome != PROVIDER_CRASHED || !fault->in_buffer_memory)
        return 0;
    hash = hash_step(hash, call->guard);
    hash = hash_step(hash, fault->is_write);
    hash = hash_step(
        hash, (uint32_t)(fault->has_caller ? fault->caller_module_offset : fault->module_offset));
    return hash | 1;
}

/* The child has ended, and with it everything that was loaded and open in it. */
static void note_death(struct check *check, const struct provider_call *call,
                       const struct provider_observation *observation)
{
    check->is_loaded = check->is_open = false;
    memset(&check->life, 0, sizeof(check->life));
    check_report_note_death(check, place_of_death(call, observation));
    if (observation->outcome == PROVIDER_HUNG) {
        check->hang_count++;
        check->waited_ms += call->single_timeout_ms ? call->single_timeout_ms : call->timeout_ms;
    }
}

static void note_return(struct check *check, const struct provider_call *call,
                        const struct provider_observation *observation)
{
    switch (call->kind) {
    case PROVIDER_LOAD:
        check->life.loads++;
        check->life.opens = check->life.collects = 0;
        break;
    case PROVIDER_OPEN:
        check->life.opens++;
        check->life.collects = 0;
        break;
    case PROVIDER_COLLECT:
        check->life.collects += observation->repeated;
        break;
    default:
        break;
    }
}

/* Report that the provider has limited its process so much that our code cannot continue there. */
static void report_limited(struct check *check, const struct provider_call *call, const char *query)
{
    check_report_breach(check, RULE_process_limits, query, call->buffer_size, "the call",
                        "The provider has lowered the limits of its process so far that there is "
                        "no memory for a call of %s",
                        check_call_procedure_of(check, call->kind));
}

bool check_call_observe(struct check *check, const struct provider_call *call, const char *query,
                        const struct provider_observation *observation)
{
    const char *procedure = check_call_procedure_of(check, call->kind);
    char when[256];

    check->report->call_count += observation->repeated ? observation->repeated : 1;
    switch (observation->outcome) {
    case PROVIDER_RETURNED:
        if (call->kind == PROVIDER_OPEN || call->kind == PROVIDER_CLOSE ||
            call->kind == PROVIDER_COLLECT) {
            judge_time(check, call, query, observation->duration_100ns);
            if (call->kind == PROVIDER_COLLECT) {
                check->collect_100ns += observation->duration_100ns;
                check->collect_count++;
            }
        }
        if (call->kind != PROVIDER_RESOURCES && call->kind != PROVIDER_V2_FINDINGS)
            judge_side_effects(check, call, query, observation->side_effects);
        note_return(check, call, observation);
        return true;
    case PROVIDER_CRASHED:
    case PROVIDER_STACK_OVERFLOW:
        check_location_begin(check, &observation->fault);
        report_crash(check, call, query, observation);
        check_location_end(check);
        break;
    case PROVIDER_HUNG:
        check_location_begin(check, &observation->fault);
        report_hang(check, call, query, observation);
        check_location_end(check);
        break;
    case PROVIDER_EXITED:
        if (call->kind == PROVIDER_RESOURCES && !check->is_loaded) {
            check_report_breach(check, RULE_unload_crash, NULL, 0, procedure,
                                "The process ends a moment after unloading, with status %" PRIu32
                                ": code of the library was still running",
                                observation->exit_status);
            break;
        }
        if (observation->exit_status == ERROR_NOT_ENOUGH_MEMORY &&
            check->report->findings.broken[RULE_process_limits]) {
            report_limited(check, call, query);
            break;
        }
        describe_circumstances(check, call, observation, when, sizeof(when));
        check_report_breach(check, RULE_exit, query, call->buffer_size, procedure,
                            "%s ends the process with status %" PRIu32 "%s", procedure,
                            observation->exit_status, when);
        break;
    case PROVIDER_THREAD_ENDED:
        describe_circumstances(check, call, observation, when, sizeof(when));
        check_report_breach(check, RULE_exit, query, call->buffer_size, procedure,
                            "%s ends the thread that called it%s", procedure, when);
        break;
    case PROVIDER_NOT_LOADED:
        report_load_error(check, observation);
        return false;
    case PROVIDER_NO_EXPORT:
        report_missing_export(check, observation);
        return false;
    case PROVIDER_LIMITED:
        report_limited(check, call, query);
        provider_process_kill(check->process);
        break;
    case PROVIDER_GONE:
        check->is_loaded = check->is_open = false;
        memset(&check->life, 0, sizeof(check->life));
        return false;
    }
    note_death(check, call, observation);
    return false;
}

bool check_call(struct check *check, const struct provider_call *call, const char *query,
                struct provider_observation *observation)
{
    const uint32_t limit_ms =
        call->kind == PROVIDER_COLLECT ? check->collect_limit_ms : check->open_limit_ms;
    struct provider_call timed = *call;

    *observation =
        (struct provider_observation){ .outcome = PROVIDER_GONE, .size = call->buffer_size };
    if (check->error)
        return false;
    /* Large buffers are filled and compared, which takes time on a machine under load. */
    timed.single_timeout_ms =
        check_limits_of_call(check, limit_ms, 1) + call->buffer_size / FILLED_BYTES_IN_MS;
    /* This is the harness's own work. A limit for it would give a wrong verdict on a slow
       machine. */
    if (call->kind == PROVIDER_RESOURCES)
        timed.single_timeout_ms = OWN_CALL_LIMIT_MS;
    if (!timed.timeout_ms)
        timed.timeout_ms =
            provider_request_count(&timed) == 1
                ? timed.single_timeout_ms
                : check_limits_of_row(check, limit_ms, provider_request_count(&timed));
    const uint64_t begin = os_clock_ticks();
    check->error = provider_process_call(check->process, &timed, observation);
    const uint64_t passed_ms = (os_clock_ticks() - begin) / (os_clock_frequency() / 1000);
    const bool is_single = provider_request_count(&timed) == 1;
    /* Both clocks are used: the provider may have set back that of its process. */
    const bool is_late = observation->outcome == PROVIDER_RETURNED && is_single &&
                         call->kind != PROVIDER_RESOURCES &&
                         (observation->duration_100ns > (uint64_t)limit_ms * TICKS_PER_MS ||
                          passed_ms > (uint64_t)limit_ms + OVERHEAD_MS);

    check->late_count += is_late;
    check->waited_ms += is_late ? passed_ms : 0;
    timed.buffer_size = observation->size; /* of the last call of a sweep */
    return !check->error && check_call_observe(check, &timed, query, observation);
}
