/* SPDX-License-Identifier: MIT
 *
 * Files that a command reads as a whole: regular files, pipes, and stdin.
 */
#ifndef INPUT_FILE_H
#define INPUT_FILE_H

#include <stddef.h>

#include "span.h"

/**
 * Read a whole file.
 *
 * @param path   "-": stdin
 * @param bytes  receives memory from malloc, owned by the caller
 * @param limit  the largest accepted size
 * @return EXIT_FINE; EXIT_NOTHING: there is no such file; EXIT_BAD_USAGE; the last two with a
 *         message
 */
int input_file_read(const char *path, struct span *bytes, size_t limit);

#endif /* INPUT_FILE_H */
