/* SPDX-License-Identifier: MIT
 *
 * Findings of the models of readers; see reader_model_state.h.
 */
#include "reader_model_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void add(struct model *model, const char *subject, size_t offset, const char *text)
{
    const struct finding_place place = { .query = model->answer->query,
                                         .buffer_size = model->answer->buffer_size,
                                         .offset = offset,
                                         .subject = subject };

    findings_add(model->findings, readers[model->reader].rule, &place, "%s %s",
                 readers[model->reader].name, text);
}

void reader_model_report_differ(struct model *model, uint32_t object, const char *part,
                                size_t offset, const char *format, ...)
{
    char subject[96], text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(subject, sizeof(subject), "object %" PRIu32 ", %s", object, part);
    add(model, subject, offset, text);
}

void reader_model_report_abort(struct model *model, size_t offset, const char *format, ...)
{
    char reason[256], text[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    snprintf(text, sizeof(text), "does not parse the answer: %s", reason);
    add(model, "answer", offset, text);
    model->is_aborted = true;
}

bool reader_model_report_value(const struct walk_instance *instance,
                               const struct walk_counter *counter, uint64_t *value)
{
    const struct span span = walk_value(instance, counter);

    if (span.size != 4 && span.size != 8)
        return false;
    *value = span.size == 4 ? read_u32(span.data) : read_u64(span.data);
    return true;
}

bool reader_model_report_begin_walk(const struct readers_answer *answer, struct object_walk *walk)
{
    struct walk_data_block block;

    if (answer->is_blob)
        return object_walk_begin(walk, answer->bytes, NULL, NULL, &block);
    object_walk_begin_objects(walk, answer->bytes, answer->count, NULL, NULL);
    return true;
}
