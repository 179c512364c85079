/* SPDX-License-Identifier: MIT
 *
 * A V2 provider's manifest (.man) in memory. It is read, checked against its schema, and can be
 * converted to code, resources and a catalog.
 *
 * Rule: Performance Counters Schema (win32/PerfCtrs), versions 1.x and 2.0. manifest_schema.def has
 * elements and attributes, manifest_check.c the rules that a schema cannot express.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printf_like.h"
#include "wintypes.h"
#include "xml_parser.h"

/** An optional number. */
struct manifest_number {
    uint32_t value;
    bool is_given;
};

/** One word of an attribute's list and its meaning. */
struct manifest_word {
    const char *text;     /* as in a manifest; NULL ends a list */
    uint32_t value;       /* the constant's value */
    const char *constant; /* its name in C */
};

/* Text is UTF-8 and owned by the manifest. It is NULL if the attribute is missing, unless the
   comment says that it is required. */

struct manifest_struct {
    char *name; /* required */
    char *type; /* required */
};

struct manifest_counter {
    struct xml_place place;
    struct manifest_number id; /* required */
    char *uri;                 /* required */
    char *symbol;
    char *name;
    char *description;
    struct manifest_number name_id, description_id;
    const struct manifest_word *type;         /* required; `value` is the counter type */
    const struct manifest_word *detail_level; /* required; PERF_DETAIL_* */
    struct manifest_number base_id, perf_time_id, perf_freq_id, multi_counter_id;
    int32_t default_scale;
    const struct manifest_word *aggregate; /* PERF_AGGREGATE_* */
    char *struct_name, *field;             /* of a kernel-mode counter */
    uint32_t attributes;                   /* PERF_ATTRIB_* */
};

struct manifest_set {
    struct xml_place place;
    char *symbol; /* required, except in a manifest of Vista */
    GUID guid;    /* required, as the next three */
    char *uri;
    char *name;
    char *description;
    struct manifest_number name_id, description_id;
    const struct manifest_word *instances; /* PERF_COUNTERSET_*; single if missing */
    struct manifest_struct *structs;
    size_t struct_count, struct_capacity;
    struct manifest_counter *counters;
    size_t counter_count, counter_capacity;
};

struct manifest {
    uint32_t schema_version; /* 100 * major + minor: 101, 200 */
    struct xml_place place;  /* of the provider */
    char *symbol;
    GUID guid;
    char *application_identity; /* required */
    char *provider_name;        /* "Counters" if missing */
    bool is_kernel_mode;
    bool has_custom_callback;
    struct manifest_number resource_base; /* 1 if missing */
    struct manifest_set *sets;
    size_t set_count, set_capacity;
};

/** An error or a warning about a manifest. */
struct manifest_message {
    bool is_warning;
    struct xml_place place;
    char text[400];
};

struct manifest_messages {
    struct manifest_message items[64]; /* more are dropped, but not the first error; chosen */
    size_t count;
    bool has_error;
};

/** Which manifests are accepted. */
struct manifest_options {
    bool is_user_mode_only; /* kernel mode is an error; other errors are not reported then */
    bool is_vista; /* symbols of provider and countersets and schemaVersion may be absent */
};

/**
 * Read and check a manifest.
 *
 * @param options   NULL: either mode, no manifest of Vista
 * @param manifest  receives it on success; release it
 * @param messages  receives errors and warnings in the order of the document
 * @return ERROR_SUCCESS, also with warnings; ERROR_INVALID_DATA: messages has at least one error;
 *         ERROR_NOT_ENOUGH_MEMORY; ERROR_MOD_NOT_FOUND (no XML library)
 */
DWORD manifest_parser_parse(const void *data, size_t size, const struct manifest_options *options,
                            struct manifest *manifest, struct manifest_messages *messages);

/** The same from a file; also the errors of os_file_read_all. */
DWORD manifest_parser_parse_file(const char *path, const struct manifest_options *options,
                                 struct manifest *manifest, struct manifest_messages *messages);

/** Free all memory of a manifest. A zeroed one is allowed. */
void manifest_parser_release(struct manifest *manifest);

/** The bytes of a counter's raw value: 8 if its type is PERF_SIZE_LARGE, otherwise 4. */
uint32_t manifest_words_value_size(const struct manifest_counter *counter);

/** The lists of words, for example counter types by name. */
extern const struct manifest_word manifest_words_types[];
extern const struct manifest_word manifest_words_details[];
extern const struct manifest_word manifest_words_instances[];
extern const struct manifest_word manifest_words_aggregates[];
extern const struct manifest_word manifest_words_attributes[];

/**
 * Check the rules that manifest_schema.def cannot express, and add messages.
 *
 * @return ERROR_SUCCESS, also with messages; ERROR_NOT_ENOUGH_MEMORY: not everything was checked
 */
DWORD manifest_check(const struct manifest *manifest, const struct manifest_options *options,
                     struct manifest_messages *messages);

/** Add a message. */
PRINTF_LIKE(4, 5)
void manifest_messages_add(struct manifest_messages *messages, bool is_warning,
                           struct xml_place place, const char *format, ...);

#endif /* MANIFEST_H */
