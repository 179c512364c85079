/* SPDX-License-Identifier: MIT
 *
 * Where a registered library is.
 */
#ifndef LIBRARY_PATH_H
#define LIBRARY_PATH_H

#include <stddef.h>

#include "registration.h"
#include "wintypes.h"

/**
 * Path of the library that a service's Library value means here: environment variables expanded,
 * ".dll" replaced by ".so" on systems that have those, looked for in `library_path`, then beside
 * the program, then as it stands; a name without a folder never in the current directory.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: *path holds the first place looked at
 */
DWORD library_path_find(const struct service *service, const char *library_path, char *path,
                        size_t size);

#endif /* LIBRARY_PATH_H */
