/* SPDX-License-Identifier: MIT
 *
 * The mark of allocator_call.h.
 */
#include "allocator_call.h"

_Thread_local volatile bool allocator_call_mark __attribute__((tls_model("initial-exec")));

bool allocator_call_is_running(void)
{
    return allocator_call_mark;
}
