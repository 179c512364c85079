/* SPDX-License-Identifier: MIT
 *
 * ctrpp_collisions.c without memory. The linker replaces the functions that allocate memory (see the Makefile), so
 * that each of them can fail. tests/harness/ctrpp.t has the names that collide.
 */
#include "unit.h"

#include <string.h>

#include "ctrpp.h"
#include "failing_memory.h"
#include "manifest_fixture.h"

static void without_memory_no_name_is_an_error(void **state)
{
    static struct manifest_messages messages;
    static char text[16384];
    const struct ctrpp_options options = { .source = "many.man", .prefix = "" };
    struct manifest manifest;
    unsigned request = 0;

    (void)state;
    manifest_write_many(text, sizeof(text), 1, 40);
    assert_int_equal(manifest_parser_parse(text, strlen(text), NULL, &manifest, &messages),
                     ERROR_SUCCESS);
    const long blocks = failing_memory_blocks;
    do {
        failing_memory_countdown = ++request;
        const DWORD error = ctrpp_collisions_check(&manifest, &options, &messages);
        assert_int_equal(failing_memory_blocks, blocks);
        assert_int_equal(messages.count, 0);
        assert_int_equal(error, failing_memory_countdown ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
    } while (!failing_memory_countdown);
    failing_memory_countdown = 0;
    assert_true(request > 10);
    manifest_parser_release(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_no_name_is_an_error),
    };

    return cmocka_run_group_tests_name("ctrpp_collisions", tests, NULL, NULL);
}
