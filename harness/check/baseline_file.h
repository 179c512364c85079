/* SPDX-License-Identifier: MIT
 *
 * A baseline: the findings of `check` that are known and accepted, each with a reason and perhaps a
 * date on which that ends. It is a JSON file which people edit:
 *
 *     { "schema": 1, "entries": [
 *         { "rule": "leak-memory", "target": "their.dll", "subject": null,
 *           "reason": "their ticket 4711", "expires": "2027-06-30" } ] }
 *
 * A finding is known if an entry has its rule, its subject (null: none) and the base name of its
 * target. An entry may also have a "query", which is compared then. Offset, size, message and seed do
 * not matter. An entry with "expires" has an effect up to and including that day (UTC).
 */
#ifndef BASELINE_FILE_H
#define BASELINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "output.h"

/** Most entries of a file. */
#define BASELINE_LIMIT 10000

/** The reason of an entry that --write-baseline adds. */
#define BASELINE_NO_REASON "Recorded by --write-baseline; say here why it is accepted."

struct baseline_entry {
    enum rule_id rule;
    char *target, *reason;
    char *subject, *query, *expires; /* NULL: none */
    bool is_expired;
};

/** Zeroed, it has no entries. */
struct baseline_file {
    struct baseline_entry *entries; /* in the order of the file */
    size_t count, capacity;
};

/**
 * Read a file, and add its entries.
 *
 * @param today    a day as baseline_day gives it: entries that end before it are marked as expired
 * @param problem  receives what is wrong, for people; `size` bytes
 * @return false if the file cannot be read, is no baseline, or has an entry without a reason
 */
bool baseline_file_read(struct baseline_file *baseline, const char *path, uint32_t today,
                        char *problem, size_t size);

/** The entry that makes a finding of a target known; NULL: there is none, or it has expired. */
const struct baseline_entry *baseline_file_find(const struct baseline_file *baseline,
                                                const char *target, const struct finding *finding);

/**
 * Make a finding known: an entry is added, or one that has expired lives again.
 *
 * @return false when memory ran out
 */
bool baseline_file_record(struct baseline_file *baseline, const char *target,
                          const struct finding *finding);

/** Leave out the entries of a target whose rule was tried (by rule) and that no finding has. */
void baseline_file_prune(struct baseline_file *baseline, const char *target,
                         const struct findings *findings, const bool was_tried[RULE_COUNT]);

/** Add the file's content. */
void baseline_file_write(const struct baseline_file *baseline, struct output *output);

void baseline_file_release(struct baseline_file *baseline);

/** The day of a time in units of 100 ns since 1601: year * 10000 + month * 100 + day. */
uint32_t baseline_day(uint64_t time_100ns);

/** A day as text, "2027-06-30"; 0 if it is none. */
uint32_t baseline_parse_day(const char *text);

#endif /* BASELINE_FILE_H */
