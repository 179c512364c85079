/* SPDX-License-Identifier: MIT
 *
 * What publishing and reading regions needs of an operating system: mapped files whose owner's life
 * can be observed from outside, and reading them safely even if they are shortened. What os.h says of
 * all its functions holds here.
 *
 * Nothing on the writer's side allocates with malloc or waits for another process or thread.
 */
#ifndef OS_REGION_H
#define OS_REGION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os.h"

/** Suffixes of public files: regions with heaps, countersets of PERFLIB V2, and requests of a consumer of
    countersets. Files with other names are not ours. */
#define OS_REGION_SUFFIX ".region"
#define OS_REGION_COUNTERS_SUFFIX ".counters"
#define OS_REGION_CONSUMER_SUFFIX ".consumer"

/**
 * Suffix of a file that only its owner and root may read and write. All users may read the other
 * three kinds.
 */
#define OS_REGION_PRIVATE_SUFFIX ".private"

/* ---- the writer's side --------------------------------------------------------------- */

/** A region file that this process publishes. */
struct os_region_file {
    intptr_t handle;
    uint64_t device, inode; /* identify the file of `handle`: the program may have closed it */
    bool is_named;          /* readers can find the file */
    bool is_hidden;         /* os_region_hide has closed `handle` */
    void *lock; /* Linux: a mapping that holds the lock, and that a forked child has not */
    uint32_t lock_process;   /* the process that has it */
    char path[OS_PATH_SIZE]; /* its path, also before it is published */
};

/**
 * The directory to publish in: $HEAPCTRS_DIR, or the user's own. It is created if it does not
 * exist, and regions of dead processes in it are removed.
 *
 * @param path  receives it, also in most failures; empty before the call
 * @return ERROR_SUCCESS; ERROR_INVALID_OWNER if other users could write there, or it belongs to
 *         another user; ERROR_ACCESS_DENIED; ERROR_PATH_NOT_FOUND; another system error
 */
DWORD os_region_directory(char *path, size_t size);

/**
 * Make the folder in which users' folders are, before any user does, and set its access list. For installers.
 *
 * @param path  receives it
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: this system has it already; ERROR_INVALID_OWNER: a file or a link
 *         is in its place; ERROR_ACCESS_DENIED; another system error
 */
DWORD os_region_shared_directory(char *path, size_t size);

/**
 * Create an empty region file. It is locked, is closed at exec, and is not yet visible under its
 * name. A forked child has the file's mappings, but not the lock.
 *
 * @param directory  as from os_region_directory; it may be file->path, which is the directory again after a failure
 * @param suffix     OS_REGION_SUFFIX, OS_REGION_COUNTERS_SUFFIX, OS_REGION_PRIVATE_SUFFIX
 */
DWORD os_region_create(struct os_region_file *file, const char *directory, const char *suffix);

/**
 * Make the file `size` bytes long, backed by memory or disk. It is never shortened.
 *
 * @return ERROR_SUCCESS; ERROR_DISK_FULL; ERROR_FILE_TOO_LARGE: no file there can be that long;
 *         another system error
 */
DWORD os_region_grow(struct os_region_file *file, uint64_t size);

/**
 * Map more of the file than there is memory for, so that it can be used later without a descriptor.
 *
 * @param size  becomes the size of the file; nothing after `used` is touched before os_region_commit
 * @param used  bytes for which os_region_grow has succeeded
 * @return the memory, for os_region_unmap; NULL if the system cannot do that. Then nothing has changed
 */
void *os_region_map_reserved(struct os_region_file *file, size_t size, size_t used);

/** Reserve memory or disk for whole pages of such a mapping. Returns false if it cannot. */
bool os_region_commit(void *memory, size_t size);

/** Make the file visible to readers. */
DWORD os_region_publish(struct os_region_file *file);

/**
 * Close the descriptor, so that neither the program nor one that it starts can see or close it. The
 * file stays as long as it is mapped, and its lock until os_region_remove. os_region_grow opens it again; call this again
 * after the added part is mapped. Does nothing where programs cannot see handles.
 */
void os_region_hide(struct os_region_file *file);

/** A mapping may begin at multiples of this offset in the file. */
size_t os_region_alignment(void);

/**
 * Map part of the file, readable and writable, shared with all readers.
 *
 * @param at  NULL for any address; or memory of the same size that this function has mapped, to be
 *            replaced at the same address (native only)
 * @return the memory or NULL
 */
void *os_region_map(struct os_region_file *file, uint64_t offset, size_t size, void *at);

/** Replace a mapping by private memory filled with zeros. No reader sees what is written there. */
bool os_region_replace_private(void *at, size_t size);

