/* SPDX-License-Identifier: MIT
 *
 * Tests of reg_edit.c: how a change alters the text of a .reg file, and that everything else stays.
 */
#include "unit.h"

#include "reg_edit.h"
#include "registration.h"
#include "text.h"

#define V5 "Windows Registry Editor Version 5.00\n"
#define ROOT "HKEY_LOCAL_MACHINE\\"

/* One change to a text, and the result as UTF-8. */
struct change {
    const char *name, *before, *path, *value; /* value: NULL for the key */
    char kind;                                /* s set "x", d dword 0x1f, r remove, k add key */
    const char *after;
};

static const struct change changes[] = {
    { "a value is replaced in its place", V5 "[HKLM\\a]\n\"v\"=dword:1 ; c\n\"w\"=\"y\"\n",
      ROOT "a", "V", 's', V5 "[HKLM\\a]\n\"V\"=\"x\"\n\"w\"=\"y\"\n" },
    { "a new one goes after the last of its key", V5 "[HKLM\\a]\n\"v\"=\"1\"\n\n; c\n[HKLM\\b]\n",
      ROOT "a", "n", 's', V5 "[HKLM\\a]\n\"v\"=\"1\"\n\"n\"=\"x\"\n\n; c\n[HKLM\\b]\n" },
    { "or after the key's head", V5 "[HKLM\\a]\n\n[HKLM\\b]\n", ROOT "a", "n", 'd',
      V5 "[HKLM\\a]\n\"n\"=dword:0000001f\n\n[HKLM\\b]\n" },
    { "the last of several sections counts", V5 "[HKLM\\a]\n\"v\"=\"1\"\n[HKLM\\b]\n[HKLM\\A]\n",
      ROOT "a", "n", 's', V5 "[HKLM\\a]\n\"v\"=\"1\"\n[HKLM\\b]\n[HKLM\\A]\n\"n\"=\"x\"\n" },
    { "a key that is not there is added at the end", V5 "[HKLM\\a]\n", ROOT "b", "n", 's',
      V5 "[HKLM\\a]\n\n[HKEY_LOCAL_MACHINE\\b]\n\"n\"=\"x\"\n" },
    { "a key that was removed is not there", V5 "[HKLM\\a\\b]\n\"n\"=\"y\"\n[-HKLM\\a]\n",
      ROOT "a\\b", "n", 's',
      V5 "[HKLM\\a\\b]\n\"n\"=\"y\"\n[-HKLM\\a]\n\n[HKEY_LOCAL_MACHINE\\a\\b]\n\"n\"=\"x\"\n" },
    { "also if the removed one is itself", V5 "[HKLM\\a]\n\"n\"=\"y\"\n[-HKLM\\A]\n", ROOT "a", "n",
      's', V5 "[HKLM\\a]\n\"n\"=\"y\"\n[-HKLM\\A]\n\n[HKEY_LOCAL_MACHINE\\a]\n\"n\"=\"x\"\n" },
    { "a removed key below it is another one", V5 "[HKLM\\a]\n[-HKLM\\a\\b\\c]\n", ROOT "a", "n",
      's', V5 "[HKLM\\a]\n\"n\"=\"x\"\n[-HKLM\\a\\b\\c]\n" },
    { "so is one whose name it begins with", V5 "[HKLM\\ab]\n[-HKLM\\a]\n", ROOT "ab", "n", 's',
      V5 "[HKLM\\ab]\n\"n\"=\"x\"\n[-HKLM\\a]\n" },
    { "so is one beside it", V5 "[HKLM\\a]\n[-HKLM\\b]\n", ROOT "a", "n", 's',
      V5 "[HKLM\\a]\n\"n\"=\"x\"\n[-HKLM\\b]\n" },
    { "a blank line has blanks and line ends", V5 "[HKLM\\a]\n \t\r\n[HKLM\\b]\n", ROOT "a", NULL,
      'r', V5 "[HKLM\\b]\n" },
    { "a value that was removed is set after the removal", V5 "[HKLM\\a]\n\"n\"=\"y\"\n\"n\"=-\n",
      ROOT "a", "n", 's', V5 "[HKLM\\a]\n\"n\"=\"y\"\n\"n\"=-\n\"n\"=\"x\"\n" },
    { "a missing line end at the end is made good", V5 "[HKLM\\a]\n\"v\"=\"1\"", ROOT "a", "n", 's',
      V5 "[HKLM\\a]\n\"v\"=\"1\"\n\"n\"=\"x\"\n" },
    { "the default value is @", V5 "[HKLM\\a]\n", ROOT "a", "", 's', V5 "[HKLM\\a]\n@=\"x\"\n" },
    { "names are escaped", V5 "[HKLM\\a]\n", ROOT "a", "q\"\\", 's',
      V5 "[HKLM\\a]\n\"q\\\"\\\\\"=\"x\"\n" },
    { "CRLF stays CRLF", "REGEDIT4\r\n[HKLM\\a]\r\n", ROOT "a", "n", 's',
      "REGEDIT4\r\n[HKLM\\a]\r\n\"n\"=\"x\"\r\n" },
    { "the control set keeps its own name", V5 "[HKLM\\SYSTEM\\ControlSet001\\Services\\x]\n",
      ROOT "SYSTEM\\CurrentControlSet\\Services\\x", "n", 's',
      V5 "[HKLM\\SYSTEM\\ControlSet001\\Services\\x]\n\"n\"=\"x\"\n" },
    { "a value is removed wherever it is set",
      V5 "[HKLM\\a]\n\"v\"=\"1\"\n\"w\"=\"2\"\n\"V\"=hex:01,\\\n  02\n", ROOT "a", "v", 'r',
      V5 "[HKLM\\a]\n\"w\"=\"2\"\n" },
    { "removing what is not there changes nothing", V5 "[HKLM\\a]\n\"v\"=\"1\"\n", ROOT "a", "w",
      'r', V5 "[HKLM\\a]\n\"v\"=\"1\"\n" },
    { "the same value of another key stays", V5 "[HKLM\\a]\n\"v\"=\"1\"\n[HKLM\\b]\n\"v\"=\"1\"\n",
      ROOT "b", "v", 'r', V5 "[HKLM\\a]\n\"v\"=\"1\"\n[HKLM\\b]\n" },
    { "a key goes with its values and the blank line after it",
      V5 "\n[HKLM\\a]\n\"v\"=\"1\"\n\n; c\n[HKLM\\b]\n", ROOT "a", NULL, 'r',
      V5 "\n; c\n[HKLM\\b]\n" },
    { "at the end, the blank line in front", V5 "\n[HKLM\\a]\n\n[HKLM\\b]\n\"v\"=\"1\"\n", ROOT "b",
      NULL, 'r', V5 "\n[HKLM\\a]\n" },
    { "keys below it stay", V5 "[HKLM\\a]\n\"v\"=\"1\"\n[HKLM\\a\\b]\n\"v\"=\"1\"\n", ROOT "a",
      NULL, 'r', V5 "[HKLM\\a\\b]\n\"v\"=\"1\"\n" },
    { "a removal of a value stays", V5 "[HKLM\\a]\n\"v\"=\"1\"\n\"v\"=-\n", ROOT "a", "v", 'r',
      V5 "[HKLM\\a]\n\"v\"=-\n" },
    { "the last key goes, and nothing of the one before it", V5 "[HKLM\\a]\n[HKLM\\b]\n", ROOT "b",
      NULL, 'r', V5 "[HKLM\\a]\n" },
    { "blanks at the end have no line end", V5 "[HKLM\\a]\n[HKLM\\b]\n \t", ROOT "b", NULL, 'r',
      V5 "[HKLM\\a]\n" },
    { "blanks before a key are not its line's start", V5 "[HKLM\\a]\n\n  [HKLM\\b]\n", ROOT "b",
      NULL, 'r', V5 "[HKLM\\a]\n" },
    { "a blank line of CRLF goes as a whole", "REGEDIT4\r\n[HKLM\\a]\r\n\r\n[HKLM\\b]\r\n",
      ROOT "b", NULL, 'r', "REGEDIT4\r\n[HKLM\\a]\r\n" },
    { "a blank line at the start is a line", "\n" V5 "[HKLM\\a]\n", ROOT "a", "n", 's',
      "\n" V5 "[HKLM\\a]\n\"n\"=\"x\"\n" },
    { "a name is in the encoding of the text", V5 "[HKLM\\\xE6\x97\xA5]\n", ROOT "\xE6\x97\xA5",
      "\xE6\x97\xA5", 's', V5 "[HKLM\\\xE6\x97\xA5]\n\"\xE6\x97\xA5\"=\"x\"\n" },
    { "a key is added once", V5 "[HKLM\\a]\n", ROOT "A", NULL, 'k', V5 "[HKLM\\a]\n" },
    { "and at the end", V5 "[HKLM\\a]", ROOT "b", NULL, 'k',
      V5 "[HKLM\\a]\n\n[HKEY_LOCAL_MACHINE\\b]\n" },
};

