/* SPDX-License-Identifier: MIT
 *
 * Parses the values of a manifest's attributes. Each kind of value has a function that fills the
 * member of a manifest's structure.
 */
#ifndef MANIFEST_VALUES_H
#define MANIFEST_VALUES_H

#include <stddef.h>

#include "manifest.h"

/**
 * Returns why a value is not valid, or NULL if it is, and then *member is filled. Text is from
 * malloc.
 */
typedef const char *manifest_parser(const char *value, void *member);

manifest_parser manifest_values_parse_TEXT; /* char *: not empty */
manifest_parser
    manifest_values_parse_NAME; /* char *: 1 to 1023 characters, no control characters */
manifest_parser manifest_values_parse_SYMBOL;     /* char *: a C identifier; NULL if empty */
manifest_parser manifest_values_parse_IDENTIFIER; /* the same, but not empty */
manifest_parser manifest_values_parse_GUID;       /* GUID: {8-4-4-4-12} */
manifest_parser
    manifest_values_parse_NUMBER; /* struct manifest_number: decimal, 0x1 to 0xFFFFFFFF */
manifest_parser manifest_values_parse_SCALE;    /* int32_t: -10 to 10 */
manifest_parser manifest_values_parse_VERSION;  /* uint32_t: 100 * major + minor */
manifest_parser manifest_values_parse_MODE;     /* bool: kernelMode */
manifest_parser manifest_values_parse_CALLBACK; /* bool: custom */
manifest_parser manifest_values_parse_TYPE; /* const struct manifest_word *, as the next three */
manifest_parser manifest_values_parse_DETAIL;
manifest_parser manifest_values_parse_INSTANCES;
manifest_parser manifest_values_parse_AGGREGATE;
manifest_parser
    /* uint32_t: adds a bit; a bit that is already set is an error */
    manifest_values_parse_ATTRIBUTES;

/** A parser returns this address if memory ran out. */
extern const char manifest_values_out_of_memory[];

#endif /* MANIFEST_VALUES_H */
