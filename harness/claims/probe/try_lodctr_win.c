/* SPDX-License-Identifier: MIT
 *
 * The probe lodctr: installs counters of a service of its own with lodctr, removes them with
 * unlodctr, and compares the registry before, between and after. Administrator rights are needed.
 * truth_service_remove runs unlodctr if a trial ends before it could.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define SERVICE TRUTH_SERVICE_LODCTR
#define PERFORMANCE SERVICES_KEY SERVICE L"\\Performance"
#define PERFORMANCE_2 SERVICES_KEY TRUTH_SERVICE_LODCTR_2 L"\\Performance"
#define ABSENT MAXDWORD
#define NAMES_MAX (1u << 25) /* bytes; chosen: far more than the name tables of any known system */

/* The numbers that lodctr maintains, at one moment. */
struct state {
    DWORD perflib_counter, perflib_help; /* Last Counter and Last Help of Perflib */
    DWORD base_index;
    DWORD first_counter, last_counter, first_help, last_help; /* of the service */
    DWORD list_type;
    WCHAR list[64]; /* Object List, or "" */
    bool has_names; /* the table has the names of our object and counter */
    bool has_help;
};

/* Differences of an .ini file from the usual one. */
enum variant {
    USUAL,
    NO_OBJECTS,
    NO_DRIVER,
    NO_SYMBOLS,
    UTF_16,
    BLANK_LINE,
    SEMICOLONS,
    OTHER_LANGUAGE,
    ODD_SYMBOLS,
    SECOND_SERVICE, /* the usual one for another service */
};

/* ---- files and programs ---------------------------------------------------------------------- */

static void add(char *text, const char *line)
{
    strcat(text, line);
    strcat(text, "\r\n");
}

static void make_ini(char *text, enum variant variant, const char *symbols)
{
    char line[2 * MAX_PATH];

    *text = 0;
    if (variant == BLANK_LINE)
        add(text, "");
    add(text, "[info]");
    if (variant != NO_DRIVER)
        add(text, variant == SECOND_SERVICE ? "drivername=windows_truth_4"
                                            : "drivername=windows_truth_3");
    snprintf(line, sizeof(line), "symbolfile=%s", symbols);
    if (variant != NO_SYMBOLS)
        add(text, line);
    add(text, "[languages]\r\n009=English");
    if (variant == OTHER_LANGUAGE)
        add(text, "07F=None");
    if (variant != NO_OBJECTS)
        add(text, "[objects]\r\nTRUTH_OBJECT_009_NAME=Windows truth");
    add(text, "[text]\r\nTRUTH_OBJECT_009_NAME=Windows truth object");
    add(text, "TRUTH_OBJECT_009_HELP=Windows truth object help");
    add(text, "TRUTH_COUNTER_009_NAME=Windows truth counter");
    add(text, "TRUTH_COUNTER_009_HELP=Windows truth counter help");
    if (variant == OTHER_LANGUAGE)
        add(text, "TRUTH_OBJECT_07F_NAME=Nothing\r\nTRUTH_OBJECT_07F_HELP=Nothing");
}

static bool write_text(const WCHAR *path, const char *text, bool is_wide)
{
    WCHAR wide[4096];
    FILE *file = _wfopen(path, L"wb");

    if (!file)
        return false;
    if (is_wide) {
        const int length = MultiByteToWideChar(CP_ACP, 0, text, -1, wide + 1, 4094);

        wide[0] = 0xFEFF;
        fwrite(wide, sizeof(WCHAR), (size_t)length, file); /* not the terminator */
    } else {
        fwrite(text, 1, strlen(text), file);
    }
    return fclose(file) == 0;
}

/* Run a program of System32 and wait for it. Returns its exit code; ABSENT if it does not start
   or end. */
static DWORD run(const WCHAR *program, const WCHAR *argument)
{
    WCHAR folder[MAX_PATH], command[3 * MAX_PATH];
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION process;
    DWORD code = ABSENT;

    GetSystemDirectoryW(folder, MAX_PATH);
    wsprintfW(command, L"\"%s\\%s.exe\" %s", folder, program, argument);
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &process))
        return ABSENT;
    if (WaitForSingleObject(process.hProcess, 15000) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    else
        TerminateProcess(process.hProcess, 1);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code;
}

