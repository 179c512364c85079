/* SPDX-License-Identifier: MIT
 *
 * What a provider is started with: its library, its exports, and what it finds in its environment.
 */
#ifndef PROVIDER_START_H
#define PROVIDER_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registration.h"
#include "wintypes.h"

/** What is called, and with what. Everything is copied by provider_process_start. */
struct provider_start {
    const char *library;                /* path, from library_path_find */
    const char *open, *collect, *close; /* names of the exports; NULL: no such export is called */
    const WCHAR *context;               /* Open's argument (Linkage\Export); NULL: Open(NULL) */
    size_t context_length;              /* WCHARs, both terminators included */
    const char *service;                /* environment PERFLIB_SERVICE; NULL: not set */
    bool has_indices;                   /* set the next two */
    uint32_t first_counter;             /* environment PERFLIB_FIRST_COUNTER, decimal */
    uint32_t first_help;                /* environment PERFLIB_FIRST_HELP, decimal */

    /* A V2 provider (v2_session.h). `open` and `close` are the exports that start and stop it;
       NULL if loading and unloading do. Collect is the harness's own. first_counter is the first
       index of its countersets. */
    bool is_v2;
    bool is_elsewhere;    /* with is_v2: no library is loaded, see struct service */
    const char *manifest; /* path, or NULL */
};

/**
 * The start of a registered service.
 *
 * @param library  path of its library, from library_path_find; kept, not copied
 * @param service  owns the other texts
 */
struct provider_start provider_start_of(const struct service *service, const char *library);

#endif /* PROVIDER_START_H */
