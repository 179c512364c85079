/* SPDX-License-Identifier: MIT
 *
 * The probe typeperf: its output byte by byte. No rights are needed.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "truth_system.h"
#include "trial.h"

#define OUTPUT_MAX 8192 /* bytes; chosen: far more than typeperf prints for one sample */

/* Run typeperf and read its output. Returns false if it is not installed. */
static bool run(struct trial *trial, const WCHAR *arguments, char output[OUTPUT_MAX])
{
    SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
    STARTUPINFOW startup = { .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION process;
    WCHAR folder[MAX_PATH], command[2 * MAX_PATH];
    HANDLE ends[2];
    DWORD used = 0, got;

    GetSystemDirectoryW(folder, MAX_PATH);
    wsprintfW(command, L"%s\\typeperf.exe", folder);
    if (truth_system_is_emulated || GetFileAttributesW(command) == INVALID_FILE_ATTRIBUTES) {
        trial_impossible(trial, "there is no typeperf here");
        return false;
    }
    wsprintfW(command, L"\"%s\\typeperf.exe\" %s", folder, arguments);
    if (!CreatePipe(&ends[0], &ends[1], &inherited, 0))
        return false;
    SetHandleInformation(ends[0], HANDLE_FLAG_INHERIT, 0);
    startup.hStdOutput = startup.hStdError = ends[1];
    const bool is_started = CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL,
                                           NULL, &startup, &process);
    CloseHandle(ends[1]);
    while (is_started && used < OUTPUT_MAX - 1 &&
           ReadFile(ends[0], output + used, OUTPUT_MAX - 1 - used, &got, NULL) && got)
        used += got;
    output[used] = 0;
    CloseHandle(ends[0]);
    if (!is_started) {
        trial_impossible(trial, "typeperf does not start");
        return false;
    }
    WaitForSingleObject(process.hProcess, 10000);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return true;
}

/* Ask for the number of processes, which is always there. */
static bool run_once(struct trial *trial, char output[OUTPUT_MAX])
{
    return run(trial, L"-sc 1 \"\\System\\Processes\"", output);
}

/* Bytes with their control characters visible. */
static const char *visible(const char *text)
{
    static char shown[600];
    size_t used = 0;

    for (; *text && used < sizeof(shown) - 5; text++) {
        if (*text == '\r' || *text == '\n')
            used += (size_t)snprintf(shown + used, 5, *text == '\r' ? "\\r" : "\\n");
        else
            shown[used++] = *text;
    }
    shown[used] = 0;
    return shown;
}

void try_csv_heading(struct trial *trial)
{
    static const char start[] = "\r\n\"(PDH-CSV 4.0)\",\"\\\\";
    char output[OUTPUT_MAX];

    if (run_once(trial, output))
        trial_expect(trial,
                     strncmp(output, start, sizeof(start) - 1) == 0 &&
                         strstr(output, "\\System\\Processes\"\r\n"),
                     "output: %s", visible(output));
}

/* The row after the heading, or NULL. */
static const char *find_row(const char *output)
{
    const char *heading = strstr(output, "(PDH-CSV 4.0)");
    const char *row = heading ? strstr(heading, "\r\n\"") : NULL;

    return row ? row + 2 : NULL;
}

/* Compare with a pattern in which 9 is any digit. */
static bool matches(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return true;
}

void try_csv_rows(struct trial *trial)
{
    char output[OUTPUT_MAX];

    if (!run_once(trial, output))
        return;
    const char *row = find_row(output);
    if (trial_expect(trial, row != NULL, "output: %s", visible(output)))
        trial_expect(trial, matches(row, "\"99/99/9999 99:99:99.999\",\"") && strstr(row, "\"\r\n"),
                     "row: %s", visible(row));
}

void try_csv_decimals(struct trial *trial)
{
    char output[OUTPUT_MAX];

    if (!run_once(trial, output))
        return;
    const char *row = find_row(output);
    const char *point = row ? strstr(row, "\",\"") : NULL;
    point = point ? strchr(point + 3, '.') : NULL;
    trial_expect(trial, point && matches(point, ".999999\""), "row: %s",
                 visible(row ? row : output));
}

void try_csv_missing(struct trial *trial)
{
    char output[OUTPUT_MAX];

    if (!run(trial, L"-sc 1 \"\\Process(no such process)\\ID Process\" \"\\System\\Processes\"",
             output))
        return;
    const char *row = find_row(output);
    trial_expect(trial, row && strstr(row, "\"-1\""), "a counter without an instance: %s",
                 visible(row ? row : output));
}
