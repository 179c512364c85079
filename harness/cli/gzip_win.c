/* SPDX-License-Identifier: MIT
 *
 * gzip.h for Windows, which has no zlib.
 */
#include "gzip.h"

bool gzip_pack(const struct output *plain, struct output *packed)
{
    (void)plain, (void)packed;
    return false;
}
