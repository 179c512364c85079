/* SPDX-License-Identifier: MIT
 *
 * backup_file.c: which texts are backups, and what is read from one, line by line.
 */
#include "unit.h"

#include "backup_file.h"
#include "machine_input.h"
#include "registration.h"
#include "text.h"

/* ASCII as a text in memory of exactly its size, so that a sanitizer sees every read beside it. */
static struct reg_text text_of(const char *ascii, size_t length, WCHAR **memory)
{
    *memory = malloc(length ? length * sizeof(WCHAR) : 1);
    assert_non_null(*memory);
    for (size_t i = 0; i < length; i++)
        (*memory)[i] = (unsigned char)ascii[i];
    return (struct reg_text){ .units = *memory, .length = length };
}

static bool is_backup(const char *ascii)
{
    WCHAR *memory;
    const struct reg_text text = text_of(ascii, strlen(ascii), &memory);
    const bool result = backup_file_is(&text);

    free(memory);
    return result;
}

static void a_backup_has_one_of_its_sections(void **state)
{
    static const struct {
        const char *text;
        bool is_backup;
    } cases[] = {
        { "[Perflib]", true },     { "[PERFLIB]\r\n", true },
        { "[perflib]\nx", true },  { "x\n[Perflib]", true },
        { "x[Perflib]", false },   { "[Perflib]:", false }, /* lodctr /q */
        { "[Perflib] ", false },   { "[Perflib", false },
        { "[PERF_x]", true },      { "[perf_", true },
        { "[PERF", false },        { "[PerfStrings_009]", true },
        { "[PerfStrings", false }, { "\n\n[PerfStrings_", true },
        { "[x]\n", false },        { "", false },
    };
    static char late[4200];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (is_backup(cases[i].text) != cases[i].is_backup)
            fail_msg("%s", cases[i].text);
    /* It is looked for in the lines that begin in the first 4096 units, and in the next one. */
    for (size_t begin = 4095; begin <= 4098; begin++) {
        memset(late, 'x', sizeof(late));
        late[begin - 1] = '\n';
        late[begin + 1] = '\n';
        snprintf(late + begin + 2, 100, "[PERF_x]");
        assert_int_equal(is_backup(late), begin <= 4096);
        late[begin + 1] = 'x';
        snprintf(late + begin, 100, "[PERF_x]");
        assert_true(is_backup(late));
    }
}

static void add_values(char *shown, const struct reg_key *key)
{
    char *end = shown + strlen(shown);

    for (const struct reg_value *value = key->first_value; value; value = value->next) {
        uint32_t number = 0;

        end += sprintf(end, " %s=", value->node.name);
        if (registration_parse_dword(value, &number))
            end += sprintf(end, "%u", (unsigned)number);
        for (size_t i = 0; value->type == REG_MULTI_SZ && i < value->size; i += sizeof(WCHAR))
            end += sprintf(end, "%c", value->data[i] ? value->data[i] : '|');
    }
}

/* What was read: each key with its values, and the damage. */
static const char *parsed(const char *ascii)
{
    static char shown[4096];
    struct machine_input input = { .name = "t" };
    WCHAR *memory;
    const struct reg_text text = text_of(ascii, strlen(ascii), &memory);

    *shown = 0;
    assert_int_equal(backup_file_parse(&text, &input), ERROR_SUCCESS);
    free(memory);
    const struct reg_key *perflib = reg_tree_find(&input.tree, REG_PERFLIB);
    if (perflib) {
        strcat(shown, "Perflib");
        add_values(shown, perflib);
        strcat(shown, ";");
    }
    for (const struct reg_key *key = perflib ? perflib->first_child : NULL; key; key = key->next) {
        sprintf(shown + strlen(shown), " %s", key->node.name);
        add_values(shown, key);
        strcat(shown, ";");
    }
    const struct reg_key *services = reg_tree_find(&input.tree, REG_SERVICES);
    for (const struct reg_key *key = services ? services->first_child : NULL; key;
         key = key->next) {
        sprintf(shown + strlen(shown), " %.20s(%u)", key->node.name,
                (unsigned)strlen(key->node.name));
        if (key->first_child)
            add_values(shown, key->first_child);
        strcat(shown, ";");
    }
    if (*input.damage)
        sprintf(shown + strlen(shown), " %s", input.damage);
    if (input.is_cut)
        strcat(shown, " (cut)");
    machine_input_release(&input);
    return shown;
}

