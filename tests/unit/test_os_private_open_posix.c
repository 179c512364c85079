/* SPDX-License-Identifier: MIT
 *
 * os_private.c: which of several files is a process's own, and which error is reported if none is. The test makes up
 * the directories and the files.
 */
#include "unit.h"

#include "os_private.h"

struct file {
    const char *name;
    DWORD open_error, check_error;
    bool is_other; /* it cannot belong to the process */
};

struct directory {
    DWORD listed, open_error, end; /* 0 as `end`: the directory is complete */
    struct file files[3];          /* up to one without a name */
};

static const struct directory *directories; /* up to one with ERROR_NO_MORE_FILES as `listed` */
static DWORD places_error;
static unsigned next_file, open_places, open_directories, open_files, opened_files;

DWORD __wrap_os_region_places_open(struct os_region_places *places);
DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place);
void __wrap_os_region_places_close(struct os_region_places *places);
DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path);
DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size);
void __wrap_os_directory_close(struct os_directory *directory);
DWORD __wrap_os_private_open_file(struct os_region_source *source, const char *directory,
                                  const char *name);
bool __wrap_os_region_is_of(const struct os_region_source *source, uint32_t process_id);
void __wrap_os_region_close(struct os_region_source *source);

static const struct directory *current;
static unsigned next_directory;

DWORD __wrap_os_region_places_open(struct os_region_places *places)
{
    (void)places;
    next_directory = 0;
    open_places += places_error == 0;
    return places_error;
}

DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    (void)places;
    current = &directories[next_directory];
    snprintf(place->path, sizeof(place->path), "%u", next_directory);
    next_directory += current->listed != ERROR_NO_MORE_FILES;
    return current->listed;
}

void __wrap_os_region_places_close(struct os_region_places *places)
{
    (void)places;
    open_places--;
}

DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path)
{
    (void)directory;
    assert_int_equal(atoi(path), next_directory - 1);
    next_file = 0;
    open_directories += current->open_error == 0;
    return current->open_error;
}

DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size)
{
    (void)directory;
    if (next_file == UNIT_COUNT(current->files) || !current->files[next_file].name)
        return current->end ? current->end : ERROR_NO_MORE_FILES;
    snprintf(name, size, "%s", current->files[next_file++].name);
    return ERROR_SUCCESS;
}

void __wrap_os_directory_close(struct os_directory *directory)
{
    (void)directory;
    open_directories--;
}

DWORD __wrap_os_private_open_file(struct os_region_source *source, const char *directory,
                                  const char *name)
{
    const struct file *file = &current->files[next_file - 1];

    assert_int_equal(atoi(directory), next_directory - 1);
    assert_string_equal(name, file->name);
    opened_files++;
    if (file->open_error)
        return file->open_error;
    open_files++;
    *source = (struct os_region_source){ .handle = (intptr_t)file };
    return ERROR_SUCCESS;
}

bool __wrap_os_region_is_of(const struct os_region_source *source, uint32_t process_id)
{
    assert_int_equal(process_id, 12);
    return !((const struct file *)source->handle)->is_other;
}

void __wrap_os_region_close(struct os_region_source *source)
{
    assert_ptr_equal((const struct file *)source->handle, &current->files[next_file - 1]);
    open_files--;
}

static DWORD check(const struct os_region_source *source, uint32_t process_id)
{
    assert_int_equal(process_id, 12);
    return ((const struct file *)source->handle)->check_error;
}

#define END_OF_PLACES                                                                              \
    {                                                                                              \
        .listed = ERROR_NO_MORE_FILES                                                              \
    }
#define OWN "12-a.private"

/* Open the file of process 12. `found` is the file, or NULL and the error. */
static void assert_open(const struct directory *in, const struct file *found, DWORD error)
{
    struct os_region_source source = { .handle = 77 };

    directories = in;
    opened_files = open_files = 0;
    assert_int_equal(os_private_open(&source, 12, check), error);
    assert_int_equal(open_places, 0);
    assert_int_equal(open_directories, 0);
    assert_int_equal(open_files, found ? 1 : 0);
    if (found)
        assert_ptr_equal((const struct file *)source.handle, found);
    else
        assert_int_equal(source.handle, 77);
}

static void only_names_of_its_private_files_are_opened(void **state)
{
    static const char *const others[] = { "13-a.private",
                                          "12-a.region",
                                          ".12-a.private",
                                          ".new-12-a.private",
                                          "12",
                                          "1",
                                          "private",
                                          "12-a.private2",
                                          ".private",
                                          "" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        const struct directory in[] = { { .files = { { .name = others[i] } } }, END_OF_PLACES };
        assert_open(in, NULL, ERROR_FILE_NOT_FOUND);
        assert_int_equal(opened_files, 0);
    }
    const struct directory in[] = {
        { .files = { { .name = "x" }, { .name = OWN }, { .name = OWN } } }, END_OF_PLACES
    };
    assert_open(in, &in[0].files[1], ERROR_SUCCESS);
    assert_int_equal(opened_files, 1);
}

