/* SPDX-License-Identifier: MIT
 *
 * See debug_message.h.
 */
#include "debug_message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os.h"

#define LINE_SIZE 1001 /* bytes; chosen: a longer message is cut */

bool debug_message_is_wanted(void)
{
    char value[4];

    return os_environment("HEAPCTRS_DEBUG", value, sizeof(value)) == ERROR_SUCCESS &&
           strcmp(value, "1") == 0;
}

static void print(const char *format, va_list arguments)
{
    char line[LINE_SIZE + 1], name[64];

    os_process_name(name, sizeof(name));
    size_t used =
        (size_t)snprintf(line, LINE_SIZE, "heapctrs: %s[%u]: ", name, (unsigned)os_process_id());
    vsnprintf(line + used, LINE_SIZE - used, format, arguments);
    for (used = 0; line[used]; used++)
        if ((unsigned char)line[used] < ' ')
            line[used] = '?'; /* a control character in a name or a path would begin another line */
    line[used++] = '\n';
    os_standard_error_write(line, used);
}

void debug_message(const char *format, ...)
{
    uint32_t error = os_last_error();
    va_list arguments;

    va_start(arguments, format);
    if (debug_message_is_wanted())
        print(format, arguments);
    va_end(arguments);
    os_last_error_set(error);
}

void debug_message_always(const char *format, ...)
{
    uint32_t error = os_last_error();
    va_list arguments;

    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    os_last_error_set(error);
}

const char *debug_message_reason(DWORD error)
{
    switch (error) {
    case ERROR_INVALID_OWNER:
        return "another user owns it, or others can write to it; use chmod go-w, or remove it";
    case ERROR_ACCESS_DENIED:
        return "access is denied";
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return "the folder above it does not exist";
    case ERROR_ALREADY_EXISTS:
    case ERROR_INVALID_NAME:
        return "it is not a folder, or its name is too long";
    case ERROR_DISK_FULL:
        return "the disk is full, or a limit of the process or the user is reached; free space, or "
               "raise the limit";
    case ERROR_FILE_TOO_LARGE:
        return "no file can be that long there";
    case ERROR_NOT_ENOUGH_MEMORY:
        return "there is not enough memory";
    case ERROR_TOO_MANY_OPEN_FILES:
        return "the process has no file descriptors left; raise its limit (ulimit -n)";
    case ERROR_NOT_SUPPORTED:
        return "the system cannot do that";
    default:
        return "a system call failed";
    }
}
