/* SPDX-License-Identifier: MIT
 *
 * For Wine's perf.c natively: wintypes.h, perflib.h and wine/test.h have all that it needs.
 */
#include "wintypes.h"
