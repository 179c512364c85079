/* SPDX-License-Identifier: MIT
 *
 * Process snapshots (PssCaptureSnapshot, ...): types, numbers and prototypes for systems whose own
 * header is missing. Where the tool chain has a processsnapshot.h (newer mingw-w64) this one is
 * that one; elsewhere, natively and on Windows, it defines the same names. Usable from C and C++.
 *
 * On Windows the functions live in kernel32.dll from Windows 8.1 on, and Wine 8.0 has none of them:
 * look each up with GetProcAddress instead of linking to it. All return Win32 codes and leave
 * GetLastError alone. HPSS and HPSSWALK are not kernel handles; never close them with CloseHandle.
 *
 * Rule: the sizes and offsets are proven by tests/unit/layouts.def for every target.
 */
#ifndef HEAPCTRS_PROCESSSNAPSHOT_H
#define HEAPCTRS_PROCESSSNAPSHOT_H

#include "wintypes.h"

#if defined(_WIN32) && defined(__has_include_next)
#if __has_include_next(<processsnapshot.h>)
#define HEAPCTRS_SYSTEM_HAS_PROCESSSNAPSHOT_H
#endif
#endif

#ifdef HEAPCTRS_SYSTEM_HAS_PROCESSSNAPSHOT_H

#pragma GCC system_header
#include_next <processsnapshot.h>

#else

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _WIN32

/* What winnt.h has for the entries of an address space. */
typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    DWORD AllocationProtect;
    SIZE_T RegionSize;
    DWORD State;
    DWORD Protect;
    DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

/* Registers of a thread; never filled in natively. */
typedef struct _CONTEXT CONTEXT, *PCONTEXT;

#define MEM_COMMIT 0x1000
#define MEM_RESERVE 0x2000
#define MEM_FREE 0x10000
#define MEM_PRIVATE 0x20000
#define MEM_MAPPED 0x40000
#define MEM_IMAGE 0x1000000

#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_WRITECOPY 0x08
#define PAGE_EXECUTE 0x10
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD 0x100
#define PAGE_NOCACHE 0x200
#define PAGE_WRITECOMBINE 0x400

#endif /* _WIN32 */

DECLARE_HANDLE(HPSS);     /* a snapshot */
DECLARE_HANDLE(HPSSWALK); /* a walk marker: a position in a snapshot */

/* ---- flags: numbers of 32 bits, since the highest does not fit a C enumeration ------------- */

typedef DWORD PSS_CAPTURE_FLAGS;
#define PSS_CAPTURE_NONE ((PSS_CAPTURE_FLAGS)0x00000000)
#define PSS_CAPTURE_VA_CLONE ((PSS_CAPTURE_FLAGS)0x00000001)
#define PSS_CAPTURE_RESERVED_00000002 ((PSS_CAPTURE_FLAGS)0x00000002)
#define PSS_CAPTURE_HANDLES ((PSS_CAPTURE_FLAGS)0x00000004)
#define PSS_CAPTURE_HANDLE_NAME_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000008)
#define PSS_CAPTURE_HANDLE_BASIC_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000010)
#define PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000020)
#define PSS_CAPTURE_HANDLE_TRACE ((PSS_CAPTURE_FLAGS)0x00000040)
#define PSS_CAPTURE_THREADS ((PSS_CAPTURE_FLAGS)0x00000080)
#define PSS_CAPTURE_THREAD_CONTEXT ((PSS_CAPTURE_FLAGS)0x00000100)
#define PSS_CAPTURE_THREAD_CONTEXT_EXTENDED ((PSS_CAPTURE_FLAGS)0x00000200)
#define PSS_CAPTURE_RESERVED_00000400 ((PSS_CAPTURE_FLAGS)0x00000400)
#define PSS_CAPTURE_VA_SPACE ((PSS_CAPTURE_FLAGS)0x00000800)
#define PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION ((PSS_CAPTURE_FLAGS)0x00001000)
#define PSS_CAPTURE_IPT_TRACE ((PSS_CAPTURE_FLAGS)0x00002000)
#define PSS_CAPTURE_RESERVED_00004000 ((PSS_CAPTURE_FLAGS)0x00004000)
#define PSS_CREATE_BREAKAWAY_OPTIONAL ((PSS_CAPTURE_FLAGS)0x04000000)
#define PSS_CREATE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x08000000)
#define PSS_CREATE_FORCE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x10000000)
#define PSS_CREATE_USE_VM_ALLOCATIONS ((PSS_CAPTURE_FLAGS)0x20000000)
#define PSS_CREATE_MEASURE_PERFORMANCE ((PSS_CAPTURE_FLAGS)0x40000000)
#define PSS_CREATE_RELEASE_SECTION ((PSS_CAPTURE_FLAGS)0x80000000)

