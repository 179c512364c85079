/* SPDX-License-Identifier: MIT
 *
 * Switches both halves of sharing: perflib_publish.c writes, perflib_remote.c reads.
 */
#include "perflib_share.h"

#include "perflib_publish.h"
#include "perflib_remote.h"
#include "share_wishes.h"

void perflib_share(bool publishes, bool reads)
{
    perflib_publish_allow(publishes);
    share_wishes_allow(reads);
    perflib_remote_allow(reads);
}

void perflib_share_changed(void)
{
    perflib_publish_changed();
}

void perflib_share_refresh(uint32_t oldest_ms)
{
    perflib_remote_refresh(oldest_ms);
}

struct perflib_share_counts perflib_share_counts(void)
{
    return perflib_remote_counts();
}
