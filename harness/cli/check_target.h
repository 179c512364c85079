/* SPDX-License-Identifier: MIT
 *
 * A target of `perfharness check`: a library, a registered service, or a saved answer, and how it
 * is called. Everything that can be wrong with it is found here, before anything runs.
 */
#ifndef CHECK_TARGET_H
#define CHECK_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "command.h"
#include "export_table.h"
#include "v2_options.h"

/** The registration, read once for all targets, or the reason why it is absent. */
struct check_source {
    const struct global_options *global;
    struct registration registration;
    struct registration_error problem;
    int status; /* EXIT_FINE: it was read */
};

/** Names from the options. NULL: as registered, or guessed. */
struct check_names {
    const char *open, *collect, *close; /* exports */
    const char *service;                /* the service of a library */
    bool is_v2;                         /* the targets are libraries of V2 providers */
    /* how these are started; its member `library` is not used */
    struct v2_options v2;
};

struct check_target {
    const char *name;             /* as in the arguments */
    struct check_options options; /* `start` and `service` are set; not for a saved answer */
    char *path;                   /* path of the library */
    struct export_table exports;
    struct registration registration; /* of a V2 provider only */
    void *blob;                       /* the saved answer; NULL if the target is a provider */
    size_t blob_size;
    struct check_report report; /* notes so far */
};

/** Read the registration that the options name. If it is not found, this is not reported yet. */
void check_target_source_open(struct check_source *source, const struct global_options *global);

/** Free everything. */
void check_target_source_close(struct check_source *source);

/**
 * Find out what a target is.
 *
 * @param target  zeroed by the caller, with name and options set; close it in either case
 * @param source  must outlive it
 * @return EXIT_FINE; another status, with a message on stderr
 */
int check_target_open(struct check_target *target, const struct check_source *source,
                      const struct check_names *names);

/**
 * Run the check; the results go to target->report. An error of the harness itself is returned and
 * reported.
 */
int check_target_run(struct check_target *target, const struct check_source *source);

/** Free everything. A zeroed target is allowed. */
void check_target_close(struct check_target *target);

#endif /* CHECK_TARGET_H */
