/* SPDX-License-Identifier: MIT
 *
 * What publishing and reading regions needs of an operating system: files that are mapped and
 * whose owner's life can be seen from outside, reading them although they may be cut short, fork,
 * and a value for each thread. The sibling of os.h; what holds there holds here.
 *
 * Nothing on the writer's side allocates with malloc or waits for anybody.
 */
#ifndef OS_REGION_H
#define OS_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os.h"
#include "os_thread_value.h" /* the system's: see posix/ and win/ */

/** What a region file's name ends in: one with heaps, one with countersets of PERFLIB V2, one with the
    requests of a consumer of them. Files of other names are none of ours. */
#define OS_REGION_SUFFIX ".region"
#define OS_REGION_COUNTERS_SUFFIX ".counters"
#define OS_REGION_CONSUMER_SUFFIX ".consumer"

/** A file with what only its owner and root may read and write; anybody may read the others. */
#define OS_REGION_PRIVATE_SUFFIX ".private"

/* ---- the writer's side --------------------------------------------------------------- */

/** A region file that this process publishes. */
struct os_region_file {
    intptr_t handle;
    uint64_t device, inode;  /* which file `handle` is: the program may have closed it */
    bool is_named;           /* whether readers can find it already */
    bool is_hidden;          /* os_region_hide closed `handle` */
    char path[OS_PATH_SIZE]; /* where they find it, or will */
};

/**
 * The directory to publish in: $HEAPCTRS_DIR, or the user's own. It is made if it is not there,
 * and regions of dead processes in it are removed.
 *
 * @param path  receives it, also in most failures; empty before the call
 * @return ERROR_SUCCESS; ERROR_INVALID_OWNER when others could write there, or it belongs to another user;
 *         ERROR_ACCESS_DENIED; ERROR_PATH_NOT_FOUND; another system error
 */
DWORD os_region_directory(char *path, size_t size);

/**
 * Make an empty region file, locked, closed at exec, and not yet visible under its name.
 *
 * @param directory  as from os_region_directory
 * @param suffix     OS_REGION_SUFFIX, OS_REGION_COUNTERS_SUFFIX, OS_REGION_PRIVATE_SUFFIX
 */
DWORD os_region_create(struct os_region_file *file, const char *directory, const char *suffix);

/**
 * Make the file `size` bytes long, backed by memory or disk. Never shorter.
 *
 * @return ERROR_SUCCESS; ERROR_DISK_FULL; ERROR_FILE_TOO_LARGE: no file can be that long there;
 *         another system error
 */
DWORD os_region_grow(struct os_region_file *file, uint64_t size);

/** Let readers find it. */
DWORD os_region_publish(struct os_region_file *file);

/**
 * Close what the program, or one that it starts, could see or close: the descriptor. The file and
 * its lock stay as long as a mapping of it does. os_region_grow opens it again; call this when what
 * was added is mapped. Does nothing where programs cannot see handles.
 */
void os_region_hide(struct os_region_file *file);

/** Where in the file a mapping may begin: at multiples of this. */
size_t os_region_alignment(void);

/**
 * Map part of it, readable and writable, seen by everybody.
 *
 * @param at  NULL for anywhere; or memory of the same size, mapped here before, to be replaced at
 *            the same address (native only)
 * @return the memory or NULL
 */
void *os_region_map(struct os_region_file *file, uint64_t offset, size_t size, void *at);

/** Private zeroed memory in the place of a mapping: what is written there nobody sees. */
bool os_region_replace_private(void *at, size_t size);

/** End a mapping of this section. */
void os_region_unmap(void *memory, size_t size);

/** Whether the file is there under its name, or what became of it. */
enum os_region_presence {
    OS_REGION_PRESENT,
    OS_REGION_UNLINKED, /* nobody can find it any more */
    OS_REGION_NOT_TOLD  /* the system could not say */
};
enum os_region_presence os_region_presence(const struct os_region_file *file);

/** Whether the file surely still has its first `size` bytes: whether they can be written to. */
bool os_region_is_whole(const struct os_region_file *file, uint64_t size);

