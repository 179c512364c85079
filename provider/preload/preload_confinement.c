/* SPDX-License-Identifier: MIT
 *
 * A program that confines itself with a seccomp filter permits what it needs itself, and may be
 * killed for a system call of this library. It prepares the filter with prctl, which is noticed
 * here. From then on, the tracker makes no system call that the program does not cause.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fork.h"
#include "heap_figures.h"
#include "preload.h"
#include "profile.h"
#include "region_writer.h"

__attribute__((visibility("default"))) int prctl(int option, ...)
{
    unsigned long values[4]; /* more than any option uses: the remaining values are arbitrary, as in
                                the C library */
    va_list arguments;

    va_start(arguments, option);
    for (int i = 0; i < 4; i++)
        values[i] = va_arg(arguments, unsigned long);
    va_end(arguments);
    if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP) {
        preload_malloc_prepare();
        fork_finish();
        region_writer_confine();
        profile_confine();
        heap_figures_confine();
    }
    return (int)syscall(SYS_prctl, option, values[0], values[1], values[2], values[3]);
}
