/* SPDX-License-Identifier: MIT
 *
 * The string table of a V2 provider (ctrpp -rc): what lodctr /M makes the system look up in the
 * binary that applicationIdentity names.
 */
#include "ctrpp.h"

#include <inttypes.h>
#include <stdlib.h>

#define IDS 0x10000 /* identifiers have 16 bits */

/* Texts that share an identifier are the same, and stand there once. */
static void write_string(struct output *output, bool is_written[IDS], uint32_t id, const char *text,
                         const char *comment)
{
    if (!id || !text || is_written[id % IDS])
        return;
    is_written[id % IDS] = true;
    output_add_format(output, "    %" PRIu32 " L\"", id);
    ctrpp_write_rc_text(output, text);
    output_add_format(output, "\"%s\n", comment);
}

static void write_item(struct output *output, bool is_written[IDS], struct ctrpp_ids ids,
                       const char *name, const char *description)
{
    write_string(output, is_written, ids.name, name, "");
    write_string(output, is_written, ids.neutral_name, name, " /* neutral: do not translate */");
    write_string(output, is_written, ids.description, description, "");
}

void ctrpp_write_resource(struct output *output, const struct manifest *manifest,
                          const struct ctrpp_options *options)
{
    bool *is_written = calloc(IDS, sizeof(*is_written));

    if (!is_written) {
        output->is_lost = true;
        return;
    }
    ctrpp_write_origin(output, options);
    output_add_text(output, "STRINGTABLE\nBEGIN\n");
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        write_item(output, is_written, ctrpp_ids_of(manifest, set, NULL), set->name,
                   set->description);
        for (size_t j = 0; j < set->counter_count; j++) {
            const struct manifest_counter *counter = &set->counters[j];

            write_item(output, is_written, ctrpp_ids_of(manifest, set, counter), counter->name,
                       counter->description);
        }
    }
    output_add_text(output, "END\n");
    free(is_written);
}
