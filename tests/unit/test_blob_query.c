/* SPDX-License-Identifier: MIT
 *
 * blob_query.c: which objects of a saved answer a query selects, and that the answer is whole.
 */
#include "unit.h"

#include <stdlib.h>

#include "blob_query.h"
#include "object_walk.h"
#include "os.h"

#define BLOB "tests/buffers/good-two-objects.bin"
#define FIRST_INDEX                                                                                \
    (104 + 12) /* HeaderLength and ObjectNameTitleIndex; the other object has 2100 */

/* The title indices in the answer to a query of a blob: "2000 2100". `index` is that of the first object. */
static const char *answer_to(uint32_t index, const char *query)
{
    static char indices[64];
    struct output answer = { 0 };
    struct walk_data_block header;
    struct object_walk walk;
    struct walk_object object;
    void *blob;
    size_t size;

    assert_int_equal(os_file_read_all(BLOB, &blob, &size, 1u << 16), 0);
    memcpy((char *)blob + FIRST_INDEX, &index, sizeof(index));
    assert_int_equal(blob_query((struct span){ blob, size }, query, &answer), ERROR_SUCCESS);
    assert_true(object_walk_begin(&walk, (struct span){ (unsigned char *)answer.data, answer.size },
                                  NULL, NULL, &header));
    assert_int_equal(header.total_length, answer.size);
    *indices = '\0';
    uint32_t count = 0;
    for (; object_walk_next(&walk, &object); count++)
        snprintf(indices + strlen(indices), sizeof(indices) - strlen(indices), "%s%u",
                 count ? " " : "", (unsigned)object.name_index);
    assert_int_equal(header.object_count, count);
    output_release(&answer);
    free(blob);
    return indices;
}

static void a_query_selects_objects_by_whole_numbers(void **state)
{
    static const struct {
        uint32_t index;
        const char *query, *indices;
    } cases[] = {
        { 2000, "Global", "2000 2100" },
        { 2000, "", "2000 2100" },
        { 2000, "2000", "2000" },
        { 2000, "\t 2100 ", "2100" },
        { 2000, "2100 2000", "2000 2100" },
        { 2000, "2", "" },
        { 2000, "20000", "" },
        { 2000, "9 2000\t0", "2000" },
        { 2000, "2 2100x", "" },
        { 2000, "209:", "" }, /* ':' is '9' + 1 */
        { 2000, "x2000 20/0 1999", "" },
        { 7238, "x38", "" },                  /* 'x' is '0' + 72 */
        { 2000, "201&", "" },                 /* '&' is '0' - 10 */
        { 2000, "4294969296", "" },           /* 2^32 + 2000 */
        { 2000, "18446744073709553616", "" }, /* 2^64 + 2000 */
        { 0, "0", "0" },
        { 0, " 7 ", "" },
        { 1999, "1999", "1999" },
        { UINT32_MAX, "4294967295", "4294967295" },
        { UINT32_MAX, "42949672950", "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (strcmp(answer_to(cases[i].index, cases[i].query), cases[i].indices) != 0)
            fail_msg("\"%s\": %s", cases[i].query, answer_to(cases[i].index, cases[i].query));
}

static void what_is_no_answer_is_refused(void **state)
{
    struct output answer = { 0 };
    static const unsigned char bytes[200] = { 'P' }; /* more than a header, but no signature */

    (void)state;
    assert_int_equal(blob_query((struct span){ bytes, sizeof(bytes) }, "Global", &answer),
                     ERROR_INVALID_DATA);
    assert_int_equal(blob_query((struct span){ bytes, 0 }, "2", &answer), ERROR_INVALID_DATA);
    assert_int_equal(answer.size, 0);
}

/* A query whose answer could not be kept has no answer. */
static void an_answer_without_memory_is_refused(void **state)
{
    struct output answer = { .is_lost = true };
    void *blob;
    size_t size;

    (void)state;
    assert_int_equal(os_file_read_all(BLOB, &blob, &size, 1u << 16), 0);
    assert_int_equal(blob_query((struct span){ blob, size }, "Global", &answer),
                     ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(blob_query((struct span){ blob, size }, "1", &answer),
                     ERROR_NOT_ENOUGH_MEMORY);
    free(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_selects_objects_by_whole_numbers),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(an_answer_without_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
