/* SPDX-License-Identifier: MIT
 *
 * What one call of a provider did, and how a fault is described.
 */
#ifndef PROVIDER_OBSERVATION_H
#define PROVIDER_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum provider_outcome {
    PROVIDER_RETURNED,       /* the call returned; the other members are valid */
    PROVIDER_CRASHED,        /* an exception or signal: `fault` */
    PROVIDER_STACK_OVERFLOW, /* the same, because the stack was exhausted: `fault` */
    /* not back in time; `fault` says where the thread was, if that is known */
    PROVIDER_HUNG,
    PROVIDER_EXITED,     /* the process ended: `exit_status` */
    PROVIDER_NOT_LOADED, /* LOAD: `load_error` and `detail` */
    PROVIDER_NO_EXPORT,  /* LOAD or the call itself: the export in `detail` does not exist */
    /* the call ended its thread (ExitThread, pthread_exit); the child was ended, too */
    PROVIDER_THREAD_ENDED,
    /* the process lacks memory for the call because the provider lowered its limits */
    PROVIDER_LIMITED,
    PROVIDER_GONE, /* there is no child, or it has nothing loaded: the call was not made */
};

/**
 * `code` of a damaged heap: STATUS_HEAP_CORRUPTION. It is also used if a provider has overwritten
 * what the harness keeps in its process.
 */
#define PROVIDER_HEAP_DAMAGED 0xC0000374

/** Most places on the stack that may be calls of the provider, and most that are reported; chosen. */
#define PROVIDER_CANDIDATES 16
#define PROVIDER_FRAMES 4

/** A word on the stack that may be a return address into the provider's library. */
struct provider_candidate {
    uint64_t module_offset; /* return address - base of the library */
    uint64_t target;        /* of the call before it - base; 0: the call is indirect */
};

/** Where and how a call went wrong. Not set: 0, "" or false. */
struct provider_fault {
    uint32_t code;          /* as on Windows: 0xC0000005, 0xC00000FD, ...; natively the code that
                               matches the signal; 0 for a call that hung */
    char name[32];          /* the system's name: "access violation", "SIGSEGV", ... */
    bool has_address;       /* `address` and `is_write` are known */
    bool is_write;          /* it wrote; otherwise it read or executed */
    uint64_t address;       /* the address that was accessed */
    bool in_buffer_memory;  /* the address lies in the buffer, its guards, reserve or pages */
    int64_t buffer_offset;  /* address - start of the buffer, when in_buffer_memory */
    bool in_query_memory;   /* the address lies in the query text or after it */
    bool is_left_over;      /* the library had been unloaded: a thread of it still ran, or a handler
                               or pointer led into code or data that no longer exists */
    uint64_t instruction;   /* address of the instruction */
    char module[260];       /* library or program it belongs to, without folder */
    uint64_t module_offset; /* instruction - module base */
    char symbol[128];       /* the function it belongs to: an exported or a debugging symbol */
    uint64_t symbol_offset;
    /* If the instruction is not the provider's own (memcpy, for example): its nearest caller in
       the provider. */
    bool has_caller;
    uint64_t caller_module_offset; /* return address - base of the provider's library */
    char caller_symbol[128];
    uint64_t caller_symbol_offset;
    /* Callers above that one: candidates in the order of the stack, and those that are callers. */
    uint32_t candidate_count;
    struct provider_candidate candidates[PROVIDER_CANDIDATES];
    uint32_t frame_count;
    struct {
        uint64_t module_offset; /* return address - base of the library */
        char symbol[64];
    } frames[PROVIDER_FRAMES];
};

/** Bytes outside the buffer that the call changed. */
struct provider_damage {
    /* any in the guard area of that side, gap to the page included */
    bool before, after;
    uint32_t before_first, before_last; /* distance from the start of the buffer: 1 is the byte
                                           before it; first <= last */
    /* offset from the end of the buffer: 0 is the first byte after it */
    uint32_t after_first, after_last;
    uint32_t reserve_used; /* bytes after the guard area, up to the last changed one */
};

/** What the child holds. A count that the system does not report is 0. */
struct provider_resources {
    uint32_t handles; /* handles, file descriptors */
    uint32_t threads;
    uint32_t modules;  /* libraries loaded */
    uint32_t mappings; /* regions of the address space */
    uint64_t
        memory_size; /* bytes in use of the heap; on Windows the private bytes of the process */
};

/** What a call changed in the thread or the process, besides its results (bits). */
enum provider_side_effect {
    PROVIDER_CHANGED_ERROR_MODE = 1,
    PROVIDER_CHANGED_PRIORITY = 2,
    PROVIDER_CHANGED_FLOATING_POINT = 4, /* control word: rounding, precision, exceptions */
    PROVIDER_CHANGED_DIRECTORY = 8,      /* current directory */
    PROVIDER_CHANGED_SIGNALS = 16,       /* signal mask or handlers; natively only */
    PROVIDER_CHANGED_LOCALE = 32,
    /* Limits of the process that were lowered: */
    PROVIDER_LIMITED_MEMORY = 64,
    PROVIDER_LIMITED_TIME = 128,  /* processor time */
    PROVIDER_LIMITED_FILES = 256, /* number or size of files */
    PROVIDER_LIMITED_PROCESSES = 512,
};

/** Arguments of Collect that were changed, or whose surroundings were overwritten (bits). */
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
    char detail[512];     /* the system's own text, or the export's name. For RESOURCES after
                             UNLOAD: what remains of the library, "" for nothing */
    struct provider_fault fault;

    uint32_t return_code;                /* what Open, Collect or Close returned */
    uint64_t duration_100ns;             /* of the last call only */
    uint32_t side_effects;               /* enum provider_side_effect */
    struct provider_resources resources; /* PROVIDER_RESOURCES only */
    uint32_t repeated;                   /* calls that returned */
    uint32_t size;                       /* of the buffer at the last call, in bytes: it differs
                                            from the call's buffer_size only in a sweep */
    /* PROVIDER_V2_FINDINGS: made by PERFLIB for the provider since it was opened */
    uint32_t allocations;

    /* Only for PROVIDER_COLLECT that returned: */
    bool data_is_null;             /* *lppData is NULL after the call */
    int64_t moved;                 /* change of *lppData in bytes */
    uint32_t total_bytes;          /* *lpcbTotalBytes after the call */
    uint32_t object_types;         /* *lpNumObjectTypes after the call */
    uint64_t data_address;         /* *lppData before the call, for messages about alignment */
    uint32_t argument_damage;      /* enum provider_argument_damage */
    struct provider_damage damage; /* never any with GUARD_NONE */
    unsigned char *bytes;          /* the buffer after the call: buffer_size bytes, fewer with
                                      copy_used_only; allocated with malloc, freed by
                                      provider_observation_release */
    size_t byte_count;
};

/** Free what an observation holds. A zeroed one is allowed. */
void provider_observation_release(struct provider_observation *observation);

/** Bytes that are enough for each text below, terminator included. */
#define PROVIDER_FAULT_TEXT 768

/**
 * Describe where it happened: " at heap_walk+0x12 in their.dll+0x4012, called from collect".
 *
 * @param text  receives "" if nothing is known
 * @param size  bytes of `text`, at least 1; a longer text is cut
 */
void provider_observation_fault_place(const struct provider_fault *fault, char *text, size_t size);

/**
 * Describe the whole fault: "access violation (0xC0000005), writing 0x10 at ...". The parameters
 * are those of provider_observation_fault_place.
 */
void provider_observation_describe_fault(const struct provider_fault *fault, char *text,
                                         size_t size);

#endif /* PROVIDER_OBSERVATION_H */
