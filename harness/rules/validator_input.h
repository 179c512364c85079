/* SPDX-License-Identifier: MIT
 *
 * What the validator compares an answer with. validator.h includes this for its callers.
 */
#ifndef VALIDATOR_INPUT_H
#define VALIDATOR_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "findings.h"
#include "name_table.h"
#include "registration.h"

/** What the answer is compared with. A field that is 0 is not known. */
struct validator {
    struct findings *findings;      /* receives the breaches */
    const struct service *service;  /* title indices and Object List; may be NULL */
    const struct name_table *names; /* whether an index has a text; may be NULL */
    const char *query;              /* for the findings, UTF-8; may be NULL */
    uint32_t buffer_size;           /* for the findings, bytes */
    bool is_metadata;               /* the query was MetadataGlobal or MetadataCostly */
    unsigned char fill;             /* the byte that filled the buffer before the call, so that
                                       messages do not show it as data; 0: unknown */
};

#endif /* VALIDATOR_INPUT_H */
