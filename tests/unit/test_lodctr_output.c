/* SPDX-License-Identifier: MIT
 *
 * lodctr_output.c: what is read from the output of lodctr /q, also if it was damaged on its way into a report.
 */
#include "unit.h"

#include "failing_memory.h"
#include "lodctr_output.h"
#include "machine_input.h"
#include "registration.h"
#include "text.h"

/* The only service of a text in which the service's name is `letters` times "ü" and then `last`; "" if
   there is none. */
static const char *only_service(size_t letters, const char *last, struct machine_input *input)
{
    static char text[2000];
    struct registration_error error;
    struct reg_text decoded;
    size_t length;

    length =
        (size_t)snprintf(text, sizeof(text), "[PERFLIB]:\n    Base Index: 0x00000737 (1847)\n\n[");
    for (size_t i = 0; i < letters; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "\xC3\xBC");
    length += (size_t)snprintf(text + length, sizeof(text) - length,
                               "%s] Performance Counters (Enabled)\n    DLL Name: a.dll\n", last);
    assert_int_equal(
        reg_text_decode((const unsigned char *)text, length, "t", "text", &decoded, &error), 0);
    *input = (struct machine_input){ .name = "t" };
    assert_true(lodctr_output_is(&decoded));
    assert_int_equal(lodctr_output_parse(&decoded, input), ERROR_SUCCESS);
    reg_text_release(&decoded);
    const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
    assert_true(!services || !services->first_child || !services->first_child->next);
    return services && services->first_child ? services->first_child->node.name : "";
}

/* A name has less than 600 bytes (LONGEST_WORD of lodctr_output.c). "ü" has two. */
static void a_name_is_not_cut(void **state)
{
    struct machine_input input;

    (void)state;
    assert_string_equal(only_service(0, "A", &input), "A");
    machine_input_release(&input);
    assert_int_equal(strlen(only_service(299, "n", &input)), 599);
    machine_input_release(&input);
    assert_string_equal(only_service(300, "", &input), "");
    machine_input_release(&input);
    assert_string_equal(only_service(300, "n", &input), "");
    machine_input_release(&input);
}

/* 598 letters were once the most, because the search for "]" ended one unit early. */
static void a_name_of_ascii_letters_has_up_to_599(void **state)
{
    struct machine_input input;
    char name[602];

    (void)state;
    memset(name, 'n', sizeof(name));
    name[599] = 0;
    assert_string_equal(only_service(0, name, &input), name);
    machine_input_release(&input);
    name[599] = 'n';
    name[600] = 0;
    assert_string_equal(only_service(0, name, &input), "");
    machine_input_release(&input);
}

static void add_values(char *shown, const struct reg_key *key)
{
    char *end = shown + strlen(shown);

    for (const struct reg_value *value = key->first_value; value; value = value->next) {
        uint32_t number;

        end += sprintf(end, " %s=", value->node.name);
        if (registration_parse_dword(value, &number))
            end += sprintf(end, "%u", (unsigned)number);
        else
            end += text_to_utf8((const WCHAR *)(const void *)value->data,
                                value->size / sizeof(WCHAR) - 1, end, 700);
    }
}

/* UTF-8 as a text in memory of exactly its size, so that a sanitizer sees every read beside it. */
static struct reg_text text_of(const char *utf8, WCHAR **memory)
{
    struct registration_error error;
    struct reg_text decoded;

    assert_int_equal(reg_text_decode(utf8, strlen(utf8), "t", "text", &decoded, &error), 0);
    *memory = malloc(decoded.length ? decoded.length * sizeof(WCHAR) : 1);
    assert_non_null(*memory);
    memcpy(*memory, decoded.units, decoded.length * sizeof(WCHAR));
    const size_t length = decoded.length;
    reg_text_release(&decoded);
    return (struct reg_text){ .units = *memory, .length = length };
}

/* What is read from a text: each key with its values. */
static const char *parsed(const char *utf8)
{
    static char shown[4096];
    struct machine_input input = { .name = "t" };
    WCHAR *memory;
    const struct reg_text text = text_of(utf8, &memory);

    *shown = 0;
    assert_int_equal(lodctr_output_parse(&text, &input), ERROR_SUCCESS);
    free(memory);
    const struct reg_key *perflib = reg_tree_find(&input.tree, REG_PERFLIB);
    if (perflib) {
        strcat(shown, "Perflib");
        add_values(shown, perflib);
        strcat(shown, ";");
    }
    const struct reg_key *services = reg_tree_find(&input.tree, REG_SERVICES);
    for (const struct reg_key *key = services ? services->first_child : NULL; key;
         key = key->next) {
        sprintf(shown + strlen(shown), "%s%s", *shown ? " " : "", key->node.name);
        if (key->first_child)
            add_values(shown, key->first_child);
        strcat(shown, ";");
    }
    assert_int_equal(input.is_cut, *input.damage != 0);
    if (input.is_cut)
        strcat(shown, " (cut)");
    machine_input_release(&input);
    return shown;
}

