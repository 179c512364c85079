/* SPDX-License-Identifier: MIT
 *
 * Process snapshots (PssCaptureSnapshot, ...): the state of a process at one moment, which can be
 * read while the process continues. If the tool chain has a processsnapshot.h (newer mingw-w64),
 * this header includes it. Otherwise, natively and on Windows, it defines the same types, numbers
 * and prototypes. The header can be used from C and C++.
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
 * kernel32's functions if all ten exist (Windows 8.1 and later). Otherwise they emulate them: on
 * Wine and older Windows with documented calls (VirtualQueryEx, Toolhelp, the handle table),
 * natively with /proc. A Windows program that does not link the library must look up each function
 * with GetProcAddress, because with an import it does not start on Windows 7 and Wine 8.0.
 *
 * What holds for all functions:
 *
 * - Results are Win32 codes; 0 (ERROR_SUCCESS) is success. The functions do not change
 *   GetLastError. A failed function writes nothing through its pointers, except NULL into the
 *   handle that it would have created. Note that 259 is ERROR_NO_MORE_ITEMS here and STILL_ACTIVE
 *   elsewhere.
 * - HPSS and HPSSWALK are not kernel handles and must not be passed to CloseHandle. NULL and a
 *   value that is recognised as no such handle give 6 (ERROR_INVALID_HANDLE). Using a handle after
 *   it was freed is undefined.
 * - Natively a process HANDLE is the process id as a number, e.g. (HANDLE)(LONG_PTR)4711. It is not
 *   closed. GetCurrentProcess() is -1, as on Windows.
 * - Threads: a snapshot never changes after its capture. Any number of threads may query and walk
 *   it at once, each with its own marker. Only one thread at a time may use a marker. Freeing a
 *   snapshot or a marker that another thread uses is undefined.
 * - "Rule: PAGE" names the page of Microsoft's process-snapshotting reference that states the rule.
 *   "Silent" means that the reference does not say it; the emulation then chooses the strict way.
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

/* winnt.h defines these for the entries of an address space. */
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
 * What PssCaptureSnapshot captures, and how: any combination of these. A flag that is "not
 * emulated" fails with 50 (ERROR_NOT_SUPPORTED) on a system without snapshots of its own. A flag
 * that is valid "with ... only" fails with 87 (ERROR_INVALID_PARAMETER) without that other flag.
 * Rule: PSS_CAPTURE_FLAGS.
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
/** Names of handles; with HANDLES only. A file has no name if querying it could block. */
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
/** If a clone cannot leave the job, that is not a failure; with one of the next two only. */
#define PSS_CREATE_BREAKAWAY_OPTIONAL ((PSS_CAPTURE_FLAGS)0x04000000)
/** A clone leaves the job of its process. Without a clone: no effect. */
#define PSS_CREATE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x08000000)
/** The same by privilege (SeTcb); has priority over BREAKAWAY. */
#define PSS_CREATE_FORCE_BREAKAWAY ((PSS_CAPTURE_FLAGS)0x10000000)
/** The snapshot uses pages of its own and not the process heap, for use after a crash. */
#define PSS_CREATE_USE_VM_ALLOCATIONS ((PSS_CAPTURE_FLAGS)0x20000000)
/** Record PSS_PERFORMANCE_COUNTERS. */
#define PSS_CREATE_MEASURE_PERFORMANCE ((PSS_CAPTURE_FLAGS)0x40000000)
/** A clone does not hold the image file; with VA_CLONE only. */
#define PSS_CREATE_RELEASE_SECTION ((PSS_CAPTURE_FLAGS)0x80000000)

/** For PssDuplicateSnapshot. CLOSE_SOURCE: the source is freed, as by PssFreeSnapshot. */
typedef DWORD PSS_DUPLICATE_FLAGS;
#define PSS_DUPLICATE_NONE ((PSS_DUPLICATE_FLAGS)0)
#define PSS_DUPLICATE_CLOSE_SOURCE ((PSS_DUPLICATE_FLAGS)1)