typedef DWORD PSS_DUPLICATE_FLAGS;
#define PSS_DUPLICATE_NONE ((PSS_DUPLICATE_FLAGS)0)
#define PSS_DUPLICATE_CLOSE_SOURCE ((PSS_DUPLICATE_FLAGS)1)

/** Which members of a PSS_HANDLE_ENTRY are valid. */
typedef DWORD PSS_HANDLE_FLAGS;
#define PSS_HANDLE_NONE ((PSS_HANDLE_FLAGS)0)
#define PSS_HANDLE_HAVE_TYPE ((PSS_HANDLE_FLAGS)1)
#define PSS_HANDLE_HAVE_NAME ((PSS_HANDLE_FLAGS)2)
#define PSS_HANDLE_HAVE_BASIC_INFORMATION ((PSS_HANDLE_FLAGS)4)
#define PSS_HANDLE_HAVE_TYPE_SPECIFIC_INFORMATION ((PSS_HANDLE_FLAGS)8)

typedef DWORD PSS_PROCESS_FLAGS;
#define PSS_PROCESS_FLAGS_NONE ((PSS_PROCESS_FLAGS)0)
#define PSS_PROCESS_FLAGS_PROTECTED ((PSS_PROCESS_FLAGS)1)
#define PSS_PROCESS_FLAGS_WOW64 ((PSS_PROCESS_FLAGS)2)
#define PSS_PROCESS_FLAGS_RESERVED_03 ((PSS_PROCESS_FLAGS)4)
#define PSS_PROCESS_FLAGS_RESERVED_04 ((PSS_PROCESS_FLAGS)8)
#define PSS_PROCESS_FLAGS_FROZEN ((PSS_PROCESS_FLAGS)0x10)

typedef DWORD PSS_THREAD_FLAGS;
#define PSS_THREAD_FLAGS_NONE ((PSS_THREAD_FLAGS)0)
#define PSS_THREAD_FLAGS_TERMINATED ((PSS_THREAD_FLAGS)1)

/* ---- classes ------------------------------------------------------------------------------- */

/** For PssQuerySnapshot: which structure is wanted. */
typedef enum {
    PSS_QUERY_PROCESS_INFORMATION = 0,
    PSS_QUERY_VA_CLONE_INFORMATION = 1,
    PSS_QUERY_AUXILIARY_PAGES_INFORMATION = 2,
    PSS_QUERY_VA_SPACE_INFORMATION = 3,
    PSS_QUERY_HANDLE_INFORMATION = 4,
    PSS_QUERY_THREAD_INFORMATION = 5,
    PSS_QUERY_HANDLE_TRACE_INFORMATION = 6,
    PSS_QUERY_PERFORMANCE_COUNTERS = 7
} PSS_QUERY_INFORMATION_CLASS;

/** For PssWalkSnapshot: which entries are wanted. */
typedef enum {
    PSS_WALK_AUXILIARY_PAGES = 0,
    PSS_WALK_VA_SPACE = 1,
    PSS_WALK_HANDLES = 2,
    PSS_WALK_THREADS = 3,
    PSS_WALK_THREAD_NAME = 4
} PSS_WALK_INFORMATION_CLASS;

typedef enum {
    PSS_OBJECT_TYPE_UNKNOWN = 0,
    PSS_OBJECT_TYPE_PROCESS = 1,
    PSS_OBJECT_TYPE_THREAD = 2,
    PSS_OBJECT_TYPE_MUTANT = 3,
    PSS_OBJECT_TYPE_EVENT = 4,
    PSS_OBJECT_TYPE_SECTION = 5,
    PSS_OBJECT_TYPE_SEMAPHORE = 6
} PSS_OBJECT_TYPE;

/* Units per second of the wall-clock times in PSS_PERFORMANCE_COUNTERS. */
#define PSS_PERF_RESOLUTION 1000000

/* ---- answers of PssQuerySnapshot ----------------------------------------------------------- */

