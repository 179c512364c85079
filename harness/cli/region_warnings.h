/* SPDX-License-Identifier: MIT
 *
 * What a reader of regions does not show, as lines for people and as JSON.
 */
#ifndef REGION_WARNINGS_H
#define REGION_WARNINGS_H

#include "json_writer.h"
#include "region_reader.h"

#define REGION_WARNING_SIZE (OS_PATH_SIZE + 400)

/** The line of a refusal: what, whose, how many, why, and what to do. */
void region_warnings_line(const struct region_refusal *refusal, char line[REGION_WARNING_SIZE]);

/** The array "refusals" of the object that is being written. */
void region_warnings_json(const struct region_refusals *refusals, struct json_writer *json);

#endif /* REGION_WARNINGS_H */
