/* SPDX-License-Identifier: MIT
 *
 * What an .ini file and its symbol file say together: the titles of one service, with names and
 * help in each language, and which of them are objects. Nothing here knows of a registry.
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
    uint32_t *objects; /* offsets, increasing, each once; none without [objects] */
    size_t object_count;
    uint32_t last_offset; /* the highest offset that has a name */

    /** Names and help: `index` is the offset, for help as for names. Sorted as a name table is. */
    struct name_table texts;
};

/**
 * Read an .ini file and the symbol file that it names, which lies beside it.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA and errors of reading; error->message names file, line,
 *         what is wrong and what to do, and *set is untouched
 */
DWORD counter_set_read(const char *ini_path, struct counter_set *set,
                       struct registration_error *error);

/** Only the service's name, from [info] drivername; from malloc. Errors as above. */
DWORD counter_set_read_service(const char *ini_path, char **service,
                               struct registration_error *error);

/** Free all; a zeroed one is allowed. */
void counter_set_release(struct counter_set *set);

#endif /* COUNTER_SET_H */
