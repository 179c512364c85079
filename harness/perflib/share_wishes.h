/* SPDX-License-Identifier: MIT
 *
 * A consumer's requests to the providers of other processes: counters that it has added
 * (PERF_ADD_COUNTER, and PERF_REMOVE_COUNTER when they are gone again), and instances that it lists
 * (PERF_ENUM_INSTANCES). A request that is under way is a wish.
 *
 * The consumer writes its wishes into a file of its own, *.consumer, and requests new states from
 * the owners of providers. They read the wishes (share_service.h), and their new states begin with
 * the results, the replies.
 */
#ifndef SHARE_WISHES_H
#define SHARE_WISHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_consumer.h"
#include "perflib_writer.h"
#include "span.h"

/** A wish in the consumer's file. Its name follows, without terminator, padded to 8 bytes. */
struct wish_image {
    uint32_t size;   /* bytes of the wish and its name */
    uint32_t number; /* larger than that of the wish before it */
    uint32_t code;   /* PERF_ADD_COUNTER or PERF_ENUM_INSTANCES */
    uint32_t counter_id, instance_id;
    uint32_t name_length; /* units */
    GUID guid;
};

/** The first bytes of an owner's state; `count` replies follow, and then the sets. */
struct reply_list {
    uint32_t size; /* bytes of the list with its replies */
    uint32_t count;
};

struct reply_image {
    uint32_t process_id, number; /* of the consumer and its wish */
    uint64_t process_start;
    uint32_t result; /* of the callback */
    uint32_t reserved;
};

/** A wish that has been read. */
struct wish {
    uint32_t number;
    struct perflib_request request; /* its name is the member below */
    WCHAR name[PERF_MAX_INSTANCE_NAME];
};

/** Set whether this process has wishes from now on. */
void share_wishes_allow(bool is_allowed);

/**
 * Add a wish, which owners can see after share_wishes_write.
 *
 * @param request  PERF_ADD_COUNTER or PERF_ENUM_INSTANCES; copied
 * @return its number; 0: it is not forwarded, because wishes are not allowed, a limit is reached, or
 *         there is no memory
 */
uint32_t share_wishes_add(const struct perflib_request *request);

/** End a wish. 0 does nothing. Owners notice it within about a second of share_wishes_write. */
void share_wishes_remove(uint32_t number);

/** Write the file, or remove it when there is no wish. */
void share_wishes_write(void);

/** The first error among the replies to a wish; ERROR_SUCCESS if there is no error so far. */
ULONG share_wishes_result(uint32_t number);

/** Whether a wish has no reply yet. */
bool share_wishes_are_open(void);

/**
 * Read the replies of an owner's state, and keep those to own wishes.
 *
 * @param state  a private copy
 * @param sets   receives the rest, for perflib_image_read
 * @return whether they are valid; if not, nothing is kept
 */
bool share_wishes_read_replies(struct span state, struct span *sets);

/**
 * Read the next wish of a consumer's state.
 *
 * @param at    the place in `state`, 0 at first; moved past the wish
 * @param wish  receives it; its member `number` is compared, so it is zeroed for the first
 * @return false: there is no other wish, or it is not valid; then *at is not the end
 */
bool share_wishes_next(struct span state, size_t *at, struct wish *wish);

/** Around a fork: see os_thread_watch_fork. The file is the parent's. */
void share_wishes_before_fork(void);
void share_wishes_in_parent(void);
void share_wishes_in_child(void);

#endif /* SHARE_WISHES_H */
