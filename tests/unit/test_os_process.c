/* SPDX-License-Identifier: MIT
 *
 * Tests of os_process with this process itself, which every system allows.
 */
#include "unit.h"

#include <string.h>

#include "os_process.h"

#define NO_PROCESS 0x7FFFFFF0u /* above all ids that systems assign */

static struct os_process own(void)
{
    struct os_process process;

    assert_int_equal(os_process_open(&process, os_process_id()), ERROR_SUCCESS);
    assert_int_equal(process.process_id, os_process_id());
    return process;
}

static void memory_is_copied_whole(void **state)
{
    static unsigned char from[100000], to[100000];
    struct os_process process = own();

    (void)state;
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (unsigned char)(i * 7);
    assert_int_equal(os_process_read(&process, (uintptr_t)from, to, sizeof(to)), ERROR_SUCCESS);
    assert_memory_equal(from, to, sizeof(to));
    assert_int_equal(os_process_read(&process, (uintptr_t)from, to, 0), ERROR_SUCCESS);
    os_process_close(&process);
}

static void where_there_is_no_memory_it_says_so(void **state)
{
    struct os_process process = own();
    unsigned char byte[16];

    (void)state;
    assert_int_equal(os_process_read(&process, 16, byte, sizeof(byte)), ERROR_NOACCESS);
    assert_int_equal(os_process_read(&process, UINT64_MAX - 8, byte, sizeof(byte)), ERROR_NOACCESS);
    os_process_close(&process);
}

/* Physical memory that another process gives back meanwhile does not change it by much. */
static void memory_counts_when_it_is_used(void **state)
{
    enum { SIZE = 64 << 20, MOST_OTHER = 16 << 20 };
    struct os_process process = own();
    uint64_t before = 0, reserved = 0, used = 0;

    (void)state;
    assert_int_equal(os_process_memory(&process, &before), ERROR_SUCCESS);
    assert_true(before > 0);
    unsigned char *pages = os_pages_allocate(SIZE);
    assert_non_null(pages);
    assert_int_equal(os_process_memory(&process, &reserved), ERROR_SUCCESS);
    memset(pages, 1, SIZE);
    assert_int_equal(os_process_memory(&process, &used), ERROR_SUCCESS);
    assert_true(used >= before + SIZE - MOST_OTHER && used >= reserved);
    os_pages_free(pages, SIZE);
    os_process_close(&process);
}

static void a_process_that_is_not_there_is_not_found(void **state)
{
    struct os_process process = { 4711, 4711 };

    (void)state;
    assert_int_equal(os_process_open(&process, NO_PROCESS), ERROR_NOT_FOUND);
    assert_int_equal(process.process_id, 4711);
}

struct visit {
    uint64_t address, begin, end, last;
    unsigned count, limit;
    bool is_sorted;
    char path[OS_PATH_SIZE];
};

static bool note_module(void *context, const struct os_process_module *module)
{
    struct visit *visit = context;

    visit->is_sorted =
        visit->is_sorted && module->begin >= visit->last && module->end > module->begin;
    visit->last = module->end;
    if (visit->address >= module->begin && visit->address < module->end) {
        visit->begin = module->begin;
        visit->end = module->end;
        snprintf(visit->path, sizeof(visit->path), "%s", module->path);
    }
    return ++visit->count != visit->limit;
}

static void the_program_is_among_the_modules(void **state)
{
    struct os_process process = own();
    bool (*own_code)(void *, const struct os_process_module *) = note_module;
    struct visit visit = { .is_sorted = true };
    uintptr_t code;

    (void)state;
    memcpy(&code, &own_code, sizeof(code));
    visit.address = code;
    assert_int_equal(os_process_modules(&process, note_module, &visit), ERROR_SUCCESS);
    assert_true(visit.count >= 2);
    assert_true(visit.is_sorted);
    assert_non_null(strstr(visit.path, "test_os_process"));
    /* Code and data of the program are one module. */
    assert_true((uintptr_t) "text" - visit.begin < visit.end - visit.begin);
    os_process_close(&process);
}

static void a_visit_ends_when_the_callback_says_so(void **state)
{
    struct os_process process = own();
    struct visit visit = { .is_sorted = true, .limit = 1 };

    (void)state;
    assert_int_equal(os_process_modules(&process, note_module, &visit), ERROR_SUCCESS);
    assert_int_equal(visit.count, 1);
    os_process_close(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_copied_whole),
        cmocka_unit_test(where_there_is_no_memory_it_says_so),
        cmocka_unit_test(memory_counts_when_it_is_used),
        cmocka_unit_test(a_process_that_is_not_there_is_not_found),
        cmocka_unit_test(the_program_is_among_the_modules),
        cmocka_unit_test(a_visit_ends_when_the_callback_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