/** Which members of a PSS_HANDLE_ENTRY are valid. A member that could not be read has no flag. */
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

/** TERMINATED: the thread has ended, and a handle to it is still open. */
typedef DWORD PSS_THREAD_FLAGS;
#define PSS_THREAD_FLAGS_NONE ((PSS_THREAD_FLAGS)0)
#define PSS_THREAD_FLAGS_TERMINATED ((PSS_THREAD_FLAGS)1)

/* ---- classes ------------------------------------------------------------------------------- */

/** For PssQuerySnapshot: the structure that is returned, and the flag that captures it. */
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

/** For PssWalkSnapshot: the entries that are returned, and the flag that captures them. */
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

/* Units per second of the wall-clock times in PSS_PERFORMANCE_COUNTERS: microseconds. */
#define PSS_PERF_RESOLUTION 1000000

/* ---- answers of PssQuerySnapshot ----------------------------------------------------------- */

/**
 * The process itself. A FILETIME is a UTC time in units of 100 ns since 1601-01-01, or a length in
 * units of 100 ns. A member that the system does not provide is 0. Natively the values come from
 * /proc/PID/stat and status.
 */
typedef struct {
    DWORD ExitStatus;       /* 259 while it runs */
    void *PebBaseAddress;   /* address in the process; natively NULL */
    ULONG_PTR AffinityMask; /* bit n: processor n */
    LONG BasePriority;      /* 1 to 31; natively 8 */
    DWORD ProcessId;
    DWORD ParentProcessId; /* the parent may have ended and its id may be in use again */
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
    ULONG_PTR PagefileUsage;       /* committed; natively VmData, the nearest equivalent */
    ULONG_PTR PeakPagefileUsage;   /* natively PagefileUsage: Linux has no peak */
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
 * Cost of the capture, in total and by class: cycles (emulated 0), and wall-clock time in units of
 * 1 / PSS_PERF_RESOLUTION seconds. A class that was not captured has 0.
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
 * The memory that an entry points at belongs to the walk marker. It is valid until
 * PssWalkMarkerFree, even after the marker has moved (rule: PssWalkSnapshot). Texts are UTF-16.
 * Their lengths are in bytes and at most 65534, the largest even WORD. If a length is 0, there is
 * no text and the pointer is NULL.
 *
 * The documentation says that a length counts the text. Here a terminator follows that is not
 * counted. Public programs suggest that Windows may count a terminator; no public text settles the
 * question. Three kinds of program therefore get the same text from the emulation: one that uses
 * the length as it is, one that removes a counted terminator, and one that reads up to the
 * terminator. A program that always subtracts a terminator loses a character; it contradicts the
 * documentation. A program for Windows should expect both and remove zero units at the end.
 *
 * Addresses are addresses in the captured process and not valid in this one.
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
 * A region: adjacent pages with the same attributes. In the emulation free regions are entries too,
 * so each region begins where the previous one ends (silent); skip State MEM_FREE in sums. Natively
 * each mapping of /proc/PID/maps is a region, except [vsyscall], which does not count in the size
 * of the process.
 */
typedef struct {
    void *BaseAddress;
    void *AllocationBase;    /* start of the reservation; natively of the image or this region */
    DWORD AllocationProtect; /* PAGE_... at that time */
    ULONG_PTR RegionSize;    /* bytes */
    DWORD State;             /* MEM_COMMIT, MEM_RESERVE or MEM_FREE */
    DWORD Protect;           /* PAGE_...; 0 when reserved, PAGE_NOACCESS when free */
    DWORD Type;              /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE; 0 when free */
    DWORD TimeDateStamp;     /* this to CheckSum: of an image, with ..._SECTION_INFORMATION */
    DWORD SizeOfImage;       /* bytes */
    void *ImageBase;         /* where it is loaded; NULL if no image or not captured */
    DWORD CheckSum;
    WORD MappedFileNameLength;   /* bytes; of what is mapped, with ..._SECTION_INFORMATION */
    WCHAR const *MappedFileName; /* as GetMappedFileName returns it; natively the path */
} PSS_VA_SPACE_ENTRY;

/**
 * A handle; natively a file descriptor. An eventfd is an Event or a Semaphore, a memfd or a file in
 * /dev/shm a Section, a pidfd a Process, a timerfd a Timer, an epoll an IoCompletion. Other
 * descriptors are Files or have the type name of their anon_inode. Natively 0 is a valid value.
 */
typedef struct {
    HANDLE Handle;          /* its value in the process; not usable in this one */
    PSS_HANDLE_FLAGS Flags; /* which members are valid */
    PSS_OBJECT_TYPE ObjectType;
    FILETIME CaptureTime;     /* when this entry was read */
    DWORD Attributes;         /* 2 (OBJ_INHERIT): children inherit it */
    DWORD GrantedAccess;      /* natively GENERIC_READ and GENERIC_WRITE, by the open mode */
    DWORD HandleCount;        /* to the object, in all processes; natively 0 */
    DWORD PointerCount;       /* natively 0, as the next three */
    DWORD PagedPoolCharge;    /* bytes */
    DWORD NonPagedPoolCharge; /* bytes */
    FILETIME CreationTime;    /* of the object; 0 if the system does not record it */
    WORD TypeNameLength;      /* bytes */
    WCHAR const *TypeName;    /* "File", "Event", ... */
    WORD ObjectNameLength;    /* bytes */
    WCHAR const *ObjectName;  /* in the system's name space; natively the target of the link */
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
 * The routines serve only the marker, never the snapshot. PssWalkMarkerCreate, PssWalkSnapshot and
 * PssWalkMarkerFree call them on the calling thread, so they need no lock unless other code shares
 * the data of Context. All blocks are freed in PssWalkMarkerFree at the latest. The structure is
 * not copied: it must exist as long as the marker and must not change. Rule: PSS_ALLOCATOR.
 *
 * With HEAPCTRS_PSS_DEBUG=1 in the environment the emulation makes two checks. It passes NULL to
 * FreeRoutine once, when the marker is made, so that a routine that does not accept NULL is
 * noticed. At each call that needs the structure it compares the structure with its original
 * content. It reports a change on stderr with both addresses and calls the original routines.
 */
typedef struct {
    void *Context; /* passed unchanged to both routines; may be NULL */
    /* Return Size bytes (never 0), aligned like malloc's, or NULL. After NULL the call fails with 8
       (ERROR_NOT_ENOUGH_MEMORY), the marker has not moved, and the call may be repeated. */
    void *(WINAPI *AllocRoutine)(void *Context, DWORD Size);
    /* Free a block of AllocRoutine. Must accept NULL and do nothing then. */
    void(WINAPI *FreeRoutine)(void *Context, void *Address);
} PSS_ALLOCATOR;

/* ---- functions ----------------------------------------------------------------------------- */

/**
 * Capture a process.
 *
 * @param ProcessHandle       the process, which continues to run. GetCurrentProcess() is allowed.
 *                            The emulation on Windows needs PROCESS_QUERY_INFORMATION, for section
 *                            information PROCESS_VM_READ, and for the objects of handles
 *                            PROCESS_DUP_HANDLE. Natively it needs the right to debug the process
 * @param CaptureFlags        what to capture: PSS_CAPTURE_FLAGS. 0: process information only
 * @param ThreadContextFlags  CONTEXT_ALL and its parts, for the THREAD_CONTEXT flags; otherwise
 *                            ignored
 * @param SnapshotHandle      receives the snapshot, to be freed with PssFreeSnapshot; NULL on
 *                            failure
 *
 * @return 0 or
 *         87 (ERROR_INVALID_PARAMETER): SnapshotHandle is NULL, or a flag is reserved, unknown or
 *            lacks the flag that it needs;
 *         50 (ERROR_NOT_SUPPORTED): this system cannot honour a flag; nothing is captured;
 *         6 (ERROR_INVALID_HANDLE): no process handle, or the process has exited, also during the
 *           call;
 *         5 (ERROR_ACCESS_DENIED); 8 (ERROR_NOT_ENOUGH_MEMORY);
 *         30 (ERROR_READ_FAULT): natively, if /proc cannot be read.
 *         Rule: silent on errors.
 *
 * The emulation reads the classes one after the other. It repeats reading the regions a few times,
 * until two readings agree. Each class is therefore close to one moment, but the whole snapshot is
 * not. Threads and handles that end during the listing are left out.
 */
DWORD WINAPI PssCaptureSnapshot(HANDLE ProcessHandle, PSS_CAPTURE_FLAGS CaptureFlags,
                                DWORD ThreadContextFlags, HPSS *SnapshotHandle);

/**
 * Free a snapshot. Its markers remain valid and keep the texts of their entries.
 *
 * @param ProcessHandle   the process that contains the snapshot, not the process that was captured;
 *                        almost always GetCurrentProcess()
 * @param SnapshotHandle  the snapshot; a duplicate remains valid
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE): no process handle, no snapshot; 50 (ERROR_NOT_SUPPORTED):
 *         another process, and the snapshot was not made with PSS_CREATE_USE_VM_ALLOCATIONS; in the
 *         emulation, any other process. Rule: PssFreeSnapshot.
 */
DWORD WINAPI PssFreeSnapshot(HANDLE ProcessHandle, HPSS SnapshotHandle);

/**
 * Read one structure of a snapshot.
 *
 * @param SnapshotHandle    any snapshot
 * @param InformationClass  which structure; see PSS_QUERY_INFORMATION_CLASS
 * @param Buffer            receives it; unchanged on failure
 * @param BufferLength      bytes of Buffer: exactly the structure's
 *
 * @return 0, or the first that applies of: 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER):
 *         no such class; 1168 (ERROR_NOT_FOUND): not captured, with any length; 24
 *         (ERROR_BAD_LENGTH); 87: Buffer is NULL. Rule: PssQuerySnapshot; silent on the order.
 */
DWORD WINAPI PssQuerySnapshot(HPSS SnapshotHandle, PSS_QUERY_INFORMATION_CLASS InformationClass,
                              void *Buffer, DWORD BufferLength);

/**
 * Copy the entry at the marker, and move the marker to the next entry.
 *
 * @param SnapshotHandle    any snapshot; not changed
 * @param InformationClass  which entries; see PSS_WALK_INFORMATION_CLASS. A marker that has
 *                          walked one class begins at the first entry of another
 * @param WalkMarkerHandle  used by one thread at a time; its allocator provides the memory that the
 *                          entry points at
 * @param Buffer            receives the entry; unchanged on failure. With NULL the call only checks
 *                          whether there is an entry, and the marker does not move
 * @param BufferLength      bytes of Buffer: exactly the entry's; ignored if Buffer is NULL
 *
 * @return 0, or the first that applies of: 6 (ERROR_INVALID_HANDLE): snapshot or marker; 87
 *         (ERROR_INVALID_PARAMETER): no such class; 1168 (ERROR_NOT_FOUND): not captured; 24
 *         (ERROR_BAD_LENGTH); 259 (ERROR_NO_MORE_ITEMS): after the last entry, however often it is
 *         called; 234 (ERROR_MORE_DATA): Buffer is NULL and there is an entry; 8
 *         (ERROR_NOT_ENOUGH_MEMORY): the allocator returned NULL; the marker has not moved, and the
 *         call may be repeated. Rule: PssWalkSnapshot; silent on the order and on the last error.
 *
 * A marker stores each different text once. Its memory grows with the number of different texts and
 * not with the number of calls. The time of a walk grows with the number of entries.
 */
DWORD WINAPI PssWalkSnapshot(HPSS SnapshotHandle, PSS_WALK_INFORMATION_CLASS InformationClass,
                             HPSSWALK WalkMarkerHandle, void *Buffer, DWORD BufferLength);

/**
 * Duplicate a snapshot into another process or inside this one.
 *
 * @param SourceProcessHandle   the process that contains the snapshot (PROCESS_VM_READ,
 *                              PROCESS_DUP_HANDLE)
 * @param SnapshotHandle        valid in the source process
 * @param TargetProcessHandle   the process that gets the duplicate (PROCESS_VM_OPERATION,
 *                              PROCESS_VM_WRITE, PROCESS_DUP_HANDLE)
 * @param TargetSnapshotHandle  receives the handle, which is valid only in the target process and
 *                              is freed there, independently of the source; NULL on failure
 * @param Flags                 PSS_DUPLICATE_FLAGS
 *
 * @return 0; 87 (ERROR_INVALID_PARAMETER): TargetSnapshotHandle is NULL, or a flag is unknown; 6
 *         (ERROR_INVALID_HANDLE): no process handle, no snapshot; 50 (ERROR_NOT_SUPPORTED): in the
 *         emulation, if one of the processes is not this one. Rule: PssDuplicateSnapshot.
 */
DWORD WINAPI PssDuplicateSnapshot(HANDLE SourceProcessHandle, HPSS SnapshotHandle,
                                  HANDLE TargetProcessHandle, HPSS *TargetSnapshotHandle,
                                  PSS_DUPLICATE_FLAGS Flags);

/**
 * Make a walk marker. It is at the beginning and not yet bound to a snapshot or a class.
 *
 * @param Allocator         provides its memory. It is not copied: it must exist as long as the
 *                          marker and must not change. NULL: the process heap
 * @param WalkMarkerHandle  receives the marker, to be freed with PssWalkMarkerFree; NULL on failure
 *
 * @return 0; 87 (ERROR_INVALID_PARAMETER): WalkMarkerHandle or a routine is NULL (silent); 8
 *         (ERROR_NOT_ENOUGH_MEMORY). Rule: PssWalkMarkerCreate.
 */
DWORD WINAPI PssWalkMarkerCreate(PSS_ALLOCATOR const *Allocator, HPSSWALK *WalkMarkerHandle);

/**
 * Free a marker and the memory that its entries point at. Its allocator is not called after this.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE). Rule: PssWalkMarkerFree.
 */
DWORD WINAPI PssWalkMarkerFree(HPSSWALK WalkMarkerHandle);

/**
 * Get the position of a marker.
 *
 * @param Position  receives it. A position is opaque, without order or arithmetic. It may only be
 *                  passed to PssWalkMarkerSetPosition, for the same snapshot and class
 * @return 0; 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER): Position is NULL. Rule:
 *         PssWalkMarkerGetPosition.
 */
DWORD WINAPI PssWalkMarkerGetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR *Position);

/**
 * Move a marker to a position that PssWalkMarkerGetPosition returned for this or another marker.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE); 87 (ERROR_INVALID_PARAMETER): no such position, and the
 *         marker does not move (silent). If the position is after the last entry, the next walk
 *         returns ERROR_NO_MORE_ITEMS. Rule: PssWalkMarkerSetPosition.
 */
DWORD WINAPI PssWalkMarkerSetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR Position);

/**
 * Move a marker back to the beginning, for any snapshot and class. Memory that its entries point at
 * remains valid.
 *
 * @return 0; 6 (ERROR_INVALID_HANDLE). Rule: PssWalkMarkerSeekToBeginning.
 */
DWORD WINAPI PssWalkMarkerSeekToBeginning(HPSSWALK WalkMarkerHandle);

#ifdef __cplusplus
}
#endif

#endif /* HEAPCTRS_SYSTEM_HAS_PROCESSSNAPSHOT_H */

#endif /* HEAPCTRS_PROCESSSNAPSHOT_H */
