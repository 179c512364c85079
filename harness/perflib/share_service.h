/* SPDX-License-Identifier: MIT
 *
 * The owner's side of share_wishes.h: reads the wishes of all consumers, calls the control callbacks
 * of this process's providers, and replies. All functions are for the publisher's thread.
 *
 * A wish that appears becomes PERF_ADD_COUNTER or PERF_ENUM_INSTANCES. One that disappears, also
 * because its consumer has ended, becomes PERF_REMOVE_COUNTER if the counter was added. Wishes for
 * sets or counters that no provider here has are ignored until one has them.
 *
 * Budgets: SHARE_WISH_LIMIT wishes of a consumer, SERVICE_WISH_LIMIT of all, SERVICE_CALL_LIMIT calls
 * for one consumer and one second for all calls of a round. The remaining wishes wait for the next round.
 */
#ifndef SHARE_SERVICE_H
#define SHARE_SERVICE_H

#include <stdbool.h>

#include "perflib_writer.h"

/* Requests of all consumers that are read in one round; chosen: four times SHARE_WISH_LIMIT. */
#define SERVICE_WISH_LIMIT 16384
/* Calls for one consumer in one round; chosen. The others are made in the next round. */
#define SERVICE_CALL_LIMIT 64

/** Read all wishes, and make the calls that are due. */
void share_service_round(void);

/** Whether there are wishes. Then rounds are needed even without requests, because a consumer may end. */
bool share_service_has_wishes(void);

/** Write the replies: a struct reply_list and its replies. */
void share_service_write_replies(struct perflib_writer *writer);

/** Forget all wishes, without calls: the providers have stopped. */
void share_service_forget(void);

/** The same in a child of fork, whose copy of the wishes may be incomplete. */
void share_service_abandon(void);

#endif /* SHARE_SERVICE_H */
