/* SPDX-License-Identifier: MIT
 *
 * One provider in a process of its own: the harness starts itself again with a hidden command, and
 * that child loads the library and makes single calls on request, each under a watchdog. Whatever
 * the provider does - crash, hang, exit, overflow its stack, scribble over the heap - the harness
 * goes on and is told what happened: the observation.
 *
 * Nothing here judges. test_level.c and the rules turn observations into events and findings.
 *
 *     provider_process_start(&process, &start);               // no child yet
 *     call.kind = PROVIDER_LOAD;                               // starts a child when there is none
 *     provider_process_call(process, &call, &observation);
 *     ... PROVIDER_OPEN, PROVIDER_COLLECT, PROVIDER_CLOSE, PROVIDER_UNLOAD in any order ...
 *     provider_process_stop(process);
 *
 * A call that does not return ends the child. The next PROVIDER_LOAD starts a new one, with nothing
 * loaded; any other call in between is answered with PROVIDER_GONE.
 *
 * One provider_process is used by one thread at a time. All text is UTF-8 unless it is WCHAR.
 */
#ifndef PROVIDER_PROCESS_H
#define PROVIDER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Threads that a child can make calls on, numbered from 0; each lives as long as the child. */
#define PROVIDER_THREADS 16

/** Bytes of each guard area, before and behind. Rule: PM_COLLECT_PROC, ExtCounterTestLevel. */
#define PROVIDER_GUARD_SIZE 1024

/** What fills the guard areas: byte i of an area is provider_guard_pattern(i). */
static inline unsigned char provider_guard_pattern(size_t i)
{
    return (unsigned char)(0xA5 ^ (i * 7));
}

/** What is called, and with what. Everything is copied by provider_process_start. */
struct provider_start {
    const char *library;                /* path, from library_path_find */
    const char *open, *collect, *close; /* export names; NULL: there is none to call */
    const WCHAR *context;               /* Open's argument (Linkage\Export); NULL: Open(NULL) */
    size_t context_length;              /* WCHARs, both terminators included */
    const char *service;                /* environment PERFLIB_SERVICE; NULL: not set */
    bool has_indices;                   /* set the two below */
    uint32_t first_counter;             /* environment PERFLIB_FIRST_COUNTER, decimal */
    uint32_t first_help;                /* environment PERFLIB_FIRST_HELP, decimal */

    /* A V2 provider (v2_guest.h): `open` and `close` start and stop it, NULL when loading and
       unloading do; Collect is the harness's, first_counter the first index of its countersets. */
    bool is_v2;
    const char *manifest; /* path; NULL: none */
};

enum provider_call_kind {
    PROVIDER_LOAD,         /* load the library, look up the exports */
    PROVIDER_OPEN,         /* Open(context) */
    PROVIDER_COLLECT,      /* Collect(query, &data, &total_bytes, &object_types) */
    PROVIDER_CLOSE,        /* Close() */
    PROVIDER_UNLOAD,       /* unload the library (FreeLibrary, dlclose) */
    PROVIDER_RESOURCES,    /* call nothing, count what the child holds */
    PROVIDER_SYSTEM_QUERY, /* ask the operating system's registry, not the library: `query` is the
                              value's name. Starts a child as LOAD does. return_code, total_bytes
                              and bytes are its results, object_types is the value's type */
    PROVIDER_SYSTEM_CLOSE, /* close the registry's performance key */
    PROVIDER_V2_FINDINGS, /* call nothing: `bytes` are the breaches of a V2 provider that were found
                             since it was last asked, total_bytes of them (v2_guest.h) */
};

/** Where Collect's buffer lies. */
enum provider_guard {
    PROVIDER_GUARD_NONE,       /* as a consumer's own: memory goes on behind it, nobody looks */
    PROVIDER_GUARD_PATTERN,    /* guard areas before and behind, and a reserve behind those */
    PROVIDER_GUARD_PAGE_END,   /* ends at an inaccessible page; pattern before it */
    PROVIDER_GUARD_PAGE_BEGIN, /* begins at an inaccessible page; pattern behind it */
};

/** Arguments of Collect that are passed as NULL instead (bits). */
enum provider_null {
    PROVIDER_NULL_DATA_POINTER = 1, /* lppData itself */
    PROVIDER_NULL_DATA = 2,         /* *lppData */
    PROVIDER_NULL_TOTAL_BYTES = 4,  /* lpcbTotalBytes */
    PROVIDER_NULL_OBJECT_TYPES = 8, /* lpNumObjectTypes */
};

/** One call. Zeroed fields are plain: thread 0, aligned, no guards, no poison, 10 s. */
struct provider_call {
    enum provider_call_kind kind;
    uint32_t thread;     /* 0 .. PROVIDER_THREADS - 1 */
    uint32_t timeout_ms; /* then the child is killed; 0: 10,000 */
    uint32_t repeat;     /* make the call so often (0: once) and observe the last; stops behind a
                            call that damaged a guard or returned another code than the first */

