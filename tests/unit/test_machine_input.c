/* SPDX-License-Identifier: MIT
 *
 * machine_input.c: which form a file has, by its bytes and by its name, and files that end too early.
 */
#include "unit.h"

#include "failing_memory.h"
#include "machine_input.h"
#include "perf_names.h"

static const char registry_begin[] = "Windows Registry Editor Version 5.00\n\n";

/* Parse bytes that lie in memory of exactly their size, so that a sanitizer sees every read beside them. */
static DWORD parse(const void *bytes, size_t size, const char *path, struct machine_input *input,
                   struct registration_error *error)
{
    unsigned char *memory = malloc(size ? size : 1);

    assert_non_null(memory);
    memcpy(memory, bytes, size);
    const DWORD failure = machine_input_parse(memory, size, path, input, error);
    free(memory);
    return failure;
}

/* The kind of an input that is read without an error; -1 with one. */
static int kind_of(const void *bytes, size_t size, const char *path)
{
    struct machine_input input;
    struct registration_error error;

    if (parse(bytes, size, path, &input, &error))
        return -1;
    const int kind = (int)input.kind;
    machine_input_release(&input);
    return kind;
}

static void a_saved_answer_begins_with_its_signature(void **state)
{
    static const unsigned char answer[] = "P\0E\0R\0F\0x";
    struct machine_input input;
    struct registration_error error;

    (void)state;
    for (size_t size = 8; size < sizeof(answer); size++) {
        assert_int_equal(parse(answer, size, "t", &input, &error), ERROR_SUCCESS);
        assert_int_equal(input.kind, MACHINE_INPUT_ANSWER);
        assert_int_equal(input.answer_size, size);
        assert_memory_equal(input.answer, answer, size);
        machine_input_release(&input);
    }
    for (size_t size = 0; size < 8; size++)
        assert_int_not_equal(kind_of(answer, size, "t"), MACHINE_INPUT_ANSWER);
    assert_int_not_equal(kind_of("P\0E\0R\0G\0", 8, "t"), MACHINE_INPUT_ANSWER);
}

static void a_table_begins_with_an_index_and_its_terminator(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        int kind;
    } cases[] = {
        { "1\0\0", 4, MACHINE_INPUT_TABLE },
        { "0\0\0", 4, MACHINE_INPUT_TABLE },
        { "9\0\0", 4, MACHINE_INPUT_TABLE },
        { "1\0\0\0x", 5, MACHINE_INPUT_TABLE },
        { "1\0\0", 3, -1 }, /* half a terminator */
        { "1\0", 2, -1 },
        { "1\0001", 3, -1 },
        { "/\0\0", 4, -1 },
        { ":\0\0", 4, -1 },
        { "1\0:\0\0", 6, -1 },
        { "1\0\0\1", 4, -1 }, /* U+0100 */
        { "1\0010\0\0", 6, -1 },
        { "\0\0\0", 4, -1 },
        { "1\0001\0001\0001\0001\0001\0001\0001\0001\0001\0\0", 22, MACHINE_INPUT_TABLE },
        { "1\0001\0001\0001\0001\0001\0001\0001\0001\0001\0001\0\0", 24, MACHINE_INPUT_TABLE },
        { "1\0001\0001\0001\0001\0001\0001\0001\0001\0001\0001\0001\0\0", 26, -1 },
        { "", 0, -1 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const int kind = kind_of(cases[i].bytes, cases[i].size, "t");
        if ((kind == MACHINE_INPUT_TABLE) != (cases[i].kind == MACHINE_INPUT_TABLE))
            fail_msg("case %zu: kind %d", i, kind);
    }
}

