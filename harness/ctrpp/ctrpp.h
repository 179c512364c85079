/* SPDX-License-Identifier: MIT
 *
 * Generates the files that CTRPP of the Windows SDK makes from a manifest: C headers for providers
 * and consumers, string resources, the Vista templates, and the manifest in schema 2.0. User mode
 * only.
 *
 * Every function appends one file to an output. The generated code compiles as C and C++, with
 * mingw-w64 and MSVC against advapi32, and natively against include/ and libperflib.a.
 */
#ifndef CTRPP_H
#define CTRPP_H

#include <stdbool.h>

#include "manifest.h"
#include "output.h"

struct ctrpp_options {
    const char *source;       /* name of the manifest for the first comment, without folder */
    const char *prefix;       /* of names of functions and variables, not of macros; may be "" */
    const char *legacy_name;  /* a C identifier made of the manifest's file name; NULL: no templates
                                 of Vista are written */
    bool has_callback;        /* the initialiser takes a callback and memory routines; in Vista's
                                 templates there is a control callback */
    bool has_memory_routines; /* Vista's templates only: routines that allocate and free */
    bool hides_names; /* 0 is written instead of each name that is made from the manifest's symbols.
                         The remaining identifiers are those of the generator itself */
};

/**
 * Check the names of the generated code. A name must not be defined twice, used by the code itself,
 * a keyword of C or C++, or defined by a header that the code or its user includes.
 *
 * @param messages  receives an error for each, with the place and both names
 *
 * @return ERROR_SUCCESS, also with messages; ERROR_NOT_ENOUGH_MEMORY: nothing is known, no messages
 */
DWORD ctrpp_collisions_check(const struct manifest *manifest, const struct ctrpp_options *options,
                             struct manifest_messages *messages);

/** Generate the provider's header (-o). */
void ctrpp_header_write(struct output *output, const struct manifest *manifest,
                        const struct ctrpp_options *options);

/** Generate the string table (-rc). */
void ctrpp_resource_write(struct output *output, const struct manifest *manifest,
                          const struct ctrpp_options *options);

/** Generate the header for consumers (-ch): names and GUIDs of the sets, ids of the counters. */
void ctrpp_header_write_consumer(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options);

/** Generate the Vista templates (-Legacy): <name>.h, <name>.c, <name>.rc and <name>_r.h. */
void ctrpp_legacy_write_header(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options);
void ctrpp_legacy_write_source(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options);
void ctrpp_legacy_write_resource(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options);
void ctrpp_legacy_write_ids(struct output *output, const struct manifest *manifest,
                            const struct ctrpp_options *options);

/** Write the manifest in schema 2.0 (-migrate). Reading it gives the same manifest. */
void ctrpp_manifest_write(struct output *output, const struct manifest *manifest);

/* ---- parts that several functions use -------------------------------------------------------- */

/** Write one line that names the origin of the file, and in C the includes that it needs. */
void ctrpp_parts_write_origin(struct output *output, const struct ctrpp_options *options);
void ctrpp_parts_write_includes(struct output *output);

/** { 0x..., 0x..., 0x..., { ... } } */
void ctrpp_parts_write_guid(struct output *output, const GUID *guid);

/** Write text as the content of a C literal (L"", u"" or UTF-8), or of a resource's L"". */
void ctrpp_parts_write_c_text(struct output *output, const char *text);
void ctrpp_parts_write_rc_text(struct output *output, const char *text);

struct ctrpp_scope;

/** Write a #define for each counter of a set that has a symbol. */
void ctrpp_parts_write_ids(struct output *output, const struct ctrpp_scope *scope_of_set);

/** Write the initialiser of a set's PERF_COUNTERSET_INFO. */
void ctrpp_parts_write_set_info(struct output *output, const struct manifest *manifest,
                                const struct manifest_set *set);

/**
 * The initialiser of a counter's PERF_COUNTER_INFO.
 *
 * @param size  its Size, a constant expression
 */
void ctrpp_parts_write_counter_info(struct output *output, const struct manifest_counter *counter,
                                    const char *size, uint32_t offset);

/** The size of a counter's raw value, as an expression. */
const char *ctrpp_parts_value_size(const struct manifest_counter *counter);

/** Write the statements that fill a PERF_PROVIDER_CONTEXT named Context_. */
void ctrpp_parts_write_context(struct output *output, const char *callback, const char *allocate,
                               const char *free, const char *context);

#define CTRPP_ID_LIMIT 0x10000 /* identifiers have 16 bits */

/** The resource identifiers of a name, of its language-neutral copy, and of a description. */
struct ctrpp_ids {
    uint32_t name, neutral_name, description; /* 0: not present */
};

/**
 * Assigns identifiers to sets and counters in the order of the document: a set, then its counters.
 *
 * Rule: schema 1.x: each set and counter gets four identifiers, in order, from resourceBase on.
 * Schema 2.0: the identifiers are in the manifest; the neutral copy has nameID + 1, unless the
 * manifest gives that identifier to something else.
 */
struct ctrpp_numbering {
    bool is_as_given;              /* schema 2.0 */
    uint32_t next;                 /* schema 1.x */
    bool is_given[CTRPP_ID_LIMIT]; /* the manifest gives it to something */
};

void ctrpp_parts_init_numbering(struct ctrpp_numbering *numbering, const struct manifest *manifest);

/**
 * The identifiers of the next set or counter. The arguments are its identifiers in the manifest.
 */
struct ctrpp_ids ctrpp_parts_next_ids(struct ctrpp_numbering *numbering,
                                      struct manifest_number name_id,
                                      struct manifest_number description_id);

#endif /* CTRPP_H */
