/* SPDX-License-Identifier: MIT
 *
 * The table of faults, see doctor_faults.h.
 */
#include "doctor_faults.h"

const struct doctor_fault doctor_faults[DOCTOR_FAULT_COUNT] = {
#define FAULT(symbol, order_, id_, severity_, grade_, affects_, title_, shows_, repair_, risk_)    \
    [FAULT_##symbol] = { .order = (order_),                                                        \
                         .id = (id_),                                                              \
                         .severity = (severity_),                                                  \
                         .grade = (grade_),                                                        \
                         .affects = (affects_),                                                    \
                         .title = (title_),                                                        \
                         .shows = (shows_),                                                        \
                         .repair = (repair_),                                                      \
                         .risk = (risk_) },
#include "doctor_faults.def"
#undef FAULT
};

const char *doctor_faults_severity_name(enum doctor_severity severity)
{
    static const char *const names[] = {
        [FAULT_NOTE] = "note", [FAULT_WARNING] = "warning", [FAULT_ERROR] = "error"
    };

    return names[severity];
}
