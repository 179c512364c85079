/* SPDX-License-Identifier: MIT
 *
 * What the doctor finds in the registration that a command works on: for commands that report it
 * beside their own answer.
 */
#ifndef REGISTRY_FINDINGS_H
#define REGISTRY_FINDINGS_H

#include "diagnosis.h"
#include "machine_input.h"

/** Zeroed, it is empty. It stays where it is. */
struct registry_findings {
    struct machine_input input;
    struct diagnosis diagnosis; /* libraries are not looked at */
};

/**
 * Read and examine.
 *
 * @param path  of a .reg file, kept as a pointer; "": the system's registry
 * @return ERROR_SUCCESS; errors of reading, with error->message; nothing is to be closed then
 */
DWORD registry_findings_open(struct registry_findings *findings, const char *path,
                             struct registration_error *error);

/** One finding in one line: what is wrong, the case, and its id in brackets; from malloc. */
char *registry_findings_line(const struct diagnosis_finding *finding);

/**
 * The next cause, notes left out.
 *
 * @param service  only causes about it or about the whole; NULL: all
 * @param at       position, 0 for the first; moved on
 * @return NULL at the end
 */
const struct diagnosis_finding *registry_findings_next(const struct registry_findings *findings,
                                                       const char *service, size_t *at);

/** Complain about each cause, on stderr. */
void registry_findings_complain(const struct registry_findings *findings);

/** Free all; a zeroed one is allowed. */
void registry_findings_close(struct registry_findings *findings);

#endif /* REGISTRY_FINDINGS_H */
