/* SPDX-License-Identifier: MIT
 *
 * os_private.h for Windows. A private file is accepted only if its access list has no entry for
 * others than its owner, the system and administrators.
 */
#include "os_private.h"

#include "os_owner_win.h"
#include "os_process.h"

DWORD os_private_open_file(struct os_region_source *source, const char *directory, const char *name)
{
    struct os_region_source found;
    struct os_owner owner;
    bool is_private = false;
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD error = os_region_open(&found, directory, name);

    if (error)
        return error;
    error = os_owner_of((HANDLE)found.handle, &owner);
    if (!error)
        error = os_owner_has_alone((HANDLE)found.handle, &owner, &is_private);
    if (!error && (!is_private || found.has_other_names))
        error = ERROR_ACCESS_DENIED;
    /* Asked while nothing here has it open for writing, as its owner has. */
    if (!error) {
        const enum os_region_life life = os_region_life(&found);
        error = life == OS_REGION_LIVE   ? ERROR_SUCCESS
                : life == OS_REGION_DEAD ? ERROR_FILE_NOT_FOUND
                                         : ERROR_GEN_FAILURE;
    }
    if (!error) {
        file = ReOpenFile((HANDLE)found.handle, GENERIC_READ | GENERIC_WRITE,
                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0);
        error = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    }
    os_region_close(&found);
    if (error)
        return error;
    *source = found;
    source->handle = (intptr_t)file;
    return ERROR_SUCCESS;
}

/* At most this many bytes are read or written at once: a DWORD counts them. */
#define PIECE (UINT32_C(1) << 30)

bool os_private_read(const struct os_region_source *source, uint64_t offset, void *data,
                     size_t size)
{
    char *at = data;

    while (size) {
        OVERLAPPED place = { .Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32) };
        DWORD got;
        if (!ReadFile((HANDLE)source->handle, at, size < PIECE ? (DWORD)size : PIECE, &got,
                      &place) ||
            got == 0)
            return false;
        at += got;
        offset += got;
        size -= got;
    }
    return true;
}

bool os_private_write(const struct os_region_source *source, uint64_t offset, const void *data,
                      size_t size)
{
    OVERLAPPED place = { .Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32) };
    DWORD done;

    return size <= PIECE && WriteFile((HANDLE)source->handle, data, (DWORD)size, &done, &place) &&
           done == size;
}

/* A visit of os_private_mappings. */
struct visit {
    void (*visit)(void *context, const struct os_private_mapping *mapping);
    void *context;
};

static bool visit_module(void *context, const struct os_process_module *module)
{
    const struct visit *visit = context;
    const struct os_private_mapping mapping = { module->begin, module->end, 0, module->path };

    visit->visit(visit->context, &mapping);
    return true;
}

void os_private_mappings(uint32_t process_id,
                         void (*visit)(void *context, const struct os_private_mapping *mapping),
                         void *context)
{
    struct visit all = { visit, context };
    const struct os_process process = { .process_id = process_id };

    os_process_modules(&process, visit_module, &all);
}
