/* SPDX-License-Identifier: MIT
 *
 * The probe query_keys: the registry's functions other than RegQueryValueEx with the three root
 * keys of performance data, and the keys of languages below Perflib. No rights are needed.
 */
#include <stdint.h>
#include <wchar.h>

#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define BADKEY 1010

static const struct {
    HKEY key;
    const char *name;
    bool is_text;
} keys[] = {
    { HKEY_PERFORMANCE_DATA, "DATA", false },
    { HKEY_PERFORMANCE_TEXT, "TEXT", true },
    { HKEY_PERFORMANCE_NLSTEXT, "NLSTEXT", true },
};

#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

/* ---- the root keys --------------------------------------------------------------------------- */

void try_key_open(struct trial *trial)
{
    static const WCHAR *const names[] = { NULL, L"Global" };

    for (size_t i = 0; i < KEY_COUNT; i++)
        for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
            const LONG error = truth_system_open_key(keys[i].key, names[j]);

            trial_expect(trial, error == ERROR_INVALID_HANDLE, "RegOpenKeyEx(%s, %ls): %ld",
                         keys[i].name, names[j] ? names[j] : L"NULL", error);
        }
}

void try_key_old_functions(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const LONG query = truth_system_query_old(keys[i].key),
                   set = truth_system_set_old(keys[i].key);

        trial_expect(trial, query == ERROR_INVALID_HANDLE && set == ERROR_INVALID_HANDLE,
                     "%s: RegQueryValue %ld, RegSetValue %ld", keys[i].name, query, set);
    }
}

void try_key_set_value(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const LONG error = truth_system_set_value(keys[i].key);

        trial_expect(trial, error == (keys[i].is_text ? BADKEY : ERROR_INVALID_HANDLE),
                     "RegSetValueEx(%s): %ld", keys[i].name, error);
    }
}

void try_key_enum_key(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const LONG error = truth_system_enum_key(keys[i].key);

        trial_expect(trial, error == (keys[i].is_text ? ERROR_NO_MORE_ITEMS : ERROR_INVALID_HANDLE),
                     "RegEnumKey(%s): %ld", keys[i].name, error);
    }
}

void try_key_enum_value(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        WCHAR name[64];
        DWORD size = 0;
        const LONG error = truth_system_enum_value(keys[i].key, name, &size);

        trial_expect(trial, error == ERROR_MORE_DATA && size == 0,
                     "RegEnumValue(%s, 0): %ld, size %lu", keys[i].name, error, size);
    }
}

void try_key_info(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        DWORD subkeys = MAXDWORD, values = MAXDWORD;
        const LONG error = truth_system_key_info(keys[i].key, &subkeys, &values);

        trial_expect(trial, !error && subkeys == 0 && values == 2,
                     "RegQueryInfoKey(%s): %ld, %lu subkeys, %lu values", keys[i].name, error,
                     subkeys, values);
    }
}

void try_key_close_twice(struct trial *trial)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        for (int j = 1; j <= 2; j++) {
            const LONG error = truth_system_close(keys[i].key);

            trial_expect(trial, !error, "RegCloseKey(%s), time %d: %ld", keys[i].name, j, error);
        }
}

/* ---- keys of languages ------------------------------------------------------------------------ */

static bool is_root_key(HKEY key)
{
    /* A predefined handle may come back with its sign extended or not. */
    for (size_t i = 0; i < KEY_COUNT; i++)
        if ((uint32_t)(ULONG_PTR)keys[i].key == (uint32_t)(ULONG_PTR)key)
            return true;
    return false;
}

/* Open a key below Perflib. */
static bool open_language(struct trial *trial, const WCHAR *name, HKEY *key)
{
    HKEY perflib;
    LONG error =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, PERFLIB_KEY, 0, KEY_READ | KEY_WOW64_64KEY, &perflib);

    if (!error) {
        error = RegOpenKeyExW(perflib, name, 0, KEY_READ, key);
        RegCloseKey(perflib);
    }
    if (error)
        trial_observe(trial, "Perflib\\%ls: %ld", name, error);
    return !error;
}

static void expect_root_key(struct trial *trial, const WCHAR *name)
{
    HKEY key;

    if (!open_language(trial, name, &key))
        return;
    trial_expect(trial, is_root_key(key), "Perflib\\%ls opens as handle 0x%08X", name,
                 (unsigned)(ULONG_PTR)key);
    RegCloseKey(key);
}

void try_names_english_key(struct trial *trial)
{
    expect_root_key(trial, L"009");
    if (!trial->expected_count)
        trial_impossible(trial, "the key of English cannot be opened");
}

void try_names_current_key(struct trial *trial)
{
    expect_root_key(trial, L"CurrentLanguage");
    if (!trial->expected_count)
        trial_impossible(trial, "the key of the current language cannot be opened");
}

void try_names_other_keys(struct trial *trial)
{
    HKEY perflib, key;
    WCHAR name[64];
    DWORD length = 64;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, PERFLIB_KEY, 0, KEY_READ | KEY_WOW64_64KEY, &perflib))
        return;
    for (DWORD i = 0; !RegEnumKeyExW(perflib, i, name, &length, NULL, NULL, NULL, NULL);
         i++, length = 64) {
        DWORD size = 0;

        if (wcscmp(name, L"009") == 0 || wcsspn(name, L"0123456789abcdefABCDEF") != wcslen(name) ||
            !open_language(trial, name, &key))
            continue;
        const LONG error = is_root_key(key)
                               ? ERROR_SUCCESS
                               : RegQueryValueExW(key, L"Counter", NULL, NULL, NULL, &size);
        trial_expect(trial, error == ERROR_FILE_NOT_FOUND, "Perflib\\%ls: %s, Counter %ld", name,
                     is_root_key(key) ? "a root key" : "an ordinary key", error);
        RegCloseKey(key);
    }
    RegCloseKey(perflib);
    if (!trial->expected_count)
        trial_impossible(trial, "there is no key of another language");
}
