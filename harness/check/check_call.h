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
 * Make one call; what it did to the process becomes findings.
 *
 * @param query  as in call->query, in UTF-8; NULL: none
 * @return true: it returned, and the observation holds. Release it in either case.
 */
bool check_call(struct check *check, const struct provider_call *call, const char *query,
                struct provider_observation *observation);

/** Judge what an observation says of the process; as check_call, for calls made together. */
bool check_observe(struct check *check, const struct provider_call *call, const char *query,
                   const struct provider_observation *observation);

/** The name of a call in messages: the export that it calls, or what it does. */
const char *check_procedure_of(const struct check *check, enum provider_call_kind kind);

#endif /* CHECK_CALL_H */
