/* SPDX-License-Identifier: MIT
 *
 * What `perfharness check` is given: a library, a registered service, or a saved answer; and how
 * it is called. Everything that can be wrong with it is found out here, before anything runs.
 */
#ifndef CHECK_TARGET_H
#define CHECK_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "command.h"
#include "export_table.h"
#include "v2_options.h"

/** The registration, read once for all targets, or why there is none. */
struct check_source {
    const struct global_options *global;
    struct registration registration;
    struct registration_error problem;
    int status; /* EXIT_FINE: there is one */
};

/** Names that the user gave. NULL: as registered, or guessed. */
struct check_names {
    const char *open, *collect, *close; /* exports */
    const char *service;                /* that a library belongs to */
    bool is_v2;                         /* the targets are libraries of V2 providers */
    struct v2_options v2;               /* ... and how they are started; its library is not used */
};

struct check_target {
    const char *name;             /* as the user gave it */
    struct check_options options; /* `start` and `service` are filled in; not for a blob */
    char *path;                   /* of the library */
    struct export_table exports;
    struct registration registration; /* of a V2 provider: itself alone */
    void *blob;                       /* the saved answer, when it is one; NULL: a provider */
    size_t blob_size;
    struct check_report report; /* notes so far */
};

/** Read the registration that the options name; not finding one is not told yet. */
void check_source_open(struct check_source *source, const struct global_options *global);

/** Free all. */
void check_source_close(struct check_source *source);

/**
 * Find out what a target is.
 *
 * @param target  zeroed by the caller, with name and options set; close it in either case
 * @param source  must outlive it
 * @return EXIT_FINE; another status, with a message on stderr
 */
int check_target_open(struct check_target *target, const struct check_source *source,
                      const struct check_names *names);

/** Run the check into target->report. An error of the harness itself is returned, and told. */
int check_target_run(struct check_target *target, const struct check_source *source);

/** Free all; a zeroed target is allowed. */
void check_target_close(struct check_target *target);

#endif /* CHECK_TARGET_H */