    uint32_t failing_allocation; /* PROVIDER_OPEN of a V2 provider: PERFLIB's n-th allocation from
                                    then on fails, 1 is the first; 0: none */

    /* PROVIDER_COLLECT only */
    const WCHAR *query;    /* copied with its terminator, which ends at an inaccessible page; NULL:
                              the provider gets NULL */
    uint32_t buffer_size;  /* *lpcbTotalBytes on entry, and the bytes there really are */
    uint32_t misalignment; /* 0..7: the buffer begins so many bytes behind a multiple of 8. With
                              PAGE_END it ends at the page only if (begin + size) allows that: a
                              gap of less than 8 bytes holds the pattern; the same for PAGE_BEGIN */
    enum provider_guard guard;
    uint32_t reserve_size; /* accessible bytes behind the guard area; 0: 1 MiB. Behind them lies an
                              inaccessible page. GUARD_NONE and GUARD_PATTERN */
    uint32_t spare_size;   /* SYSTEM_QUERY: bytes of the buffer that the system is not told of */
    bool has_poison;       /* fill the buffer with bytes of `poison` before the call */
    unsigned char poison;  /* the bytes are all this value */
    uint32_t object_types; /* *lpNumObjectTypes on entry: garbage on purpose */
    uint32_t null_arguments; /* enum provider_null */
    bool copy_used_only;     /* `bytes` holds only *lpcbTotalBytes after success (saves time) */
};

enum provider_outcome {
    PROVIDER_RETURNED,       /* the call returned; the rest of the observation holds */
    PROVIDER_CRASHED,        /* an exception or signal: `fault` */
    PROVIDER_STACK_OVERFLOW, /* the same, for want of stack: `fault` */
    PROVIDER_HUNG,           /* not back in time; `fault` says where it was, when that is known */
    PROVIDER_EXITED,         /* the process ended: `exit_status` */
    PROVIDER_NOT_LOADED,     /* LOAD: `load_error` and `detail` */
    PROVIDER_NO_EXPORT,      /* LOAD or the call itself: the export in `detail` does not exist */
    PROVIDER_THREAD_ENDED, /* the call ended its thread (ExitThread, pthread_exit); so was the child
                            */
    PROVIDER_GONE,         /* no child, or nothing loaded in it: the call was not made */
};

/** `code` of a heap that is damaged: STATUS_HEAP_CORRUPTION. Also when a provider has written over
    what the harness keeps in its process. */
#define PROVIDER_HEAP_DAMAGED 0xC0000374

/** Where and how a call went wrong. Not set: 0, "" or false. */
struct provider_fault {
    uint32_t code;          /* as Windows: 0xC0000005, 0xC00000FD, ...; natively the equal of the
                               signal; 0 when it hung */
    char name[32];          /* "access violation", "SIGSEGV", ... as the system calls it */
    bool has_address;       /* `address` and `is_write` are known */
    bool is_write;          /* else it read, or executed what lies there */
    uint64_t address;       /* that was accessed */
    bool in_buffer_memory;  /* the address lies in the buffer, its guards, reserve or pages */
    int64_t buffer_offset;  /* address - start of the buffer, when in_buffer_memory */
    bool in_query_memory;   /* the address lies at or behind the query text */
    bool is_left_over;      /* what failed was left behind by the library when it was unloaded: a
                               thread, or a way into code or data that is no longer there */
    uint64_t instruction;   /* address of the instruction */
    char module[260];       /* library or program it belongs to, without folder */
    uint64_t module_offset; /* instruction - module base */
    char symbol[128];       /* the function it belongs to: an exported or a debugging symbol */
    uint64_t symbol_offset;
    /* When the instruction is not the provider's own (memcpy, say): its nearest caller that is. */
    bool has_caller;
    uint64_t caller_module_offset; /* return address - base of the provider's library */
    char caller_symbol[128];
    uint64_t caller_symbol_offset;
};

/** Bytes outside the buffer that the call changed. */
struct provider_damage {
    bool before, behind;                /* any in the guard area (page gap included) of that side */
    uint32_t before_first, before_last; /* distance from the buffer's begin: 1 is the byte in front
                                     of it; first <= last */
    uint32_t behind_first, behind_last; /* offset from the buffer's end: 0 is the byte behind it */
    uint32_t reserve_used;              /* bytes behind the guard area up to the last changed one */
};

/** What the child holds. A count that the system does not tell is 0. */
struct provider_resources {
    uint32_t handles; /* handles, file descriptors */
    uint32_t threads;
    uint32_t modules;  /* libraries loaded */
    uint32_t mappings; /* regions of the address space */
    uint64_t
        memory_size; /* bytes in use of the heap; on Windows the private bytes of the process */
};

