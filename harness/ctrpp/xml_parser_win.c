/* SPDX-License-Identifier: MIT
 *
 * xml_parser.h with xmllite.dll, which is looked up at run time. xmllite itself refuses document
 * types.
 *
 * Wine 8.0's own xmllite has five faults. If a document ends too early, it does not stop: it
 * requests more data again and again, or reports the same node again and again. This file limits
 * both. It accepts some documents that are not well-formed (attributes without quotes, unknown
 * entities). It fails with UTF-16 above 8 KiB, which is therefore converted to UTF-8 first. It
 * damages a character of several bytes at the end of what one read returns: see stream_read.
 */
#define COBJMACROS
#include "xml_parser.h"

#include <objidl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmllite.h>

#include "os.h"
#include "text.h"

/* Identifiers are defined here, so that no import library with them is needed. */
static const GUID id_reader = {
    0x7279fc81, 0x709d, 0x4095, { 0xb6, 0x3d, 0x69, 0xfe, 0x4b, 0x0d, 0x90, 0x30 }
};
static const GUID id_unknown = { 0, 0, 0, { 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } };
static const GUID id_stream = {
    0x0c733a30, 0x2a1c, 0x11ce, { 0xad, 0xe5, 0, 0xaa, 0, 0x44, 0x77, 0x3d }
};

/* ---- the document as a stream, on the stack of xml_parser_parse --------------------------- */

/* How often xmllite may request more data after the end; our own choice. */
#define ENDS_LIMIT 16

/* Bytes of "&#x10FFFF;" with a terminator. */
#define REFERENCE_SIZE 11

struct stream {
    ISequentialStream base; /* first, so that a pointer to it is a pointer to the stream */
    const unsigned char *data;
    size_t size, at;
    unsigned ends;
};

