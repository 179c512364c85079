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
 * @param options   of manifest_read
 * @param manifest  receives it; release it
 * @return EXIT_FINE; EXIT_BAD_USAGE
 */
int manifest_file_read(const char *path, const struct manifest_options *options,
                       struct manifest *manifest);

/** The same form for messages of another check. */
void manifest_file_complain(const char *path, const struct manifest_messages *messages);

#endif /* MANIFEST_FILE_H */
