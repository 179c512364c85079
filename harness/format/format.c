/* SPDX-License-Identifier: MIT
 *
 * The list of formats.
 */
#include "format.h"

const struct format formats[] = {
#define FORMAT(id) { #id, format_write_##id },
#include "formats.def"
#undef FORMAT
};
