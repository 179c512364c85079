/* SPDX-License-Identifier: MIT
 *
 * The publishing half of perflib_share.h.
 */
#ifndef PERFLIB_PUBLISH_H
#define PERFLIB_PUBLISH_H

#include <stdbool.h>

/** Set whether this process publishes its providers from now on. */
void perflib_publish_allow(bool is_allowed);

/** As perflib_share_changed. */
void perflib_publish_changed(void);

#endif /* PERFLIB_PUBLISH_H */
