/* SPDX-License-Identifier: MIT
 *
 * The counter registry of one machine, combined from all inputs: the values of Perflib, the
 * services, the name tables. Each value is that of the first input that has it, and remembers
 * the input. Nothing here judges.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine_input.h"
#include "machine_table.h"

/** One value, which may be missing. */
struct machine_value {
    const struct reg_value *value; /* NULL: no input has it */
    const struct machine_input *input;
    bool is_number;  /* a REG_DWORD */
    uint32_t number; /* 0 if it is not one */
};

enum perflib_value {
    PERFLIB_BASE_INDEX,
    PERFLIB_LAST_COUNTER,
    PERFLIB_LAST_HELP,
    PERFLIB_DISABLED,
    PERFLIB_UPDATING,
    PERFLIB_VALUE_COUNT
};

enum service_value {
    MACHINE_SERVICE_FIRST_COUNTER, /* the four numbers of the range are the first four */
    MACHINE_SERVICE_LAST_COUNTER,
    MACHINE_SERVICE_FIRST_HELP,
    MACHINE_SERVICE_LAST_HELP,
    MACHINE_SERVICE_DISABLED,
    MACHINE_SERVICE_LIBRARY,
    MACHINE_SERVICE_OPEN,
    MACHINE_SERVICE_COLLECT,
    MACHINE_SERVICE_CLOSE,
    MACHINE_SERVICE_OBJECT_LIST,
    MACHINE_SERVICE_VALUE_COUNT
};

#define RANGE_VALUE_COUNT 4

/** Names of these values in the registry. */
extern const char *const machine_perflib_names[PERFLIB_VALUE_COUNT];
extern const char *const machine_service_names[MACHINE_SERVICE_VALUE_COUNT];

/** The state of the numbers of a service's range, without regard to names and other services. */
enum range_state {
    RANGE_NONE,      /* no numbers at all */
    RANGE_PARTIAL,   /* some numbers are missing or have another type */
    RANGE_MALFORMED, /* they break a rule that holds on every machine */
    RANGE_SANE,
};

struct machine_service {
    const char *name;
    const struct reg_key *performance; /* of the input that is believed most */
    bool is_complete; /* that input shows all values: one that it lacks is missing */
    struct machine_value values[MACHINE_SERVICE_VALUE_COUNT];
    enum range_state range;
    uint32_t first, last; /* RANGE_SANE: First and Last Counter */
    uint32_t *objects;    /* Object List; NULL: it is missing or bad */
    size_t object_count;
    bool is_object_list_bad; /* it contains something else than decimal numbers */
};

/** A table, and where it came from. */
struct machine_names {
    struct machine_table table;
    struct machine_value value;
    const char *key; /* name of the language's key, "009" */
    bool is_chosen;  /* the table that is used for its language and kind */
};

struct machine {
    const struct machine_input *inputs; /* in the order given; the caller's */
    size_t input_count;
    const struct machine_input **ranked; /* the same, the one that is believed most first */
    bool
        shows_all_services; /* a registry shows the key of all services: one that it lacks is missing */
    bool has_perflib;       /* an input shows Perflib's numbers, so that missing ones are missing */
    struct machine_value perflib[PERFLIB_VALUE_COUNT];
    struct machine_service *services;
    size_t service_count;
    struct machine_names *names;
    size_t names_count, names_capacity;
};

/**
 * Gather what the inputs say.
 *
 * @param machine  receives it; points into the inputs, which must outlive it unchanged
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: *machine is released
 */
DWORD machine_gather(const struct machine_input *inputs, size_t count, struct machine *machine);

/** The chosen table of a language, or NULL if no input shows one. */
const struct machine_names *machine_find_names(const struct machine *machine, uint32_t language,
                                               bool is_help);

/** Whether a registry input shows a service's Performance key, or cannot know because the key may not be
    read. Takes constant time. */
bool machine_may_have_service(const struct machine *machine, const char *name);

/** The first of the ranked inputs that has a value, other than `except`, or NULL. */
const struct reg_value *machine_value_in(const struct machine_input *input, const char *path,
                                         const char *name);

/** Whether numbers can be a range: even, in order, above the base, help one above the names. */
bool machine_range_is_sane(uint32_t first, uint32_t last, uint32_t first_help, uint32_t last_help);

/** Whether a service's counters are the system's own, which need no range. */
bool machine_service_is_base(const struct machine_service *service);

/** Free all memory. A zeroed machine is allowed. */
void machine_release(struct machine *machine);

#endif /* MACHINE_H */
