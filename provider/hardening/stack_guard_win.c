/* SPDX-License-Identifier: MIT
 *
 * What gcc's stack protector wants of a run-time library. libssp would fill the guard from
 * CryptoAPI while the loader holds its lock, in every process that loads us, and bring rsaenh.dll,
 * crypt32.dll and user32.dll with it. As Microsoft's own run-time library does for its cookie, the
 * guard is made of what differs from process to process instead.
 */
#include <stdint.h>

#include "wintypes.h"

/* STATUS_STACK_BUFFER_OVERRUN, by the instruction for it: no handler is asked. */
#define FAIL_FAST_INTERRUPT 0x29
#define FAIL_FAST_STACK_COOKIE 2

uintptr_t __stack_chk_guard;
void __stack_chk_fail(void) __attribute__((noreturn));

void __stack_chk_fail(void)
{
    __asm__ volatile("int %0" : : "i"(FAIL_FAST_INTERRUPT), "c"(FAIL_FAST_STACK_COOKIE));
    __builtin_unreachable();
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * 0x9E3779B97F4A7C15u;
    return sum ^ sum >> 29;
}

/* Before every other constructor; its own frame is not protected yet. */
__attribute__((constructor(101), no_stack_protector)) static void make_guard(void)
{
    LARGE_INTEGER counter;
    FILETIME now;
    uint64_t sum;

    QueryPerformanceCounter(&counter);
    GetSystemTimeAsFileTime(&now);
    sum = mix((uintptr_t)&counter, (uint64_t)counter.QuadPart);
    sum = mix(sum, (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    sum = mix(sum, (uint64_t)GetCurrentProcessId() << 32 | GetCurrentThreadId());
    sum = mix(sum, (uintptr_t)&__stack_chk_guard);

    /* The lowest byte is 0: what copies text stops there. */
    __stack_chk_guard = (uintptr_t)sum & ~(uintptr_t)0xFF;
}
