/* SPDX-License-Identifier: MIT
 *
 * The list of errors and warnings about a manifest.
 */
#include "manifest.h"

#include <stdarg.h>
#include <stdio.h>

void manifest_messages_add(struct manifest_messages *messages, bool is_warning,
                           struct xml_place place, const char *format, ...)
{
    const size_t limit = sizeof(messages->items) / sizeof(*messages->items);
    va_list arguments;

    /* A manifest that is refused has an error: the first one takes the place of the last warning. */
    if (messages->count == limit && !is_warning && !messages->has_error)
        messages->count--;
    messages->has_error = messages->has_error || !is_warning;
    if (messages->count == limit)
        return;
    struct manifest_message *message = &messages->items[messages->count++];
    message->is_warning = is_warning;
    message->place = place;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof(message->text), format, arguments);
    va_end(arguments);
}