/** Unmap memory of os_region_map. */
void os_region_unmap(void *memory, size_t size);

/** Whether the file still exists under its name. */
enum os_region_presence {
    OS_REGION_PRESENT,
    OS_REGION_UNLINKED,        /* no reader can find it any more */
    OS_REGION_PRESENCE_UNKNOWN /* the system could not report it */
};
enum os_region_presence os_region_presence(const struct os_region_file *file);

/**
 * Whether readers have lost the file. The system is asked at most once a second, by one thread.
 *
 * @param is_damaged  the file was shortened
 * @param asked_at    os_clock_ticks of the last question; it begins with 0
 */
static inline bool os_region_is_lost(const struct os_region_file *file, bool is_damaged,
                                     _Atomic uint64_t *asked_at)
{
    const uint64_t now = os_clock_ticks();
    uint64_t last = *asked_at;

    if (now - last < os_clock_frequency() || !atomic_compare_exchange_strong(asked_at, &last, now))
        return false;
    const uint32_t error = os_last_error();
    const bool is_lost = is_damaged || os_region_presence(file) == OS_REGION_UNLINKED;
    os_last_error_set(error);
    return is_lost;
}

/** Whether the first `size` bytes of the file certainly exist, so that they can be written to. */
bool os_region_is_whole(const struct os_region_file *file, uint64_t size);

/**
 * Repair faults in the writer's own mappings. If the file was shortened, a store there would
 * otherwise end the process. This is used only if the program has no handler of its own for such
 * faults; the program may set one at any time, and it takes precedence. Every other fault has its
 * usual effect.
 *
 * @param repair  called in the signal handler: makes the page at an address usable and returns
 *                true, or returns false if the address does not belong to its file. There may be two
 *                such functions
 */
void os_region_guard_writer(bool (*repair)(uintptr_t address));

/**
 * Whether a reader waits for a new state of the file; see os_region_ask. A hidden file that cannot be
 * opened any more, after chroot or setuid, counts as asked: the last request in it stays in force.
 */
bool os_region_is_asked(const struct os_region_file *file);

/** Remove the file and close it. */
void os_region_remove(struct os_region_file *file);

/** Remove the file's name, because the process ends now. The system closes and unlocks it. */
void os_region_unname(const struct os_region_file *file);

/** Close the file: its lock is free, except if a forked child does this, which has no lock. */
void os_region_abandon(struct os_region_file *file);

/**
 * When this process started, or about then, in a unit of the system; always the same number in one process.
 * It distinguishes the process from others that had its id, and is larger in processes that started later. 0:
 * not known.
 */
uint64_t os_region_process_start(void);

/**
 * The PID namespace in which this process has its id. 0: not known, or the system has no
 * namespaces.
 */
uint64_t os_region_pid_namespace(void);

/* ---- the reader's side --------------------------------------------------------------- */

/** A region file of another process, open for reading. */
struct os_region_source {
    intptr_t handle;
    uint64_t size;          /* bytes, at the time of opening */
    uint64_t device, inode; /* identify the file, whatever its name */
    uint64_t owner;         /* user id, or a number for a SID: see os_region_owner_text */
    bool has_other_names;   /* there are hard links: a user could show the file twice */
};

/** A directory in which regions may be. */
struct os_region_place {
    char path[OS_PATH_SIZE];
    uint64_t owner;   /* as the system reports it: see struct os_region_source. 0: not known */
    bool is_link;     /* it is a link, which is refused */
    bool is_misnamed; /* its name is that of another user's directory */
    bool is_closed;   /* this user may not ask whose it is */
    bool is_shared;   /* all users may have files there, and only own ones: it is sticky */
};

/** A listing of these directories. It is read once from beginning to end. */
struct os_region_places {
    void *listing;
    bool has_own; /* the directory of the environment has not been listed yet */
};

/**
 * Begin to list the directories.
 *
 * @return ERROR_SUCCESS, also if there are no directories; another error if the system could not
 *         list them
 */
DWORD os_region_places_open(struct os_region_places *places);

/**
 * The next directory.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: other users than its owner can write to it, or it is
 *         a link (place->path is set); ERROR_NO_MORE_FILES; another error: the system could not be
 *         asked, or could not list all of them
 */
DWORD os_region_places_next(struct os_region_places *places, struct os_region_place *place);

void os_region_places_close(struct os_region_places *places);

/**
 * A number that changes when the set of directories may have changed; 0 if that is not known and
 * they must be listed.
 */
uint64_t os_region_directories_mark(void);

