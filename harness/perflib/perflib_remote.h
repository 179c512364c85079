/* SPDX-License-Identifier: MIT
 *
 * The reading half of perflib_share.h: providers of other processes become providers here.
 * Consumers see no difference.
 */
#ifndef PERFLIB_REMOTE_H
#define PERFLIB_REMOTE_H

#include <stdbool.h>

#include "perflib_shared_file.h"

/** Set whether this process reads what others publish from now on. */
void perflib_remote_allow(bool is_allowed);

/** As perflib_share_refresh. */
void perflib_remote_refresh(uint32_t oldest_ms);

struct perflib_share_counts perflib_remote_counts(void);

#endif /* PERFLIB_REMOTE_H */