static void load(const char *bytes, struct reg_text *text)
{
    struct registration_error error;

    if (reg_text_decode(bytes, strlen(bytes), "t", "a .reg file", text, &error))
        fail_msg("%s", error.message);
}

static DWORD apply(const struct change *change, struct reg_text *text)
{
    switch (change->kind) {
    case 's':
        return reg_edit_set(text, change->path, change->value, REG_SZ, TEXT16("x"), 4);
    case 'd':
        return reg_edit_set(text, change->path, change->value, REG_DWORD, "\x1f\0\0", 4);
    case 'k':
        return reg_edit_add_key(text, change->path);
    default:
        return change->value ? reg_edit_remove_value(text, change->path, change->value)
                             : reg_edit_remove_key(text, change->path);
    }
}

static void a_change_changes_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(changes); i++) {
        struct reg_text text = { 0 };
        void *data = NULL;
        size_t size = 0;

        load(changes[i].before, &text);
        DWORD error = apply(&changes[i], &text);
        if (!error)
            error = reg_text_encode(&text, &data, &size);
        if (error || size != strlen(changes[i].after) || memcmp(data, changes[i].after, size) != 0)
            fail_msg("%s: error %lu\nexpected:\n%s\ngot:\n%.*s", changes[i].name,
                     (unsigned long)error, changes[i].after, (int)size, (char *)data);
        free(data);
        reg_text_release(&text);
    }
}

