/* SPDX-License-Identifier: MIT
 *
 * One call of the provider. What it does to its process (a crash, a hang, an exit, a side effect,
 * lost time, a missing procedure) becomes findings.
 */
#ifndef CHECK_CALL_H
#define CHECK_CALL_H

#include <stdbool.h>

#include "provider_process.h"

struct check;

/**
 * Make one call. Its effects on the process become findings.
 *
 * @param query  as in call->query, in UTF-8, or NULL
 * @return whether it returned, so that the observation is valid. Release the observation in either
 *         case.
 */
bool check_call(struct check *check, const struct provider_call *call, const char *query,
                struct provider_observation *observation);

/**
 * Judge what an observation says about the process, as check_call does after its call. For calls that
 * were made together. Returns as check_call.
 */
bool check_call_observe(struct check *check, const struct provider_call *call, const char *query,
                        const struct provider_observation *observation);

/** The name of a call in messages: the export that it calls, or what it does. */
const char *check_call_procedure_of(const struct check *check, enum provider_call_kind kind);

#endif /* CHECK_CALL_H */
