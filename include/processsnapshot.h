/* SPDX-License-Identifier: MIT
 *
 * Process snapshots (PssCaptureSnapshot, ...): a process as it was at one moment, to be looked at
 * in peace while it runs on. Types, numbers and prototypes for systems whose own header is missing:
 * where the tool chain has a processsnapshot.h (newer mingw-w64) this one is that one; elsewhere,
 * natively and on Windows, it defines the same names. Usable from C and C++.
 *
 *     HPSS snapshot;
 *     HPSSWALK marker;
 *     PSS_VA_SPACE_ENTRY region;
 *     DWORD error = PssCaptureSnapshot(process, PSS_CAPTURE_VA_SPACE, 0, &snapshot);
 *     if (!error)
 *         error = PssWalkMarkerCreate(NULL, &marker);
 *     while (!error) {
 *         error = PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, marker, &region, sizeof(region));
 *         ...                                      // ERROR_NO_MORE_ITEMS at the end
 *     }
 *     PssWalkMarkerFree(marker);
 *     PssFreeSnapshot(GetCurrentProcess(), snapshot);
 *
 * Link libprocesssnapshot (natively with -lpthread; on Windows with advapi32). Its functions call
 * kernel32's where all ten are there (Windows 8.1 and later), and emulate them otherwise: on Wine
 * and older Windows by documented calls (VirtualQueryEx, Toolhelp, the handle table), natively from
 * /proc. A program of Windows alone that does not link it must look each up with GetProcAddress: an
 * import keeps it from starting on Windows 7 and Wine 8.0.
 *
 * What holds for all functions:
 *
 * - Results are Win32 codes, 0 (ERROR_SUCCESS) for success; GetLastError is left alone. After a
 *   failure nothing was written through a pointer but NULL into a handle that would have been
 *   created. Careful: 259 is ERROR_NO_MORE_ITEMS here and STILL_ACTIVE elsewhere.
 * - HPSS and HPSSWALK are not kernel handles: never CloseHandle them. NULL and what is recognised
 *   as no such handle give 6 (ERROR_INVALID_HANDLE); using one after it was freed is undefined.
 * - Natively a process HANDLE is the process id as a number, e.g. (HANDLE)(LONG_PTR)4711, and needs
 *   no closing; GetCurrentProcess() is -1, as on Windows.
 * - Threads: a snapshot never changes after its capture, so any number of threads may query and
 *   walk it at once, each with a marker of its own. One marker serves one thread at a time. Freeing
 *   a snapshot or marker while somebody uses it is undefined.
 * - "Rule: PAGE" names the page of Microsoft's process-snapshotting reference that says so; where
 *   those are silent the emulation chooses the strict way, and says "silent" here.
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

/**
 * What PssCaptureSnapshot takes, and how: any sum of these. "Not emulated" is refused with 50
 * (ERROR_NOT_SUPPORTED) where the system has no snapshots of its own, "with ... only" without the
 * other flag with 87 (ERROR_INVALID_PARAMETER). Rule: PSS_CAPTURE_FLAGS.
 */