static void sections_and_values_are_read_by_line(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "", "" },
        { "\n", "" },
        { "x=1\n[Perflib]\nBase Index=1847\n\nLast Help=4\n",
          "Perflib Base Index=1847 Last Help=4;" },
        { "[PERFLIB]\r\nBase Index=1847 \t \r\n", "Perflib Base Index=1847;" },
        { "[Perflib]x\nA=1", "Perflib A=1;" }, /* what follows the name is not read */
        { "[PerflibX]\nA=1\n[Perfli]\nA=1", "" },
        { "[x]\nA=1\n[PERF_s]\nA=1\nB=2\n", " s(1) A=1 B=2;" },
        { "[PERF_]\nA=1\n[PERF_a\\b]\nA=1", "" },
        { "[perf_a]\nA=1\n[PERF_b]\nA=2", " a(1) A=1; b(1) A=2;" },
        { "[Perflib]\nA=1\n[PerfStrings_009]\n1=1847\n2=two\n3=help\n4=a=b\n5=\n",
          "Perflib A=1; 009 Counter=1|1847|2|two|4|a=b|| Help=3|help|5|||;" },
        { "[PerfStrings_009]\n2=two\n[PerfStrings_00c]\n4=four\n[PERF_s]\nA=1",
          "Perflib; 009 Counter=2|two|| Help=|; 00c Counter=4|four|| Help=|; s(1) A=1;" },
        { "[PerfStrings_xyz]\n2=two\n[PerfStrings_]\n2=two", "" },
        /* With \r\n in the file, other ends of lines belong to texts. */
        { "[PerfStrings_009]\r\n2=a\nb\r\n4=c\n\n",
          "Perflib; 009 Counter=2|a\nb|4|c\n\n|| Help=|;" },
        { "\nx\r\n[PERF_s]\r\nA=1\r\n", " s(1) A=1;" },
        { "\r\n[PERF_s]\r\nA=1\r\n", " s(1) A=1;" },
        { "[PERF_s]\nA=1\rB=2\nC=3",
          " s(1) C=3; line 2: a value that must be a number is not one" },
        { "[Abcdefg]\nA=1", "" }, /* as long as Perflib */
        { "[PERF_009]\n[PerfStrings_]\n2=x", " 009(3);" },
        /* Damage: the first one is reported, with its line. In the last line, the file is cut. */
        { "[Perflib]\nA=1\nB\nC=x\nD=4\n",
          "Perflib A=1 D=4; line 3: neither a section nor name=value" },
        { "[Perflib]\nA=\nB=2", "Perflib B=2; line 2: a value that must be a number is not one" },
        { "[Perflib]\nA=   \nB=2",
          "Perflib B=2; line 2: a value that must be a number is not one" },
        { "[Perflib]\nA=1\nB", "Perflib A=1; line 3: neither a section nor name=value (cut)" },
        { "[Perflib]\nA=1\nB\n", "Perflib A=1; line 3: neither a section nor name=value (cut)" },
        { "[Perflib]\nA=1\nB\n\n", "Perflib A=1; line 3: neither a section nor name=value" },
        { "[Perflib]\nB\nA=1\nB\n", "Perflib A=1; line 2: neither a section nor name=value (cut)" },
        { "[Perflib\nA=1\n", " line 1: the name of a section has no end" },
        { "[\nA=1\n", " line 1: the name of a section has no end" },
        { "[]\nA=1\n", " line 1: the name of a section has no end" },
        { "[PerfStrings_009]\nx=1\n2=a\n",
          "Perflib; 009 Counter=2|a|| Help=|; line 2: a text must follow its index and \"=\"" },
        { "[PerfStrings_009]\n2\n4=a\n",
          "Perflib; 009 Counter=4|a|| Help=|; line 2: neither a section nor name=value" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(parsed(cases[i].text), cases[i].shown);
}

/* Of a section and of a value: LONGEST_NAME of backup_file.c with a terminator. */
static void a_name_has_less_than_300_bytes(void **state)
{
    static char text[1000];

    (void)state;
    for (int length = 299; length <= 300; length++) {
        snprintf(text, sizeof(text), "[PERF_%0*d]\nA=1", length, 0);
        assert_string_equal(parsed(text), length == 299 ? " 00000000000000000000(299) A=1;" : "");
        snprintf(text, sizeof(text), "[PERF_s]\n%0*d=1\nB=2", length, 0);
        assert_int_equal(strlen(parsed(text)),
                         length == 299 ? strlen(" s(1) =1 B=2;") + 299 : strlen(" s(1) B=2;"));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_has_one_of_its_sections),
        cmocka_unit_test(sections_and_values_are_read_by_line),
        cmocka_unit_test(a_name_has_less_than_300_bytes),
    };

    return cmocka_run_group_tests_name("backup file", tests, NULL, NULL);
}