static void a_file_name_shows_language_and_kind(void **state)
{
    static const struct {
        const char *path;
        uint32_t language;
        bool is_help, is_table;
    } cases[] = {
        { "perfc009.dat", 9, false, true },
        { "PERFH007.DAT", 7, true, true },
        { "x/prfc0804.dat", 0x804, false, true },
        { "prfh0416", 0x416, true, true },
        { "perfc009", 9, false, true },
        { "perfc09.dat", 0, false, false },
        { "perfc00009.dat", 0, false, false },
        { "perfx009.dat", 0, false, false },
        { "perfc00g.dat", 0, false, false },
        { "perf", 0, false, false },
        { "perfc", 0, false, false },
        { "prf", 0, false, false },
        { "pr", 0, false, false },
        { "per", 0, false, false },
        { "", 0, false, false },
        { "c009.dat", 0, false, false },
        { "prfh00000000000000000000000000009.dat", 0, false, false },
        { "perc009.dat", 0, false, false },
        { "prec009.dat", 0, false, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct machine_input input;
        struct registration_error error;
        /* The bytes are no table: only the name of the file says that it is one. */
        const DWORD failure = parse("x\0\0", 4, cases[i].path, &input, &error);
        if ((failure == ERROR_SUCCESS && input.kind == MACHINE_INPUT_TABLE) != cases[i].is_table)
            fail_msg("%s: error %u", cases[i].path, (unsigned)failure);
        if (cases[i].is_table) {
            assert_int_equal(input.language, cases[i].language);
            assert_int_equal(input.is_help, cases[i].is_help);
        }
        if (!failure)
            machine_input_release(&input);
    }
}

/* A table of a file whose name shows nothing: its kind and its bytes. */
static bool is_help(const char *bytes, size_t size)
{
    struct machine_input input;
    struct registration_error error;

    assert_int_equal(parse(bytes, size, "t", &input, &error), ERROR_SUCCESS);
    assert_int_equal(input.kind, MACHINE_INPUT_TABLE);
    assert_int_equal(input.language, PERF_ENGLISH);
    const struct reg_key *key = reg_tree_find(&input.tree, REG_PERFLIB "\\009");
    assert_non_null(key);
    const struct reg_value *value =
        reg_tree_value(&input.tree, key, input.is_help ? "Help" : "Counter");
    assert_non_null(value);
    assert_int_equal(value->type, REG_MULTI_SZ);
    assert_int_equal(value->size, size);
    assert_memory_equal(value->data, bytes, size);
    const bool result = input.is_help;
    machine_input_release(&input);
    return result;
}

static void most_indices_of_help_texts_are_odd(void **state)
{
    static const char names[] = "2\0\0\0a\0\0\0004\0\0\0b\0\0\0\0\0";
    static const char mixed[] = "2\0\0\0a\0\0\0005\0\0\0b\0\0\0\0\0";
    static const char help[] = "3\0\0\0a\0\0\0005\0\0\0b\0\0\0\0\0";
    static const char mostly[] = "2\0\0\0a\0\0\0003\0\0\0a\0\0\0005\0\0\0b\0\0\0\0\0";

    (void)state;
    assert_false(is_help(names, sizeof(names) - 1));
    assert_false(is_help(mixed, sizeof(mixed) - 1));
    assert_true(is_help(help, sizeof(help) - 1));
    assert_true(is_help(mostly, sizeof(mostly) - 1));
}

static void a_mark_is_no_part_of_a_table(void **state)
{
    static const struct {
        const char *bytes;
        size_t size, kept;
    } cases[] = {
        { "\xFF\xFE\0\0", 4, 2 }, { "\xFF\xFE", 2, 0 }, { "\xFF\xFD\0\0", 4, 4 },
        { "\xFF", 1, 1 },         { "", 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct machine_input input;
        struct registration_error error;

        assert_int_equal(parse(cases[i].bytes, cases[i].size, "perfh009.dat", &input, &error), 0);
        const struct reg_value *value =
            reg_tree_value(&input.tree, reg_tree_find(&input.tree, REG_PERFLIB "\\009"), "Help");
        assert_non_null(value);
        assert_int_equal(value->size, cases[i].kept);
        machine_input_release(&input);
    }
}

/* ASCII as UTF-16, with or without a mark and without its last `cut` bytes. */
static size_t wide(const char *ascii, bool has_mark, size_t cut, unsigned char *bytes)
{
    size_t size = 0;

    if (has_mark) {
        bytes[size++] = 0xFF;
        bytes[size++] = 0xFE;
    }
    for (; *ascii; ascii++) {
        bytes[size++] = (unsigned char)*ascii;
        bytes[size++] = 0;
    }
    return size - cut;
}

static void a_backup_may_end_within_a_character(void **state)
{
    unsigned char bytes[200];
    struct machine_input input;
    struct registration_error error;

    (void)state;
    for (unsigned has_mark = 0; has_mark < 2; has_mark++)
        for (size_t cut = 0; cut < 2; cut++) {
            size_t size = wide("[Perflib]\nBase Index=1847\n[PERF_x]\n", has_mark, cut, bytes);
            assert_int_equal(parse(bytes, size, "t", &input, &error), ERROR_SUCCESS);
            assert_int_equal(input.kind, MACHINE_INPUT_BACKUP);
            assert_int_equal(input.is_cut, cut != 0);
            assert_int_equal(*input.damage != 0, cut != 0);
            machine_input_release(&input);
        }
    /* Damage that the reader of the form has found is kept. */
    size_t size = wide("[Perflib]\nBase Index=1847\n[PERF_x]\nFirst Cou", true, 1, bytes);
    assert_int_equal(parse(bytes, size, "t", &input, &error), ERROR_SUCCESS);
    assert_true(input.is_cut);
    assert_int_not_equal(*input.damage, 0);
    assert_string_not_equal(input.damage, "it ends within a character");
    machine_input_release(&input);
}

static void a_registry_file_that_is_cut_is_refused(void **state)
{
    unsigned char bytes[200];
    struct machine_input input;
    struct registration_error error;

    (void)state;
    for (unsigned has_mark = 0; has_mark < 2; has_mark++) {
        size_t size = wide(registry_begin, has_mark, 0, bytes);
        assert_int_equal(kind_of(bytes, size, "t"), MACHINE_INPUT_REGISTRY);
        assert_int_equal(parse(bytes, size - 1, "t", &input, &error), ERROR_INVALID_DATA);
        assert_non_null(strstr(error.message, "half a character"));
    }
}

/* An odd number of bytes is cut UTF-16 only if there are more than eight, and they begin with a mark or an
   ASCII character. Then the first line is read and refused; other bytes are refused because of their zeros. */
static void few_bytes_or_other_characters_are_not_cut_utf16(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool is_utf16;
    } cases[] = {
        { "[\0P\0e\0r\0\n", 9, true },   { "\xFF\xFE[\0P\0e\0r", 9, true },
        { "[\0P\0e\0\n", 7, false },     { "\xFFx[\0P\0e\0r", 9, false },
        { "x\xFE[\0P\0e\0r", 9, false }, { "[\0Pxe\0r\0\n", 9, false },
        { "[xP\0e\0r\0\n", 9, false },   { "[\0P\0e\0r\0", 8, true },
    };
    static const char *const whole[] = { "x\xFE\n[PERF_x]", "\xFFx\n[PERF_x]" };
    struct machine_input input;
    struct registration_error error;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].bytes, cases[i].size, "t", &input, &error),
                         ERROR_INVALID_DATA);
        if (!!strstr(error.message, "its first line must be") != cases[i].is_utf16)
            fail_msg("case %zu: %s", i, error.message);
    }
    for (size_t i = 0; i < UNIT_COUNT(whole); i++) {
        assert_int_equal(parse(whole[i], 11, "t", &input, &error), ERROR_SUCCESS);
        assert_int_equal(input.kind, MACHINE_INPUT_BACKUP);
        assert_false(input.is_cut);
        machine_input_release(&input);
    }
}

