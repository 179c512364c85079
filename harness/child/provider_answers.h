/* SPDX-License-Identifier: MIT
 *
 * Observations, made of what a child has written into the exchange.
 */
#ifndef PROVIDER_ANSWERS_H
#define PROVIDER_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "child_process.h"
#include "fault_trap.h"
#include "provider_exchange.h"
#include "provider_observation.h"
#include "provider_request.h"
#include "wintypes.h"

/**
 * Read the answer to a call that is done.
 *
 * @param order         as the harness has planned it; the copy in the exchange cannot be trusted
 * @param passed_100ns  time since the call was requested: it cannot have taken longer
 * @param observation   written; release it with provider_observation_release
 * @return ERROR_SUCCESS; the child's own error; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD provider_answer_read(const struct child_process *child, const struct provider_call *call,
                           const struct exchange_order *order, uint64_t passed_100ns,
                           struct provider_observation *observation);

/**
 * Read what the fault trap has recorded, and look up the symbols.
 *
 * @param library  path of the provider's library
 * @return false if nothing was recorded
 */
bool provider_answer_read_fault(const struct exchange *exchange, const char *library,
                                struct fault_record *record);

/**
 * Report how the child has ended.
 *
 * @param culprit  the observation of the call that ended it; its outcome and fault are written
 * @param record   NULL if the fault trap has recorded nothing
 */
void provider_answer_explain_end(struct provider_observation *culprit,
                                 const struct fault_record *record,
                                 const struct child_process_end *end);

/**
 * Report the progress of an order that did not come back: the size of its last buffer, and the
 * number of calls before the last. Impossible numbers of the child are not used.
 */
void provider_answer_read_progress(const struct exchange *exchange,
                                   const struct provider_call *call,
                                   struct provider_observation *observation);

#endif /* PROVIDER_ANSWERS_H */
