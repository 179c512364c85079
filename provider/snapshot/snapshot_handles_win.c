/* SPDX-License-Identifier: MIT
 *
 * Handles from the system's handle table (class 64), filtered by process. NtQueryObject on a
 * duplicate gives the information about an object. The name of a File is not queried: if another
 * thread waits on a pipe, the query can block without limit.
 */
#include "snapshot_parts.h"

#include <stdlib.h>

#include "native_api.h"

#define LARGEST_TABLE (256u << 20) /* bytes: 6.7 million handles */

static const struct {
    const WCHAR *type_name;
    PSS_OBJECT_TYPE type;
} object_types[] = {
    { L"Process", PSS_OBJECT_TYPE_PROCESS }, { L"Thread", PSS_OBJECT_TYPE_THREAD },
    { L"Mutant", PSS_OBJECT_TYPE_MUTANT },   { L"Event", PSS_OBJECT_TYPE_EVENT },
    { L"Section", PSS_OBJECT_TYPE_SECTION }, { L"Semaphore", PSS_OBJECT_TYPE_SEMAPHORE },
};

static void add_flag(PSS_HANDLE_ENTRY *entry, DWORD flag)
{
    entry->Flags = (PSS_HANDLE_FLAGS)((DWORD)entry->Flags | flag);
}

static void add_basic(const struct native_api *api, HANDLE object, PSS_HANDLE_ENTRY *entry)
{
    struct native_object_basic basic;

    if (api->query_object(object, NATIVE_OBJECT_BASIC, &basic, sizeof(basic), NULL))
        return;
    entry->HandleCount = basic.handle_count;
    /* Our own duplicate is counted. It is closed when this function returns. */
    entry->PointerCount = basic.pointer_count;
    entry->PagedPoolCharge = basic.paged_pool;
    entry->NonPagedPoolCharge = basic.non_paged_pool;
    entry->CreationTime.dwLowDateTime = basic.creation_time.LowPart;
    entry->CreationTime.dwHighDateTime = (DWORD)basic.creation_time.HighPart;
    add_flag(entry, PSS_HANDLE_HAVE_BASIC_INFORMATION);
}

static void add_details(const struct native_api *api, HANDLE object, PSS_HANDLE_ENTRY *entry)
{
    struct native_event_basic event;
    struct native_process_basic process;
    struct native_thread_basic thread;

    switch (entry->ObjectType) {
    case PSS_OBJECT_TYPE_EVENT:
        if (!api->query_event ||
            api->query_event(object, NATIVE_EVENT_BASIC, &event, sizeof(event), NULL))
            return;
        entry->TypeSpecificInformation.Event.ManualReset = event.type == 0;
        entry->TypeSpecificInformation.Event.Signaled = event.state != 0;
        break;
    case PSS_OBJECT_TYPE_PROCESS:
        if (!api->query_process ||
            api->query_process(object, NATIVE_PROCESS_BASIC, &process, sizeof(process), NULL))
            return;
        entry->TypeSpecificInformation.Process.ExitStatus = (DWORD)process.exit_status;
        entry->TypeSpecificInformation.Process.PebBaseAddress = process.peb;
        entry->TypeSpecificInformation.Process.AffinityMask = process.affinity;
        entry->TypeSpecificInformation.Process.BasePriority = process.base_priority;
        entry->TypeSpecificInformation.Process.ProcessId = (DWORD)process.process_id;
        entry->TypeSpecificInformation.Process.ParentProcessId = (DWORD)process.parent_process_id;
        break;
    case PSS_OBJECT_TYPE_THREAD:
        if (!api->query_thread ||
            api->query_thread(object, NATIVE_THREAD_BASIC, &thread, sizeof(thread), NULL))
            return;
        entry->TypeSpecificInformation.Thread.ExitStatus = (DWORD)thread.exit_status;
        entry->TypeSpecificInformation.Thread.TebBaseAddress = thread.teb;
        entry->TypeSpecificInformation.Thread.ProcessId = (DWORD)(ULONG_PTR)thread.process_id;
        entry->TypeSpecificInformation.Thread.ThreadId = (DWORD)(ULONG_PTR)thread.thread_id;
        entry->TypeSpecificInformation.Thread.AffinityMask = thread.affinity;
        entry->TypeSpecificInformation.Thread.Priority = thread.priority;
        entry->TypeSpecificInformation.Thread.BasePriority = thread.base_priority;
        break;
    default:
        return;
    }
    add_flag(entry, PSS_HANDLE_HAVE_TYPE_SPECIFIC_INFORMATION);
}

/* Add the type or name of an object: a text structure, and its units after it, in one buffer. */
static DWORD add_text(struct snapshot *snapshot, const struct native_api *api, HANDLE object,
                      ULONG information_class, struct snapshot_text *result)
{
    union {
        struct native_text text;
        unsigned char bytes[4096];
    } buffer;

    memset(&buffer, 0, sizeof(buffer));
    if (api->query_object(object, information_class, &buffer, sizeof(buffer), NULL) ||
        !buffer.text.text || buffer.text.length == 0 ||
        (unsigned char *)buffer.text.text < buffer.bytes ||
        (unsigned char *)buffer.text.text + buffer.text.length > buffer.bytes + sizeof(buffer))
        return ERROR_SUCCESS;
    return snapshot_array_add_text(&snapshot->memory, &snapshot->texts, buffer.text.text,
                                   buffer.text.length / sizeof(WCHAR), result);
}

