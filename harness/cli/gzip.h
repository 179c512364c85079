/* SPDX-License-Identifier: MIT
 *
 * gzip by zlib, which is loaded when it is first needed. Without it, and in Windows builds, nothing
 * is compressed.
 */
#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>

#include "output.h"

/**
 * Compress. Any thread may call this.
 *
 * @param packed  empty; receives the bytes
 * @return false if it is not possible; then `packed` is empty
 */
bool gzip_pack(const struct output *plain, struct output *packed);

#endif /* GZIP_H */
