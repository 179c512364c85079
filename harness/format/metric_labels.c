/* SPDX-License-Identifier: MIT
 *
 * The process id comes from the counter that has it, so the name is split at a known place even if
 * process or heap contain ":".
 */
#include "metric_labels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "metric_name.h"

struct metric_labelling metric_labels_labelling_of(const struct decoded_object *object)
{
    struct metric_labelling labelling = { known_metric_find_labels(object->name), 0 };

    if (!labelling.known)
        return labelling;
    for (size_t i = 0; i < object->counter_count; i++)
        if (object->counters[i].name &&
            strcmp(object->counters[i].name, labelling.known->process_id) == 0) {
            labelling.process_id = i;
            return labelling;
        }
    labelling.known = NULL; /* another object of the same name */
    return labelling;
}

bool metric_labels_identity_of(const struct metric_labelling *labelling,
                               const struct decoder *decoder,
                               const struct decoded_instance *instance,
                               struct metric_identity *identity)
{
    const char *name = instance->name ? instance->name : "", *found;
    char middle[16];
    uint64_t process_id = 0;

    decoder_raw(decoder, labelling->process_id, &process_id);
    if (process_id == 0 && strcmp(name, "_Total") == 0)
        return false;
    *identity = (struct metric_identity){
        .process = name,
        .heap = "",
        .process_size = strlen(name),
        .suffix = "",
        .process_id = (uint32_t)process_id,
    };
    snprintf(middle, sizeof(middle), ":%" PRIu32, identity->process_id);
    for (found = strstr(name, middle); found; found = strstr(found + 1, middle)) {
        const char *rest = found + strlen(middle);

        if (labelling->known->heap ? *rest == ':' : !*rest || *rest == ':') {
            identity->process_size = (size_t)(found - name);
            if (labelling->known->heap)
                identity->heap = rest + 1;
            else if (*rest)
                identity->suffix = rest + 1;
            identity->heap_size = strlen(identity->heap);
            return true;
        }
    }
    if (labelling->known->heap) {
        identity->heap = name;
        identity->heap_size = identity->process_size;
        identity->process_size = 0;
    }
    return true;
}

static void add_part(struct output *output, const char *label, const char *text, size_t size)
{
    char part[1024];

    size = size < sizeof(part) ? size : sizeof(part) - 1;
    memcpy(part, text, size);
    part[size] = '\0';
    output_add_format(output, "%s=\"", label);
    metric_name_add_text(output, part, '"');
    output_add_text(output, "\"");
}

void metric_labels_add_identity(struct output *output, const struct known_labels *known,
                                const struct metric_identity *identity, bool has_pid,
                                uint32_t occurrence)
{
    output_add_byte(output, '{');
    add_part(output, known->process, identity->process, identity->process_size);
    if (has_pid)
        output_add_format(output, ",pid=\"%" PRIu32 "\"", identity->process_id);
    if (known->heap) {
        output_add_byte(output, ',');
        add_part(output, known->heap, identity->heap, identity->heap_size);
    }
    if (*identity->suffix) {
        output_add_byte(output, ',');
        add_part(output, "suffix", identity->suffix, strlen(identity->suffix));
    }
    if (occurrence)
        output_add_format(output, ",index=\"%" PRIu32 "\"", occurrence);
    output_add_byte(output, '}');
}

void metric_labels_add(struct output *output, const struct decoded_instance *instance,
                       const char *text)
{
    const char *separator = "{";

    if (instance->name) {
        output_add_text(output, "{name=\"");
        metric_name_add_text(output, instance->name, '"');
        output_add_text(output, "\"");
        separator = ",";
    }
    if (instance->parent) {
        output_add_format(output, "%sparent=\"", separator);
        metric_name_add_text(output, instance->parent, '"');
        output_add_text(output, "\"");
        separator = ",";
    }
    if (instance->occurrence) {
        output_add_format(output, "%sindex=\"%" PRIu32 "\"", separator, instance->occurrence);
        separator = ",";
    }
    if (text) {
        output_add_format(output, "%stext=\"", separator);
        metric_name_add_text(output, text, '"');
        output_add_text(output, "\"");
        separator = ",";
    }
    if (*separator == ',')
        output_add_text(output, "}");
}
