/* SPDX-License-Identifier: MIT
 *
 * The content of an .ini file and its symbol file: the titles of one service, with names and help
 * texts in each language, and which titles are objects. It does not use a registry.
 *
 * Rules: lodctr's grammar ([info], [languages], [objects], [text]; SYMBOL_lang_NAME, _HELP).
 */
#ifndef COUNTER_SET_H
#define COUNTER_SET_H

#include <stddef.h>
#include <stdint.h>

#include "name_table.h"
#include "registration.h"

/** Zeroed, it is empty. */
struct counter_set {
    char *service; /* drivername */
    uint32_t *languages;
    size_t language_count;
    uint32_t *objects; /* different offsets in increasing order; empty without [objects] */
    size_t object_count;
    uint32_t last_offset; /* the highest offset that has a name */

    /** Names and help: `index` is the offset, also for help texts. Sorted like a name table. */
    struct name_table texts;
};

/**
 * Read an .ini file and the symbol file that it names, which is in the same folder.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA and errors of reading. After an error, error->message
 *         names the file, the line, the reason and the remedy, and *set is unchanged.
 */
DWORD counter_set_read(const char *ini_path, struct counter_set *set,
                       struct registration_error *error);

/**
 * Read only the service's name, from [info] drivername. The name is from malloc. Errors as above.
 */
DWORD counter_set_read_service(const char *ini_path, char **service,
                               struct registration_error *error);

/** Free all memory. A zeroed set is allowed. */
void counter_set_release(struct counter_set *set);

#endif /* COUNTER_SET_H */
