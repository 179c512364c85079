/* SPDX-License-Identifier: MIT
 *
 * The plug-in of with_plugin.c.
 */
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))
void plugin_run(void *(*allocate)(size_t));

static void *volatile kept[3];

__attribute__((constructor)) static void begin(void)
{
    kept[0] = malloc(2222);
}

NOINLINE static void own_leak(void)
{
    for (int i = 0; i < 3; i++)
        kept[1] = malloc(64);
}

void plugin_run(void *(*allocate)(size_t))
{
    own_leak();
    kept[2] = allocate(4444);
}
