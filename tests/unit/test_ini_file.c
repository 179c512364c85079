/* SPDX-License-Identifier: MIT
 *
 * ini_file.c and counter_symbols.c: each limit from both sides, and files that end anywhere.
 */
#include "unit.h"

#include "counter_symbols.h"
#include "ini_file.h"
#include "os.h"
#include "temporary_path.h"

static struct registration_error error;

/* The text is in memory of its size, so that a sanitizer sees every read before and after it. */
static struct reg_text decode(const char *bytes, size_t size)
{
    struct reg_text text = { 0 };

    if (reg_text_decode(bytes, size, "f", "an .ini file", &text, &error))
        fail_msg("%s", error.message);
    WCHAR *units = malloc(text.length * sizeof(*units) + !text.length);
    if (text.length)
        memcpy(units, text.units, text.length * sizeof(*units));
    free(text.units);
    text.units = units;
    return text;
}

static DWORD parse_ini(const char *bytes, struct ini_file *ini)
{
    struct reg_text text = decode(bytes, strlen(bytes));
    const DWORD result = ini_file_parse(&text, "f", ini, &error);

    reg_text_release(&text);
    return result;
}

static DWORD parse_symbols(const char *bytes, struct counter_symbols *symbols)
{
    struct reg_text text = decode(bytes, strlen(bytes));
    const DWORD result = counter_symbols_parse(&text, "f", symbols, &error);

    reg_text_release(&text);
    return result;
}

static void a_line_is_a_section_a_pair_or_a_comment(void **state)
{
    static const struct {
        const char *text, *message, *value; /* the message, or the value of the only entry */
    } cases[] = {
        { "[s]\nk=v", NULL, "v" },
        { "[s]\n k = v \r\n", NULL, "v" },
        { "[s]\nk=\"v\"", NULL, "v" },
        { "[s]\nk=\"\"", NULL, "" },
        { "[s]\nk=\"", NULL, "\"" }, /* one mark is no pair of marks */
        { "[s]\nk=\"v", NULL, "\"v" },
        { "[s]\nk=v\"", NULL, "v\"" },
        { "[s]\n\tk\t=\tv\t\r\n\n \t\n", NULL, "v" },
        { "[s]\nk=v\n \t ", NULL, "v" },
        { " ", NULL, NULL },
        { "[s]\na=1\n[t]\na=2", NULL, NULL },
        { "[s]\nk\nk=v", "f:2: \"k\" is neither", NULL },
        { "[s]\na=1\na=2\nb=1\nb=2", "f:3: \"a\" is defined twice", NULL },
        { "[s]\n//\nk=v", NULL, "v" },
        { "[s]\nk/=v", NULL, "v" },
        { "[s]\n/", "f:2: \"/\" is neither", NULL },
        { "[s", "f:1: the section's name has no", NULL },
        { "[s]\na=1\nb=2\nA=3", "f:4: \"A\" is defined twice in [s], also in line 2", NULL },
        { "[s]\na=1\n[t]\na=2\n[S]\na=3", "f:6: \"a\" is defined twice in [S], also in line 2",
          NULL },
        { "[s]\nk=", NULL, "" },
        { "[s]\nk=a b", NULL, "a b" }, /* 0x20 is the first that is no control character */
        { "[s]\nk=a~", NULL, "a~" },   /* 0x7E the last one before DEL */
        { "[s]\nk=a=b", NULL, "a=b" },
        { "; c\n// c\n/k=v",
          "f:3: \"/k=v\" is before the first [section]: move it below its section", NULL },
        { "[s]\n/k=v", NULL, "v" }, /* one stroke is no comment */
        { "[s]\n//k=v\nk=v", NULL, "v" },
        { "[]\nk=v", NULL, "v" },
        { "[s]\nk=a\x1f", "f:2: \"k=a?\" has a control character", NULL },
        { "[s]\nk=a\x7f", "f:2: \"k=a?\" has a control character", NULL },
        { "[s]\nk=a\tb", "has a tab", NULL },
        { "[s]\n=v", "f:2: \"=v\" is neither", NULL },
        { "[s]\nk", "f:2: \"k\" is neither", NULL },
        { "[", "f:1: the section's name has no \"]\"", NULL },
        { "[s", "f:1: the section's name has no \"]\"", NULL },
        { "k=v", "f:1: \"k=v\" is before the first [section]: move it below its section", NULL },
        { "[s]\nk=v\n[S]\nK=w", "f:4: \"K\" is defined twice in [S], also in line 2", NULL },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct ini_file ini = { 0 };
        const DWORD result = parse_ini(cases[i].text, &ini);

        if (result != (cases[i].message ? ERROR_INVALID_DATA : ERROR_SUCCESS))
            fail_msg("\"%s\": error %lu", cases[i].text, (unsigned long)result);
        if (cases[i].message && (!strstr(error.message, cases[i].message) || ini.count))
            fail_msg("\"%s\": got \"%s\"", cases[i].text, error.message);
        if (cases[i].value && (ini.count != 1 || strcmp(ini.entries[0].value, cases[i].value) != 0))
            fail_msg("\"%s\": %zu entries, \"%s\"", cases[i].text, ini.count,
                     ini.count ? ini.entries[0].value : "");
        ini_file_release(&ini);
    }
}

