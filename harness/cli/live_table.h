/* SPDX-License-Identifier: MIT
 *
 * The picture of watch: a line for each counter of each instance, as perfmon's legend has it:
 * value, unit, smallest and largest, the scale, and the trend of the last samples.
 */
#ifndef LIVE_TABLE_H
#define LIVE_TABLE_H

#include "local_time.h"
#include "output.h"
#include "series.h"

/** What is written once before the first picture (clear, hide the cursor), and after the last. */
#define LIVE_TABLE_BEGIN "\033[?25l\033[2J\033[H"
#define LIVE_TABLE_END "\033[?25h\n"

/**
 * Draw over the picture before, as large as the terminal is now.
 *
 * @param remark  a complaint for the last line; NULL: none
 */
void live_table_write(struct output *output, const struct series_set *set,
                      const struct local_time *time, const char *remark);

/** Draw the latest picture again, after the terminal changed. */
void live_table_redraw(struct output *output, const struct series_set *set);

/** For a pipe or a file: a line for each value, with time and counter path. */
void live_table_append(struct output *output, const struct series_set *set,
                       const struct local_time *time);

#endif /* LIVE_TABLE_H */
