/* SPDX-License-Identifier: MIT
 *
 * A baseline: the findings of `check` that are known and accepted, each with a reason and possibly
 * a date on which the acceptance ends. It is a JSON file which users edit:
 *
 *     { "schema": 1, "entries": [
 *         { "rule": "leak-memory", "target": "their.dll", "subject": null,
 *           "reason": "their ticket 4711", "expires": "2027-06-30" } ] }
 *
 * A finding is known if an entry has its rule, its subject (null: no subject) and the base name of its
 * target. If the entry has a "query", it is compared too. Offset, size, message and seed do not
 * matter. An entry with "expires" is valid up to and including that day (UTC).
 */
#ifndef BASELINE_FILE_H
#define BASELINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "output.h"

/** Most entries of a file; chosen: a check has some hundred. */
#define BASELINE_LIMIT 10000

/** The reason of an entry that --write-baseline adds. */
#define BASELINE_NO_REASON "Recorded by --write-baseline; say here why it is accepted."

struct baseline_entry {
    enum rule_id rule;
    char *target, *reason;
    char *subject, *query, *expires; /* NULL: not given */
    bool is_expired;
};

/** A zeroed struct has no entries. */
struct baseline_file {
    struct baseline_entry *entries; /* in the order of the file */
    size_t count, capacity;
};

/**
 * Read a file, and add its entries.
 *
 * @param today    a day as baseline_file_day returns it: entries that end before it are marked as
 *                 expired
 * @param problem  receives what is wrong, as text for users; `size` bytes
 * @return false if the file cannot be read, is not a baseline, or has an entry without a reason
 */
bool baseline_file_read(struct baseline_file *baseline, const char *path, uint32_t today,
                        char *problem, size_t size);

/** The entry that makes a finding of a target known; NULL if no entry does, or it has expired. */
const struct baseline_entry *baseline_file_find(const struct baseline_file *baseline,
                                                const char *target, const struct finding *finding);

/**
 * Make a finding known: add an entry, or renew one that has expired.
 *
 * @return false if there is no memory
 */
bool baseline_file_record(struct baseline_file *baseline, const char *target,
                          const struct finding *finding);

/** Remove the entries of a target that match no finding although their rule was tried. */
void baseline_file_prune(struct baseline_file *baseline, const char *target,
                         const struct findings *findings, const bool was_tried[RULE_COUNT]);

/** Write the contents of the file. */
void baseline_file_write(const struct baseline_file *baseline, struct output *output);

void baseline_file_release(struct baseline_file *baseline);

/** The day of a time in units of 100 ns since 1601: year * 10000 + month * 100 + day. */
uint32_t baseline_file_day(uint64_t time_100ns);

/** Parse a day, "2027-06-30". Returns 0 if it is not a day. */
uint32_t baseline_file_parse_day(const char *text);

#endif /* BASELINE_FILE_H */
