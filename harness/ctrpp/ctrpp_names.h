/* SPDX-License-Identifier: MIT
 *
 * The names that generated code defines. They are written only with templates of C code that
 * contain $id for a form of ctrpp_names.def. The table is therefore the complete list of the names
 * in code that is generated from a manifest's symbols.
 */
#ifndef CTRPP_NAMES_H
#define CTRPP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrpp.h"
#include "manifest.h"
#include "output.h"

enum ctrpp_name {
#define CTRPP_NAME(id, of, prefixing, before, after, what) CTRPP_NAME_##id,
#include "ctrpp_names.def"
#undef CTRPP_NAME
    CTRPP_NAME_COUNT
};

/** The elements that a form names. */
enum ctrpp_name_of {
    CTRPP_OF_CODE,
    CTRPP_OF_PROVIDER,
    CTRPP_OF_SET,
    CTRPP_OF_COUNTER,
    CTRPP_OF_VALUE,
    CTRPP_OF_REFERENCE,
    CTRPP_OF_LEGACY_CODE,
    CTRPP_OF_LEGACY,
    CTRPP_OF_LEGACY_SET
};

struct ctrpp_name_form {
    const char *id;
    enum ctrpp_name_of of;
    bool is_prefixed;
    const char *before, *after;
    const char *what; /* for messages */
};

extern const struct ctrpp_name_form ctrpp_names_forms[CTRPP_NAME_COUNT];

/** The parts of the names in a template. */
struct ctrpp_scope {
    const struct ctrpp_options *options;
    const struct manifest *manifest;
    const struct manifest_set *set;         /* for forms of a set */
    size_t set_number;                      /* from 1, for legacy ones */
    const struct manifest_counter *counter; /* for forms of a counter */
};

/** The scope of a manifest, of one of its countersets, or of one counter of a counterset. */
struct ctrpp_scope ctrpp_names_scope(const struct manifest *manifest,
                                     const struct ctrpp_options *options);
struct ctrpp_scope ctrpp_names_scope_of_set(const struct ctrpp_scope *scope, size_t i);
struct ctrpp_scope ctrpp_names_scope_of_counter(const struct ctrpp_scope *scope, size_t i);

/**
 * Whether a form names the element of a scope: the counter, otherwise the set, otherwise the
 * manifest.
 */
bool ctrpp_names_applies(const struct ctrpp_name_form *form, const struct ctrpp_scope *scope);

/** Write one name. */
void ctrpp_names_add(struct output *output, const struct ctrpp_scope *scope,
                     const struct ctrpp_name_form *form);

/** Write C code. Each $id of the table is replaced by its name. */
void ctrpp_names_add_code(struct output *output, const struct ctrpp_scope *scope, const char *code);

#endif /* CTRPP_NAMES_H */
