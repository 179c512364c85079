/* SPDX-License-Identifier: MIT
 *
 * Whose a folder of regions is on Windows: folders by SID with access lists of their own, squatted
 * names, folders that others can write to, and whether an owner lives. A folder of this test takes
 * the place of %ProgramData%.
 */
#include "unit.h"

#include <windows.h>

#include <aclapi.h>

#include "os_owner_win.h"
#include "os_region.h"
#include "region_folder.h"
#include "region_limits.h"
#include "region_reader.h"

static char program_data[OS_PATH_SIZE], heapctrs[OS_PATH_SIZE], sid[OS_OWNER_TEXT_SIZE];

static bool exists(const char *path)
{
    return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

/* Permit everybody everything. Returns false if the system does not keep such a list. */
static bool open_to_all(const char *path)
{
    SECURITY_DESCRIPTOR descriptor;
    struct os_region_place place = { .path = "" };

    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE);
    snprintf(place.path, sizeof(place.path), "%s", path);
    return SetFileSecurityA(path, DACL_SECURITY_INFORMATION, &descriptor) &&
           os_region_place_check(&place) == ERROR_ACCESS_DENIED;
}

static void path_of_name(char *path, const char *suffix)
{
    snprintf(path, OS_PATH_SIZE, "%s\\%s%s", heapctrs, sid, suffix);
}

static int set_up(void **state)
{
    struct os_owner self;

    (void)state;
    snprintf(program_data, sizeof(program_data), "%s\\data", region_folder);
    snprintf(heapctrs, sizeof(heapctrs), "%s\\heapctrs", program_data);
    os_directory_make(program_data);
    SetEnvironmentVariableA("HEAPCTRS_DIR", NULL);
    SetEnvironmentVariableA("ProgramData", program_data);
    if (os_owner_current(&self))
        return 1;
    os_owner_text(&self, sid);
    return 0;
}

static int tear_down(void **state)
{
    char path[OS_PATH_SIZE];
    const char *const suffixes[] = { "", ".1", ".2", ".3", ".4", ".5", ".6", ".7", "-x", ".8" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(suffixes); i++) {
        path_of_name(path, suffixes[i]);
        RemoveDirectoryA(path);
        DeleteFileA(path);
    }
    snprintf(path, sizeof(path), "%s\\S-1-5-21-1-2-3-4", heapctrs);
    RemoveDirectoryA(path);
    RemoveDirectoryA(heapctrs);
    RemoveDirectoryA(program_data);
    return exists(program_data);
}

static void a_user_publishes_in_the_folder_of_the_user_s_sid(void **state)
{
    char path[OS_PATH_SIZE], expected[OS_PATH_SIZE];
    struct os_region_place place = { .path = "" };
    char owner[OS_OWNER_TEXT_SIZE];

    (void)state;
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    path_of_name(expected, "");
    assert_string_equal(path, expected);
    snprintf(place.path, sizeof(place.path), "%s", path);
    assert_int_equal(os_region_place_check(&place), ERROR_SUCCESS);
    assert_true(os_region_owner_text(place.owner, owner, sizeof(owner)));
    assert_string_equal(owner, sid);
    assert_false(place.is_misnamed || place.is_link || place.is_shared || place.is_closed);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS); /* it exists now */
    assert_string_equal(path, expected);
}

/* The rights of a new folder and of new files, as the descriptors say them. */
static void access_lists_permit_what_they_should(void **state)
{
    static const struct {
        enum os_owner_access_kind kind;
        WELL_KNOWN_SID_TYPE who;
        DWORD rights;
    } cases[] = {
        { ACCESS_FILE, WinWorldSid, FILE_GENERIC_READ },
        { ACCESS_FILE, WinLocalSystemSid, FILE_ALL_ACCESS },
        { ACCESS_FILE, WinBuiltinAdministratorsSid, FILE_ALL_ACCESS },
        { ACCESS_PRIVATE_FILE, WinWorldSid, 0 },
        { ACCESS_PRIVATE_FILE, WinAuthenticatedUserSid, 0 },
        { ACCESS_PRIVATE_FILE, WinBuiltinAdministratorsSid, FILE_ALL_ACCESS },
        { ACCESS_FOLDER, WinWorldSid, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE },
        { ACCESS_FOLDER, WinAuthenticatedUserSid, 0 },
        { ACCESS_SHARED_FOLDER, WinAuthenticatedUserSid,
          FILE_GENERIC_READ | FILE_GENERIC_EXECUTE | FILE_ADD_SUBDIRECTORY },
        { ACCESS_SHARED_FOLDER, WinCreatorOwnerRightsSid,
          FILE_GENERIC_READ | FILE_GENERIC_EXECUTE },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct os_owner_access access;
        struct os_owner who;
        DWORD size = sizeof(who.sid), rights = 0;
        void *entry;

        assert_int_equal(os_owner_access_init(&access, cases[i].kind), ERROR_SUCCESS);
        assert_true(CreateWellKnownSid(cases[i].who, NULL, who.sid, &size));
        for (DWORD k = 0; GetAce((PACL)(void *)access.list, k, &entry); k++)
            if (EqualSid((PSID) & ((ACCESS_ALLOWED_ACE *)entry)->SidStart, who.sid))
                rights |= ((ACCESS_ALLOWED_ACE *)entry)->Mask;
        if (rights != cases[i].rights)
            fail_msg("case %zu: %lx instead of %lx", i, rights, cases[i].rights);
    }
}

