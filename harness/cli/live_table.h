/* SPDX-License-Identifier: MIT
 *
 * The table of watch: one object at a time, a row for each instance, a column for each counter, and
 * the trend of the counter by which the rows are sorted.
 */
#ifndef LIVE_TABLE_H
#define LIVE_TABLE_H

#include "grid.h"
#include "local_time.h"
#include "output.h"
#include "series.h"

/** A zeroed struct is ready. */
struct live_table {
    struct grid grid;
    size_t object;          /* which of the present objects is shown */
    struct local_time time; /* time of the latest sample */
    struct output remark;   /* the latest message; may be empty */
};

/** Draw over the old drawing, in the present size of the terminal. */
void live_table_draw(struct live_table *table, struct output *output, const struct series_set *set);

/**
 * Act on a key (terminal_wait_key): those of a grid; Tab shows the next object.
 *
 * @return false if the key is q, which ends the display
 */
bool live_table_key(struct live_table *table, int key);

/** Free everything. */
void live_table_release(struct live_table *table);

/** For a pipe or a file: append a line for each value, with time and counter path. */
void live_table_append(struct output *output, const struct series_set *set,
                       const struct local_time *time);

/**
 * For programs: append one JSON object in one line.
 *
 * @param time_100ns  of the sample, UTC since 1601
 */
void live_table_append_json(struct output *output, const struct series_set *set,
                            uint64_t time_100ns);

#endif /* LIVE_TABLE_H */
