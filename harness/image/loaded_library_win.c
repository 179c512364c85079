/* SPDX-License-Identifier: MIT
 *
 * See loaded_library.h.
 */
#include "loaded_library.h"

#include <string.h>

static void replace(ULONG_PTR *address, uintptr_t replacement)
{
    DWORD protection;

    if (!VirtualProtect(address, sizeof(*address), PAGE_READWRITE, &protection))
        return;
    *address = replacement;
    VirtualProtect(address, sizeof(*address), protection, &protection);
}

/* No lengths are checked: the loader has already followed these structures. */
void loaded_library_redirect(void *module, loaded_library_replacement *replacement_of)
{
    unsigned char *base = module;
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
            const uintptr_t replacement = replacement_of((const char *)name->Name);

            if (replacement)
                replace(&address->u1.Function, replacement);
        }
    }
}

/* ---- notifications ------------------------------------------------------------------------- */

/* LdrRegisterDllNotification, which no import library has, and the data that it passes. */
#define NOTIFICATION_LOADED 1

struct counted_text {
    USHORT size, capacity; /* bytes */
    const WCHAR *text;
};

struct notification {
    ULONG flags;
    const struct counted_text *full_name, *base_name;
    void *base;
    ULONG size;
};

typedef void CALLBACK notification_callback(ULONG reason, const struct notification *library,
                                            void *context);
typedef LONG(NTAPI *register_notification)(ULONG flags, notification_callback *function,
                                           void *context, void **cookie);

static void CALLBACK on_notification(ULONG reason, const struct notification *library,
                                     void *context)
{
    loaded_library_callback *callback = NULL;

    memcpy(&callback, &context, sizeof(callback));
    if (reason == NOTIFICATION_LOADED)
        callback(library->base, library->base_name->text, library->base_name->size / sizeof(WCHAR));
}

bool loaded_library_watch(loaded_library_callback *callback)
{
    const FARPROC found =
        GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "LdrRegisterDllNotification");
    register_notification registering = NULL;
    void *cookie, *context = NULL; /* the registration remains until the process ends */

    memcpy(&registering, &found, sizeof(registering));
    memcpy(&context, &callback, sizeof(context));
    return registering && registering(0, on_notification, context, &cookie) == 0;
}