static bool make_service(const WCHAR *path)
{
    HKEY key;

    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_VOLATILE,
                        KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL))
        return false;
    RegCloseKey(key);
    return true;
}

/* Write the files of a variant and install them. */
static DWORD install(enum variant variant)
{
    WCHAR ini[MAX_PATH], header[MAX_PATH], argument[MAX_PATH + 2];
    char text[4096], symbols[MAX_PATH];

    wsprintfW(ini, L"%s\\truth.ini", truth_service_folder());
    wsprintfW(header, L"%s\\truth_symbols.h", truth_service_folder());
    WideCharToMultiByte(CP_ACP, 0, header, -1, symbols, MAX_PATH, NULL, NULL);
    make_ini(text, variant, symbols);
    write_text(ini, text, variant == UTF_16);
    write_text(header,
               variant == SEMICOLONS    ? "#define TRUTH_OBJECT 0;\r\n#define TRUTH_COUNTER 2;\r\n"
               : variant == ODD_SYMBOLS ? "#define TRUTH_OBJECT 1\r\n#define TRUTH_COUNTER 3\r\n"
                                        : "#define TRUTH_OBJECT 0\r\n#define TRUTH_COUNTER 2\r\n",
               false);
    wsprintfW(argument, L"\"%s\"", ini);
    return run(L"lodctr", argument);
}

static DWORD uninstall(void)
{
    return run(L"unlodctr", SERVICE);
}

/* ---- the state of the registry --------------------------------------------------------------- */

static DWORD number(const WCHAR *path, const WCHAR *name)
{
    DWORD value = ABSENT, size = sizeof(value), type;
    HKEY key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key))
        return ABSENT;
    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)&value, &size) || type != REG_DWORD)
        value = ABSENT;
    RegCloseKey(key);
    return value;
}

/* Whether the table that answers a query contains a text. */
static bool table_has(const WCHAR *query, const WCHAR *text)
{
    DWORD size = NAMES_MAX, type;
    BYTE *data = calloc(1, size + 4);
    bool is_there = false;

    if (data && RegQueryValueExW(HKEY_PERFORMANCE_DATA, query, NULL, &type, data, &size) == 0)
        for (const WCHAR *at = (const void *)data; *at && !is_there; at += wcslen(at) + 1)
            is_there = wcscmp(at, text) == 0;
    free(data);
    RegCloseKey(HKEY_PERFORMANCE_DATA);
    return is_there;
}

static void read_state(struct state *state)
{
    static const WCHAR service[] = PERFORMANCE;
    DWORD size = sizeof(state->list) - sizeof(WCHAR);
    HKEY key;

    memset(state, 0, sizeof(*state));
    state->perflib_counter = number(PERFLIB_KEY, L"Last Counter");
    state->perflib_help = number(PERFLIB_KEY, L"Last Help");
    state->base_index = number(PERFLIB_KEY, L"Base Index");
    state->first_counter = number(service, L"First Counter");
    state->last_counter = number(service, L"Last Counter");
    state->first_help = number(service, L"First Help");
    state->last_help = number(service, L"Last Help");
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, service, 0, KEY_READ | KEY_WOW64_64KEY, &key) == 0) {
        if (RegQueryValueExW(key, L"Object List", NULL, &state->list_type, (BYTE *)state->list,
                             &size))
            state->list[0] = 0;
        RegCloseKey(key);
    }
    state->has_names = table_has(L"Counter 009", L"Windows truth counter");
    state->has_help = table_has(L"Help 009", L"Windows truth counter help");
}

/* ---- one installation and its removal ---------------------------------------------------------- */

/* The effects of one installation and removal of a variant. */
struct session {
    struct state before, installed, removed;
    DWORD install_code, uninstall_code;
};

static bool run_session(struct trial *trial, enum variant variant, struct session *session)
{
    if (!truth_service_begin(trial) || !make_service(PERFORMANCE))
        return false;
    if (truth_system_is_emulated || wcsncmp(L"", truth_service_folder(), 1) == 0) {
        trial_impossible(trial, "the emulation has no lodctr");
        return false;
    }
    read_state(&session->before);
    session->install_code = install(variant);
    read_state(&session->installed);
    session->uninstall_code = uninstall();
    read_state(&session->removed);
    /* Wine's lodctr is a stub. */
    if (session->install_code == ABSENT ||
        (variant == USUAL && session->installed.first_counter == ABSENT)) {
        trial_impossible(trial, "lodctr installs nothing here: exit code %lu",
                         session->install_code);
        return false;
    }
    return true;
}

