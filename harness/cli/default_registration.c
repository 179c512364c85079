/* SPDX-License-Identifier: MIT
 *
 * Which registration a command works on when nobody says, see command_open_registration.
 */
#include "command.h"

#include <stdio.h>

#include "os.h"

static int open_file(const char *path, struct registration *registration)
{
    struct registration_error failure;
    DWORD error = registration_read_file(path, registration, &failure);

    if (!error)
        return EXIT_FINE;
    command_complain("%s", failure.message);
    return EXIT_BAD_USAGE;
}

int command_open_registration(const struct global_options *options,
                              struct registration *registration)
{
    static const char *const beside[] = { "heapctrs.reg", "../../registry/heapctrs.reg",
                                          "../share/heapctrs/heapctrs.reg" };
    struct registration_error failure;
    char path[OS_PATH_SIZE];

    if (options->registry_file)
        return open_file(options->registry_file, registration);

    DWORD error = registration_read_system(registration, &failure);
    if (error == ERROR_SUCCESS)
        return EXIT_FINE;
    if (error != ERROR_NOT_SUPPORTED) {
        command_complain("%s", failure.message);
        return EXIT_BAD_USAGE;
    }
    for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", command_program_folder(), beside[i]) <
                sizeof(path) &&
            os_file_exists(path))
            return open_file(path, registration);
    }
    command_complain("no registration: there is no system registry here and no heapctrs.reg in %s; "
                     "name a .reg file with --registry FILE",
                     command_program_folder());
    return EXIT_NOTHING;
}