static HRESULT STDMETHODCALLTYPE stream_query(ISequentialStream *self, REFIID id, void **result)
{
    if (memcmp(id, &id_unknown, sizeof(*id)) && memcmp(id, &id_stream, sizeof(*id))) {
        *result = NULL;
        return E_NOINTERFACE;
    }
    *result = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE stream_count(ISequentialStream *self)
{
    (void)self;
    return 1;
}

/* The bytes up to the last ASCII character among the first `size`; 0: no byte is ASCII. */
static size_t ascii_end(const unsigned char *data, size_t size)
{
    while (size && data[size - 1] >= 0x80)
        size--;
    return size;
}

/* The bytes of one UTF-8 character of two or three bytes, and the character. */
static size_t character_at(const unsigned char *data, size_t size, uint32_t *character)
{
    size_t length = 1;

    *character = data[0] & (data[0] >= 0xE0 ? 0x0Fu : 0x1Fu);
    for (; length < size && (data[length] & 0xC0) == 0x80; length++)
        *character = *character << 6 | (data[length] & 0x3Fu);
    return length;
}

/* The start of the character to which the byte at offset `size` belongs. */
static size_t character_start(const unsigned char *data, size_t size)
{
    while (size && (data[size] & 0xC0) == 0x80)
        size--;
    return size;
}

/* Return a part of a run without ASCII characters that is longer than one read. A character near
   its end becomes a reference, "&#xE9;", so that the read ends with an ASCII character. Characters
   above U+FFFF are not used for that: Wine's xmllite cuts the number in their references. */
static size_t read_long_run(struct stream *stream, unsigned char *buffer, size_t capacity)
{
    const unsigned char *data = stream->data + stream->at;
    const size_t last = character_start(data, capacity - REFERENCE_SIZE);
    char reference[REFERENCE_SIZE];
    size_t size = last;
    uint32_t character;

    while (size && data[size] >= 0xF0)
        size = character_start(data, size - 1);
    if (data[size] >= 0xF0) {
        memcpy(buffer, data, last);
        stream->at += last;
        return last;
    }
    const size_t taken =
        size + character_at(data + size, stream->size - stream->at - size, &character);
    const size_t length =
        (size_t)snprintf(reference, sizeof(reference), "&#x%X;", (unsigned)character);
    memcpy(buffer, data, size);
    memcpy(buffer + size, reference, length);
    stream->at += taken;
    return size + length;
}

/* Every read ends with an ASCII character. If it ends with a longer one, Wine's xmllite converts
   all of its bytes but the last, and leaves that one for the next read. */
static HRESULT STDMETHODCALLTYPE stream_read(ISequentialStream *self, void *buffer, ULONG capacity,
                                             ULONG *read)
{
    struct stream *stream = (struct stream *)self;
    const size_t rest = stream->size - stream->at;
    size_t size = rest;

    if (!rest && ++stream->ends > ENDS_LIMIT)
        return E_FAIL;
    if (rest > capacity) {
        size = ascii_end(stream->data + stream->at, capacity);
        if (!size && capacity > 2 * REFERENCE_SIZE) {
            size = read_long_run(stream, buffer, capacity);
            goto done;
        }
        if (!size)
            size = capacity;
    }
    memcpy(buffer, stream->data + stream->at, size);
    stream->at += size;

done:
    if (read)
        *read = (ULONG)size;
    return rest <= capacity && size < capacity ? S_FALSE : S_OK;
}

static HRESULT STDMETHODCALLTYPE stream_write(ISequentialStream *self, const void *buffer,
                                              ULONG size, ULONG *written)
{
    (void)self;
    (void)buffer;
    (void)size;
    (void)written;
    return E_NOTIMPL;
}

static ISequentialStreamVtbl stream_functions = { stream_query, stream_count, stream_count,
                                                  stream_read, stream_write };

/* ---- events ------------------------------------------------------------------------------ */

struct reading {
    IXmlReader *reader;
    const struct xml_handler *handler;
    void *context;
    struct xml_error *error;
    size_t node_limit; /* the size of the document: it has no more nodes than bytes */
    uint32_t depth;
    char *texts[3 * (XML_ATTRIBUTE_LIMIT + 1) + 2]; /* UTF-8 of one event, from malloc */
    size_t text_count;
};

static struct xml_place place_of(const struct reading *reading)
{
    UINT line = 0, column = 0;

    IXmlReader_GetLineNumber(reading->reader, &line);
    IXmlReader_GetLinePosition(reading->reader, &column);
    return (struct xml_place){ line, column };
}

static DWORD refuse(struct reading *reading, const char *message)
{
    reading->error->place = place_of(reading);
    snprintf(reading->error->message, sizeof(reading->error->message), "%s", message);
    return ERROR_INVALID_DATA;
}

/* A copy in UTF-8 that is valid until the next event; NULL: memory ran out. */
static const char *keep(struct reading *reading, const WCHAR *text, UINT length)
{
    const size_t size = text_utf8_size(text, length) + 1;
    char *copy = malloc(size);

    if (!copy)
        return NULL;
    text_to_utf8(text, length, copy, size);
    reading->texts[reading->text_count++] = copy;
    return copy;
}

/* Free the texts after the first `count`. */
static void forget(struct reading *reading, size_t count)
{
    while (reading->text_count > count)
        free(reading->texts[--reading->text_count]);
}

static DWORD read_names(struct reading *reading, const char **space, const char **name)
{
    const WCHAR *text = NULL;
    UINT length = 0;

    if (FAILED(IXmlReader_GetNamespaceUri(reading->reader, &text, &length)))
        return ERROR_INVALID_DATA;
    *space = keep(reading, text, length);
    if (FAILED(IXmlReader_GetLocalName(reading->reader, &text, &length)))
        return ERROR_INVALID_DATA;
    *name = keep(reading, text, length);
    return *space && *name ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD read_attributes(struct reading *reading, struct xml_attribute *attributes,
                             size_t *count)
{
    HRESULT result = IXmlReader_MoveToFirstAttribute(reading->reader);

    for (; result == S_OK; result = IXmlReader_MoveToNextAttribute(reading->reader)) {
        struct xml_attribute *attribute = &attributes[*count];
        const size_t kept = reading->text_count;
        const WCHAR *text = NULL;
        UINT length = 0;

        DWORD error = read_names(reading, &attribute->space, &attribute->name);
        if (error)
            return error;
        if (FAILED(IXmlReader_GetValue(reading->reader, &text, &length)))
            return ERROR_INVALID_DATA;
        attribute->value = keep(reading, text, length);
        if (!attribute->value)
            return ERROR_NOT_ENOUGH_MEMORY;
        /* Declarations of namespaces are not attributes of the element. */
        if (strcmp(attribute->name, "xmlns") == 0 ||
            strcmp(attribute->space, "http://www.w3.org/2000/xmlns/") == 0)
            forget(reading, kept);
        else if (++*count > XML_ATTRIBUTE_LIMIT)
            return refuse(reading, "the element has too many attributes");
    }
    IXmlReader_MoveToElement(reading->reader);
    return ERROR_SUCCESS;
}

static DWORD end_element(struct reading *reading)
{
    reading->depth--;
    return reading->handler->end(reading->context) ? ERROR_SUCCESS : ERROR_CANCELLED;
}

static DWORD start_element(struct reading *reading)
{
    struct xml_attribute attributes[XML_ATTRIBUTE_LIMIT + 1];
    const struct xml_place name_place = place_of(reading); /* the < is before it */
    const struct xml_place place = { name_place.line, name_place.column - (name_place.column > 1) };
    const bool is_empty = IXmlReader_IsEmptyElement(reading->reader);
    const char *space = NULL, *name = NULL;
    size_t count = 0;

    if (++reading->depth > XML_DEPTH_LIMIT)
        return refuse(reading, "elements are nested too deeply");
    DWORD error = read_names(reading, &space, &name);
    if (!error)
        error = read_attributes(reading, attributes, &count);
    if (!error && !reading->handler->start(reading->context, space, name, attributes, count, place))
        error = ERROR_CANCELLED;
    forget(reading, 0);
    return error || !is_empty ? error : end_element(reading);
}

static DWORD read_all(struct reading *reading)
{
    XmlNodeType type;
    HRESULT result;
    DWORD error = ERROR_SUCCESS;

    while (!error && (result = IXmlReader_Read(reading->reader, &type)) == S_OK) {
        if (!reading->node_limit--) {
            error = refuse(reading, "the document ends too early");
            break;
        }
        if (type == XmlNodeType_Element)
            error = start_element(reading);
        else if (type == XmlNodeType_EndElement)
            error = end_element(reading);
        else if ((type == XmlNodeType_Text || type == XmlNodeType_CDATA) &&
                 !reading->handler->text(reading->context, place_of(reading)))
            error = ERROR_CANCELLED;
    }
    forget(reading, 0);
    if (error)
        return error;
    if (result == E_OUTOFMEMORY)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (FAILED(result)) {
        refuse(reading, result == (HRESULT)WC_E_DTDPROHIBITED
                            ? "a document type declaration is not allowed"
                            : "");
        if (!*reading->error->message)
            snprintf(reading->error->message, sizeof(reading->error->message),
                     result == E_FAIL ? "the document ends too early"
                                      : "not well-formed (xmllite error 0x%08lx)",
                     (unsigned long)result);
        return ERROR_INVALID_DATA;
    }
    return reading->depth ? refuse(reading, "the document ends too early") : ERROR_SUCCESS;
}

/* ---- encodings --------------------------------------------------------------------------- */

/* The position of a UTF-16 unit's lower byte, 0 or 1; 2: it is not UTF-16. Rule: XML 1.0, appendix
   F: a byte order mark, or the first < of a document without one. */
static size_t lower_byte(const unsigned char *data, size_t size)
{
    if (size >= 2 && ((data[0] == 0xFF && data[1] == 0xFE) || (data[0] == '<' && data[1] == 0)))
        return 0;
    if (size >= 2 && ((data[0] == 0xFE && data[1] == 0xFF) || (data[0] == 0 && data[1] == '<')))
        return 1;
    return 2;
}

/* The declaration names the document's old encoding. Blanks replace it, so that all columns are
   kept. */
static void blank_encoding(char *text)
{
    char *end = strstr(text, "?>"), *at = strstr(text, "encoding");

    if (strncmp(text, "<?xml", 5) != 0 || !end || !at || at > end)
        return;
    const char *quote = strpbrk(at, "'\"");
    const char *closing = quote ? strchr(quote + 1, *quote) : NULL;
    if (closing && closing < end)
        memset(at, ' ', (size_t)(closing + 1 - at));
}

/* Convert UTF-16 to terminated UTF-8, in memory from malloc; NULL: memory ran out. */
static char *utf8_of(const unsigned char *data, size_t size, size_t lower, size_t *utf8_size)
{
    const size_t length = size / 2;
    WCHAR *units = malloc((length + 1) * sizeof(*units));
    char *utf8 = NULL;
    size_t first = 0;

    if (!units)
        return NULL;
    for (size_t i = 0; i < length; i++)
        units[i] = (WCHAR)(data[2 * i + lower] | data[2 * i + 1 - lower] << 8);
    if (length && units[0] == 0xFEFF)
        first = 1;
    *utf8_size = text_utf8_size(units + first, length - first);
    utf8 = malloc(*utf8_size + 1);
    if (utf8) {
        text_to_utf8(units + first, length - first, utf8, *utf8_size + 1);
        blank_encoding(utf8);
    }
    free(units);
    return utf8;
}

/* Whether the document has an element, and > as its last character, like every valid document.
   Wine's xmllite accepts some documents without the latter, and ends the process with some without
   the former. */
static bool looks_whole(const unsigned char *data, size_t size)
{
    bool has_element = false, is_tag = false;
    unsigned char last = 0;

    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = data[i];

        if (!byte || strchr(" \t\r\n", byte)) /* UTF-16 has zeros */
            continue;
        has_element |= is_tag && !strchr("?!/<", byte);
        is_tag = byte == '<';
        last = byte;
    }
    return has_element && last == '>';
}

static DWORD read_document(const void *data, size_t size, const struct xml_handler *handler,
                           void *context, struct xml_error *error)
{
    struct stream stream = { { &stream_functions }, data, size, 0, 0 };
    struct reading reading = {
        .handler = handler, .context = context, .error = error, .node_limit = size
    };
    HRESULT(WINAPI * create)(REFIID, void **, IMalloc *);

    if (!looks_whole(data, size)) {
        *error = (struct xml_error){ { 1, 1 }, "it is no XML, or it ends too early" };
        return ERROR_INVALID_DATA;
    }

    struct os_library library;
    if (os_library_open_system(&library, "xmllite.dll"))
        return ERROR_MOD_NOT_FOUND;
    void *symbol = os_library_symbol(&library, "CreateXmlReader");
    memcpy(&create, &symbol, sizeof(create)); /* every cast between the two gives a warning */

    DWORD result = ERROR_MOD_NOT_FOUND;
    if (create && SUCCEEDED(create(&id_reader, (void **)&reading.reader, NULL))) {
        result = ERROR_NOT_ENOUGH_MEMORY;
        if (SUCCEEDED(IXmlReader_SetInput(reading.reader, (IUnknown *)&stream)))
            result = read_all(&reading);
        IXmlReader_Release(reading.reader);
    }
    os_library_close(&library);
    return result;
}

DWORD xml_parser_parse(const void *data, size_t size, const struct xml_handler *handler,
                       void *context, struct xml_error *error)
{
    const size_t lower = lower_byte(data, size);
    size_t utf8_size;

    if (size > XML_SIZE_LIMIT) {
        *error = (struct xml_error){ { 1, 1 }, "the file is larger than 16 MiB" };
        return ERROR_INVALID_DATA;
    }
    if (lower == 2)
        return read_document(data, size, handler, context, error);
    char *utf8 = utf8_of(data, size, lower, &utf8_size);
    if (!utf8)
        return ERROR_NOT_ENOUGH_MEMORY;
    const DWORD result = read_document(utf8, utf8_size, handler, context, error);
    free(utf8);
    return result;
}