static void a_key_is_looked_for_in_its_section(void **state)
{
    struct ini_file ini = { 0 };

    (void)state;
    assert_int_equal(parse_ini("[s]\na=1\nb=2\n[t]\na=3\nc=4\n", &ini), ERROR_SUCCESS);
    assert_int_equal(ini.count, 4);
    assert_string_equal(ini_file_find(&ini, "s", "a")->value, "1");
    assert_string_equal(ini_file_find(&ini, "T", "A")->value, "3");
    assert_string_equal(ini_file_find(&ini, "s", "b")->value, "2");
    assert_int_equal(ini_file_find(&ini, "t", "c")->line, 6);
    assert_null(ini_file_find(&ini, "s", "c"));
    assert_null(ini_file_find(&ini, "t", "b"));
    assert_null(ini_file_find(&ini, "u", "a"));
    ini_file_release(&ini);
    assert_null(ini_file_find(&ini, "s", "a"));
}

static void half_a_character_is_refused_in_a_key_and_in_a_value(void **state)
{
    static const WCHAR key[] = { '[', 's', ']', '\n', 0xD800, '=', 'v' };
    static const WCHAR value[] = { '[', 's', ']', '\n', 'k', '=', 0xDC00 };
    struct ini_file ini = { 0 };

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct reg_text text = { .units = (WCHAR *)(uintptr_t)(i ? key : value),
                                       .length = UNIT_COUNT(key) };

        assert_int_equal(ini_file_parse(&text, "f", &ini, &error), ERROR_INVALID_DATA);
        assert_non_null(strstr(error.message, "f:2: the line has half a character"));
    }
}

