/* SPDX-License-Identifier: MIT
 *
 * Looks at the libraries that a registry names, for the doctor: is the file there, of this
 * program's bitness, and does it export the procedures? Loads nothing.
 */
#ifndef LIBRARY_PROBE_H
#define LIBRARY_PROBE_H

#include "doctor.h"

struct library_probe {
    const char *library_path; /* where libraries are looked for first */
};

/** A doctor_probe; `context` is a struct library_probe. */
enum doctor_library library_probe_look(void *context, const struct machine_service *service,
                                       char *detail, size_t detail_size);

#endif /* LIBRARY_PROBE_H */
