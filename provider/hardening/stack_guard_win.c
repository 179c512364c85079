/* SPDX-License-Identifier: MIT
 *
 * The symbols that gcc's stack protector needs from a run-time library. libssp fills the guard with
 * CryptoAPI while the loader holds its lock, and loads rsaenh.dll, crypt32.dll and user32.dll into
 * every process that loads our DLL. Here the guard is computed from values that differ between
 * processes, as Microsoft's run-time library does for its cookie.
 */
#include <stdint.h>

#include "wintypes.h"

/* STATUS_STACK_BUFFER_OVERRUN, raised by its instruction, so that no exception handler is
   called. */
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

/* Called before every other constructor. Its own frame is not protected. */
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

    /* The lowest byte is 0, so that copying a text stops there. */
    __stack_chk_guard = (uintptr_t)sum & ~(uintptr_t)0xFF;
}
