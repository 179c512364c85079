/* SPDX-License-Identifier: MIT
 *
 * console.h for Windows. The C library's arguments are in the ANSI code page, so they are made
 * again from the command line. The console is set to UTF-8.
 */
#include "console.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#include "os.h"
#include "text.h"

#include <shellapi.h>

bool console_open(int *argc, char ***argv)
{
    int count;
    WCHAR **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **narrow = wide ? calloc((size_t)count + 1, sizeof(*narrow)) : NULL;

    if (!narrow)
        return false;
    for (int i = 0; i < count; i++) {
        size_t length = text_length(wide[i]);
        size_t size = text_utf8_size(wide[i], length) + 1;
        narrow[i] = malloc(size);
        if (!narrow[i])
            return false;
        text_to_utf8(wide[i], length, narrow[i], size);
    }
    LocalFree(wide);
    *argc = count;
    *argv = narrow;
    SetConsoleOutputCP(CP_UTF8);
    os_stdout_binary();
    return true;
}

bool console_reader_is_gone(void)
{
    return GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE;
}

void console_stdin_binary(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
}
