/* SPDX-License-Identifier: MIT
 *
 * xml_parser.h with expat.
 */
#include "xml_parser.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

/* Expat writes it between URI and name. No XML document can contain it. */
#define SEPARATOR '\x01'

struct reading {
    XML_Parser parser;
    const struct xml_handler *handler;
    void *context;
    struct xml_error *error;
    DWORD result;
    uint32_t depth;
    char spaces[XML_ATTRIBUTE_LIMIT + 1][256]; /* URIs of one event, cut from their names */
};

static struct xml_place place_of(const struct reading *reading)
{
    const struct xml_place place = {
        (uint32_t)XML_GetCurrentLineNumber(reading->parser),
        (uint32_t)XML_GetCurrentColumnNumber(reading->parser) + 1,
    };

    return place;
}

static void stop(struct reading *reading, DWORD result, const char *message)
{
    reading->result = result;
    if (message) {
        reading->error->place = place_of(reading);
        snprintf(reading->error->message, sizeof(reading->error->message), "%s", message);
    }
    XML_StopParser(reading->parser, XML_FALSE);
}

/* Copy the URI and return the name after it. A URI that is too long is not one of the known
   ones. */
static const char *split_name(const char *full, char *space, size_t size)
{
    const char *separator = strchr(full, SEPARATOR);

    *space = 0;
    if (!separator)
        return full;
    snprintf(space, size, "%.*s", (int)(separator - full), full); /* less than XML_SIZE_LIMIT */
    return separator + 1;
}

static void XMLCALL on_start(void *data, const XML_Char *full, const XML_Char **pairs)
{
    struct reading *reading = data;
    struct xml_attribute attributes[XML_ATTRIBUTE_LIMIT];
    size_t count = 0;

    if (reading->result)
        return;
    if (++reading->depth > XML_DEPTH_LIMIT) {
        stop(reading, ERROR_INVALID_DATA, "elements are nested too deeply");
        return;
    }
    for (; pairs[2 * count]; count++) {
        if (count == XML_ATTRIBUTE_LIMIT) {
            stop(reading, ERROR_INVALID_DATA, "the element has too many attributes");
            return;
        }
        char *space = reading->spaces[count];
        attributes[count].name = split_name(pairs[2 * count], space, sizeof(reading->spaces[0]));
        attributes[count].space = space;
        attributes[count].value = pairs[2 * count + 1];
    }

    char *space = reading->spaces[XML_ATTRIBUTE_LIMIT];
    const char *name = split_name(full, space, sizeof(reading->spaces[0]));
    if (!reading->handler->start(reading->context, space, name, attributes, count,
                                 place_of(reading)))
        stop(reading, ERROR_CANCELLED, NULL);
}

static void XMLCALL on_end(void *data, const XML_Char *full)
{
    struct reading *reading = data;

    (void)full;
    if (reading->result)
        return;
    reading->depth--;
    if (!reading->handler->end(reading->context))
        stop(reading, ERROR_CANCELLED, NULL);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int size)
{
    struct reading *reading = data;

    for (int i = 0; i < size && !reading->result; i++) {
        if (strchr(" \t\r\n", text[i]))
            continue;
        if (!reading->handler->text(reading->context, place_of(reading)))
            stop(reading, ERROR_CANCELLED, NULL);
        return;
    }
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    stop(data, ERROR_INVALID_DATA, "a document type declaration is not allowed");
}

DWORD xml_parser_parse(const void *data, size_t size, const struct xml_handler *handler,
                       void *context, struct xml_error *error)
{
    struct reading reading = { .handler = handler, .context = context, .error = error };

    if (size > XML_SIZE_LIMIT) {
        *error = (struct xml_error){ { 1, 1 }, "the file is larger than 16 MiB" };
        return ERROR_INVALID_DATA;
    }
    reading.parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (!reading.parser)
        return ERROR_NOT_ENOUGH_MEMORY;
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);

    if (XML_Parse(reading.parser, data, (int)size, 1) == XML_STATUS_ERROR && !reading.result) {
        const enum XML_Error code = XML_GetErrorCode(reading.parser);

        reading.result = code == XML_ERROR_NO_MEMORY ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA;
        error->place = place_of(&reading);
        snprintf(error->message, sizeof(error->message), "%s", XML_ErrorString(code));
    }
    XML_ParserFree(reading.parser);
    return reading.result;
}
