/* SPDX-License-Identifier: MIT
 *
 * v2_redirect.h for Windows: overwrites the loader's addresses in the import address tables of the
 * libraries with those of the emulation.
 */
#include "v2_redirect.h"

#include "loaded_library.h"
#include "perflib_emulation.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tlhelp32.h>

/* Chosen: far more than a process of ours loads; the rest is not redirected. */
#define MODULES_LIMIT 512

/* The tools' headers have a type of their own for a library's symbols. */
typedef void(WINAPI *any_procedure)(void);

static const struct {
    const char *name;
    any_procedure emulation;
} functions[] = {
#define PERFLIB_FUNCTION(function) { #function, (any_procedure)(uintptr_t)function },
#include "perflib_functions.def"
#undef PERFLIB_FUNCTION
};

static HMODULE known[MODULES_LIMIT];
static size_t known_count;

static any_procedure find_emulation(const char *name)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].emulation;
    return NULL;
}

/* Replaces GetProcAddress. Only PERFLIB has functions with these names, so the module does not
   matter. */
static FARPROC WINAPI get_procedure(HMODULE module, LPCSTR name)
{
    any_procedure emulation = (uintptr_t)name > 0xFFFF ? find_emulation(name) : NULL;

    return emulation ? (FARPROC)(uintptr_t)emulation : GetProcAddress(module, name);
}

static uintptr_t replacement_of(const char *name)
{
    if (strcmp(name, "GetProcAddress") == 0)
        return (uintptr_t)get_procedure;
    return (uintptr_t)find_emulation(name);
}

static bool is_known(HMODULE module)
{
    for (size_t i = 0; i < known_count; i++)
        if (known[i] == module)
            return true;
    return false;
}

static void for_each_module(void (*act)(HMODULE module))
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);
    MODULEENTRY32W entry = { .dwSize = sizeof(entry) };

    if (snapshot == INVALID_HANDLE_VALUE)
        return;
    for (BOOL is_there = Module32FirstW(snapshot, &entry); is_there;
         is_there = Module32NextW(snapshot, &entry))
        act(entry.hModule);
    CloseHandle(snapshot);
}

static void remember(HMODULE module)
{
    if (known_count < MODULES_LIMIT)
        known[known_count++] = module;
}

static void redirect_new(HMODULE module)
{
    if (!is_known(module))
        loaded_library_redirect(module, replacement_of);
}

static void on_loaded(void *module, const WCHAR *name, size_t length)
{
    (void)name;
    (void)length;
    redirect_new(module);
}

void v2_redirect_begin(void)
{
    static bool is_watching;

    known_count = 0;
    for_each_module(remember);
    if (!is_watching)
        is_watching = loaded_library_watch(on_loaded);
}

void v2_redirect_imports(void)
{
    if (known_count < MODULES_LIMIT)
        for_each_module(redirect_new);
}
