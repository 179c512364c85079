/* SPDX-License-Identifier: MIT
 *
 * Programs that link libperflib.a share their providers with other programs, as on Windows. The
 * harness does not link this file: see perflib_share.h.
 */
#include "perflib_share.h"

__attribute__((constructor)) static void share_at_start(void)
{
    perflib_share(true, true);
}

__attribute__((destructor)) static void end_at_exit(void)
{
    perflib_share(false, false);
}
