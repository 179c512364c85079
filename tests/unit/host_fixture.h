/* SPDX-License-Identifier: MIT
 *
 * What tests of the host share: the path of the fake provider, registrations made by hand, and a
 * list of the events.
 */
#ifndef HOST_FIXTURE_H
#define HOST_FIXTURE_H

#include "unit.h"

#include "host.h"
#include "os.h"

/** Folder of the providers made for tests: this program is in build/<target>/tests. */
static inline const char *fixture_folder(void)
{
    static char folder[OS_PATH_SIZE];
    static const char marker;

    if (!*folder) {
        char program[OS_PATH_SIZE];
        assert_int_equal(os_library_path_of(&marker, program, sizeof(program)), 0);
        size_t length = strlen(program);
        for (int parts = 0; length > 0 && parts < 2; length--)
            parts += program[length - 1] == '/' || program[length - 1] == '\\';
        snprintf(folder, sizeof(folder), "%.*s/faulty", (int)length, program);
    }
    return folder;
}

/** The size of a path below fixture_folder. */
#define FIXTURE_PATH_SIZE (OS_PATH_SIZE + 128)

/** Path of a library that is built for tests. The text is valid until the next call. */
static inline const char *fixture_library(const char *name)
{
    static char path[FIXTURE_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%.64s%s", fixture_folder(), name, os_library_suffix());
    return path;
}

/** A service whose library is the fake provider, with its object at `index`. */
static inline struct service fixture_fake(const char *name, uint32_t index)
{
    return (struct service){
        .name = (char *)(uintptr_t)name,
        .library = (char *)(uintptr_t) "plain_fake.dll",
        .open = (char *)(uintptr_t) "FakeOpen",
        .collect = (char *)(uintptr_t) "FakeCollect",
        .close = (char *)(uintptr_t) "FakeClose",
        .has_indices = true,
        .first_counter = index,
        .last_counter = index + 2,
        .first_help = index + 1,
        .last_help = index + 3,
        .open_timeout_ms = 10000,
        .collect_timeout_ms = 10000,
    };
}

/** Events that a host reported. */
struct fixture_events {
    size_t count;
    uint32_t ids[64];
    bool is_logged[64];
    char texts[64][600];
    char strings[64][300]; /* all insertion strings, a vertical bar after each */
};

static inline void fixture_keep_event(void *context, const struct host_event *event)
{
    struct fixture_events *events = context;

    if (events->count == UNIT_COUNT(events->ids))
        return;
    events->ids[events->count] = event->id;
    events->is_logged[events->count] = event->is_logged;
    snprintf(events->texts[events->count], sizeof(events->texts[0]), "%s", event->text);
    char *strings = events->strings[events->count];
    for (size_t i = 0, used = 0; i < event->string_count && used < sizeof(events->strings[0]); i++)
        used += (size_t)snprintf(strings + used, sizeof(events->strings[0]) - used, "%s|",
                                 event->strings[i]);
    events->count++;
}

static inline bool fixture_has_event(const struct fixture_events *events, uint32_t id)
{
    for (size_t i = 0; i < events->count; i++)
        if (events->ids[i] == id)
            return true;
    return false;
}

#endif /* HOST_FIXTURE_H */
