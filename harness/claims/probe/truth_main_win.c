/* SPDX-License-Identifier: MIT
 *
 * windows-truth.exe: tries what perfharness says about Windows on the system that it runs on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"
#include "truth_report.h"
#include "truth_service.h"
#include "truth_system.h"
#include "truth_worker.h"

#include <shellapi.h>

#define DEFAULT_FILE L"windows-truth.json"
#define DEFAULT_SECONDS 55 /* chosen: less than a minute, with start and clean-up */
#define MOST_SECONDS 86400 /* chosen: a day */

static const char usage[] =
    "usage: windows-truth [--out FILE] [--only TEXT] [--time SECONDS] [--list]\n"
    "\n"
    "Tries the claims that perfharness makes about Windows, writes FILE (windows-truth.json) and\n"
    "prints a summary. It needs no installation and removes what it has changed. With "
    "administrator\n"
    "rights it registers a provider of its own while it runs; without them the claims about\n"
    "providers are not possible to try.\n"
    "\n"
    "  --out FILE      where the results go\n"
    "  --only TEXT     only claims and probes whose name contains TEXT\n"
    "  --time SECONDS  later trials are not made; 1 to 86400, the default is 55\n"
    "  --list          claims and their probes; tries nothing\n"
    "\n"
    "Exit status: 0 nothing was refuted, 1 something was, 2 bad usage or no results.\n"
    "`make truth RESULTS=FILE` of perfharness' source reads the file.\n";

struct choices {
    const WCHAR *path;
    const char *only;
    unsigned seconds;
    bool lists;
};

static BOOL WINAPI on_control(DWORD event)
{
    (void)event;
    truth_service_remove();
    truth_worker_end_guard();
    ExitProcess(2);
    return TRUE;
}

/* Parse digits and nothing else. */
static bool parse_seconds(const char *text, unsigned *seconds)
{
    const unsigned long number = strtoul(text, NULL, 10);

    if (text[strspn(text, "0123456789")] || number == 0 || number > MOST_SECONDS)
        return false;
    *seconds = (unsigned)number;
    return true;
}

static bool parse(int argc, char **argv, WCHAR **wide, struct choices *choices)
{
    for (int i = 1; i < argc; i++) {
        const bool has_value = i + 1 < argc;

        if (strcmp(argv[i], "--list") == 0)
            choices->lists = true;
        else if (strcmp(argv[i], "--out") == 0 && has_value)
            choices->path = wide[++i];
        else if (strcmp(argv[i], "--only") == 0 && has_value)
            choices->only = argv[++i];
        else if (strcmp(argv[i], "--time") == 0 && has_value &&
                 parse_seconds(argv[i + 1], &choices->seconds))
            i++;
        else
            return false;
    }
    return true;
}

static bool is_selected(const struct trial_row *row, const char *only)
{
    return !only || strstr(row->claim, only) || strstr(row->probe, only);
}

/* Run the selected trials and write their results. */
static int run(const struct choices *choices, const bool *selected)
{
    struct truth_results *results = truth_worker_results();
    int status = 0;

    if (!results) {
        fprintf(stderr, "windows-truth: out of memory\n");
        return 2;
    }
    SetConsoleCtrlHandler(on_control, TRUE);
    truth_service_remove(); /* remove what an earlier run may have left when it was ended */
    if (truth_report_is_administrator() && truth_worker_start_guard()) {
        const DWORD error = truth_service_install();

        if (error)
            fprintf(stderr, "windows-truth: no provider can be registered: error %lu\n", error);
    }
    truth_worker_run_all(results, selected, choices->seconds * 1000);
    truth_service_remove();
    truth_worker_end_guard();

    truth_report_print(results, selected);
    if (!truth_report_write(choices->path, results, selected)) {
        fprintf(stderr, "windows-truth: the results cannot be written to %ls\n", choices->path);
        return 2;
    }
    for (size_t i = 0; i < trial_row_count; i++)
        status |= selected[i] && trial_result(&results->trials[i]) == TRIAL_REFUTED;
    return status;
}

int main(int argc, char **argv)
{
    struct choices choices = { .path = DEFAULT_FILE, .seconds = DEFAULT_SECONDS };
    bool any = false;
    int count;
    WCHAR **wide = CommandLineToArgvW(GetCommandLineW(), &count);

    truth_system_begin(argc, argv);
    if (argc > 1 && strcmp(argv[1], "--worker") == 0)
        return truth_worker_main(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "--guard") == 0)
        return truth_worker_guard_main(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!wide || count != argc || !parse(argc, argv, wide, &choices)) {
        fputs(usage, stderr);
        return 2;
    }
    bool *selected = calloc(trial_row_count, sizeof(*selected));
    for (size_t i = 0; selected && i < trial_row_count; i++) {
        selected[i] = is_selected(&trial_rows[i], choices.only);
        any |= selected[i];
        if (selected[i] && choices.lists)
            printf("%s %s\n", trial_rows[i].claim, trial_rows[i].probe);
    }
    if (!any) {
        fprintf(stderr, "windows-truth: no claim and no probe has \"%s\" in its name; --list\n",
                choices.only ? choices.only : "");
        return 2;
    }
    return choices.lists ? 0 : run(&choices, selected);
}
