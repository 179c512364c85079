/* SPDX-License-Identifier: MIT
 *
 * The faults of a counter registry as data: one for each entry of doctor_faults.def. `install`,
 * `list`, `check` and `doctor` all report from this table. A fault's id is stable: findings carry
 * it, and people filter by it.
 */
#ifndef DOCTOR_FAULTS_H
#define DOCTOR_FAULTS_H

#include <stddef.h>

enum doctor_severity {
    FAULT_NOTE,    /* healthy but worth knowing: shown only on request */
    FAULT_WARNING, /* some readers are harmed, or the next installation will be */
    FAULT_ERROR,   /* counters are missing or have wrong names */
};

/** Position of each fault in `doctor_faults`: FAULT_range_stale and so on. */
enum doctor_fault_id {
#define FAULT(symbol, order, id, severity, grade, affects, title, shows, repair, risk)             \
    FAULT_##symbol,
#include "doctor_faults.def"
#undef FAULT
    DOCTOR_FAULT_COUNT
};

/** In all texts "{service}" is replaced by the service's name. */
struct doctor_fault {
    unsigned order; /* causes come before their consequences: lower first */
    const char *id; /* "range-stale" */
    enum doctor_severity severity;
    char grade; /* how well the fault is known: A measured, B documented, C read in the source
                   of a reader, D reported or inferred */
    const char *affects; /* the readers that are harmed, separated by commas */
    const char *title;   /* one line: what is wrong */
    const char *shows;   /* how it shows: events, messages of readers */
    const char *repair;  /* what to do */
    const char *risk;    /* what the repair may cost */
};

/** All faults, in the order of doctor_faults.def. */
extern const struct doctor_fault doctor_faults[DOCTOR_FAULT_COUNT];

/** "error", "warning" or "note". */
const char *doctor_faults_severity_name(enum doctor_severity severity);

#endif /* DOCTOR_FAULTS_H */