typedef DWORD PSS_CAPTURE_FLAGS;
/** Process information only, which every snapshot has. */
#define PSS_CAPTURE_NONE ((PSS_CAPTURE_FLAGS)0x00000000)
/** A copy-on-write clone of all private and shareable pages; not emulated. */
#define PSS_CAPTURE_VA_CLONE ((PSS_CAPTURE_FLAGS)0x00000001)
/** Reserved: refused. */
#define PSS_CAPTURE_RESERVED_00000002 ((PSS_CAPTURE_FLAGS)0x00000002)
/** Handle values and types. */
#define PSS_CAPTURE_HANDLES ((PSS_CAPTURE_FLAGS)0x00000004)
/** Their names; with HANDLES only. Files have none where asking could block. */
#define PSS_CAPTURE_HANDLE_NAME_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000008)
/** Access, attributes, counts, charges; with HANDLES only. */
#define PSS_CAPTURE_HANDLE_BASIC_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000010)
/** The union of PSS_HANDLE_ENTRY; with HANDLES only. */
#define PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION ((PSS_CAPTURE_FLAGS)0x00000020)
/** The handle tracing table; with HANDLES only; not emulated. */
#define PSS_CAPTURE_HANDLE_TRACE ((PSS_CAPTURE_FLAGS)0x00000040)
/** Threads. */
#define PSS_CAPTURE_THREADS ((PSS_CAPTURE_FLAGS)0x00000080)
/** Their registers; with THREADS only; not emulated. */
#define PSS_CAPTURE_THREAD_CONTEXT ((PSS_CAPTURE_FLAGS)0x00000100)
/** XSTATE too; with THREAD_CONTEXT only; not emulated. */
#define PSS_CAPTURE_THREAD_CONTEXT_EXTENDED ((PSS_CAPTURE_FLAGS)0x00000200)
/** Reserved: refused. */
#define PSS_CAPTURE_RESERVED_00000400 ((PSS_CAPTURE_FLAGS)0x00000400)
/** The regions of the address space, without their contents. */
#define PSS_CAPTURE_VA_SPACE ((PSS_CAPTURE_FLAGS)0x00000800)
/** File names, and the header fields of images; with VA_SPACE only. */
#define PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION ((PSS_CAPTURE_FLAGS)0x00001000)
/** Processor trace; undescribed; not emulated. */
#define PSS_CAPTURE_IPT_TRACE ((PSS_CAPTURE_FLAGS)0x00002000)
/** Reserved: refused. */
#define PSS_CAPTURE_RESERVED_00004000 ((PSS_CAPTURE_FLAGS)0x00004000)
/** A clone that cannot leave the job is no failure; with one of the next two only. */
#define PSS_CREATE_BREAKAWAY_OPTIONAL ((PSS_CAPTURE_FLAGS)0x04000000)
/** A clone leaves the job of its process. Without a clone: no effect. */
#define PSS_CREATE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x08000000)
/** The same by privilege (SeTcb); wins over BREAKAWAY. */
#define PSS_CREATE_FORCE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x10000000)
/** The snapshot lies in pages of its own, not in the process heap: for crash paths. */
#define PSS_CREATE_USE_VM_ALLOCATIONS ((PSS_CAPTURE_FLAGS)0x20000000)
/** Keep PSS_PERFORMANCE_COUNTERS. */
#define PSS_CREATE_MEASURE_PERFORMANCE ((PSS_CAPTURE_FLAGS)0x40000000)
/** A clone does not hold the image file; with VA_CLONE only. */
#define PSS_CREATE_RELEASE_SECTION ((PSS_CAPTURE_FLAGS)0x80000000)

/** For PssDuplicateSnapshot. CLOSE_SOURCE: the source is freed, as by PssFreeSnapshot. */
typedef DWORD PSS_DUPLICATE_FLAGS;
#define PSS_DUPLICATE_NONE ((PSS_DUPLICATE_FLAGS)0)
#define PSS_DUPLICATE_CLOSE_SOURCE ((PSS_DUPLICATE_FLAGS)1)

/** Which members of a PSS_HANDLE_ENTRY are valid: what could not be read has no flag. */
typedef DWORD PSS_HANDLE_FLAGS;
#define PSS_HANDLE_NONE ((PSS_HANDLE_FLAGS)0)
#define PSS_HANDLE_HAVE_TYPE ((PSS_HANDLE_FLAGS)1)              /* TypeName, ObjectType */
#define PSS_HANDLE_HAVE_NAME ((PSS_HANDLE_FLAGS)2)              /* ObjectName */
#define PSS_HANDLE_HAVE_BASIC_INFORMATION ((PSS_HANDLE_FLAGS)4) /* Attributes to CreationTime */
#define PSS_HANDLE_HAVE_TYPE_SPECIFIC_INFORMATION ((PSS_HANDLE_FLAGS)8) /* the union */

/** WOW64: a 32-bit program on a 64-bit system, natively too. FROZEN: stopped as a whole. */
typedef DWORD PSS_PROCESS_FLAGS;
#define PSS_PROCESS_FLAGS_NONE ((PSS_PROCESS_FLAGS)0)
#define PSS_PROCESS_FLAGS_PROTECTED ((PSS_PROCESS_FLAGS)1)
#define PSS_PROCESS_FLAGS_WOW64 ((PSS_PROCESS_FLAGS)2)
#define PSS_PROCESS_FLAGS_RESERVED_03 ((PSS_PROCESS_FLAGS)4)
#define PSS_PROCESS_FLAGS_RESERVED_04 ((PSS_PROCESS_FLAGS)8)
#define PSS_PROCESS_FLAGS_FROZEN ((PSS_PROCESS_FLAGS)0x10)

