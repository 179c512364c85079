/* SPDX-License-Identifier: MIT
 *
 * Tests data_block.c.
 */
#include "unit.h"

#include "data_block.h"
#include "os.h"
#include "winperf.h"

static void the_header_is_as_windows_writes_it(void **state)
{
    BYTE buffer[256];
    struct data_block block;
    PERF_DATA_BLOCK header;

    (void)state;
    memset(buffer, 0x77, sizeof(buffer));
    uint64_t before = os_time_100ns();
    assert_int_equal(data_block_begin(&block, buffer, sizeof(buffer), TEXT16("HOST")), 0);
    assert_int_equal(data_block_end(&block), 104); /* see HeaderLength */
    memcpy(&header, buffer, sizeof(header));
    assert_memory_equal(header.Signature, TEXT16("PERF"), 8);
    assert_int_equal(header.LittleEndian, 1);
    assert_int_equal(header.Version, 1);
    assert_int_equal(header.Revision, 1);
    assert_int_equal(header.TotalByteLength, 104);
    assert_int_equal(header.HeaderLength, 104); /* with "HOST": (88 + 10 + 7) & ~7 */
    assert_int_equal(header.NumObjectTypes, 0);
    assert_int_equal(header.DefaultObject, 238); /* Processor */
    assert_int_equal(header.SystemNameLength, 10);
    assert_int_equal(header.SystemNameOffset, 88);
    assert_memory_equal(buffer + 88, TEXT16("HOST"), 10);
    assert_int_equal(buffer[98], 0x77); /* padding is unchanged */
    assert_true((uint64_t)header.PerfTime100nSec.QuadPart >= before);
    assert_true(header.PerfFreq.QuadPart > 0);
    assert_true(header.SystemTime.wYear >= 2024 && header.SystemTime.wYear < 2200);
    assert_true(header.SystemTime.wMonth >= 1 && header.SystemTime.wMonth <= 12);
}

static void the_calendar_agrees_with_the_time(void **state)
{
    BYTE buffer[256];
    struct data_block block;
    PERF_DATA_BLOCK header;

    (void)state;
    assert_int_equal(data_block_begin(&block, buffer, sizeof(buffer), TEXT16("H")), 0);
    memcpy(&header, buffer, sizeof(header));
    /* Days since 1601-01-01, computed from the date by the usual formula. */
    int64_t year = header.SystemTime.wYear, month = header.SystemTime.wMonth;
    year -= month <= 2;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + header.SystemTime.wDay - 1;
    int64_t era_year = year % 400;
    int64_t of_era = era_year * 365 + era_year / 4 - era_year / 100 + of_year;
    /* 146097 days are 400 years; 584694 are from 0000-03-01 to 1601-01-01. */
    int64_t days = year / 400 * 146097 + of_era - 584694;
    int64_t milliseconds =
        ((days * 24 + header.SystemTime.wHour) * 60 + header.SystemTime.wMinute) * 60000 +
        header.SystemTime.wSecond * 1000 + header.SystemTime.wMilliseconds;
    assert_true(milliseconds == header.PerfTime100nSec.QuadPart / 10000);
    assert_int_equal(header.SystemTime.wDayOfWeek, (days + 1) % 7); /* 1601-01-01 was a Monday: 1 */
}

static void a_header_that_does_not_fit_is_not_written(void **state)
{
    BYTE buffer[104];
    struct data_block block;

    (void)state;
    memset(buffer, 0x77, sizeof(buffer));
    assert_int_equal(data_block_begin(&block, buffer, 103, TEXT16("HOST")), ERROR_MORE_DATA);
    for (size_t i = 0; i < sizeof(buffer); i++)
        assert_int_equal(buffer[i], 0x77);
    assert_int_equal(data_block_begin(&block, buffer, 104, TEXT16("HOST")), 0);
}

static void objects_are_added_after_each_other(void **state)
{
    BYTE buffer[256];
    struct data_block block;
    PERF_DATA_BLOCK header;
    DWORD space;

    (void)state;
    assert_int_equal(data_block_begin(&block, buffer, sizeof(buffer), TEXT16("HOST")), 0);
    assert_ptr_equal(data_block_at(&block, &space), buffer + 104);
    assert_int_equal(space, 152); /* 256 - 104 */
    data_block_add(&block, 64, 1);
    assert_ptr_equal(data_block_at(&block, &space), buffer + 168);
    data_block_add(&block, 88, 2);
    data_block_at(&block, &space);
    assert_int_equal(space, 0);
    assert_int_equal(data_block_end(&block), 256);
    memcpy(&header, buffer, sizeof(header));
    assert_int_equal(header.TotalByteLength, 256);
    assert_int_equal(header.NumObjectTypes, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_as_windows_writes_it),
        cmocka_unit_test(the_calendar_agrees_with_the_time),
        cmocka_unit_test(a_header_that_does_not_fit_is_not_written),
        cmocka_unit_test(objects_are_added_after_each_other),
    };

    return cmocka_run_group_tests_name("data_block", tests, NULL, NULL);
}
