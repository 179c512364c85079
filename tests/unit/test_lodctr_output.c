/* SPDX-License-Identifier: MIT
 *
 * lodctr_output.c: a name is read as a whole or not at all.
 */
#include "unit.h"

#include "lodctr_output.h"
#include "machine_input.h"
#include "registration.h"

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

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(a_name_is_not_cut) };

    return cmocka_run_group_tests_name("lodctr_output", tests, NULL, NULL);
}