/* Query the object of a handle. `object` is a handle of this process. */
static DWORD describe(struct snapshot *snapshot, const struct native_api *api, HANDLE object,
                      size_t index)
{
    struct snapshot_text type_name = { 0, 0 }, object_name = { 0, 0 };
    DWORD error = add_text(snapshot, api, object, NATIVE_OBJECT_TYPE, &type_name);

    if (error)
        return error;
    struct snapshot_handle *handle = (struct snapshot_handle *)snapshot->handles.elements + index;
    PSS_HANDLE_ENTRY *entry = &handle->entry;
    const WCHAR *type = (const WCHAR *)snapshot->texts.elements + type_name.offset;
    bool is_file = false;
    if (type_name.length) {
        handle->type_name = type_name;
        add_flag(entry, PSS_HANDLE_HAVE_TYPE);
        is_file = wcscmp(type, L"File") == 0;
        for (size_t i = 0; i < sizeof(object_types) / sizeof(object_types[0]); i++)
            if (wcscmp(type, object_types[i].type_name) == 0)
                entry->ObjectType = object_types[i].type;
    }
    if (snapshot->flags & PSS_CAPTURE_HANDLE_BASIC_INFORMATION)
        add_basic(api, object, entry);
    if (snapshot->flags & PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION)
        add_details(api, object, entry);
    if (!(snapshot->flags & PSS_CAPTURE_HANDLE_NAME_INFORMATION) || is_file)
        return ERROR_SUCCESS;
    error = add_text(snapshot, api, object, NATIVE_OBJECT_NAME, &object_name);
    if (!error && object_name.length) {
        handle->object_name = object_name;
        add_flag(entry, PSS_HANDLE_HAVE_NAME);
    }
    return error;
}

static DWORD add_handle(struct snapshot *snapshot, const struct native_api *api, HANDLE process,
                        const struct native_handle *found)
{
    struct snapshot_handle *handle = snapshot_array_add(&snapshot->memory, &snapshot->handles);
    HANDLE object;

    if (!handle)
        return ERROR_NOT_ENOUGH_MEMORY;
    handle->entry.Handle = (HANDLE)found->handle;
    handle->entry.Attributes = found->attributes;
    handle->entry.GrantedAccess = found->access;
    GetSystemTimeAsFileTime(&handle->entry.CaptureTime);
    if (!api->query_object || !DuplicateHandle(process, (HANDLE)found->handle, GetCurrentProcess(),
                                               &object, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return ERROR_SUCCESS; /* closed meanwhile, or not accessible: its value is known */
    DWORD error = describe(snapshot, api, object, snapshot->handles.count - 1);
    CloseHandle(object);
    return error;
}

/* Read the whole system's table, into memory from malloc. */
static DWORD read_table(const struct native_api *api, struct native_handles **table, size_t *size)
{
    for (ULONG capacity = 1u << 20; capacity <= LARGEST_TABLE; capacity *= 2) {
        struct native_handles *handles = malloc(capacity);
        if (!handles)
            return ERROR_NOT_ENOUGH_MEMORY;
        ULONG status = (ULONG)api->query_system(NATIVE_SYSTEM_HANDLES, handles, capacity, NULL);
        if (status == 0) {
            *table = handles;
            *size = capacity;
            return ERROR_SUCCESS;
        }
        free(handles);
        if (status != NATIVE_LENGTH_MISMATCH)
            return ERROR_NOT_SUPPORTED;
    }
    return ERROR_NOT_ENOUGH_MEMORY;
}

static int by_value(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct snapshot_handle *)left)->entry.Handle;
    uintptr_t b = (uintptr_t)((const struct snapshot_handle *)right)->entry.Handle;

    return (a > b) - (a < b);
}

DWORD snapshot_handles_capture(struct snapshot *snapshot, HANDLE process)
{
    struct native_api api = native_api_find();
    DWORD process_id = GetProcessId(process);
    struct native_handles *table;
    size_t size;

    if (!api.query_system)
        return ERROR_NOT_SUPPORTED;
    DWORD error = read_table(&api, &table, &size);
    if (error)
        return error;
    size_t most = (size - sizeof(*table)) / sizeof(table->handles[0]);
    size_t count = table->count < most ? table->count : most;
    for (size_t i = 0; !error && i < count; i++)
        if (table->handles[i].process_id == process_id)
            error = add_handle(snapshot, &api, process, &table->handles[i]);
    free(table);
    if (!error && snapshot->handles.count)
        qsort(snapshot->handles.elements, snapshot->handles.count, sizeof(struct snapshot_handle),
              by_value);
    return error;
}