static void hexadecimal_data_is_broken_as_regedit_does(void **state)
{
    static const char expected[] =
        V5 "[HKLM\\a]\n\"Counter\"=hex(7):00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,"
           "13,\\\n"
           "  14,15,16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,\\\n"
           "  2d,2e,2f\n";
    struct reg_text text = { 0 };
    unsigned char bytes[48];
    void *data;
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    load(V5 "[HKLM\\a]\n", &text);
    assert_int_equal(reg_edit_set(&text, ROOT "a", "Counter", REG_MULTI_SZ, bytes, 48), 0);
    assert_int_equal(reg_text_encode(&text, &data, &size), 0);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(data, expected, size);
    free(data);
    reg_text_release(&text);
}

static void data_have_the_form_of_their_type(void **state)
{
    static const unsigned char bytes[] = { 1, 2, 3, 4, 5 };
    static const struct {
        uint32_t type;
        const void *data;
        size_t size;
        const char *version_5, *version_4; /* the line in each; NULL: the same */
    } cases[] = {
        { REG_SZ, TEXT16("a\nb"), 8, "hex(1):61,00,0a,00,62,00,00,00", NULL },
        { REG_SZ, TEXT16("a"), 2, "hex(1):61,00", NULL },
        { REG_SZ, TEXT16("a\0b"), 6, "hex(1):61,00,00,00,62,00", NULL },
        { REG_SZ, TEXT16("a\0b"), 5, "hex(1):61,00,00,00,62", NULL },
        { REG_SZ, TEXT16(""), 0, "hex(1):", NULL },
        { REG_SZ, NULL, 0, "hex(1):", NULL },
        { REG_SZ, TEXT16("a\\"), 6, "\"a\\\\\"", NULL },
        { REG_SZ, TEXT16("a b"), 8, "\"a b\"", NULL },
        { REG_SZ, TEXT16("a\x1f"), 6, "hex(1):61,00,1f,00,00,00", NULL },
        { REG_EXPAND_SZ, TEXT16("x"), 4, "hex(2):78,00,00,00", "hex(2):78,00" },
        { REG_MULTI_SZ, TEXT16("x\0"), 6, "hex(7):78,00,00,00,00,00", "hex(7):78,00,00" },
        { REG_MULTI_SZ, TEXT16(""), 0, "hex(7):", NULL },
        { REG_BINARY, TEXT16("x"), 4, "hex:78,00,00,00", NULL },
        { REG_DWORD, bytes, 4, "dword:04030201", NULL },
        { REG_DWORD, bytes, 3, "hex(4):01,02,03", NULL },
        { REG_DWORD, bytes, 5, "hex(4):01,02,03,04,05", NULL },
        { 0, bytes, 1, "hex(0):01", NULL },
    };
    static const char *const heads[] = { V5 "[HKLM\\a]\n", "REGEDIT4\n[HKLM\\a]\n" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases) * 2; i++) {
        const char *line =
            i % 2 && cases[i / 2].version_4 ? cases[i / 2].version_4 : cases[i / 2].version_5;
        struct reg_text text = { 0 };
        char expected[256];
        void *data;
        size_t size;

        load(heads[i % 2], &text);
        snprintf(expected, sizeof(expected), "%s\"v\"=%s\n", heads[i % 2], line);
        assert_int_equal(reg_edit_set(&text, ROOT "a", "v", cases[i / 2].type, cases[i / 2].data,
                                      cases[i / 2].size),
                         0);
        assert_int_equal(reg_text_encode(&text, &data, &size), 0);
        if (size != strlen(expected) || memcmp(data, expected, size) != 0)
            fail_msg("%s: got:\n%.*s", line, (int)size, (char *)data);
        free(data);
        reg_text_release(&text);
    }
}

