/* SPDX-License-Identifier: MIT
 *
 * A .reg file as a store that can be read and changed: its text, which is kept as it is where
 * nothing changes, and the tree of keys that a registration can mean anything by.
 */
#ifndef REGISTRATION_FILE_H
#define REGISTRATION_FILE_H

#include "reg_text.h"
#include "reg_tree.h"
#include "registration.h"

/**
 * Read text into an empty tree. Of the control sets, the current one counts, under the name
 * CurrentControlSet: that which SYSTEM\Select names, or the first; later lines win.
 *
 * @param path  for messages
 * @return as reg_scan; on failure the tree is empty
 */
DWORD registration_file_load(const struct reg_text *text, const char *path, struct reg_tree *tree,
                             struct registration_error *error);

/** The name that the current control set has in the text: "ControlSet001" unless it says else. */
void registration_file_control_set(const struct reg_text *text, char name[16]);

/**
 * The path of a key as registration_file_load knows it: with CurrentControlSet in the place of
 * `control_set`.
 *
 * @param result  receives it, terminated
 * @return false when it does not fit: no path that a registration wants is so long
 */
bool registration_file_path(const char *path, const char *control_set, char *result, size_t size);

#endif /* REGISTRATION_FILE_H */