/** TERMINATED: it has ended, and somebody still holds it. */
typedef DWORD PSS_THREAD_FLAGS;
#define PSS_THREAD_FLAGS_NONE ((PSS_THREAD_FLAGS)0)
#define PSS_THREAD_FLAGS_TERMINATED ((PSS_THREAD_FLAGS)1)

/* ---- classes ------------------------------------------------------------------------------- */

/** For PssQuerySnapshot: which structure is wanted, and which flag must have captured it. */
typedef enum {
    PSS_QUERY_PROCESS_INFORMATION = 0,         /* PSS_PROCESS_INFORMATION; none */
    PSS_QUERY_VA_CLONE_INFORMATION = 1,        /* PSS_VA_CLONE_INFORMATION; VA_CLONE */
    PSS_QUERY_AUXILIARY_PAGES_INFORMATION = 2, /* PSS_AUXILIARY_PAGES_INFORMATION; VA_CLONE */
    PSS_QUERY_VA_SPACE_INFORMATION = 3,        /* PSS_VA_SPACE_INFORMATION; VA_SPACE */
    PSS_QUERY_HANDLE_INFORMATION = 4,          /* PSS_HANDLE_INFORMATION; HANDLES */
    PSS_QUERY_THREAD_INFORMATION = 5,          /* PSS_THREAD_INFORMATION; THREADS */
    PSS_QUERY_HANDLE_TRACE_INFORMATION = 6,    /* PSS_HANDLE_TRACE_INFORMATION; HANDLE_TRACE */
    PSS_QUERY_PERFORMANCE_COUNTERS = 7         /* PSS_PERFORMANCE_COUNTERS; MEASURE_PERFORMANCE */
} PSS_QUERY_INFORMATION_CLASS;

/** For PssWalkSnapshot: which entries are wanted, and which flag must have captured them. */
typedef enum {
    PSS_WALK_AUXILIARY_PAGES = 0, /* PSS_AUXILIARY_PAGE_ENTRY; VA_CLONE: never emulated */
    PSS_WALK_VA_SPACE = 1,        /* PSS_VA_SPACE_ENTRY, by address; VA_SPACE */
    PSS_WALK_HANDLES = 2,         /* PSS_HANDLE_ENTRY, by value; HANDLES */
    PSS_WALK_THREADS = 3,         /* PSS_THREAD_ENTRY, by id; THREADS */
    PSS_WALK_THREAD_NAME = 4      /* PSS_THREAD_NAME, of newer systems; undescribed, not emulated */
} PSS_WALK_INFORMATION_CLASS;

/** What a handle refers to. Files, keys, pipes and others are UNKNOWN: read TypeName. */
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

/**
 * The process itself. FILETIMEs are UTC, 100 ns since 1601-01-01, or lengths in 100 ns; 0 where the
 * system has no such thing. Natively: from /proc/PID/stat and status.
 */
typedef struct {
    DWORD ExitStatus;       /* 259 while it runs */
    void *PebBaseAddress;   /* address in the process; natively NULL */
    ULONG_PTR AffinityMask; /* bit n: processor n */
    LONG BasePriority;      /* 1 to 31; natively 8 */
    DWORD ProcessId;
    DWORD ParentProcessId; /* which may be another process by now */
    PSS_PROCESS_FLAGS Flags;
    FILETIME CreateTime;
    FILETIME ExitTime;                 /* 0 while it runs */
    FILETIME KernelTime;               /* length */
    FILETIME UserTime;                 /* length */
    DWORD PriorityClass;               /* NORMAL_PRIORITY_CLASS, ...; natively by its nice value */
    ULONG_PTR PeakVirtualSize;         /* bytes, as all sizes here; natively VmPeak */
    ULONG_PTR VirtualSize;             /* natively VmSize */
    DWORD PageFaultCount;              /* both kinds; wraps */
    ULONG_PTR PeakWorkingSetSize;      /* natively VmHWM */
    ULONG_PTR WorkingSetSize;          /* natively VmRSS */
    ULONG_PTR QuotaPeakPagedPoolUsage; /* this and the next three: natively 0 */
    ULONG_PTR QuotaPagedPoolUsage;
    ULONG_PTR QuotaPeakNonPagedPoolUsage;
    ULONG_PTR QuotaNonPagedPoolUsage;
    ULONG_PTR PagefileUsage;       /* committed; natively VmData, the nearest there is */
    ULONG_PTR PeakPagefileUsage;   /* natively PagefileUsage again: no peak is kept */
    ULONG_PTR PrivateUsage;        /* as PagefileUsage */
    DWORD ExecuteFlags;            /* reserved */
    WCHAR ImageFileName[MAX_PATH]; /* full path, zero-terminated; cut if longer */
} PSS_PROCESS_INFORMATION;

