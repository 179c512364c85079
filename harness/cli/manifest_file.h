/* SPDX-License-Identifier: MIT
 *
 * A manifest for a command: it is read, and everything that is wrong with it is reported on stderr.
 */
#ifndef MANIFEST_FILE_H
#define MANIFEST_FILE_H

#include "manifest.h"

/**
 * Read a manifest. Errors and warnings go to stderr in the form of compilers, file:line:column.
 *
 * @param options   of manifest_parser_parse
 * @param manifest  receives it; release it
 * @return EXIT_FINE; EXIT_BAD_USAGE
 */
int manifest_file_read(const char *path, const struct manifest_options *options,
                       struct manifest *manifest);

/** Print messages of another check in the same form. */
void manifest_file_complain(const char *path, const struct manifest_messages *messages);

#endif /* MANIFEST_FILE_H */
