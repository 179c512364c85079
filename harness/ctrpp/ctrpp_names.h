/* SPDX-License-Identifier: MIT
 *
 * The names that generated code defines, and the only way to write them: templates of C code with
 * $id for each form of ctrpp_names.def. So the table is the list of all that code generated from a
 * manifest's symbols can collide with.
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

/** Which elements a form gives a name. */
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

extern const struct ctrpp_name_form ctrpp_name_forms[CTRPP_NAME_COUNT];

/** What the names in a template are made of. */
struct ctrpp_scope {
    const struct ctrpp_options *options;
    const struct manifest *manifest;
    const struct manifest_set *set;         /* for forms of a set */
    size_t set_number;                      /* from 1, for legacy ones */
    const struct manifest_counter *counter; /* for forms of a counter */
};

/** The scope of a manifest, of one of its countersets, of one of a counterset's counters. */
struct ctrpp_scope ctrpp_scope_of(const struct manifest *manifest,
                                  const struct ctrpp_options *options);
struct ctrpp_scope ctrpp_scope_of_set(const struct ctrpp_scope *scope, size_t i);
struct ctrpp_scope ctrpp_scope_of_counter(const struct ctrpp_scope *scope, size_t i);

/** Whether a form gives the element of a scope a name: the counter, else the set, else the rest. */
bool ctrpp_name_applies(const struct ctrpp_name_form *form, const struct ctrpp_scope *scope);

/** Write one name. */
void ctrpp_add_name(struct output *output, const struct ctrpp_scope *scope,
                    const struct ctrpp_name_form *form);

/** Write C code in which each $id of the table is replaced by its name. */
void ctrpp_add_code(struct output *output, const struct ctrpp_scope *scope, const char *code);

#endif /* CTRPP_NAMES_H */