typedef struct {
    HANDLE VaCloneHandle; /* a process without threads; belongs to the snapshot */
} PSS_VA_CLONE_INFORMATION;

typedef struct {
    DWORD AuxPagesCaptured; /* entries of PSS_WALK_AUXILIARY_PAGES */
} PSS_AUXILIARY_PAGES_INFORMATION;

typedef struct {
    DWORD RegionCount; /* entries of PSS_WALK_VA_SPACE, free ones too */
} PSS_VA_SPACE_INFORMATION;

typedef struct {
    DWORD HandlesCaptured; /* entries of PSS_WALK_HANDLES */
} PSS_HANDLE_INFORMATION;

typedef struct {
    DWORD ThreadsCaptured; /* entries of PSS_WALK_THREADS */
    DWORD ContextLength;   /* bytes of each ContextRecord; emulated 0 */
} PSS_THREAD_INFORMATION;

typedef struct {
    HANDLE SectionHandle; /* of the table; belongs to the snapshot */
    DWORD Size;           /* bytes */
} PSS_HANDLE_TRACE_INFORMATION;

/**
 * Cost of the capture, in all and by class: cycles (emulated 0), and wall-clock time in units of
 * 1 / PSS_PERF_RESOLUTION seconds. What was not captured is 0.
 */
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

/* ---- entries of PssWalkSnapshot -------------------------------------------------------------
 *
 * What their pointers point at belongs to the walk marker and is good until PssWalkMarkerFree, also
 * when the marker has moved on (rule: PssWalkSnapshot). Texts are UTF-16, their lengths in bytes,
 * at most 65534. Length 0: there is none, and the pointer is NULL.
 *
 * A length counts the text, as documented; here a terminator follows that is not counted. Public
 * programs suggest that Windows may count a terminator: no public text settles it. Programs that
 * take the length as it is, that strip a terminator if it is counted, and that read up to the
 * terminator all get the same text this way. One that always subtracts a terminator would lose a
 * character: it contradicts the documentation. So expect either from Windows: drop zero units at
 * the end.
 *
 * Addresses are those of the captured process and mean nothing in this one.
 */

/** A page that the clone cannot show; never emulated. */
typedef struct {
    void *Address;
    MEMORY_BASIC_INFORMATION BasicInformation;
    FILETIME CaptureTime;
    void *PageContents; /* may be NULL */
    DWORD PageSize;     /* bytes */
} PSS_AUXILIARY_PAGE_ENTRY;

/**
 * A region: neighbouring pages that are alike. Emulated, free regions are entries too, so that each
 * begins where the one before ends (silent); skip State MEM_FREE in sums. Natively each mapping of
 * /proc/PID/maps is one; [vsyscall], which is no part of the process' size, is left out.
 */
typedef struct {
    void *BaseAddress;
    void *AllocationBase;    /* what it was reserved as part of; natively its image or itself */
    DWORD AllocationProtect; /* PAGE_... at that time */
    ULONG_PTR RegionSize;    /* bytes */
    DWORD State;             /* MEM_COMMIT, MEM_RESERVE or MEM_FREE */
    DWORD Protect;           /* PAGE_...; 0 when reserved, PAGE_NOACCESS when free */
    DWORD Type;              /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE; 0 when free */
    DWORD TimeDateStamp;     /* this to CheckSum: of an image, with ..._SECTION_INFORMATION */
    DWORD SizeOfImage;       /* bytes */
    void *ImageBase;         /* where it is loaded; NULL: no image, or not asked for */
    DWORD CheckSum;
    WORD MappedFileNameLength;   /* bytes; of what is mapped, with ..._SECTION_INFORMATION */
    WCHAR const *MappedFileName; /* as GetMappedFileName says it; natively the path */
} PSS_VA_SPACE_ENTRY;