/* A line is broken after the byte that reaches column 77, but not after the last byte. */
static void the_last_byte_is_followed_by_no_break(void **state)
{
    static const char *const ends[] = { "13\n", "13,\\\n  14\n" };
    unsigned char bytes[21];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    for (size_t count = 20; count <= 21; count++) {
        struct reg_text text = { 0 };
        const char *end = ends[count - 20];
        void *data;
        size_t size;

        load(V5 "[HKLM\\a]\n", &text);
        assert_int_equal(reg_edit_set(&text, ROOT "a", "Counter", REG_MULTI_SZ, bytes, count), 0);
        assert_int_equal(reg_text_encode(&text, &data, &size), 0);
        assert_true(size > strlen(end));
        assert_memory_equal((char *)data + size - strlen(end), end, strlen(end));
        free(data);
        reg_text_release(&text);
    }
}

static void lines_of_values_are_of_version_5(void **state)
{
    static const char expected[] = "\"v\"=hex(2):78,00,00,00\r\n";
    struct reg_buffer lines = { 0 };
    char text[64];

    (void)state;
    reg_edit_add_value(&lines, "v", REG_EXPAND_SZ, TEXT16("x"), 4);
    assert_false(lines.is_lost);
    size_t length = text_to_utf8((const WCHAR *)(const void *)lines.data,
                                 lines.size / sizeof(WCHAR), text, sizeof(text));
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
    reg_buffer_release(&lines);
}

static void an_empty_file_begins_with_a_header(void **state)
{
    static const char expected[] =
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\a]\r\n";
    struct reg_text text = { 0 };
    char utf8[128];

    (void)state;
    assert_int_equal(reg_edit_begin(&text), ERROR_SUCCESS);
    assert_int_equal(text.encoding, REG_ENCODING_UTF16);
    assert_true(text.has_mark);
    assert_int_equal(reg_edit_add_key(&text, ROOT "a"), ERROR_SUCCESS);
    size_t length = text_to_utf8(text.units, text.length, utf8, sizeof(utf8));
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(utf8, expected, length);
    reg_text_release(&text);
}

static void a_text_that_is_refused_stays_as_it_is(void **state)
{
    static const char *const broken[] = { "", "[HKLM\\a]\n",
                                          V5 "[HKLM\\a]\n\"v\"=\"1\"\n\"v\"=rubbish\n" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(broken); i++) {
        struct reg_text text = { 0 };

        load(broken[i], &text);
        WCHAR *units = text.units;
        size_t length = text.length;
        assert_int_equal(reg_edit_set(&text, ROOT "a", "v", REG_SZ, TEXT16("x"), 4),
                         ERROR_INVALID_DATA);
        assert_int_equal(reg_edit_add_key(&text, ROOT "b"), ERROR_INVALID_DATA);
        assert_int_equal(reg_edit_remove_value(&text, ROOT "a", "v"), ERROR_INVALID_DATA);
        assert_int_equal(reg_edit_remove_key(&text, ROOT "a"), ERROR_INVALID_DATA);
        assert_ptr_equal(text.units, units);
        assert_int_equal(text.length, length);
        reg_text_release(&text);
    }
}

