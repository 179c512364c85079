/* SPDX-License-Identifier: MIT
 *
 * SIDs and access lists: see os_owner_win.h. Wine keeps neither: it shows the Unix owner and mode
 * of a file as a SID and a list, and stores of a list what the mode can say.
 */
#include "os_owner_win.h"

#include <aclapi.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"

#define KNOWN_OWNERS 256u /* owners whose text is remembered; a user cannot make more users */

/* Rights to change what is in a folder, and rights to change who has rights there. */
#define RIGHTS_TO_ADD                                                                              \
    (FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES)
#define RIGHTS_TO_REPLACE                                                                          \
    (FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)

static void sid_copy(struct os_owner *owner, PSID sid)
{
    memset(owner, 0, sizeof(*owner));
    CopySid(sizeof(owner->sid), owner->sid, sid);
}

/* The user of a token, which is closed. */
static DWORD owner_of_token(HANDLE token, struct os_owner *owner)
{
    union {
        TOKEN_USER user;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } information;
    DWORD size;
    DWORD error = GetTokenInformation(token, TokenUser, &information, sizeof(information), &size)
                      ? ERROR_SUCCESS
                      : GetLastError();

    CloseHandle(token);
    if (!error)
        sid_copy(owner, information.user.User.Sid);
    return error;
}

DWORD os_owner_current(struct os_owner *owner)
{
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return GetLastError();
    return owner_of_token(token, owner);
}

DWORD os_owner_of(HANDLE file, struct os_owner *owner)
{
    PSECURITY_DESCRIPTOR descriptor;
    PSID sid;
    DWORD error = GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &sid, NULL,
                                  NULL, NULL, &descriptor);

    if (error)
        return error;
    if (sid)
        sid_copy(owner, sid);
    else
        error = ERROR_INVALID_OWNER;
    LocalFree(descriptor);
    return error;
}

DWORD os_owner_of_process(uint32_t process_id, struct os_owner *owner)
{
    HANDLE token, process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);

    if (!process)
        return GetLastError();
    DWORD error = OpenProcessToken(process, TOKEN_QUERY, &token) ? ERROR_SUCCESS : GetLastError();
    CloseHandle(process);
    return error ? error : owner_of_token(token, owner);
}

bool os_owner_equal(const struct os_owner *first, const struct os_owner *second)
{
    return EqualSid((PSID)first->sid, (PSID)second->sid);
}

static bool is_well_known(PSID sid, WELL_KNOWN_SID_TYPE type)
{
    return IsWellKnownSid(sid, type);
}

static bool is_system(PSID sid)
{
    return is_well_known(sid, WinLocalSystemSid) || is_well_known(sid, WinBuiltinAdministratorsSid);
}

bool os_owner_is_system(const struct os_owner *owner)
{
    return is_system((PSID)owner->sid);
}

void os_owner_text(const struct os_owner *owner, char text[OS_OWNER_TEXT_SIZE])
{
    PSID sid = (PSID)owner->sid;
    const unsigned char *authority = GetSidIdentifierAuthority(sid)->Value;
    unsigned long long number = 0;

    for (int i = 0; i < 6; i++)
        number = number << 8 | authority[i];
    int used = snprintf(text, OS_OWNER_TEXT_SIZE, "S-1-%llu", number);
    for (DWORD i = 0; i < *GetSidSubAuthorityCount(sid); i++)
        used += snprintf(text + used, OS_OWNER_TEXT_SIZE - (size_t)used, "-%lu",
                         *GetSidSubAuthority(sid, i));
}

/* ---- numbers ------------------------------------------------------------------------- */

static struct {
    SRWLOCK lock;
    uint32_t count;
    struct {
        uint64_t number;
        struct os_owner owner;
    } owners[KNOWN_OWNERS];
} known;

static const struct os_owner *known_find(uint64_t number)
{
    for (uint32_t i = 0; i < known.count; i++)
        if (known.owners[i].number == number)
            return &known.owners[i].owner;
    return NULL;
}

uint64_t os_owner_number(const struct os_owner *owner)
{
    uint64_t number = hash_bytes(HASH_BEGIN, owner->sid, GetLengthSid((PSID)owner->sid));

    if (number == 0)
        number = 1;
    AcquireSRWLockExclusive(&known.lock);
    if (!known_find(number) && known.count < KNOWN_OWNERS) {
        known.owners[known.count].number = number;
        known.owners[known.count++].owner = *owner;
    }
    ReleaseSRWLockExclusive(&known.lock);
    return number;
}

bool os_owner_of_number(uint64_t number, struct os_owner *owner)
{
    AcquireSRWLockExclusive(&known.lock);
    const struct os_owner *found = known_find(number);
    if (found)
        *owner = *found;
    ReleaseSRWLockExclusive(&known.lock);
    return found != NULL;
}

/* ---- access lists ---------------------------------------------------------------------- */

/* An entry that permits something, with the fields that all kinds of such entries have. Returns
   NULL for an entry that permits nothing in the folder itself. */
