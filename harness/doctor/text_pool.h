/* SPDX-License-Identifier: MIT
 *
 * Texts that live as long as one diagnosis. They are allocated one by one and freed together.
 * After a failed allocation all further texts are "", and the pool remembers the failure.
 */
#ifndef TEXT_POOL_H
#define TEXT_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "printf_like.h"

struct text_pool_block;

/** A zeroed pool is empty and can be used. */
struct text_pool {
    struct text_pool_block *blocks;
    bool is_lost; /* memory ran out: some text is missing */
};

/** A copy of `size` bytes and a terminator. */
const char *text_pool_add(struct text_pool *pool, const char *text, size_t size);

/** A formatted text, as by printf; never NULL. */
PRINTF_LIKE(2, 3)
const char *text_pool_format(struct text_pool *pool, const char *format, ...);

/** A copy of `text` in which each `what` is replaced by `with`. */
const char *text_pool_replace(struct text_pool *pool, const char *text, const char *what,
                              const char *with);

/** Memory for data other than text, zeroed and aligned for any type, or NULL. */
void *text_pool_allocate(struct text_pool *pool, size_t size);

/** Free all texts. The pool is empty and can be used again. */
void text_pool_release(struct text_pool *pool);

#endif /* TEXT_POOL_H */