/**
 * Have a fault in the writer's own mappings repaired: the file was cut short, and a store ends the
 * process otherwise. Only if the program has no handler of its own for such faults; it may set one
 * at any time, which takes precedence. Every other fault does what it would do without this.
 *
 * @param repair  called in the signal handler: makes the page at an address usable and returns
 *                true, or returns false if the address is none of ours
 */
void os_region_guard_writer(bool (*repair)(uintptr_t address));

/** Whether a reader waits for a new state of the file: see os_region_ask. */
bool os_region_is_asked(const struct os_region_file *file);

/** Remove the file and close it. */
void os_region_remove(struct os_region_file *file);

/** Close what a forked child inherited of the file; the parent's goes on. */
void os_region_abandon(struct os_region_file *file);

/** When this process started: tells it from others that had its id. 0: not known. */
uint64_t os_region_process_start(void);

/** The PID namespace in which this process has its id. 0: not known, or the system has none. */
uint64_t os_region_pid_namespace(void);

/* ---- the reader's side --------------------------------------------------------------- */

/** A region file of another process, open for reading. */
struct os_region_source {
    intptr_t handle;
    uint64_t size;          /* bytes, when it was opened */
    uint64_t device, inode; /* which file it is, whatever its name */
    uint64_t owner;         /* user; 0 where that is no number */
    bool has_other_names;   /* hard links: somebody could show it twice */
};

/** A directory in which regions may be. */
struct os_region_place {
    char path[OS_PATH_SIZE];
    uint64_t owner;   /* user, as the system says; 0 where that is no number */
    bool is_link;     /* it is a link, and so refused */
    bool is_misnamed; /* its name is that of another user's directory */
    bool is_shared;   /* everybody may have files there, each of its owner's: it is sticky */
};

/** A listing of these directories; it is read once from beginning to end. */
struct os_region_places {
    void *listing;
    bool has_own; /* the directory of the environment is still to come */
};

/** @return ERROR_SUCCESS, also when there are none; a system error: the system could not say */
DWORD os_region_places_open(struct os_region_places *places);

/**
 * The next directory.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: others than its owner can write to it, or it is a
 *         link (place->path is set); ERROR_NO_MORE_FILES; another error: it could not be asked
 */
DWORD os_region_places_next(struct os_region_places *places, struct os_region_place *place);

void os_region_places_close(struct os_region_places *places);

/** A number that changes when there may be others; 0 when that cannot be told (then ask). */
uint64_t os_region_directories_mark(void);

/**
 * Whether a directory that regions may be in can be trusted: see os_region_directory.
 *
 * @param place  with its path; receives the rest
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: it cannot; ERROR_FILE_NOT_FOUND: there is none;
 *         another error: the system could not say
 */
DWORD os_region_place_check(struct os_region_place *place);

/**
 * Look at a name that may be that of a file which its owner has not finished, no region yet, or of
 * a private file. One that a dead owner left is removed.
 *
 * @return ERROR_INVALID_NAME: no such file; ERROR_NOT_READY: its owner lives; ERROR_SUCCESS: it is
 *         dead
 */
DWORD os_region_tidy(const char *path, const char *name);

/**
 * A number that changes when a file was added to or removed from the directory; 0 when that
 * cannot be told (then look).
 */
uint64_t os_region_directory_mark(const char *path);

/**
 * Open a region file without waiting for anything.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_INVALID_NAME: no
 *         regular file, a link, or another user's than the directory
 */
DWORD os_region_open(struct os_region_source *source, const char *directory, const char *name);

/**
 * A mapping for reading, and whether it still is what the file holds: somebody may have cut the
 * file short. It is one of a list that its reader keeps, for the guard below.
 */
struct os_region_mapping {
    const unsigned char *memory; /* NULL: nothing is mapped */
    size_t size;                 /* bytes */
    volatile int is_cut;         /* pages were missing: zeros were read instead */
    struct os_region_mapping *next;
    struct os_region_mapping **link; /* what points to this one in the list */
};

