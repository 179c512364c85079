/* SPDX-License-Identifier: MIT
 *
 * Users and access lists of the folders and files in which regions are; for the Windows sources of
 * this folder only. All errors are Win32 codes. Nothing here allocates with malloc.
 */
#ifndef OS_OWNER_WIN_H
#define OS_OWNER_WIN_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A user: a SID. */
struct os_owner {
    alignas(8) unsigned char sid[SECURITY_MAX_SID_SIZE];
};

/** Size of a buffer for a SID as text: "S-1-", an authority, 15 numbers, and the terminator. */
#define OS_OWNER_TEXT_SIZE 192u

/** The user that this process runs as, also while the thread impersonates another. */
DWORD os_owner_current(struct os_owner *owner);

/**
 * The owner of an open file or folder.
 *
 * @param file  open with READ_CONTROL, which GENERIC_READ includes
 */
DWORD os_owner_of(HANDLE file, struct os_owner *owner);

/** The user of a process. ERROR_ACCESS_DENIED: this user may not ask. */
DWORD os_owner_of_process(uint32_t process_id, struct os_owner *owner);

bool os_owner_equal(const struct os_owner *first, const struct os_owner *second);

/** Whether it is the system or the group of administrators, who may do everything anyway. */
bool os_owner_is_system(const struct os_owner *owner);

/** "S-1-5-...": what tools of Windows show. */
void os_owner_text(const struct os_owner *owner, char text[OS_OWNER_TEXT_SIZE]);

/**
 * The number of the user in struct os_region_source, never 0. It is a hash of the SID,
 * which no user can choose.
 */
uint64_t os_owner_number(const struct os_owner *owner);

/** The user of a number that this process has made; false if it has not. */
bool os_owner_of_number(uint64_t number, struct os_owner *owner);

/** What others than the owner, the system and administrators may do in a folder. */
enum os_owner_others {
    OTHERS_READ,   /* nothing but read */
    OTHERS_ADD,    /* add files of their own */
    OTHERS_REPLACE /* remove or replace the owner's files, or grant themselves the right to it */
};

/**
 * What others may do in an open folder. An access list of a kind that is not known counts as
 * OTHERS_REPLACE.
 *
 * @param folder  open with READ_CONTROL
 * @param trusted one more user who counts as the owner, or NULL
 */
DWORD os_owner_others(HANDLE folder, const struct os_owner *owner, const struct os_owner *trusted,
                      enum os_owner_others *others);

/**
 * Whether the access list of an open file grants nothing to others than the owner, the system and
 * administrators.
 *
 * @param file  open with READ_CONTROL
 */
DWORD os_owner_has_alone(HANDLE file, const struct os_owner *owner, bool *is_alone);

/** Rights to a new file or folder. The system and administrators may do everything. */
enum os_owner_access_kind {
    ACCESS_FILE,         /* the owner: everything; everybody: read */
    ACCESS_PRIVATE_FILE, /* the owner: everything */
    ACCESS_FOLDER,       /* as ACCESS_FILE */
    ACCESS_SHARED_FOLDER /* everybody: make folders in it. The owner has no other rights */
};

/** A security descriptor for CreateFile and CreateDirectory. It must not be moved. */
struct os_owner_access {
    SECURITY_ATTRIBUTES attributes;
    SECURITY_DESCRIPTOR descriptor;
    struct os_owner owner;
    alignas(8) unsigned char list[512];
};

/**
 * Fill in the descriptor, with this process's user as the owner, and without inherited rights.
 *
 * @return ERROR_SUCCESS; a system error
 */
DWORD os_owner_access_init(struct os_owner_access *access, enum os_owner_access_kind kind);

#endif /* OS_OWNER_WIN_H */