static void a_registry_file_is_recognised_before_other_forms(void **state)
{
    static const struct {
        const char *text;
        int kind;
    } cases[] = {
        { "Windows Registry Editor Version 5.00\n\n[PERF_x]\n", -1 }, /* no path of a registry */
        { "Windows Registry Editor Version 5.00\n\n;\n[PERF_x]\n", -1 },
        { "REGEDIT4\n\n", MACHINE_INPUT_REGISTRY },
        { "REGEDIT\n[PERF_x]\n", MACHINE_INPUT_BACKUP },
        { "[PERF_x]\nREGEDIT4\n", MACHINE_INPUT_BACKUP },
        { "[PERF_x]\n", MACHINE_INPUT_BACKUP },
        { "", -1 },
        { "Windows Registry Edito", -1 },
        { "x", -1 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const int kind = kind_of(cases[i].text, strlen(cases[i].text), "t");
        if (kind != cases[i].kind)
            fail_msg("%s: kind %d", cases[i].text, kind);
    }
    /* UTF-16 that ends within the header */
    unsigned char bytes[200];
    assert_int_equal(kind_of(bytes, wide("Windows Registry Edito", false, 0, bytes), "t"), -1);
}

static void a_query_is_recognised_unless_the_file_is_a_registry_file(void **state)
{
    static const char query[] = "[PERFLIB] Base Index: 0x00000737\n";
    static const char registry[] = "REGEDIT4\n\n; [PERFLIB] Base Index: 0x00000737\n";

    (void)state;
    assert_int_equal(kind_of(query, sizeof(query) - 1, "t"), MACHINE_INPUT_QUERY);
    assert_int_equal(kind_of(registry, sizeof(registry) - 1, "t"), MACHINE_INPUT_REGISTRY);
}

static void keys_of_hives_under_other_names_keep_their_paths(void **state)
{
    static const struct {
        const char *text, *services, *perflib;
    } cases[] = {
        { "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\A]\n", "", "" },
        { "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\A]\n",
          "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services", "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct machine_input input;
        struct registration_error error;

        assert_int_equal(parse(cases[i].text, strlen(cases[i].text), "t", &input, &error), 0);
        assert_string_equal(input.services_path, cases[i].services);
        assert_string_equal(input.perflib_path, cases[i].perflib);
        machine_input_release(&input);
    }
    static const char broken[] =
        "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\A]\nx\n";
    assert_int_equal(kind_of(broken, sizeof(broken) - 1, "t"), -1);
}

/* Each allocation fails in turn: the error says so, and nothing is kept. */
static void every_allocation_may_fail(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        { "P\0E\0R\0F\0x", 9 },
        { "2\0\0\0a\0\0\0\0\0", 10 },
        { "[PERF_x]\n", 9 },
        { "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\A]\n\"b\"=dword:1\n", 44 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        DWORD failure = ERROR_NOT_ENOUGH_MEMORY;
        for (unsigned step = 1; failure; step++) {
            struct machine_input input;
            struct registration_error error;
            const long before = failing_memory_blocks;
            failing_memory_countdown = step;
            failure = machine_input_parse(cases[i].bytes, cases[i].size, "t", &input, &error);
            const bool has_failed = !failing_memory_countdown;
            failing_memory_countdown = 0;
            assert_int_equal(failure, has_failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
            if (failure)
                assert_string_equal(error.message, "t: out of memory");
            else
                machine_input_release(&input);
            assert_int_equal(failing_memory_blocks, before);
            assert_true(step < 1000);
        }
    }
}

/* What the fake functions of the system return. */
static DWORD file_error, load_error;
static const char *file_text;
static bool has_path, has_name_files;

DWORD __wrap_os_file_read_all(const char *path, void **data, size_t *size, size_t limit);
bool __wrap_registration_system_has_name_files(void);
bool __wrap_registration_system_file(const char *name, char *path, size_t size);
DWORD __wrap_registration_system_load(struct reg_tree *tree, struct registration_error *error);
DWORD __wrap_registration_system_names_error(void);

DWORD __wrap_os_file_read_all(const char *path, void **data, size_t *size, size_t limit)
{
    assert_string_equal(path, "a file");
    assert_int_equal(limit, MACHINE_INPUT_LIMIT);
    if (file_error)
        return file_error;
    *size = strlen(file_text);
    *data = malloc(*size + 1);
    assert_non_null(*data);
    memcpy(*data, file_text, *size + 1);
    return ERROR_SUCCESS;
}

bool __wrap_registration_system_has_name_files(void)
{
    return has_name_files;
}

bool __wrap_registration_system_file(const char *name, char *path, size_t size)
{
    assert_int_not_equal(*name, 0);
    snprintf(path, size, "a file");
    return has_path;
}

DWORD __wrap_registration_system_load(struct reg_tree *tree, struct registration_error *error)
{
    (void)tree, (void)error;
    return load_error;
}

DWORD __wrap_registration_system_names_error(void)
{
    return ERROR_BUSY;
}

static void a_file_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    static const struct {
        DWORD error;
        const char *message;
    } cases[] = {
        { ERROR_FILE_NOT_FOUND, "a file: no such file" },
        { ERROR_PATH_NOT_FOUND, "a file: no such file" },
        { ERROR_ACCESS_DENIED, "a file: may not be read by this user" },
        { ERROR_FILE_TOO_LARGE, "a file: is larger than 64 MiB" },
        { ERROR_INVALID_NAME, "a file: is not a regular file" },
        { ERROR_READ_FAULT, "a file: cannot be read" },
    };
    struct machine_input input;
    struct registration_error error;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        file_error = cases[i].error;
        assert_int_equal(machine_input_read("a file", &input, &error), cases[i].error);
        assert_string_equal(error.message, cases[i].message);
    }
    file_error = ERROR_SUCCESS;
    file_text = "[PERF_x]\n";
    assert_int_equal(machine_input_read("a file", &input, &error), ERROR_SUCCESS);
    assert_int_equal(input.kind, MACHINE_INPUT_BACKUP);
    machine_input_release(&input);
    assert_int_equal(machine_input_parse(NULL, 0, "t", &input, &error), ERROR_INVALID_DATA);
}

static void a_live_registry_shows_the_files_beside_it(void **state)
{
    static const struct {
        bool has_name_files, has_path;
        DWORD error;
        const char *text;
        enum machine_file_state state;
    } cases[] = {
        { true, true, 0, "1234", MACHINE_FILE_THERE },
        { true, true, 0, "123", MACHINE_FILE_EMPTY },
        { true, true, 0, "", MACHINE_FILE_EMPTY },
        { true, true, ERROR_FILE_NOT_FOUND, "1234", MACHINE_FILE_GONE },
        { true, true, ERROR_ACCESS_DENIED, "1234", MACHINE_FILE_UNKNOWN },
        { true, false, 0, "1234", MACHINE_FILE_UNKNOWN },
        { false, true, 0, "1234", MACHINE_FILE_UNKNOWN },
    };
    struct machine_input input;
    struct registration_error error;

    (void)state;
    load_error = ERROR_SUCCESS;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        has_name_files = cases[i].has_name_files;
        has_path = cases[i].has_path;
        file_error = cases[i].error;
        file_text = cases[i].text;
        assert_int_equal(machine_input_read_system(&input, &error), ERROR_SUCCESS);
        assert_true(input.is_system);
        assert_int_equal(input.is_live, has_name_files);
        assert_int_equal(input.names_error, ERROR_BUSY);
        for (size_t k = 0; k < MACHINE_FILE_COUNT; k++)
            assert_int_equal(input.files[k], cases[i].state);
        machine_input_release(&input);
    }
    load_error = ERROR_NOT_SUPPORTED;
    assert_int_equal(machine_input_read_system(&input, &error), ERROR_NOT_SUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_answer_begins_with_its_signature),
        cmocka_unit_test(a_table_begins_with_an_index_and_its_terminator),
        cmocka_unit_test(a_file_name_shows_language_and_kind),
        cmocka_unit_test(most_indices_of_help_texts_are_odd),
        cmocka_unit_test(a_mark_is_no_part_of_a_table),
        cmocka_unit_test(a_backup_may_end_within_a_character),
        cmocka_unit_test(a_registry_file_that_is_cut_is_refused),
        cmocka_unit_test(few_bytes_or_other_characters_are_not_cut_utf16),
        cmocka_unit_test(a_registry_file_is_recognised_before_other_forms),
        cmocka_unit_test(a_query_is_recognised_unless_the_file_is_a_registry_file),
        cmocka_unit_test(keys_of_hives_under_other_names_keep_their_paths),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named_with_the_reason),
        cmocka_unit_test(a_live_registry_shows_the_files_beside_it),
    };

    return cmocka_run_group_tests_name("machine_input", tests, NULL, NULL);
}
