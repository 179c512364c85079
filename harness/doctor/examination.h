/* SPDX-License-Identifier: MIT
 *
 * One examination of a machine, shared by the files that examine a part each: inputs, name tables,
 * Perflib's numbers, services. They run in that order, because faults of the first are causes of
 * faults of the next.
 */
#ifndef EXAMINATION_H
#define EXAMINATION_H

#include "diagnosis.h"
#include "doctor_options.h"
#include "machine.h"
#include "name_ranges.h"

/** Services whose claims to ownerless names are compared with each other; chosen. */
#define EXAMINATION_MOST_STALE 200

/** What is known of one service during an examination. */
struct examined_service {
    const struct machine_service *service;
    bool is_trusted;                         /* its range is believed */
    bool is_stale;                           /* its names are at other indices */
    bool lacks_first, lacks_last, lacks_all; /* names of its range */
    size_t finding;                          /* about its range, or DIAGNOSIS_NONE */
};

/** An index in the registration of a service whose range is not known. */
struct range_hint {
    uint32_t index; /* of a name */
    const struct machine_service *service;
};

struct examination {
    const struct machine *machine;
    const struct doctor_options *options;
    struct diagnosis *diagnosis;

    const struct machine_names *names, *help; /* English; NULL: unknown */
    bool names_are_believed;    /* the names are known, and their table is not damaged */
    bool names_are_files;       /* Windows: texts cannot be repaired by writing values */
    size_t names_finding;       /* damage of the English names: the cause of missing ones */
    bool names_are_of_backup;   /* from a backup, which lacks WmiApRpl and V2 sets */
    size_t short_names_finding; /* the English names end below the ranges of several services */
    size_t last_finding;        /* about Last Counter: too low, missing, zero */

    struct examined_service *services; /* parallel to machine->services */
    struct name_ranges ranges;         /* of trusted services */
    struct range_hint *hints;          /* by index; of services whose numbers are broken */
    size_t hint_count;
    const struct examined_service *stale[EXAMINATION_MOST_STALE]; /* their names are elsewhere */
    size_t stale_count;         /* all of them, also those that are not in `stale` */
    size_t not_installed_count; /* services with a library and without numbers */
    uint32_t highest;           /* highest even index in use, at least 1846 */
    uint32_t highest_english;   /* the same in English and in services' ranges */
};

/** Input files by themselves, and against each other. */
void examine_inputs(struct examination *examination);

/** The name tables. */
void examine_names(struct examination *examination);

/** Decide which services are believed. Ranges, runs and the highest indices follow from that. */
DWORD examine_claims(struct examination *examination);

/** The path of a service's Performance key, from the diagnosis' pool. */
const char *examine_claims_key(const struct examination *examination,
                               const struct machine_service *service);

/** Whether an input has a valid range of a service. `numbers` are in the order of
    machine_service_names. */
bool examine_inputs_has_range(const struct machine_input *input, const char *service,
                              uint32_t numbers[RANGE_VALUE_COUNT]);

/** Whether the registry has the names of a service's range but not its Performance key, which another
    input shows. */
bool examine_inputs_is_key_missing(const struct examination *examination,
                                   const struct machine_input *input, const char *service,
                                   uint32_t numbers[RANGE_VALUE_COUNT]);

/** Whether a value's name differs from that of the switch only in blanks. Windows ignores such a
    value. */
bool examine_services_is_misspelt_switch(const char *name);

/** Whether a Performance key without numbers should have some. */
bool examine_claims_wants_range(const struct machine_service *service);

/** Perflib's own values, and the V2 providers. */
void examine_perflib(struct examination *examination);

/** The services. */
void examine_services(struct examination *examination);

/** The ranges of services, and how they fit together. */
void examine_ranges(struct examination *examination);

#endif /* EXAMINATION_H */