static const ACCESS_ALLOWED_ACE *permission_of(const ACE_HEADER *entry)
{
    if (entry->AceFlags & INHERIT_ONLY_ACE)
        return NULL;
    switch (entry->AceType) {
    case ACCESS_DENIED_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
        return NULL;
    default:
        return (const ACCESS_ALLOWED_ACE *)entry;
    }
}

/* The rights that an entry grants to others. An entry of another kind grants all. */
static DWORD rights_of_others(const ACCESS_ALLOWED_ACE *entry, const struct os_owner *owner,
                              const struct os_owner *trusted)
{
    PSID sid = (PSID)&entry->SidStart;

    if (entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE &&
        entry->Header.AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE)
        return FILE_ALL_ACCESS;
    return EqualSid(sid, (PSID)owner->sid) || (trusted && EqualSid(sid, (PSID)trusted->sid)) ||
                   is_system(sid) || is_well_known(sid, WinCreatorOwnerSid) ||
                   is_well_known(sid, WinCreatorOwnerRightsSid)
               ? 0
               : entry->Mask;
}

/* All rights that the access list of an open file or folder grants to others. */
static DWORD list_rights(HANDLE file, const struct os_owner *owner, const struct os_owner *trusted,
                         DWORD *rights)
{
    PSECURITY_DESCRIPTOR descriptor;
    PACL list;
    DWORD all = 0;
    DWORD error = GetSecurityInfo(file, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL,
                                  &list, NULL, &descriptor);

    if (error)
        return error;
    if (!list)
        all = FILE_ALL_ACCESS; /* without a list, everybody may do everything */
    for (DWORD i = 0; list && i < list->AceCount; i++) {
        void *entry;
        const ACCESS_ALLOWED_ACE *permission =
            GetAce(list, i, &entry) ? permission_of(entry) : NULL;
        if (permission)
            all |= rights_of_others(permission, owner, trusted);
    }
    LocalFree(descriptor);
    *rights = all;
    return ERROR_SUCCESS;
}

DWORD os_owner_others(HANDLE folder, const struct os_owner *owner, const struct os_owner *trusted,
                      enum os_owner_others *others)
{
    DWORD rights, error = list_rights(folder, owner, trusted, &rights);

    if (!error)
        *others = rights & RIGHTS_TO_REPLACE ? OTHERS_REPLACE
                  : rights & RIGHTS_TO_ADD   ? OTHERS_ADD
                                             : OTHERS_READ;
    return error;
}

DWORD os_owner_has_alone(HANDLE file, const struct os_owner *owner, bool *is_alone)
{
    DWORD rights, error = list_rights(file, owner, NULL, &rights);

    if (!error)
        *is_alone = rights == 0;
    return error;
}

static bool permit(PACL list, WELL_KNOWN_SID_TYPE type, DWORD flags, DWORD rights)
{
    struct os_owner who;
    DWORD size = sizeof(who.sid);

    return CreateWellKnownSid(type, NULL, who.sid, &size) &&
           AddAccessAllowedAceEx(list, ACL_REVISION, flags, rights, who.sid);
}

DWORD os_owner_access_init(struct os_owner_access *access, enum os_owner_access_kind kind)
{
    const bool is_folder = kind == ACCESS_FOLDER || kind == ACCESS_SHARED_FOLDER;
    const DWORD inherit = is_folder ? OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE : 0;
    const DWORD read = FILE_GENERIC_READ | (is_folder ? FILE_GENERIC_EXECUTE : 0);
    PACL list = (PACL)(void *)access->list;
    DWORD error = os_owner_current(&access->owner);

    if (error)
        return error;
    bool is_made = InitializeAcl(list, sizeof(access->list), ACL_REVISION) &&
                   permit(list, WinLocalSystemSid, inherit, FILE_ALL_ACCESS) &&
                   permit(list, WinBuiltinAdministratorsSid, inherit, FILE_ALL_ACCESS);
    if (kind != ACCESS_PRIVATE_FILE)
        is_made = is_made && permit(list, WinWorldSid, inherit, read);
    /* Without the second entry, the owner could always change the list. */
    if (kind == ACCESS_SHARED_FOLDER)
        is_made = is_made &&
                  permit(list, WinAuthenticatedUserSid, 0, read | FILE_ADD_SUBDIRECTORY) &&
                  permit(list, WinCreatorOwnerRightsSid, 0, read);
    else
        is_made = is_made && AddAccessAllowedAceEx(list, ACL_REVISION, inherit, FILE_ALL_ACCESS,
                                                   access->owner.sid);
    is_made =
        is_made &&
        InitializeSecurityDescriptor(&access->descriptor, SECURITY_DESCRIPTOR_REVISION) &&
        SetSecurityDescriptorOwner(&access->descriptor, access->owner.sid, FALSE) &&
        SetSecurityDescriptorDacl(&access->descriptor, TRUE, list, FALSE) &&
        SetSecurityDescriptorControl(&access->descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED);
    if (!is_made)
        return GetLastError();
    access->attributes = (SECURITY_ATTRIBUTES){ .nLength = sizeof(access->attributes),
                                                .lpSecurityDescriptor = &access->descriptor };
    return ERROR_SUCCESS;
}