/**
 * A handle; natively a descriptor: eventfd is an Event or a Semaphore, memfd and /dev/shm a
 * Section, pidfd a Process, timerfd a Timer, epoll an IoCompletion, the rest a File or what
 * anon_inode says. 0 is a valid value natively.
 */
typedef struct {
    HANDLE Handle;          /* its value in the process; not usable in this one */
    PSS_HANDLE_FLAGS Flags; /* which of the rest is valid */
    PSS_OBJECT_TYPE ObjectType;
    FILETIME CaptureTime;     /* when this entry was read */
    DWORD Attributes;         /* 2 (OBJ_INHERIT): children inherit it */
    DWORD GrantedAccess;      /* natively GENERIC_READ, GENERIC_WRITE by how it was opened */
    DWORD HandleCount;        /* to the object, in all processes; natively 0 */
    DWORD PointerCount;       /* natively 0, as the next three */
    DWORD PagedPoolCharge;    /* bytes */
    DWORD NonPagedPoolCharge; /* bytes */
    FILETIME CreationTime;    /* of the object, where the system keeps it */
    WORD TypeNameLength;      /* bytes */
    WCHAR const *TypeName;    /* "File", "Event", ... */
    WORD ObjectNameLength;    /* bytes */
    WCHAR const *ObjectName;  /* in the system's name space; natively what the link says */
    union {                   /* by ObjectType; members without a source are 0 */
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
            BOOL Abandoned; /* its owner ended without releasing it */
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
            LARGE_INTEGER MaximumSize; /* bytes */
        } Section;
        struct {
            LONG CurrentCount;
            LONG MaximumCount;
        } Semaphore;
    } TypeSpecificInformation;
} PSS_HANDLE_ENTRY;

/** A thread; natively a task. */
typedef struct {
    DWORD ExitStatus;     /* 259 while it runs */
    void *TebBaseAddress; /* natively NULL */
    DWORD ProcessId;
    DWORD ThreadId;
    ULONG_PTR AffinityMask;         /* bit n: processor n */
    int Priority;                   /* now */
    int BasePriority;               /* 1 to 31; natively from its nice value */
    void *LastSyscallFirstArgument; /* not emulated: NULL */
    WORD LastSyscallNumber;         /* not emulated: 0 */
    FILETIME CreateTime;
    FILETIME ExitTime;       /* 0 while it runs */
    FILETIME KernelTime;     /* length */
    FILETIME UserTime;       /* length */
    void *Win32StartAddress; /* natively NULL */
    FILETIME CaptureTime;    /* when this entry was read */
    PSS_THREAD_FLAGS Flags;
    WORD SuspendCount;        /* natively 1 while it is stopped */
    WORD SizeOfContextRecord; /* bytes */
    PCONTEXT ContextRecord;   /* NULL unless captured */
} PSS_THREAD_ENTRY;

typedef struct {
    WORD ThreadNameSize; /* bytes */
    WCHAR const *ThreadName;
} PSS_THREAD_NAME;

/**
 * Where a walk marker's memory comes from.
 *
 * It serves the marker alone, never the snapshot, and is called inside PssWalkMarkerCreate,
 * PssWalkSnapshot and PssWalkMarkerFree, on the thread that called those: the routines need no lock
 * unless something else shares what is behind Context. All blocks go back at the latest in
 * PssWalkMarkerFree. The structure itself is not copied: it must outlive the marker, unchanged.
 * Rule: PSS_ALLOCATOR.
 *
 * The emulation with HEAPCTRS_PSS_DEBUG=1 in the environment hands NULL to FreeRoutine once, when
 * the marker is made, so that a routine that cannot take it shows; and it compares the structure,
 * at each call that needs it, with what it was when the marker was made; a change is told on stderr
 * with the addresses of both, and the routines from the beginning are called.
 */
typedef struct {
    void *Context; /* handed to both unchanged; may be NULL */
    /* Size bytes, never 0, aligned as malloc's; or NULL: the call fails with 8
       (ERROR_NOT_ENOUGH_MEMORY), nothing has moved, and it may be tried again. */
    void *(WINAPI *AllocRoutine)(void *Context, DWORD Size);
    /* Gives back a block of AllocRoutine's. Must accept NULL, and do nothing then. */
    void(WINAPI *FreeRoutine)(void *Context, void *Address);
} PSS_ALLOCATOR;

