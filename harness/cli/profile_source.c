/* SPDX-License-Identifier: MIT
 *
 * Requests a profile unless the process takes one already, waits, and reads it. See profile_source.h.
 */
#include "profile_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "heap_choice.h"
#include "heap_profile.h"
#include "leak_names.h"
#include "os.h"
#include "text.h"

#define SNAPSHOT_LIMIT ((size_t)256 << 20) /* largest file, in bytes; chosen */
#define USUAL_TIME_MS 10000u               /* chosen: users wait for it */
#define STEP_MS 50u                        /* chosen: between two looks at the private file */
#define REPEAT_TIME_MS 2000u /* chosen: for the answer to a request that was repeated at the end */

/* The process and heap in question. */
struct target {
    uint32_t process_id, heap; /* HEAP_PROFILE_ALL_HEAPS: of all heaps */
    char name[HEAP_NAME_UTF8_SIZE];
};

/* ---- files ----------------------------------------------------------------------------------- */

int profile_source_parse(const char *name, const char *text, size_t size,
                         struct leak_snapshot *snapshot)
{
    struct leak_parse_error wrong;
    const DWORD error = leak_snapshot_parse(snapshot, text, size, &wrong);

    if (error == ERROR_INVALID_DATA) {
        command_complain("%s:%zu: no snapshot of a heap: %s is expected here; make one with "
                         "perfharness heaps snapshot, heaps profile --format snapshot, or "
                         "HEAPCTRS_SNAPSHOT",
                         name, wrong.line, wrong.rule);
        return EXIT_BAD_USAGE;
    }
    return error ? command_complain_memory() : EXIT_FINE;
}

int profile_source_read_file(const char *path, struct leak_snapshot *snapshot)
{
    void *data;
    size_t size;
    const DWORD error = os_file_read_all(path, &data, &size, SNAPSHOT_LIMIT);

    if (error) {
        command_complain("%s cannot be read: %s", path, command_file_error_text(error));
        return EXIT_BAD_USAGE;
    }
    const int status = profile_source_parse(path, data ? data : "", size, snapshot);
    free(data);
    return status;
}

/* ---- processes -------------------------------------------------------------------------------- */

/* Name the process like its heaps; by its id if it publishes no heap. */
static void name_process(struct region_reader *reader, struct target *target)
{
    char middle[16];
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    snprintf(middle, sizeof(middle), ":%" PRIu32 ":", target->process_id);
    snprintf(target->name, sizeof(target->name), "%" PRIu32, target->process_id);
    for (size_t i = 0; i < count; i++) {
        char text[HEAP_NAME_UTF8_SIZE];
        if (heaps[i].process_id != target->process_id || heaps[i].is_foreign)
            continue;
        text_to_utf8(heaps[i].name, heaps[i].name_length, text, sizeof(text));
        char *end = strstr(text, middle);
        if (!end)
            continue;
        end[strlen(middle) - 1] = 0;
        snprintf(target->name, sizeof(target->name), "%s", text);
        return;
    }
}

static int find_target(const char *name, struct target *target)
{
    struct region_reader *reader;
    const struct heap_view *heaps;
    char *end;
    size_t index, count;
    int status = EXIT_FINE;
    const unsigned long number = strtoul(name, &end, 10);

    if (region_reader_open(&reader))
        return command_complain_memory();
    if (region_reader_refresh(reader)) {
        status = command_complain_memory();
    } else if (name[0] >= '0' && name[0] <= '9' && !*end && number > 0 && number <= INT32_MAX) {
        *target = (struct target){ (uint32_t)number, HEAP_PROFILE_ALL_HEAPS, "" };
        name_process(reader, target);
    } else {
        status = heap_choice_find(reader, name, &index, target->name, sizeof(target->name));
        heaps = region_reader_heaps(reader, &count);
        if (!status && heaps[index].is_foreign) {
            command_complain("%s: the process is in another PID namespace (a container); run "
                             "perfharness there to profile it",
                             name);
            status = EXIT_NOTHING;
        } else if (!status) {
            target->process_id = heaps[index].process_id;
            target->heap = heaps[index].heap_number;
        }
    }
    region_reader_close(reader);
    return status;
}

