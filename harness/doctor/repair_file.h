/* SPDX-License-Identifier: MIT
 *
 * Writes the chosen changes of a diagnosis as .reg files: one makes them, the other undoes them.
 * Also lists them as changes of a registration's store. No other value is changed.
 */
#ifndef REPAIR_FILE_H
#define REPAIR_FILE_H

#include "diagnosis.h"
#include "output.h"
#include "reg_tree.h"
#include "registration_store.h"

/** Paths of keys where the file is imported; NULL or "": as on a running Windows. */
struct repair_paths {
    const char *services, *perflib;
    const char *english; /* of Perflib\009 */
};

/**
 * Write a .reg file (version 5.00, UTF-16 with a mark, as regedit does).
 *
 * @param undo    true: the file that restores what was there before
 * @param paths   where keys are written
 * @param output  receives it
 */
void repair_file_write(const struct diagnosis *diagnosis, bool undo,
                       const struct repair_paths *paths, struct output *output);

/** The chosen changes, for registration_store_apply. */
void repair_file_changes(const struct diagnosis *diagnosis, struct registration_changes *changes);

/** How many values the chosen repairs change. */
size_t repair_file_count(const struct diagnosis *diagnosis);

/**
 * Begin a .reg file, add a key's head, add a value, add a comment. Other files that write .reg files use
 * these too. `text` receives UTF-16 units.
 */
void repair_file_begin(struct output *text);
void repair_file_add_key(struct output *text, const char *path);
void repair_file_add_value(struct output *text, const char *name, uint32_t type, const void *data,
                           size_t size);
void repair_file_add_comment(struct output *text, const char *comment);

#endif /* REPAIR_FILE_H */
