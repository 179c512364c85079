/* SPDX-License-Identifier: MIT
 *
 * The JSON file and the summary.
 */
#include "truth_report.h"

#include <stdio.h>
#include <string.h>

#include "truth_system.h"

bool truth_report_is_administrator(void)
{
    HKEY key;
    const bool is_allowed =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services", 0,
                      KEY_CREATE_SUB_KEY, &key) == ERROR_SUCCESS;

    if (is_allowed)
        RegCloseKey(key);
    return is_allowed;
}

/* "10.0.19045". GetVersionEx reports an older version, because this program has no manifest for
 * newer ones. */
static void get_version(char *text, size_t size)
{
    LONG(WINAPI * get)(OSVERSIONINFOW *) = NULL;
    OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found = ntdll ? GetProcAddress(ntdll, "RtlGetVersion") : NULL;

    memcpy(&get, &found, sizeof(found));
    if (get)
        get(&version);
    snprintf(text, size, "%lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
             version.dwBuildNumber);
}

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\')
            fprintf(file, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7F)
            fprintf(file, "\\u%04x", byte);
        else
            fputc(byte, file);
    }
    fputc('"', file);
}

/* Join the observations, those that contradict the claim first. */
static void join_texts(const struct trial *trial, char text[2 * TRIAL_TEXT_MAX + 4])
{
    snprintf(text, 2 * TRIAL_TEXT_MAX + 4, "%s%s%s", trial->against,
             *trial->against && *trial->observed ? "; " : "", trial->observed);
}

bool truth_report_write(const WCHAR *path, const struct truth_results *results,
                        const bool *selected)
{
    char text[2 * TRIAL_TEXT_MAX + 4], version[48];
    FILE *file = _wfopen(path, L"wb");
    bool is_first = true;

    if (!file)
        return false;
    get_version(version, sizeof(version));
    fprintf(file,
            "{\n  \"schema\": 1,\n  \"program\": \"windows-truth\",\n  \"system\": { \"name\": ");
    write_string(file, truth_system_name());
    fprintf(file, ", \"version\": \"%s\", \"bits\": %u, \"administrator\": %s },\n  \"results\": [",
            version, (unsigned)(8 * sizeof(void *)),
            truth_report_is_administrator() ? "true" : "false");
    for (size_t i = 0; i < trial_row_count; i++) {
        if (!selected[i])
            continue;
        fprintf(file, "%s\n    { \"claim\": ", is_first ? "" : ",");
        is_first = false;
        write_string(file, trial_rows[i].claim);
        fprintf(file, ", \"probe\": \"%s\", \"result\": \"%s\",\n      \"observed\": ",
                trial_rows[i].probe, trial_result_name(trial_result(&results->trials[i])));
        join_texts(&results->trials[i], text);
        write_string(file, text);
        fprintf(file, " }");
    }
    fprintf(file, "\n  ]\n}\n");
    const bool is_whole = !ferror(file);
    return fclose(file) == 0 && is_whole;
}

static void print_all(const struct truth_results *results, const bool *selected,
                      enum trial_result wanted, const char *title)
{
    char text[2 * TRIAL_TEXT_MAX + 4];
    bool is_first = true;

    for (size_t i = 0; i < trial_row_count; i++) {
        if (!selected[i] || trial_result(&results->trials[i]) != wanted)
            continue;
        if (is_first)
            printf("\n%s\n", title);
        is_first = false;
        join_texts(&results->trials[i], text);
        printf("  %s: %s\n", trial_rows[i].claim, *text ? text : "nothing was compared");
    }
}

void truth_report_print(const struct truth_results *results, const bool *selected)
{
    unsigned counts[3] = { 0 };
    char version[48];

    get_version(version, sizeof(version));
    printf("%s, version %s, %u bits, %s administrator rights\n", truth_system_name(), version,
           (unsigned)(8 * sizeof(void *)), truth_report_is_administrator() ? "with" : "without");
    for (size_t i = 0; i < trial_row_count; i++)
        if (selected[i])
            counts[trial_result(&results->trials[i])]++;
    print_all(results, selected, TRIAL_REFUTED, "Refuted:");
    print_all(results, selected, TRIAL_NOT_POSSIBLE, "Not possible here:");
    printf("\n%u confirmed, %u refuted, %u not possible here\n", counts[TRIAL_CONFIRMED],
           counts[TRIAL_REFUTED], counts[TRIAL_NOT_POSSIBLE]);
}
