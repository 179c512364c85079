/* SPDX-License-Identifier: MIT
 *
 * Reads XML as events, with namespaces and places, through the system's XML library.
 * xml_parser_posix.c uses expat. xml_parser_win.c uses xmllite.dll, which is part of Windows and of
 * Wine. Both define the same function.
 *
 * Documents are hostile: a document type declaration is an error, and so is every entity except the
 * five of XML.
 */
#ifndef XML_PARSER_H
#define XML_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** The largest document that is read, in bytes; our own choice, far above any known manifest. */
#define XML_SIZE_LIMIT (16u << 20)

/** The deepest nesting of elements; our own choice: a manifest needs 8. */
#define XML_DEPTH_LIMIT 64

/** The most attributes of an element; our own choice, more than the schema has. */
#define XML_ATTRIBUTE_LIMIT 64

struct xml_place {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1; 0: unknown */
};

struct xml_attribute {
    const char *space; /* URI of its namespace, or "" */
    const char *name;  /* without prefix */
    const char *value;
};

/** Receives the events in order. All text is UTF-8 and valid only during the call. */
struct xml_handler {
    /** Start of an element. False ends the reading. */
    bool (*start)(void *context, const char *space, const char *name,
                  const struct xml_attribute *attributes, size_t count, struct xml_place place);
    /** End of an element. False ends the reading. */
    bool (*end)(void *context);
    /** Text that is not only white space. False ends the reading. */
    bool (*text)(void *context, struct xml_place place);
};

struct xml_error {
    struct xml_place place;
    char message[256]; /* for people, UTF-8, without the place */
};

/**
 * Read a document.
 *
 * @return ERROR_SUCCESS; ERROR_CANCELLED: the handler ended it; ERROR_INVALID_DATA: the document is
 *         not well-formed, has a document type, or exceeds a limit (*error has the reason);
 *         ERROR_NOT_ENOUGH_MEMORY; ERROR_MOD_NOT_FOUND: the system's XML library is missing
 */
DWORD xml_parser_parse(const void *data, size_t size, const struct xml_handler *handler,
                       void *context, struct xml_error *error);

#endif /* XML_PARSER_H */