static void what_an_8_bit_file_cannot_hold_is_refused_and_changes_nothing(void **state)
{
    struct reg_text text = { 0 };

    (void)state;
    load("REGEDIT4\r\n[HKLM\\a]\r\n\"v\"=\"\xE9\"\r\n", &text);
    size_t length = text.length;
    assert_int_equal(text.encoding, REG_ENCODING_ANSI);
    assert_int_equal(reg_edit_set(&text, ROOT "a", "w", REG_SZ, TEXT16("\u65e5"), 4),
                     ERROR_NO_UNICODE_TRANSLATION);
    assert_int_equal(reg_edit_set(&text, ROOT "a", "w", REG_MULTI_SZ, TEXT16("\u65e5\0"), 6),
                     ERROR_NO_UNICODE_TRANSLATION);
    for (size_t size = 1; size <= 3; size += 2) /* half a character */
        assert_int_equal(reg_edit_set(&text, ROOT "a", "w", REG_MULTI_SZ, TEXT16("xy"), size),
                         ERROR_NO_UNICODE_TRANSLATION);
    assert_int_equal(text.length, length);
    assert_int_equal(reg_edit_set(&text, ROOT "a", "w", REG_MULTI_SZ, TEXT16("\u20ac\0"), 6), 0);
    reg_text_release(&text);
}

/* A key of the text is found if its path has at most 2047 bytes (LONGEST_PATH - 1). A key with a longer path cannot
   belong to the registry of counters: it is passed over, and the key is added at the end. */
static void a_key_is_found_up_to_the_longest_path(void **state)
{
    (void)state;
    for (size_t length = 2046; length <= 2048; length++) {
        char path[2049] = ROOT, before[2200], after[4600];
        struct reg_text text = { 0 };
        void *data = NULL;
        size_t size = 0;

        memset(path + strlen(ROOT), 'k', length - strlen(ROOT));
        path[length] = 0;
        snprintf(before, sizeof(before), V5 "[%s]\n", path);
        if (length <= 2047)
            snprintf(after, sizeof(after), "%s\"n\"=\"x\"\n", before);
        else
            snprintf(after, sizeof(after), "%s\n[%s]\n\"n\"=\"x\"\n", before, path);
        load(before, &text);
        assert_int_equal(reg_edit_set(&text, path, "n", REG_SZ, TEXT16("x"), 4), ERROR_SUCCESS);
        assert_int_equal(reg_text_encode(&text, &data, &size), ERROR_SUCCESS);
        if (size != strlen(after) || memcmp(data, after, size) != 0)
            fail_msg("%zu bytes: got:\n%.*s", length, (int)size, (char *)data);
        free(data);
        reg_text_release(&text);
    }
}

/* The first 2047 bytes of a longer path are not the path. */
static void a_key_whose_path_is_cut_is_another_one(void **state)
{
    char path[2049] = ROOT, before[2200];
    struct reg_text text = { 0 };

    (void)state;
    memset(path + strlen(ROOT), 'k', 2048 - strlen(ROOT));
    snprintf(before, sizeof(before), V5 "[%s]\n", path);
    load(before, &text);
    size_t length = text.length;
    path[2047] = 0;
    assert_int_equal(reg_edit_remove_key(&text, path), ERROR_SUCCESS);
    assert_int_equal(text.length, length);
    reg_text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_changes_what_it_says_and_nothing_else),
        cmocka_unit_test(hexadecimal_data_is_broken_as_regedit_does),
        cmocka_unit_test(the_last_byte_is_followed_by_no_break),
        cmocka_unit_test(data_have_the_form_of_their_type),
        cmocka_unit_test(lines_of_values_are_of_version_5),
        cmocka_unit_test(an_empty_file_begins_with_a_header),
        cmocka_unit_test(a_text_that_is_refused_stays_as_it_is),
        cmocka_unit_test(a_key_whose_path_is_cut_is_another_one),
        cmocka_unit_test(what_an_8_bit_file_cannot_hold_is_refused_and_changes_nothing),
        cmocka_unit_test(a_key_is_found_up_to_the_longest_path),
    };

    return cmocka_run_group_tests_name("reg_edit", tests, NULL, NULL);
}
