/* SPDX-License-Identifier: MIT
 *
 * Which registration a command works on when nobody says, see command_open_registration.
 */
#include "command.h"

#include <stdio.h>

#include "os.h"

static int open_file(const char *path, struct registration *registration,
                     struct registration_error *error)
{
    return registration_read_file(path, registration, error) ? EXIT_BAD_USAGE : EXIT_FINE;
}

int command_find_registration(const struct global_options *options,
                              struct registration *registration, struct registration_error *error)
{
    static const char *const beside[] = { "heapctrs.reg", "../../registry/heapctrs.reg",
                                          "../share/heapctrs/heapctrs.reg" };
    char path[OS_PATH_SIZE];

    if (options->registry_file)
        return open_file(options->registry_file, registration, error);

    DWORD failure = registration_read_system(registration, error);
    if (failure != ERROR_NOT_SUPPORTED)
        return failure ? EXIT_BAD_USAGE : EXIT_FINE;
    for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", command_program_folder(), beside[i]) <
                sizeof(path) &&
            os_file_exists(path))
            return open_file(path, registration, error);
    }
    snprintf(error->message, sizeof(error->message),
             "no registration: there is no system registry here and no heapctrs.reg in %.600s; "
             "name a .reg file with --registry FILE",
             command_program_folder());
    return EXIT_NOTHING;
}

int command_open_registration(const struct global_options *options,
                              struct registration *registration)
{
    struct registration_error error;
    int status = command_find_registration(options, registration, &error);

    if (status != EXIT_FINE)
        command_complain("%s", error.message);
    return status;
}
