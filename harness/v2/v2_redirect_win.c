/* SPDX-License-Identifier: MIT
 *
 * v2_redirect.h for Windows: writes the emulation's addresses into the import address tables of the
 * libraries in question, over the addresses of the loader.
 *
 * Rule: PE format, "The .idata Section": an import descriptor names a library. Its lookup table has
 * the names of the functions, its address table their addresses.
 */
#include "v2_redirect.h"

#include "perflib_emulation.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tlhelp32.h>

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

/* LdrRegisterDllNotification, which no import library has, and the data that it passes. */
#define NOTIFICATION_LOADED 1

struct loaded_library {
    ULONG flags;
    const void *full_name, *base_name;
    HMODULE base;
    ULONG size;
};

typedef void(CALLBACK *library_notification)(ULONG reason, const struct loaded_library *library,
                                             void *context);
typedef LONG(NTAPI *register_notification)(ULONG flags, library_notification function,
                                           void *context, void **cookie);

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

static any_procedure replacement_of(const char *name)
{
    if (strcmp(name, "GetProcAddress") == 0)
        return (any_procedure)(uintptr_t)get_procedure;
    return find_emulation(name);
}

static void replace(ULONG_PTR *address, any_procedure replacement)
{
    DWORD protection;

    if (!VirtualProtect(address, sizeof(*address), PAGE_READWRITE, &protection))
        return;
    *address = (ULONG_PTR)replacement;
    VirtualProtect(address, sizeof(*address), protection, &protection);
}

/* The loader has already read these structures, so they are valid. */
static void redirect_module(HMODULE module)
{
    unsigned char *base = (unsigned char *)module;
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *header = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory =
        &header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];

    if (!directory->VirtualAddress)
        return;
    for (const IMAGE_IMPORT_DESCRIPTOR *import = (const void *)(base + directory->VirtualAddress);
         import->Name; import++) {
        const IMAGE_THUNK_DATA *lookup = (const void *)(base + import->OriginalFirstThunk);
        IMAGE_THUNK_DATA *address = (void *)(base + import->FirstThunk);

        if (!import->OriginalFirstThunk) /* written by an old linker, without names */
            continue;
        for (; lookup->u1.AddressOfData; lookup++, address++) {
            if (IMAGE_SNAP_BY_ORDINAL(lookup->u1.Ordinal))
                continue;
            const IMAGE_IMPORT_BY_NAME *name = (const void *)(base + lookup->u1.AddressOfData);
            any_procedure replacement = replacement_of((const char *)name->Name);

            if (replacement)
                replace(&address->u1.Function, replacement);
        }
    }
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
        redirect_module(module);
}

static void CALLBACK on_loaded(ULONG reason, const struct loaded_library *library, void *context)
{
    (void)context;
    if (reason == NOTIFICATION_LOADED)
        redirect_new(library->base);
}

void v2_redirect_begin(void)
{
    static void *cookie; /* the registration remains until the process ends */
    const FARPROC found =
        GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "LdrRegisterDllNotification");
    register_notification registering = NULL;

    known_count = 0;
    for_each_module(remember);
    memcpy(&registering, &found, sizeof(registering));
    if (registering && !cookie)
        registering(0, on_loaded, NULL, &cookie);
}

void v2_redirect_imports(void)
{
    if (known_count < MODULES_LIMIT)
        for_each_module(redirect_new);
}
