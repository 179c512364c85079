/* SPDX-License-Identifier: MIT
 *
 * Writes .reg files, see repair_file.h.
 */
#include "repair_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_buffer.h"
#include "reg_edit.h"
#include "registration.h"
#include "text.h"

static void add_text(struct output *text, const char *utf8)
{
    struct reg_buffer buffer = { 0 };

    reg_buffer_add_utf16(&buffer, utf8);
    if (buffer.is_lost)
        text->is_lost = true;
    else
        output_add(text, buffer.data, buffer.size);
    reg_buffer_release(&buffer);
}

void repair_file_begin(struct output *text)
{
    output_add(text, "\xFF\xFE", 2);
    add_text(text, "Windows Registry Editor Version 5.00\r\n");
}

void repair_file_add_key(struct output *text, const char *path)
{
    add_text(text, "\r\n[");
    add_text(text, path);
    add_text(text, "]\r\n");
}

void repair_file_add_comment(struct output *text, const char *comment)
{
    while (*comment) {
        size_t length = strcspn(comment, "\r\n");
        struct output line = { 0 };
        output_add_text(&line, "; ");
        output_add(&line, comment, length);
        output_add_text(&line, "\r\n");
        add_text(text, line.data ? line.data : "");
        text->is_lost = text->is_lost || line.is_lost;
        output_release(&line);
        comment += length;
        comment += strspn(comment, "\r\n");
    }
}

void repair_file_add_value(struct output *text, const char *name, uint32_t type, const void *data,
                           size_t size)
{
    struct reg_buffer line = { 0 };

    reg_edit_add_value(&line, name, type, data, size);
    if (line.is_lost)
        text->is_lost = true;
    else
        output_add(text, line.data, line.size);
    reg_buffer_release(&line);
}

static void add_removal(struct output *text, const char *name)
{
    struct output line = { 0 };

    output_add_byte(&line, '"');
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            output_add_byte(&line, '\\');
        output_add_byte(&line, *name);
    }
    output_add_text(&line, "\"=-\r\n");
    add_text(text, line.data ? line.data : "");
    text->is_lost = text->is_lost || line.is_lost;
    output_release(&line);
}

static bool is_without_effect(const struct diagnosis_change *change)
{
    return change->had_value == change->has_value &&
           (!change->has_value ||
            (change->type_before == change->type_after &&
             change->size_before == change->size_after &&
             memcmp(change->before, change->after, change->size_before) == 0));
}

static bool is_made(const struct diagnosis *diagnosis, const struct diagnosis_change *change)
{
    return diagnosis_is_chosen(diagnosis, change) && !is_without_effect(change);
}

/* Sort changes so that those of one key are together, in the order of the first change of each
   key. */
static int compare_changes(const void *left, const void *right)
{
    const struct diagnosis_change *a = *(const struct diagnosis_change *const *)left;
    const struct diagnosis_change *b = *(const struct diagnosis_change *const *)right;
    int order = text_utf8_compare_ignore_case(a->key, strlen(a->key), b->key, strlen(b->key));

    if (order)
        return order;
    return a < b ? -1 : a > b;
}

size_t repair_file_count(const struct diagnosis *diagnosis)
{
    size_t count = 0;

    for (size_t i = 0; i < diagnosis->change_count; i++)
        count += is_made(diagnosis, &diagnosis->changes[i]);
    return count;
}

/* Add a key below `from` as the same key below `to`. False if it is not below `from`. */
static bool add_moved_key(struct output *output, const char *key, const char *from, const char *to)
{
    size_t length = strlen(from);
    struct output path = { 0 };

    if (!to || !*to || strlen(key) < length ||
        text_utf8_compare_ignore_case(key, length, from, length) != 0)
        return false;
    output_add_text(&path, to);
    output_add_text(&path, key + length);
    if (path.data)
        repair_file_add_key(output, path.data);
    output->is_lost = output->is_lost || path.is_lost;
    output_release(&path);
    return true;
}

void repair_file_write(const struct diagnosis *diagnosis, bool undo,
                       const struct repair_paths *paths, struct output *output)
{
    const struct diagnosis_change **made =
        calloc(diagnosis->change_count + 1, sizeof(const struct diagnosis_change *));
    const char *key = "";
    size_t count = 0;

    if (!made) {
        output->is_lost = true;
        return;
    }
    for (size_t i = 0; i < diagnosis->change_count; i++)
        if (is_made(diagnosis, &diagnosis->changes[i]))
            made[count++] = &diagnosis->changes[i];
    if (count)
        qsort(made, count, sizeof(*made), compare_changes);
    repair_file_begin(output);
    for (size_t i = 0; i < count; i++) {
        const struct diagnosis_change *change = made[i];
        if (!text_utf8_equal_ignore_case(key, change->key)) {
            key = change->key;
            if (!add_moved_key(output, key, REG_PERFLIB "\\009", paths->english) &&
                !add_moved_key(output, key, REG_PERFLIB, paths->perflib) &&
                !add_moved_key(output, key, REG_SERVICES, paths->services))
                repair_file_add_key(output, key);
        }
        if (!undo)
            repair_file_add_comment(output, change->why);
        if (undo ? change->had_value : change->has_value)
            repair_file_add_value(output, change->value,
                                  undo ? change->type_before : change->type_after,
                                  undo ? change->before : change->after,
                                  undo ? change->size_before : change->size_after);
        else
            add_removal(output, change->value);
    }
    free(made);
}

void repair_file_changes(const struct diagnosis *diagnosis, struct registration_changes *changes)
{
    for (size_t i = 0; i < diagnosis->change_count; i++) {
        const struct diagnosis_change *change = &diagnosis->changes[i];
        if (!is_made(diagnosis, change))
            continue;
        if (change->has_value)
            registration_changes_set_value(changes, change->key, change->value, change->type_after,
                                           change->after, change->size_after);
        else
            registration_changes_remove_value(changes, change->key, change->value);
    }
}
