/* SPDX-License-Identifier: MIT
 *
 * The console, and its control handler, which runs on a thread of its own.
 */
#include "terminal.h"

#include <windows.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

static HANDLE interrupted; /* an event */

static BOOL WINAPI on_control(DWORD kind)
{
    if (kind != CTRL_C_EVENT && kind != CTRL_BREAK_EVENT)
        return FALSE;
    SetEvent(interrupted);
    return TRUE;
}

bool terminal_size(unsigned *columns, unsigned *rows)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info) ||
        info.srWindow.Right <= info.srWindow.Left || info.srWindow.Bottom <= info.srWindow.Top)
        return false;
    *columns = (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
    *rows = (unsigned)(info.srWindow.Bottom - info.srWindow.Top + 1);
    return true;
}

bool terminal_use_sequences(void)
{
    HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;

    return GetConsoleMode(console, &mode) &&
           SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void terminal_catch_interrupt(void)
{
    interrupted = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(on_control, TRUE);
}

bool terminal_is_interrupted(void)
{
    return interrupted && WaitForSingleObject(interrupted, 0) == WAIT_OBJECT_0;
}

bool terminal_wait(uint32_t milliseconds)
{
    if (!interrupted) {
        Sleep(milliseconds);
        return true;
    }
    return WaitForSingleObject(interrupted, milliseconds) != WAIT_OBJECT_0;
}

bool terminal_wait_fully(uint32_t milliseconds)
{
    return terminal_wait(milliseconds);
}