/* ---- functions ----------------------------------------------------------------------------- */

/**
 * Capture a process.
 *
 * @param ProcessHandle       of the process, which runs on meanwhile. GetCurrentProcess() is
 *                            allowed. Emulated on Windows it needs PROCESS_QUERY_INFORMATION,
 *                            PROCESS_VM_READ for section information, PROCESS_DUP_HANDLE for what
 *                            handles refer to; natively the right to debug the process
 * @param CaptureFlags        what to take: PSS_CAPTURE_FLAGS. Without some: process information
 * @param ThreadContextFlags  CONTEXT_ALL and its parts, for the THREAD_CONTEXT flags; else ignored
 * @param SnapshotHandle      receives the snapshot, to be freed with PssFreeSnapshot; NULL on
 *                            failure
 *
 * @return 0; 87 (ERROR_INVALID_PARAMETER): SnapshotHandle is NULL, or a flag is reserved, unknown
 *         or misses one that it needs; 50 (ERROR_NOT_SUPPORTED): a flag that this system cannot
 *         honour, all or nothing; 6 (ERROR_INVALID_HANDLE): no process handle, or the process has
 *         exited, perhaps meanwhile; 5 (ERROR_ACCESS_DENIED); 8 (ERROR_NOT_ENOUGH_MEMORY); natively
 *         30 (ERROR_READ_FAULT) when /proc cannot be read. Rule: silent on errors.
 *
 * Emulated, the classes are read one after the other, the regions until two readings agree, a few
 * times at most: each is close to a moment, the whole is not. Threads and handles that end while
 * they are being listed are left out.
 */
DWORD WINAPI PssCaptureSnapshot(HANDLE ProcessHandle, PSS_CAPTURE_FLAGS CaptureFlags,
                                DWORD ThreadContextFlags, HPSS *SnapshotHandle);

/**
 * Free a snapshot. Markers outlive it and keep the texts of their entries.
 *
 * @param ProcessHandle   the process in which the snapshot lives, not the one that was captured: as
 *                        good as always GetCurrentProcess()
 * @param SnapshotHandle  to be freed; a duplicate lives on
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE): no process handle, no snapshot; 50 (ERROR_NOT_SUPPORTED):
 *         another process, where the snapshot was not made with PSS_CREATE_USE_VM_ALLOCATIONS;
 *         emulated always. Rule: PssFreeSnapshot.
 */
DWORD WINAPI PssFreeSnapshot(HANDLE ProcessHandle, HPSS SnapshotHandle);

/**
 * Ask a snapshot.
 *
 * @param SnapshotHandle    any snapshot
 * @param InformationClass  which structure; see PSS_QUERY_INFORMATION_CLASS
 * @param Buffer            receives it; unchanged on failure
 * @param BufferLength      bytes of Buffer: exactly the structure's
 *
 * @return 0; in this order: 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER): no such class;
 *         1168 (ERROR_NOT_FOUND): that was not captured, told at any length; 24 (ERROR_BAD_LENGTH);
 *         87 again: Buffer is NULL. Rule: PssQuerySnapshot; silent on the order.
 */
DWORD WINAPI PssQuerySnapshot(HPSS SnapshotHandle, PSS_QUERY_INFORMATION_CLASS InformationClass,
                              void *Buffer, DWORD BufferLength);

/**
 * Copy the entry at the marker, and move the marker behind it.
 *
 * @param SnapshotHandle    any snapshot; not changed
 * @param InformationClass  which entries; see PSS_WALK_INFORMATION_CLASS. A marker that has
 *                          walked one class begins at the first entry of another
 * @param WalkMarkerHandle  whose thread this is; its allocator provides what the entry points at
 * @param Buffer            receives the entry; unchanged on failure. NULL only asks whether there
 *                          is one, and does not move
 * @param BufferLength      bytes of Buffer: exactly the entry's; ignored without Buffer
 *
 * @return 0; in this order: 6 (ERROR_INVALID_HANDLE): snapshot or marker; 87
 *         (ERROR_INVALID_PARAMETER): no such class; 1168 (ERROR_NOT_FOUND): not captured; 24
 *         (ERROR_BAD_LENGTH); 259 (ERROR_NO_MORE_ITEMS): after the last entry, again and again;
 *         234 (ERROR_MORE_DATA): Buffer is NULL and there is an entry; 8 (ERROR_NOT_ENOUGH_MEMORY):
 *         the allocator gave NULL; the marker stays, and the call may be tried again. Rule:
 *         PssWalkSnapshot; silent on the order and on the last.
 *
 * Equal texts are handed out once for each marker: its memory grows with what is different in the
 * snapshot and not with the number of calls, a walk's time with the number of entries.
 */
