/* SPDX-License-Identifier: MIT
 *
 * What the doctor finds in the registration on which a command works, for commands that report it
 * beside their own answer.
 */
#ifndef REGISTRY_FINDINGS_H
#define REGISTRY_FINDINGS_H

#include "diagnosis.h"
#include "machine_input.h"

/** A zeroed struct is empty. It must not be moved. */
struct registry_findings {
    struct machine_input input;
    struct diagnosis diagnosis; /* libraries are not examined */
};

/**
 * Read and examine a registration.
 *
 * @param path  of a .reg file, kept as a pointer; "": the system's registry
 * @return ERROR_SUCCESS; errors of reading, with error->message; then there is nothing to close
 */
DWORD registry_findings_open(struct registry_findings *findings, const char *path,
                             struct registration_error *error);

/** One finding in one line: the problem, the case, and its id in brackets; from malloc. */
char *registry_findings_line(const struct diagnosis_finding *finding);

/**
 * The next cause, without notes.
 *
 * @param service  only causes about it or about the whole registration; NULL: all
 * @param at       position, 0 for the first; it advances
 * @return NULL at the end
 */
const struct diagnosis_finding *registry_findings_next(const struct registry_findings *findings,
                                                       const char *service, size_t *at);

/** Report each cause on stderr. */
void registry_findings_complain(const struct registry_findings *findings);

/** Free everything. A zeroed struct is allowed. */
void registry_findings_close(struct registry_findings *findings);

#endif /* REGISTRY_FINDINGS_H */
