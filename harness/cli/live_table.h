/* SPDX-License-Identifier: MIT
 *
 * The picture of watch: one object at a time, a row for each instance, a column for each counter,
 * and the trend of the counter that the rows are sorted by.
 */
#ifndef LIVE_TABLE_H
#define LIVE_TABLE_H

#include "grid.h"
#include "local_time.h"
#include "output.h"
#include "series.h"

/** Zeroed, it is ready. */
struct live_table {
    struct grid grid;
    size_t object;          /* which of the objects that are there */
    struct local_time time; /* of the latest sample */
    struct output remark;   /* the latest complaint; empty: none */
};

/** Draw over the picture before, as large as the terminal is now. */
void live_table_draw(struct live_table *table, struct output *output, const struct series_set *set);

/**
 * Obey a key (terminal_wait_key): those of a grid; Tab shows the next object.
 *
 * @return false: it is q, the reader has enough
 */
bool live_table_key(struct live_table *table, int key);

/** Free all. */
void live_table_release(struct live_table *table);

/** For a pipe or a file: a line for each value, with time and counter path. */
void live_table_append(struct output *output, const struct series_set *set,
                       const struct local_time *time);

/**
 * For programs: one JSON object in one line.
 *
 * @param time_100ns  of the sample, UTC since 1601
 */
void live_table_append_json(struct output *output, const struct series_set *set,
                            uint64_t time_100ns);

#endif /* LIVE_TABLE_H */
