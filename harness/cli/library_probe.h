/* SPDX-License-Identifier: MIT
 *
 * Looks at the libraries that a registry names, for the doctor: is the file there, of this
 * program's bitness, does it export the procedures, and is it the one that is trusted? Loads
 * nothing.
 */
#ifndef LIBRARY_PROBE_H
#define LIBRARY_PROBE_H

#include "doctor.h"

struct library_probe {
    const char *library_path; /* first folder to look for libraries in */
};

/** This is a doctor_probe; `context` is a struct library_probe. */
enum doctor_library library_probe_look(void *context, const struct machine_service *service,
                                       char *detail, size_t detail_size);

/** A doctor_file_probe; `context` is a struct library_probe. */
bool library_probe_is_file_gone(void *context, const struct reg_value *value);

#endif /* LIBRARY_PROBE_H */