static void the_file_may_be_in_any_directory(void **state)
{
    const struct directory in[] = {
        { .listed = ERROR_ACCESS_DENIED, .files = { { .name = OWN } } },
        { .open_error = ERROR_ACCESS_DENIED },
        { .open_error = ERROR_PATH_NOT_FOUND },
        { .open_error = ERROR_NOT_ENOUGH_MEMORY },
        { .listed = ERROR_GEN_FAILURE, .files = { { .name = OWN } } },
        { .end = ERROR_GEN_FAILURE, .files = { { OWN, .is_other = true } } },
        { .files = { { OWN, .open_error = 5 }, { OWN, .check_error = 6 }, { .name = OWN } } },
        { .files = { { .name = OWN } } },
        END_OF_PLACES
    };

    (void)state;
    assert_open(in, &in[6].files[2], ERROR_SUCCESS);
    assert_int_equal(next_directory, 7);
    assert_int_equal(opened_files, 4);
}

static void the_best_error_is_reported(void **state)
{
    static const struct {
        struct directory in[3];
        DWORD error;
    } cases[] = {
        { { END_OF_PLACES }, ERROR_FILE_NOT_FOUND },
        { { { .listed = ERROR_ACCESS_DENIED }, END_OF_PLACES }, ERROR_FILE_NOT_FOUND },
        { { { .open_error = ERROR_ACCESS_DENIED }, END_OF_PLACES }, ERROR_FILE_NOT_FOUND },
        { { { .open_error = ERROR_PATH_NOT_FOUND }, END_OF_PLACES }, ERROR_FILE_NOT_FOUND },
        { { { .open_error = ERROR_GEN_FAILURE }, END_OF_PLACES }, ERROR_GEN_FAILURE },
        { { { .listed = ERROR_GEN_FAILURE }, END_OF_PLACES }, ERROR_GEN_FAILURE },
        { { { .end = ERROR_GEN_FAILURE }, END_OF_PLACES }, ERROR_GEN_FAILURE },
        /* the file is one that the process cannot have */
        { { { .files = { { OWN, .is_other = true } } }, END_OF_PLACES }, ERROR_FILE_NOT_FOUND },
        { { { .files = { { OWN, .check_error = ERROR_NOT_FOUND, .is_other = true } } },
            END_OF_PLACES },
          ERROR_NOT_FOUND },
        /* from the worst to the best */
        { { { .files = { { OWN, .open_error = ERROR_FILE_NOT_FOUND },
                         { OWN, .open_error = ERROR_ACCESS_DENIED } } },
            END_OF_PLACES },
          ERROR_ACCESS_DENIED },
        { { { .files = { { OWN, .open_error = ERROR_ACCESS_DENIED },
                         { OWN, .open_error = ERROR_FILE_NOT_FOUND } } },
            END_OF_PLACES },
          ERROR_ACCESS_DENIED },
        { { { .files = { { OWN, .open_error = ERROR_NOT_FOUND },
                         { OWN, .open_error = ERROR_ACCESS_DENIED } } },
            END_OF_PLACES },
          ERROR_NOT_FOUND },
        { { { .files = { { OWN, .open_error = ERROR_ACCESS_DENIED },
                         { OWN, .open_error = ERROR_NOT_FOUND } } },
            END_OF_PLACES },
          ERROR_NOT_FOUND },
        { { { .files = { { OWN, .open_error = ERROR_NOT_FOUND },
                         { OWN, .open_error = ERROR_GEN_FAILURE } } },
            END_OF_PLACES },
          ERROR_GEN_FAILURE },
        { { { .files = { { OWN, .open_error = ERROR_GEN_FAILURE },
                         { OWN, .open_error = ERROR_NOT_FOUND } } },
            END_OF_PLACES },
          ERROR_GEN_FAILURE },
        { { { .files = { { OWN, .open_error = ERROR_GEN_FAILURE },
                         { OWN, .open_error = ERROR_NOT_ENOUGH_MEMORY } } },
            END_OF_PLACES },
          ERROR_GEN_FAILURE }, /* the first of equal ones */
        { { { .files = { { OWN, .open_error = ERROR_NOT_FOUND } } },
            { .open_error = ERROR_PATH_NOT_FOUND },
            END_OF_PLACES },
          ERROR_NOT_FOUND },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_open(cases[i].in, NULL, cases[i].error);
}

static void directories_that_cannot_be_listed_are_an_error(void **state)
{
    const struct directory in[] = { { .files = { { .name = OWN } } }, END_OF_PLACES };

    (void)state;
    places_error = ERROR_NOT_ENOUGH_MEMORY;
    assert_open(in, NULL, ERROR_NOT_ENOUGH_MEMORY);
    places_error = ERROR_SUCCESS;
    assert_open(in, &in[0].files[0], ERROR_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_of_its_private_files_are_opened),
        cmocka_unit_test(the_file_may_be_in_any_directory),
        cmocka_unit_test(the_best_error_is_reported),
        cmocka_unit_test(directories_that_cannot_be_listed_are_an_error),
    };

    return cmocka_run_group_tests_name("the private file of a process", tests, NULL, NULL);
}