#define NUMBERS " 0x00000750 0x0000075e 0x00000751 0x0000075F"
#define READ_NUMBERS " First Counter=1872 Last Counter=1886 First Help=1873 Last Help=1887"

static void services_are_read_by_their_shape(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "[PERFLIB]:\n Base Index: 0x00000737 (1847)\n Last Counter: 0x000012B0 (4784)\n Last "
          "Help: 0x000012b1 (4785)\n\n[Svc] Counters (Enabled)\n DLL Name: %SystemRoot%\\a b.dll\n "
          "Open Procedure: O\n Collect Procedure: C\n Close Procedure: E\n First: 0x00000750 "
          "(1872)\n Last: 0x0000075E (1886)\n First Help: 0x00000751 (1873)\n Last Help: "
          "0x0000075F (1887)\n",
          "Perflib Base Index=1847 Last Counter=4784 Last Help=4785; Svc Library=%SystemRoot%\\a "
          "b.dll Open=O Collect=C Close=E" READ_NUMBERS ";" },
        { "x 0x00000001\n[PERFLIB]: 0x00000737 0x000012B0 0x000012B1 [a] (Enabled)",
          "Perflib Base Index=1847 Last Counter=4784 Last Help=4785; a;" },
        { "[PERFLIB]: 0x00000737 0x000012B0\n[a]" NUMBERS, "a" READ_NUMBERS ";" },
        { "Base: 0x00000737 0x000012B0 0x000012B1\n[a]" NUMBERS,
          "Perflib Base Index=1847 Last Counter=4784 Last Help=4785; a" READ_NUMBERS ";" },
        { "[a]" NUMBERS "\n[b] 0x00000001 0x00000002 0x00000003", "a" READ_NUMBERS "; b; (cut)" },
        { "[a] 0x00000750 0x0000075e 0x00000751 0x0000075F 0x00000009", "a" READ_NUMBERS ";" },
        { "[a]0x00000750 0x0000075e0x00000751 00x0000075F", "a" READ_NUMBERS ";" },
        { "[a]\t\r\n(Enabled)\n[b]\xC2\xA0(Disabled)\n[c]\xE3\x80\x80(enab led) DLL: x.dll\n[d]",
          "a; b Disable Performance Counters=1; c Library=x.dll; d;" },
        { "[a] (On)\n[b] (On)\n[c] (Off)", "a; b; c Disable Performance Counters=1;" },
        { "[a] (On)\n[b] (Off)", "a; b;" },
        { "[a] (On)\n[b] (On)", "a; b;" },
        { "[a] (On)\n[b] (Off)\n[c] (Off)\n[d] (Z)", "a; b; c; d;" },
        { "[a] (1)\n[b] (2)\n[c] (3)\n[d] (4)\n[e] (5)\n[f] (6)\n[g] (7)\n[h] (8)\n[i] (9)\n[j] "
          "(9)\n[k] (9)\n[l] (1)\n[m] (1)\n[n] (1)\n[o] (1)\n[p] (1)\n[q] (1)\n[r] (1)\n[s] "
          "(1)\n[t] (1)",
          "a; b; c; d; e; f; g; h; i; j; k; l; m; n; o; p; q; r; s; t;" },
        { "[a] (x) (Enabled) L: a.dll\n[b] ( Disabled\t) L: b.dll\n[c] Disabled) L: c.dll\n[d] "
          "(Disabled L: d.dll\n[e] () L: e.dll",
          "a Library=a.dll; b Library=b.dll Disable Performance Counters=1; c Library=c.dll; d "
          "Library=d.dll; e Library=e.dll;" },
        { "[a] (Disabled) DLL\xEF\xBC\x9A"
          "a.dll Open\xEF\xBC\x9AO Collect\xEF\xBC\x9A"
          "C Close\xEF\xBC\x9A"
          "E X\xEF\xBC\x9AY",
          "a Library=a.dll Open=O Collect=C Close=E Disable Performance Counters=1;" },
        { "[a] DLL: C:\\x y.dll Open: O p Collect: C", "a Library=C:\\x y.dll Open=O Collect=C;" },
        { "[a] DLL: x y.DLLs z.dll Open: O", "a Library=x y.DLL Open=O;" },
        { "[a] DLL: x.d.dll Open: O", "a Library=x.d.dll Open=O;" },
        { "[a] DLL: x.dl Open: O p", "a Library=x.dl Open=O p;" },
        { "[a] DLL: \n Open: O\n Collect:  \t C c \n Close:E\n X: Y",
          "a Open=O Collect=C c Close=Y;" },
        { "[a] DLL:\n[b] DLL: x:y z\n[c] DLL:", "a; b Library=x:y z; c;" },
        { "[a b] x[c] y)[d] z\n[e\n] \n[f\\g] h\n[ i ] j\n[] k", "a b; d; i;" },
        { "[a] b] DLL: x.dll\n[c]d] e\n[f]g", "a Library=x.dll; c]d; f;" },
        { "[PERFLIB] [perflibx] [PERFLIB", "perflibx;" },
        { "[a] x [PERFLIB]", "" },
        { "[a] x [PERFLIB] x [b] x [PERFLIB]", "b;" },
        { "[ ] k", "" },
        { "[a [b] c\n[d]e]", "a; b; d]e;" },
        { "[a]b\nx] c", "" },
        { "[a]b]\xC2\xA0x\n[c]d]\xE3\x80\x80x\n[e]f]\r\nx] y", "a]b; c]d; e]f;" },
        /* a digit, and what is before and after the digits */
        { "[a] 0x90AFafaf 0x09099090 0xffffffff 0xAAAAAAAA",
          "a First Counter=2427432879 Last Counter=151621776 First Help=4294967295 Last "
          "Help=2863311530;" },
        { "[a] 0x0000000/ 0x000000:0 0x0000000@ 0x0000000G 0x0000000` 0x0000000g", "a;" },
        { "[a] 0x0000000", "a;" },
        { "[a] DLL: x.dll 0x00000750 Open: O 0x0000075e Collect: C 0x00000751 0x0000075F",
          "a Library=x.dll" READ_NUMBERS ";" },
        { "[a] DLL: x" NUMBERS, "a Library=x" READ_NUMBERS ";" },
        { "[a] DLL: x\xEF\xBC\x9Ay0x00000750 0x0000075e 0x00000751 0x0000075F",
          "a Library=x\xEF\xBC\x9Ay Open=y" READ_NUMBERS ";" },
        { "[a] DLL: x\xEF\xBC\x9Ay", "a Library=x\xEF\xBC\x9Ay Open=y;" },
        { "[a] DLL: x y.dll: z", "a Library=x y.dll Open=z;" },
        { "[a] DLL: x y..DLl: z", "a Library=x y..DLl Open=z;" },
        { "[a] DLL: x y.d.ll: z", "a Library=x Open=z;" },
        { "[a] DLL: x.dllx y: z", "a Library=x.dllx Open=z;" },
        { "[a] DLL: x y .dll z.dll: z", "a Library=x y .dll Open=z;" },
        { "[a] DLL: x [b] y", "a Library=x; b;" },
        { "[a] DLL: ", "a;" },
        { "[a] DLL:", "a;" },
        /* the state of another service, or a part of the name, is no state */
        { "[a] (Disabled)\n[b] x", "a Disable Performance Counters=1; b;" },
        { "[a] (Enabled)\n[b(] Enabled) x", "a; b(;" },
        { "[a] (Disabled)", "a Disable Performance Counters=1;" },
        { "[a] (Enabled)\n[b] (Off)", "a; b Disable Performance Counters=1;" },
        { "[a] (Off)\n[b] (On)\n[c] (on)", "a Disable Performance Counters=1; b; c;" },
        { "[a] (On)\n[b] (On)\n[c] (Off)\n[d] x\n[e] x",
          "a; b; c Disable Performance Counters=1; d; e;" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(parsed(cases[i].text), cases[i].shown);
}

