/* SPDX-License-Identifier: MIT
 *
 * registration_source_read_system: reads the system's registry through the same tree as a .reg file.
 */
#include <stdio.h>

#include "registration.h"
#include "registration_system.h"

DWORD registration_source_read_system(struct registration *registration,
                                      struct registration_error *error)
{
    struct reg_tree tree = { 0 };
    DWORD failure = registration_system_load(&tree, error);

    if (failure)
        return failure;
    failure = registration_read(&tree, "the registry", registration);
    if (failure)
        snprintf(error->message, sizeof(error->message), "out of memory reading the registry");
    reg_tree_release(&tree);
    return failure;
}
