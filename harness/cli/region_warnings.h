/* SPDX-License-Identifier: MIT
 *
 * What a reader of regions does not show, as lines for users and as JSON.
 */
#ifndef REGION_WARNINGS_H
#define REGION_WARNINGS_H

#include "json_writer.h"
#include "region_reader.h"

#define REGION_WARNING_SIZE (OS_PATH_SIZE + 400)

/** Write the line of a refusal: the path, its owner, the number, the reason and the remedy. */
void region_warnings_line(const struct region_refusal *refusal, char line[REGION_WARNING_SIZE]);

/** Write the array "refusals" of the current JSON object. */
void region_warnings_json(const struct region_refusals *refusals, struct json_writer *json);

#endif /* REGION_WARNINGS_H */
