/* SPDX-License-Identifier: MIT
 *
 * machine_table.c: a table ends where its bytes end, whatever follows them.
 */
#include "unit.h"

#include "machine_table.h"
#include "text.h"

/* The text of 1848 contains the pair 1850, as when a zero between two texts is missing. What follows the
   text in memory must not complete the number: without its last digit it is 185, which is not the next index. */
static void a_text_that_swallows_its_neighbour_is_read_to_its_end_only(void **state)
{
    static const WCHAR units[] = TEXT16("1848\0Name\n1850");
    struct machine_table table;

    (void)state;
    for (size_t missing = 0; missing < 2; missing++) {
        const size_t size = (sizeof(units) / sizeof(*units) - 1 - missing) * sizeof(*units);
        table = (struct machine_table){ .language = 9 };
        assert_int_equal(machine_table_read(&table, units, size), ERROR_SUCCESS);
        assert_true(table.is_unterminated);
        assert_int_equal(table.swallowed, missing ? 0 : 1848);
        machine_table_release(&table);

        WCHAR *exact = malloc(size); /* a sanitizer sees every read after it */
        memcpy(exact, units, size);
        table = (struct machine_table){ .language = 9 };
        assert_int_equal(machine_table_read(&table, exact, size), ERROR_SUCCESS);
        assert_int_equal(table.swallowed, missing ? 0 : 1848);
        machine_table_release(&table);
        free(exact);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_swallows_its_neighbour_is_read_to_its_end_only),
    };

    return cmocka_run_group_tests_name("machine_table", tests, NULL, NULL);
}
