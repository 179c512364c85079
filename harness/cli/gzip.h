/* SPDX-License-Identifier: MIT
 *
 * gzip by zlib, which is loaded when it is first needed. Where it is not installed nothing is
 * compressed, and neither in Windows builds.
 */
#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>

#include "output.h"

/**
 * Compress; any thread.
 *
 * @param packed  empty; receives the bytes
 * @return false: it cannot be done; `packed` is empty
 */
bool gzip_pack(const struct output *plain, struct output *packed);

#endif /* GZIP_H */
