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
 * Find the file of a service's Library value on this system. Environment variables are expanded,
 * and ".dll" is replaced by ".so" on systems with such libraries. The file is looked for in
 * `library_path`, then in the program's folder, then at the path itself. A name without a folder is
 * never looked for in the current directory.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND, with the first place that was tried in *path
 */
DWORD library_path_find(const struct service *service, const char *library_path, char *path,
                        size_t size);

#endif /* LIBRARY_PATH_H */