static void an_offset_has_32_bits(void **state)
{
    static const struct {
        const char *text;
        bool is_refused;
        size_t count;
        uint32_t offset;
    } cases[] = {
        { "#define A 0", false, 1, 0 },
        { "#define A 4294967295", false, 1, UINT32_MAX },
        { "#define A 4294967296", true, 0, 0 },
        { "#define A 99999999999999999999999", true, 0, 0 },
        { "#define A 0x10", false, 0, 0 }, /* another constant of the program */
        { "#define A 0X10", false, 0, 0 },
        { "#define A 00", false, 1, 0 },
        { "#define A /* c */ 2 /* d */", false, 1, 2 },
        { "#define A", false, 0, 0 },
        { "#define A ", false, 0, 0 },
        { "#define A /", false, 0, 0 },
        { "#define A :", false, 0, 0 }, /* the character after 9 */
        { "#define A(x) 2", false, 0, 0 },
        { "#define 2", false, 0, 0 },
        { "#defined A 2", false, 0, 0 },
        { "#undef A", false, 0, 0 },
        { "/* #define A 2", false, 0, 0 },
        { "/* #define A 2 *", false, 0, 0 },
        { "/*/ #define A 2 /*/\n#define A 4", false, 1, 4 },
        { "int x; /* c\n*/ #define A 2", false, 0, 0 }, /* the directive is not first in its line */
        { "// #define A 2\n#define A 6", false, 1, 6 },
        { "#define A 1x", false, 1, 1 },
        { "#define A 100 5", false, 1, 100 },
        { "#define A 2:", false, 1, 2 }, /* the character after 9 */
        { "#define azAZ09_ 3", false, 1, 3 },
        { "#define A{ 2", false, 0, 0 }, /* after z */
        { "#define A[ 2", false, 0, 0 }, /* after Z */
        { "#define A: 2", false, 0, 0 },
        { "#define A` 2", false, 0, 0 }, /* before a */
        { "#define A@ 2", false, 0, 0 }, /* before A */
        { "#define A/ 2", false, 0, 0 }, /* before 0 */
        { "#definex 2", false, 0, 0 },
        { "#pragma 2", false, 0, 0 },
        { "\r\t#\tdefine\tA\t2\r\n", false, 1, 2 },
        { "#define A x* */2", false, 0, 0 },
        { "/* a/\n#define A 2 */", false, 0, 0 },
        { "/* *  #define A 2 */", false, 0, 0 },
        { "int x; /* c\n#define A 2\n*/", false, 0, 0 },
        { "int x; // /* c\n#define A 2", false, 1, 2 },
        { "x*/ y /* c\n#define A 2\n*/", false, 0, 0 },
        { "a / b /* c\n#define A 2\n*/", false, 0, 0 },
        { "#define A 2\n#define a 2", false, 2, 2 },
        { "#define A 2\n#define a 4", true, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct counter_symbols symbols = { 0 };
        const DWORD result = parse_symbols(cases[i].text, &symbols);

        if (result != (cases[i].is_refused ? ERROR_INVALID_DATA : ERROR_SUCCESS) ||
            symbols.count != cases[i].count ||
            (symbols.count && symbols.symbols[0].offset != cases[i].offset))
            fail_msg("\"%s\": error %lu, %zu symbols, %s", cases[i].text, (unsigned long)result,
                     symbols.count, error.message);
        counter_symbols_release(&symbols);
    }
}

static void lines_are_counted_also_in_comments(void **state)
{
    struct counter_symbols symbols = { 0 };

    (void)state;
    assert_int_equal(parse_symbols("/* a\nb */\n#define A 2 /*\n*/\n// c\n#define B 4\n", &symbols),
                     0);
    assert_int_equal(counter_symbols_find(&symbols, "A", 1)->line, 3);
    assert_int_equal(counter_symbols_find(&symbols, "B", 1)->line, 6);
    counter_symbols_release(&symbols);
    assert_int_equal(parse_symbols("\n#define A 4294967296", &symbols), ERROR_INVALID_DATA);
    assert_string_equal(error.message,
                        "f:2: the number is 4294967296 or more: offsets are small even "
                        "numbers, so write a smaller one");
    assert_int_equal(parse_symbols("#define A 2\n\n#define a 4", &symbols), ERROR_INVALID_DATA);
    assert_string_equal(error.message, "f:3: a is 4 here and 2 in line 1: give it one number");
}

static void a_symbol_is_found_by_the_whole_of_its_name(void **state)
{
    struct counter_symbols symbols = { 0 };

    (void)state;
    assert_int_equal(parse_symbols("#define ABC 2\n#define AB 4\n#define B 6\n", &symbols), 0);
    assert_int_equal(counter_symbols_find(&symbols, "abX", 2)->offset, 4);
    assert_int_equal(counter_symbols_find(&symbols, "ABC", 3)->offset, 2);
    assert_int_equal(counter_symbols_find(&symbols, "b", 1)->offset, 6);
    assert_non_null(counter_symbols_find(&symbols, "b9", 1));
    assert_null(counter_symbols_find(&symbols, "A", 1));
    assert_null(counter_symbols_find(&symbols, "ABCD", 4));
    assert_null(counter_symbols_find(&symbols, "", 0));
    counter_symbols_release(&symbols);
}

static void every_prefix_of_a_file_is_read_or_refused(void **state)
{
    static const char ini_text[] = "[info]\ndrivername=\"x\"\n; c\n[languages]\n009=E\n";
    static const char symbol_text[] =
        "/* c\n */ int x; // y\n#define A /* z */ 2\n#define B 4 /**/";

    (void)state;
    for (size_t size = 0; size < sizeof(ini_text); size++) {
        struct reg_text text = decode(ini_text, size);
        struct ini_file ini = { 0 };
        const DWORD result = ini_file_parse(&text, "f", &ini, &error);

        assert_true(result == ERROR_SUCCESS || result == ERROR_INVALID_DATA);
        ini_file_release(&ini);
        reg_text_release(&text);
    }
    for (size_t size = 0; size < sizeof(symbol_text); size++) {
        struct reg_text text = decode(symbol_text, size);
        struct counter_symbols symbols = { 0 };

        assert_int_equal(counter_symbols_parse(&text, "f", &symbols, &error), ERROR_SUCCESS);
        counter_symbols_release(&symbols);
        reg_text_release(&text);
    }
}

/* The limit of .ini, symbol and .reg files is an argument of the one function that reads them. */
static void a_file_may_be_as_large_as_the_limit(void **state)
{
    const char *path = temporary_path("ini-file");
    char bytes[101];
    struct reg_text text = { 0 };

    (void)state;
    memset(bytes, ';', sizeof(bytes));
    assert_int_equal(os_file_write_all(path, bytes, 100), 0);
    assert_int_equal(reg_text_read(path, "an .ini file", 100, &text, &error), ERROR_SUCCESS);
    assert_int_equal(text.length, 100);
    reg_text_release(&text);
    struct ini_file ini = { 0 };
    struct counter_symbols symbols = { 0 };
    assert_int_equal(ini_file_read(path, &ini, &error), ERROR_SUCCESS);
    assert_int_equal(counter_symbols_read(path, &symbols, &error), ERROR_SUCCESS);
    ini_file_release(&ini);
    counter_symbols_release(&symbols);
    assert_int_equal(ini_file_read("no-such-file", &ini, &error), ERROR_FILE_NOT_FOUND);
    assert_int_equal(counter_symbols_read("no-such-file", &symbols, &error), ERROR_FILE_NOT_FOUND);
    assert_null(ini.path);
    assert_int_equal(os_file_write_all(path, bytes, 101), 0);
    assert_int_equal(reg_text_read(path, "an .ini file", 100, &text, &error), ERROR_FILE_TOO_LARGE);
    assert_non_null(strstr(error.message, "the limit for an .ini file"));
    assert_null(text.units);
    os_file_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_section_a_pair_or_a_comment),
        cmocka_unit_test(a_key_is_looked_for_in_its_section),
        cmocka_unit_test(half_a_character_is_refused_in_a_key_and_in_a_value),
        cmocka_unit_test(an_offset_has_32_bits),
        cmocka_unit_test(lines_are_counted_also_in_comments),
        cmocka_unit_test(a_symbol_is_found_by_the_whole_of_its_name),
        cmocka_unit_test(every_prefix_of_a_file_is_read_or_refused),
        cmocka_unit_test(a_file_may_be_as_large_as_the_limit),
    };

    return cmocka_run_group_tests_name("ini_file", tests, NULL, NULL);
}
