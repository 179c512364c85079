/* SPDX-License-Identifier: MIT
 *
 * Windows: no malloc is interposed, so no call is marked.
 */
#include <stdbool.h>

bool allocator_call_is_running(void);

bool allocator_call_is_running(void)
{
    return false;
}
