/* SPDX-License-Identifier: MIT
 *
 * Writes one .reg file with what a maintainer needs of another user's registry: the report as
 * comments, then only the values that concern counters. `doctor` reads such a file as any other.
 *
 * Left out: every value and key that is not named here, all languages but English, and the names of
 * users in paths.
 */
#ifndef DOCTOR_BUNDLE_H
#define DOCTOR_BUNDLE_H

#include "doctor_report.h"

/** Write it as regedit would, in UTF-16. */
void doctor_bundle_write(const struct doctor_report *report, struct output *output);

#endif /* DOCTOR_BUNDLE_H */