/**
 * Whether a directory for regions can be trusted; see os_region_directory.
 *
 * @param place  contains the path; receives the rest
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: it cannot be trusted; ERROR_FILE_NOT_FOUND: it does
 *         not exist; another error: the system could not be asked
 */
DWORD os_region_place_check(struct os_region_place *place);

/**
 * Examine a name that may be that of an unfinished region file or of a private file. Such a file is
 * removed if its owner is dead.
 *
 * @return ERROR_INVALID_NAME: no such file; ERROR_NOT_READY: its owner lives; ERROR_SUCCESS: its
 *         owner is dead
 */
DWORD os_region_tidy(const char *path, const char *name);

/**
 * A number that changes when a file is added to or removed from the directory; 0 if that is not
 * known and the directory must be listed.
 */
uint64_t os_region_directory_mark(const char *path);

/**
 * Open a region file without waiting.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_INVALID_NAME: not a
 *         regular file, a link, or owned by another user than the directory
 */
DWORD os_region_open(struct os_region_source *source, const char *directory, const char *name);

/**
 * A mapping for reading, and whether it still shows the file: another process may have shortened
 * the file. It is an element of a list that its reader keeps, for the guard below.
 */
struct os_region_mapping {
    const unsigned char *memory; /* NULL: nothing is mapped */
    size_t size;                 /* size of the mapping in bytes */
    volatile int is_cut;         /* pages were missing, and zeros are read instead */
    struct os_region_mapping *next;
    struct os_region_mapping **link; /* the pointer in the list that points to this mapping */
};

/**
 * Map the first `size` bytes for reading.
 *
 * @return whether that was possible; if not, *mapping is unchanged
 */
bool os_region_map_read(const struct os_region_source *source, size_t size,
                        struct os_region_mapping *mapping);

/** Unmap it. */
void os_region_unmap_read(struct os_region_mapping *mapping);

/** Whether a region's owner lives. The lock decides, whatever the PID namespace of the owner. */
enum os_region_life {
    OS_REGION_LIVE,
    OS_REGION_DEAD,
    OS_REGION_UNKNOWN /* the system could not report whether it is alive or dead */
};
enum os_region_life os_region_life(const struct os_region_source *source);

/**
 * Whether process ids of a PID namespace mean the same processes here, both for this process and in
 * what the system reports. They do not where the system reports no processes at all.
 *
 * @return ERROR_SUCCESS; another error: the system could not be asked now
 */
DWORD os_region_is_local(uint64_t pid_namespace, bool *is_local);

/**
 * Whether a process certainly does not exist any more. A child of it may still hold its lock.
 *
 * @param process_id  one that is local, see os_region_is_local
 */
bool os_region_owner_is_gone(uint32_t process_id);

/**
 * Request a new state from the owner, until the file is closed. A reader cannot write to the file,
 * so it locks a byte of it, which the owner can see.
 *
 * @return ERROR_SUCCESS; a system error: nothing was requested
 */
DWORD os_region_ask(const struct os_region_source *source);

/**
 * The owner of a region as the system's tools show a user: a user id in decimal digits, or a SID.
 *
 * @param owner  from struct os_region_source or struct os_region_place
 * @return false if the owner is not known; then text is "unknown"
 */
bool os_region_owner_text(uint64_t owner, char *text, size_t size);

/** The process id in the name of a region file; 0 if the name has none. */
uint32_t os_region_name_process_id(const char *name);

/**
 * Whether the file can belong to that process: false if the process exists and is another user's.
 *
 * @param process_id  one that is local, see os_region_is_local
 */
bool os_region_is_of(const struct os_region_source *source, uint32_t process_id);

/**
 * Remove a dead owner's file if it is still the one that `source` has open.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the name belongs to another file;
 *         ERROR_SHARING_VIOLATION: the file is locked, or the system could not report it; another
 *         system error
 */
DWORD os_region_reap(const struct os_region_source *source, const char *directory,
                     const char *name);

void os_region_close(struct os_region_source *source);

/** What os_region_guard_begin changed, and os_region_guard_end restores. */
struct os_region_guard {
    bool was_blocked; /* whether os_region_guard_begin unblocked the signal */
    struct os_region_mapping *const *outer;
};
/**
 * Reading with a guard. Between begin and end, on this thread, access to a page that the file no
 * longer has does not end the process. From then on, the whole mapping reads as zeros, and its
 * is_cut is set. Calls nest, each with a list of its own; the innermost list is used.
 *
 * @param mappings  the head of the list of all mappings that may be read; the list may change
 *                  meanwhile
 */
void os_region_guard_begin(struct os_region_guard *guard,
                           struct os_region_mapping *const *mappings);
void os_region_guard_end(struct os_region_guard *guard);

#endif /* OS_REGION_H */
