/* SPDX-License-Identifier: MIT
 *
 * v2_redirect.h for Linux. The program exports PERFLIB's functions, and the dynamic linker finds a
 * program's functions before those of libraries, so these functions do nothing.
 */
#include "v2_redirect.h"

void v2_redirect_begin(void)
{
}

void v2_redirect_imports(void)
{
}
