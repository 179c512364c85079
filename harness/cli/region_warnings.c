/* SPDX-License-Identifier: MIT
 *
 * See region_warnings.h.
 */
#include "region_warnings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "os_region.h"

void region_warnings_line(const struct region_refusal *refusal, char line[REGION_WARNING_SIZE])
{
    char user[256], whose[300] = "", others[64] = "";

    if (refusal->owner != 0 && os_region_owner_text(refusal->owner, user, sizeof(user)))
        snprintf(whose, sizeof(whose), " of user %s", user);
    if (refusal->count > 1)
        snprintf(others, sizeof(others), " (%" PRIu64 " of them)", refusal->count);
    snprintf(line, REGION_WARNING_SIZE, "%s%s%s: %s", *refusal->path ? refusal->path : "regions",
             whose, others, region_refusal_text(refusal->reason));
}

/* A user id is a number, a SID a text. */
static void write_user(struct json_writer *json, uint64_t owner)
{
    char user[256];

    if (!os_region_owner_text(owner, user, sizeof(user)))
        json_writer_null(json);
    else if (user[strspn(user, "0123456789")] == 0)
        json_writer_unsigned(json, owner);
    else
        json_writer_string(json, user);
}

void region_warnings_json(const struct region_refusals *refusals, struct json_writer *json)
{
    json_writer_key(json, "refusals");
    json_writer_begin_array(json);
    for (uint32_t i = 0; i < refusals->count; i++) {
        const struct region_refusal *refusal = &refusals->refusals[i];
        json_writer_begin_object(json);
        json_writer_key(json, "reason");
        json_writer_string(json, region_refusal_key(refusal->reason));
        json_writer_key(json, "user");
        write_user(json, refusal->owner);
        json_writer_key(json, "count");
        json_writer_unsigned(json, refusal->count);
        json_writer_key(json, "path");
        json_writer_string(json, refusal->path);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}
