/* SPDX-License-Identifier: MIT
 *
 * The files that `perfharness new` writes.
 */
#ifndef NEW_FILES_H
#define NEW_FILES_H

struct new_file {
    const char *name;         /* @NAME@ is replaced by the provider's name; NULL: no more files */
    const char *const *lines; /* without line breaks; the last is NULL */
};

extern const struct new_file new_files[];

#endif /* NEW_FILES_H */