static int complain_open(uint32_t process_id, DWORD error)
{
    switch (error) {
    case ERROR_ACCESS_DENIED:
        command_complain("process %" PRIu32 " is another user's: its call stacks are for that user "
                         "and root",
                         process_id);
        return EXIT_BAD_USAGE;
    case ERROR_NOT_FOUND:
        command_complain("process %" PRIu32 " is in another PID namespace (a container): run "
                         "perfharness there, or name it by the id that it has here",
                         process_id);
        return EXIT_NOTHING;
    case ERROR_FILE_NOT_FOUND:
        command_complain("process %" PRIu32 " has no profile: it must run under "
                         "libheaptracker-preload.so or link libheaptracker, with the same "
                         "HEAPCTRS_DIR, and have allocated 64 KiB in one thread",
                         process_id);
        return EXIT_NOTHING;
    default:
        command_complain("process %" PRIu32 ": its private file cannot be looked for (Win32 error "
                         "%u); end other programs and try again",
                         process_id, (unsigned)error);
        return EXIT_BAD_USAGE;
    }
}

static int complain_read(uint32_t process_id, DWORD error)
{
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        return command_complain_memory();
    command_complain(error == ERROR_NOT_READY ? "process %" PRIu32 " has no profile"
                                              : "process %" PRIu32 ": its private file is damaged",
                     process_id);
    return error == ERROR_NOT_READY ? EXIT_NOTHING : EXIT_BAD_USAGE;
}

static bool is_answered(const struct os_region_source *file, uint64_t number)
{
    struct profile_answer answer;

    return heap_profile_read_answer(file, &answer) && answer.number == number;
}

/**
 * Wait while the profile is taken. The request is repeated in each new private file, because the owner looks for it
 * only there.
 *
 * @param rate   PROFILE_RATE_OFF: nothing was requested
 * @param asked  the number of the request; receives that of the last one
 * @return whether the owner has seen the last request
 */
static bool wait_for_profile(struct os_region_source *file, uint32_t process_id, uint32_t time_ms,
                             uint64_t rate, uint64_t *asked)
{
    uint32_t more_ms = 0;

    while (time_ms > 0 || (more_ms > 0 && !is_answered(file, *asked))) {
        const bool is_more = time_ms == 0;
        uint32_t *const left_ms = is_more ? &more_ms : &time_ms;
        const uint32_t step_ms = *left_ms < STEP_MS ? *left_ms : STEP_MS;

        os_sleep_ms(step_ms);
        *left_ms -= step_ms;
        if (heap_profile_follow(file, process_id) && rate) {
            if (!heap_profile_ask(file, rate, asked))
                return false;
            if (!is_more)
                more_ms = REPEAT_TIME_MS;
        }
    }
    return !rate || is_answered(file, *asked);
}

/**
 * Request a profile, unless it is always on and no other rate is wanted. Wait until the owner has seen the
 * request, and then for the requested time.
 *
 * @param before  receives the state at the beginning
 * @param waits   receives whether time has passed
 * @param asked   receives the number of the last request; 0: no request was made
 */
static int take(struct os_region_source *file, const struct profile_source *source,
                uint32_t process_id, struct heap_profile *before, bool *waits, uint64_t *asked)
{
    struct profile_answer answer;

    if (!heap_profile_read_answer(file, &answer)) {
        command_complain("process %" PRIu32 ": its private file is of another version than this "
                         "program; use the perfharness that belongs to it",
                         process_id);
        return EXIT_BAD_USAGE;
    }
    const bool is_asked = source->rate || !answer.own_rate;
    const uint64_t rate = source->rate ? source->rate : PROFILE_RATE_USUAL;
    const uint32_t time_ms = source->milliseconds ? source->milliseconds
                             : is_asked           ? USUAL_TIME_MS
                                                  : 0;

    *waits = time_ms > 0;
    const DWORD error = heap_profile_read(before, file);
    if (error && error != ERROR_NOT_READY)
        return complain_read(process_id, error);
    if (is_asked && !heap_profile_ask(file, rate, asked)) {
        command_complain("process %" PRIu32 ": the profile cannot be asked for", process_id);
        return EXIT_BAD_USAGE;
    }
    if (!wait_for_profile(file, process_id, time_ms, is_asked ? rate : PROFILE_RATE_OFF, asked)) {
        command_complain("process %" PRIu32 " is idle: no thread has allocated another 64 KiB, so "
                         "there is nothing to show",
                         process_id);
        return EXIT_NOTHING;
    }
    return EXIT_FINE;
}