static void a_taken_name_is_passed_over(void **state)
{
    char path[OS_PATH_SIZE], expected[OS_PATH_SIZE];

    (void)state;
    os_directory_make(heapctrs);
    /* A file has the first name; others can write to the folder of the second. */
    path_of_name(path, "");
    assert_int_equal(os_file_write_all(path, "x", 1), ERROR_SUCCESS);
    path_of_name(path, ".1");
    os_directory_make(path);
    const bool is_open = open_to_all(path);
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    path_of_name(expected, is_open ? ".2" : ".1");
    assert_string_equal(path, expected);
}

static void without_a_free_name_the_reason_is_reported(void **state)
{
    static const char *const suffixes[] = { "", ".1", ".2", ".3", ".4", ".5", ".6", ".7" };
    char path[OS_PATH_SIZE];

    (void)state;
    os_directory_make(heapctrs);
    for (size_t i = 0; i < UNIT_COUNT(suffixes); i++) {
        path_of_name(path, suffixes[i]);
        assert_int_equal(os_file_write_all(path, "x", 1), ERROR_SUCCESS);
    }
    DWORD error = os_region_directory(path, sizeof(path));
    assert_int_equal(error, ERROR_INVALID_OWNER);
    assert_true(*path != 0);
}

/* Readers judge a folder by its owner and its list, whatever its name is. */
static void a_folder_is_its_owner_s_whatever_its_name_says(void **state)
{
    static struct region_refusals refusals;
    char path[OS_PATH_SIZE];
    struct region_reader *reader;
    struct region_counts counts;
    bool found[REFUSAL_REASONS] = { false };

    (void)state;
    os_directory_make(heapctrs);
    snprintf(path, sizeof(path), "%s\\S-1-5-21-1-2-3-4", heapctrs);
    os_directory_make(path);
    path_of_name(path, "-x");
    os_directory_make(path);
    const bool is_open = open_to_all(path);
    assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    region_reader_counts(reader, &counts);
    region_reader_refusals(reader, &refusals);
    for (uint32_t i = 0; i < refusals.count; i++)
        found[refusals.refusals[i].reason] = true;
    region_reader_close(reader);
    assert_true(found[REFUSAL_directory_of_other_name]);
    assert_int_equal(counts.refused_directories, is_open);
    assert_true(found[REFUSAL_directory_shared] == is_open);
}

static void an_owner_has_eight_folders(void **state)
{
    static const char *const suffixes[] = { "", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8" };
    char path[OS_PATH_SIZE];
    struct region_reader *reader;
    struct region_counts counts;

    (void)state;
    os_directory_make(heapctrs);
    for (size_t i = 0; i < UNIT_COUNT(suffixes); i++) {
        path_of_name(path, suffixes[i]);
        os_directory_make(path);
    }
    assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    region_reader_counts(reader, &counts);
    region_reader_close(reader);
    assert_int_equal(counts.refused_directories, UNIT_COUNT(suffixes) - LIMIT_DIRECTORIES);
}

/* The open file of the owner decides; an owner who cannot be asked is not dead. */
static void the_owner_s_open_file_shows_that_the_owner_lives(void **state)
{
    char path[OS_PATH_SIZE];
    struct os_region_file file;
    struct os_region_source source;

    (void)state;
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    assert_int_equal(os_region_create(&file, path, OS_REGION_SUFFIX), ERROR_SUCCESS);
    const char *name = strrchr(file.path, '\\') + 1;
    assert_int_equal(os_region_open(&source, path, name), ERROR_SUCCESS);
    assert_int_equal(os_region_life(&source), OS_REGION_LIVE);
    assert_true(os_region_is_of(&source, os_process_id()));
    os_region_remove(&file);
    assert_true(os_region_life(&source) != OS_REGION_LIVE);
    os_region_close(&source);
    assert_int_equal(os_region_open(&source, path, name), ERROR_FILE_NOT_FOUND);

    /* A file that no process has open for writing is a dead owner's; one that another process
       does not share with readers says nothing. */
    snprintf(file.path, sizeof(file.path), "%s\\1-1.region", path);
    assert_int_equal(os_file_write_all(file.path, "x", 1), ERROR_SUCCESS);
    assert_int_equal(os_region_open(&source, path, "1-1.region"), ERROR_SUCCESS);
    assert_int_equal(os_region_life(&source), OS_REGION_DEAD);
    os_region_close(&source);
    HANDLE alone = CreateFileA(file.path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(alone != INVALID_HANDLE_VALUE);
    assert_int_equal(os_region_open(&source, path, "1-1.region"), ERROR_SHARING_VIOLATION);
    CloseHandle(alone);
    os_file_remove(file.path);
}

static void a_private_file_is_open_for_requests(void **state)
{
    char path[OS_PATH_SIZE];
    struct os_region_file file;

    (void)state;
    assert_int_equal(os_region_directory(path, sizeof(path)), ERROR_SUCCESS);
    assert_int_equal(os_region_create(&file, path, OS_REGION_PRIVATE_SUFFIX), ERROR_SUCCESS);
    HANDLE reader = CreateFileA(file.path, GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, 0, NULL);
    assert_true(reader != INVALID_HANDLE_VALUE);
    CloseHandle(reader);
    os_region_remove(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_user_publishes_in_the_folder_of_the_user_s_sid),
        TEST(access_lists_permit_what_they_should),
        TEST(a_taken_name_is_passed_over),
        TEST(without_a_free_name_the_reason_is_reported),
        TEST(a_folder_is_its_owner_s_whatever_its_name_says),
        TEST(an_owner_has_eight_folders),
        TEST(the_owner_s_open_file_shows_that_the_owner_lives),
        TEST(a_private_file_is_open_for_requests),
    };

    return cmocka_run_group_tests_name("region owners", tests, NULL, NULL);
}
