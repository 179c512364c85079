/* SPDX-License-Identifier: MIT
 *
 * Leaks of a plug-in that is loaded with dlopen: in its constructor, in a function, and through a callback of the
 * program. At the end it waits for the end of its stdin.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
typedef void *allocate_function(size_t);
typedef void run_function(allocate_function *);

static void *volatile kept;

NOINLINE static void *allocate(size_t size)
{
    kept = malloc(size);
    return kept;
}

NOINLINE static void *open_plugin(const char *path)
{
    return dlopen(path, RTLD_NOW);
}

int main(int argc, char **argv)
{
    char byte;
    void *plugin = argc > 1 ? open_plugin(argv[1]) : NULL;
    run_function *run = plugin ? (run_function *)dlsym(plugin, "plugin_run") : NULL;

    if (!run)
        return 1;
    run(allocate);
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    return read(STDIN_FILENO, &byte, 1) < 0;
}
