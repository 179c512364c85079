/* SPDX-License-Identifier: MIT
 *
 * The system's functions read regular files, the C library's all others, because these have no size
 * that could be queried.
 */
#include "input_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "command.h"
#include "console.h"
#include "os.h"

static DWORD read_stream(FILE *stream, void **data, size_t *size, size_t limit)
{
    char *bytes = NULL;
    size_t used = 0, capacity = 0, got;

    do {
        char *more = array_reserve(bytes, &capacity, used + 65536, 1);

        if (!more) {
            free(bytes);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        bytes = more;
        got = fread(bytes + used, 1, 65536, stream);
        used += got;
    } while (got && used <= limit);
    if (ferror(stream) || used > limit) {
        free(bytes);
        return used > limit ? ERROR_FILE_TOO_LARGE : ERROR_READ_FAULT;
    }
    *data = bytes;
    *size = used;
    return ERROR_SUCCESS;
}

int input_file_read(const char *path, struct span *bytes, size_t limit)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    void *data = NULL;
    size_t size = 0;
    DWORD error;

    if (is_stdin) {
        console_stdin_binary();
        error = read_stream(stdin, &data, &size, limit);
    } else {
        error = os_file_read_all(path, &data, &size, limit);
        if (error == ERROR_INVALID_NAME) { /* not a regular file: possibly a pipe */
            FILE *stream = fopen(path, "rb");

            if (stream) {
                error = read_stream(stream, &data, &size, limit);
                fclose(stream);
            }
        }
    }
    if (!error) {
        *bytes = (struct span){ data, size };
        return EXIT_FINE;
    }
    command_complain("%s cannot be read: %s", is_stdin ? "stdin" : path,
                     error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
                         ? "there is no such file"
                     : error == ERROR_ACCESS_DENIED     ? "access denied"
                     : error == ERROR_INVALID_NAME      ? "it is not a file"
                     : error == ERROR_READ_FAULT        ? "it is no file that can be read"
                     : error == ERROR_FILE_TOO_LARGE    ? "it is larger than any answer"
                     : error == ERROR_NOT_ENOUGH_MEMORY ? "out of memory"
                                                        : "the system refused it");
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? EXIT_NOTHING
                                                                          : EXIT_BAD_USAGE;
}
