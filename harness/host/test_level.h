/* SPDX-License-Identifier: MIT
 *
 * ExtCounterTestLevel: how a provider's buffer is placed, which parts of its answer are tested, and
 * which event reports each failure.
 *
 * Event 2000, a pointer and a size that disagree: the page of PM_COLLECT_PROC says that such data are
 * ignored, the text of the event that they are adjusted and used. Here they are discarded: a provider
 * that passes this passes under either text.
 *
 * Rule: PM_COLLECT_PROC, ExtCounterTestLevel. The order of Windows' tests is not documented. Here
 * all tests are made and all failures are reported.
 */
#ifndef TEST_LEVEL_H
#define TEST_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider_process.h"
#include "wintypes.h"

#define TEST_LEVEL_DEFAULT 4
#define TEST_LEVEL_STRICTEST 1
#define TEST_LEVEL_FAILURES 10 /* most failures of one answer; chosen: further ones say no more */

/** `Configuration Flags` of the Perflib key (bits). Rule: Windows Server registry reference. */
enum configuration_flag {
    CONFIGURATION_NO_ALIGNMENT_TEST = 1,
    CONFIGURATION_NO_DISABLING = 2, /* do not disable a provider after an error */
    CONFIGURATION_NO_BUFFER_TEST = 4,
    CONFIGURATION_NO_TIMEOUTS = 8,
};

struct test_level {
    /* Collect gets a private buffer; an answer that passes the tests is copied */
    bool collect_into_copy;
    bool check_bounds;   /* pointer, size and guard areas */
    bool check_contents; /* lengths of objects and instances */
};

/** The levels 1..4. */
extern const struct test_level test_levels[5];

/** One test that failed. */
struct test_level_failure {
    uint32_t event_id;
    uint32_t numbers[2]; /* the event's further insertion strings: bytes, an index, ... */
    bool is_fatal;       /* the answer is discarded */
};

/** How Collect's buffer is placed at a level. */
enum provider_guard test_level_guard(uint32_t level);

/**
 * Test an answer: an observation of PROVIDER_COLLECT that returned ERROR_SUCCESS.
 *
 * @param level  1..4
 * @param flags  enum configuration_flag
 * @param size   bytes of the buffer
 * @return the number of failures that were written
 */
size_t test_level_check(uint32_t level, uint32_t flags, uint32_t size,
                        const struct provider_observation *observation,
                        struct test_level_failure failures[TEST_LEVEL_FAILURES]);

#endif /* TEST_LEVEL_H */