static void output_has_a_number_and_a_block(void **state)
{
    static const struct {
        const char *text;
        bool is_output;
    } cases[] = {
        { "[PERFLIB]: 0x00000737", true },
        { "[perflib 0x00000737", false },
        { "[PERFLIB", false },
        { "0x00000737 [perflib]", true },
        { "0x00000737 [PERFLIB", false },
        { "0x00000737 [x]", true },
        { "0x00000737x[x]", true }, /* whatever is before the bracket */
        { "0x00000737 [x\n]", false },
        { "0x00000737 x]", false },
        { "0x00000737 [", false },
        { "[x] 0x0000073", false },
        { "0x0000073 [x]", false },
        { "0x0000073g [x]", false },
        { "1x00000737 [x]", false },
        { "0y00000737 [x]", false },
        { "0X0000abCD [x]", true },
        { "[x] 0xFFFFFFFf", true },
        { "[x]", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        WCHAR *memory;
        const struct reg_text text = text_of(cases[i].text, &memory);

        if (lodctr_output_is(&text) != cases[i].is_output)
            fail_msg("%s", cases[i].text);
        free(memory);
    }
}

/* `count` times a letter. */
static const char *letters(size_t count, char letter)
{
    static char text[1200];

    assert_true(count < sizeof(text));
    memset(text, letter, count);
    text[count] = 0;
    return text;
}

/* A value has less than 600 units (LONGEST_WORD), and a name of more ends no block. */
static void a_long_word_is_not_read(void **state)
{
    char text[2000], shown[2000];

    (void)state;
    sprintf(text, "[a] DLL: %s\n Open: O", letters(599, 'v'));
    sprintf(shown, "a Library=%s Open=O;", letters(599, 'v'));
    assert_string_equal(parsed(text), shown);
    sprintf(text, "[a] DLL: %s\n Open: O", letters(600, 'v'));
    assert_string_equal(parsed(text), "a Open=O;");
    sprintf(text, "[a] DLL: x\n[%s] Open: O", letters(599, 'n'));
    sprintf(shown, "a Library=x; %s Library=O;", letters(599, 'n'));
    assert_string_equal(parsed(text), shown);
    sprintf(text, "[a] DLL: x\n[%s] Open: O", letters(600, 'n'));
    assert_string_equal(parsed(text), "a Library=x Open=O;");
}

/* A state has less than 64 bytes (LONGEST_STATE), blanks not counted. */
static void a_long_state_is_no_state(void **state)
{
    static const struct {
        size_t letters;
        const char *shown;
    } cases[] = {
        { 63, "a; b Disable Performance Counters=1;" },
        { 64, "a; b;" },
        { 65, "a; b;" },
        { 1000, "a; b;" },
    };
    char text[2000];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        sprintf(text, "[a] (Enabled)\n[b] ( %s )", letters(cases[i].letters, 's'));
        assert_string_equal(parsed(text), cases[i].shown);
    }
}

