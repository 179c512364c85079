/* SPDX-License-Identifier: MIT
 *
 * A .reg file as a store that can be read and changed: its text, which is preserved where nothing
 * changes, and the tree of the keys that matter for a registration.
 */
#ifndef REGISTRATION_FILE_H
#define REGISTRATION_FILE_H

#include "reg_text.h"
#include "reg_tree.h"
#include "registration.h"

/**
 * Read text into an empty tree. Only the current control set is read, under the name
 * CurrentControlSet. It is the set that SYSTEM\Select names, or else the first. If a value is set
 * twice, the later line is used.
 *
 * @param path  for messages
 * @return as reg_scan; on failure the tree is empty
 */
DWORD registration_file_load(const struct reg_text *text, const char *path, struct reg_tree *tree,
                             struct registration_error *error);

/**
 * The name of the current control set in the text; "ControlSet001" if the text does not name one.
 */
void registration_file_control_set(const struct reg_text *text, char name[16]);

/**
 * The path of a key as in registration_file_load's tree: CurrentControlSet replaces `control_set`,
 * and SYSTEM and SOFTWARE the names under which hives of another installation were loaded.
 *
 * @param result  receives it, terminated
 * @return false if it does not fit; such a long path does not matter for a registration
 */
bool registration_file_path(const char *path, const char *control_set, char *result, size_t size);

/**
 * The path in the text of a key of registration_file_load's tree, for a tree that has other paths.
 *
 * @param result  receives it; "" if neither the key nor a key below it is in the text
 */
void registration_file_find_path(const struct reg_text *text, const char *path, char *result,
                                 size_t size);

#endif /* REGISTRATION_FILE_H */
