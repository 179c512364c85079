/* SPDX-License-Identifier: MIT
 *
 * For Wine's perf.c natively: all that it needs stands in wintypes.h, perflib.h and wine/test.h.
 */
#include "wintypes.h"
