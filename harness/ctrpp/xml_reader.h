/* SPDX-License-Identifier: MIT
 *
 * XML as events, with namespaces and places: one small interface over the XML library that a system
 * keeps. xml_reader_posix.c is over expat, xml_reader_win.c over xmllite.dll, which is part of
 * Windows and of Wine; both define the same function.
 *
 * Documents are hostile: a document type declaration is refused, and with it every entity but the
 * five that XML has.
 */
#ifndef XML_READER_H
#define XML_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Largest document that is read, in bytes. */
#define XML_SIZE_LIMIT (16u << 20)

/** Deepest nesting of elements. */
#define XML_DEPTH_LIMIT 64

/** Most attributes of an element. */
#define XML_ATTRIBUTE_LIMIT 64

struct xml_place {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1; 0: not known */
};

struct xml_attribute {
    const char *space; /* URI of its namespace, "" when it has none */
    const char *name;  /* without prefix */
    const char *value;
};

/** Receives the events in order; all text is UTF-8 and valid during the call only. */
struct xml_handler {
    /** Begin of an element; false ends the reading. */
    bool (*start)(void *context, const char *space, const char *name,
                  const struct xml_attribute *attributes, size_t count, struct xml_place place);
    /** End of an element; false ends the reading. */
    bool (*end)(void *context);
    /** Text that is not only white space; false ends the reading. */
    bool (*text)(void *context, struct xml_place place);
};

struct xml_error {
    struct xml_place place;
    char message[256]; /* for people, UTF-8, without the place */
};

/**
 * Read a document.
 *
 * @return ERROR_SUCCESS; ERROR_CANCELLED when the handler ended it; ERROR_INVALID_DATA when it is
 *         not well-formed, has a document type, or exceeds a limit (*error says which);
 *         ERROR_NOT_ENOUGH_MEMORY; ERROR_MOD_NOT_FOUND when the system's XML library is missing
 */
DWORD xml_read(const void *data, size_t size, const struct xml_handler *handler, void *context,
               struct xml_error *error);

#endif /* XML_READER_H */
