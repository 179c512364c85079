/* SPDX-License-Identifier: MIT
 *
 * What `list` shows, before it becomes a table or JSON: services, their titles in the wanted
 * language, and remarks on problems.
 */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "library_path.h"
#include "os.h"
#include "registration.h"
#include "registry_findings.h"

/** Remarks are collected first, because each is printed beside its subject. */
struct remark {
    const struct service *service; /* NULL: the whole registration */
    enum doctor_severity severity;
    const char *id; /* id of the fault; NULL: it is not in the table of faults */
    char *text;
    size_t position; /* position in the order of discovery */
};

/** Zeroed except for the first six members, which the caller sets. */
struct listing {
    const struct registration *registration;
    const struct diagnosis *diagnosis; /* of the same registration */
    const struct service *only;        /* NULL: all */
    uint32_t language;
    bool help_text;           /* also show the help of each title */
    const char *library_path; /* first folder to look for libraries in */
    /* in the order of the services, those on the whole registration first */
    struct remark *remarks;
    size_t remark_count, remark_capacity;
    bool is_out_of_memory;
};

/** Collect the remarks. Returns false if there is no memory. */
bool listing_check(struct listing *listing);

void listing_release(struct listing *listing);

/** Size of a remark on a library, in bytes. */
#define LISTING_REMARK_SIZE (OS_PATH_SIZE + 200)

/**
 * Whether a service's library exists, and has this program's bitness.
 *
 * @param remark  receives what is wrong, or ""
 * @return `path`, which receives the path of the library, or "" if it was not found
 */
const char *listing_check_library(const struct listing *listing, const struct service *service,
                                  char path[OS_PATH_SIZE], char remark[LISTING_REMARK_SIZE]);

/** A title or help text in the wanted language, otherwise in English, or NULL. */
const char *listing_text(const struct listing *listing, enum name_table_kind kind, uint32_t index);

/**
 * The index of a name's help: its distance from First Help equals that of the name from First
 * Counter.
 */
uint32_t listing_help_index(const struct service *service, uint32_t index);

/** The position in listing->remarks of the first remark about a service, or where it would be. */
size_t listing_first_remark(const struct listing *listing, const struct service *service);

/** Whether there is a remark at this position, and it is about that service. */
bool listing_is_about(const struct listing *listing, size_t remark, const struct service *service);

/** "ok", "disabled", "not installed", "damaged" or "broken". */
const char *listing_status_of(const struct listing *listing, const struct service *service);

/** Whether a title index is in the service's Object List. */
bool listing_is_object(const struct service *service, uint32_t index);

/** The next title index of the service, from `index` on, that has a text; UINT32_MAX at the end. */
uint32_t listing_next_title(const struct listing *listing, const struct service *service,
                            uint32_t index);

#endif /* LISTING_H */
