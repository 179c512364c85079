/* SPDX-License-Identifier: MIT
 *
 * A manifest for a command: read, with all that is wrong with it on stderr.
 */
#ifndef MANIFEST_FILE_H
#define MANIFEST_FILE_H

#include "manifest.h"

/**
 * Read a manifest; errors and warnings go to stderr as compilers give them, file:line:column.
 *
 * @param manifest  receives it; release it
 * @return EXIT_FINE; EXIT_BAD_USAGE
 */
int manifest_file_read(const char *path, struct manifest *manifest);

#endif /* MANIFEST_FILE_H */