/**
 * Map the first `size` bytes for reading.
 *
 * @return whether that was possible; if not, the mapping is as it was
 */
bool os_region_map_read(const struct os_region_source *source, size_t size,
                        struct os_region_mapping *mapping);

/** End that. */
void os_region_unmap_read(struct os_region_mapping *mapping);

/** Whether a region's owner lives. Its lock decides, in whatever PID namespace the owner is. */
enum os_region_life {
    OS_REGION_LIVE,
    OS_REGION_DEAD,
    OS_REGION_UNKNOWN /* the system could not say: neither alive nor dead */
};
enum os_region_life os_region_life(const struct os_region_source *source);

/**
 * Whether process ids of a PID namespace mean the same processes here, for this process and for
 * what the system says about processes.
 */
bool os_region_is_local(uint64_t pid_namespace);

/**
 * Whether a process surely does not exist any more. A child of it may still hold its lock.
 *
 * @param process_id  one that is local, see os_region_is_local
 */
bool os_region_owner_is_gone(uint32_t process_id);

/**
 * Ask the owner for a new state, until the file is closed. A reader cannot write to the file: it
 * locks a byte of it, which the owner can see.
 *
 * @return ERROR_SUCCESS; a system error: it is not asked
 */
DWORD os_region_ask(const struct os_region_source *source);

/** The process id that a region file's name says; 0 when it says none. */
uint32_t os_region_name_process_id(const char *name);

/**
 * Whether the file can be that process's: false if the process exists and is another user's.
 *
 * @param process_id  one that is local, see os_region_is_local
 */
bool os_region_is_of(const struct os_region_source *source, uint32_t process_id);

/**
 * Remove a dead owner's file, if it is still the one that `source` has open.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the name is another file's; ERROR_SHARING_VIOLATION:
 *         the file is locked, or the system could not say; another system error
 */
DWORD os_region_reap(const struct os_region_source *source, const char *directory,
                     const char *name);

void os_region_close(struct os_region_source *source);

/**
 * Reading with a guard: between begin and end, on this thread, touching a page that a file no
 * longer has does not kill the process. From then on zeros are read in the whole mapping, and its
 * is_cut says so. Calls nest, each with a list of its own; the innermost counts.
 *
 * @param mappings  where the list of all that may be read begins; it may grow and shrink meanwhile
 */
struct os_region_guard {
    bool was_blocked; /* ours */
    struct os_region_mapping *const *outer;
};
void os_region_guard_begin(struct os_region_guard *guard,
                           struct os_region_mapping *const *mappings);
void os_region_guard_end(struct os_region_guard *guard);

/* ---- fork ---------------------------------------------------------------------------- */

/**
 * Have functions called around fork: `prepare` and `parent` in the parent, `child` in the child.
 * Does nothing where there is no fork. Once.
 */
DWORD os_fork_watch(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/**
 * Zeroed pages that are zeroed again in a child, however it is made. As os_pages_allocate, whose
 * promise is all that is left where a system cannot do that.
 */
void *os_pages_allocate_wiped(size_t size);

/* ---- threads ------------------------------------------------------------------------- */

/**
 * Prepare one value for each thread. Call before the others; again does nothing.
 *
 * @param at_end  called with the value when its thread ends, if it is not NULL
 */
DWORD os_thread_value_init(void (*at_end)(void *value));

/** End of that: values are forgotten, at_end is called no more. */
void os_thread_value_release(void);

/* void *os_thread_value(void): this thread's value, NULL at first; see os_thread_value.h. */

/** Set it. ERROR_NOT_ENOUGH_MEMORY: the value is set, but at_end may not be called. */
DWORD os_thread_value_set(void *value);

/**
 * Whether the process surely has one thread: not 0 as long as it has started no other one. Where
 * that is not known, 0. A lock that is held for some instructions need not be atomic then.
 */
extern const volatile char *const os_is_single_threaded;

/** Let other threads run: for loops that wait for a lock. */
void os_thread_yield(void);

#endif /* OS_REGION_H */
