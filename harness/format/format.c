/* SPDX-License-Identifier: MIT
 *
 * The list of formats.
 */
#include "format.h"

const struct format formats[] = {
#define FORMAT(id) { #id, format_##id##_write },
#include "formats.def"
#undef FORMAT
};