/** What a call left changed in the thread or the process, besides its results (bits). */
enum provider_side_effect {
    PROVIDER_CHANGED_ERROR_MODE = 1,
    PROVIDER_CHANGED_PRIORITY = 2,
    PROVIDER_CHANGED_FLOATING_POINT = 4, /* control word: rounding, precision, exceptions */
    PROVIDER_CHANGED_DIRECTORY = 8,      /* current directory */
    PROVIDER_CHANGED_SIGNALS = 16,       /* signal mask or handlers; natively only */
    PROVIDER_CHANGED_LOCALE = 32,
};

/** Arguments of Collect whose surroundings were overwritten, or that were changed (bits). */
enum provider_argument_damage {
    PROVIDER_WROTE_QUERY = 1,              /* the query text was changed */
    PROVIDER_WROTE_BESIDE_DATA = 2,        /* memory beside *lppData */
    PROVIDER_WROTE_BESIDE_TOTAL_BYTES = 4, /* e.g. 8 bytes stored into the 4 of *lpcbTotalBytes */
    PROVIDER_WROTE_BESIDE_OBJECT_TYPES = 8,
};

/** What one call did. */
struct provider_observation {
    enum provider_outcome outcome;
    uint32_t exit_status; /* EXITED; natively 0..255 */
    uint32_t load_error;  /* NOT_LOADED: ERROR_FILE_NOT_FOUND, ERROR_BAD_EXE_FORMAT (wrong
                             bitness, or no library), ERROR_MOD_NOT_FOUND, ... */
    char detail[512];     /* the system's own words, or the export's name */
    struct provider_fault fault;

    uint32_t return_code;                /* what Open, Collect or Close returned */
    uint64_t duration_100ns;             /* of the last call alone */
    uint32_t side_effects;               /* enum provider_side_effect */
    struct provider_resources resources; /* PROVIDER_RESOURCES only */
    uint32_t repeated;                   /* calls made */
    uint32_t
        allocations; /* PROVIDER_V2_FINDINGS: by PERFLIB for the provider, since it was opened */

    /* PROVIDER_COLLECT that returned */
    bool data_is_null;             /* *lppData is NULL afterwards */
    int64_t moved;                 /* *lppData afterwards - before, bytes */
    uint32_t total_bytes;          /* *lpcbTotalBytes afterwards */
    uint32_t object_types;         /* *lpNumObjectTypes afterwards */
    uint64_t data_address;         /* *lppData before: for messages about alignment */
    uint32_t argument_damage;      /* enum provider_argument_damage */
    struct provider_damage damage; /* GUARD_NONE: never any */
    unsigned char *bytes; /* the buffer afterwards: buffer_size bytes, or what copy_used_only
                             leaves; malloc, freed by provider_observation_release */
    size_t byte_count;
};

struct provider_process;

/**
 * Prepare; no child is started and nothing loaded before the first PROVIDER_LOAD.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY; ERROR_INVALID_PARAMETER (no library)
 */
DWORD provider_process_start(struct provider_process **process, const struct provider_start *start);

/**
 * Make one call and wait for its end.
 *
 * @param observation  written in every case; release it before it is used again
 * @return ERROR_SUCCESS, whatever the provider did; else the harness's own trouble: no child could
 *         be started, ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER
 */
DWORD provider_process_call(struct provider_process *process, const struct provider_call *call,
                            struct provider_observation *observation);

/**
 * Make several calls at the same moment, each on its own thread (`thread` must differ). When one
 * of them does not return, it has its outcome and the others, unless they came back before, have
 * PROVIDER_GONE.
 *
 * @param count  1 .. PROVIDER_THREADS
 * @return as provider_process_call
 */
DWORD provider_process_call_together(struct provider_process *process,
                                     const struct provider_call calls[], size_t count,
                                     struct provider_observation observations[]);

/** Whether there is a child (it may have nothing loaded). */
bool provider_process_is_alive(const struct provider_process *process);

/** End the child, if there is one, without any further call: as TerminateProcess would. */
void provider_process_kill(struct provider_process *process);

/** End the child and free everything. NULL is allowed. */
void provider_process_stop(struct provider_process *process);

/** Free what an observation holds; a zeroed one is allowed. */
void provider_observation_release(struct provider_observation *observation);

/** What was done at `fault->address`: "writing", "executing" or "reading". */
const char *provider_fault_access(const struct provider_fault *fault);

/**
 * The child's side: every program that uses provider processes (or a host) must call this first
 * thing in main().
 *
 * @param status  receives the exit status for main() when the result is true
 * @return true: this process was a provider's child and is done. False: go on.
 */
bool provider_process_main(int argc, char **argv, int *status);

#endif /* PROVIDER_PROCESS_H */
