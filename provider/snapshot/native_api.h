/* SPDX-License-Identifier: MIT
 *
 * The calls of ntdll.dll that the capture on Windows needs (only the *_win.c files use them). They
 * are looked up by name. If one is missing, its information is left out.
 */
#ifndef NATIVE_API_H
#define NATIVE_API_H

#include <stdint.h>

#include "wintypes.h"

/** Information classes, with ntdll's numbers. */
enum {
    NATIVE_PROCESS_BASIC = 0,
    NATIVE_THREAD_BASIC = 0,
    NATIVE_THREAD_START_ADDRESS = 9,
    NATIVE_OBJECT_BASIC = 0,
    NATIVE_OBJECT_NAME = 1,
    NATIVE_OBJECT_TYPE = 2,
    NATIVE_EVENT_BASIC = 0,
    NATIVE_SYSTEM_HANDLES = 64, /* with full-width process ids and handles */
};

#define NATIVE_LENGTH_MISMATCH 0xC0000004u /* STATUS_INFO_LENGTH_MISMATCH */

struct native_text {         /* UNICODE_STRING */
    USHORT length, capacity; /* bytes */
    WCHAR *text;
};

struct native_process_basic { /* PROCESS_BASIC_INFORMATION */
    LONG exit_status;
    void *peb;
    ULONG_PTR affinity;
    LONG base_priority;
    ULONG_PTR process_id, parent_process_id;
};

struct native_thread_basic { /* THREAD_BASIC_INFORMATION */
    LONG exit_status;
    void *teb;
    HANDLE process_id, thread_id;
    ULONG_PTR affinity;
    LONG priority, base_priority;
};

struct native_object_basic { /* OBJECT_BASIC_INFORMATION, PUBLIC_ and what follows it */
    ULONG attributes, access, handle_count, pointer_count, paged_pool, non_paged_pool, reserved[3];
    ULONG name_size, type_size, security_size;
    LARGE_INTEGER creation_time;
};

struct native_event_basic { /* EVENT_BASIC_INFORMATION */
    LONG type;              /* 0 notification (manual reset), 1 synchronization */
    LONG state;
};

struct native_handle { /* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX */
    void *object;
    ULONG_PTR process_id, handle;
    ULONG access;
    USHORT back_trace, type_index;
    ULONG attributes, reserved;
};

struct native_handles { /* SYSTEM_HANDLE_INFORMATION_EX */
    ULONG_PTR count, reserved;
    struct native_handle handles[];
};

/** The calls. A member is NULL if ntdll lacks it. Results are NTSTATUS; 0 is success. */
struct native_api {
    LONG(WINAPI *query_process)(HANDLE, ULONG, void *, ULONG, ULONG *);
    LONG(WINAPI *query_thread)(HANDLE, ULONG, void *, ULONG, ULONG *);
    LONG(WINAPI *query_system)(ULONG, void *, ULONG, ULONG *);
    LONG(WINAPI *query_object)(HANDLE, ULONG, void *, ULONG, ULONG *);
    LONG(WINAPI *query_event)(HANDLE, ULONG, void *, ULONG, ULONG *);
};

/** Look the calls up. */
struct native_api native_api_find(void);

#endif /* NATIVE_API_H */
