/* SPDX-License-Identifier: MIT
 *
 * The options of a diagnosis: chosen repairs, and functions that examine libraries.
 */
#ifndef DOCTOR_OPTIONS_H
#define DOCTOR_OPTIONS_H

#include <stddef.h>

#include "machine.h"

/** What is known of a service's library on this machine. */
enum doctor_library {
    DOCTOR_LIBRARY_UNKNOWN, /* not asked, or the data are of another machine */
    DOCTOR_LIBRARY_FINE,
    DOCTOR_LIBRARY_GONE,
    DOCTOR_LIBRARY_OTHER_BITNESS,
    DOCTOR_LIBRARY_LACKS_EXPORT,
    DOCTOR_LIBRARY_UNTRUSTED, /* it is not the one that was registered as trusted */
};

/** Examines a library. `detail` receives a sentence for users. */
typedef enum doctor_library doctor_probe(void *context, const struct machine_service *service,
                                         char *detail, size_t detail_size);

/** Whether a file that a value names (REG_SZ or REG_EXPAND_SZ) is certainly not on this machine. */
typedef bool doctor_file_probe(void *context, const struct reg_value *value);

struct doctor_options {
    const char *const *preferred; /* ids of repairs */
    size_t preferred_count;
    doctor_probe *probe;             /* NULL: libraries are not looked at */
    doctor_file_probe *is_file_gone; /* NULL: other files are not looked at */
    void *probe_context;
};

#endif /* DOCTOR_OPTIONS_H */