static const char complete[] =
    "[PERFLIB]: 0x00000737 0x000012B0 0x000012B1\n[a] (On) DLL: a b.dll Open: O Collect: C Close: "
    "E" NUMBERS "\n[b] (On) DLL\xEF\xBC\x9Ax\r\n Open: \tO\n" NUMBERS "\n[c d] (Off)" NUMBERS
    "[e]f] (On)";

/* Whatever is cut off, the service before the cut has its four numbers. */
static void a_text_may_be_cut_anywhere(void **state)
{
    WCHAR *memory;
    const struct reg_text text = text_of(complete, &memory);

    (void)state;
    for (size_t length = 0; length <= text.length; length++) {
        struct machine_input input = { .name = "t" };
        const struct reg_text cut = { .units = malloc(length ? length * sizeof(WCHAR) : 1),
                                      .length = length };

        memcpy(cut.units, text.units, length * sizeof(WCHAR));
        lodctr_output_is(&cut);
        assert_int_equal(lodctr_output_parse(&cut, &input), ERROR_SUCCESS);
        free(cut.units);
        const struct reg_key *a = reg_tree_find(&input.tree, REG_SERVICES "\\a\\Performance");
        const char *end = strstr(complete, "0x0000075F");
        assert_true(length < (size_t)(end - complete) + 10 ||
                    (a && reg_tree_value(&input.tree, a, "Last Help")));
        machine_input_release(&input);
    }
    free(memory);
}

/* The rest of the text was once searched from each "[". With a text of the largest size that took
   days; with this one it took 5 * 10^9 steps. */
static void brackets_without_end_cost_little(void **state)
{
    const size_t size = 100000;
    char *text = malloc(size + 1);

    (void)state;
    assert_non_null(text);
    memset(text, '[', size);
    memcpy(text, "0x00000737", 10);
    text[size] = 0;
    WCHAR *memory;
    const struct reg_text decoded = text_of(text, &memory);
    assert_false(lodctr_output_is(&decoded));
    free(memory);
    free(text);
}

static void each_allocation_may_fail(void **state)
{
    WCHAR *memory;
    const struct reg_text text = text_of(complete, &memory);
    const long before = failing_memory_blocks;
    unsigned failed = 0;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    (void)state;
    while (error) {
        struct machine_input input = { .name = "t" };

        failing_memory_countdown = ++failed;
        error = lodctr_output_parse(&text, &input);
        if (error)
            assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
        /* without an error, the text needs fewer allocations than that */
        assert_int_equal(failing_memory_countdown == 0, error != 0);
        failing_memory_countdown = 0;
        machine_input_release(&input);
        assert_int_equal(failing_memory_blocks, before);
    }
    assert_true(failed > 40);
    free(memory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_not_cut),
        cmocka_unit_test(a_name_of_ascii_letters_has_up_to_599),
        cmocka_unit_test(services_are_read_by_their_shape),
        cmocka_unit_test(output_has_a_number_and_a_block),
        cmocka_unit_test(a_long_word_is_not_read),
        cmocka_unit_test(a_long_state_is_no_state),
        cmocka_unit_test(a_text_may_be_cut_anywhere),
        cmocka_unit_test(brackets_without_end_cost_little),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("lodctr_output", tests, NULL, NULL);
}