/* Install the usual files once for all trials that need them. */
static const struct session *usual(struct trial *trial)
{
    static struct session session;
    static bool is_run, is_good;

    if (!is_run)
        is_good = run_session(trial, USUAL, &session);
    else if (!is_good)
        trial_impossible(trial, "lodctr installs nothing here");
    is_run = true;
    return is_good ? &session : NULL;
}

void try_install_next_index(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial,
                     session->installed.first_counter == session->before.perflib_counter + 2 &&
                         session->installed.first_help == session->before.perflib_help + 2,
                     "Perflib had %lu and %lu, First Counter is %lu and First Help %lu",
                     session->before.perflib_counter, session->before.perflib_help,
                     session->installed.first_counter, session->installed.first_help);
}

void try_install_last_index(struct trial *trial)
{
    const struct session *session = usual(trial);
    const struct state *state = session ? &session->installed : NULL;

    if (!session)
        return;
    trial_expect(trial,
                 state->last_counter == state->first_counter + 2 &&
                     state->last_help == state->first_help + 2,
                 "two symbols: the service has %lu to %lu and %lu to %lu", state->first_counter,
                 state->last_counter, state->first_help, state->last_help);
    trial_expect(trial,
                 state->perflib_counter == state->last_counter &&
                     state->perflib_help == state->last_help,
                 "Perflib has %lu and %lu", state->perflib_counter, state->perflib_help);
}

void try_install_first_of_all(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial, session->before.base_index == 1847, "Base Index is %lu",
                     session->before.base_index);
}

void try_install_object_list(struct trial *trial)
{
    const struct session *session = usual(trial);
    WCHAR expected[16];

    if (!session)
        return;
    wsprintfW(expected, L"%u", session->installed.first_counter);
    trial_expect(trial, wcscmp(session->installed.list, expected) == 0,
                 "First Counter %ls, Object List \"%ls\"", expected, session->installed.list);
}

void try_install_object_list_type(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial, session->installed.list_type == REG_SZ, "its type is %lu",
                     session->installed.list_type);
}

void try_registration_ranges(struct trial *trial)
{
    const struct session *session = usual(trial);
    const struct state *state = session ? &session->installed : NULL;

    if (session)
        trial_expect(trial,
                     state->first_counter % 2 == 0 && state->last_counter % 2 == 0 &&
                         state->first_help % 2 == 1 && state->last_help % 2 == 1,
                     "counters %lu to %lu, help %lu to %lu", state->first_counter,
                     state->last_counter, state->first_help, state->last_help);
}

void try_registration_indices(struct trial *trial)
{
    try_install_last_index(trial);
}

void try_registration_list(struct trial *trial)
{
    try_install_object_list(trial);
}

void try_install_texts(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial,
                     !session->before.has_names && session->installed.has_names &&
                         session->installed.has_help,
                     "the name is %s, the help is %s",
                     session->installed.has_names ? "there" : "missing",
                     session->installed.has_help ? "there" : "missing");
}

void try_uninstall_values(struct trial *trial)
{
    const struct session *session = usual(trial);
    const struct state *state = session ? &session->removed : NULL;

    if (session)
        trial_expect(
            trial,
            state->first_counter == ABSENT && state->last_counter == ABSENT &&
                state->first_help == ABSENT && state->last_help == ABSENT && !*state->list,
            "after it: First Counter %ld, Last Counter %ld, First Help %ld, Last Help %ld, "
            "Object List \"%ls\"",
            (LONG)state->first_counter, (LONG)state->last_counter, (LONG)state->first_help,
            (LONG)state->last_help, state->list);
}

void try_uninstall_texts(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial, !session->removed.has_names && !session->removed.has_help,
                     "the name is %s, the help is %s", session->removed.has_names ? "left" : "gone",
                     session->removed.has_help ? "left" : "gone");
}

void try_uninstall_last_index(struct trial *trial)
{
    const struct session *session = usual(trial);

    if (session)
        trial_expect(trial,
                     session->removed.perflib_counter == session->before.perflib_counter &&
                         session->removed.perflib_help == session->before.perflib_help,
                     "Perflib had %lu and %lu before, it has %lu and %lu",
                     session->before.perflib_counter, session->before.perflib_help,
                     session->removed.perflib_counter, session->removed.perflib_help);
}