/* Make a snapshot of a profile. */
static int convert(const struct target *target, const struct heap_profile *profile,
                   const struct heap_profile *before, struct leak_snapshot *snapshot)
{
    struct live_blocks_text text = { 0 };
    struct live_blocks *const live = live_blocks_new();
    struct os_process process;
    int status;

    if (!live)
        return command_complain_memory();
    if (os_process_open(&process, target->process_id)) {
        command_complain("process %" PRIu32 " has ended", target->process_id);
        live_blocks_free(live);
        return EXIT_NOTHING;
    }
    snprintf(live->name, sizeof(live->name), "%s", target->name);
    live->process_id = target->process_id;
    heap_profile_list(profile, before, target->heap, live);
    if (live_blocks_write(live, &process, &text))
        status = profile_source_parse(target->name, text.data, text.size, snapshot);
    else
        status = command_complain_memory();
    live_blocks_text_release(&text);
    os_process_close(&process);
    live_blocks_free(live);
    return status;
}

static int obtain_from_process(const struct profile_source *source, const struct target *target,
                               struct leak_snapshot *snapshot)
{
    struct heap_profile profile = { 0 }, before = { 0 };
    struct os_region_source file;
    bool waits = false;
    uint64_t asked = 0;
    DWORD error = heap_profile_open(&file, target->process_id);

    if (error)
        return complain_open(target->process_id, error);
    int status = take(&file, source, target->process_id, &before, &waits, &asked);
    if (status == EXIT_FINE) {
        error = heap_profile_read(&profile, &file);
        status = error ? complain_read(target->process_id, error)
                       : convert(target, &profile, waits ? &before : NULL, snapshot);
        if (!status && (profile.lost_count || profile.skip_count))
            command_complain(
                "%" PRIu64
                " samples were beyond the limit of live ones or of ending threads, and %" PRIu64
                " beyond that of one second: the profile is too low",
                profile.lost_count, profile.skip_count);
        heap_profile_release(&profile);
    }
    heap_profile_release(&before);
    if (asked)
        heap_profile_withdraw(&file, asked);
    os_region_close(&file);
    return status;
}

int profile_source_obtain(const struct profile_source *source, struct leak_snapshot *snapshot,
                          uint32_t *process_id)
{
    struct target target;
    int status;

    memset(snapshot, 0, sizeof(*snapshot));
    *process_id = 0;
    if (source->rate > PROFILE_RATE_ALL &&
        (source->rate < PROFILE_RATE_LEAST || source->rate > PROFILE_RATE_MOST)) {
        command_complain("--rate is 1, or %u to %u", PROFILE_RATE_LEAST, PROFILE_RATE_MOST);
        return EXIT_BAD_USAGE;
    }
    if (os_file_exists(source->name)) {
        if (source->rate || source->milliseconds) {
            command_complain("%s is a file: --rate and --seconds are for running processes",
                             source->name);
            return EXIT_BAD_USAGE;
        }
        status = profile_source_read_file(source->name, snapshot);
    } else {
        status = find_target(source->name, &target);
        if (!status)
            status = obtain_from_process(source, &target, snapshot);
        if (!status)
            *process_id = target.process_id;
    }
    if (!status && !source->no_symbols)
        leak_names_find(snapshot, source->symbols);
    return status;
}
