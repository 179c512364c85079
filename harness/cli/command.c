/* SPDX-License-Identifier: MIT
 *
 * What all commands share: messages, flushing, finding libraries. See command.h.
 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "utf8.h"

/* Replace characters that control a terminal, because a message may contain the contents of a
   file. This happens in place, because there may be no memory left. */
static void disarm(char *text)
{
    const size_t size = strlen(text);

    for (size_t at = 0, begin = 0; at < size; begin = at)
        if (utf8_is_unsafe(utf8_next(text, size, &at)) && text[begin] != '\n')
            memset(text + begin, '?', at - begin);
}

void command_complain(const char *format, ...)
{
    char text[8192];
    va_list arguments;

    fflush(stdout);
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    disarm(text);
    fprintf(stderr, "perfharness: %s\n", text);
}

const char *command_file_error_text(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
        return "there is no such file; check its path";
    case ERROR_PATH_NOT_FOUND:
        return "there is no such folder; check its path";
    case ERROR_ACCESS_DENIED:
        return "access denied; check who may open it, and run this as that user";
    case ERROR_FILE_TOO_LARGE:
        return "it is too large; check that it is the right file";
    case ERROR_INVALID_NAME:
        return "it is not a regular file; name a file";
    case ERROR_NOT_ENOUGH_MEMORY:
        return "out of memory; end other programs and try again";
    default:
        return "the system refused it; try a copy of it in another folder";
    }
}

int command_complain_memory(void)
{
    command_complain("out of memory; end other programs, or ask for less at once");
    return EXIT_BAD_USAGE;
}

int command_complain_output(const char *path, DWORD error)
{
    const char *why;

    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        why = "there is no such folder; make it first";
        break;
    case ERROR_ACCESS_DENIED:
        why = "access denied; choose a folder in which you may write";
        break;
    case ERROR_DISK_FULL:
        why = "the disk is full; free some space";
        break;
    case ERROR_NOT_ENOUGH_MEMORY:
        why = "out of memory; end other programs and try again";
        break;
    default:
        command_complain(
            "%s cannot be written: the system refused it (error %lu); choose another folder", path,
            (unsigned long)error);
        return EXIT_BAD_USAGE;
    }
    command_complain("%s cannot be written: %s", path, why);
    return EXIT_BAD_USAGE;
}

bool command_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}

const char *command_program_folder(void)
{
    static char folder[OS_PATH_SIZE];

    if (*folder)
        return folder;
    if (os_program_path(folder, sizeof(folder)) == ERROR_SUCCESS) {
        char *slash = strrchr(folder, '/');
        char *backslash = *folder == '/' ? NULL : strrchr(folder, '\\');
        char *end = backslash && (!slash || backslash > slash) ? backslash : slash;
        if (end)
            *end = 0;
        else
            *folder = 0;
    }
    if (!*folder)
        memcpy(folder, ".", 2);
    return folder;
}

const char *command_library_path(const struct global_options *options)
{
    return options->library_path ? options->library_path : command_program_folder();
}
