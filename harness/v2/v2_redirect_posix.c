/* SPDX-License-Identifier: MIT
 *
 * v2_redirect.h for Linux: the program exports PERFLIB's functions, and a program's own functions
 * stand in front of those of all libraries. There is nothing left to do.
 */
#include "v2_redirect.h"

void v2_redirect_begin(void)
{
}

void v2_redirect_imports(void)
{
}
