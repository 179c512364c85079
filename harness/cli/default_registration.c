/* SPDX-License-Identifier: MIT
 *
 * The registration on which a command works if no option names one: see default_registration_open.
 */
#include "command.h"

#include <stdio.h>

#include "os.h"
#include "registration_system.h"

int default_registration_find_file(const struct global_options *options, char *path, size_t size,
                                   struct registration_error *error)
{
    static const char *const beside[] = { "heapctrs.reg", "../../registry/heapctrs.reg",
                                          "../share/heapctrs/heapctrs.reg" };

    *path = 0;
    if (options->registry_file) {
        if ((size_t)snprintf(path, size, "%s", options->registry_file) < size)
            return EXIT_FINE;
        snprintf(error->message, sizeof(error->message), "the path of --registry is too long");
        return EXIT_BAD_USAGE;
    }
    if (registration_system_exists())
        return EXIT_FINE;
    for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
        if ((size_t)snprintf(path, size, "%s/%s", command_program_folder(), beside[i]) < size &&
            os_file_exists(path))
            return EXIT_FINE;
    *path = 0;
    snprintf(error->message, sizeof(error->message),
             "no registration: there is no system registry here and no heapctrs.reg in %.600s; "
             "name a .reg file with --registry FILE",
             command_program_folder());
    return EXIT_NOTHING;
}

int default_registration_find(const struct global_options *options,
                              struct registration *registration, struct registration_error *error)
{
    char path[OS_PATH_SIZE];
    int status = default_registration_find_file(options, path, sizeof(path), error);

    if (status != EXIT_FINE)
        return status;
    DWORD failure = *path ? registration_file_read(path, registration, error)
                          : registration_source_read_system(registration, error);
    return failure ? EXIT_BAD_USAGE : EXIT_FINE;
}

int default_registration_open(const struct global_options *options,
                              struct registration *registration)
{
    struct registration_error error;
    int status = default_registration_find(options, registration, &error);

    if (status != EXIT_FINE)
        command_complain("%s", error.message);
    return status;
}
