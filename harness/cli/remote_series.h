/* SPDX-License-Identifier: MIT
 *
 * The series of one answer, as remote write sends them. They are read from the text that a scrape
 * would get, so that both have the same names, labels and values.
 */
#ifndef REMOTE_SERIES_H
#define REMOTE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"
#include "span.h"
#include "text_map.h"

struct remote_label {
    const char *name, *value;
};

struct remote_series {
    struct span key;             /* the text of name and labels, which identifies the series */
    struct remote_label *labels; /* sorted by name; __name__ is one of them */
    size_t label_count;
    double value;
};

/** All series of one answer. A zeroed struct is empty. */
struct remote_series_set {
    struct remote_series *series;
    size_t count, capacity;
    char *text;                  /* what the keys point to */
    char *words;                 /* names and values of labels */
    struct remote_label *labels; /* of all series */
    struct text_map places;      /* the series by their keys */
};

/**
 * Read an answer in the text format 0.0.4, as metric_writer writes it. If a series has two samples, the
 * first is used.
 *
 * @param set          empty; afterwards it owns the text
 * @param text         empty afterwards
 * @param extra        labels that every series gets, unless it has one of that name
 * @return false if there is no memory, or a line has another form; then `set` is empty
 */
bool remote_series_read(struct remote_series_set *set, struct output *text,
                        const struct remote_label extra[], size_t extra_count);

/** Whether there is a series with that key. */
bool remote_series_has(const struct remote_series_set *set, struct span key);

/** Free everything. The set is empty afterwards. */
void remote_series_release(struct remote_series_set *set);

#endif /* REMOTE_SERIES_H */
