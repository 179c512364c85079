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

static DWORD mode_before;
static bool has_keys;

bool terminal_keys_open(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);

    if (!GetConsoleMode(input, &mode_before))
        return false;
    has_keys = SetConsoleMode(input, ENABLE_PROCESSED_INPUT);
    return has_keys;
}

void terminal_keys_close(void)
{
    if (has_keys)
        SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), mode_before);
    has_keys = false;
}

static int key_of(const KEY_EVENT_RECORD *event)
{
    switch (event->wVirtualKeyCode) {
    case VK_UP:
        return TERMINAL_KEY_UP;
    case VK_DOWN:
        return TERMINAL_KEY_DOWN;
    case VK_LEFT:
        return TERMINAL_KEY_LEFT;
    case VK_RIGHT:
        return TERMINAL_KEY_RIGHT;
    case VK_PRIOR:
        return TERMINAL_KEY_PAGE_UP;
    case VK_NEXT:
        return TERMINAL_KEY_PAGE_DOWN;
    case VK_HOME:
        return TERMINAL_KEY_HOME;
    case VK_END:
        return TERMINAL_KEY_END;
    default:
        return event->uChar.UnicodeChar;
    }
}

int terminal_wait_key(uint32_t milliseconds)
{
    HANDLE handles[2] = { GetStdHandle(STD_INPUT_HANDLE), interrupted };
    INPUT_RECORD record;
    DWORD count, ended;

    if (!has_keys || !interrupted)
        return terminal_wait(milliseconds) ? TERMINAL_KEY_NONE : TERMINAL_KEY_INTERRUPT;
    ended = WaitForMultipleObjects(2, handles, FALSE, milliseconds);
    if (ended == WAIT_OBJECT_0 + 1)
        return TERMINAL_KEY_INTERRUPT;
    if (ended != WAIT_OBJECT_0 || !ReadConsoleInputW(handles[0], &record, 1, &count) || !count)
        return TERMINAL_KEY_NONE;
    return record.EventType == KEY_EVENT && record.Event.KeyEvent.bKeyDown
               ? key_of(&record.Event.KeyEvent)
               : TERMINAL_KEY_NONE;
}
