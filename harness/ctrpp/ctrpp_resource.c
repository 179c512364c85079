/* SPDX-License-Identifier: MIT
 *
 * Writes the string table of a V2 provider (ctrpp -rc). After lodctr /M, the system reads these
 * strings from the binary that applicationIdentity names.
 */
#include "ctrpp.h"

#include <inttypes.h>
#include <stdlib.h>

/* Texts that share an identifier are equal and are written once. */
static void write_string(struct output *output, bool is_written[CTRPP_ID_LIMIT], uint32_t id,
                         const char *text, const char *comment)
{
    if (!id || !text || is_written[id % CTRPP_ID_LIMIT])
        return;
    is_written[id % CTRPP_ID_LIMIT] = true;
    output_add_format(output, "    %" PRIu32 " L\"", id);
    ctrpp_parts_write_rc_text(output, text);
    output_add_format(output, "\"%s\n", comment);
}

static void write_item(struct output *output, bool is_written[CTRPP_ID_LIMIT], struct ctrpp_ids ids,
                       const char *name, const char *description)
{
    write_string(output, is_written, ids.name, name, "");
    write_string(output, is_written, ids.neutral_name, name, " /* neutral: do not translate */");
    write_string(output, is_written, ids.description, description, "");
}

void ctrpp_resource_write(struct output *output, const struct manifest *manifest,
                          const struct ctrpp_options *options)
{
    struct ctrpp_numbering numbering;
    bool *is_written = calloc(CTRPP_ID_LIMIT, sizeof(*is_written));

    if (!is_written) {
        output->is_lost = true;
        return;
    }
    ctrpp_parts_init_numbering(&numbering, manifest);
    ctrpp_parts_write_origin(output, options);
    output_add_text(output, "STRINGTABLE\nBEGIN\n");
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        write_item(output, is_written,
                   ctrpp_parts_next_ids(&numbering, set->name_id, set->description_id), set->name,
                   set->description);
        for (size_t j = 0; j < set->counter_count; j++) {
            const struct manifest_counter *counter = &set->counters[j];

            write_item(output, is_written,
                       ctrpp_parts_next_ids(&numbering, counter->name_id, counter->description_id),
                       counter->name, counter->description);
        }
    }
    output_add_text(output, "END\n");
    free(is_written);
}