DWORD WINAPI PssWalkSnapshot(HPSS SnapshotHandle, PSS_WALK_INFORMATION_CLASS InformationClass,
                             HPSSWALK WalkMarkerHandle, void *Buffer, DWORD BufferLength);

/**
 * Make a snapshot known in another process, or a second time in this one.
 *
 * @param SourceProcessHandle   the process in which the snapshot lives (PROCESS_VM_READ,
 *                              PROCESS_DUP_HANDLE)
 * @param SnapshotHandle        in that process
 * @param TargetProcessHandle   the process that gets it (PROCESS_VM_OPERATION, PROCESS_VM_WRITE,
 *                              PROCESS_DUP_HANDLE)
 * @param TargetSnapshotHandle  receives the handle, which is good in the target only and is freed
 *                              there, whatever becomes of the source; NULL on failure
 * @param Flags                 PSS_DUPLICATE_FLAGS
 *
 * @return 0; 87 (ERROR_INVALID_PARAMETER): TargetSnapshotHandle is NULL, an unknown flag; 6
 *         (ERROR_INVALID_HANDLE): no process handle, no snapshot; 50 (ERROR_NOT_SUPPORTED):
 * emulated, when either process is not this one. Rule: PssDuplicateSnapshot.
 */
DWORD WINAPI PssDuplicateSnapshot(HANDLE SourceProcessHandle, HPSS SnapshotHandle,
                                  HANDLE TargetProcessHandle, HPSS *TargetSnapshotHandle,
                                  PSS_DUPLICATE_FLAGS Flags);

/**
 * Make a walk marker. It stands at the beginning, and belongs to no snapshot and no class yet.
 *
 * @param Allocator         where its memory comes from; must outlive the marker, unchanged: it is
 *                          not copied. NULL: the process heap
 * @param WalkMarkerHandle  receives the marker, to be freed with PssWalkMarkerFree; NULL on failure
 *
 * @return 0; 87 (ERROR_INVALID_PARAMETER): WalkMarkerHandle or a routine is NULL (silent); 8
 *         (ERROR_NOT_ENOUGH_MEMORY). Rule: PssWalkMarkerCreate.
 */
DWORD WINAPI PssWalkMarkerCreate(PSS_ALLOCATOR const *Allocator, HPSSWALK *WalkMarkerHandle);

/**
 * Free a marker and all that its entries point at, through its allocator, which is not called any
 * more after this.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE). Rule: PssWalkMarkerFree.
 */
DWORD WINAPI PssWalkMarkerFree(HPSSWALK WalkMarkerHandle);

/**
 * Where a marker stands.
 *
 * @param Position  receives it. Positions are opaque, without order or arithmetic: good for
 *                  PssWalkMarkerSetPosition alone, with the same snapshot and class
 * @return 0; 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER): Position is NULL. Rule:
 *         PssWalkMarkerGetPosition.
 */
DWORD WINAPI PssWalkMarkerGetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR *Position);

/**
 * Put a marker where PssWalkMarkerGetPosition said that it, or another one, stood.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER): no such position, the marker
 *         stays (silent). A position behind the last entry is found out by the next walk:
 *         ERROR_NO_MORE_ITEMS. Rule: PssWalkMarkerSetPosition.
 */
DWORD WINAPI PssWalkMarkerSetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR Position);

/**
 * Put a marker back to the beginning, for any snapshot and class. What was handed out stays good.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE). Rule: PssWalkMarkerSeekToBeginning.
 */
DWORD WINAPI PssWalkMarkerSeekToBeginning(HPSSWALK WalkMarkerHandle);

#ifdef __cplusplus
}
#endif

#endif /* HEAPCTRS_SYSTEM_HAS_PROCESSSNAPSHOT_H */

#endif /* HEAPCTRS_PROCESSSNAPSHOT_H */
