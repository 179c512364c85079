/* SPDX-License-Identifier: MIT
 *
 * Reads a manifest and reports what is wrong with it.
 */
#include "manifest_file.h"

#include <stdlib.h>

#include "command.h"

void manifest_file_complain(const char *path, const struct manifest_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        const struct manifest_message *message = &messages->items[i];

        if (message->place.column)
            command_complain("%s:%u:%u: %s: %s", path, (unsigned)message->place.line,
                             (unsigned)message->place.column,
                             message->is_warning ? "warning" : "error", message->text);
        else
            command_complain("%s:%u: %s: %s", path, (unsigned)message->place.line,
                             message->is_warning ? "warning" : "error", message->text);
    }
}

int manifest_file_read(const char *path, const struct manifest_options *options,
                       struct manifest *manifest)
{
    struct manifest_messages *messages = calloc(1, sizeof(*messages));
    int status = EXIT_BAD_USAGE;

    DWORD error = messages ? manifest_parser_parse_file(path, options, manifest, messages)
                           : ERROR_NOT_ENOUGH_MEMORY;
    if (messages)
        manifest_file_complain(path, messages);
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        command_complain_memory();
    else if (error && error != ERROR_INVALID_DATA)
        command_complain("%s: cannot be read: %s", path,
                         error == ERROR_FILE_NOT_FOUND   ? "there is no such file"
                         : error == ERROR_FILE_TOO_LARGE ? "it is larger than 16 MiB"
                         : error == ERROR_ACCESS_DENIED  ? "access is denied"
                         : error == ERROR_INVALID_NAME   ? "it is not a file"
                         : error == ERROR_MOD_NOT_FOUND
                             ? "this system has no XML library (xmllite.dll)"
                             : "an error of the system");
    if (!error)
        status = EXIT_FINE;
    free(messages);
    return status;
}