typedef struct {
    DWORD ExitStatus; /* 259 while it runs */
    void *PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    DWORD ProcessId;
    DWORD ParentProcessId;
    PSS_PROCESS_FLAGS Flags;
    FILETIME CreateTime;
    FILETIME ExitTime;
    FILETIME KernelTime;
    FILETIME UserTime;
    DWORD PriorityClass;
    ULONG_PTR PeakVirtualSize; /* bytes, as all sizes here */
    ULONG_PTR VirtualSize;
    DWORD PageFaultCount;
    ULONG_PTR PeakWorkingSetSize;
    ULONG_PTR WorkingSetSize;
    ULONG_PTR QuotaPeakPagedPoolUsage;
    ULONG_PTR QuotaPagedPoolUsage;
    ULONG_PTR QuotaPeakNonPagedPoolUsage;
    ULONG_PTR QuotaNonPagedPoolUsage;
    ULONG_PTR PagefileUsage;
    ULONG_PTR PeakPagefileUsage;
    ULONG_PTR PrivateUsage;
    DWORD ExecuteFlags;            /* reserved */
    WCHAR ImageFileName[MAX_PATH]; /* cut if longer */
} PSS_PROCESS_INFORMATION;

typedef struct {
    HANDLE VaCloneHandle;
} PSS_VA_CLONE_INFORMATION;

typedef struct {
    DWORD AuxPagesCaptured;
} PSS_AUXILIARY_PAGES_INFORMATION;

typedef struct {
    DWORD RegionCount;
} PSS_VA_SPACE_INFORMATION;

typedef struct {
    DWORD HandlesCaptured;
} PSS_HANDLE_INFORMATION;

typedef struct {
    DWORD ThreadsCaptured;
    DWORD ContextLength;
} PSS_THREAD_INFORMATION;

typedef struct {
    HANDLE SectionHandle;
    DWORD Size;
} PSS_HANDLE_TRACE_INFORMATION;

/** Cost of the capture: cycles, and wall-clock time in 1 / PSS_PERF_RESOLUTION s. */
typedef struct {
    DECLSPEC_ALIGN(8) UINT64 TotalCycleCount;
    UINT64 TotalWallClockPeriod;
    UINT64 VaCloneCycleCount;
    UINT64 VaCloneWallClockPeriod;
    UINT64 VaSpaceCycleCount;
    UINT64 VaSpaceWallClockPeriod;
    UINT64 AuxPagesCycleCount;
    UINT64 AuxPagesWallClockPeriod;
    UINT64 HandlesCycleCount;
    UINT64 HandlesWallClockPeriod;
    UINT64 ThreadsCycleCount;
    UINT64 ThreadsWallClockPeriod;
} PSS_PERFORMANCE_COUNTERS;

/* ---- entries of PssWalkSnapshot; what they point at lives as long as the walk marker -------- */

typedef struct {
    void *Address;
    MEMORY_BASIC_INFORMATION BasicInformation;
    FILETIME CaptureTime;
    void *PageContents; /* may be NULL */
    DWORD PageSize;
} PSS_AUXILIARY_PAGE_ENTRY;

typedef struct {
    void *BaseAddress;
    void *AllocationBase;
    DWORD AllocationProtect;
    ULONG_PTR RegionSize;
    DWORD State;
    DWORD Protect;
    DWORD Type;
    DWORD TimeDateStamp; /* this and the next three: of an image's header */
    DWORD SizeOfImage;
    void *ImageBase;
    DWORD CheckSum;
    WORD MappedFileNameLength; /* bytes; there may be no terminator */
    WCHAR const *MappedFileName;
} PSS_VA_SPACE_ENTRY;

