/* SPDX-License-Identifier: MIT
 *
 * Takes over the findings of the emulation of PERFLIB from the child.
 */
#include "check_v2_findings.h"

#include <string.h>

#include "check_call.h"
#include "check_report.h"
#include "check_state.h"
#include "span.h"
#include "v2_session.h"

#define FINDINGS_SIZE (256u << 10) /* bytes; chosen */

static void take_findings(struct check *check, struct span bytes)
{
    const struct v2_session_finding *at;
    struct v2_session_finding finding;
    size_t offset = 0, repetitions = FINDINGS_LIMIT; /* of all findings together */

    while ((at = span_at(bytes, offset, sizeof(finding))) != NULL) {
        memcpy(&finding, at, sizeof(finding));
        const char *message = span_at(bytes, offset, finding.size);
        if (!message || finding.size <= sizeof(finding) || finding.rule >= RULE_COUNT ||
            message[finding.size - 1] != 0)
            return; /* the provider has overwritten it */
        const char *const end = message + finding.size;
        message += sizeof(finding);

        /* The last byte is a terminator at the latest. An empty text means that there is no
           subject. */
        const char *const subject = message + strlen(message) + 1;
        const struct finding_place place = { .offset = FINDINGS_NO_OFFSET,
                                             .subject =
                                                 subject < end && *subject ? subject : NULL };
        for (uint64_t i = 0; i < finding.count && (i == 0 || repetitions > 0); i++) {
            findings_add(&check->report->findings, (enum rule_id)finding.rule, &place, "%s",
                         message);
            repetitions -= i > 0;
        }
        offset += finding.size;
    }
}

uint32_t check_v2_findings_take(struct check *check)
{
    const struct provider_call call = { .kind = PROVIDER_V2_FINDINGS,
                                        .buffer_size = FINDINGS_SIZE };
    struct provider_observation observation;
    uint32_t allocations = 0;

    if (check_call(check, &call, NULL, &observation)) {
        take_findings(check, (struct span){ observation.bytes, observation.byte_count });
        allocations = observation.allocations;
    }
    provider_observation_release(&observation);
    return allocations;
}