void try_install_exit_status(struct trial *trial)
{
    const struct session *session = usual(trial);
    struct session failed;

    if (!session)
        return;
    trial_expect(trial, session->install_code == 0 && session->uninstall_code == 0,
                 "success: lodctr %lu, unlodctr %lu", session->install_code,
                 session->uninstall_code);
    if (run_session(trial, NO_DRIVER, &failed))
        trial_expect(trial, failed.install_code != 0, "without drivername: lodctr %lu",
                     failed.install_code);
}

/* ---- variants ----------------------------------------------------------------------------------- */

/* Expect that a variant is installed, or that it is not. */
static void expect_installed(struct trial *trial, enum variant variant, bool expected,
                             const char *what)
{
    struct session session;

    if (!usual(trial) || !run_session(trial, variant, &session))
        return;
    const bool is_installed = session.installed.first_counter != ABSENT;
    trial_expect(trial, is_installed == expected, "%s: %s, exit code %lu", what,
                 is_installed ? "installed" : "not installed", session.install_code);
}

void try_install_required(struct trial *trial)
{
    expect_installed(trial, NO_DRIVER, false, "without drivername");
    expect_installed(trial, NO_SYMBOLS, false, "without symbolfile");
}

void try_install_encoding(struct trial *trial)
{
    expect_installed(trial, UTF_16, true, "UTF-16 with a byte order mark");
}

void try_install_blank_line(struct trial *trial)
{
    expect_installed(trial, BLANK_LINE, true, "an empty first line");
}

void try_install_symbol_lines(struct trial *trial)
{
    expect_installed(trial, SEMICOLONS, true, "semicolons after the numbers");
}

void try_install_symbols(struct trial *trial)
{
    expect_installed(trial, ODD_SYMBOLS, false, "symbols 1 and 3");
}

void try_install_other_languages(struct trial *trial)
{
    expect_installed(trial, OTHER_LANGUAGE, true, "texts of a language without a table");
    trial_expect(trial, !table_has(L"Counter 07F", L"Nothing"), "its texts are not added");
}

void try_install_no_objects(struct trial *trial)
{
    struct session session;

    if (usual(trial) && run_session(trial, NO_OBJECTS, &session))
        trial_expect(trial, !*session.installed.list, "Object List is \"%ls\"",
                     session.installed.list);
}

void try_install_needs_service(struct trial *trial)
{
    struct state before, after;

    if (!usual(trial))
        return;
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SERVICES_KEY SERVICE L"\\Performance", KEY_WOW64_64KEY, 0);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SERVICES_KEY SERVICE, KEY_WOW64_64KEY, 0);
    read_state(&before);
    const DWORD code = install(USUAL);
    read_state(&after);
    trial_expect(trial, after.perflib_counter == before.perflib_counter && !after.has_names,
                 "without a key of the service: exit code %lu, Last Counter %lu and %lu", code,
                 before.perflib_counter, after.perflib_counter);
    uninstall();
}

void try_install_twice(struct trial *trial)
{
    struct state first, second;

    if (!usual(trial) || !make_service(PERFORMANCE))
        return;
    install(USUAL);
    read_state(&first);
    const DWORD code = install(USUAL);
    read_state(&second);
    uninstall();
    trial_expect(trial,
                 second.first_counter == first.first_counter &&
                     second.perflib_counter == first.perflib_counter,
                 "First Counter %lu and %lu, exit code %lu", first.first_counter,
                 second.first_counter, code);
}

void try_install_no_reuse(struct trial *trial)
{
    if (!usual(trial) || !make_service(PERFORMANCE) || !make_service(PERFORMANCE_2))
        return;
    install(USUAL);
    const DWORD first = number(PERFORMANCE, L"First Counter");
    install(SECOND_SERVICE);
    const DWORD second = number(PERFORMANCE_2, L"First Counter");
    uninstall();
    make_service(PERFORMANCE);
    install(USUAL);
    const DWORD again = number(PERFORMANCE, L"First Counter");
    uninstall();
    run(L"unlodctr", TRUTH_SERVICE_LODCTR_2);
    trial_expect(trial, again != ABSENT && second > first && again > second,
                 "First Counter %lu; another service has %lu; removed and installed again: %lu",
                 first, second, again);
}