typedef struct {
    HANDLE Handle;
    PSS_HANDLE_FLAGS Flags;
    PSS_OBJECT_TYPE ObjectType;
    FILETIME CaptureTime;
    DWORD Attributes;
    DWORD GrantedAccess;
    DWORD HandleCount;
    DWORD PointerCount;
    DWORD PagedPoolCharge;
    DWORD NonPagedPoolCharge;
    FILETIME CreationTime;
    WORD TypeNameLength; /* bytes */
    WCHAR const *TypeName;
    WORD ObjectNameLength; /* bytes */
    WCHAR const *ObjectName;
    union {
        struct {
            DWORD ExitStatus;
            void *PebBaseAddress;
            ULONG_PTR AffinityMask;
            LONG BasePriority;
            DWORD ProcessId;
            DWORD ParentProcessId;
            DWORD Flags;
        } Process;
        struct {
            DWORD ExitStatus;
            void *TebBaseAddress;
            DWORD ProcessId;
            DWORD ThreadId;
            ULONG_PTR AffinityMask;
            int Priority;
            int BasePriority;
            void *Win32StartAddress;
        } Thread;
        struct {
            LONG CurrentCount;
            BOOL Abandoned;
            DWORD OwnerProcessId;
            DWORD OwnerThreadId;
        } Mutant;
        struct {
            BOOL ManualReset;
            BOOL Signaled;
        } Event;
        struct {
            void *BaseAddress;
            DWORD AllocationAttributes;
            LARGE_INTEGER MaximumSize;
        } Section;
        struct {
            LONG CurrentCount;
            LONG MaximumCount;
        } Semaphore;
    } TypeSpecificInformation;
} PSS_HANDLE_ENTRY;

typedef struct {
    DWORD ExitStatus;
    void *TebBaseAddress;
    DWORD ProcessId;
    DWORD ThreadId;
    ULONG_PTR AffinityMask;
    int Priority;
    int BasePriority;
    void *LastSyscallFirstArgument;
    WORD LastSyscallNumber;
    FILETIME CreateTime;
    FILETIME ExitTime;
    FILETIME KernelTime;
    FILETIME UserTime;
    void *Win32StartAddress;
    FILETIME CaptureTime;
    PSS_THREAD_FLAGS Flags;
    WORD SuspendCount;
    WORD SizeOfContextRecord;
    PCONTEXT ContextRecord; /* NULL unless captured */
} PSS_THREAD_ENTRY;

typedef struct {
    WORD ThreadNameSize; /* bytes */
    WCHAR const *ThreadName;
} PSS_THREAD_NAME;

/** Where a walk marker's memory comes from; lives at least as long as the marker. */
typedef struct {
    void *Context;                                           /* handed to both unchanged */
    void *(WINAPI *AllocRoutine)(void *Context, DWORD Size); /* a block, or NULL */
    void(WINAPI *FreeRoutine)(void *Context, void *Address); /* NULL is allowed */
} PSS_ALLOCATOR;

/* ---- functions ----------------------------------------------------------------------------- */

/** Capture a process. ThreadContextFlags counts only with the THREAD_CONTEXT flags. */
DWORD WINAPI PssCaptureSnapshot(HANDLE ProcessHandle, PSS_CAPTURE_FLAGS CaptureFlags,
                                DWORD ThreadContextFlags, HPSS *SnapshotHandle);

/** Free. ProcessHandle is the process in which the snapshot lives, not the one captured. */
DWORD WINAPI PssFreeSnapshot(HANDLE ProcessHandle, HPSS SnapshotHandle);

DWORD WINAPI PssQuerySnapshot(HPSS SnapshotHandle, PSS_QUERY_INFORMATION_CLASS InformationClass,
                              void *Buffer, DWORD BufferLength);

/** The entry at the marker, which moves on. Buffer NULL asks whether there is one. */
DWORD WINAPI PssWalkSnapshot(HPSS SnapshotHandle, PSS_WALK_INFORMATION_CLASS InformationClass,
                             HPSSWALK WalkMarkerHandle, void *Buffer, DWORD BufferLength);

DWORD WINAPI PssDuplicateSnapshot(HANDLE SourceProcessHandle, HPSS SnapshotHandle,
                                  HANDLE TargetProcessHandle, HPSS *TargetSnapshotHandle,
                                  PSS_DUPLICATE_FLAGS Flags);

/** Allocator NULL: the process heap. */
DWORD WINAPI PssWalkMarkerCreate(PSS_ALLOCATOR const *Allocator, HPSSWALK *WalkMarkerHandle);
DWORD WINAPI PssWalkMarkerFree(HPSSWALK WalkMarkerHandle);
DWORD WINAPI PssWalkMarkerGetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR *Position);
DWORD WINAPI PssWalkMarkerSetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR Position);
DWORD WINAPI PssWalkMarkerSeekToBeginning(HPSSWALK WalkMarkerHandle);

#ifdef __cplusplus
}
#endif

#endif /* HEAPCTRS_SYSTEM_HAS_PROCESSSNAPSHOT_H */

#endif /* HEAPCTRS_PROCESSSNAPSHOT_H */
